"""Open cases follow the post of the official who handles them; what was decided stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from services.digital_government.load import steps
from services.digital_government.models import Case
from services.digital_government.service import DigitalGovernment
from shared import succession
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseHandedOver,
    CasesHandedOver,
    CasesOfOrgan,
    DecideCase,
    StartupForm,
    SubmitOneThing,
    WithdrawCase,
)
from shared.contracts.identity_data import FetchSharedData, PostChangedHands, SharedFacts
from shared.loading import load
from shared.testing.harness import ServiceHarness

MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)
COUNTY = "330106"
ORGAN = f"{COUNTY}-market_regulation"
POST = "post-1"
APPLICANT = Principal("account.applicant", "resident", COUNTY, person="p-1")


def officer(name: str) -> Principal:
    return Principal(name, "official", COUNTY, ORGAN, ("case_officer",))


@pytest.fixture
def government(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The service with the items of all counties."""
    harness = make_service(DigitalGovernment)
    harness.at(MONDAY)
    harness.remote[FetchSharedData] = lambda order: SharedFacts(ledger_id="l-1", facts=())
    load(harness.runtime, steps(harness.runtime.settings))
    return harness


def case_of(harness: ServiceHarness, number: int, handler: str = "") -> str:
    """A new case, accepted by that officer if one is named."""
    form = StartupForm(
        reservation_id=f"n-{number}",
        name="杭州潮起科技有限公司",
        industry="软件和信息技术服务业",
        registered_capital=100_000_000,
        address="杭州市西湖区文三路1号",
    )
    order = SubmitOneThing(thing="enterprise_startup", division=COUNTY, form=form.dump())
    one_thing = harness.execute(order, APPLICANT).id
    ((case_id,),) = harness.rows(sa.select(Case.id).where(Case.one_thing_id == one_thing))
    if handler:
        harness.execute(AcceptCase(case_id=case_id), officer(handler))
    return str(case_id)


def change(harness: ServiceHarness, former: str | None, holder: str | None, number: int) -> None:
    """The post is another's, by the event of that number."""
    event = PostChangedHands(
        post_id=POST,
        organ=ORGAN,
        former=former,
        holder=holder,
        appointment_id=f"{POST}.{number}" if holder else None,
    )
    harness.deliver(event, sequence=number)


def handled(harness: ServiceHarness) -> dict[str, tuple[str | None, str | None]]:
    rows = harness.rows(sa.select(Case.id, Case.handler, Case.awaits_post))
    return {row.id: (row.handler, row.awaits_post) for row in rows}


def test_the_next_holder_takes_over_what_is_open_and_of_the_former_in_batches(
    government: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "BATCH", 2)
    open_cases = [case_of(government, number, "jia") for number in range(3)]
    decided, withdrawn = (case_of(government, number, "jia") for number in (3, 4))
    government.execute(DecideCase(case_id=decided, outcome="granted"), officer("jia"))
    government.execute(WithdrawCase(case_id=withdrawn, reason="不再开办"), APPLICANT)
    of_another, pending = case_of(government, 5, "bing"), case_of(government, 6)
    assert government.execute(CaseById(case_id=decided), APPLICANT).handler == "jia"

    change(government, "jia", "yi", 1)
    government.settle()
    assert handled(government) == {
        **dict.fromkeys(open_cases, ("yi", None)),
        **dict.fromkeys((decided, withdrawn), ("jia", None)),
        of_another: ("bing", None),
        pending: (None, None),
    }
    told = government.told(CaseHandedOver)
    assert sorted(one.case_id for one in told) == sorted(open_cases)
    assert {(one.post_id, one.former, one.handler) for one in told} == {(POST, "jia", "yi")}
    (answer,) = government.told(CasesHandedOver)
    assert (answer.appointment_id, answer.count) == (f"{POST}.1", 3)


def test_while_a_post_is_vacant_its_cases_are_the_organs_and_then_the_next_holders(
    government: ServiceHarness,
) -> None:
    first, second = (case_of(government, number, "jia") for number in (1, 2))
    change(government, "jia", None, 1)
    government.settle()
    assert handled(government) == dict.fromkeys((first, second), (None, POST))
    assert government.told(CasesHandedOver) == []
    listed = government.execute(CasesOfOrgan(division=COUNTY, organ=ORGAN), officer("bing"))
    assert {(one.handler, one.awaits_post) for one in listed.cases} == {(None, POST)}
    # Any case officer of the organ may act meanwhile.
    government.execute(DecideCase(case_id=first, outcome="granted"), officer("bing"))

    change(government, None, "yi", 2)
    government.settle()
    assert handled(government)[second] == ("yi", None)
    assert handled(government)[first] == (None, POST)
    (answer,) = government.told(CasesHandedOver)
    assert (answer.appointment_id, answer.count) == (f"{POST}.2", 1)


def test_events_of_a_post_may_come_in_any_order_and_a_case_passes_once(
    government: ServiceHarness,
) -> None:
    case_id = case_of(government, 1, "jia")
    change(government, None, "yi", 2)
    government.settle()
    change(government, "jia", None, 1)
    government.settle()
    assert handled(government) == {case_id: ("yi", None)}
    assert [one.count for one in government.told(CasesHandedOver)] == [0, 1]
    # One who acted gives back what was taken over, and what was accepted meanwhile.
    change(government, "yi", "bing", 3)
    government.settle()
    other = case_of(government, 2, "bing")
    change(government, "bing", "yi", 4)
    government.settle()
    assert handled(government) == dict.fromkeys((case_id, other), ("yi", None))
    assert len(government.told(CaseHandedOver)) == 4
