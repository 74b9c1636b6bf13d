"""Central tasks: their plans, milestones, reports and meetings, and what is asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import ValidationError, validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.party_government.duties import (
    ColourName,
    DutyEscalated,
    DutyMet,
    RungName,
    Urgency,
)
from shared.contracts.succession import PassedOn

PlanKey = Annotated[
    str,
    validate.Regexp(r"[a-z][a-z0-9_]{0,29}\Z", error="Small letters, digits and underscores."),
    Label("计划内编号", "key within the plan"),
]
TaskTitle = Annotated[str, validate.Length(min=2, max=100), Label("名称", "title")]
PostTitle = Annotated[str, validate.Length(min=1, max=60), Label("责任岗位", "post that answers")]
Why = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
Opinion = Annotated[str, validate.Length(min=2, max=500), Label("意见", "opinion")]
Cadence = Annotated[
    Literal["weekly", "monthly", "quarterly"], Label("频次", "weekly, monthly or quarterly")
]
ReportKind = Annotated[
    Literal["report", "meeting"], Label("类型", "report of progress, or minutes of a meeting")
]
TaskState = Annotated[
    Literal["registered", "in_force", "closed", "ended"],
    Label("任务状态", "registered, in force, closed or ended"),
]
MilestoneState = Annotated[
    Literal["open", "reported", "done", "ended"],
    Label("节点状态", "open, reported, done or ended"),
]
Days = Annotated[
    int, validate.Range(min=0, max=2500), Label("所需工作日", "working days that it takes")
]


def _two_decimals(value: float) -> float:
    if value != round(value, 2):
        raise ValidationError("At most two decimals.")
    return value


Weight = Annotated[
    float,
    validate.Range(min=0.01, max=100),
    _two_decimals,
    Label("权重", "weight, percent of what it is a part of"),
]


class Responsibility(Contract):
    """A row of the responsibility sheet (责任单): which organ leads, which one does it, which one
    supervises it, and the post that answers for it."""

    lead: Annotated[Identifier, Label("牵头单位", "lead organ")]
    responsible: Annotated[Identifier, Label("责任单位", "responsible organ")]
    supervising: Annotated[Identifier, Label("督办单位", "supervising organ")]
    post: PostTitle


class PlannedPart(Responsibility):
    """A part of a task: of the task that is planned, or of the part with the key `under`.

    The weights of all parts of one task sum to 100. A key that the plan before had is the same
    part; its lead organ may plan it further.
    """

    key: PlanKey
    under: PlanKey | None = None
    title: TaskTitle
    weight: Weight


class PlannedMilestone(Contract):
    """A point of the timetable (时间表): what is done by the end of which working day.

    It belongs to the task that is planned, or to one of its parts, whose responsible organ reports
    it. `after` names what must be done before: keys of this plan, or ids of other milestones of the
    whole task (路线图). Without `days` it takes all the time between these and its deadline.
    """

    key: PlanKey
    part: PlanKey | None = None
    title: TaskTitle
    due: Annotated[date, Label("完成期限", "deadline, a working day")]
    days: Days | None = None
    after: Annotated[tuple[Identifier, ...], validate.Length(max=50), Label("前置", "after")] = ()


class WorkingMechanism(Contract):
    """The cadence (工作机制) of a whole task: by the last working day of each period every
    responsible organ reports, and the lead organ has held its meeting."""

    reports: Cadence | None = None
    meetings: Cadence | None = None


class TaskPlan(Contract):
    """How a task is divided and by when what is done; the mechanism stands in the plan of the whole
    task alone."""

    parts: Annotated[tuple[PlannedPart, ...], validate.Length(max=500), Label("分解", "parts")] = ()
    milestones: Annotated[
        tuple[PlannedMilestone, ...], validate.Length(max=500), Label("时间表", "milestones")
    ] = ()
    mechanism: WorkingMechanism | None = None


# The task and its plan


class RegisterTask(Responsibility, Command[Done], on="CentralTask", zh="登记重大任务"):
    """Register a central task with its responsibility sheet. It is in force as soon as its first
    plan was adopted."""

    division: DivisionCode
    title: TaskTitle
    aim: Annotated[LongText, Label("目标", "aim")]
    basis: Annotated[str, validate.Length(min=2, max=200), Label("依据", "basis")]
    begins: Annotated[date, Label("起始日期", "first day")]
    urgency: Urgency = "routine"


class ProposePlan(Transition[Done], on="CentralTask", key="task_id", zh="报审任务计划"):
    """Propose the plan of a task, or its next edition, to the supervising organ; whole, so that
    what it leaves out is no part of the task any more. A proposal that still waits is replaced."""

    task_id: Identifier
    plan: TaskPlan
    reason: Why


class WithdrawPlan(Transition[Done], on="CentralTask", key="task_id", zh="撤回任务计划"):
    """Take back a proposal that still waits; the plan in force stays."""

    task_id: Identifier


class ReviewPlan(Transition[Done], on="TaskPlan", key="edition_id", zh="审核任务计划"):
    """Adopt a proposed plan, which is in force at once, or return it."""

    edition_id: Identifier
    verdict: Annotated[Literal["adopt", "return"], Label("审核结论", "adopt or return")]
    opinion: Opinion


class CloseTask(Transition[Done], on="CentralTask", key="task_id", zh="任务销号"):
    """Close a whole task of which every milestone is done."""

    task_id: Identifier
    opinion: Opinion


class EndTask(Transition[Done], on="CentralTask", key="task_id", zh="终止重大任务"):
    """End a whole task before it is done: nobody owes anything for it any more."""

    task_id: Identifier
    reason: Why


class TaskRegistered(Responsibility, Event, on="CentralTask", key="task_id", zh="重大任务已登记"):
    """A central task is registered, with its lead organ's division."""

    task_id: Identifier
    division: DivisionCode
    title: TaskTitle
    begins: date


class TaskAssigned(Responsibility, Event, on="CentralTask", key="task_id", zh="任务已分解下达"):
    """A task is in force, new or as the newest edition has it; `parent` is what it is a part of."""

    task_id: Identifier
    root: Identifier
    parent: Identifier | None
    division: DivisionCode
    title: TaskTitle
    weight: float
    edition: int


class TaskClosed(Event, on="CentralTask", key="task_id", zh="任务已销号"):
    """Every milestone of a whole task is done, and it is closed."""

    task_id: Identifier
    opinion: Opinion


class TaskEnded(Event, on="CentralTask", key="task_id", zh="任务已终止"):
    """A task, or a part of one, is to be done no more."""

    task_id: Identifier
    reason: str


class PlanProposed(Event, on="TaskPlan", key="edition_id", zh="任务计划已报审"):
    """A plan waits for the review of `organ`."""

    edition_id: Identifier
    task_id: Identifier
    edition: int
    organ: Identifier
    reason: Why


class PlanReviewed(Event, on="TaskPlan", key="edition_id", zh="任务计划已审核"):
    """A plan was adopted and is in force, or was returned."""

    edition_id: Identifier
    task_id: Identifier
    edition: int
    verdict: Literal["adopt", "return"]
    opinion: Opinion


class PlanTakenBack(Event, on="TaskPlan", key="edition_id", zh="任务计划已撤回"):
    """A proposal was withdrawn, or a later one took its place."""

    edition_id: Identifier
    task_id: Identifier
    edition: int


# Milestones


class TaskEvidence(Contract):
    """What shows that a milestone is done: a document by its number, or a record by its id."""

    reference: Annotated[str, validate.Length(min=2, max=100), Label("编号", "number or id")]
    title: Annotated[str, validate.Length(min=2, max=200), Label("名称", "what it is")]


class ReportMilestone(Transition[Done], on="Milestone", key="milestone_id", zh="申报节点完成"):
    """Report that a milestone is done, with evidence. The ladder stops; the supervising organ
    checks."""

    milestone_id: Identifier
    text: LongText
    evidence: Annotated[
        tuple[TaskEvidence, ...], validate.Length(min=1, max=20), Label("佐证", "evidence")
    ]


class WithdrawMilestoneReport(
    Transition[Done], on="Milestone", key="milestone_id", zh="撤回节点申报"
):
    """Take back a report that was not checked yet; the milestone is open as before."""

    milestone_id: Identifier


class CheckMilestone(Transition[Done], on="MilestoneReport", key="report_id", zh="核验节点"):
    """Confirm that a milestone is done, or return the report: then the milestone is open again,
    with the deadline that it had."""

    report_id: Identifier
    verdict: Annotated[Literal["confirm", "return"], Label("核验结论", "confirm or return")]
    opinion: Opinion


class MilestoneSet(Event, on="Milestone", key="id", zh="节点已下达"):
    """A milestone is to be reached by then, new or as the newest edition has it."""

    id: Identifier
    task_id: Identifier
    organ: Identifier
    title: TaskTitle
    due: date


class MilestoneEscalated(DutyEscalated, on="Milestone", zh="节点已催办督办"):
    """A milestone that was not reported climbed a rung of its ladder."""


class MilestoneDone(DutyMet, on="Milestone", zh="节点已完成"):
    """A milestone was confirmed: green where it was reported in time, else yellow."""


class MilestoneReported(Event, on="MilestoneReport", key="report_id", zh="节点已申报完成"):
    """The supervising organ is to check that a milestone is done."""

    report_id: Identifier
    milestone_id: Identifier
    organ: Identifier
    evidence: tuple[TaskEvidence, ...]


class MilestoneReportTakenBack(Event, on="MilestoneReport", key="report_id", zh="节点申报已撤回"):
    """There is nothing to check any more."""

    report_id: Identifier
    milestone_id: Identifier


class MilestoneChecked(Event, on="MilestoneReport", key="report_id", zh="节点已核验"):
    """A report was confirmed or returned."""

    report_id: Identifier
    milestone_id: Identifier
    verdict: Literal["confirm", "return"]
    opinion: Opinion


# Reports and meetings


class GiveTaskReport(Transition[Done], on="TaskReport", key="report_id", zh="提交任务进展报告"):
    """Give the report of a period, or the minutes of its meeting."""

    report_id: Identifier
    text: LongText


class TaskReportOwed(Event, on="TaskReport", key="id", zh="任务报告待交"):
    """An organ owes a report, or the minutes of a meeting, by then."""

    id: Identifier
    task_id: Identifier
    organ: Identifier
    kind: ReportKind
    period: str
    due: datetime


class TaskReportEscalated(DutyEscalated, on="TaskReport", zh="任务报告已催办督办"):
    """A report that was not given climbed a rung of its ladder."""


class TaskReportGiven(DutyMet, on="TaskReport", zh="任务报告已提交"):
    """A report was given, in time or late."""


class TaskReportMissed(Event, on="TaskReport", key="id", zh="任务报告缺报"):
    """The next period began and the report of this one was not given."""

    id: Identifier
    task_id: Identifier
    organ: Identifier
    kind: ReportKind
    period: str


# After a merger of divisions


class TaskPassedOn(PassedOn, on="CentralTask", zh="重大任务已移交"):
    """What an organ led is led by its successor."""


class PlanPassedOn(PassedOn, on="TaskPlan", zh="任务计划审核已移交"):
    """What an organ was to review is reviewed by its successor."""


class MilestonePassedOn(PassedOn, on="Milestone", zh="任务节点已移交"):
    """What an organ was to reach is reached by its successor."""


class MilestoneReportPassedOn(PassedOn, on="MilestoneReport", zh="节点核验已移交"):
    """What an organ was to check is checked by its successor."""


class TaskReportPassedOn(PassedOn, on="TaskReport", zh="任务报告已移交"):
    """What an organ was to report is reported by its successor."""


# Questions


class ColourCounts(Contract):
    """How many milestones and reports have each colour."""

    green: int = 0
    yellow: int = 0
    red: int = 0


class TaskNode(Responsibility):
    """A task or a part of one. `progress` is in percent: of its parts by their weights, or where it
    has none, how many of its milestones are done. `share` is its weight in the task that was asked
    for, in percent."""

    task_id: Identifier
    parent: Identifier | None
    key: PlanKey | None
    depth: int
    division: DivisionCode
    title: TaskTitle
    state: TaskState
    weight: float
    share: float
    progress: float
    milestones: int
    done: int
    colours: ColourCounts
    edition: int


class LevelProgress(Contract):
    """The tasks led at a level of divisions, weighed by their shares; 1 is the province."""

    level: int
    tasks: int
    progress: float
    colours: ColourCounts


class TaskTreeReply(Contract):
    """A task and its parts, each right before its own parts, and the progress by level; `complete`
    is false where there are more nodes than can be told at once."""

    aim: str
    basis: str
    begins: date
    mechanism: WorkingMechanism
    nodes: tuple[TaskNode, ...]
    levels: tuple[LevelProgress, ...]
    complete: bool = True


class TaskTree(Query[TaskTreeReply], on="CentralTask", key="task_id", zh="任务分解图"):
    """A task, or a part of one, with its responsibility sheet and all that is below it."""

    task_id: Identifier


class MilestoneEntry(Contract):
    """A milestone. Without `colour` it has no clock: its deadline had passed before the task was
    kept here. `provisional`: the calendar of working days does not reach that far yet."""

    milestone_id: Identifier
    task_id: Identifier
    title: TaskTitle
    organ: Identifier
    due: date
    provisional: bool
    state: MilestoneState
    colour: ColourName | None
    rung: RungName | None
    reports: int
    after: tuple[Identifier, ...]


class Timetable(Contract):
    """Milestones by deadline; `complete` is false where there are more."""

    milestones: tuple[MilestoneEntry, ...]
    complete: bool = True


class TaskTimetable(Query[Timetable], on="CentralTask", key="task_id", zh="任务时间表"):
    """The milestones of a task and of all its parts, by deadline."""

    task_id: Identifier


class RouteStop(Contract):
    """A milestone on the route map: when it is, or will be, done as things stand, how many working
    days it can slip without moving the end, and whether it is on the critical path. `margin` is how
    many working days that is before its deadline, negative where it will be late."""

    milestone_id: Identifier
    title: TaskTitle
    organ: Identifier
    starts: date
    finishes: date
    due: date
    slack: int
    margin: int
    done: bool
    critical: bool


class RouteMapReply(Contract):
    """Every milestone of a whole task in an order in which they can be done, and the ids of those
    that decide its end, from the first to the last."""

    stops: tuple[RouteStop, ...]
    critical_path: tuple[Identifier, ...]
    ends: date | None


class RouteMap(Query[RouteMapReply], on="CentralTask", key="task_id", zh="任务路线图"):
    """The route map of a whole task, with the critical path as things stand today."""

    task_id: Identifier


class PlanChange(Contract):
    """What an edition changed: a part, a milestone or the mechanism, which of its fields, and the
    values before and after; no field where the whole is new or gone."""

    what: Literal["part", "milestone", "mechanism"]
    key: str
    field: str | None
    before: Annotated[str | None, validate.Length(max=1000)]
    after: Annotated[str | None, validate.Length(max=1000)]


class PlanEditionEntry(Contract):
    """An edition of a plan: who proposed it when and why, who reviewed it, and what it changed
    against the one in force then."""

    edition_id: Identifier
    edition: int
    state: Literal["proposed", "adopted", "returned", "taken_back"]
    organ: Identifier
    proposed_by: str
    proposed_at: datetime
    reason: Why
    reviewed_by: str | None
    reviewed_at: datetime | None
    opinion: Opinion | None
    changes: Annotated[tuple[PlanChange, ...], validate.Length(max=20_000)]
    plan: TaskPlan


class PlanEditionList(Contract):
    """Editions, the newest first; `complete` is false where there are more."""

    editions: tuple[PlanEditionEntry, ...]
    complete: bool = True


class PlanEditions(Query[PlanEditionList], on="CentralTask", key="task_id", zh="任务计划历次版本"):
    """The editions of a task's plan, the last 20."""

    task_id: Identifier


class MilestoneReportEntry(Contract):
    """A report that a milestone is done, and what came of it."""

    report_id: Identifier
    milestone_id: Identifier
    organ: Identifier
    state: Literal["waiting", "confirmed", "returned", "taken_back"]
    text: LongText
    evidence: tuple[TaskEvidence, ...]
    reported_by: str
    reported_at: datetime
    checked_by: str | None
    opinion: Opinion | None


class MilestoneReportList(Contract):
    """Reports, the oldest first; `complete` is false where there are more."""

    reports: tuple[MilestoneReportEntry, ...]
    complete: bool = True


class ReportsOfMilestone(
    Query[MilestoneReportList], on="Milestone", key="milestone_id", zh="节点申报记录"
):
    """Every report of a milestone with its evidence and its check."""

    milestone_id: Identifier


class OwedDuty(Contract):
    """A milestone, a report, a meeting or a check that an organ owes; a check has no clock."""

    id: Identifier
    kind: Literal["milestone", "report", "meeting", "check", "review"]
    task_id: Identifier
    organ: Identifier
    title: Annotated[str, validate.Length(max=120)]
    due: datetime | None
    colour: ColourName | None
    rung: RungName | None


class OwedDuties(Contract):
    """What is owed, red before green, by deadline; `by_colour` also counts what was caught up and
    is yellow. `complete` is false where more is owed than can be told at once."""

    duties: tuple[OwedDuty, ...]
    by_colour: Annotated[Mapping[str, int], validate.Length(max=3)]
    complete: bool = True


class TaskDutiesOfDivision(Query[OwedDuties], on="TaskList", zh="任务待办清单"):
    """What organs of a division and below owe for central tasks, or one organ alone."""

    division: DivisionCode
    organ: Identifier | None = None


class TaskSummary(Contract):
    """A whole task of a division, with `edition` 0 where none of its plans was adopted yet."""

    task_id: Identifier
    division: DivisionCode
    title: TaskTitle
    state: TaskState
    lead: Identifier
    begins: date
    edition: int


class TaskList(Contract):
    """Tasks, the newest first; `complete` is false where there are more."""

    tasks: tuple[TaskSummary, ...]
    complete: bool = True


class TasksOfDivision(Query[TaskList], on="TaskList", zh="重大任务清单"):
    """The whole tasks that are led in a division or below, and the parts of others' that are led
    there, the newest 500."""

    division: DivisionCode
