"""One-things from the delivered catalogue: one form, shared documents, and what is undone when a
matter is refused after others were granted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.digital_government.domain.applications import MaterialsMissing, OnlyInOneThing
from services.digital_government.domain.cases import REMEDIES
from services.digital_government.domain.forms import UnfitAnswers
from services.digital_government.domain.one_things import DocumentsNeeded, ThingExists, UnfitThing
from services.digital_government.load import steps
from services.digital_government.reference.items import THINGS
from services.digital_government.service import DigitalGovernment
from shared.context import ANONYMOUS, Principal
from shared.contracts.digital_government import (
    AcceptCase,
    ApplicationById,
    CaseById,
    CaseDetail,
    CaseRevoked,
    DecideCase,
    DefineOneThing,
    MaterialOfApplication,
    OneThingByCode,
    OneThingCompleted,
    OneThingProgress,
    OneThingsOffered,
    OneThingState,
    OpenApplication,
    OpenOneThing,
    ReviseOneThing,
    SubmitApplication,
    SubmitOneThing,
    WithdrawCase,
)
from shared.contracts.identity_data import FetchSharedData, SharedFacts
from shared.loading import load
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample

COUNTY = sample.COUNTY
HOUSE: dict[str, object] = {
    "house": "杭州市西湖区文三路1号2幢301室",
    "house_price": 300_000_000,
    "seller": "钱江",
    "account": "6228480402564890018",
    "withdraws": True,
    "mortgaged": True,
    "lender": "中国农业银行杭州西湖支行",
    "loan": 100_000_000,
}


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.prepare(made)
    load(made.runtime, steps(made.runtime.settings))
    return made


def begin(harness: ServiceHarness, thing: str, *documents: str) -> str:
    """An application for a one-thing with these documents; its id."""
    order = OpenOneThing(thing=thing, division=COUNTY)
    made = harness.execute(order, sample.APPLICANT).id
    for document in documents:
        harness.execute(sample.attachment(made, document), sample.APPLICANT)
    return made


def buy_a_house(harness: ServiceHarness, **changes: object) -> str:
    """Hand in all that it needs; the one-thing's id."""
    made = begin(harness, "buying_a_house", "purchase_contract", "loan_contract")
    order = SubmitApplication(application_id=made, answers={**HOUSE, **changes})
    harness.execute(order, sample.APPLICANT)
    harness.settle()
    return made


def progress(harness: ServiceHarness, one_thing: str) -> OneThingState:
    return harness.execute(OneThingProgress(one_thing_id=one_thing), sample.APPLICANT)


def states(harness: ServiceHarness, one_thing: str) -> dict[str, str]:
    return {one.matter: one.state for one in progress(harness, one_thing).matters}


def case_of(harness: ServiceHarness, one_thing: str, matter: str) -> CaseDetail:
    found = {one.matter: one.case_id for one in progress(harness, one_thing).matters}
    return harness.execute(CaseById(case_id=str(found[matter])), sample.APPLICANT)


def decide(harness: ServiceHarness, one_thing: str, matter: str, reasons: str = "") -> CaseDetail:
    """Grant a matter, or refuse it for these reasons."""
    case = case_of(harness, one_thing, matter)
    place = case.organ.partition("-")[0]
    officer = Principal(f"of.{case.organ}", "official", place, case.organ, ("case_officer",))
    harness.execute(AcceptCase(case_id=case.case_id), officer)
    order = DecideCase(
        case_id=case.case_id,
        outcome="refused" if reasons else "granted",
        reasons=reasons or None,
    )
    harness.execute(order, officer)
    harness.settle()
    return case_of(harness, one_thing, matter)


def test_twelve_one_things_can_be_applied_for(government: ServiceHarness) -> None:
    offered = government.execute(OneThingsOffered(), ANONYMOUS).things
    assert {one.code for one in offered} == set(THINGS)
    assert len(offered) == 12
    for one in offered:
        detail = government.execute(OneThingByCode(code=one.code), ANONYMOUS)
        keys = [material.material for material in detail.materials]
        assert len(keys) == len(set(keys))
        assert detail.definition.matters


def test_every_one_thing_can_be_begun_in_the_county_that_offers_all(
    government: ServiceHarness,
) -> None:
    for code in THINGS:
        needs_enterprise = code == "enterprise_closing"
        enterprise = "e-1" if needs_enterprise else None
        order = OpenOneThing(thing=code, division=COUNTY, enterprise=enterprise)
        made = government.execute(order, sample.APPLICANT).id
        found = government.execute(ApplicationById(application_id=made), sample.APPLICANT)
        assert found.thing == code
        assert all(value.source == "人口库" for value in found.filled)
        assert found.filled or code == "enterprise_startup"


def test_a_fact_that_several_forms_ask_for_is_read_once(government: ServiceHarness) -> None:
    asked: list[FetchSharedData] = []

    def share(order: FetchSharedData) -> SharedFacts:
        asked.append(order)
        return sample.share(order)

    government.remote[FetchSharedData] = share
    made = begin(government, "retirement")
    names = [name for order in asked for name in order.facts]
    assert len(names) == len(set(names))
    found = government.execute(ApplicationById(application_id=made), sample.APPLICANT)
    assert {one.field for one in found.filled} == {"applicant_name", "applicant_born"}


def test_what_is_missing_is_told_by_document_and_by_field(government: ServiceHarness) -> None:
    made = begin(government, "buying_a_house", "purchase_contract")
    order = SubmitApplication(application_id=made, answers=HOUSE)
    with pytest.raises(MaterialsMissing) as missing:
        government.execute(order, sample.APPLICANT)
    assert missing.value.fields == {"materials": ["借款合同"]}
    less = {key: value for key, value in HOUSE.items() if key not in ("lender", "seller")}
    with pytest.raises(UnfitAnswers) as unfit:
        government.execute(SubmitApplication(application_id=made, answers=less), sample.APPLICANT)
    assert set(unfit.value.fields) == {"lender", "seller"}
    # Without a mortgage neither its fields nor its documents are needed.
    plain = {**less, "mortgaged": False, "seller": "钱江"}
    plain.pop("loan")
    order = SubmitApplication(application_id=made, answers=plain)
    government.execute(order, sample.APPLICANT)
    assert "mortgage_registration" not in states(government, made)


def test_a_document_is_handed_in_once_and_seen_by_everybody_who_handles_it(
    government: ServiceHarness,
) -> None:
    one_thing = buy_a_house(government)
    for matter in ("deed_tax", "housing_fund_withdrawal_purchase"):
        case = case_of(government, one_thing, matter)
        assert {one.material: one.here for one in case.materials}["purchase_contract"]
        officer = Principal("of.organ", "official", COUNTY, case.organ, ("case_officer",))
        query = MaterialOfApplication(application_id=case.case_id, material="purchase_contract")
        file = government.execute(query, officer)
        assert file.content == sample.pdf("purchase_contract")


def test_a_one_thing_completes_when_every_matter_is_granted(government: ServiceHarness) -> None:
    one_thing = buy_a_house(government)
    assert states(government, one_thing) == {
        "deed_tax": "pending",
        "housing_fund_withdrawal_purchase": "pending",
        "housing_transfer_registration": "waiting",
        "mortgage_registration": "waiting",
    }
    for matter in states(government, one_thing):
        if matter == "housing_transfer_registration":
            decide(government, one_thing, "housing_transfer_registration")
        else:
            decide(government, one_thing, matter)
    assert progress(government, one_thing).state == "completed"
    assert government.told(CaseRevoked) == []


def test_a_refusal_undoes_what_stands_with_it_and_says_so_to_the_applicant(
    government: ServiceHarness,
) -> None:
    one_thing = buy_a_house(government)
    decide(government, one_thing, "deed_tax")
    decide(government, one_thing, "housing_fund_withdrawal_purchase")
    decide(government, one_thing, "housing_transfer_registration", "房屋已被依法查封")
    found = {one.matter: one for one in progress(government, one_thing).matters}
    assert {matter: one.state for matter, one in found.items()} == {
        "deed_tax": "revoked",
        "housing_fund_withdrawal_purchase": "revoked",
        "housing_transfer_registration": "decided",
        "mortgage_registration": "cancelled",
    }
    undone = found["deed_tax"]
    assert undone.reasons == ("“房屋所有权转移登记”未获准予，本事项随之撤销。房屋已被依法查封")
    assert undone.remedies == REMEDIES
    assert progress(government, one_thing).state == "failed"
    assert len(government.told(CaseRevoked)) == 2
    (end,) = government.told(OneThingCompleted)
    assert not end.granted


def test_what_is_granted_after_the_refusal_is_undone_at_once(government: ServiceHarness) -> None:
    one_thing = buy_a_house(government)
    decide(government, one_thing, "deed_tax")
    decide(government, one_thing, "housing_transfer_registration", "房屋已被依法查封")
    assert progress(government, one_thing).state == "running"
    late = decide(government, one_thing, "housing_fund_withdrawal_purchase")
    assert late.state == "revoked"
    assert progress(government, one_thing).state == "failed"


def test_what_does_not_stand_with_the_refused_stays(government: ServiceHarness) -> None:
    made = begin(government, "retirement")
    answers = {"worked_years": 30, "account": "6228480402564890018", "has_housing_fund": False}
    order = SubmitApplication(application_id=made, answers=answers)
    government.execute(order, sample.APPLICANT)
    government.settle()
    decide(government, made, "pension_approval")
    decide(government, made, "retiree_medical_benefit", "缴费年限不足")
    assert states(government, made) == {
        "pension_approval": "decided",
        "retiree_medical_benefit": "decided",
    }
    assert progress(government, made).state == "failed"


def test_a_withdrawn_matter_ends_what_waits_for_it_and_leaves_the_rest(
    government: ServiceHarness,
) -> None:
    one_thing = buy_a_house(government, mortgaged=False)
    tax = case_of(government, one_thing, "deed_tax")
    order = WithdrawCase(case_id=tax.case_id, reason="暂缓过户")
    government.execute(order, sample.APPLICANT)
    government.settle()
    found = states(government, one_thing)
    assert found["housing_transfer_registration"] == "cancelled"
    assert found["housing_fund_withdrawal_purchase"] == "pending"


def test_reasons_are_told_to_the_applicant_alone(government: ServiceHarness) -> None:
    one_thing = buy_a_house(government)
    decide(government, one_thing, "deed_tax", "计税依据有误")
    colleague = Principal(
        "of.other", "official", COUNTY, f"{COUNTY}-housing_fund", ("case_officer",)
    )
    found = government.execute(OneThingProgress(one_thing_id=one_thing), colleague)
    assert {one.reasons for one in found.matters} == {None}


def test_what_needs_documents_is_not_submitted_in_one_step(government: ServiceHarness) -> None:
    order = SubmitOneThing(thing="buying_a_house", division=COUNTY, form=HOUSE)
    with pytest.raises(DocumentsNeeded) as refusal:
        government.execute(order, sample.APPLICANT)
    assert "房屋买卖合同" in refusal.value.sentences["zh"]


def test_an_enterprise_is_not_brought_into_being_by_a_single_item(
    government: ServiceHarness,
) -> None:
    order = OpenApplication(matter="enterprise_registration", division=COUNTY)
    with pytest.raises(OnlyInOneThing):
        government.execute(order, sample.APPLICANT)


def test_a_one_thing_is_composed_once_and_a_running_one_keeps_its_edition(
    government: ServiceHarness,
) -> None:
    definition = THINGS["buying_a_house"]
    with pytest.raises(ThingExists):
        government.execute(
            DefineOneThing(code="buying_a_house", definition=definition), sample.PROVINCE
        )
    one_thing = buy_a_house(government)
    shorter = definition.dump()
    shorter["matters"] = [one for one in shorter["matters"] if one["matter"] != "deed_tax"]
    order = ReviseOneThing(
        code="buying_a_house", definition=type(definition).load(shorter), reason="精简事项"
    )
    with pytest.raises(UnfitThing):
        government.execute(order, sample.PROVINCE)  # The transfer still comes after it.
    for one in shorter["matters"]:
        one["after"] = [code for code in one["after"] if code != "deed_tax"]
    order = ReviseOneThing(
        code="buying_a_house", definition=type(definition).load(shorter), reason="精简事项"
    )
    government.execute(order, sample.PROVINCE)
    assert "deed_tax" in states(government, one_thing)
    detail = government.execute(OneThingByCode(code="buying_a_house"), ANONYMOUS)
    assert (detail.edition, len(detail.definition.matters)) == (2, 3)
