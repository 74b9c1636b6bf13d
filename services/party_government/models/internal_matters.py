"""Matters between organs, and what each organ has to do about one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.internal_matters import (
    TO_ACCEPT,
    Act,
    HandlingState,
    MatterState,
    MatterSupplementAlreadyRequested,
    NotYoursToConsent,
    NotYoursToDecide,
    ObjectionNeedsOpinion,
    Role,
    require_allowed,
)
from services.party_government.domain.ladder import Ladder
from services.party_government.models.base import Model
from services.party_government.models.duties import Duty
from services.party_government.models.organs import successor_of
from shared import storage
from shared.classification import CASE_FILE, L1, L2
from shared.clocks import CHINA
from shared.contracts.party_government import (
    InternalMatterAccepted,
    InternalMatterDecided,
    InternalMatterPassedOn,
    InternalMatterSubmitted,
    InternalMatterSupplemented,
    InternalMatterWithdrawn,
    MatterConsentAnswered,
    MatterConsentAsked,
    MatterConsentChanged,
    MatterEscalated,
    MatterHandlingPassedOn,
    MatterMaterial,
    MatterSupplementRequested,
    WantedMaterial,
)
from shared.deadlines import WorkingClock, due_after, working_days_between
from shared.storage import Json


class InternalMatter(storage.Aggregate, Model, kw_only=True, eq=False):
    """A matter that `organ` submitted; `division` is that organ's.

    Whatever is done about it by whichever organ adds to its history and so writes this row, whose
    version guards it: two acts at one moment meet here, and the later is decided afresh.
    """

    __tablename__ = "internal_matter"
    retention = CASE_FILE

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    kind: Mapped[str] = mapped_column(sa.String(40), info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), info=L2)
    content: Mapped[str] = mapped_column(sa.String(2000), info=L2)
    materials: Mapped[list[Any]] = mapped_column(Json, info=L2)
    submitted_at: Mapped[datetime] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=MatterState.SUBMITTED.value, info=L1)
    wanted: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L2)
    accepted_by: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    accepted_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    outcome: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    reasons: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    closed_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    history: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L2)

    def submit(self, decided_by: str, consents_of: Iterable[str], by: str) -> None:
        """Lie before the organs."""
        self._note(Act.SUBMIT, self.organ, self.submitted_at, by)
        self.tell(
            InternalMatterSubmitted(
                matter_id=self.id,
                kind=self.kind,
                organ=self.organ,
                decided_by=decided_by,
                consents_of=tuple(consents_of),
            )
        )

    def accept(self, organ: str, by: str, now: datetime) -> None:
        """Be accepted; raises `MatterInWrongState`."""
        self._require(Act.ACCEPT)
        self.state = MatterState.ACCEPTED.value
        self.accepted_by, self.accepted_at = by, now
        self._note(Act.ACCEPT, organ, now, by)

    def request_supplement(
        self, wanted: Sequence[WantedMaterial], organ: str, by: str, now: datetime
    ) -> None:
        """Wait for all that is missing; raises `MatterInWrongState` and, the second time,
        `MatterSupplementAlreadyRequested`."""
        self._require(Act.REQUEST_SUPPLEMENT)
        if self.wanted:
            raise MatterSupplementAlreadyRequested()
        self.state = MatterState.AWAITING_SUPPLEMENT.value
        self.wanted = [one.dump() for one in wanted]
        problems = "；".join(one.problem for one in wanted)
        self._note(Act.REQUEST_SUPPLEMENT, organ, now, by, problems)
        self.tell(MatterSupplementRequested(matter_id=self.id, organ=organ, wanted=tuple(wanted)))

    def supplement(self, materials: Sequence[MatterMaterial], by: str, now: datetime) -> None:
        """Have what was missing, and be where it was before; raises `MatterInWrongState`."""
        self._require(Act.SUPPLEMENT)
        given = {one.material: one.dump() for one in materials}
        kept = [one for one in self.materials if one["material"] not in given]
        self.materials = [*kept, *given.values()]
        before = MatterState.SUBMITTED if self.accepted_at is None else MatterState.ACCEPTED
        self.state = before.value
        self._note(Act.SUPPLEMENT, self.organ, now, by)
        self.tell(InternalMatterSupplemented(matter_id=self.id, organ=self.organ))

    def hear(self, organ: str, agreed: bool, opinion: str | None, by: str, now: datetime) -> None:
        """An organ consented or objected; raises `MatterInWrongState`."""
        self._require(Act.ANSWER)
        said = "同意" if agreed else "不同意"
        self._note(Act.ANSWER, organ, now, by, said if opinion is None else f"{said}：{opinion}")

    def decide(self, outcome: str, reasons: str, organ: str, by: str, now: datetime) -> None:
        """Be granted or refused; raises `MatterInWrongState`."""
        self.state = MatterState.DECIDED.value
        self.outcome, self.reasons, self.closed_at = outcome, reasons, now
        said = "予以同意" if outcome == "granted" else "不予同意"
        self._note(Act.DECIDE, organ, now, by, f"{said}：{reasons}")

    def require_decidable(self) -> None:
        """Raise `MatterInWrongState` unless it can be decided now."""
        self._require(Act.DECIDE)

    def withdraw(self, reason: str, by: str, now: datetime) -> None:
        """Be taken back; raises `MatterInWrongState`."""
        self._require(Act.WITHDRAW)
        self.state = MatterState.WITHDRAWN.value
        self.reasons, self.closed_at = reason, now
        self._note(Act.WITHDRAW, self.organ, now, by, reason)
        self.tell(
            InternalMatterWithdrawn(
                matter_id=self.id, kind=self.kind, organ=self.organ, reason=reason
            )
        )

    def note_escalation(self, organ: str, rung_zh: str, now: datetime) -> None:
        """An organ climbed a rung."""
        self._note(Act.ESCALATE, organ, now, None, rung_zh)

    def pass_to(self, division: str) -> None:
        """Be a matter of the same organ of the successor."""
        moved = InternalMatterPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.division = division
        self.tell(moved)

    def _require(self, act: Act) -> None:
        require_allowed(act, MatterState(self.state))

    def _note(
        self, act: Act, organ: str, at: datetime, by: str | None, text: str | None = None
    ) -> None:
        step = {"at": at.isoformat(), "act": act.value, "organ": organ, "by": by}
        self.history = [*self.history, step | {"text": None if text is None else text[:2000]}]


class MatterHandling(Duty, Model, kw_only=True, eq=False):
    """What one organ has to do about a matter: to accept and decide it, or to say whether it
    consents. Its id is `<matter>.<number>`, 0 for whoever decides.

    `days` are promised for the decision or for the answer. `clock` is of what is to be done now;
    while a supplement is awaited it stands still and `due` is None.
    """

    __tablename__ = "matter_handling"
    retention = CASE_FILE
    escalated = MatterEscalated

    matter: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    role: Mapped[str] = mapped_column(sa.String(12), info=L1)
    days: Mapped[int] = mapped_column(info=L1)
    steps: Mapped[list[Any]] = mapped_column(Json, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=HandlingState.WAITING.value, info=L1)
    clock: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)
    agreed: Mapped[bool | None] = mapped_column(default=None, info=L1)
    opinion: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)

    @property
    def ladder(self) -> Ladder:
        """By which steps it climbs."""
        return Ladder.of(self.steps)

    @property
    def decides(self) -> bool:
        """Whether its organ decides the matter."""
        return self.role == Role.DECIDE

    def climbs_from(self, now: datetime) -> datetime:
        """The deadline, later by the working days for which the clock stood still after it: while
        others are waited for, nobody climbs."""
        assert self.due is not None
        clock = self._clock()
        passed = working_days_between(
            self.due.astimezone(CHINA).date(), now.astimezone(CHINA).date()
        )
        late = max(0, clock.days_used(now) - clock.promised_days)
        return due_after(self.due, passed - late).instant

    def require_decides(self) -> None:
        """Raise `NotYoursToDecide` for an organ that must only consent."""
        if not self.decides:
            raise NotYoursToDecide()

    def await_acceptance(self, now: datetime) -> None:
        """Be accepted, or told what is missing, in `TO_ACCEPT` working days."""
        self.state = HandlingState.OPEN.value
        self._begin(TO_ACCEPT, now)

    def accept(self, now: datetime) -> None:
        """Have accepted it, and decide it within the promised days."""
        clock = WorkingClock(self.days, now)
        decide_by = clock.due()
        assert decide_by is not None  # It was started just now.
        self.meet_duty(
            now, InternalMatterAccepted, matter_id=self.matter, decide_by=decide_by.instant
        )
        self._begin(self.days, now)

    def ask(self, now: datetime) -> None:
        """Be asked for consent."""
        self.state = HandlingState.OPEN.value
        self._begin(self.days, now)
        assert self.due is not None
        self.tell(
            MatterConsentAsked(id=self.id, matter_id=self.matter, organ=self.organ, due=self.due)
        )

    def answer(self, agreed: bool, opinion: str | None, now: datetime) -> None:
        """Consent or object, for the first time or otherwise than before; raises
        `NotYoursToConsent`, `ObjectionNeedsOpinion`."""
        if self.decides:
            raise NotYoursToConsent()
        if not agreed and opinion is None:
            raise ObjectionNeedsOpinion(fields={"opinion": ["Say why."]})
        self.agreed, self.opinion = agreed, opinion
        if self.state == HandlingState.DONE:
            told = MatterConsentChanged(
                id=self.id, matter_id=self.matter, organ=self.organ, agreed=agreed
            )
            self.tell(told)
            return
        self.state = HandlingState.DONE.value
        self.meet_duty(now, MatterConsentAnswered, matter_id=self.matter, agreed=agreed)

    def decide(self, matter: InternalMatter, now: datetime) -> None:
        """Have decided it, in time or not."""
        assert self.due is not None  # The clock of an accepted matter runs.
        self.state = HandlingState.DONE.value
        self.meet_duty(
            now,
            InternalMatterDecided,
            matter_id=matter.id,
            kind=matter.kind,
            applicant=matter.organ,
            outcome=matter.outcome,
            in_time=now <= self.due,
            accepted_by=matter.accepted_by,
            accepted_at=matter.accepted_at,
        )

    def end(self) -> None:
        """Have nothing to do about it any more."""
        if self.state != HandlingState.DONE:
            self.state = HandlingState.ENDED.value
        self.end_duty()

    def pause(self, now: datetime) -> None:
        """Let the clock stand still, where it runs."""
        if self.due is not None:
            self.clock = self._clock().pause(now, "补正").to_json()
            self.end_duty()

    def resume(self, now: datetime) -> None:
        """Let the clock go on. What had passed before it stopped stays passed, with its rung."""
        if self.state != HandlingState.OPEN:
            return
        clock = self._clock().resume(now)
        self.clock = clock.to_json()
        ends = clock.due()
        assert ends is not None
        if ends.instant > now:
            self.begin_duty(ends.instant)
        else:
            self.due = ends.instant

    def pass_to(self, division: str) -> None:
        """Be the part of the same organ of the successor, answered or not."""
        moved = MatterHandlingPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.division = division
        self.tell(moved)

    def _begin(self, days: int, now: datetime) -> None:
        clock = WorkingClock(days, now)
        self.clock = clock.to_json()
        ends = clock.due()
        assert ends is not None
        self.begin_duty(ends.instant)

    def _clock(self) -> WorkingClock:
        assert self.clock is not None  # It was begun.
        return WorkingClock.from_json(self.clock)


def handling_id(matter: str, number: int) -> str:
    """The id of what an organ has to do; 0 for whoever decides."""
    return f"{matter}.{number}"


def answers_of(handlings: Iterable[MatterHandling]) -> Mapping[str, bool | None]:
    """What each organ said that must consent; None where it has not answered."""
    return {
        one.organ: one.agreed if one.state == HandlingState.DONE else None
        for one in handlings
        if not one.decides
    }
