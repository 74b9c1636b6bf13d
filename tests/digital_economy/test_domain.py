"""Whom a policy fits, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.digital_economy.domain import (
    Criterion,
    EnterpriseFacts,
    PolicyTerms,
    UnfitPolicyTerms,
    match_id_of,
    matches,
    policy_id_of,
    require_sound,
)
from services.digital_economy.load import EXAMPLES
from services.digital_economy.models import Policy
from shared.contracts.digital_economy import PolicyMatched

TODAY = date(2026, 3, 2)
FACTS = EnterpriseFacts(
    division="330106001",
    industry="软件和信息技术服务业",
    registered_capital=1_000_000_00,
    established=date(2026, 3, 1),
)


def terms(*criteria: Criterion, division: str = "33") -> PolicyTerms:
    return PolicyTerms(division, date(2026, 1, 1), date(2026, 12, 31), criteria)


def criterion(test: str, value: str) -> Criterion:
    return Criterion(test, value, "第三条")


@pytest.mark.parametrize(
    ("test", "value", "fits"),
    [
        ("division_within", "330106", True),
        ("division_within", "330106001", True),
        ("division_within", "330110", False),
        ("division_within", "330106001001", False),
        ("industry_is", "软件和信息技术服务业", True),
        ("industry_is", "软件", False),
        ("capital_at_most", "100000000", True),
        ("capital_at_most", "99999999", False),
        ("capital_at_least", "100000000", True),
        ("capital_at_least", "100000001", False),
        ("age_at_most", "1", True),
        ("age_at_most", "0", False),
    ],
)
def test_each_criterion_holds_up_to_its_bound(test: str, value: str, fits: bool) -> None:
    reasons = matches(terms(criterion(test, value)), FACTS, TODAY)
    assert (reasons is not None) is fits


def test_every_reason_cites_its_clause() -> None:
    policy = terms(
        Criterion("division_within", "3301", "第二条"),
        Criterion("age_at_most", "365", "第三条第（二）项"),
    )
    assert matches(policy, FACTS, TODAY) == [
        "第二条：登记地 330106001 属于 3301 / seat 330106001 lies within 3301",
        "第三条第（二）项：成立 1 天，不超过 365 天 / established 1 days ago, at most 365 days",
    ]


def test_amounts_are_read_in_yuan() -> None:
    (reason,) = matches(terms(criterion("capital_at_most", "500000050")), FACTS, TODAY) or []
    assert "1,000,000 元，不超过 5,000,000.50 元" in reason


def test_one_criterion_that_is_not_met_is_enough_to_refuse() -> None:
    met, unmet = criterion("division_within", "33"), criterion("industry_is", "纺织")
    assert matches(terms(met, unmet), FACTS, TODAY) is None


def test_a_policy_reaches_no_further_than_its_own_division() -> None:
    rich = criterion("capital_at_least", "0")
    assert matches(terms(rich, division="330106"), FACTS, TODAY) is not None
    assert matches(terms(rich, division="330110"), FACTS, TODAY) is None


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_policy_is_in_force_from_its_first_to_its_last_day(day: date, fits: bool) -> None:
    policy = terms(criterion("industry_is", FACTS.industry))
    assert (matches(policy, FACTS, day) is not None) is fits


def test_an_enterprise_of_tomorrow_has_no_age_today() -> None:
    unborn = replace(FACTS, established=TODAY + timedelta(days=1))
    assert matches(terms(criterion("age_at_most", "365")), unborn, TODAY) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_capital_fits_at_most_or_at_least_a_bound_and_both_only_on_it(
    capital: int, bound: int
) -> None:
    facts = replace(FACTS, registered_capital=capital)
    at_most = matches(terms(criterion("capital_at_most", str(bound))), facts, TODAY)
    at_least = matches(terms(criterion("capital_at_least", str(bound))), facts, TODAY)
    assert at_most is not None or at_least is not None
    assert (at_most is not None and at_least is not None) is (capital == bound)


@pytest.mark.parametrize(
    ("test", "value", "fault"),
    [
        ("capital_at_most", "一百万", "Expected digits only."),
        ("capital_at_least", "-1", "Expected digits only."),
        ("age_at_most", "٣٦٥", "Expected digits only."),
        ("division_within", "西湖区", "Expected digits only."),
        ("division_within", "330", "Not a division code."),
        ("division_within", "3302", "Lies outside the policy's own division."),
    ],
)
def test_a_criterion_that_could_never_be_met_is_refused(test: str, value: str, fault: str) -> None:
    sound = criterion("industry_is", "纺织")
    with pytest.raises(UnfitPolicyTerms) as refused:
        require_sound(terms(sound, criterion(test, value), division="3301"))
    assert refused.value.fields == {"criteria": {"1": {"value": [fault]}}}


def test_all_faults_are_told_at_once() -> None:
    unfit = replace(terms(criterion("age_at_most", "x")), valid_to=date(2025, 1, 1))
    with pytest.raises(UnfitPolicyTerms) as refused:
        require_sound(unfit)
    assert set(refused.value.fields) == {"valid_to", "criteria"}


def test_the_example_policies_are_sound_and_say_that_they_are_examples() -> None:
    for order in EXAMPLES:
        require_sound(
            PolicyTerms(
                order.division,
                order.valid_from,
                order.valid_to,
                tuple(Criterion(c.test, c.value, c.clause) for c in order.criteria),
            )
        )
        assert "示例" in order.title
        assert "示例" in order.number
    assert len({policy_id_of(order.number) for order in EXAMPLES}) == len(EXAMPLES)


@given(st.text(min_size=1, max_size=100), st.text("abcdef0123456789", min_size=64, max_size=64))
def test_the_longest_match_id_fits_its_column_and_its_contract(
    number: str, enterprise_id: str
) -> None:
    match_id = match_id_of(policy_id_of(number), enterprise_id)
    assert len(match_id) <= Policy.__table__.c.id.type.length
    event = PolicyMatched(
        match_id=match_id,
        policy_id=policy_id_of(number),
        enterprise_id=enterprise_id,
        reasons=("r",),
    )
    assert PolicyMatched.load(event.dump()) == event
