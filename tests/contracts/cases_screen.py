"""Cases of making the read model of the one screen anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.context import Principal
from shared.contracts.party_government import AbandonScreenRebuild, RebuildScreen
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready, on_existing

OPERATOR = Principal("account.operator", "operator", "33")


def rebuild_screen(_: ServiceHarness) -> Ready:
    """None runs."""
    order = RebuildScreen(reason="核对")
    return Ready(order, OPERATOR, replace(order, reason="再次核对"))


def abandon_screen_rebuild(harness: ServiceHarness) -> Ready:
    """It runs."""
    begun = harness.execute(RebuildScreen(reason="核对"), OPERATOR)
    return on_existing(AbandonScreenRebuild(rebuild_id=begun.rebuild_id), OPERATOR)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "RebuildScreen": rebuild_screen,
    "AbandonScreenRebuild": abandon_screen_rebuild,
}
