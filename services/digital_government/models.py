"""Items, cases and one-things with their transitions, who handles them, and the measures that are
kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain import (
    MATTERS,
    THINGS,
    AlreadyRated,
    CaseState,
    CaseVerb,
    MatterState,
    NotFinishedYet,
    RefusalNeedsReasons,
    SupplementAlreadyRequested,
    ThingDefinition,
    ThingState,
    is_bad,
    is_in_time,
    minutes_between,
    require_allowed,
    state_of_thing,
)
from shared import consolidation, measures, storage, succession
from shared.classification import CASE_FILE, L1, L2, L3, PERMANENT
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
    ItemPublished,
    ItemWithdrawn,
    MeasureChanged,
    OneThingCompleted,
    OneThingPassedOn,
    OneThingSubmitted,
    OpenWorkPassed,
    Outcome,
    ServiceRated,
    StartupForm,
    SupplementRequested,
    ThingCode,
)
from shared.contracts.identity_data import PostChangedHands, SharedFact
from shared.deadlines import WorkingClock, due_after
from shared.divisions import Level, up_to
from shared.errors import Conflict
from shared.storage import Json


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class BasicItem(storage.Record, Model, kw_only=True, eq=False):
    """A matter of the province's basic catalogue (基本目录); its id is the matter's code."""

    __tablename__ = "basic_item"
    retention = PERMANENT

    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(100), info=L1)
    organ_kind: Mapped[str] = mapped_column(sa.String(60), info=L1)
    statutory_days: Mapped[int] = mapped_column(info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(2000), info=L1)


class Implementation(storage.Aggregate, Model, kw_only=True, eq=False):
    """A matter as one division offers it (实施清单), its id `<division>-<matter>`."""

    __tablename__ = "implementation"
    retention = PERMANENT

    matter: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    statutory_days: Mapped[int] = mapped_column(info=L1)
    promised_days: Mapped[int] = mapped_column(info=L1)
    visits: Mapped[int] = mapped_column(info=L1)
    online: Mapped[bool] = mapped_column(info=L1)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L1)

    def taken_over_by(self, division: str) -> Implementation:
        """The same item as a successor of its division offers it."""
        return Implementation(
            id=f"{division}-{self.matter}",
            division=division,
            matter=self.matter,
            organ=f"{division}-{MATTERS[self.matter].organ_kind}",
            statutory_days=self.statutory_days,
            promised_days=self.promised_days,
            visits=self.visits,
            online=self.online,
        )

    def withdraw(self, day: date) -> None:
        """Offer it no more, because the division ends on that day."""
        self.ended_on = day
        self.tell(
            ItemWithdrawn(
                implementation_id=self.id,
                division=self.division,
                visits=self.visits,
                online=self.online,
            )
        )

    def publish(self) -> None:
        """Offer it to the public."""
        self.tell(
            ItemPublished(
                implementation_id=self.id,
                matter=self.matter,
                division=self.division,
                organ=self.organ,
                statutory_days=self.statutory_days,
                promised_days=self.promised_days,
                visits=self.visits,
                online=self.online,
            )
        )


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


class OneThing(storage.Aggregate, Model, kw_only=True, eq=False):
    """Several matters applied for with one form.

    `owner` is the applicant's person id. `matters` has, by matter code, its `state`, its `case_id`
    once it was started, and its `visits`. `settled_at` is when the last matter so far was decided
    or withdrawn.
    """

    __tablename__ = "one_thing"
    retention = CASE_FILE
    __table_args__ = (
        # One reserved name carries one application; one that failed gave its name back.
        sa.Index(
            "one_thing_reservation",
            "reservation_id",
            unique=True,
            postgresql_where=sa.text("state <> 'failed'"),
            sqlite_where=sa.text("state <> 'failed'"),
        ),
    )

    thing: Mapped[ThingCode] = mapped_column(sa.String(60), info=L1)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    reservation_id: Mapped[str] = mapped_column(sa.String(64), info=L2)
    form: Mapped[dict[str, Any]] = mapped_column(info=L3)
    matters: Mapped[dict[str, Any]] = mapped_column(info=L1)
    submitted_at: Mapped[datetime] = mapped_column(info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    provisional: Mapped[bool] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ThingState.RUNNING.value, info=L1)
    enterprise_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L2)
    settled_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    grade: Mapped[int | None] = mapped_column(default=None, info=L2)
    comment: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L3)

    @classmethod
    def submitted(
        cls,
        thing_id: str,
        thing: ThingCode,
        division: str,
        owner: str,
        form: StartupForm,
        at: datetime,
    ) -> OneThing:
        """A new one, all its matters waiting."""
        definition = THINGS[thing]
        due = due_after(at, definition.promised_days)
        waiting = {"state": MatterState.WAITING.value, "case_id": None, "visits": 0}
        one = cls(
            id=thing_id,
            division=division,
            thing=thing,
            owner=owner,
            reservation_id=form.reservation_id,
            form=form.dump(),
            matters={code: dict(waiting) for code in definition.matters},
            submitted_at=at,
            due=due.instant,
            provisional=due.provisional,
        )
        one.tell(
            OneThingSubmitted(
                one_thing_id=thing_id,
                thing=thing,
                division=division,
                applicant=owner,
                matters=definition.matters,
            ),
            owner,
        )
        return one

    @property
    def definition(self) -> ThingDefinition:
        """What it consists of."""
        return THINGS[self.thing]

    @property
    def matter_states(self) -> dict[str, MatterState]:
        """Where each matter stands."""
        return {code: MatterState(entry["state"]) for code, entry in self.matters.items()}

    def startable(self) -> tuple[str, ...]:
        """The matters whose cases can be opened now."""
        known = self.enterprise_id is not None
        return self.definition.startable(self.matter_states, enterprise_known=known)

    def start_matter(self, case_id: str, implementation: Implementation, at: datetime) -> Case:
        """Open the case of a matter, with what the form and the registration made known of it."""
        matter = MATTERS[implementation.matter]
        subject = self.enterprise_id if matter.of_enterprise else self.owner
        assert subject is not None  # A matter of the enterprise is not startable before.
        case = Case(
            id=case_id,
            division=self.division,
            matter=matter.code,
            organ=implementation.organ,
            owner=self.owner,
            subject=self.enterprise_id
            if matter.of_enterprise and self.enterprise_id
            else self.owner,
            promised_days=implementation.promised_days,
            submitted_at=at,
            establishes=self._result_of(matter.code),
            one_thing_id=self.id,
        )
        self._put(matter.code, MatterState.RUNNING, case_id=case_id, visits=implementation.visits)
        case.submit()
        return case

    def pass_to(self, division: str) -> None:
        """Go on in another division, because the own one ended; its cases follow by themselves."""
        moved = OneThingPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.tell(moved, self.owner)

    def know_enterprise(self, enterprise_id: str, case_id: str, at: datetime) -> None:
        """Keep the enterprise that the case established, which also says that it was granted."""
        self.enterprise_id = enterprise_id
        for code, entry in self.matters.items():
            if entry["case_id"] == case_id:
                self.settle_matter(code, MatterState.GRANTED, at)

    def settle_matter(self, matter: str, state: MatterState, at: datetime) -> None:
        """Record how a running matter ended, and end with the last of them.

        Where one is not granted, those not begun are cancelled and those running go on. What is
        settled already stays so, because two events may tell of one grant.
        """
        if self.matter_states[matter] is not MatterState.RUNNING:
            return
        self._put(matter, state)
        if state is not MatterState.GRANTED:
            for code, other in self.matter_states.items():
                if other is MatterState.WAITING:
                    self._put(code, MatterState.CANCELLED)
        self.settled_at = max(at, self.settled_at or at)
        self.state = state_of_thing(self.matter_states).value
        if self.state != ThingState.RUNNING:
            self._tell_end(self.settled_at)

    def rate(self, grade: int, comment: str | None) -> None:
        """Keep its applicant's rating; raises `NotFinishedYet` and `AlreadyRated`."""
        if self.state == ThingState.RUNNING:
            raise NotFinishedYet()
        if self.grade is not None:
            raise AlreadyRated()
        self.grade = grade
        self.comment = comment
        self.tell(
            ServiceRated(
                one_thing_id=self.id, division=self.division, grade=grade, bad=is_bad(grade)
            ),
            self.owner,
        )

    def _tell_end(self, at: datetime) -> None:
        self.tell(
            OneThingCompleted(
                one_thing_id=self.id,
                thing=self.thing,
                division=self.division,
                granted=self.state == ThingState.COMPLETED,
                visits=sum(entry["visits"] for entry in self.matters.values()),
                minutes=minutes_between(self.submitted_at, at),
            ),
            self.owner,
        )

    def _put(self, matter: str, state: MatterState, **values: Any) -> None:
        entry = {**self.matters[matter], "state": state.value, **values}
        self.matters = {**self.matters, matter: entry}

    def _result_of(self, matter: str) -> dict[str, Any]:
        if MATTERS[matter].of_enterprise:
            return {"enterprise": self.enterprise_id}
        return {
            "name": self.form["name"],
            "division": self.division,
            "industry": self.form["industry"],
            "registered_capital": self.form["registered_capital"],
            "legal_representative": self.owner,
            "address": self.form["address"],
            "reservation_id": self.form["reservation_id"],
        }


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


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far one-things and cases have passed to successors."""

    __tablename__ = "passage"

    event = OpenWorkPassed


class Consolidation(consolidation.Consolidation, Model, kw_only=True, eq=False):
    """What was changed for a merger of two records of one person."""


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """The leaf measures that this service owns."""

    __tablename__ = "measure"

    event = MeasureChanged
