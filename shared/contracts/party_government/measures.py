"""What party_government counts itself, and what it passed on after a merger."""

from __future__ import annotations

from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Receipts signed and handled, organs criticised, milestones of tasks done and their reports
    given, by division and month."""


class OpenWorkPassed(OpenWorkMoved, zh="政令和任务移交完毕"):
    """Directives that are in preparation or in force, receipts that are open, and tasks with all
    that is owed for them have passed to the successors."""
