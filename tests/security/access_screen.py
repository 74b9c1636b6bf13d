"""Messages about making the read model of the one screen anew."""

from __future__ import annotations

from collections.abc import Callable

from services.party_government.models import ScreenRebuild
from shared.context import Context
from tests.security.databases import Databases, Payload, Resource, only

FIRST = 1_000_000


def _abandon_all(context: Context) -> None:
    for one in context.unit.find_all(ScreenRebuild, ScreenRebuild.state == "running"):
        one.abandon(context.now)


def rebuild_screen(databases: Databases, _: Resource) -> Payload:
    """None runs."""
    databases.act("party_government", _abandon_all)
    return {"reason": "核对"}


def abandon_screen_rebuild(databases: Databases, _: Resource) -> Payload:
    """One runs, whose first step nobody does."""
    number = FIRST + databases.number()
    rebuild = ScreenRebuild(id=f"rebuild-{number}", number=number, reason="核对")
    databases.add("party_government", rebuild)
    return {"rebuild_id": rebuild.id}


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "ScreenChanges": only(),
    "RebuildScreen": rebuild_screen,
    "AbandonScreenRebuild": abandon_screen_rebuild,
    "ScreenRebuilds": only(),
}
