"""Central tasks and their parts, the editions of their plans, milestones, reports and meetings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.cadence import Period, end_of
from services.party_government.domain.ladder import Colour, Ladder, Step
from services.party_government.domain.plans import (
    MilestoneAlreadyReported,
    MilestoneState,
    NothingProposed,
    NothingToCheck,
    NothingToWithdraw,
    PlanState,
    ReportNotOwed,
    ReportState,
    TaskNotInForce,
    TaskReportState,
    TaskState,
    WholeTaskOnly,
)
from services.party_government.models.base import Model
from services.party_government.models.duties import Duty
from services.party_government.models.organs import successor_of
from shared import storage
from shared.classification import L1, L2, PERMANENT
from shared.contracts.party_government import (
    DutyEscalated,
    MilestoneChecked,
    MilestoneDone,
    MilestoneEscalated,
    MilestonePassedOn,
    MilestoneReported,
    MilestoneReportPassedOn,
    MilestoneReportTakenBack,
    MilestoneSet,
    PlannedMilestone,
    PlanPassedOn,
    PlanProposed,
    PlanReviewed,
    PlanTakenBack,
    Responsibility,
    TaskAssigned,
    TaskClosed,
    TaskEnded,
    TaskEvidence,
    TaskPassedOn,
    TaskPlan,
    TaskRegistered,
    TaskReportEscalated,
    TaskReportGiven,
    TaskReportMissed,
    TaskReportOwed,
    TaskReportPassedOn,
    WorkingMechanism,
)
from shared.divisions import contains
from shared.storage import Json

NO_CHANGES: Final = frozenset({TaskState.CLOSED, TaskState.ENDED})


class CentralTask(storage.Aggregate, Model, kw_only=True, eq=False):
    """A central task or a part of one; `organ` leads it, and its division is that organ's.

    A whole task is its own `root`. A part knows by whose plan it came (`planned_by`), under which
    `key`. In the root, `numbered` counts what was made below it, so that ids are short, and
    `adoptions` the plans adopted anywhere in the tree: two at one moment meet there, and the later
    is checked afresh.
    """

    __tablename__ = "central_task"
    retention = PERMANENT

    root: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    parent: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    planned_by: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L1)
    key: Mapped[str] = mapped_column(sa.String(30), default="", info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)
    weight: Mapped[float] = mapped_column(sa.Float, default=100.0, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), default="", index=True, info=L1)
    responsible: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)
    supervising: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)
    post: Mapped[str] = mapped_column(sa.String(60), default="", info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=TaskState.REGISTERED.value, info=L1)
    edition: Mapped[int] = mapped_column(default=0, info=L1)
    proposals: Mapped[int] = mapped_column(default=0, info=L1)
    # What the root alone says.
    aim: Mapped[str] = mapped_column(sa.String(2000), default="", info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    begins: Mapped[date | None] = mapped_column(default=None, info=L1)
    urgency: Mapped[str] = mapped_column(sa.String(12), default="routine", info=L1)
    reports: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    meetings: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    numbered: Mapped[int] = mapped_column(default=0, info=L1)
    adoptions: Mapped[int] = mapped_column(default=0, info=L1)

    @property
    def is_whole(self) -> bool:
        """Whether it is no part of another."""
        return self.parent is None

    def require_whole(self) -> None:
        """Raise `WholeTaskOnly` for a part."""
        if not self.is_whole:
            raise WholeTaskOnly(root=self.root)

    def goes_on_in(self, division: str) -> bool:
        """Whether it is led there or below, and is neither closed nor ended."""
        return self.state not in NO_CHANGES and contains(division, self.division)

    def require_changeable(self) -> None:
        """Raise `TaskNotInForce` where it was closed or ended."""
        if self.state in NO_CHANGES:
            raise TaskNotInForce()

    def answer(self, sheet: Responsibility) -> None:
        """Be answered for by these."""
        self.organ = sheet.lead
        self.responsible = sheet.responsible
        self.supervising = sheet.supervising
        self.post = sheet.post

    def register(self) -> None:
        """Be known; it is in force with its first plan."""
        assert self.begins is not None
        self.tell(
            TaskRegistered(
                task_id=self.id,
                division=self.division,
                title=self.title,
                begins=self.begins,
                **self._sheet(),
            )
        )

    def assign(self) -> None:
        """Be in force as it is now."""
        self.state = TaskState.IN_FORCE.value
        self.tell(
            TaskAssigned(
                task_id=self.id,
                root=self.root,
                parent=self.parent,
                division=self.division,
                title=self.title,
                weight=self.weight,
                edition=self.edition,
                **self._sheet(),
            )
        )

    def _sheet(self) -> dict[str, str]:
        return {
            "lead": self.organ,
            "responsible": self.responsible,
            "supervising": self.supervising,
            "post": self.post,
        }

    def next_number(self) -> int:
        """The next number of what is made below the root."""
        self.numbered += 1
        return self.numbered

    def keep_cadence(self, mechanism: WorkingMechanism) -> None:
        """Have reports and meetings in these periods from now on."""
        self.reports, self.meetings = mechanism.reports, mechanism.meetings

    def cadence_of(self, kind: str) -> str | None:
        """In which periods its reports or its meetings come round."""
        return self.reports if kind == "report" else self.meetings

    @property
    def mechanism(self) -> WorkingMechanism:
        """Its cadence."""
        return WorkingMechanism.load({"reports": self.reports, "meetings": self.meetings})

    def close(self, opinion: str) -> None:
        """Be done; raises `TaskNotInForce`."""
        if self.state != TaskState.IN_FORCE:
            raise TaskNotInForce()
        self.state = TaskState.CLOSED.value
        self.tell(TaskClosed(task_id=self.id, opinion=opinion))

    def end(self, reason: str) -> None:
        """Be done no more; nothing happens to one that was closed or ended before."""
        if self.state in NO_CHANGES:
            return
        self.state = TaskState.ENDED.value
        self.tell(TaskEnded(task_id=self.id, reason=reason))

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor has to do."""
        moved = TaskPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.responsible = successor_of(self.responsible, self.division, division)
        self.supervising = successor_of(self.supervising, self.division, division)
        self.division = division
        self.tell(moved)


class PlanEdition(storage.Aggregate, Model, kw_only=True, eq=False):
    """An edition of a task's plan, its id `<task>.plan.<number>`; `organ` reviews it. Once it was
    reviewed it never changes."""

    __tablename__ = "plan_edition"
    retention = PERMANENT

    task: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    number: Mapped[int] = mapped_column(info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=PlanState.PROPOSED.value, info=L1)
    plan: Mapped[dict[str, Any]] = mapped_column(Json, info=L1)
    changes: Mapped[list[Any]] = mapped_column(Json, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), info=L1)
    proposed_by: Mapped[str] = mapped_column(sa.String(100), info=L2)
    proposed_at: Mapped[datetime] = mapped_column(info=L1)
    reviewed_by: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    opinion: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)

    def propose(self) -> None:
        """Wait for the review."""
        self.tell(
            PlanProposed(
                edition_id=self.id,
                task_id=self.task,
                edition=self.number,
                organ=self.organ,
                reason=self.reason,
            )
        )

    def take_back(self) -> None:
        """Wait no more; raises `NothingProposed`."""
        self._require_proposed()
        self.state = PlanState.TAKEN_BACK.value
        self.tell(PlanTakenBack(edition_id=self.id, task_id=self.task, edition=self.number))

    def review(self, verdict: str, opinion: str, by: str, now: datetime) -> bool:
        """Be adopted or returned; whether it was adopted. Raises `NothingProposed`."""
        self._require_proposed()
        adopted = verdict == "adopt"
        self.state = (PlanState.ADOPTED if adopted else PlanState.RETURNED).value
        self.reviewed_by, self.reviewed_at, self.opinion = by, now, opinion
        self.tell(
            PlanReviewed.load(
                {
                    "edition_id": self.id,
                    "task_id": self.task,
                    "edition": self.number,
                    "verdict": verdict,
                    "opinion": opinion,
                }
            )
        )
        return adopted

    def _require_proposed(self) -> None:
        if self.state != PlanState.PROPOSED:
            raise NothingProposed()

    @property
    def content(self) -> TaskPlan:
        """The plan itself."""
        return TaskPlan.load(self.plan)

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor has to do."""
        moved = PlanPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.division = division
        self.tell(moved)


def edition_id(task: str, number: int) -> str:
    """The id of an edition."""
    return f"{task}.plan.{number}"


class Milestone(Duty, Model, kw_only=True, eq=False):
    """A milestone: a duty of the responsible organ from its setting until its report was confirmed.

    While a report waits for its check the duty stands still; a report that is returned leaves the
    deadline as it was. `planned` is its last day; where that had passed when the milestone was set
    it has no clock, so `due` is None from the beginning.
    """

    __tablename__ = "milestone"
    retention = PERMANENT
    escalated: ClassVar[type[DutyEscalated]] = MilestoneEscalated

    root: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    task: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    planned_by: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    key: Mapped[str] = mapped_column(sa.String(30), info=L1)
    supervising: Mapped[str] = mapped_column(sa.String(64), info=L1)
    planned: Mapped[date] = mapped_column(info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)
    days: Mapped[int | None] = mapped_column(default=None, info=L1)
    after: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=MilestoneState.OPEN.value, info=L1)
    clocked: Mapped[bool] = mapped_column(default=False, info=L1)
    reports: Mapped[int] = mapped_column(default=0, info=L1)
    reported_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    done_on: Mapped[date | None] = mapped_column(default=None, info=L1)

    def set(
        self, as_: PlannedMilestone, of: CentralTask, after: Sequence[str], now: datetime
    ) -> None:
        """Be as this plan has it. The clock begins afresh where the deadline is another."""
        new = not self.title
        moved = new or as_.due != self.planned
        told = (self.title, self.planned, self.task, self.organ)
        self.title, self.planned, self.days, self.after = as_.title, as_.due, as_.days, list(after)
        self.task, self.division = of.id, of.division
        self.organ, self.supervising = of.responsible, of.supervising
        if moved and self.state != MilestoneState.DONE:
            due = end_of(as_.due)
            self.clocked = due > now
            if self.colour == Colour.RED:
                # A later deadline does not undo that it was late.
                self.colour = Colour.YELLOW.value
            if self.clocked:
                self.begin_duty(due)
            else:
                self.end_duty()
        if new or told != (self.title, self.planned, self.task, self.organ):
            self._tell_setting()

    def _tell_setting(self) -> None:
        self.tell(
            MilestoneSet(
                id=self.id,
                task_id=self.task,
                organ=self.organ,
                title=self.title,
                due=self.planned,
            )
        )

    def pass_to_organs_of(self, task: CentralTask) -> None:
        """Be owed by whoever answers for its task now, with the deadline that it has."""
        if (self.organ, self.supervising) == (task.responsible, task.supervising):
            return
        self.division, self.organ, self.supervising = (
            task.division,
            task.responsible,
            task.supervising,
        )
        self._tell_setting()

    def report(self, now: datetime) -> str:
        """Be reported as done; the id of the report. Raises `MilestoneAlreadyReported`."""
        if self.state != MilestoneState.OPEN:
            raise MilestoneAlreadyReported()
        self.state, self.reported_at = MilestoneState.REPORTED.value, now
        self.reports += 1
        return report_id(self.id, self.reports)

    def reopen(self) -> None:
        """Be open again, with the deadline that it had; raises `NothingToWithdraw`."""
        if self.state != MilestoneState.REPORTED:
            raise NothingToWithdraw()
        self.state, self.reported_at = MilestoneState.OPEN.value, None

    def confirm(self) -> None:
        """Be done, in time or late as it was reported."""
        assert self.reported_at is not None
        self.state, self.done_on = MilestoneState.DONE.value, self.reported_at.date()
        self.meet_duty(self.reported_at, MilestoneDone)

    def drop(self) -> None:
        """Be no part of the task any more."""
        self.state = MilestoneState.ENDED.value
        self.end_duty()

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor has to do."""
        moved = MilestonePassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.supervising = successor_of(self.supervising, self.division, division)
        self.division = division
        self.tell(moved)


def report_id(milestone: str, number: int) -> str:
    """The id of the report of a milestone."""
    return f"{milestone}.{number}"


class MilestoneReport(storage.Aggregate, Model, kw_only=True, eq=False):
    """A report that a milestone is done, with its evidence; `organ` checks it."""

    __tablename__ = "milestone_report"
    retention = PERMANENT

    milestone: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    root: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    text: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    evidence: Mapped[list[Any]] = mapped_column(Json, info=L1)
    reported_by: Mapped[str] = mapped_column(sa.String(100), info=L2)
    reported_at: Mapped[datetime] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=ReportState.WAITING.value, info=L1)
    checked_by: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    opinion: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)

    def submit(self) -> None:
        """Wait for the check."""
        self.tell(
            MilestoneReported(
                report_id=self.id,
                milestone_id=self.milestone,
                organ=self.organ,
                evidence=tuple(TaskEvidence.load(one) for one in self.evidence),
            )
        )

    def take_back(self) -> None:
        """Wait no more."""
        self.state = ReportState.TAKEN_BACK.value
        self.tell(MilestoneReportTakenBack(report_id=self.id, milestone_id=self.milestone))

    def check(self, verdict: str, opinion: str, by: str) -> bool:
        """Be confirmed or returned; whether it was confirmed. Raises `NothingToCheck`."""
        if self.state != ReportState.WAITING:
            raise NothingToCheck()
        confirmed = verdict == "confirm"
        self.state = (ReportState.CONFIRMED if confirmed else ReportState.RETURNED).value
        self.checked_by, self.opinion = by, opinion
        self.tell(
            MilestoneChecked.load(
                {
                    "report_id": self.id,
                    "milestone_id": self.milestone,
                    "verdict": verdict,
                    "opinion": opinion,
                }
            )
        )
        return confirmed

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor has to do."""
        moved = MilestoneReportPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.division = division
        self.tell(moved)


class TaskReport(Duty, Model, kw_only=True, eq=False):
    """A report of progress, or the minutes of a meeting, that an organ owes for a task and period;
    its id is `<task>.<kind>.<period>`."""

    __tablename__ = "task_report"
    retention = PERMANENT
    escalated: ClassVar[type[DutyEscalated]] = TaskReportEscalated

    root: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    task: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    supervising: Mapped[str] = mapped_column(sa.String(64), info=L1)
    kind: Mapped[str] = mapped_column(sa.String(12), info=L1)
    period: Mapped[str] = mapped_column(sa.String(12), info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=TaskReportState.OWED.value, info=L1)
    text: Mapped[str] = mapped_column(sa.String(2000), default="", info=L1)
    given_by: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    given_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    @classmethod
    def of(cls, task: CentralTask, kind: str, period: Period) -> TaskReport:
        """What a task's organ owes for a period: a meeting its lead organ, a report the responsible
        one."""
        day = period.last_working_day
        assert day is not None
        owed = cls(
            id=f"{task.id}.{kind}.{period.name}",
            division=task.division,
            organ=task.organ if kind == "meeting" else task.responsible,
            supervising=task.supervising,
            root=task.root,
            task=task.id,
            kind=kind,
            period=period.name,
        )
        owed.begin_duty(end_of(day))
        owed.tell(
            TaskReportOwed.load(
                {
                    "id": owed.id,
                    "task_id": owed.task,
                    "organ": owed.organ,
                    "kind": kind,
                    "period": period.name,
                    "due": end_of(day).isoformat(),
                }
            )
        )
        return owed

    def give(self, text: str, by: str, now: datetime) -> None:
        """Be given; raises `ReportNotOwed`."""
        if self.state != TaskReportState.OWED:
            raise ReportNotOwed()
        self.state, self.text = TaskReportState.GIVEN.value, text
        self.given_by, self.given_at = by, now
        self.meet_duty(now, TaskReportGiven)

    def miss(self) -> None:
        """Never be given: the next period begins."""
        self.state = TaskReportState.MISSED.value
        self.end_duty()
        self.tell(
            TaskReportMissed.load(
                {
                    "id": self.id,
                    "task_id": self.task,
                    "organ": self.organ,
                    "kind": self.kind,
                    "period": self.period,
                }
            )
        )

    def drop(self) -> None:
        """Be owed no more: the task is over."""
        self.state = TaskReportState.ENDED.value
        self.end_duty()

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor has to do."""
        moved = TaskReportPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.supervising = successor_of(self.supervising, self.division, division)
        self.division = division
        self.tell(moved)


class TaskDeadline(storage.Record, Model, kw_only=True, eq=False):
    """A day on which something of a task is due, with the ladder that all of it climbs; its id is
    `<root>.<day>`. Its timer serves them together, however many there are."""

    __tablename__ = "task_deadline"
    retention = PERMANENT

    root: Mapped[str] = mapped_column(sa.String(64), info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    steps: Mapped[list[Any]] = mapped_column(Json, info=L1)

    @property
    def ladder(self) -> Ladder:
        """Its ladder."""
        return Ladder.of(self.steps)

    def step_at(self, instant: datetime) -> Step | None:
        """The highest step reached by then."""
        return self.ladder.step_at(self.due, instant)
