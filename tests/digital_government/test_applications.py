"""Applications: filled in by government, completed by the applicant, handled as their item says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.digital_government.domain.applications import (
    KEPT_DAYS,
    ApplicantNotInLife,
    ApplicationClosed,
    EnterpriseNotNamed,
    MaterialsMissing,
    NoSuchMaterial,
    NotAFileWeTake,
    NotHandledAcross,
    NotOfTheEnterprise,
)
from services.digital_government.domain.cases import (
    DEEMED,
    REMEDIES,
    CaseInWrongState,
    MaterialsOutstanding,
    NotAwaited,
    NotTheStepsRole,
    ReviewOver,
    StepsOutstanding,
)
from services.digital_government.domain.forms import UnfitAnswers
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.digital_government import (
    LARGEST_FILE,
    AcceptCase,
    AffairsOfPerson,
    ApplicationById,
    CaseById,
    CaseDecided,
    CaseDetail,
    DecideCase,
    DeclineCase,
    DiscardApplication,
    GiveReview,
    ItemDefinition,
    KeepAnswers,
    MaterialOfApplication,
    OpenApplication,
    RequestSupplement,
    ReviewsOfOrgan,
    SubmitApplication,
    SupplementCase,
    ToleranceEnded,
    WithdrawCase,
)
from shared.contracts.identity_data import (
    ApplicantStanding,
    FetchSharedData,
    SharedFacts,
    StandingOfApplicant,
)
from shared.deadlines import LAST_CALENDAR_YEAR
from shared.errors import Conflict, InvalidInput, NotAllowed
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import MONDAY

STUDY = {**sample.ANSWERS, "ground": "study"}
"""Answers for which nobody else is asked."""


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    return make_service(DigitalGovernment)


@pytest.fixture
def offering(government: ServiceHarness) -> ServiceHarness:
    sample.offer(government)
    return government


def case(harness: ServiceHarness, case_id: str) -> CaseDetail:
    return harness.execute(CaseById(case_id=case_id), sample.APPLICANT)


def day(number: int, hour: int = 10) -> datetime:
    """An instant of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, number, hour, tzinfo=CHINA)


def told(harness: ServiceHarness, kind: Any) -> list[Any]:
    """The events of a kind, in their order."""
    return [kind.load(one.data) for one in harness.envelopes() if one.type.endswith(kind.NAME)]


def decided(harness: ServiceHarness) -> list[CaseDecided]:
    return told(harness, CaseDecided)


# Nothing asked twice


def test_a_form_arrives_filled_with_each_value_and_its_source(offering: ServiceHarness) -> None:
    made = sample.open_application(offering)
    found = offering.execute(ApplicationById(application_id=made), sample.APPLICANT)
    (name,) = found.filled
    assert (name.field, name.value, name.source, name.as_of) == ("name", "潮生", "人口库", MONDAY)
    here = {one.material: one.here for one in found.materials}
    assert here == {"tenancy": False, "employment": False, "identity": True}
    case_id = sample.apply(offering, "tenancy")
    sources = {one.field: one.source for one in case(offering, case_id).form}
    assert sources == {
        "name": "人口库",
        "address": "applicant",
        "ground": "applicant",
        "months": "applicant",
    }


def test_a_shared_value_is_replaced_only_with_an_objection_and_both_are_shown(
    offering: ServiceHarness,
) -> None:
    made = sample.open_application(offering)
    offering.execute(sample.attachment(made, "tenancy"), sample.APPLICANT)
    answers = {**sample.ANSWERS, "name": "潮声"}
    order = SubmitApplication(application_id=made, answers=answers)
    with pytest.raises(InvalidInput) as refusal:
        offering.execute(order, sample.APPLICANT)
    assert set(refusal.value.fields) == {"name"}
    objecting = replace(order, objections={"name": "登记错字"})
    offering.execute(objecting, sample.APPLICANT)
    name = case(offering, made).form[0]
    assert (name.value, name.source, name.objection) == ("潮声", "人口库", "登记错字")


@pytest.mark.parametrize("objections", [{"address": "有误"}, {"name": "有误"}])
def test_an_objection_needs_a_shared_value_and_what_is_right(
    offering: ServiceHarness, objections: dict[str, str]
) -> None:
    made = sample.open_application(offering)
    order = SubmitApplication(application_id=made, answers=sample.ANSWERS, objections=objections)
    with pytest.raises(InvalidInput) as refusal:
        offering.execute(order, sample.APPLICANT)
    assert set(refusal.value.fields) == set(objections)


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"ground": "employment"}, "address"),
        ({**sample.ANSWERS, "address": "短"}, "address"),
        ({**sample.ANSWERS, "ground": "fun"}, "ground"),
        ({**sample.ANSWERS, "months": "eight"}, "months"),
        ({**sample.ANSWERS, "horse": "yes"}, "horse"),
    ],
)
def test_answers_that_do_not_fit_are_told_by_field_and_change_nothing(
    offering: ServiceHarness, answers: dict[str, object], field: str
) -> None:
    made = sample.open_application(offering)
    offering.execute(sample.attachment(made, "tenancy"), sample.APPLICANT)
    with pytest.raises(UnfitAnswers) as refusal:
        offering.execute(SubmitApplication(application_id=made, answers=answers), sample.APPLICANT)
    assert set(refusal.value.fields) == {field}
    found = offering.execute(ApplicationById(application_id=made), sample.APPLICANT)
    assert found.state == "open"


# Who applies


@pytest.mark.parametrize("state", ["dead", "deregistered", "merged"])
def test_nobody_applies_for_who_is_not_in_life_or_on_the_register(
    offering: ServiceHarness, state: str
) -> None:
    offering.remote[StandingOfApplicant] = lambda query: ApplicantStanding.load(
        {"person": query.person, "person_state": state}
    )
    with pytest.raises(ApplicantNotInLife):
        sample.open_application(offering)
    assert sample.cases(offering) == []


def test_an_item_of_people_names_no_enterprise(offering: ServiceHarness) -> None:
    order = OpenApplication(matter=sample.CODE, division=sample.COUNTY, enterprise="e-1")
    with pytest.raises(EnterpriseNotNamed):
        offering.execute(order, sample.APPLICANT)


def test_an_enterprise_is_applied_for_by_who_represents_it(government: ServiceHarness) -> None:
    content = sample.DEFINITION.dump()
    form = content["form"]
    form["properties"]["name"]["x-source"] = "enterprise.name"
    sample.offer(
        government,
        ItemDefinition.load(
            {**content, "subject": "enterprise", "materials": [], "tolerance_days": 0}
        ),
    )
    order = OpenApplication(matter=sample.CODE, division=sample.COUNTY, enterprise="e-1")
    with pytest.raises(EnterpriseNotNamed):
        government.execute(replace(order, enterprise=None), sample.APPLICANT)
    government.remote[StandingOfApplicant] = lambda query: ApplicantStanding(
        person=query.person, person_state="registered"
    )
    with pytest.raises(NotOfTheEnterprise):
        government.execute(order, sample.APPLICANT)
    government.remote[StandingOfApplicant] = sample.alive
    assert government.execute(order, sample.APPLICANT).id


def test_the_window_applies_for_a_person_in_its_division_only(offering: ServiceHarness) -> None:
    window = Principal("window", "official", "330106", "330106-data_resources", ("one_window",))
    order = OpenApplication(matter=sample.CODE, division=sample.COUNTY, applicant=sample.PERSON)
    made = offering.execute(order, window).id
    offering.execute(sample.attachment(made, "tenancy"), window)
    offering.execute(SubmitApplication(application_id=made, answers=sample.ANSWERS), window)
    assert case(offering, made).state == "pending"
    with pytest.raises(NotHandledAcross):
        offering.execute(order, replace(window, division="330105"))


# Materials


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": "%%%%"}, "content"),
        ({"content": base64.b64encode(b"MZ\x90\x00 a program").decode()}, "content"),
        ({"file_name": "tenancy.png"}, "file_name"),
        (
            {"content": base64.b64encode(b"%PDF-" + b" " * LARGEST_FILE).decode()},
            "content",
        ),
    ],
    ids=["no base64", "another type", "another name", "too large"],
)
def test_a_file_that_is_not_taken_says_why(
    offering: ServiceHarness, changes: dict[str, str], field: str
) -> None:
    made = sample.open_application(offering)
    with pytest.raises(NotAFileWeTake) as refusal:
        offering.execute(sample.attachment(made, "tenancy", **changes), sample.APPLICANT)
    assert set(refusal.value.fields) == {field}


@pytest.mark.parametrize("name", ["../passwd.pdf", "C:\\x.pdf", "a/b.pdf", "x\n.pdf"])
def test_a_file_name_with_a_path_is_refused(offering: ServiceHarness, name: str) -> None:
    made = sample.open_application(offering)
    with pytest.raises(InvalidInput) as refusal:
        offering.execute(sample.attachment(made, "tenancy", file_name=name), sample.APPLICANT)
    assert set(refusal.value.fields) == {"file_name"}


def test_only_materials_of_the_item_are_taken_and_the_last_file_counts(
    offering: ServiceHarness,
) -> None:
    made = sample.open_application(offering)
    for material in ("identity", "horse"):
        with pytest.raises(NoSuchMaterial):
            offering.execute(sample.attachment(made, material), sample.APPLICANT)
    offering.execute(sample.attachment(made, "tenancy"), sample.APPLICANT)
    second = sample.attachment(made, "tenancy", file_name="second.pdf", content=sample.pdf("2"))
    offering.execute(second, sample.APPLICANT)
    query = MaterialOfApplication(application_id=made, material="tenancy")
    found = offering.execute(query, sample.APPLICANT)
    assert (found.file_name, found.content) == ("second.pdf", sample.pdf("2"))


def test_what_may_not_follow_is_there_before_an_application_is_handed_in(
    offering: ServiceHarness,
) -> None:
    made = sample.open_application(offering)
    with pytest.raises(MaterialsMissing) as refusal:
        offering.execute(
            SubmitApplication(application_id=made, answers=sample.ANSWERS), sample.APPLICANT
        )
    assert refusal.value.fields == {"materials": ["房屋租赁合同"]}


def test_what_was_filled_in_is_kept_until_it_is_handed_in(offering: ServiceHarness) -> None:
    made = sample.open_application(offering)
    kept = KeepAnswers(application_id=made, answers={"address": "天"}, objections={"name": "错字"})
    offering.execute(kept, sample.APPLICANT)
    found = offering.execute(ApplicationById(application_id=made), sample.APPLICANT)
    assert (found.answers, found.objections) == ({"address": "天"}, {"name": "错字"})
    with pytest.raises(InvalidInput) as refusal:
        offering.execute(KeepAnswers(application_id=made, answers={"no_such": 1}), sample.APPLICANT)
    assert set(refusal.value.fields) == {"no_such"}
    offering.execute(sample.attachment(made, "tenancy"), sample.APPLICANT)
    order = SubmitApplication(application_id=made, answers=sample.ANSWERS)
    offering.execute(order, sample.APPLICANT)
    found = offering.execute(ApplicationById(application_id=made), sample.APPLICANT)
    assert (found.answers, found.objections) == ({}, {})
    with pytest.raises(ApplicationClosed):
        offering.execute(kept, sample.APPLICANT)


def test_a_person_finds_what_is_being_filled_in_and_what_was_handed_in(
    offering: ServiceHarness,
) -> None:
    mine = AffairsOfPerson(owner=sample.PERSON)
    assert offering.execute(mine, sample.APPLICANT).affairs == ()
    handed_in = sample.apply(offering, "tenancy")
    offering.at(MONDAY + timedelta(hours=1))
    later = sample.apply(offering, "tenancy")
    being_filled_in = sample.open_application(offering)
    discarded = sample.open_application(offering)
    offering.execute(DiscardApplication(application_id=discarded), sample.APPLICANT)
    found = offering.execute(mine, sample.APPLICANT).affairs
    assert [(one.id, one.kind, one.state) for one in found] == [
        (being_filled_in, "application", "open"),
        (later, "case", "pending"),
        (handed_in, "case", "pending"),
    ]
    assert {one.name for one in found} == {sample.DEFINITION.name}
    with pytest.raises(NotAllowed):
        offering.execute(mine, sample.OFFICER)


def test_what_is_handed_in_is_filled_in_no_more(offering: ServiceHarness) -> None:
    made = sample.apply(offering, "tenancy")
    order = SubmitApplication(application_id=made, answers=sample.ANSWERS)
    with pytest.raises(ApplicationClosed):
        offering.execute(order, sample.APPLICANT)


def test_what_nobody_hands_in_is_thrown_away_after_its_time(offering: ServiceHarness) -> None:
    made = sample.open_application(offering)
    offering.at(MONDAY + timedelta(days=KEPT_DAYS))
    offering.settle()
    query = ApplicationById(application_id=made)
    assert offering.execute(query, sample.APPLICANT).state == "open"
    offering.at(MONDAY + timedelta(days=KEPT_DAYS + 1))
    offering.settle()
    found = offering.execute(query, sample.APPLICANT)
    assert (found.state, found.filled) == ("discarded", ())


# Tolerant acceptance


def accept(harness: ServiceHarness, *materials: str) -> str:
    case_id = sample.apply(harness, *materials, answers=STUDY)
    harness.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    return case_id


def test_what_may_follow_is_awaited_and_nothing_granted_before(offering: ServiceHarness) -> None:
    case_id = accept(offering, "tenancy")
    found = case(offering, case_id)
    assert found.tolerated_until is not None
    assert found.tolerated_until.date() == day(5).date()
    grant = DecideCase(case_id=case_id, outcome="granted")
    with pytest.raises(MaterialsOutstanding):
        offering.execute(grant, sample.OFFICER)
    offering.execute(sample.attachment(case_id, "employment"), sample.APPLICANT)
    offering.execute(grant, sample.OFFICER)
    assert case(offering, case_id).outcome == "granted"


def test_a_tolerance_that_expires_is_told_and_leaves_only_a_refusal(
    offering: ServiceHarness,
) -> None:
    case_id = accept(offering, "tenancy")
    offering.at(day(6, 0))
    offering.settle()
    assert [one.materials for one in told(offering, ToleranceEnded)] == [("employment",)]
    with pytest.raises(MaterialsOutstanding):
        offering.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
    refusal = DecideCase(case_id=case_id, outcome="refused", reasons="劳动合同未在期限内补交")
    offering.execute(refusal, sample.OFFICER)
    found = case(offering, case_id)
    assert (found.outcome, found.remedies) == ("refused", REMEDIES)


def test_nothing_is_taken_for_a_case_that_does_not_await_it(offering: ServiceHarness) -> None:
    case_id = accept(offering, "tenancy", "employment")
    with pytest.raises(NotAwaited):
        offering.execute(sample.attachment(case_id, "tenancy"), sample.APPLICANT)
    request = RequestSupplement(case_id=case_id, missing=("租赁合同缺页",))
    offering.execute(request, sample.OFFICER)
    offering.execute(sample.attachment(case_id, "tenancy"), sample.APPLICANT)
    supplement = SupplementCase(case_id=case_id, answers={"租赁合同缺页": "已重新上传"})
    offering.execute(supplement, sample.APPLICANT)
    assert case(offering, case_id).state == "accepted"


# Procedures


def test_a_case_is_decided_when_another_organ_gave_its_review(offering: ServiceHarness) -> None:
    case_id = sample.apply(offering, "tenancy", "employment")
    offering.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    grant = DecideCase(case_id=case_id, outcome="granted")
    with pytest.raises(StepsOutstanding) as refusal:
        offering.execute(grant, sample.OFFICER)
    assert "参保情况核查" in refusal.value.sentences["zh"]
    review = sample.review_asked(offering)
    opinion = GiveReview(review_id=review, opinion="agree", note="参保满六个月")
    with pytest.raises(NotAllowed):
        offering.execute(opinion, sample.OFFICER)
    with pytest.raises(NotTheStepsRole):
        offering.execute(opinion, replace(sample.COLLEAGUE, roles=("leader",)))
    offering.execute(opinion, sample.COLLEAGUE)
    with pytest.raises(ReviewOver):
        offering.execute(opinion, sample.COLLEAGUE)
    offering.execute(grant, sample.OFFICER)
    steps = {one.step: (one.state, one.opinion) for one in case(offering, case_id).steps}
    assert steps["insurance"] == ("done", "agree")
    assert steps["decide"] == ("done", None)


def test_a_branch_that_a_case_does_not_take_is_left_out(offering: ServiceHarness) -> None:
    case_id = accept(offering, "tenancy", "employment")
    reviews = ReviewsOfOrgan(division=sample.COUNTY, organ=sample.JOINT)
    assert offering.execute(reviews, sample.COLLEAGUE).reviews == ()
    steps = {one.step: one.state for one in case(offering, case_id).steps}
    assert (steps["insurance"], steps["decide"]) == ("left_out", "open")


def test_a_review_of_a_case_that_ended_is_needed_no_more(offering: ServiceHarness) -> None:
    case_id = sample.apply(offering, "tenancy", "employment")
    offering.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    review = sample.review_asked(offering)
    offering.execute(WithdrawCase(case_id=case_id, reason="不办了"), sample.APPLICANT)
    order = GiveReview(review_id=review, opinion="agree", note="属实")
    with pytest.raises(ReviewOver):
        offering.execute(order, sample.COLLEAGUE)


def test_what_is_not_accepted_has_reasons_and_remedies(offering: ServiceHarness) -> None:
    case_id = sample.apply(offering, "tenancy")
    decline = DeclineCase(case_id=case_id, reasons="不属于本机关职权范围")
    offering.execute(decline, sample.OFFICER)
    found = case(offering, case_id)
    assert (found.state, found.reasons, found.remedies) == (
        "declined",
        "不属于本机关职权范围",
        REMEDIES,
    )
    with pytest.raises(CaseInWrongState):
        offering.execute(AcceptCase(case_id=case_id), sample.OFFICER)


def test_two_officials_decide_a_case_once(offering: ServiceHarness) -> None:
    case_id = accept(offering, "tenancy", "employment")
    version = case(offering, case_id).version
    grant = DecideCase(case_id=case_id, outcome="granted", expected_version=version)
    refuse = replace(grant, outcome="refused", reasons="材料不实")
    offering.execute(grant, sample.OFFICER)
    with pytest.raises(Conflict):
        offering.execute(refuse, replace(sample.OFFICER, id="officer.second"))
    assert case(offering, case_id).outcome == "granted"
    assert len(decided(offering)) == 1


def test_a_deadline_beyond_the_published_calendar_is_told_as_provisional(
    government: ServiceHarness,
) -> None:
    sample.offer(government)
    government.at(datetime(LAST_CALENDAR_YEAR, 12, 31, 10, tzinfo=CHINA))
    case_id = accept(government, "tenancy", "employment")
    assert case(government, case_id).provisional


# By rule


def test_a_rule_accepts_and_decides_at_once_and_explains_itself(
    government: ServiceHarness,
) -> None:
    sample.offer(government, sample.AT_ONCE)
    case_id = sample.apply(government)
    found = case(government, case_id)
    assert (found.state, found.outcome, found.handler) == ("decided", "granted", None)
    assert found.explanation is not None
    assert (found.explanation.reason, found.explanation.row) == ("居住满六个月", 1)
    assert found.explanation.looked_at == {"居住月数": 8}
    (event,) = decided(government)
    assert (event.by_rule, event.minutes, event.materials_reused) == (True, 0, 0)


def test_a_refusal_by_rule_has_its_reason_and_the_remedies(government: ServiceHarness) -> None:
    sample.offer(government, sample.AT_ONCE)
    case_id = sample.apply(government, answers={**sample.ANSWERS, "months": 5})
    found = case(government, case_id)
    assert (found.outcome, found.reasons) == (
        "refused",
        "居住未满六个月（《居住证暂行条例》第二条）",
    )
    assert found.remedies == REMEDIES


def test_a_rule_that_cannot_be_asked_leaves_the_application_as_it_was(
    government: ServiceHarness,
) -> None:
    sample.offer(government, sample.AT_ONCE)
    made = sample.open_application(government)
    government.at(MONDAY + timedelta(days=1))

    def refuse(order: FetchSharedData) -> SharedFacts:
        raise NotAllowed(action=order.NAME)

    government.remote[FetchSharedData] = refuse
    order = SubmitApplication(application_id=made, answers=sample.ANSWERS)
    with pytest.raises(NotAllowed):
        government.execute(order, sample.APPLICANT)
    government.remote[FetchSharedData] = sample.share
    government.execute(order, sample.APPLICANT)
    assert case(government, made).outcome == "granted"


def test_what_nobody_decides_in_time_is_granted_where_the_item_says_so(
    government: ServiceHarness,
) -> None:
    content = {**sample.DEFINITION.dump(), "deemed_approval": True}
    sample.offer(government, ItemDefinition.load(content))
    case_id = accept(government, "tenancy", "employment")
    government.at(day(9, 23))
    government.settle()
    assert case(government, case_id).state == "accepted"
    government.at(day(10, 0))
    government.settle()
    found = case(government, case_id)
    assert (found.state, found.outcome) == ("decided", "granted")
    assert found.explanation is not None
    assert found.explanation.reason == DEEMED
    (event,) = decided(government)
    assert (event.by_rule, event.in_time) == (True, False)
