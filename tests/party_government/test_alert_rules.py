"""What each rule of supervision finds, and what it lets pass."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from services.party_government.domain import alerts
from services.party_government.domain.alerts import (
    PEERS_LEAST,
    RULES,
    Tally,
    Terms,
    UnfitTerms,
    binomial_tail,
    poisson_tail,
)
from shared.clocks import CHINA

MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)
SATURDAY = datetime(2026, 3, 7, 10, tzinfo=CHINA)


def terms(rule: str) -> Terms:
    return RULES[rule].terms


def test_a_case_past_its_promise_is_found() -> None:
    finding = alerts.overdue(terms("overdue"), MONDAY)
    assert finding is not None
    assert "2026-03-02" in RULES["overdue"].why(finding)[0]


@pytest.mark.parametrize(
    ("rung", "found"),
    [("prompted", False), ("urged", False), ("supervised", True), ("criticised", True)],
)
def test_a_duty_is_found_from_the_third_rung_on(rung: str, found: bool) -> None:
    finding = alerts.escalated(terms("escalated"), rung, MONDAY)
    assert (finding is not None) is found


def test_a_decision_without_acceptance_is_found_and_one_with_it_is_not() -> None:
    assert alerts.jumped_step(terms("jumped_step"), None) == {}
    assert alerts.jumped_step(terms("jumped_step"), MONDAY) is None


def test_whoever_accepts_and_decides_is_found_and_two_officials_are_not() -> None:
    later = MONDAY + timedelta(days=1)
    found = alerts.same_hand(terms("same_hand"), "one", MONDAY, "one", later)
    assert found == {"accepted": "2026-03-02", "decided": "2026-03-03"}
    assert alerts.same_hand(terms("same_hand"), "one", MONDAY, "another", later) is None


PEERS = Tally(cases=1000, refused=50, minutes=1000 * 300, squares=1000 * (300**2 + 100**2))
"""One in twenty refused, five hours a case, and a standard deviation of 100 minutes."""


@pytest.mark.parametrize(
    ("cases", "refused", "found"),
    [
        (40, 2, False),  # What is expected.
        (40, 5, False),  # Can happen: the probability is 0.05.
        (40, 12, True),
        (29, 29, False),  # Too few cases to say anything.
        (200, 0, True),  # Far fewer than others is as unusual: 0.95 to the 200th power.
        (100, 0, False),
    ],
)
def test_a_refusal_rate_is_found_that_chance_does_not_explain(
    cases: int, refused: int, found: bool
) -> None:
    finding = alerts.refusal_rate(terms("refusal_rate"), Tally(cases, refused), PEERS)
    assert (finding is not None) is found
    if finding is not None:
        assert f"{cases} 件" in RULES["refusal_rate"].why(finding)[0]


def test_nobody_is_compared_with_too_few_cases_of_others() -> None:
    few = replace(PEERS, cases=PEERS_LEAST - 1, refused=0)
    assert alerts.refusal_rate(terms("refusal_rate"), Tally(500, 500), few) is None
    assert alerts.handling_time(terms("handling_time"), Tally(500, 0, 5, 5), few) is None


def tally(cases: int, mean: int, deviation: int) -> Tally:
    return Tally(cases, 0, cases * mean, cases * (mean**2 + deviation**2))


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (tally(50, 300, 100), False),
        (tally(50, 500, 50), False),  # Surely longer, but not twice.
        (tally(50, 700, 100), True),
        (tally(50, 700, 900), False),  # Twice as long, but it varies so much that it may be chance.
        (tally(50, 10, 5), True),  # In no time at all.
        (tally(29, 700, 100), False),
        (tally(50, 700, 0), True),
    ],
)
def test_a_handling_time_is_found_that_is_far_off_and_surely_so(own: Tally, found: bool) -> None:
    finding = alerts.handling_time(terms("handling_time"), own, PEERS)
    assert (finding is not None) is found


def test_where_no_handling_time_varies_the_finding_can_still_be_kept_as_json() -> None:
    same = tally(200, 300, 0)
    finding = alerts.handling_time(terms("handling_time"), tally(50, 900, 0), same)
    assert finding is not None
    assert math.isfinite(finding["errors"])


@pytest.mark.parametrize(
    ("at", "readings", "found"),
    [
        (MONDAY, 50, False),
        (MONDAY.replace(hour=19), 50, False),  # Within two hours after work.
        (MONDAY.replace(hour=20), 2, False),  # Once or twice somebody finishes a case.
        (MONDAY.replace(hour=20), 3, True),
        (MONDAY.replace(hour=3), 3, True),
        (SATURDAY, 3, True),
        (datetime(2026, 10, 1, 10, tzinfo=CHINA), 3, True),  # National Day.
        (datetime(2026, 10, 10, 10, tzinfo=CHINA), 3, False),  # A Saturday worked for it.
    ],
)
def test_readings_outside_working_hours_are_found_by_the_official_calendar(
    at: datetime, readings: int, found: bool
) -> None:
    finding = alerts.reading_after_hours(terms("reading_after_hours"), at, readings)
    assert (finding is not None) is found


@pytest.mark.parametrize(
    ("subjects", "peer_days", "peer_subjects", "found"),
    [
        (20, 100, 1500, False),  # Fifteen a day is usual.
        (30, 100, 1500, False),  # Twice that happens.
        (60, 100, 1500, True),
        (60, 29, 435, False),  # Too little is known of others.
        (19, 100, 100, False),  # Too few to say anything.
        (20, 100, 0, True),
    ],
)
def test_far_more_subjects_than_others_read_are_found(
    subjects: int, peer_days: int, peer_subjects: int, found: bool
) -> None:
    finding = alerts.many_subjects(
        terms("many_subjects"), date(2026, 3, 2), subjects, peer_days, peer_subjects
    )
    assert (finding is not None) is found


def test_the_tails_are_those_of_the_distributions() -> None:
    binomial = sum(math.comb(20, k) * 0.3**k * 0.7 ** (20 - k) for k in range(9, 21))
    assert binomial_tail(9, 20, 0.3) == pytest.approx(binomial)
    assert binomial_tail(0, 20, 0.3) == 1.0
    assert binomial_tail(20, 20, 0.3) == pytest.approx(0.3**20)
    poisson = 1 - sum(math.exp(-4.5) * 4.5**k / math.factorial(k) for k in range(8))
    assert poisson_tail(8, 4.5) == pytest.approx(poisson)
    assert poisson_tail(2, 4.5) == pytest.approx(1 - math.exp(-4.5) * 5.5)
    assert poisson_tail(3, 0) == 0.0


@pytest.mark.parametrize("cases", [30, 3_000, 100_000])
def test_a_tail_is_a_probability_however_many_cases(cases: int) -> None:
    for refused in (0, cases // 20, cases // 2, cases):
        assert 0.0 <= binomial_tail(refused, cases, 0.05) <= 1.0


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [("refusal_rate", 0.5), ("refusal_rate", -0.1), ("reading_after_hours", 900.0)],
)
def test_a_threshold_that_makes_no_sense_is_refused(rule: str, threshold: float) -> None:
    with pytest.raises(UnfitTerms):
        RULES[rule].tuned(enabled=True, threshold=threshold, least=None)


def test_every_rule_says_its_reason_in_both_languages_and_what_its_numbers_mean() -> None:
    for rule in RULES.values():
        assert not rule.because_zh.isascii()
        assert rule.because_en.isascii() or "“" in rule.because_en
        assert rule.threshold_means
        assert rule.least_means
        assert 0 <= rule.terms.threshold < rule.most
