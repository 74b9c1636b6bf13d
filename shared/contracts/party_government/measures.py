"""What party_government counts itself, and what it passed on after a merger."""

from __future__ import annotations

from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Receipts signed and handled, and organs criticised, by division and month."""


class OpenWorkPassed(OpenWorkMoved, zh="政令移交完毕"):
    """Directives that are in preparation or in force, and receipts that are open, have passed to
    the successors."""
