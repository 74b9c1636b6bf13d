"""The platform's own measures."""

from __future__ import annotations

from shared.contracts.measures import MeasureChange


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Enterprises registered and data readings, by division and month."""
