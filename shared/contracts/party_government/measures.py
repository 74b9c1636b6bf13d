"""What party_government counts itself, and what it passed on after a merger."""

from __future__ import annotations

from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Receipts signed and handled, organs criticised, milestones of tasks done and their reports
    given, matters between organs submitted and decided, by division and month."""


class OpenWorkPassed(OpenWorkMoved, zh="政令、任务和机关内部事项移交完毕"):
    """Directives that are in preparation or in force, receipts that are open, tasks with all that
    is owed for them, and matters between organs have passed to the successors."""
