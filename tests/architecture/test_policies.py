"""Every message has a policy, every policy a message, and no policy fails while it decides."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cedarpy
import pytest

from shared.context import ANONYMOUS, Principal, service_principal
from shared.contracts.base import SERVICES, Ask, all_messages, messages_of
from shared.security import authorisation
from shared.security.access import policies_on
from shared.security.authorisation import (
    POLICIES,
    actions_with_a_policy,
    attributes_of,
    decide_by,
    is_permitted,
    policies_in,
    policy_set,
    policy_text,
)

ASKS = [message for message in all_messages() if issubclass(message, Ask)]
FILES = sorted(POLICIES.glob("*.cedar"))
PRINCIPALS = (
    ANONYMOUS,
    Principal("nobody", "resident"),
    Principal("resident", "resident", "330106", person="p-1"),
    Principal("official", "official", "3301", "330106-government", ("case_officer",), "p-1"),
    Principal("placeless", "official", roles=("case_officer", "policy_officer", "leader")),
    Principal("leader", "official", "33", roles=("leader", "policy_officer")),
    Principal("operator", "operator", "33", roles=("operator",)),
    Principal("surely", "operator", "33", roles=("operator",), assurance=2),
    Principal("agent", "resident", "33", person="p-1", agency="a-1", scopes=("CaseById",)),
    Principal("system", "system", "3301", roles=("one_window",)),
    service_principal("digital_government"),
)
VALUES = {
    "division": "330106",
    "received_by": "330106-government",
    "organ": "330106-government",
    "principal": "official",
    "guardians": ("p-1",),
    "agent": "p-1",
    "owner": "p-1",
}


def actions_in(text: str) -> set[str]:
    return set(re.findall(r'Action::"([^"]+)"', text))


def test_every_command_and_query_has_a_policy() -> None:
    assert {ask.NAME for ask in ASKS} - actions_with_a_policy() == set()


def test_every_action_that_a_policy_names_exists() -> None:
    assert actions_with_a_policy() - {ask.NAME for ask in ASKS} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_policy_file_parses_and_speaks_of_its_own_service_alone(path: Path) -> None:
    text = path.read_text()
    cedarpy.PolicySet.from_str(text)
    assert path.stem in (*SERVICES, "platform")
    own = {message.NAME for message in messages_of(path.stem).values() if issubclass(message, Ask)}
    assert actions_in(text) <= own


def test_every_policy_has_a_name_of_its_own() -> None:
    names = re.findall(r'@id\("([^"]+)"\)', policy_text())
    count = len(re.findall(r"^(?:permit|forbid) \(", policy_text(), re.MULTILINE))
    assert len(names) == len(set(names)) == count


def test_no_policy_permits_actions_that_it_does_not_name() -> None:
    for policy in re.findall(r"^permit \((.*?)\)[;\s]", policy_text(), re.M | re.S):
        assert "Action::" in policy, policy


def test_what_no_policy_names_is_refused_to_everybody() -> None:
    for principal in PRINCIPALS:
        assert not is_permitted(principal, "NoSuchAction", "Platform", VALUES)


def test_no_policy_fails_whatever_the_caller_or_the_resource_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A policy that fails is left out of the decision: a `forbid` that fails would permit.
    faults: list[str] = []
    decide = cedarpy.is_authorized

    def noted(*arguments: Any, **options: Any) -> Any:
        answer = decide(*arguments, **options)
        faults.extend(answer.diagnostics.errors)
        return answer

    monkeypatch.setattr(authorisation.cedarpy, "is_authorized", noted)
    for ask, principal in product(ASKS, PRINCIPALS):
        # Of no others does any policy on the message speak.
        asked = sorted(frozenset().union(*(one.attributes for one in policies_on(ask))))
        for present in product((True, False), repeat=len(asked)):
            chosen = zip(asked, present, strict=True)
            resource = {name: VALUES[name] for name, is_there in chosen if is_there}
            is_permitted(principal, ask.NAME, ask.AGGREGATE, resource)
    assert faults == []


def test_an_empty_person_or_organ_owns_nothing() -> None:
    # Callers without a person must not match resources without an owner.
    nobody = Principal("nobody", "resident", "330106")
    for ask in ASKS:
        with_owner = is_permitted(nobody, ask.NAME, ask.AGGREGATE, {"owner": "p-1"})
        without = is_permitted(nobody, ask.NAME, ask.AGGREGATE, {})
        assert with_owner == without, ask


def test_whoever_asks_names_no_guardians() -> None:
    # A record keeps them as a list; in a message several values are a tuple.
    claimed = SimpleNamespace(owner="p-2", guardians=("p-1",))
    assert attributes_of(claimed) == {"owner": "p-2"}
    kept = SimpleNamespace(owner="p-2", guardians=["p-1"])
    assert attributes_of(kept) == {"owner": "p-2", "guardians": ("p-1",)}


def test_a_policy_that_names_no_action_bears_on_every_action() -> None:
    # Only those that bear on an action are asked; a `forbid` that were left out would permit.
    (everywhere, once) = policies_in(
        "forbid (principal, action, resource);"
        'permit (principal, action == Action::"SignIn", resource);'
    )
    assert everywhere.bears_on("SignIn")
    assert everywhere.bears_on("AcceptCase")
    assert once.bears_on("SignIn")
    assert not once.bears_on("AcceptCase")
    assert not decide_by(policy_set((everywhere, once)), ANONYMOUS, "SignIn", "", {}).permitted


def test_policies_of_one_name_or_none_are_asked_each() -> None:
    unnamed = policies_in(
        'permit (principal, action, resource) when { principal.kind == "official" };'
        'permit (principal, action, resource) when { principal.kind == "anonymous" };'
    )
    assert decide_by(policy_set(unnamed), ANONYMOUS, "SignIn", "", {}).permitted


def test_policies_ask_whether_data_are_of_a_class_and_never_whether_they_are_not() -> None:
    # A class that no policy names is not told to Cedar, so that "is not L1" would be true of none.
    asking = [one for one in authorisation.policies() if "classification" in one.of_context]

    assert [one.id for one in asking] == ["the-most-sensitive-data-need-a-second-factor"]
    assert [one.classes for one in asking] == [{"L4"}]
    for one in asking:
        text = json.dumps(one.source["conditions"])
        assert text.count('"attr": "classification"') == text.count('"has"') + text.count('"=="')
        assert '"!="' not in text
