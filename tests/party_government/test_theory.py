"""Concepts, topics, practices with computed evidence, and the best applications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.party_government.commands.indicators import put_in_force
from services.party_government.domain.practices import (
    AdoptedAlready,
    AlreadyDefined,
    InWrongState,
    NoSuchConcept,
    NotACounty,
    NothingMeasured,
    OwnPractice,
    ReviewedTooLow,
    TooFewReviews,
    UnfitEvidence,
    UnfitPeriods,
    improvement,
    score_of,
)
from services.party_government.load import steps
from services.party_government.models import KnownOrgan
from services.party_government.service import PartyGovernment
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AdoptionReported,
    AdoptPractice,
    BestApplication,
    BestApplications,
    ConceptDefined,
    Concepts,
    ConcludeTopic,
    DefineConcept,
    DefineIndicator,
    DropTopic,
    EndAdoption,
    Practice,
    Practices,
    ProposeTopic,
    PublishPractice,
    ReportAdoption,
    ReviewPractice,
    ReviseConcept,
    SubmitPractice,
    TraceConcept,
    WithdrawPractice,
)
from shared.errors import NotAllowed
from shared.loading import load
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import MONDAY
from tests.measured import measured

RESEARCHER = Principal("researcher", "official", "33", "33-party_committee", ("researcher",))
FIRST, SECOND, THIRD, FOURTH = "330106", "330203", "330483", "330302"
BEFORE, AFTER, LATER = "2025-10", "2025-11", "2025-12"

DEFINITION = DefineIndicator(
    code="cases_counted",
    division="33",
    organ="33-data_resources",
    name_zh="网上办结件数",
    name_en="cases decided online",
    formula="total(cases_decided)",
    unit="count",
    direction="higher",
)
ELSEWHERE = replace(DEFINITION, code="of_elsewhere", division="330106")


def office(county: str) -> Principal:
    return Principal(
        f"office.{county}", "official", county, f"{county}-government", ("general_office",)
    )


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    """The concepts of the reform, on a day on which the months of 2025 are over."""
    made = make_service(PartyGovernment)
    made.at(MONDAY)
    load(made.runtime, steps(made.runtime.settings))
    made.act(lambda context: put_in_force(DEFINITION, context) and None)
    made.act(lambda context: put_in_force(ELSEWHERE, context) and None)
    return made


def measure(harness: ServiceHarness, county: str, name: str, values: dict[str, int]) -> None:
    """What a township of the county counted in these months."""

    def keep(context: Context) -> None:
        for period, value in values.items():
            measured(context, name, f"{county}001", period, value)

    harness.act(keep)


def submit(harness: ServiceHarness, county: str = FIRST, **of: Any) -> str:
    given = {
        "division": county,
        "concept": "one_thing",
        "title": "企业开办零跑",
        "problem": "多部门多次提交",
        "approach": "一表申请、数据共享",
        "indicators": (DEFINITION.code,),
        "before": BEFORE,
        "after": AFTER,
        "norms": ("《某县企业开办办法》",),
    }
    return harness.execute(SubmitPractice(**{**given, **of}), office(county)).id


def review(harness: ServiceHarness, practice: str, county: str, grade: int = 4) -> None:
    order = ReviewPractice(practice_id=practice, grade=grade, opinion="可复制")
    harness.execute(order, office(county))


def publish(harness: ServiceHarness, practice: str, grade: int = 4) -> None:
    for county in (THIRD, FOURTH):
        review(harness, practice, county, grade)
    harness.execute(PublishPractice(practice_id=practice), RESEARCHER)


def only(harness: ServiceHarness) -> Practice:
    (found,) = harness.execute(Practices(division="33"), RESEARCHER).practices
    return found


# Concepts


def test_every_concept_of_set_up_has_its_source_and_its_place(harness: ServiceHarness) -> None:
    found = harness.execute(Concepts(), RESEARCHER).concepts
    assert [one.code for one in found] == [
        "digital_reform",
        "integrated_governance",
        "one_thing",
        "one_visit",
        "v_model",
    ]
    assert all("《" in one.source and one.norms for one in found)
    assert {one.broader for one in found} <= {None, *(one.code for one in found)}


def test_a_concept_is_defined_once_and_revised_with_a_reason(harness: ServiceHarness) -> None:
    known = harness.execute(TraceConcept(code="v_model"), RESEARCHER).concept
    words = {"definition": "拆解到底，再综合集成。", "source": known.source, "norms": known.norms}
    again = DefineConcept(code="v_model", name_zh="V字模型", name_en="V model", **words)
    with pytest.raises(AlreadyDefined):
        harness.execute(again, RESEARCHER)
    with pytest.raises(NoSuchConcept):
        harness.execute(replace(again, code="new", broader="nothing"), RESEARCHER)
    harness.execute(ReviseConcept(code="v_model", reason="更简洁", **words), RESEARCHER)
    revised = harness.execute(TraceConcept(code="v_model"), RESEARCHER).concept
    assert (revised.edition, revised.definition) == (2, "拆解到底，再综合集成。")
    assert harness.told(ConceptDefined)[-1].reason == "更简洁"


# Topics


def test_a_topic_is_concluded_by_its_organ_and_by_no_other(harness: ServiceHarness) -> None:
    organ = f"{FIRST}-data_resources"
    harness.act(lambda context: context.unit.add(KnownOrgan(id=organ, division=FIRST)) and None)
    topic = harness.execute(
        ProposeTopic(
            division="33", concept="one_thing", title="边界", question="哪些能合并？", organ=organ
        ),
        RESEARCHER,
    ).id
    found = ConcludeTopic(topic_id=topic, finding="同源材料可合并", norms=("《一件事指南》",))
    with pytest.raises(NotAllowed):
        harness.execute(found, office(FIRST))
    harness.execute(found, Principal("researching", "official", FIRST, organ))
    (told,) = harness.execute(TraceConcept(code="one_thing"), RESEARCHER).topics
    assert (told.state, told.finding) == ("concluded", "同源材料可合并")
    with pytest.raises(InWrongState):
        harness.execute(DropTopic(topic_id=topic, reason="重复"), RESEARCHER)


# Practices and their evidence


def test_evidence_is_computed_from_what_was_measured_in_the_county(
    harness: ServiceHarness,
) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15})
    measure(harness, SECOND, "cases_decided", {BEFORE: 1000, AFTER: 1})
    submit(harness)
    (proof,) = only(harness).evidence
    assert (proof.before, proof.after, proof.improvement) == (10.0, 15.0, 50.0)
    assert (proof.name_zh, proof.unit) == ("网上办结件数", "count")


def test_a_whole_year_is_evidence_too(harness: ServiceHarness) -> None:
    measure(harness, FIRST, "cases_decided", {"2024-03": 4, "2024-09": 6, "2025-01": 20})
    submit(harness, before="2024", after="2025")
    (proof,) = only(harness).evidence
    assert (proof.before, proof.after, proof.improvement) == (10.0, 20.0, 100.0)


def test_less_is_better_where_something_takes_time() -> None:
    assert improvement("lower", 200, 100) == 50.0
    assert improvement("lower", 100, 150) == -50.0
    assert improvement("higher", 0, 5) is None


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("2026-03", "2026-04", "before"),  # This month is not over.
        (AFTER, "2026-03", "after"),
        (AFTER, BEFORE, "after"),
        (AFTER, AFTER, "after"),
        ("2024", AFTER, "after"),
    ],
)
def test_periods_that_cannot_be_compared_are_refused(
    harness: ServiceHarness, before: str, after: str, field: str
) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15, "2024-05": 1})
    with pytest.raises(UnfitPeriods) as refusal:
        submit(harness, before=before, after=after)
    assert set(refusal.value.fields) == {field}


def test_what_was_not_measured_proves_nothing(harness: ServiceHarness) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10})
    with pytest.raises(NothingMeasured):
        submit(harness, indicators=("cases_in_time_percent",))
    with pytest.raises(UnfitEvidence):
        submit(harness, indicators=("no_such_indicator",))
    # More cases decided are neither better nor worse.
    with pytest.raises(UnfitEvidence):
        submit(harness, indicators=("cases_decided",))
    with pytest.raises(UnfitEvidence):
        submit(harness, indicators=("goal_digital",))
    with pytest.raises(UnfitEvidence):
        submit(harness, "330203", indicators=(DEFINITION.code, "of_elsewhere"))
    with pytest.raises(NoSuchConcept):
        submit(harness, concept="no_such_concept")
    with pytest.raises(NotACounty):
        submit(harness, "3301")
    assert harness.execute(Practices(division="33"), RESEARCHER).practices == ()


def test_two_other_counties_must_review_a_practice_before_it_is_published(
    harness: ServiceHarness,
) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15})
    practice = submit(harness)
    order = PublishPractice(practice_id=practice)
    with pytest.raises(OwnPractice):
        review(harness, practice, FIRST)
    with pytest.raises(NotACounty):
        review(harness, practice, "3302")
    for grade in (5, 2):
        review(harness, practice, SECOND, grade)
    assert [(one.county, one.grade) for one in only(harness).reviews] == [(SECOND, 2)]
    with pytest.raises(TooFewReviews):
        harness.execute(order, RESEARCHER)
    review(harness, practice, THIRD, 3)
    with pytest.raises(ReviewedTooLow):
        harness.execute(order, RESEARCHER)
    review(harness, practice, FOURTH, 4)
    harness.execute(order, RESEARCHER)
    assert only(harness).state == "published"


def test_a_withdrawn_practice_is_no_example_any_more(harness: ServiceHarness) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15})
    practice = submit(harness)
    publish(harness, practice)
    order = WithdrawPractice(practice_id=practice, reason="数据有误")
    with pytest.raises(NotAllowed):
        harness.execute(order, office(SECOND))
    harness.execute(order, office(FIRST))
    with pytest.raises(InWrongState):
        harness.execute(order, office(FIRST))
    assert best(harness) == []


# Adoption


def adopt(harness: ServiceHarness, practice: str, county: str) -> str:
    order = AdoptPractice(practice_id=practice, division=county, before=BEFORE)
    return harness.execute(order, office(county)).id


def best(harness: ServiceHarness) -> list[BestApplication]:
    return list(harness.execute(BestApplications(division="33"), RESEARCHER).applications)


def test_an_adopting_county_shows_its_own_evidence(harness: ServiceHarness) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15})
    measure(harness, SECOND, "cases_decided", {BEFORE: 100, AFTER: 100, LATER: 130})
    practice = submit(harness)
    with pytest.raises(InWrongState):
        adopt(harness, practice, SECOND)
    publish(harness, practice)
    with pytest.raises(OwnPractice):
        adopt(harness, practice, FIRST)
    adoption = adopt(harness, practice, SECOND)
    with pytest.raises(AdoptedAlready):
        adopt(harness, practice, SECOND)
    with pytest.raises(UnfitPeriods):
        harness.execute(ReportAdoption(adoption_id=adoption, after="2025"), office(SECOND))
    for after, shown in ((AFTER, 0.0), (LATER, 30.0)):
        harness.execute(ReportAdoption(adoption_id=adoption, after=after), office(SECOND))
        assert harness.told(AdoptionReported)[-1].improvement == shown
    (told,) = only(harness).adoptions
    assert (told.division, told.state, told.evidence[0].after) == (SECOND, "reported", 130.0)


def test_the_best_applications_are_those_with_the_best_evidence(harness: ServiceHarness) -> None:
    months = {BEFORE: 10, AFTER: 15, LATER: 30}
    for county in (FIRST, SECOND, THIRD, FOURTH):
        measure(harness, county, "cases_decided", months)
    first, same, strongest = (
        submit(harness, FIRST, title="甲案"),
        submit(harness, FIRST, title="乙案"),
        submit(harness, SECOND, title="丙案", after=LATER),
    )
    for practice in (first, same, strongest):
        publish(harness, practice)
    found = best(harness)
    # Improvements of 50, 50 and 200 %, and grades of 4: 25 + 15, 25 + 15 and 50 + 15.
    assert [(one.place, one.score) for one in found] == [(1, 65.0), (2, 40.0), (2, 40.0)]
    assert found[0].practice_id == strongest
    adoption = adopt(harness, first, SECOND)
    assert [one.score for one in best(harness)] == [65.0, 43.0, 40.0]
    harness.execute(ReportAdoption(adoption_id=adoption, after=LATER), office(SECOND))
    assert [one.score for one in best(harness)] == [65.0, 46.0, 40.0]
    harness.execute(EndAdoption(adoption_id=adoption, reason="不适用"), office(SECOND))
    assert [one.score for one in best(harness)] == [65.0, 40.0, 40.0]
    assert adopt(harness, first, SECOND) == adoption
    assert [one.score for one in best(harness)] == [65.0, 43.0, 40.0]
    shortest = harness.execute(BestApplications(division="33", most=1), RESEARCHER)
    assert [one.practice_id for one in shortest.applications] == [strongest]
    assert "50 × improvement" in shortest.formula


def test_a_score_counts_adoptions_that_improved_something_and_half_of_the_unknown() -> None:
    score = score_of(250.0, [10.0, -5.0, None, 0.0], [5, 5])
    assert (score.improvement, score.adoption, score.review) == (1.0, 0.3, 1.0)
    assert score_of(-20.0, [], []).total == 0.0
    assert score_of(None, [1.0] * 50, [1]).total == 30.0


def test_from_a_concept_one_finds_practice_evidence_and_norms(harness: ServiceHarness) -> None:
    measure(harness, FIRST, "cases_decided", {BEFORE: 10, AFTER: 15})
    practice = submit(harness)
    publish(harness, practice)
    trace = harness.execute(TraceConcept(code="one_thing"), office(SECOND))
    assert trace.concept.name_zh == "一件事"
    assert [one.practice_id for one in trace.practices] == [practice]
    assert trace.practices[0].evidence[0].improvement == 50.0
    assert trace.norms == (*trace.concept.norms, "《某县企业开办办法》")
    assert trace.complete
    above = harness.execute(TraceConcept(code="one_visit"), office(SECOND))
    assert (above.narrower, above.practices) == (("one_thing",), ())
