"""What a process writes down says what happened in which scenario and trace, and of nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from shared.context import Principal, new_id
from shared.contracts.identity_data import RegisterPerson
from shared.errors import Incident, InvalidInput, QiantangError
from shared.identifiers import resident_number_from
from tests.observability.conftest import Collector, Platform, until

pytestmark = pytest.mark.distributed

OFFICIAL = Principal("account.official", "official", "330106", roles=("case_officer",))
NUMBER = resident_number_from("330106", date(1985, 6, 1), 77)
ANOTHER = resident_number_from("330106", date(1985, 6, 1), 79)
NAME = "钱江潮"
PHONE = "13857198765"
PERSON = RegisterPerson(number=NUMBER, name=NAME, division="330106", phone=PHONE)
SECRETS = (NUMBER, ANOTHER, NUMBER[:17], NAME, PHONE)


def lines_of(platform: Platform, service: str) -> list[dict[str, Any]]:
    """Every line of a process's log; one that is no JSON object fails the test."""
    text = platform.logs[service].read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    return lines


def test_no_log_and_no_trace_holds_a_name_a_number_or_a_phone(
    platform: Platform, collector: Collector
) -> None:
    scenario = f"scenario-{new_id()}"
    outcomes = []

    def register(order: RegisterPerson, through: str) -> None:
        try:
            platform.api(through, OFFICIAL).call(order, scenario=scenario)
            outcomes.append("ok")
        except QiantangError as refusal:
            outcomes.append(refusal.kind)

    register(PERSON, "gateway")
    # Known already; a fault in what was given; a database that answers with an error of its own.
    register(replace(PERSON, phone=None), "identity_data")
    payload = {**PERSON.dump(), "phone": f"{PHONE}-{NAME}", "name": NAME * 50}
    with pytest.raises(InvalidInput):
        platform.api("gateway", OFFICIAL).call_raw(
            "identity_data", "RegisterPerson", payload, scenario=scenario
        )
    platform.rows("identity_data", sa.text("ALTER TABLE person RENAME COLUMN phone TO elsewhere"))
    try:
        register(replace(PERSON, number=ANOTHER), "gateway")
    finally:
        platform.rows(
            "identity_data", sa.text("ALTER TABLE person RENAME COLUMN elsewhere TO phone")
        )
    first, again, unlucky = outcomes
    assert (first, unlucky) == ("ok", Incident.kind)
    assert again != "ok"

    def told() -> list[dict[str, Any]]:
        return [
            one for one in lines_of(platform, "identity_data") if one.get("scenario") == scenario
        ]

    until("four lines", lambda: len(told()) == 4)
    assert [one["contract"] for one in told()] == ["RegisterPerson"] * 4
    assert [one["outcome"] for one in told()] == [first, again, "InvalidInput", unlucky]
    assert all(one["trace"].startswith("00-") for one in told())
    assert any("exception" in one for one in lines_of(platform, "identity_data"))
    traced = scenario.encode()
    until("the traces were sent", lambda: any(traced in body for body in collector.bodies))
    written = [path.read_text() for path in platform.logs.values()]
    sent = [body.decode(errors="replace") for body in collector.bodies]
    for secret in SECRETS:
        assert not any(secret in text for text in [*written, *sent])
