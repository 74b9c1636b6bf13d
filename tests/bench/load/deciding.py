"""Asks for decisions that nobody asked for before, of ours or of cedarpy alone."""

from __future__ import annotations

import json
from itertools import count

import cedarpy

from shared.context import Principal
from shared.security.authorisation import is_permitted, policy_text
from tests.bench.turns import Tally, Turn, configuration, take_turns

COUNTY = "330106"
CALLER = Principal("official", "official", COUNTY, f"{COUNTY}-taxation", ("case_officer",))
TEXT = policy_text()
"""All policies, as one text."""

numbers = count()


def ours(owner: str) -> bool:
    """What the pipeline asks before a command."""
    resource = {"division": COUNTY, "organ": CALLER.organ, "owner": owner}
    return is_permitted(CALLER, "DecideCase", "Case", resource)


def peer(owner: str) -> bool:
    """The same question as cedarpy's own documentation asks it: policies as text, entities as a
    list."""
    division = {"__entity": {"type": "Division", "id": COUNTY}}
    caller = {"id": CALLER.id, "kind": CALLER.kind, "organ": CALLER.organ, "person": ""}
    entities = [
        {
            "uid": {"type": "User", "id": CALLER.id},
            "attrs": caller | {"division": division},
            "parents": [{"type": "Role", "id": "case_officer"}],
        },
        {
            "uid": {"type": "Case", "id": "it"},
            "attrs": {"division": division, "organ": CALLER.organ, "owner": owner},
            "parents": [],
        },
        {
            "uid": {"type": "Division", "id": COUNTY},
            "attrs": {},
            "parents": [{"type": "Division", "id": "3301"}, {"type": "Division", "id": "33"}],
        },
    ]
    request = {
        "principal": f'User::"{CALLER.id}"',
        "action": 'Action::"DecideCase"',
        "resource": 'Case::"it"',
    }
    return bool(cedarpy.is_authorized(request, TEXT, json.dumps(entities)).allowed)


def run(seconds: float) -> Turn:
    """As many as come in the time, each about another owner."""
    tally = Tally(seconds)
    while tally.goes_on:
        tally.check(decide(f"p-{next(numbers)}"))
    return tally.turn()


decide = ours if configuration()["side"] == "ours" else peer
take_turns(run)
