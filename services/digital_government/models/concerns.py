"""Advice, complaints and suggestions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import is_in_time
from services.digital_government.domain.concerns import (
    DAYS,
    MOST_PASSES,
    UNANSWERED,
    AskedBackBefore,
    ConcernState,
    NotForPublication,
    NotToWhomItIsAbout,
    PassedOnTooOften,
    ReopenedBefore,
    organ_above,
    require_state,
)
from services.digital_government.models.base import Model
from services.digital_government.models.cases import successor_organ
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    AskedBack,
    ConcernAnswered,
    ConcernCompleted,
    ConcernEscalated,
    ConcernKind,
    ConcernPassed,
    ConcernPassedOn,
    ConcernRaised,
    ConcernReopened,
    ConcernWithdrawn,
)
from shared.deadlines import WorkingClock
from shared.storage import Json


class Concern(storage.Aggregate, Model, kw_only=True, eq=False):
    """What somebody asked, complained of or suggested, and which organ has to answer.

    `about` is the organ whose doing it is about, where that is known; `late` says that a deadline
    passed before it was answered, `in_time` what its first answer came to; `clock` is that of the
    organ that has to answer now, and `due` None while it stands. `published` is the question as
    anybody may read it.
    """

    __tablename__ = "concern"
    retention = CASE_FILE

    kind: Mapped[ConcernKind] = mapped_column(sa.String(20), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    words: Mapped[str] = mapped_column(sa.String(2000), info=L3)
    raised_at: Mapped[datetime] = mapped_column(info=L1)
    about: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    item: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)
    case_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    publishable: Mapped[bool] = mapped_column(default=False, info=L1)
    published: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ConcernState.OPEN.value, info=L1)
    clock: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)
    due: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    late: Mapped[bool] = mapped_column(default=False, info=L1)
    in_time: Mapped[bool | None] = mapped_column(default=None, info=L1)
    passes: Mapped[int] = mapped_column(default=0, info=L1)
    escalations: Mapped[int] = mapped_column(default=0, info=L1)
    reopened: Mapped[bool] = mapped_column(default=False, info=L1)
    question: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    added: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L3)
    answer: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    answered_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    def submit(self) -> None:
        """Come before its organ."""
        due = self._begin(self.raised_at)
        self.tell(
            ConcernRaised(
                concern_id=self.id,
                kind=self.kind,
                division=self.division,
                organ=self.organ,
                due=due,
            ),
            self.owner,
        )

    def answer_with(self, answer: str, publish_as: str | None, at: datetime) -> None:
        """Be answered; raises `ConcernInWrongState` and `NotForPublication`."""
        require_state(ConcernState(self.state), ConcernState.OPEN)
        if publish_as is not None and not self.publishable:
            raise NotForPublication()
        assert self.due is not None  # The clock of an open concern runs.
        in_time = not self.late and is_in_time(at, self.due)
        again = self.in_time is not None
        self.in_time = self.in_time if again else in_time
        self.state = ConcernState.ANSWERED.value
        self.answer, self.answered_at = answer, at
        self.published = publish_as
        self.due = None
        self.tell(
            ConcernAnswered(
                concern_id=self.id,
                kind=self.kind,
                division=self.division,
                organ=self.organ,
                in_time=in_time,
                again=again,
            ),
            self.owner,
        )

    def pass_over(self, organ: str, reason: str) -> None:
        """Be another organ's to answer; raises `ConcernInWrongState`, `NotToWhomItIsAbout` and
        `PassedOnTooOften`."""
        require_state(ConcernState(self.state), ConcernState.OPEN)
        if self.kind == "complaint" and organ == self.about:
            raise NotToWhomItIsAbout()
        if self.passes >= MOST_PASSES:
            raise PassedOnTooOften(times=self.passes)
        self.passes += 1
        told = ConcernPassed(concern_id=self.id, from_organ=self.organ, organ=organ, reason=reason)
        self.organ = organ
        self.tell(told, self.owner)

    def ask_back(self, question: str, at: datetime) -> None:
        """Wait for what is missing; raises `ConcernInWrongState` and `AskedBackBefore`."""
        require_state(ConcernState(self.state), ConcernState.OPEN)
        if self.question is not None:
            raise AskedBackBefore()
        self.question = question
        self.state = ConcernState.ASKED_BACK.value
        self.clock = self._running_clock.pause(at, "核实").to_json()
        self.due = None
        self.tell(AskedBack(concern_id=self.id), self.owner)

    def add(self, words: str, at: datetime) -> None:
        """Know what was missing; raises `ConcernInWrongState`."""
        require_state(ConcernState(self.state), ConcernState.ASKED_BACK)
        self.added = words
        self._go_on(at)

    def stop_waiting(self, at: datetime) -> None:
        """Be answered without what was missing, because it did not come."""
        if self.state == ConcernState.ASKED_BACK:
            self._go_on(at)

    def _go_on(self, at: datetime) -> None:
        self.state = ConcernState.OPEN.value
        due = self._run(self._running_clock.resume(at))
        self.tell(ConcernCompleted(concern_id=self.id, due=due), self.owner)

    def reopen(self, at: datetime) -> None:
        """Be answered anew by the organ above; raises `ConcernInWrongState` and
        `ReopenedBefore`."""
        require_state(ConcernState(self.state), ConcernState.ANSWERED)
        if self.reopened:
            raise ReopenedBefore()
        self.reopened = True
        self.state = ConcernState.OPEN.value
        self.published = None
        self.organ = organ_above(self.organ)
        due = self._begin(at)
        self.tell(ConcernReopened(concern_id=self.id, organ=self.organ, due=due), self.owner)

    def withdraw(self) -> None:
        """Need no answer any more; raises `ConcernInWrongState`."""
        require_state(ConcernState(self.state), *UNANSWERED)
        self.state = ConcernState.WITHDRAWN.value
        self.due = None
        self.tell(ConcernWithdrawn(concern_id=self.id), self.owner)

    def escalate(self, at: datetime) -> None:
        """Go to the organ above, because nobody answered in time."""
        if self.state != ConcernState.OPEN:
            return
        former, self.organ = self.organ, organ_above(self.organ)
        self.late = True
        self.escalations += 1
        due = self._begin(at)
        self.tell(
            ConcernEscalated(
                concern_id=self.id,
                kind=self.kind,
                division=self.division,
                from_organ=former,
                organ=self.organ,
                due=due,
            ),
            self.owner,
        )

    def pass_to(self, division: str) -> None:
        """Be answered by the same organ of another division, because the own one ended."""
        moved = ConcernPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.organ = successor_organ(self.organ, division)
        self.tell(moved, self.owner)

    @property
    def _running_clock(self) -> WorkingClock:
        assert self.clock is not None  # It has one from the first moment.
        return WorkingClock.from_json(self.clock)

    def _begin(self, at: datetime) -> datetime:
        return self._run(WorkingClock(DAYS[self.kind], at))

    def _run(self, clock: WorkingClock) -> datetime:
        due = clock.due()
        assert due is not None  # It was started or resumed just now.
        self.clock = clock.to_json()
        self.due = due.instant
        return due.instant


def is_unanswered(_: date) -> sa.ColumnElement[bool]:
    """Which concerns somebody still has to answer, whatever the day."""
    return Concern.state.in_([state.value for state in UNANSWERED])
