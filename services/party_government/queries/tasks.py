"""What is asked about central tasks: trees, timetables, route maps, editions, and what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from services.party_government.domain.plans import (
    MilestoneState,
    PlanState,
    ReportState,
    TaskReportState,
    TaskState,
)
from services.party_government.domain.routes import (
    Stage,
    Stop,
    WorkingDays,
    critical_path,
    schedule,
)
from services.party_government.models import (
    CentralTask,
    Milestone,
    MilestoneReport,
    PlanEdition,
    TaskReport,
)
from services.party_government.task_trees import Branch, branches_of, total
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.party_government import (
    LevelProgress,
    MilestoneEntry,
    MilestoneReportEntry,
    MilestoneReportList,
    OwedDuties,
    OwedDuty,
    PlanEditionEntry,
    PlanEditionList,
    PlanEditions,
    ReportsOfMilestone,
    RouteMap,
    RouteMapReply,
    RouteStop,
    TaskDutiesOfDivision,
    TaskList,
    TaskNode,
    TasksOfDivision,
    TaskSummary,
    TaskTimetable,
    TaskTree,
    TaskTreeReply,
    Timetable,
)
from shared.deadlines import is_provisional
from shared.divisions import level_of
from shared.handling import answers
from shared.succession import within

MOST: Final = 1000
"""How many entries a list holds at most; `complete` says whether it is all."""
MOST_EDITIONS: Final = 20
NEVER: Final = datetime.max.replace(tzinfo=CHINA)


@answers(TaskTree)
def task_tree(task: CentralTask, query: TaskTree, context: Context) -> TaskTreeReply:
    """The tree below a task, with progress rolled up over all of it, however much is told."""
    root = context.unit.get(CentralTask, task.root)
    branches = branches_of(task, context)
    return TaskTreeReply(
        aim=root.aim,
        basis=root.basis,
        begins=root.begins or context.today,
        mechanism=root.mechanism,
        nodes=tuple(_node(one) for one in branches[:MOST]),
        levels=tuple(_by_level(branches)),
        complete=len(branches) <= MOST,
    )


def _node(one: Branch) -> TaskNode:
    row: Any = one.task
    return TaskNode.load(
        {
            "task_id": row.id,
            "parent": row.parent,
            "key": row.key or None,
            "depth": one.depth,
            "division": row.division,
            "title": row.title,
            "state": row.state,
            "lead": row.organ,
            "responsible": row.responsible,
            "supervising": row.supervising,
            "post": row.post,
            "weight": row.weight,
            "share": one.node.share,
            "progress": one.node.progress,
            "milestones": one.node.milestones,
            "done": one.node.done,
            "colours": total([one.colours]),
            "edition": row.edition,
        }
    )


def _by_level(branches: Sequence[Branch]) -> list[LevelProgress]:
    """Of each level the tasks that are led there and are no part of another led there, so that none
    counts twice; colours are those of all."""
    levels = {one.node.id: int(level_of(one.task.division)) for one in branches}
    found = []
    for level in sorted(set(levels.values())):
        here = [one for one in branches if levels[one.node.id] == level]
        highest = [one for one in here if levels.get(one.node.parent or "") != level]
        share = sum(one.node.share for one in highest)
        progress = sum(one.node.share * one.node.progress for one in highest) / share
        colours = total(one.colours for one in here)
        found.append(
            LevelProgress.load(
                {"level": level, "tasks": len(here), "progress": progress, "colours": colours}
            )
        )
    return found


@answers(TaskTimetable)
def task_timetable(task: CentralTask, query: TaskTimetable, context: Context) -> Timetable:
    """The milestones of a task and of all its parts, by deadline."""
    below = [one.node.id for one in branches_of(task, context)]
    rows = context.unit.rows(
        sa.select(Milestone.__table__)
        .where(
            Milestone.root == task.root,
            Milestone.state != MilestoneState.ENDED,
            Milestone.task.in_(below),
        )
        .order_by(Milestone.planned, sa.func.length(Milestone.id), Milestone.id)
        .limit(MOST + 1)
    )
    return Timetable(
        milestones=tuple(_entry(row) for row in rows[:MOST]), complete=len(rows) <= MOST
    )


def _entry(row: Any) -> MilestoneEntry:
    return MilestoneEntry.load(
        {
            "milestone_id": row.id,
            "task_id": row.task,
            "title": row.title,
            "organ": row.organ,
            "due": row.planned.isoformat(),
            "provisional": is_provisional(row.planned),
            "state": row.state,
            "colour": row.colour if row.clocked else None,
            "rung": row.rung or None,
            "reports": row.reports,
            "after": row.after,
        }
    )


@answers(RouteMap)
def route_map(task: CentralTask, query: RouteMap, context: Context) -> RouteMapReply:
    """The route map as things stand: reckoned over the whole task, told of this one and of what is
    below it."""
    root = context.unit.get(CentralTask, task.root)
    below = {one.node.id for one in branches_of(task, context)}
    rows = context.unit.rows(
        sa.select(Milestone.__table__).where(
            Milestone.root == task.root, Milestone.state != MilestoneState.ENDED
        )
    )
    by_id = {row.id: row for row in rows}
    stages = {row.id: Stage(row.planned, row.days, tuple(row.after), row.done_on) for row in rows}
    calendar = WorkingDays(root.begins or context.today)
    stops = schedule(stages, calendar, context.today)
    path = critical_path(stages, stops)
    told = [key for key in stops if by_id[key].task in below]
    ends = max((stop.finishes for stop in stops.values()), default=None)
    return RouteMapReply(
        stops=tuple(_stop(by_id[key], stops[key], calendar, key in path) for key in told[:MOST]),
        critical_path=tuple(key for key in path if by_id[key].task in below),
        ends=None if ends is None else calendar.day(ends),
    )


def _stop(row: Any, stop: Stop, calendar: WorkingDays, critical: bool) -> RouteStop:
    # Work begins on the working day after whatever came before it.
    starts = min(stop.starts + 1, stop.finishes)
    return RouteStop(
        milestone_id=row.id,
        title=row.title,
        organ=row.organ,
        starts=calendar.day(starts),
        finishes=calendar.day(stop.finishes),
        due=row.planned,
        slack=stop.slack,
        margin=calendar.number(row.planned) - stop.finishes,
        done=row.state == MilestoneState.DONE,
        critical=critical,
    )


@answers(PlanEditions)
def plan_editions(task: CentralTask, query: PlanEditions, context: Context) -> PlanEditionList:
    """The editions of a task's plan, the newest first."""
    rows = context.unit.rows(
        sa.select(PlanEdition.__table__)
        .where(PlanEdition.task == task.id)
        .order_by(PlanEdition.number.desc())
        .limit(MOST_EDITIONS + 1)
    )
    return PlanEditionList(
        editions=tuple(_edition(row) for row in rows[:MOST_EDITIONS]),
        complete=len(rows) <= MOST_EDITIONS,
    )


def _edition(row: Any) -> PlanEditionEntry:
    return PlanEditionEntry.load(
        {
            "edition_id": row.id,
            "edition": row.number,
            "state": row.state,
            "organ": row.organ,
            "proposed_by": row.proposed_by,
            "proposed_at": row.proposed_at.isoformat(),
            "reason": row.reason,
            "reviewed_by": row.reviewed_by or None,
            "reviewed_at": row.reviewed_at and row.reviewed_at.isoformat(),
            "opinion": row.opinion or None,
            "changes": row.changes,
            "plan": row.plan,
        }
    )


@answers(ReportsOfMilestone)
def reports_of_milestone(
    milestone: Milestone, query: ReportsOfMilestone, context: Context
) -> MilestoneReportList:
    """The reports of a milestone, the oldest first."""
    rows = context.unit.rows(
        sa.select(MilestoneReport.__table__)
        .where(MilestoneReport.milestone == milestone.id)
        .order_by(MilestoneReport.reported_at, MilestoneReport.id)
        .limit(MOST + 1)
    )
    return MilestoneReportList(
        reports=tuple(_report(row) for row in rows[:MOST]), complete=len(rows) <= MOST
    )


def _report(row: Any) -> MilestoneReportEntry:
    return MilestoneReportEntry.load(
        {
            "report_id": row.id,
            "milestone_id": row.milestone,
            "organ": row.organ,
            "state": row.state,
            "text": row.text,
            "evidence": row.evidence,
            "reported_by": row.reported_by,
            "reported_at": row.reported_at.isoformat(),
            "checked_by": row.checked_by or None,
            "opinion": row.opinion or None,
        }
    )


# What is owed


@answers(TaskDutiesOfDivision)
def task_duties_of_division(query: TaskDutiesOfDivision, context: Context) -> OwedDuties:
    """What organs of a division and below owe, or one of them: milestones and reports with their
    colours, then what waits for their check or review."""
    owed = [
        *_owed(Milestone, query, context, Milestone.state == MilestoneState.OPEN),
        *_owed(TaskReport, query, context, TaskReport.state == TaskReportState.OWED),
        *_owed(MilestoneReport, query, context, MilestoneReport.state == ReportState.WAITING),
        *_owed(PlanEdition, query, context, PlanEdition.state == PlanState.PROPOSED),
    ]
    duties = sorted((_duty(kind, row) for kind, row in owed), key=_urgency)
    return OwedDuties(
        duties=tuple(duties[:MOST]),
        by_colour=_colours(query, context),
        complete=len(duties) <= MOST,
    )


def _of(kind: Any, query: TaskDutiesOfDivision) -> list[sa.ColumnElement[bool]]:
    found = [within(kind, [query.division])]
    if query.organ is not None:
        found.append(kind.organ == query.organ)
    return found


def _owed(
    kind: Any, query: TaskDutiesOfDivision, context: Context, condition: Any
) -> list[tuple[Any, Any]]:
    order = [kind.id]
    if kind in (Milestone, TaskReport):
        # Red before green, and what has no clock last.
        order = [kind.colour.desc(), kind.due.is_(None), kind.due, kind.id]
    rows = context.unit.rows(
        sa.select(kind.__table__)
        .where(*_of(kind, query), condition)
        .order_by(*order)
        .limit(MOST + 1)
    )
    return [(kind, row) for row in rows]


def _duty(kind: Any, row: Any) -> OwedDuty:
    if kind is MilestoneReport:
        return OwedDuty(
            id=row.id,
            kind="check",
            task_id=row.root,
            organ=row.organ,
            title=row.text[:60],
            due=None,
            colour=None,
            rung=None,
        )
    if kind is PlanEdition:
        return OwedDuty(
            id=row.id,
            kind="review",
            task_id=row.task,
            organ=row.organ,
            title=row.reason[:60],
            due=None,
            colour=None,
            rung=None,
        )
    return OwedDuty.load(
        {
            "id": row.id,
            "kind": row.kind if kind is TaskReport else "milestone",
            "task_id": row.task,
            "organ": row.organ,
            "title": row.period if kind is TaskReport else row.title,
            "due": row.due and row.due.isoformat(),
            "colour": row.colour if row.due else None,
            "rung": row.rung or None,
        }
    )


def _urgency(duty: OwedDuty) -> tuple[bool, bool, datetime, str]:
    due = duty.due or NEVER
    return duty.colour != "red", duty.due is None, due, duty.id


def _colours(query: TaskDutiesOfDivision, context: Context) -> dict[str, int]:
    counts = []
    for kind, over in (
        (Milestone, sa.and_(Milestone.state != MilestoneState.ENDED, Milestone.clocked)),
        (TaskReport, TaskReport.state != TaskReportState.ENDED),
    ):
        rows = context.unit.rows(
            sa.select(kind.colour.label("colour"), sa.func.count().label("number"))
            .where(*_of(kind, query), over)
            .group_by(kind.colour)
        )
        counts.append({row.colour: row.number for row in rows})
    return total(counts)


@answers(TasksOfDivision)
def tasks_of_division(query: TasksOfDivision, context: Context) -> TaskList:
    """The whole tasks led in a division or below, and the highest parts of others' led there."""
    above = aliased(CentralTask)
    here = [query.division]
    rows = context.unit.rows(
        sa.select(CentralTask.__table__)
        .outerjoin(above, above.id == CentralTask.parent)
        .where(
            within(CentralTask, here),
            CentralTask.state != TaskState.ENDED,
            sa.or_(above.id.is_(None), sa.not_(within(above, here))),
        )
        .order_by(CentralTask.created_at.desc(), CentralTask.id)
        .limit(MOST + 1)
    )
    roots = {row.root for row in rows}
    begun = context.unit.rows(
        sa.select(CentralTask.id, CentralTask.begins).where(CentralTask.id.in_(roots))
    )
    begins = {row.id: row.begins for row in begun}
    return TaskList(
        tasks=tuple(
            TaskSummary(
                task_id=row.id,
                division=row.division,
                title=row.title,
                state=row.state,
                lead=row.organ,
                begins=begins[row.root],
                edition=row.edition,
            )
            for row in rows[:MOST]
        ),
        complete=len(rows) <= MOST,
    )
