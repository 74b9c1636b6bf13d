"""Leaf values summed over divisions, kept as they change."""

from __future__ import annotations

from collections.abc import Iterable

from services.party_government.domain.rollups import Rollup
from services.party_government.models import MeasureTotal, MeasureValue, ScreenSequence
from services.party_government.models.screen import Series
from shared.context import Context
from shared.divisions import lineage


def add_to_totals(leaf: MeasureValue, change: Rollup, context: Context) -> None:
    """Let the division of a leaf and all above it know how it changed."""
    for total in totals_to_change(leaf.series, lineage(leaf.division), context).values():
        total.add(change)


def totals_to_change(
    series: Series, places: Iterable[str], context: Context
) -> dict[str, MeasureTotal]:
    """The totals of some divisions, new where there were none, each with the number of the change
    that is to be made to it now."""
    keys = {place: series.id_in(place) for place in places}
    totals = context.unit.find_each(MeasureTotal, *keys.values())
    sequences = context.unit.find_each(ScreenSequence, *keys)
    found = {}
    for place, key in keys.items():
        found[place] = totals.get(key) or context.unit.add(
            MeasureTotal(id=key, division=place, **series._asdict())
        )
        sequence = sequences.get(place) or context.unit.add(
            ScreenSequence(id=place, division=place)
        )
        found[place].sequence = sequence.next()
    return found
