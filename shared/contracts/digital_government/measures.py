"""What the whole service tells: its measures, and that its open work has passed on."""

from __future__ import annotations

from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved


class OpenWorkPassed(OpenWorkMoved, zh="在办事项移交完毕"):
    """The running one-things and undecided cases of divisions that ended are their successors'."""


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Items, cases, handling times and ratings, by division and month."""
