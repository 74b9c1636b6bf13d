"""Why a caller is refused: which policies name the message, and the fewest things that would have
to be otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from deploy import access
from deploy.catalogue import service_class
from deploy.servers import SetupFault
from services.digital_government.models import Case
from services.identity_data.models import Account
from services.identity_data.reference.systems import ONE_WINDOW
from shared.context import ANONYMOUS, Context, Principal, service_principal
from shared.contracts.base import SERVICES, Ask
from shared.contracts.digital_government import CaseById, DecideCase, ItemsOffered
from shared.contracts.identity_data import (
    CheckEnterpriseName,
    FetchSharedData,
    PersonById,
    PossibleDuplicates,
)
from shared.contracts.party_government import OneScreen
from shared.security.access import asks_of, cells_of
from shared.security.authorisation import policies_in
from shared.security.explanation import explain
from tests.conftest import MakeService
from tests.contracts.cases import CASES

HOME = Path(__file__).parents[2]
OFFICER = Principal("officer", "official", "330106", "an-organ", ("case_officer",), "p-1")
RESIDENT = Principal("resident", "resident", "330106", person="p-3")
ELSEWHERE = {"division": "330203", "organ": "another-organ", "owner": "p-2"}
HANDLERS = "case-officers-handle-the-cases-of-their-organ"
APPLICANTS = "applicants-follow-their-own-cases-and-one-things"
OWNERS = "a-person-reads-its-own-data-and-licences"
GUARDIANS = "guardians-read-what-is-their-wards"
NOT_OWN = "nobody-handles-an-application-of-their-own"


def ways(principal: Principal, ask: type, resource: dict[str, str]) -> dict[str, list[list[str]]]:
    """For every policy that names the message, what of it is not as it would have to be."""
    found = explain(principal, ask, resource).verdicts
    return {one.policy: [list(way) for way in one.ways] for one in found}


def test_each_condition_that_is_not_met_is_told_and_no_other() -> None:
    assert ways(OFFICER, DecideCase, ELSEWHERE)[HANDLERS] == [
        [
            "its organ were the caller's organ an-organ; it is another-organ",
            "its division lay in the caller's division 330106; it is 330203",
        ]
    ]
    assert ways(OFFICER, DecideCase, ELSEWHERE | {"organ": "an-organ"})[HANDLERS] == [
        ["its division lay in the caller's division 330106; it is 330203"]
    ]


def test_what_the_caller_lacks_is_told_before_what_would_have_to_be_its_own() -> None:
    assert ways(RESIDENT, CaseById, ELSEWHERE) == {
        APPLICANTS: [["its owner were the caller's person p-3; it is p-2"]],
        HANDLERS: [
            [
                "the caller were of kind official; it is resident",
                "the caller had the role case_officer; it has no role",
                "the caller had an organ; it has none",
                "its organ were the caller's organ; it is another-organ",
                "its division lay in the caller's division 330106; it is 330203",
            ]
        ],
        "windows-go-on-with-what-they-received": [
            [
                "the caller were of kind official; it is resident",
                "the caller had the role one_window; it has no role",
                "the caller had an organ; it has none",
                "its received_by were the caller's organ; it has none",
            ]
        ],
        "leaders-see-cases-and-one-things-of-their-division": [
            [
                "the caller had the role leader; it has no role",
                "its division lay in the caller's division 330106; it is 330203",
            ]
        ],
    }


def test_a_policy_that_forbids_is_told_with_what_would_lift_it() -> None:
    own = {"division": "330106", "organ": "an-organ", "owner": "p-1"}
    why = explain(OFFICER, DecideCase, own)
    assert not why.decision.permitted
    assert why.decision.policies == (NOT_OWN,)
    by_name = {one.policy: one for one in why.verdicts}
    assert by_name[HANDLERS].applies
    assert by_name[NOT_OWN].ways == (("its owner were another than the caller's person",),)


def test_what_a_resource_may_have_several_of_is_told_as_such() -> None:
    ward = {"owner": "p-2", "guardians": ("p-4", "p-5"), "division": "330203"}
    assert ways(RESIDENT, PersonById, ward) == {
        OWNERS: [["its owner were the caller's person p-3; it is p-2"]],
        GUARDIANS: [["its guardians included the caller's person p-3; it is p-4, p-5"]],
    }
    lacking = ways(service_principal("gateway"), PersonById, ward)
    assert lacking[GUARDIANS] == [
        [
            "the caller had a person; it has none",
            "its guardians included the caller's person; it is p-4, p-5",
        ]
    ]
    assert explain(RESIDENT, PersonById, {"guardians": ("p-3",)}).decision.policies == (GUARDIANS,)


def test_every_choice_that_would_do_is_told() -> None:
    without = Principal("system", "system", "3301")
    (found,) = ways(without, OneScreen, {"division": "330106"}).values()
    assert found == [
        ["the caller were of kind official; it is system"],
        ["the caller were of kind operator; it is system"],
        ["the caller had the role leader; it has no role"],
    ]


def test_callers_that_a_policy_names_or_excludes_are_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert list(ways(ANONYMOUS, CheckEnterpriseName, {}).values()) == [
        [["the caller had signed in"]]
    ]
    named = policies_in(
        'permit (principal, action == Action::"FetchSharedData", resource)'
        ' when { principal.id == "service:digital_government" };'
    )
    monkeypatch.setattr("shared.security.explanation.policies_on", lambda _: named)
    assert list(ways(service_principal("rule_of_law"), FetchSharedData, {}).values()) == [
        [["the caller were service:digital_government; it is service:rule_of_law"]]
    ]


def test_a_second_factor_that_lacks_is_told() -> None:
    registrar = Principal("registrar", "official", "3301", "", ("household_registrar",))
    why = explain(registrar, PossibleDuplicates, {"division": "330106", "owner": "p-1"})
    assert why.decision.policies == ("the-most-sensitive-data-need-a-second-factor",)
    (lifted,) = (one for one in why.verdicts if not one.permits)
    assert lifted.ways == (
        ("the caller had signed in with a second factor (a code); it did with a password alone",),
    )
    surely = explain(replace(registrar, assurance=2), PossibleDuplicates, {"division": "330106"})
    assert surely.decision.permitted


def test_what_an_agency_or_a_registration_does_not_cover_is_told() -> None:
    agent = replace(RESIDENT, id="agent", agency="a-1", scopes=("OneThingProgress",))
    found = ways(agent, CaseById, {"owner": "p-3"})
    assert found["callers-with-scopes-do-nothing-else"] == [
        ["the caller's agency a-1 covered CaseById; it covers OneThingProgress"]
    ]
    found = ways(ONE_WINDOW.principal, OneScreen, {"division": "330106"})
    assert found["callers-with-scopes-do-nothing-else"] == [
        [
            "the caller's registration covered OneScreen;"
            " it covers SignIn, ItemsOffered, SubmitOneThing"
        ]
    ]


def test_what_no_policy_names_has_no_verdict() -> None:
    class Unnamed(Ask[ItemsOffered.RETURNS]):  # type: ignore[name-defined]
        """No policy knows it."""

    why = explain(OFFICER, Unnamed, {})
    assert not why.decision.permitted
    assert why.verdicts == ()


@pytest.mark.parametrize("service", [*SERVICES, "platform"])
def test_every_refusal_of_the_access_table_has_its_reason(service: str) -> None:
    for ask in asks_of(service):
        for cell in cells_of(ask):
            why = explain(cell.caller.principal, ask, cell.resource)
            assert why.decision == cell.decision
            lifted = [v for v in why.verdicts if not v.permits and v.applies]
            if cell.decision.permitted:
                assert lifted == []
                assert any(one.permits and one.applies for one in why.verdicts)
            else:
                assert all(one.ways for one in lifted)
                assert all(one.ways for one in why.verdicts if one.permits and not one.applies)


# The command line


def test_accounts_and_aggregates_are_read_in_their_services_own_databases(
    make_service: MakeService,
) -> None:
    identity = make_service(service_class("identity_data"))
    account = Account(
        id="officer",
        password_hash="-",
        principal_id=OFFICER.id,
        kind=OFFICER.kind,
        division=OFFICER.division,
        organ=OFFICER.organ,
        person=OFFICER.person,
        roles=list(OFFICER.roles),
    )

    def open_account(context: Context) -> None:
        context.unit.add(account)

    identity.act(open_account)
    assert access.principal_of(identity.runtime.settings, "officer") == OFFICER
    with pytest.raises(SetupFault, match="nobody"):
        access.principal_of(identity.runtime.settings, "nobody")

    government = make_service(service_class("digital_government"))
    case_id = CASES["AcceptCase"](government).order.case_id
    record = access.record_of("digital_government", DecideCase)
    assert record is Case
    read = partial(access.attributes_in, government.runtime.settings, "digital_government", record)
    assert read(case_id) == {
        "division": "330106",
        "organ": "330106-market_regulation",
        "owner": "p-applicant",
    }
    assert read("no-such-case") == {}


def qiantang(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("QIANTANG_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *command],
        cwd=HOME,
        env={**own, "QIANTANG_STATE": str(tmp_path / "state"), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_explains_a_decision_without_a_database(tmp_path: Path) -> None:
    asked = ["why-denied", "digital_government.DecideCase", "division=330203", "owner=p-2"]
    done = qiantang(tmp_path, *asked, "--kind", "official", "--division", "330106")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "refused  digital_government.DecideCase 决定办件"
    assert f"{HANDLERS} would permit it if" in done.stdout
    assert "its division lay in the caller's division 330106; it is 330203" in done.stdout
    assert NOT_OWN not in done.stdout
    limited = ["--agency", "a-1", "--person", "p-2", "--scope", "CaseById", "--second-factor"]
    done = qiantang(tmp_path, *asked, "--kind", "resident", *limited)
    assert "agency a-1" in done.stdout
    assert "covered DecideCase; it covers CaseById" in done.stdout
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("about", "told"),
    [("applicant=p-1", "case_id"), ("division", "field=value"), ("division=x", "division")],
)
def test_what_says_nothing_of_the_resource_is_one_line(
    tmp_path: Path, about: str, told: str
) -> None:
    done = qiantang(tmp_path, "why-denied", "digital_government.DecideCase", about)
    assert done.returncode == 2
    assert done.stderr.startswith("qiantang: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_command_line_prints_every_cell(tmp_path: Path) -> None:
    done = qiantang(tmp_path, "access", "--json")
    asks = [ask for service in (*SERVICES, "platform") for ask in asks_of(service)]
    told = json.loads(done.stdout)
    assert len(told) == sum(len(cells_of(ask)) for ask in asks)
    assert {one["contract"] for one in told} == {ask.NAME for ask in asks}
    table = qiantang(tmp_path, "access").stdout
    assert all(ask.NAME in table for ask in asks)
    assert max(map(len, table.splitlines())) <= 120
