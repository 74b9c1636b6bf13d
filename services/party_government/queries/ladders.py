"""Which ladders hold in a division."""

from __future__ import annotations

from services.party_government.domain.ladder import LADDERS
from services.party_government.models import AdoptedLadder
from shared.context import Context
from shared.contracts.party_government import Ladder, LadderList, LaddersInForce, LadderStep
from shared.divisions import lineage
from shared.handling import answers


@answers(LaddersInForce)
def ladders_in_force(query: LaddersInForce, context: Context) -> LadderList:
    """The ladder of each urgency: that of the nearest division that adopted one, or the usual."""
    above = AdoptedLadder.division.in_(lineage(query.division))
    nearest = {
        one.urgency: one
        for one in sorted(context.unit.find_all(AdoptedLadder, above), key=lambda a: a.division)
    }
    ladders = []
    for urgency, usual in LADDERS.items():
        adopted = nearest.get(urgency)
        steps = usual if adopted is None else adopted.ladder
        ladders.append(
            Ladder(
                division="33" if adopted is None else adopted.division,
                urgency=urgency.value,
                edition=0 if adopted is None else adopted.edition,
                basis=None if adopted is None else adopted.basis,
                steps=tuple(LadderStep.load(step) for step in steps.to_json()),
            )
        )
    return LadderList(ladders=tuple(ladders))
