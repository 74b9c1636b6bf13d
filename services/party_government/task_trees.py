"""Central tasks as trees: their nodes, how far each has come, and what lies below one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from services.party_government.domain.ladder import Colour
from services.party_government.domain.plans import (
    MilestoneState,
    Node,
    TaskReportState,
    TaskState,
    reckon,
)
from services.party_government.models import CentralTask, Milestone, TaskReport
from shared.context import Context


@dataclass
class Branch:
    """A task in its tree: its row, its depth below the one that was asked for, how far it has
    come, and how many of its milestones and reports have each colour."""

    task: sa.Row[Any]
    depth: int
    node: Node
    colours: dict[str, int] = field(default_factory=dict)


def branches_of(task: CentralTask, context: Context) -> list[Branch]:
    """A task and all that is below it, each right before its own parts, in the order in which they
    were planned. What was ended is left out, unless the whole was."""
    rows = context.unit.rows(
        sa.select(CentralTask.__table__)
        .where(
            CentralTask.root == task.root,
            sa.or_(CentralTask.state != TaskState.ENDED, CentralTask.id == task.id),
        )
        .order_by(sa.func.length(CentralTask.id), CentralTask.id)
    )
    by_id = {row.id: row for row in rows}
    below: dict[str | None, list[str]] = {}
    for row in rows:
        below.setdefault(row.parent, []).append(row.id)
    found = []
    waiting = [(task.id, 0)]
    while waiting:
        key, depth = waiting.pop()
        row = by_id[key]
        parent = row.parent if depth else None
        found.append(Branch(row, depth, Node(key, parent, row.weight if depth else 100.0)))
        waiting += [(one, depth + 1) for one in reversed(below.get(key, []))]
    _count(found, task.root, context)
    reckon([one.node for one in found])
    return found


def _count(branches: Iterable[Branch], root: str, context: Context) -> None:
    """Count milestones and colours with one statement."""
    by_id = {one.node.id: one for one in branches}
    milestones = sa.select(
        Milestone.task,
        Milestone.state,
        # Without a clock there is no colour.
        sa.case((Milestone.clocked, Milestone.colour), else_="").label("colour"),
        sa.literal(1).label("milestone"),
    ).where(Milestone.root == root, Milestone.state != MilestoneState.ENDED)
    reports = sa.select(TaskReport.task, TaskReport.state, TaskReport.colour, sa.literal(0)).where(
        TaskReport.root == root, TaskReport.state != TaskReportState.ENDED
    )
    all_ = milestones.union_all(reports).subquery()
    columns = (all_.c.task, all_.c.state, all_.c.colour, all_.c.milestone)
    counted = sa.select(*columns, sa.func.count().label("number")).group_by(*columns)
    for row in context.unit.rows(counted):
        one = by_id.get(row.task)
        if one is None:
            continue
        if row.milestone:
            one.node.milestones += row.number
            one.node.done += row.number if row.state == MilestoneState.DONE else 0
        if row.colour:
            one.colours[row.colour] = one.colours.get(row.colour, 0) + row.number


def total(colours: Iterable[dict[str, int]]) -> dict[str, int]:
    """The sums by colour."""
    found = {colour.value: 0 for colour in Colour}
    for one in colours:
        for colour, count in one.items():
            found[colour] += count
    return found
