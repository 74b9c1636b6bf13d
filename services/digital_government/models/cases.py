"""Cases with their transitions, and how they pass from one handler to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import (
    CaseState,
    CaseVerb,
    RefusalNeedsReasons,
    SupplementAlreadyRequested,
    is_in_time,
    minutes_between,
    require_allowed,
)
from services.digital_government.domain.matters import MATTERS
from services.digital_government.models.base import Model
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    CaseAccepted,
    CaseDecided,
    CaseFactCorrected,
    CaseHandedOver,
    CaseNearlyDue,
    CaseOverdue,
    CasePassedOn,
    CaseResumed,
    CasesHandedOver,
    CaseSubmitted,
    CaseSupplemented,
    CaseSuspended,
    CaseWithdrawn,
    Outcome,
    SupplementRequested,
)
from shared.contracts.identity_data import PostChangedHands, SharedFact
from shared.deadlines import WorkingClock
from shared.divisions import Level, up_to
from shared.errors import Conflict
from shared.storage import Json


class Case(storage.Aggregate, Model, kw_only=True, eq=False):
    """One application for one matter, handled by one organ.

    `owner` is the applicant's person id, `subject` the person or enterprise whose facts the matter
    needs. `establishes` is the result that a grant will have. The clock begins at acceptance; `due`
    is None while it does not run. `handler` is who accepted it or took it over, `awaits_post` the
    vacant post whose next holder does.
    """

    __tablename__ = "case_"
    retention = CASE_FILE

    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    subject: Mapped[str] = mapped_column(sa.String(64), info=L3)
    promised_days: Mapped[int] = mapped_column(info=L1)
    submitted_at: Mapped[datetime] = mapped_column(info=L1)
    establishes: Mapped[dict[str, Any]] = mapped_column(info=L3)
    one_thing_id: Mapped[str | None] = mapped_column(
        sa.String(64), index=True, default=None, info=L2
    )
    state: Mapped[str] = mapped_column(sa.String(30), default=CaseState.PENDING.value, info=L1)
    outcome: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L2)
    reasons: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L3)
    closed_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    clock: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)
    due: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    provisional: Mapped[bool] = mapped_column(default=False, info=L1)
    overdue: Mapped[bool] = mapped_column(default=False, info=L1)
    missing: Mapped[list[str]] = mapped_column(default_factory=list, info=L2)
    answers: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)
    facts: Mapped[list[Any]] = mapped_column(default_factory=list, info=L3)
    corrections: Mapped[list[Any]] = mapped_column(default_factory=list, info=L2)
    handler: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L2)
    awaits_post: Mapped[str | None] = mapped_column(
        sa.String(64), index=True, default=None, info=L1
    )

    def pass_to(self, division: str) -> None:
        """Be handled by the same organ of another division, because the own one ended; what it
        establishes will be there."""
        organ = f"{up_to(division, Level.COUNTY)}-{MATTERS[self.matter].organ_kind}"
        moved = CasePassedOn(
            id=self.id,
            from_division=self.division,
            division=division,
            from_organ=self.organ,
            organ=organ,
        )
        self.division = division
        self.organ = organ
        if "division" in self.establishes:
            self.establishes = {**self.establishes, "division": division}
        self.tell(moved, self.subject)

    def submit(self) -> None:
        """Put the application before its organ."""
        self.tell(
            CaseSubmitted(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
            ),
            self.subject,
        )

    def note_correction(self, item: str, objection_id: str, at: datetime) -> None:
        """Know that a fact it was given was put right at its source."""
        note = {"item": item, "objection_id": objection_id, "at": at.isoformat()}
        self.corrections = [*self.corrections, note]
        self.tell(
            CaseFactCorrected(
                case_id=self.id, organ=self.organ, item=item, objection_id=objection_id
            ),
            self.subject,
        )

    @property
    def awaits_acceptance(self) -> bool:
        """Whether it can be accepted now."""
        return self.state == CaseState.PENDING

    def accept(
        self, facts: tuple[SharedFact, ...] | None, at: datetime, handler: str | None = None
    ) -> None:
        """Begin to handle it with the facts that government knows, each with its source.

        Raises `CaseInWrongState`; `Conflict` where no facts were fetched, because the case became
        pending only after they would have been.
        """
        require_allowed(CaseVerb.ACCEPT, CaseState(self.state))
        if facts is None:
            raise Conflict(id=self.id)
        self.facts = [fact.dump() for fact in facts]
        self.handler = handler
        due = self._run(WorkingClock(self.promised_days, at))
        self.tell(
            CaseAccepted(
                case_id=self.id, due=due, provisional=self.provisional, facts_shared=len(facts)
            ),
            self.subject,
        )

    def hand_over(self, post: str, holder: str | None) -> None:
        """Be handled by who holds the post now, or wait for who will."""
        told = CaseHandedOver(case_id=self.id, post_id=post, former=self.handler, handler=holder)
        self.handler = holder
        self.awaits_post = None if holder else post
        self.tell(told, self.subject)

    def request_supplement(self, missing: tuple[str, ...], at: datetime) -> None:
        """Tell the applicant what is missing; raises `CaseInWrongState` and, the second time,
        `SupplementAlreadyRequested` (Administrative Licensing Law article 32(4))."""
        require_allowed(CaseVerb.REQUEST_SUPPLEMENT, CaseState(self.state))
        if self.missing:
            raise SupplementAlreadyRequested()
        self._pause(at, "补正")
        self.missing = list(missing)
        self.state = CaseState.AWAITING_SUPPLEMENT.value
        self.tell(SupplementRequested(case_id=self.id, missing=missing), self.subject)

    def supplement(self, answers: Mapping[str, str], at: datetime) -> None:
        """Take what was missing: an accepted case goes on, another awaits acceptance again.

        Raises `CaseInWrongState`.
        """
        require_allowed(CaseVerb.SUPPLEMENT, CaseState(self.state))
        self.answers = dict(answers)
        if self.clock is None:
            self.state = CaseState.PENDING.value
        else:
            self._run(WorkingClock.from_json(self.clock).resume(at))
        self.tell(CaseSupplemented(case_id=self.id, due=self.due), self.subject)

    def suspend(self, procedure: str, days_needed: int, at: datetime) -> None:
        """Stop the clock for a special procedure (Administrative Licensing Law article 45); raises
        `CaseInWrongState`."""
        require_allowed(CaseVerb.SUSPEND, CaseState(self.state))
        self._pause(at, procedure)
        self.state = CaseState.SUSPENDED.value
        self.tell(
            CaseSuspended(case_id=self.id, procedure=procedure, days_needed=days_needed),
            self.subject,
        )

    def resume(self, at: datetime) -> None:
        """Go on after the special procedure; raises `CaseInWrongState`."""
        require_allowed(CaseVerb.RESUME, CaseState(self.state))
        assert self.clock is not None  # Only an accepted case is suspended.
        due = self._run(WorkingClock.from_json(self.clock).resume(at))
        self.tell(CaseResumed(case_id=self.id, due=due), self.subject)

    def decide(self, outcome: Outcome, reasons: str | None, at: datetime) -> None:
        """Grant or refuse; raises `CaseInWrongState` and `RefusalNeedsReasons` (Administrative
        Licensing Law articles 37 and 38)."""
        require_allowed(CaseVerb.DECIDE, CaseState(self.state))
        if outcome == "refused" and not (reasons or "").strip():
            raise RefusalNeedsReasons()
        assert self.due is not None  # An accepted case's clock runs.
        self.state = CaseState.DECIDED.value
        self.outcome = outcome
        self.reasons = reasons
        self.closed_at = at
        self.tell(
            CaseDecided(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
                outcome=outcome,
                minutes=minutes_between(self.submitted_at, at),
                in_time=is_in_time(at, self.due),
                result=self.establishes if outcome == "granted" else {},
            ),
            self.subject,
        )

    def withdraw(self, reason: str, at: datetime) -> None:
        """Take the application back before it is decided; raises `CaseInWrongState`."""
        require_allowed(CaseVerb.WITHDRAW, CaseState(self.state))
        self.state = CaseState.WITHDRAWN.value
        self.reasons = reason
        self.closed_at = at
        self.due = None
        self.tell(
            CaseWithdrawn(case_id=self.id, matter=self.matter, one_thing_id=self.one_thing_id),
            self.subject,
        )

    def remind_of_due(self) -> None:
        """Tell the organ that it is due today."""
        if self.due is not None and self.state == CaseState.ACCEPTED:
            self.tell(CaseNearlyDue(case_id=self.id, organ=self.organ, due=self.due), self.subject)

    def become_overdue(self) -> None:
        """Tell once that the promised deadline passed undecided."""
        if self.due is not None and self.state == CaseState.ACCEPTED and not self.overdue:
            self.overdue = True
            self.tell(CaseOverdue(case_id=self.id, organ=self.organ, due=self.due), self.subject)

    def _run(self, clock: WorkingClock) -> datetime:
        due = clock.due()
        assert due is not None  # It was started or resumed just now.
        self.state = CaseState.ACCEPTED.value
        self.clock = clock.to_json()
        self.due = due.instant
        self.provisional = due.provisional
        return due.instant

    def _pause(self, at: datetime, reason: str) -> None:
        if self.clock is not None:
            self.clock = WorkingClock.from_json(self.clock).pause(at, reason).to_json()
        self.due = None


def is_undecided(_: date) -> sa.ColumnElement[bool]:
    """Which cases are neither decided nor withdrawn, whatever the day."""
    return Case.state.not_in([CaseState.DECIDED.value, CaseState.WITHDRAWN.value])


class Handover(storage.Aggregate, Model, kw_only=True, eq=False):
    """How far the open cases of a post have passed from who left it to who holds it, under the
    post's id. `leaving` are those whose cases still pass, `heard` the number of the last event."""

    __tablename__ = "handover"
    retention = CASE_FILE

    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    holder: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L2)
    appointment: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    leaving: Mapped[list[str]] = mapped_column(default_factory=list, info=L2)
    passed: Mapped[int] = mapped_column(default=0, info=L1)
    heard: Mapped[int] = mapped_column(default=0, info=L1)

    def hear(self, event: PostChangedHands, sequence: int) -> None:
        """Know who left, and who holds the post unless a later event said it before."""
        if sequence > self.heard:
            self.heard = sequence
            self.organ = event.organ
            self.holder = event.holder
            self.appointment = event.appointment_id
            self.passed = 0
        left = {*self.leaving, *((event.former,) if event.former else ())}
        self.leaving = sorted(left - {self.holder})

    def pass_on(self, cases: Sequence[Case]) -> None:
        """Hand these cases over; when none is left, tell the holder's appointment how many."""
        for case in cases:
            case.hand_over(self.id, self.holder)
        self.passed += len(cases)
        if cases:
            return
        self.leaving = []
        if self.appointment is not None:
            self.tell(
                CasesHandedOver(post_id=self.id, appointment_id=self.appointment, count=self.passed)
            )
