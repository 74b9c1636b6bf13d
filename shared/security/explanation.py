"""Why a caller may or may not: what the policies that name a message would need to say otherwise.

Nothing here evaluates a policy. Cedar is asked about each policy alone, again and again with
something changed towards what the policy names, and the smallest changes that turn its answer are
the reason for the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Final

import cedarpy

from shared.context import ANONYMOUS, Principal
from shared.contracts.base import Ask
from shared.security.access import CALLERS_NAME, policies_on
from shared.security.authorisation import (
    HIGHEST_ASSURANCE,
    SEVERAL,
    Decision,
    Policy,
    decide,
    decide_by,
    policy_set,
)

Resource = Mapping[str, Any]

_STAND_IN: Final = {
    "owner": "somebody",
    "guardians": "somebody",
    "agent": "somebody",
    "principal": "some-account",
    "organ": "some-organ",
    "received_by": "some-organ",
    "division": "33",
}
# The division is Beijing, which lies in none of ours.
_ELSEWHERE: Final = {
    "owner": "somebody-else",
    "guardians": ("somebody-else",),
    "agent": "somebody-else",
    "principal": "another-account",
    "organ": "another-organ",
    "received_by": "another-organ",
    "division": "11",
}
_RELATIONS: Final = {"division": "lay in", "guardians": "included"}


@dataclass(frozen=True)
class Change:
    """Something that could be otherwise, in words, and what it sets; `roles` are given to whoever
    has them not, and taken from whoever has them."""

    sentence: str
    caller: Mapping[str, Any] = field(default_factory=dict)
    resource: Resource = field(default_factory=dict)
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What one policy says: whether it applies, and if it does not, the fewest things that would
    have to be otherwise. Each of `ways` is enough; there is none where nothing helps. One that is
    not `named` speaks of every message."""

    policy: str
    permits: bool
    applies: bool
    ways: tuple[tuple[str, ...], ...]
    named: bool = True


@dataclass(frozen=True)
class Explanation:
    """The decision, and what every policy that names the message says; none may name it."""

    decision: Decision
    verdicts: tuple[Verdict, ...]


def explain(principal: Principal, message: type[Ask[Any]], resource: Resource) -> Explanation:
    """Why this caller may, or may not, send the message about a resource with these attributes."""
    decision = decide(principal, message.NAME, message.AGGREGATE, resource)
    verdicts = (_verdict(policy, principal, message, resource) for policy in policies_on(message))
    # What is forbidden about every message alike is told only where it is.
    told = (one for one in verdicts if one.permits or one.applies or one.named)
    return Explanation(decision, tuple(told))


def _verdict(
    policy: Policy, principal: Principal, message: type[Ask[Any]], resource: Resource
) -> Verdict:
    # One that forbids is asked as if it permitted, because alone it would say no to everything.
    alone = policy_set([replace(policy, source={**policy.source, "effect": "permit"})])

    def applies(*changes: Change) -> bool:
        return _applies(alone, principal, message, resource, changes)

    now = applies()
    ways: tuple[tuple[str, ...], ...] = ()
    if now != policy.permits:
        changes = list(_changes(policy, principal, message, resource))
        ways = _fewest(changes, lambda some: applies(*some) == policy.permits)
    return Verdict(policy.id, policy.permits, now, ways, named=bool(policy.actions))


def _applies(
    alone: cedarpy.PolicySet,
    principal: Principal,
    message: type[Ask[Any]],
    resource: Resource,
    changes: tuple[Change, ...],
) -> bool:
    for one in changes:
        roles = tuple(sorted(one.roles.symmetric_difference(principal.roles)))
        principal = replace(principal, **one.caller, roles=roles)
        resource = {**resource, **one.resource}
    return decide_by(alone, principal, message.NAME, message.AGGREGATE, resource).permitted


def _fewest(
    changes: list[Change], turns: Callable[[tuple[Change, ...]], bool]
) -> tuple[tuple[str, ...], ...]:
    """Every smallest choice of changes that turns the answer."""
    for size in range(1, len(changes) + 1):
        found = [some for some in combinations(changes, size) if turns(some)]
        if found:
            return tuple(tuple(change.sentence for change in some) for some in found)
    return ()


# What could be otherwise


def _changes(
    policy: Policy, principal: Principal, message: type[Ask[Any]], resource: Resource
) -> Iterator[Change]:
    """Towards what a policy that permits names, or away from what one that forbids names."""
    yield from _other_limits(policy, principal, message)
    yield from _other_kinds(policy, principal)
    yield from _other_roles(policy, principal)
    if policy.permits:
        for key in sorted(policy.ids - {principal.id}):
            yield Change(f"the caller were {key}; it is {principal.id}", {"id": key})
    lacking: set[str] = set()
    for attribute, own in CALLERS_NAME.items():
        if policy.permits and not getattr(principal, own) and own not in lacking:
            lacking.add(own)
            yield Change(f"the caller had {_a(own)}; it has none", {own: _STAND_IN[attribute]})
        if attribute in policy.attributes:
            yield _other_resource(policy.permits, attribute, principal, resource)


def _other_limits(
    policy: Policy, principal: Principal, message: type[Ask[Any]]
) -> Iterator[Change]:
    if "assurance" in policy.of_caller and principal.assurance < HIGHEST_ASSURANCE:
        yield Change(
            "the caller had signed in with a second factor (a code); it did with a password alone",
            {"assurance": HIGHEST_ASSURANCE},
        )
    if "scopes" in policy.of_caller and message.NAME not in principal.scopes:
        by = f"agency {principal.agency}" if principal.agency else "registration"
        yield Change(
            f"the caller's {by} covered {message.NAME}; it covers {', '.join(principal.scopes)}",
            {"scopes": (*principal.scopes, message.NAME)},
        )


def _other_kinds(policy: Policy, principal: Principal) -> Iterator[Change]:
    if principal.kind in policy.kinds:
        otherwise = (
            "the caller had signed in"
            if principal.kind == ANONYMOUS.kind
            else f"the caller were of another kind than {principal.kind}"
        )
        yield Change(otherwise, {"kind": "another"})
    if policy.permits:
        for kind in sorted(policy.kinds - {principal.kind, ANONYMOUS.kind}):
            yield Change(f"the caller were of kind {kind}; it is {principal.kind}", {"kind": kind})


def _other_roles(policy: Policy, principal: Principal) -> Iterator[Change]:
    has = ", ".join(principal.roles) or "no role"
    for role in sorted(policy.roles):
        if role in principal.roles:
            yield Change(f"the caller had not the role {role}", roles=frozenset({role}))
        elif policy.permits:
            sentence = f"the caller had the role {role}; it has {has}"
            yield Change(sentence, roles=frozenset({role}))


def _other_resource(
    nearer: bool, attribute: str, principal: Principal, resource: Resource
) -> Change:
    if not nearer:
        sentence = f"its {attribute} were another than the caller's {CALLERS_NAME[attribute]}"
        return Change(sentence, resource={attribute: _ELSEWHERE[attribute]})
    own = getattr(principal, CALLERS_NAME[attribute])
    relation = _RELATIONS.get(attribute, "were")
    stands = f"it is {shown(resource[attribute])}" if attribute in resource else "it has none"
    sentence = f"its {attribute} {relation} the caller's {CALLERS_NAME[attribute]} {own}"
    nearest = own or _STAND_IN[attribute]
    return Change(
        f"{sentence.rstrip()}; {stands}",
        resource={attribute: (nearest,) if attribute in SEVERAL else nearest},
    )


def shown(value: str | tuple[str, ...]) -> str:
    """An attribute's value or values as one text."""
    return value if isinstance(value, str) else ", ".join(value)


def _a(name: str) -> str:
    return f"an {name}" if name.startswith("o") else f"a {name}"
