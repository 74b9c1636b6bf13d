"""Ratings, with the correction of the bad ones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import is_in_time
from services.digital_government.domain.ratings import (
    APPEAL_DAYS,
    CORRECTION_DAYS,
    ROUNDS,
    UNDER_WAY,
    AppealedBefore,
    AppealTooLate,
    CorrectionState,
    is_bad,
    require_state,
)
from services.digital_government.models.base import Model
from services.digital_government.models.cases import Case, successor_organ
from services.digital_government.models.one_things import OneThing
from services.digital_government.models.visits import Visit
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    CalledBack,
    CorrectionOverdue,
    CorrectionReported,
    RatedKind,
    RatingAppealed,
    RatingAppealRejected,
    RatingExcluded,
    RatingPassedOn,
    ServiceRated,
)
from shared.deadlines import WorkingClock, due_after
from shared.divisions import Level, up_to
from shared.storage import Json


class Rating(storage.Aggregate, Model, kw_only=True, eq=False):
    """What an applicant thought of a case, a one-thing or a visit, its id that of what is rated
    behind `r-`, so that nothing is rated twice.

    `organ` is rated: the case's, or of a one-thing the one that answers for the platform in the
    county. `period` is the month in which it was given. `clock` is that of the correction, in its
    `rounds`-th round; `excluded` says that it counts no more.
    """

    __tablename__ = "rating"
    retention = CASE_FILE

    of: Mapped[RatedKind] = mapped_column(sa.String(20), info=L1)
    rated: Mapped[str] = mapped_column(sa.String(64), info=L2)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    grade: Mapped[int] = mapped_column(info=L2)
    comment: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L3)
    publishable: Mapped[bool] = mapped_column(default=False, info=L1)
    rated_at: Mapped[datetime] = mapped_column(info=L1)
    period: Mapped[str] = mapped_column(sa.String(7), index=True, info=L1)
    excluded: Mapped[bool] = mapped_column(default=False, info=L1)
    correction: Mapped[str] = mapped_column(
        sa.String(20), default=CorrectionState.NONE.value, info=L1
    )
    rounds: Mapped[int] = mapped_column(default=0, info=L1)
    clock: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)
    due: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    overdue: Mapped[bool] = mapped_column(default=False, info=L1)
    found: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    done: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    reported_in_time: Mapped[bool | None] = mapped_column(default=None, info=L1)
    satisfied: Mapped[bool | None] = mapped_column(default=None, info=L1)
    said: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L3)
    appeal: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    appeal_decision: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)

    @classmethod
    def of_case(cls, case: Case, grade: int, at: datetime, **given: Any) -> Rating:
        """A rating of a case that is over."""
        return cls(
            id=rating_id(case.id),
            division=case.division,
            of="case",
            rated=case.id,
            matter=case.matter,
            organ=case.organ,
            owner=case.owner,
            grade=grade,
            rated_at=at,
            period=f"{at:%Y-%m}",
            **given,
        )

    @classmethod
    def of_one_thing(cls, thing: OneThing, grade: int, at: datetime, **given: Any) -> Rating:
        """A rating of a one-thing that is over."""
        return cls(
            id=rating_id(thing.id),
            division=thing.division,
            of="one_thing",
            rated=thing.id,
            matter=thing.thing,
            organ=f"{up_to(thing.division, Level.COUNTY)}-data_resources",
            owner=thing.owner,
            grade=grade,
            rated_at=at,
            period=f"{at:%Y-%m}",
            **given,
        )

    @classmethod
    def of_visit(cls, visit: Visit, grade: int, at: datetime, **given: Any) -> Rating:
        """A rating of a visit that is over."""
        return cls(
            id=rating_id(visit.id),
            division=visit.division,
            of="visit",
            rated=visit.id,
            matter=visit.item or "visit",
            organ=visit.organ,
            owner=visit.owner,
            grade=grade,
            rated_at=at,
            period=f"{at:%Y-%m}",
            **given,
        )

    def give(self) -> None:
        """Be given; a bad one is put right from now on."""
        if is_bad(self.grade):
            self._correct(self.rated_at)
        self.tell(
            ServiceRated(
                rating_id=self.id,
                of=self.of,
                rated=self.rated,
                division=self.division,
                organ=self.organ,
                grade=self.grade,
                bad=is_bad(self.grade),
                due=self.due,
            ),
            self.owner,
        )

    def report(self, found: str, done: str, at: datetime) -> None:
        """Say what was put right; raises `CorrectionInWrongState`."""
        require_state(CorrectionState(self.correction), CorrectionState.OPEN)
        assert self.due is not None  # The clock of an open correction runs.
        in_time = is_in_time(at, self.due) and not self.overdue
        self.correction = CorrectionState.REPORTED.value
        self.found, self.done = found, done
        if self.reported_in_time is None:
            self.reported_in_time = in_time
        self.due = None
        told = CorrectionReported(rating_id=self.id, organ=self.organ, in_time=in_time)
        self.tell(told, self.owner)

    def become_overdue(self) -> None:
        """Tell once that nothing was reported in time."""
        if self.correction == CorrectionState.OPEN and self.due is not None and not self.overdue:
            self.overdue = True
            told = CorrectionOverdue(rating_id=self.id, organ=self.organ, due=self.due)
            self.tell(told, self.owner)

    def call_back(self, words: str, at: datetime, *, satisfied: bool) -> None:
        """Know what the applicant says of the correction; raises `CorrectionInWrongState`."""
        require_state(CorrectionState(self.correction), CorrectionState.REPORTED)
        self.satisfied, self.said = satisfied, words
        if satisfied or self.rounds >= ROUNDS:
            self.correction = CorrectionState.CLOSED.value
        else:
            self._correct(at)
        told = CalledBack(rating_id=self.id, organ=self.organ, satisfied=satisfied, due=self.due)
        self.tell(told, self.owner)

    def be_appealed(self, reasons: str, at: datetime) -> None:
        """Be held to be wrong by whom it rates; raises `CorrectionInWrongState`, `AppealedBefore`
        and `AppealTooLate`."""
        require_state(CorrectionState(self.correction), CorrectionState.OPEN)
        if self.appeal is not None:
            raise AppealedBefore()
        if at > due_after(self.rated_at, APPEAL_DAYS).instant:
            raise AppealTooLate(days=APPEAL_DAYS)
        self.appeal = reasons
        self.correction = CorrectionState.APPEALED.value
        self.clock = self._running_clock.pause(at, "申诉").to_json()
        self.due = None
        self.tell(RatingAppealed(rating_id=self.id, organ=self.organ), self.owner)

    def exclude(self, reasons: str) -> None:
        """Count no more, because the appeal was upheld; raises `CorrectionInWrongState`."""
        require_state(CorrectionState(self.correction), CorrectionState.APPEALED)
        self.appeal_decision = reasons
        self.excluded = True
        self.correction = CorrectionState.CLOSED.value
        self.tell(
            RatingExcluded(
                rating_id=self.id, division=self.division, organ=self.organ, grade=self.grade
            ),
            self.owner,
        )

    def stand(self, reasons: str, at: datetime) -> None:
        """Go on to be put right, because the appeal was rejected; raises
        `CorrectionInWrongState`."""
        require_state(CorrectionState(self.correction), CorrectionState.APPEALED)
        self.appeal_decision = reasons
        self.correction = CorrectionState.OPEN.value
        due = self._run(self._running_clock.resume(at))
        told = RatingAppealRejected(rating_id=self.id, organ=self.organ, due=due)
        self.tell(told, self.owner)

    def pass_to(self, division: str) -> None:
        """Be put right by the same organ of another division, because the own one ended."""
        moved = RatingPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.organ = successor_organ(self.organ, division)
        self.tell(moved, self.owner)

    @property
    def _running_clock(self) -> WorkingClock:
        assert self.clock is not None  # A bad rating has one from the first moment.
        return WorkingClock.from_json(self.clock)

    def _correct(self, at: datetime) -> None:
        self.rounds += 1
        self.correction = CorrectionState.OPEN.value
        self.overdue = False
        self._run(WorkingClock(CORRECTION_DAYS, at))

    def _run(self, clock: WorkingClock) -> datetime:
        due = clock.due()
        assert due is not None  # It was started or resumed just now.
        self.clock = clock.to_json()
        self.due = due.instant
        return due.instant


def rating_id(rated: str) -> str:
    """The id of the rating of a case or one-thing."""
    return f"r-{rated}"


def is_under_way(_: date) -> sa.ColumnElement[bool]:
    """Which ratings somebody still has to do something about, whatever the day."""
    return Rating.correction.in_([state.value for state in UNDER_WAY])
