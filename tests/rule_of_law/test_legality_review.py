"""The legality review of what organs mean to issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.rule_of_law.domain import FindingsMissing, ReviewAnswered
from services.rule_of_law.service import RuleOfLaw
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.party_government import LegalityReviewRequested
from shared.contracts.rule_of_law import (
    AnswerLegalityReview,
    Finding,
    LegalityReviewed,
    LegalityReviewsOfOrgan,
)
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness

REVIEWER = Principal("reviewer", "official", "3301", "3301-justice", ("legal_reviewer",))
DUE = datetime(2021, 3, 8, 23, 59, 59, tzinfo=CHINA)
ASKED = LegalityReviewRequested(
    directive_id="d1",
    round=1,
    organ="3301-government",
    title="关于做好防汛工作的通知",
    text="各区、县（市）人民政府：……",
    basis="浙江省防汛防台抗旱条例",
    due=DUE,
)
LAWFUL = AnswerLegalityReview(review_id="d1.1", opinion="lawful")


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    service = make_service(RuleOfLaw)
    service.move_calendar(datetime(2021, 3, 1, 9, tzinfo=CHINA))
    service.deliver(ASKED, division="3301")
    return service


def asked_of(harness: ServiceHarness, reviewer: Principal, open_only: bool = True) -> list[Any]:
    query = LegalityReviewsOfOrgan(organ=reviewer.organ, open_only=open_only)
    return list(harness.execute(query, reviewer).reviews)


def test_a_draft_comes_before_the_justice_bureau_of_its_division(harness: ServiceHarness) -> None:
    (review,) = asked_of(harness, REVIEWER)
    assert (review.text, review.due, review.overdue) == (ASKED.text, DUE, False)
    harness.move_calendar(datetime(2021, 3, 9, tzinfo=CHINA))
    assert asked_of(harness, REVIEWER)[0].overdue


def test_what_a_township_drafts_is_reviewed_by_its_county(harness: ServiceHarness) -> None:
    harness.deliver(replace(ASKED, directive_id="d2"), division="330106001")
    county = replace(REVIEWER, division="330106", organ="330106-justice")
    assert [one.directive_id for one in asked_of(harness, county)] == ["d2"]


def test_an_answer_is_told_with_its_round_and_given_once(harness: ServiceHarness) -> None:
    findings = (Finding(clause="第三条", problem="设定了行政处罚", basis="行政处罚法第十六条"),)
    order = AnswerLegalityReview(review_id="d1.1", opinion="unlawful", findings=findings)
    harness.execute(order, REVIEWER)
    (told,) = harness.told(LegalityReviewed)
    assert (told.directive_id, told.round, told.opinion) == ("d1", 1, "unlawful")
    assert told.findings == findings
    assert asked_of(harness, REVIEWER) == []
    assert asked_of(harness, REVIEWER, open_only=False)[0].opinion == "unlawful"
    with pytest.raises(ReviewAnswered):
        harness.execute(LAWFUL, REVIEWER)


def test_whoever_finds_a_text_wanting_says_why(harness: ServiceHarness) -> None:
    with pytest.raises(FindingsMissing):
        harness.execute(replace(LAWFUL, opinion="to_be_changed"), REVIEWER)
    assert harness.told(LegalityReviewed) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(REVIEWER, organ="3302-justice", division="3302"),
        replace(REVIEWER, roles=("case_officer",)),
    ],
)
def test_another_bureau_or_another_role_reviews_nothing(
    harness: ServiceHarness, other: Principal
) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(LAWFUL, other)
