"""A window here receives what is decided there, and a case goes to whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.digital_government.domain.applications import NotHandledAcross
from services.digital_government.domain.cases import (
    BoundToItsOneThing,
    CaseInWrongState,
    StepsOutstanding,
    TransferredBefore,
    TransferredToItself,
)
from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.models import Measure
from services.digital_government.service import DigitalGovernment
from shared.context import Principal
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseDetail,
    CasesReceived,
    CaseTransferred,
    DecideCase,
    DeclineCase,
    DeliverResult,
    GiveReview,
    MaterialOfApplication,
    OpenApplication,
    OpenOneThing,
    RequestSupplement,
    SubmitApplication,
    SupplementCase,
    TransferCase,
)
from shared.contracts.identity_data import (
    DivisionsMerged,
    TerritoryMove,
)
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import MONDAY
from tests.counting import counted, measured

STUDY = {**sample.ANSWERS, "ground": "study"}
THERE = f"{sample.ELSEWHERE}-public_security"
OFFICER_THERE = replace(sample.OFFICER, id="officer.there", division=sample.ELSEWHERE, organ=THERE)


def window(place: str) -> Principal:
    """The staff of a service hall."""
    organ = f"{place}-data_resources"
    return Principal(f"window.{place}", "official", place, organ, ("one_window",))


@pytest.fixture
def service(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    return make_service(DigitalGovernment)


def offering(harness: ServiceHarness, across: str) -> ServiceHarness:
    sample.prepare(harness)
    sample.define(harness)
    claimed = sample.claim(harness, replace(sample.TERMS, across=across))  # type: ignore[arg-type]
    harness.execute(sample.PublishItem(implementation_id=claimed), sample.BUREAU)
    return harness


ORDER = OpenApplication(matter=sample.CODE, division=sample.COUNTY, applicant=sample.PERSON)


def received(harness: ServiceHarness, place: str) -> str:
    """An application that a window handed in; the case's id."""
    made = harness.execute(ORDER, window(place)).id
    harness.execute(sample.attachment(made, "tenancy"), window(place))
    harness.execute(sample.attachment(made, "employment"), window(place))
    harness.execute(SubmitApplication(application_id=made, answers=STUDY), window(place))
    return made


def case(harness: ServiceHarness, case_id: str) -> CaseDetail:
    return harness.execute(CaseById(case_id=case_id), sample.APPLICANT)


def figures(values: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
    """What is counted of the ways in which people came."""
    ways = ("online", "across", "delivered", "zero_visit", "one_visit")
    return {name: n for (name, _, _), n in values.items() if name.removeprefix("cases_") in ways}


# Windows


@pytest.mark.parametrize(
    ("across", "places"),
    [
        ("none", ["330106", "3301", "33"]),
        ("city", ["330106", "330105", "3301", "33"]),
        ("province", ["330106", "330105", "330203", "3301", "3302", "33"]),
    ],
)
def test_the_item_says_whose_windows_receive_it(
    service: ServiceHarness, across: str, places: list[str]
) -> None:
    offering(service, across)
    for place in ("330106", "330105", "330203", "3301", "3302", "33"):
        if place in places:
            assert service.execute(ORDER, window(place)).id
        else:
            with pytest.raises(NotHandledAcross):
                service.execute(ORDER, window(place))


def test_what_is_refused_reads_nothing_of_anybody(service: ServiceHarness) -> None:
    offering(service, "none")
    asked: list[Any] = []
    service.remote[sample.FetchSharedData] = lambda order: (
        asked.append(order) or sample.share(order)
    )
    with pytest.raises(NotHandledAcross):
        service.execute(ORDER, window("330203"))
    assert asked == []


def test_a_window_accepts_and_delivers_what_another_organ_decides(
    service: ServiceHarness,
) -> None:
    offering(service, "province")
    here, other = window("330203"), window("330105")
    case_id = received(service, "330203")
    listed = CasesReceived(division="330203", organ=here.organ)
    assert [one.case_id for one in service.execute(listed, here).cases] == [case_id]
    for order in (AcceptCase(case_id=case_id), CaseById(case_id=case_id)):
        with pytest.raises(NotAllowed):
            service.execute(order, other)
    service.execute(AcceptCase(case_id=case_id), here)
    found = case(service, case_id)
    assert (found.state, found.organ, found.received_by) == (
        "accepted",
        sample.HANDLING,
        here.organ,
    )
    # Who received it decides nothing and handles nothing.
    assert found.handler is None
    for forbidden in (
        DecideCase(case_id=case_id, outcome="granted"),
        DeclineCase(case_id=case_id, reasons="不属于本机关职权范围"),
    ):
        with pytest.raises(NotAllowed):
            service.execute(forbidden, here)
    service.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
    service.execute(DeliverResult(case_id=case_id, way="window", reference="取件"), here)
    assert service.execute(listed, here).cases == ()
    service.settle()
    values = measured(service, Measure)
    assert figures(values) == {
        "cases_across": 1,
        "cases_delivered": 1,  # Handed in at a window, and fetched there.
    }
    assert counted(service) == values


def test_a_window_asks_for_what_is_missing_and_takes_it(service: ServiceHarness) -> None:
    offering(service, "city")
    here = window("330105")
    case_id = received(service, "330105")
    service.execute(RequestSupplement(case_id=case_id, missing=("租赁合同原件",)), here)
    service.execute(SupplementCase(case_id=case_id, answers={"租赁合同原件": "已核"}), here)
    assert case(service, case_id).state == "pending"


def test_at_home_and_online_nothing_crosses_a_region(service: ServiceHarness) -> None:
    offering(service, "none")
    at_home = received(service, "330106")
    online = sample.apply(service, "tenancy", "employment", answers=STUDY)
    for case_id, way in ((at_home, "post"), (online, "electronic")):
        service.execute(AcceptCase(case_id=case_id), sample.OFFICER)
        service.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
        delivery = DeliverResult(case_id=case_id, way=way, reference="EMS-1")  # type: ignore[arg-type]
        service.execute(delivery, sample.OFFICER)
    service.settle()
    assert figures(measured(service, Measure)) == {
        "cases_online": 1,
        "cases_delivered": 2,
        "cases_zero_visit": 1,
        "cases_one_visit": 2,
    }


def test_nobody_receives_their_own_application_for_acceptance(service: ServiceHarness) -> None:
    offering(service, "province")
    case_id = received(service, "330203")
    oneself = replace(window("330203"), person=sample.PERSON)
    with pytest.raises(NotAllowed):
        service.execute(AcceptCase(case_id=case_id), oneself)


def test_a_rule_decides_at_once_wherever_it_is_received(service: ServiceHarness) -> None:
    sample.prepare(service)
    sample.define(service, sample.AT_ONCE)
    claimed = sample.claim(service, replace(sample.TERMS, across="province"))
    service.execute(sample.PublishItem(implementation_id=claimed), sample.BUREAU)
    here = window("330203")
    made = service.execute(ORDER, here).id
    service.execute(SubmitApplication(application_id=made, answers=STUDY), here)
    assert case(service, made).outcome == "granted"


# Transfer


def transfer(case_id: str, to: str = sample.ELSEWHERE) -> TransferCase:
    return TransferCase(case_id=case_id, to_division=to, reason="居住地属其管辖")


@pytest.fixture
def government(service: ServiceHarness) -> ServiceHarness:
    sample.offer(service)
    sample.offer_elsewhere(service)
    return service


def test_a_case_goes_to_whose_it_is_with_its_clock_and_its_files(
    government: ServiceHarness,
) -> None:
    case_id = sample.apply(government, "tenancy", answers=STUDY)
    government.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    due = case(government, case_id).due
    government.execute(transfer(case_id), sample.OFFICER)
    found = case(government, case_id)
    assert (found.division, found.organ, found.due) == (sample.ELSEWHERE, THERE, due)
    assert found.handler is None
    (told,) = government.told(CaseTransferred)
    assert (told.from_organ, told.organ) == (sample.HANDLING, THERE)
    file = MaterialOfApplication(application_id=case_id, material="tenancy")
    assert government.execute(file, OFFICER_THERE).file_name == "tenancy.pdf"
    for order in (file, DecideCase(case_id=case_id, outcome="granted")):
        with pytest.raises(NotAllowed):
            government.execute(order, sample.OFFICER)
    refusal = DecideCase(case_id=case_id, outcome="refused", reasons="材料不足")
    government.execute(refusal, OFFICER_THERE)


def test_it_goes_once_and_not_in_a_circle(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy")
    with pytest.raises(TransferredToItself):
        government.execute(transfer(case_id, sample.COUNTY), sample.OFFICER)
    with pytest.raises(ItemNotOffered):
        government.execute(transfer(case_id, "330203"), sample.OFFICER)
    government.execute(transfer(case_id), sample.OFFICER)
    with pytest.raises(TransferredBefore):
        government.execute(transfer(case_id, sample.COUNTY), OFFICER_THERE)
    assert len(government.told(CaseTransferred)) == 1


def test_not_while_a_review_is_open_nor_after_the_decision(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy", "employment")
    government.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    with pytest.raises(StepsOutstanding):
        government.execute(transfer(case_id), sample.OFFICER)
    review = sample.review_asked(government)
    order = GiveReview(review_id=review, opinion="agree", note="参保属实")
    government.execute(order, sample.COLLEAGUE)
    government.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
    with pytest.raises(CaseInWrongState):
        government.execute(transfer(case_id), sample.OFFICER)


def test_a_matter_of_a_one_thing_stays_where_the_one_thing_is(service: ServiceHarness) -> None:
    sample.offer_thing(service)
    sample.offer_elsewhere(service)
    made = service.execute(
        OpenOneThing(thing=sample.THING, division=sample.COUNTY), sample.APPLICANT
    ).id
    service.execute(sample.attachment(made, "tenancy_contract"), sample.APPLICANT)
    service.execute(sample.attachment(made, "employment_contract"), sample.APPLICANT)
    service.execute(SubmitApplication(application_id=made, answers=STUDY), sample.APPLICANT)
    with pytest.raises(BoundToItsOneThing):
        service.execute(transfer(sample.cases(service)[0]), sample.OFFICER)


# Mergers


def test_after_a_merger_the_successors_officer_reads_the_files(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy")
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=MONDAY.date(),
        moves=(TerritoryMove(from_code=sample.COUNTY, to_code=sample.ELSEWHERE),),
    )
    government.deliver(merged, division="3301")
    government.settle()
    assert case(government, case_id).organ == THERE
    file = MaterialOfApplication(application_id=case_id, material="tenancy")
    assert government.execute(file, OFFICER_THERE).content == sample.pdf("tenancy")
