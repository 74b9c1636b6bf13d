"""Cases of directives and of the ladders of duties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.context import Principal
from shared.contracts.party_government import AdoptLadder, LadderStep
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready

INSPECTOR = Principal("account.inspector", "official", "33", "33-government", ("inspector",))


def adopt_ladder(harness: ServiceHarness) -> Ready:
    """Nothing is needed."""
    order = AdoptLadder(
        division="33", urgency="routine", steps=(LadderStep(rung="urged"),), basis="督查工作办法"
    )
    return Ready(order, INSPECTOR, replace(order, urgency="urgent"))


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {"AdoptLadder": adopt_ladder}
