"""Registering central tasks, and their ends."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from services.party_government.domain.plans import (
    MilestoneState,
    NoSuchOrgan,
    PlanState,
    TaskNotDone,
    TaskReportState,
    TaskState,
    UnfitPlan,
    faults_of_sheet,
)
from services.party_government.models import (
    CentralTask,
    KnownOrgan,
    Milestone,
    MilestoneReport,
    PlanEdition,
    TaskReport,
)
from services.party_government.models.tasks import report_id
from shared.context import Context
from shared.contracts.party_government import CloseTask, EndTask, RegisterTask
from shared.divisions import contains
from shared.handling import handles, on_timer

BATCH = 500
"""How many records one unit of work changes; a timer goes on with the rest."""
WIND_UP = "wind_task_up"


@handles(RegisterTask)
def register_task(order: RegisterTask, context: Context) -> CentralTask:
    """Register a central task; raises `NoSuchOrgan`, `UnfitPlan`."""
    organs = organs_in_being([order.lead, order.responsible, order.supervising], context)
    faults = faults_of_sheet(order, {code: one.division for code, one in organs.items()})
    if not contains(order.division, organs[order.lead].division):
        faults["lead"] = ["It is not in this division."]
    if faults:
        raise UnfitPlan(fields=faults)
    return register(order, context.new_id(), organs[order.lead].division, context)


def register(order: RegisterTask, task_id: str, division: str, context: Context) -> CentralTask:
    """Keep a whole task of that id, led in that division."""
    task = context.unit.add(
        CentralTask(
            id=task_id,
            root=task_id,
            division=division,
            title=order.title,
            aim=order.aim,
            basis=order.basis,
            begins=order.begins,
            urgency=order.urgency,
        )
    )
    task.answer(order)
    task.register()
    return task


def organs_in_being(ids: list[str], context: Context) -> dict[str, KnownOrgan]:
    """These organs, with one reading; raises `NoSuchOrgan` for the first that is not there."""
    found = {one.id: one for one in context.unit.find_all(KnownOrgan, KnownOrgan.id.in_(ids))}
    for one in ids:
        if one not in found or not found[one].is_in_being(context.today):
            raise NoSuchOrgan(organ=one)
    return found


# Ends


@handles(CloseTask)
def close_task(task: CentralTask, order: CloseTask, context: Context) -> None:
    """Close a whole task and its parts; raises `WholeTaskOnly`, `TaskNotDone`, `TaskNotInForce`."""
    task.require_whole()
    undone = _count_undone(task, context)
    if undone:
        raise TaskNotDone(count=undone)
    task.close(order.opinion)
    # A milestone that is added at the same moment makes this be decided afresh.
    task.adoptions += 1
    context.unit.arm(WIND_UP, task.id, context.now, context)


def _count_undone(task: CentralTask, context: Context) -> int:
    """How many milestones are not done; a part that has neither milestones nor parts of its own
    counts as one."""
    part = aliased(CentralTask)
    alive = CentralTask.state == TaskState.IN_FORCE
    open_ones = sa.select(sa.func.count()).where(
        Milestone.root == task.id,
        Milestone.state.in_([MilestoneState.OPEN, MilestoneState.REPORTED]),
    )
    bare = sa.select(sa.func.count()).where(
        CentralTask.root == task.id,
        alive,
        ~sa.exists().where(part.parent == CentralTask.id, part.state == TaskState.IN_FORCE),
        ~sa.exists().where(
            Milestone.task == CentralTask.id, Milestone.state != MilestoneState.ENDED
        ),
    )
    counts = context.unit.rows(sa.select(open_ones.scalar_subquery(), bare.scalar_subquery()))
    return int(sum(counts[0]))


@handles(EndTask)
def end_task(task: CentralTask, order: EndTask, context: Context) -> None:
    """End a whole task and all that is owed for it; raises `WholeTaskOnly`, `TaskNotInForce`."""
    task.require_whole()
    task.require_changeable()
    task.end(order.reason)
    context.unit.arm(WIND_UP, task.id, context.now, context)


@on_timer(WIND_UP)
def wind_task_up(root: CentralTask, context: Context) -> None:
    """Let whatever belongs to parts that are over be over too, so many at a time, until nothing is
    left."""
    over = sa.select(CentralTask.id).where(
        CentralTask.root == root.id,
        CentralTask.state.in_([TaskState.CLOSED, TaskState.ENDED]),
    )
    closed = root.state == TaskState.CLOSED
    parts = context.unit.find_all(
        CentralTask,
        CentralTask.root == root.id,
        CentralTask.state.in_([TaskState.REGISTERED, TaskState.IN_FORCE]),
        CentralTask.parent.in_(over),
        limit=BATCH,
    )
    for part in parts:
        if closed:
            part.close("随整个任务销号")
        else:
            part.end("上级任务已终止或调整")
    milestones = context.unit.find_all(
        Milestone,
        Milestone.root == root.id,
        Milestone.state.in_([MilestoneState.OPEN, MilestoneState.REPORTED]),
        Milestone.task.in_(over),
        limit=BATCH,
    )
    drop_milestones(milestones, context)
    reports = context.unit.find_all(
        TaskReport,
        TaskReport.root == root.id,
        TaskReport.state == TaskReportState.OWED,
        TaskReport.task.in_(over),
        limit=BATCH,
    )
    for report in reports:
        report.drop()
    plans = context.unit.find_all(
        PlanEdition,
        PlanEdition.state == PlanState.PROPOSED,
        PlanEdition.task.in_(over),
        limit=BATCH,
    )
    for plan in plans:
        plan.take_back()
    if parts or milestones or reports or plans:
        context.unit.arm(WIND_UP, root.id, context.now, context)


def drop_milestones(milestones: list[Milestone], context: Context) -> None:
    """Take milestones out of their task, and the reports of them that wait for a check."""
    waiting = [
        report_id(one.id, one.reports) for one in milestones if one.state == MilestoneState.REPORTED
    ]
    for one in milestones:
        one.drop()
    for report in context.unit.find_all(MilestoneReport, MilestoneReport.id.in_(waiting)):
        report.take_back()
