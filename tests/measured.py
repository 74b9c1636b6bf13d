"""What another service counted, as the one screen knows it once it was told."""

from __future__ import annotations

from services.party_government.models import MeasureValue
from services.party_government.models.screen import Series
from services.party_government.totals import add_to_totals
from shared.context import Context


def measured(
    context: Context,
    measure: str,
    division: str,
    period: str,
    value: int,
    owner: str = "digital_government",
) -> None:
    """Let party_government know a leaf value that it did not know, and the totals above it."""
    series = Series(owner, measure, period)
    key = series.id_in(division)
    told = MeasureValue(
        id=key, division=division, value=value, measure_version=1, **series._asdict()
    )
    add_to_totals(context.unit.add(told), told.rollup, context)
