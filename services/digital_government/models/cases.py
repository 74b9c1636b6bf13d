"""Cases with their transitions, and how they pass from one handler to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import (
    CLOSED,
    BoundToItsOneThing,
    CaseState,
    CaseVerb,
    DeliveredAlready,
    MaterialsOutstanding,
    NotAwaited,
    NotTheStepsRole,
    RefusalNeedsReasons,
    ReviewOver,
    SupplementAlreadyRequested,
    TransferredBefore,
    TransferredToItself,
    is_early,
    is_in_time,
    minutes_between,
    require_allowed,
)
from services.digital_government.domain.forms import answers_of
from services.digital_government.models.base import Model
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3
from shared.contracts.digital_government import (
    CaseAccepted,
    CaseDecided,
    CaseDeclined,
    CaseFactCorrected,
    CaseHandedOver,
    CaseNearlyDue,
    CaseOverdue,
    CasePassedOn,
    CaseResumed,
    CaseRevoked,
    CasesHandedOver,
    CaseSubmitted,
    CaseSupplemented,
    CaseSuspended,
    CaseTransferred,
    CaseWithdrawn,
    DeliveryWay,
    Opinion,
    Outcome,
    ResultDelivered,
    ReviewEnded,
    ReviewGiven,
    ReviewPassedOn,
    ReviewRequested,
    SupplementRequested,
    ToleranceEnded,
    ToleratedMaterialsCame,
)
from shared.contracts.identity_data import PostChangedHands, SharedFact
from shared.deadlines import WorkingClock, due_after
from shared.divisions import level_of, up_to
from shared.errors import Conflict
from shared.storage import Json


class Case(storage.Aggregate, Model, kw_only=True, eq=False):
    """One application for one matter, handled by one organ.

    `owner` is the applicant's person id, `subject` the person or enterprise whose facts the matter
    needs. `establishes` is the result that a grant will have. The clock begins at acceptance; `due`
    is None while it does not run. `handler` is who accepted it or took it over, `awaits_post` the
    vacant post whose next holder does.

    `item_edition` is the edition of the item that it was filed under. `form` and `materials` have
    what it was applied with, `steps` by key what was done of its procedure and which reviews were
    asked for, `tolerated` the materials that may come until `tolerated_until`. When it is decided,
    `materials_reused` says how many government held itself, `materials_brought` how many not.
    `received_by` is the organ whose window received it, `received_in` the division of that,
    `transferred` the division that it came from; `visits` counts how often its applicant had to
    come to a window.
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
    item_edition: Mapped[str] = mapped_column(sa.String(80), default="", info=L1)
    form: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)
    materials: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L3)
    steps: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L2)
    ruling: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L3)
    tolerated: Mapped[list[str]] = mapped_column(default_factory=list, info=L2)
    tolerated_until: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    delivery: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L2)
    materials_reused: Mapped[int] = mapped_column(default=0, info=L1)
    materials_brought: Mapped[int] = mapped_column(default=0, info=L1)
    received_by: Mapped[str | None] = mapped_column(
        sa.String(64), index=True, default=None, info=L1
    )
    received_in: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    visits: Mapped[int] = mapped_column(default=0, info=L1)
    transferred: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)

    def transfer(self, division: str, organ: str, reason: str) -> None:
        """Be decided by the organ of another division; raises `CaseInWrongState`,
        `TransferredBefore`, `TransferredToItself` and `BoundToItsOneThing`."""
        require_allowed(CaseVerb.TRANSFER, CaseState(self.state))
        if self.transferred is not None:
            raise TransferredBefore()
        if organ == self.organ:
            raise TransferredToItself()
        if self.one_thing_id is not None:
            raise BoundToItsOneThing()
        told = CaseTransferred(
            case_id=self.id,
            from_division=self.division,
            division=division,
            from_organ=self.organ,
            organ=organ,
            reason=reason,
        )
        self.transferred = self.division
        self.division = division
        self.organ = organ
        self.handler = self.awaits_post = None
        self.tell(told, self.subject)

    def pass_to(self, division: str) -> None:
        """Be handled by the same organ of another division, because the own one ended; what it
        establishes will be there."""
        organ = successor_organ(self.organ, division)
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
        self.visits = int(self.received_by is not None)
        self.tell(
            CaseSubmitted(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
                item_edition=self.item_edition,
                received_in=self.received_in,
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
        self,
        facts: tuple[SharedFact, ...] | None,
        at: datetime,
        handler: str | None = None,
        *,
        tolerated: tuple[str, ...] = (),
        tolerance_days: int = 0,
        by_rule: bool = False,
    ) -> None:
        """Begin to handle it with the facts that government knows, each with its source;
        `tolerated` materials may follow within `tolerance_days` working days.

        Raises `CaseInWrongState`; `Conflict` where no facts were fetched, because the case became
        pending only after they would have been.
        """
        require_allowed(CaseVerb.ACCEPT, CaseState(self.state))
        if facts is None:
            raise Conflict(id=self.id)
        self.facts = [*self.facts, *(fact.dump() for fact in facts)]
        self.handler = handler
        self.tolerated = list(tolerated)
        self.tolerated_until = due_after(at, tolerance_days).instant if tolerated else None
        due = self._run(WorkingClock(self.promised_days, at))
        self.tell(
            CaseAccepted(
                case_id=self.id,
                due=due,
                provisional=self.provisional,
                facts_shared=len(self.facts),
                by_rule=by_rule,
                tolerated=tolerated,
                tolerated_until=self.tolerated_until,
            ),
            self.subject,
        )

    def decline(self, reasons: str, at: datetime) -> None:
        """Not accept it; raises `CaseInWrongState` (Administrative Licensing Law article 32)."""
        require_allowed(CaseVerb.DECLINE, CaseState(self.state))
        self.state = CaseState.DECLINED.value
        self.reasons = reasons
        self.closed_at = at
        self.tell(
            CaseDeclined(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
            ),
            self.subject,
        )

    def awaits(self, material: str) -> bool:
        """Whether that material is awaited: it may follow, or something was asked for."""
        return material in self.tolerated or self.state == CaseState.AWAITING_SUPPLEMENT

    def bring(self, material: str, file_name: str, digest: str) -> None:
        """Take a material that is awaited; raises `NotAwaited`."""
        if not self.awaits(material) or self.is_closed:
            raise NotAwaited()
        entry = {"file_name": file_name, "digest": digest}
        self.materials = {**self.materials, material: entry}
        if material in self.tolerated:
            self.tolerated = [one for one in self.tolerated if one != material]
            if not self.tolerated:
                self.tolerated_until = None
                told = ToleratedMaterialsCame(case_id=self.id, organ=self.organ)
                self.tell(told, self.subject)

    def end_tolerance(self) -> None:
        """Tell once that what might follow did not come in time."""
        if self.tolerated and not self.is_closed:
            missing = tuple(self.tolerated)
            told = ToleranceEnded(case_id=self.id, organ=self.organ, materials=missing)
            self.tell(told, self.subject)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be done with it."""
        return CaseState(self.state) in CLOSED

    def known(self, today: date) -> dict[str, Any]:
        """What conditions and decision tables of its item look at."""
        facts: dict[str, Any] = {}
        for fact in self.facts:
            whose, _, name = fact["name"].partition(".")
            facts.setdefault(whose, {})[name] = fact["value"]
        return {
            "answers": answers_of(self.form),
            "facts": facts,
            "reviews": {key: entry.get("opinion") for key, entry in self.steps.items()},
            "today": today.isoformat(),
        }

    @property
    def steps_done(self) -> set[str]:
        """The keys of the reviews that were given."""
        return {key for key, entry in self.steps.items() if entry.get("opinion")}

    def ask_review(self, step: str, review_id: str) -> None:
        """Know which review was asked for."""
        self.steps = {**self.steps, step: {"review_id": review_id}}

    def take_review(self, step: str, opinion: str, note: str) -> None:
        """Know what a review came to."""
        entry = {**self.steps.get(step, {}), "opinion": opinion, "note": note}
        self.steps = {**self.steps, step: entry}

    def deliver(self, way: DeliveryWay, reference: str, at: datetime) -> None:
        """Bring the applicant what was decided; raises `CaseInWrongState` and
        `DeliveredAlready`."""
        require_allowed(CaseVerb.DELIVER, CaseState(self.state))
        if self.delivery is not None:
            raise DeliveredAlready()
        self.delivery = {"way": way, "reference": reference, "at": at.isoformat()}
        self.visits += way == "window"
        told = ResultDelivered(case_id=self.id, way=way, visits=self.visits)
        self.tell(told, self.subject)

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

    def supplement(
        self, answers: Mapping[str, str], at: datetime, *, at_window: bool = False
    ) -> None:
        """Take what was missing: an accepted case goes on, another awaits acceptance again.

        Raises `CaseInWrongState`.
        """
        require_allowed(CaseVerb.SUPPLEMENT, CaseState(self.state))
        self.answers = dict(answers)
        self.visits += at_window
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

    def decide(
        self,
        outcome: Outcome,
        reasons: str | None,
        at: datetime,
        *,
        by_rule: bool = False,
        materials_reused: int = 0,
    ) -> None:
        """Grant or refuse; raises `CaseInWrongState`, `MaterialsOutstanding` and
        `RefusalNeedsReasons` (Administrative Licensing Law articles 37 and 38)."""
        require_allowed(CaseVerb.DECIDE, CaseState(self.state))
        if outcome == "granted" and self.tolerated:
            raise MaterialsOutstanding()
        if outcome == "refused" and not (reasons or "").strip():
            raise RefusalNeedsReasons()
        assert self.due is not None  # An accepted case's clock runs.
        self.state = CaseState.DECIDED.value
        self.outcome = outcome
        self.reasons = reasons
        self.closed_at = at
        self.materials_reused = materials_reused
        self.materials_brought = len(self.materials) + len(self.missing)
        self.tell(
            CaseDecided(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
                outcome=outcome,
                minutes=minutes_between(self.submitted_at, at),
                in_time=is_in_time(at, self.due) and not self.overdue,
                result=self.establishes if outcome == "granted" else {},
                by_rule=by_rule,
                early=is_early(at, self.due),
                materials_reused=materials_reused,
                materials_brought=self.materials_brought,
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

    def revoke(self, reasons: str) -> None:
        """Undo what was granted, because the one-thing that it was granted for failed; raises
        `CaseInWrongState`."""
        require_allowed(CaseVerb.REVOKE, CaseState(self.state))
        self.state = CaseState.REVOKED.value
        self.reasons = reasons
        self.tell(
            CaseRevoked(
                case_id=self.id,
                matter=self.matter,
                one_thing_id=self.one_thing_id,
                organ=self.organ,
                applicant=self.owner,
                reasons=reasons,
            ),
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
    """Which cases are still open, whatever the day."""
    return Case.state.not_in(sorted(CLOSED))


class CaseReview(storage.Aggregate, Model, kw_only=True, eq=False):
    """A step of review that waits for an organ, which may be another than the case's. Its owner is
    the case's, so that nobody reviews their own."""

    __tablename__ = "case_review"
    retention = CASE_FILE

    case_id: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    step: Mapped[str] = mapped_column(sa.String(40), info=L1)
    name: Mapped[str] = mapped_column(sa.String(60), info=L1)
    by: Mapped[str] = mapped_column(sa.String(20), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    due: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default="open", info=L1)
    opinion: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L2)

    def request(self) -> None:
        """Wait for the organ."""
        self.tell(
            ReviewRequested(
                review_id=self.id,
                case_id=self.case_id,
                step=self.step,
                organ=self.organ,
                due=self.due,
            ),
            self.owner,
        )

    def give(self, opinion: Opinion, roles: tuple[str, ...]) -> None:
        """Be done by somebody with these roles; raises `ReviewOver` and `NotTheStepsRole`."""
        if self.state != "open":
            raise ReviewOver()
        if self.by not in roles:
            raise NotTheStepsRole(role=self.by)
        self.state = "done"
        self.opinion = opinion
        self.tell(
            ReviewGiven(review_id=self.id, case_id=self.case_id, step=self.step, opinion=opinion),
            self.owner,
        )

    def end(self) -> None:
        """Be needed no more."""
        self.state = "ended"
        told = ReviewEnded(review_id=self.id, case_id=self.case_id, step=self.step)
        self.tell(told, self.owner)

    def pass_to(self, division: str) -> None:
        """Be given by the same organ of another division, because the own one ended."""
        moved = ReviewPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.organ = successor_organ(self.organ, division)
        self.tell(moved, self.owner)


def is_awaited(_: date) -> sa.ColumnElement[bool]:
    """Which reviews are still to be given, whatever the day."""
    return CaseReview.state == "open"


def successor_organ(organ: str, division: str) -> str:
    """The organ of the same kind in the division that followed, of the same level as before."""
    place, _, kind = organ.partition("-")
    return f"{up_to(division, level_of(place))}-{kind}"


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
