"""What every command of every service promises, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.catalogue import service_class
from shared import committer
from shared.context import ANONYMOUS, Headers, Principal, new_id
from shared.contracts.base import SERVICES, Command, Transition, commands_of
from shared.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RequestIdReused,
)
from shared.pipeline import LONGEST_REQUEST_ID
from shared.testing.harness import ServiceHarness
from shared.testing.samples import faults_of, sample, with_faults
from tests.contracts.cases import CASES
from tests.contracts.ready import Ready

Rows = Callable[[ServiceHarness], dict[str, int]]
Named = Callable[[str], ServiceHarness]

EVERY = [
    (service, command)
    for service in SERVICES
    for command in (*commands_of(service).values(), *commands_of("platform").values())
]
# Whoever they are: signing in comes before being known.
FOR_ANYBODY = {"SignIn"}
# Whichever division they live in.
FOR_RESIDENTS = {
    "SubmitOneThing",
    "RaiseConcern",
    "BookVisit",
    "TakeNumber",
    "ReserveEnterpriseName",
    "GiveConsent",
    "RaiseDataObjection",
    "GrantAgency",
}
# About the caller alone.
FOR_WHOEVER_SIGNED_IN = {"EnrolSecondFactor"}
RESIDENT = Principal("account.resident-elsewhere", "resident", "330203", person="p-elsewhere")
OFFICIAL = Principal("account.official-elsewhere", "official", "330203", "330203-government")
STRANGERS = {"resident": RESIDENT, "official": OFFICIAL}


def ids(pairs: list[tuple[str, type[Command[Any]]]]) -> list[str]:
    return [f"{service}.{command.NAME}" for service, command in pairs]


def for_all(*allowed: str) -> Any:
    """Every command but those which such a caller may give."""
    pairs = [(s, c) for s, c in EVERY if c.NAME not in allowed]
    return pytest.mark.parametrize(("service", "command"), pairs, ids=ids(pairs))


ON_AGGREGATES = [(s, c) for s, c in EVERY if issubclass(c, Transition)]
# There is one calendar, and its contract lets no other be named.
ON_ONE_OF_MANY = [(s, c) for s, c in ON_AGGREGATES if c.NAME != "MoveCalendar"]


def in_the_state_for(pairs: list[tuple[str, type[Command[Any]]]]) -> Any:
    """Only in the states for these commands."""
    return pytest.mark.parametrize("standing", pairs, ids=ids(pairs), indirect=True)


def test_every_command_has_a_case_in_which_it_succeeds() -> None:
    assert {command.NAME for _, command in EVERY} == set(CASES)


# Messages that are refused whatever the state


@for_all(*FOR_ANYBODY)
def test_an_anonymous_caller_is_asked_to_sign_in(
    standing_service: Named, rows_of: Rows, service: str, command: type[Command[Any]]
) -> None:
    harness = standing_service(service)
    before = rows_of(harness)
    with pytest.raises(NotAuthenticated):
        harness.execute(sample(command), ANONYMOUS)
    assert rows_of(harness) == before


@pytest.mark.parametrize("kind", STRANGERS)
@for_all(*FOR_ANYBODY, *FOR_WHOEVER_SIGNED_IN)
def test_a_stranger_is_refused(
    standing_service: Named, rows_of: Rows, service: str, command: type[Command[Any]], kind: str
) -> None:
    if kind == "resident" and command.NAME in FOR_RESIDENTS:
        kind = "official"
    harness = standing_service(service)
    before = rows_of(harness)
    with pytest.raises(NotAllowed):
        harness.execute(sample(command), STRANGERS[kind])
    assert rows_of(harness) == before


def faulty_messages(command: type[Command[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """For one or more fields of the command, one of its faults each."""
    by_field = {name: sorted(faults) for name, faults in faults_of(command).items()}
    return st.lists(st.sampled_from(sorted(by_field)), min_size=1, unique=True).flatmap(
        lambda names: st.fixed_dictionaries(
            {name: st.sampled_from(by_field[name]) for name in names}
        )
    )


@for_all()
def test_all_faulty_fields_are_named_at_once(
    standing_service: Named, rows_of: Rows, service: str, command: type[Command[Any]]
) -> None:
    harness = standing_service(service)
    before = rows_of(harness)
    faults = faults_of(command)

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(chosen=faulty_messages(command), unknown=st.booleans())
    def refused(chosen: dict[str, str], unknown: bool) -> None:
        wrong = {name: (kind, faults[name][kind]) for name, kind in chosen.items()}
        message = with_faults(command, wrong)
        if unknown:
            message["no_such_field"] = 17
        with pytest.raises(InvalidInput) as refusal:
            harness.runtime.pipeline.execute(command.NAME, message, Headers(requestid=new_id()))
        expected = {*chosen, "no_such_field"} if unknown else {*chosen}
        assert set(refusal.value.fields) == expected

    refused()
    assert rows_of(harness) == before


@for_all()
def test_each_kind_of_fault_is_refused(service: str, command: type[Command[Any]]) -> None:
    for name, faults in faults_of(command).items():
        for kind, value in faults.items():
            with pytest.raises(InvalidInput) as refusal:
                command.load(with_faults(command, {name: (kind, value)}))
            assert set(refusal.value.fields) == {name}, kind


@pytest.mark.parametrize("content", [None, [], "text", 17, True], ids=repr)
@for_all()
def test_content_that_is_no_object_is_refused(
    standing_service: Named, rows_of: Rows, service: str, command: type[Command[Any]], content: Any
) -> None:
    harness = standing_service(service)
    before = rows_of(harness)
    with pytest.raises(InvalidInput):
        harness.runtime.pipeline.execute(command.NAME, content, Headers(requestid=new_id()))
    assert rows_of(harness) == before


# Commands that would succeed


@dataclass(frozen=True)
class Standing:
    """A service in the state in which an order would succeed."""

    harness: ServiceHarness
    ready: Ready


@pytest.fixture(scope="module", params=EVERY, ids=ids(EVERY))
def standing(
    request: pytest.FixtureRequest,
    services_on: Callable[..., AbstractContextManager[Callable[..., ServiceHarness]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Standing]:
    """Set up once for all tests below; of these only one lets the order succeed, and the others
    hold before and after it."""
    service, command = request.param
    state = tmp_path_factory.mktemp("case")
    with pytest.MonkeyPatch.context() as environment, services_on(state) as make:
        environment.setenv("QIANTANG_STATE", str(state))
        environment.setenv("QIANTANG_SIMULATED_CALENDAR", "true")
        harness = make(service_class(service))
        yield Standing(harness, CASES[command.NAME](harness))


def shown(reply: Any) -> Any:
    """A reply without what is made anew whenever it is given, a token, or shown once only."""
    secret = {name for name, one in reply.SCHEMA.fields.items() if one.metadata.get("secret")}
    made_anew = secret | ({"token"} & reply.SCHEMA.fields.keys())
    return replace(reply, **dict.fromkeys(made_anew, ""))


@pytest.mark.parametrize(
    "request_id",
    ["", "x" * (LONGEST_REQUEST_ID + 1), "with\x00NUL"],
    ids=["missing", "too long", "not printable"],
)
def test_a_command_needs_a_request_id(standing: Standing, rows_of: Rows, request_id: str) -> None:
    harness, ready = standing.harness, standing.ready
    before = rows_of(harness)
    headers = Headers(requestid=request_id, authorization=harness.principals.name(ready.by))
    with pytest.raises(InvalidInput) as refusal:
        harness.runtime.pipeline.execute(ready.order.NAME, ready.order.dump(), headers)
    assert set(refusal.value.fields) == {"requestid"}
    assert rows_of(harness) == before


@in_the_state_for(ON_AGGREGATES)
def test_a_version_that_is_not_the_present_one_is_a_conflict(
    standing: Standing, rows_of: Rows
) -> None:
    harness, ready = standing.harness, standing.ready
    before = rows_of(harness)
    with pytest.raises(Conflict):
        harness.execute(replace(ready.order, expected_version=99), ready.by)
    assert rows_of(harness) == before


@in_the_state_for(ON_ONE_OF_MANY)
def test_a_caller_of_a_division_cannot_tell_an_unknown_aggregate_from_a_hidden_one(
    standing: Standing, rows_of: Rows
) -> None:
    harness, ready = standing.harness, standing.ready
    known = ready.order
    unknown = replace(known, **{known.KEY: "no_such_aggregate"})
    before = rows_of(harness)
    for stranger in STRANGERS.values():
        refusals = []
        for order in (known, unknown):
            with pytest.raises(NotAllowed) as refusal:
                harness.execute(order, stranger)
            refusals.append(refusal.value.to_wire())
        assert refusals[0] == refusals[1]
    with pytest.raises((NotAllowed, NotFound)):
        harness.execute(unknown, ready.by)
    assert rows_of(harness) == before


# Last: who hands something on by it may not act on that any more.
def test_a_command_takes_effect_once_or_not_at_all(
    standing: Standing, rows_of: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness, ready = standing.harness, standing.ready
    before = rows_of(harness)
    request_id = new_id()

    def fail(*_: Any) -> None:
        raise RuntimeError("the process meets a fault between its rows")

    with monkeypatch.context() as broken:
        broken.setattr(committer.audit, "chain", fail)
        with pytest.raises(RuntimeError):
            harness.execute(ready.order, ready.by, request_id=request_id)
    assert rows_of(harness) == before

    reply = harness.execute(ready.order, ready.by, request_id=request_id)
    after = rows_of(harness)
    grown = {name: after[name] - before[name] for name in after}
    assert grown["request"] == 1
    assert grown["audit"] == 1
    assert all(growth >= 0 for growth in grown.values())

    again = harness.execute(ready.order, ready.by, request_id=request_id)
    assert shown(again) == shown(reply)
    assert rows_of(harness) == after

    with pytest.raises(RequestIdReused):
        harness.execute(ready.otherwise, ready.by, request_id=request_id)
    assert rows_of(harness) == after
