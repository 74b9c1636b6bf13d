"""Puts some divisions and their organs into a register: all of them would take a test a second."""

from __future__ import annotations

from datetime import date

from services.identity_data import load
from services.identity_data.reference.divisions import all_divisions, divisions_as_known_on
from services.identity_data.reference.organs import organs_on
from shared.context import Context
from shared.divisions import Level, lineage
from shared.testing.harness import ServiceHarness

HANGZHOU = "3301"


def know_places(
    harness: ServiceHarness, *within: str, day: date | None = None, organs: bool = True
) -> None:
    """These divisions, those above them and those below down to the townships, with their organs,
    as a register held them on that day; without one, as they are."""
    above = {code for one in within for code in lineage(one)}
    divisions = all_divisions() if day is None else divisions_as_known_on(day)
    chosen = [
        one
        for one in divisions
        if one.level <= Level.TOWNSHIP and (one.code in above or one.code.startswith(within))
    ]
    codes = {one.code for one in chosen}

    def enter(context: Context) -> None:
        load.append_divisions(chosen, context)
        if organs:
            found = organs_on(day or load.ORGANS_ON)
            load.append_organs([one for one in found if one.division in codes], context)

    harness.act(enter)
