"""What a caller may do: the Cedar policies in `policies/` alone decide; default is no."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cedarpy

from shared import jsontext
from shared.context import Principal
from shared.contracts.base import Ask, Message, all_messages
from shared.divisions import lineage
from shared.errors import NotAllowed, SecondFactorNeeded

POLICIES = Path(__file__).parent / "policies"
# What a policy may ask of a resource; a contract or aggregate offers those that it has.
ATTRIBUTES = ("division", "organ", "received_by", "principal", "guardians", "agent", "owner")
# Of these a resource may have several; all others are one text.
SEVERAL = frozenset({"guardians"})
HIGHEST_ASSURANCE = 2
# To ask Cedar costs 0.1 ms, to remember what it said a microsecond.
DECISIONS = 10_000
PRINCIPALS = 10_000


@dataclass(frozen=True)
class Policy:
    """One policy and what it speaks of: its actions, the attributes of the resource, of the caller
    and of the context that it asks for, the roles, kinds and ids of callers that it names, and the
    classes of data."""

    id: str
    permits: bool
    actions: frozenset[str]
    attributes: frozenset[str]
    of_caller: frozenset[str]
    of_context: frozenset[str]
    roles: frozenset[str]
    kinds: frozenset[str]
    ids: frozenset[str]
    classes: frozenset[str]
    source: Mapping[str, Any]

    def bears_on(self, action: str) -> bool:
        """Whether it names the action and the class of its data; one that names no action speaks
        of all, and so does one that names no class."""
        is_named = action in self.actions or not self.actions
        return is_named and (not self.classes or classification_of(action) in self.classes)


@dataclass(frozen=True)
class Decision:
    """What the policies say of one question, and the ids of those that decided: those that forbid
    it, else those that permit it, else none."""

    permitted: bool
    policies: tuple[str, ...]


@cache
def policy_text() -> str:
    """All policies as one text."""
    return "\n".join(path.read_text() for path in sorted(POLICIES.glob("*.cedar")))


@cache
def policies() -> tuple[Policy, ...]:
    """Every policy, in the order of the files; raises ValueError for a text that is no Cedar."""
    return policies_in(policy_text())


def policies_in(text: str) -> tuple[Policy, ...]:
    """The policies of a text; one without an `@id` has an empty id. Raises ValueError."""
    parsed = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    # Cedar numbers them as they come and sorts the numbers as texts.
    ordered = sorted(parsed.items(), key=lambda one: int(one[0].removeprefix("policy")))
    return tuple(_policy_of(source) for _, source in ordered)


def _policy_of(source: Mapping[str, Any]) -> Policy:
    return Policy(
        id=source.get("annotations", {}).get("id", ""),
        permits=source["effect"] == "permit",
        actions=_entities_in(source["action"], "Action"),
        attributes=_attributes_of("resource", source["conditions"]),
        of_caller=_attributes_of("principal", source["conditions"]),
        of_context=_attributes_of("context", source["conditions"]),
        roles=_entities_in(source, "Role"),
        kinds=_texts_beside("principal", "kind", source["conditions"]),
        ids=_texts_beside("principal", "id", source["conditions"]),
        classes=_texts_beside("context", "classification", source["conditions"]),
        source=source,
    )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object within a policy's JSON."""
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, dict | list):
        for below in tree.values() if isinstance(tree, dict) else tree:
            yield from _nodes(below)


def _entities_in(tree: Any, kind: str) -> frozenset[str]:
    return frozenset(node["id"] for node in _nodes(tree) if node.get("type") == kind)


def _attributes_of(variable: str, tree: Any) -> frozenset[str]:
    return frozenset(
        node["attr"]
        for node in _nodes(tree)
        if node.get("left") == {"Var": variable}
        if "attr" in node
    )


def _texts_beside(variable: str, attribute: str, tree: Any) -> frozenset[str]:
    """The texts that a policy compares this attribute of the caller or the context with."""
    asked = {".": {"left": {"Var": variable}, "attr": attribute}}
    return frozenset(
        below["Value"]
        for node in _nodes(tree)
        if asked in node.values()
        for below in _nodes(node)
        if isinstance(below.get("Value"), str)
    )


def policy_set(chosen: Iterable[Policy]) -> cedarpy.PolicySet:
    """These policies alone, as Cedar takes them."""
    # Numbered, because of two with one name, or without any, one would be lost.
    numbered = {str(number): policy.source for number, policy in enumerate(chosen)}
    parts = {"staticPolicies": numbered, "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(parts))


@cache
def _policies_on(action: str) -> cedarpy.PolicySet:
    # Made once, because parsing costs more than a thousand decisions, and of those alone that bear
    # on the action, because Cedar looks at each policy of a set.
    return policy_set(policy for policy in policies() if policy.bears_on(action))


@cache
def actions_with_a_policy() -> frozenset[str]:
    """Every action that some policy names; a contract outside this set could never be permitted."""
    return frozenset().union(*(policy.actions for policy in policies()))


def resource_of(message: Message, record: object | None = None) -> dict[str, Any]:
    """The attributes a policy may ask for: the loaded aggregate's own, else the message's.

    A caller-supplied value never hides the stored one: where an aggregate was loaded, only its
    own attributes count.
    """
    return attributes_of(message if record is None else record)


def attributes_of(source: object) -> dict[str, Any]:
    """Those attributes that a policy may ask for and this message or aggregate has: a text, or a
    tuple of those of which there may be several."""
    found = {name: getattr(source, name, None) for name in ATTRIBUTES}
    # Only a record keeps a list, so what there may be several of comes from no message.
    return {
        name: tuple(value) if name in SEVERAL else value
        for name, value in found.items()
        if isinstance(value, list if name in SEVERAL else str) and value
    }


def _reference(kind: str, key: str) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": kind, "id": key}}


def _entity(
    kind: str, key: str, attributes: Mapping[str, Any], *parents: dict[str, str]
) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": key}, "attrs": attributes, "parents": parents}


def _division(code: str) -> dict[str, Any]:
    above = ({"type": "Division", "id": one} for one in lineage(code)[1:])
    return _entity("Division", code, {}, *above)


@lru_cache(maxsize=PRINCIPALS)
def _entities_of(principal: Principal) -> cedarpy.Entities:
    """The caller as Cedar knows it. It asks many things, and is read once for all of them."""
    user: dict[str, Any] = {
        "id": principal.id,
        "kind": principal.kind,
        "organ": principal.organ,
        "person": principal.person,
        "assurance": principal.assurance,
    }
    if principal.agency or principal.scopes:
        user["scopes"] = [_reference("Action", scope) for scope in principal.scopes]
    roles = ({"type": "Role", "id": role} for role in principal.roles)
    entities = [_entity("User", principal.id, user, *roles)]
    if principal.division:
        user["division"] = _reference("Division", principal.division)
        entities.append(_division(principal.division))
    return cedarpy.Entities.from_json_str(jsontext.dump(entities))


@cache
def _asks() -> Mapping[str, type[Ask[Any]]]:
    return {one.NAME: one for one in all_messages() if issubclass(one, Ask)}


@cache
def classification_of(action: str) -> str:
    """The class of the data that the command or query of this name answers or changes."""
    known = _asks().get(action)
    return known.CLASSIFICATION if known is not None else Ask.CLASSIFICATION


def delegable() -> frozenset[str]:
    """The names of all commands and queries that somebody may do in another's name."""
    return frozenset(name for name, one in _asks().items() if one.DELEGABLE)


@cache
def _class_asked_for(action: str) -> str:
    """The class of what the action answers or changes, if some policy names that class."""
    own = classification_of(action)
    asked = any(own in one.classes for one in policies() if one.bears_on(action))
    return own if asked else ""


@cache
def _asks_for_a_purpose(action: str) -> bool:
    return any("purpose" in one.of_context for one in policies() if one.bears_on(action))


def decide(
    principal: Principal, action: str, kind: str, resource: Mapping[str, Any], purpose: str = ""
) -> Decision:
    """Ask the policies; `action` is the contract's name and `kind` its aggregate type, `purpose`
    what the message says that it is for.

    Policies do not change while a process runs, and they see nothing but what is given here, so
    a decision once made holds.
    """
    if purpose and not _asks_for_a_purpose(action):
        purpose = ""  # It changes nothing, and each of its texts would be decided afresh.
    return _decision(principal, action, kind, tuple(sorted(resource.items())), purpose)


@lru_cache(maxsize=DECISIONS)
def _decision(
    principal: Principal,
    action: str,
    kind: str,
    attributes_given: tuple[tuple[str, Any], ...],
    purpose: str,
) -> Decision:
    given = dict(attributes_given)
    return decide_by(_policies_on(action), principal, action, kind, given, purpose)


def decide_by(
    chosen: cedarpy.PolicySet,
    principal: Principal,
    action: str,
    kind: str,
    resource: Mapping[str, Any],
    purpose: str = "",
) -> Decision:
    """What these policies would say, were there no others; always asked afresh."""
    kind = kind or "Platform"
    attributes: dict[str, Any] = dict(resource)
    entities = [_entity(kind, "it", attributes)]
    division = resource.get("division", "")
    if division:
        attributes["division"] = _reference("Division", division)
        # Cedar refuses an entity that is given twice, be it the same.
        if division != principal.division:
            entities.append(_division(division))
    request: dict[str, Any] = {
        "principal": {"type": "User", "id": principal.id},
        "action": {"type": "Action", "id": action},
        "resource": {"type": kind, "id": "it"},
    }
    if context := _context_of(action, purpose):
        request["context"] = jsontext.dump(context)
    answer = cedarpy.is_authorized(
        request,
        chosen,
        _entities_of(principal).with_added_json_str(jsontext.dump(entities)),
    )
    names = answer.diagnostics.id_annotations_by_reason
    return Decision(bool(answer.allowed), tuple(sorted(names.values())))


def _context_of(action: str, purpose: str) -> dict[str, str]:
    """What a policy may ask of the message. A class that no policy names is left out, because a
    context costs a third of the decision."""
    context = {"classification": _class_asked_for(action), "purpose": purpose}
    return {name: value for name, value in context.items() if value}


def is_permitted(principal: Principal, action: str, kind: str, resource: Mapping[str, Any]) -> bool:
    """Whether the policies permit it, asked as `decide` asks."""
    return decide(principal, action, kind, resource).permitted


@cache
def _asks_for_assurance(action: str) -> bool:
    """Whether some policy that permits the action, or one that forbids data of its class to all,
    asks how surely the caller is known."""
    return classification_of(action) == "L4" or any(
        "assurance" in one.of_caller for one in policies() if action in one.actions
    )


def permit(
    principal: Principal, message: type[Message], resource: Mapping[str, Any], purpose: str = ""
) -> None:
    """Raise `NotAllowed` unless a policy permits this message on such a resource; as
    `SecondFactorNeeded` where a sign-in with a code may help. Whether that is so depends on the
    message alone, so that it tells nothing of the resource."""
    if decide(principal, message.NAME, message.AGGREGATE, resource, purpose).permitted:
        return
    needs_more = principal.assurance < HIGHEST_ASSURANCE and _asks_for_assurance(message.NAME)
    refusal = SecondFactorNeeded if needs_more else NotAllowed
    raise refusal(action=message.ZH or message.NAME)
