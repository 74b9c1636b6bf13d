"""Adopting the ladders by which duties climb."""

from __future__ import annotations

from services.party_government.domain.ladder import LADDERS, Ladder, Urgency
from services.party_government.models import AdoptedLadder
from shared.context import Context
from shared.contracts.party_government import AdoptLadder
from shared.divisions import lineage
from shared.handling import handles


@handles(AdoptLadder)
def adopt_ladder(order: AdoptLadder, context: Context) -> AdoptedLadder:
    """Replace the ladder of an urgency in a division for duties that begin from now on; raises
    `UnfitLadder`."""
    key = _key(order.division, order.urgency)
    adopted = context.unit.find(AdoptedLadder, key) or context.unit.add(
        AdoptedLadder(id=key, division=order.division, urgency=order.urgency)
    )
    adopted.adopt(Ladder.of(step.dump() for step in order.steps), order.basis)
    return adopted


def ladder_of(urgency: str, division: str, context: Context) -> Ladder:
    """The ladder of an urgency that holds in a division: its own, or that of the nearest division
    above it that has one."""
    keys = [_key(code, urgency) for code in lineage(division)]
    adopted = context.unit.reference(AdoptedLadder, *keys)
    nearest = next((adopted[key] for key in keys if key in adopted), None)
    return LADDERS[Urgency(urgency)] if nearest is None else nearest.ladder


def _key(division: str, urgency: str) -> str:
    return f"{division}.{urgency}"
