"""What a caller may do: the Cedar policies in `policies/` alone decide; default is no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cedarpy

from shared import jsontext
from shared.context import Principal
from shared.contracts.base import Message
from shared.divisions import lineage
from shared.errors import NotAllowed

POLICIES = Path(__file__).parent / "policies"
# What a policy may ask of a resource; a contract or aggregate offers those that it has.
ATTRIBUTES = ("division", "organ", "owner")
# To ask Cedar costs 0.2 ms, to remember what it said a microsecond.
DECISIONS = 10_000


@cache
def policy_text() -> str:
    """All policies as one text."""
    return "\n".join(path.read_text() for path in sorted(POLICIES.glob("*.cedar")))


@cache
def _policy_set() -> cedarpy.PolicySet:
    # Parsed once: parsing a hundred policies costs more than a thousand decisions.
    return cedarpy.PolicySet.from_str(policy_text())


@cache
def actions_with_a_policy() -> frozenset[str]:
    """Every action that some policy names; a contract outside this set could never be permitted."""
    return frozenset(re.findall(r'Action::"([^"]+)"', policy_text()))


def resource_of(message: Message, record: object | None = None) -> dict[str, str]:
    """The attributes a policy may ask for: the loaded aggregate's own, else the message's.

    A caller-supplied value never hides the stored one: where an aggregate was loaded, only its
    own attributes count.
    """
    source = record if record is not None else message
    found = {name: getattr(source, name, None) for name in ATTRIBUTES}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _reference(kind: str, key: str) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": kind, "id": key}}


def _division_entities(*codes: str) -> list[dict[str, Any]]:
    entities: dict[str, dict[str, Any]] = {}
    for code in filter(None, codes):
        chain = lineage(code)
        for index, one in enumerate(chain):
            parents = [{"type": "Division", "id": p} for p in chain[index + 1 : index + 2]]
            entities[one] = {
                "uid": {"type": "Division", "id": one},
                "attrs": {},
                "parents": parents,
            }
    return list(entities.values())


def is_permitted(principal: Principal, action: str, kind: str, resource: Mapping[str, str]) -> bool:
    """Ask the policies; `action` is the contract's name and `kind` its aggregate type.

    Policies do not change while a process runs, and they see nothing but what is given here, so
    a decision once made holds.
    """
    return _decision(principal, action, kind, tuple(sorted(resource.items())))


@lru_cache(maxsize=DECISIONS)
def _decision(
    principal: Principal, action: str, kind: str, attributes_given: tuple[tuple[str, str], ...]
) -> bool:
    resource = dict(attributes_given)
    attributes: dict[str, Any] = {
        name: _reference("Division", value) if name == "division" else value
        for name, value in resource.items()
    }
    user: dict[str, Any] = {
        "id": principal.id,
        "kind": principal.kind,
        "organ": principal.organ,
        "person": principal.person,
    }
    if principal.division:
        user["division"] = _reference("Division", principal.division)
    entities = [
        {
            "uid": {"type": "User", "id": principal.id},
            "attrs": user,
            "parents": [{"type": "Role", "id": role} for role in principal.roles],
        },
        {"uid": {"type": kind or "Platform", "id": "it"}, "attrs": attributes, "parents": []},
        *_division_entities(principal.division, resource.get("division", "")),
    ]
    answer = cedarpy.is_authorized(
        {
            "principal": {"type": "User", "id": principal.id},
            "action": {"type": "Action", "id": action},
            "resource": {"type": kind or "Platform", "id": "it"},
            "context": {},
        },
        _policy_set(),
        jsontext.dump(entities),
    )
    return bool(answer.allowed)


def permit(principal: Principal, message: type[Message], resource: Mapping[str, str]) -> None:
    """Raise `NotAllowed` unless a policy permits this message on such a resource."""
    if not is_permitted(principal, message.NAME, message.AGGREGATE, resource):
        raise NotAllowed(action=message.ZH or message.NAME)
