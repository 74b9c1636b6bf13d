"""What happens by itself when days of a task come round: ladders, reports and meetings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from services.party_government.commands.ladders import ladder_of
from services.party_government.domain.cadence import Period, end_of
from services.party_government.domain.ladder import ORDER, Rung, Told
from services.party_government.domain.plans import (
    MilestoneState,
    TaskReportState,
    TaskState,
)
from services.party_government.models import (
    CentralTask,
    KnownOrgan,
    Milestone,
    TaskDeadline,
    TaskReport,
)
from shared.context import Context
from shared.handling import on_timer

BATCH = 500
"""How many duties one unit of work changes; the timer goes on with the rest at once."""
CLIMB = "climb_task_ladder"
OPENS: Final[Mapping[str, str]] = {
    "report": "open_task_reports",
    "meeting": "open_task_meetings",
}
"""The timers that open the periods of a whole task."""


def keep_deadline(root: CentralTask, due: datetime, context: Context) -> None:
    """Have whatever of a task is due then climb the ladder that holds for the task now."""
    key = _deadline_id(root.id, due)
    if context.unit.find(TaskDeadline, key) is not None:
        return
    ladder = ladder_of(root.urgency, root.division, context)
    context.unit.add(
        TaskDeadline(id=key, division=root.division, root=root.id, due=due, steps=ladder.to_json())
    )
    first = ladder.next_after(due, context.now)
    if first is not None:
        context.unit.arm(CLIMB, key, first, context)


def _deadline_id(root: str, due: datetime) -> str:
    return f"{root}.{due:%Y%m%d}"


@on_timer(CLIMB)
def climb_task_ladder(deadline: TaskDeadline, context: Context) -> None:
    """Let all that is due then and not done climb to the step reached now."""
    late = _late(deadline, context)
    _climb(late, deadline, context)
    following = deadline.ladder.next_after(deadline.due, context.now)
    if len(late) == BATCH:
        following = context.now
    if following is not None:
        context.unit.arm(CLIMB, deadline.id, following, context)


def _late(deadline: TaskDeadline, context: Context) -> list[Milestone | TaskReport]:
    """What has not climbed as far as it should, so many at once."""
    step = deadline.step_at(context.now)
    if step is None:
        return []
    lower = [rung for rung in ("", *Rung) if ORDER[rung] < ORDER[step.rung]]
    milestones = context.unit.find_all(
        Milestone,
        Milestone.root == deadline.root,
        Milestone.due == deadline.due,
        Milestone.state == MilestoneState.OPEN,
        Milestone.rung.in_(lower),
        limit=BATCH,
    )
    reports = context.unit.find_all(
        TaskReport,
        TaskReport.root == deadline.root,
        TaskReport.due == deadline.due,
        TaskReport.state == TaskReportState.OWED,
        TaskReport.rung.in_(lower),
        limit=BATCH - len(milestones),
    )
    return [*milestones, *reports]


def catch_up(milestone: Milestone, context: Context) -> None:
    """Let a milestone that is open again climb to where it would be by now."""
    if milestone.due is None:
        return
    deadline = context.unit.get(TaskDeadline, _deadline_id(milestone.root, milestone.due))
    _climb([milestone], deadline, context)


def _climb(duties: list[Milestone | TaskReport], deadline: TaskDeadline, context: Context) -> None:
    step = deadline.step_at(context.now)
    if step is None or not duties:
        return
    root = context.unit.get(CentralTask, deadline.root)
    named = {one.organ for one in duties}
    organs = {one.id: one for one in context.unit.find_all(KnownOrgan, KnownOrgan.id.in_(named))}
    for one in duties:
        told: list[str] = []
        if step.tells is not Told.ORGAN:
            organ = organs.get(one.organ)
            told = [one.supervising, *([organ.parent] if organ and organ.parent else [])]
        if step.tells is Told.ISSUER:
            told.append(root.organ)
        one.climb(step.rung, [code for code in dict.fromkeys(told) if code != one.organ])


# Reports and meetings


@on_timer(OPENS["report"])
def open_task_reports(root: CentralTask, context: Context) -> None:
    """Have the responsible organ of every part owe the report of the period that begins."""
    _open_period(root, "report", context)


@on_timer(OPENS["meeting"])
def open_task_meetings(root: CentralTask, context: Context) -> None:
    """Have the lead organ of the whole task owe the minutes of the meeting of the period that
    begins."""
    _open_period(root, "meeting", context)


def _open_period(root: CentralTask, kind: str, context: Context) -> None:
    """End what is owed for former periods and open the one that holds today; so many at a time,
    then again when the next one begins."""
    if root.state != TaskState.IN_FORCE:
        return
    cadence = root.cadence_of(kind)
    period = None if cadence is None else Period.holding(cadence, context.today)
    more = _end_former(root, kind, period, context)
    if not more and period is not None:
        more = _open(root, kind, period, context)
    if more:
        context.unit.arm(OPENS[kind], root.id, context.now, context)
    elif period is not None:
        context.unit.arm(OPENS[kind], root.id, period.ends_at, context)


def _open(root: CentralTask, kind: str, period: Period, context: Context) -> bool:
    """Have the next ones owe what is due in the period; whether there may be more."""
    day = period.last_working_day
    if day is None or day < context.today:
        return False
    lacking = _lacking(root, kind, period, context)
    for task in lacking:
        context.unit.add(TaskReport.of(task, kind, period))
    if lacking:
        keep_deadline(root, end_of(day), context)
    return len(lacking) == BATCH


def _end_former(root: CentralTask, kind: str, period: Period | None, context: Context) -> bool:
    """End what is still owed for other periods; whether there may be more of it. What is not yet
    due is of a cadence that was given up, and is dropped."""
    former = context.unit.find_all(
        TaskReport,
        TaskReport.root == root.id,
        TaskReport.kind == kind,
        TaskReport.state == TaskReportState.OWED,
        TaskReport.period != ("" if period is None else period.name),
        limit=BATCH,
    )
    for one in former:
        if one.due is not None and one.due > context.now:
            one.drop()
        else:
            one.miss()
    return len(former) == BATCH


def _lacking(root: CentralTask, kind: str, period: Period, context: Context) -> list[CentralTask]:
    """Whose report of the period is not there yet, so many at once."""
    there = sa.select(TaskReport.task).where(
        TaskReport.root == root.id, TaskReport.kind == kind, TaskReport.period == period.name
    )
    conditions = [
        CentralTask.root == root.id,
        CentralTask.state == TaskState.IN_FORCE,
        CentralTask.id.not_in(there),
    ]
    if kind == "meeting":
        conditions.append(CentralTask.id == root.id)
    return context.unit.find_all(CentralTask, *conditions, limit=BATCH)
