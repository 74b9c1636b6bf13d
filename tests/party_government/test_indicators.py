"""The formulas of the indicators, without a database."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.party_government.domain.indicators import (
    INDICATORS,
    Mean,
    Percent,
    Percentile,
    Rollup,
    Total,
    nearest_rank,
    roll_up,
)
from shared.contracts.party_government import Indicator

observations = st.lists(st.integers(0, 50), max_size=60)
leaves = st.lists(
    st.tuples(
        st.sampled_from(["cases_decided", "case_minutes"]),
        st.integers(0, 1000),
        st.dictionaries(st.integers(0, 9).map(str), st.integers(0, 20), max_size=5),
    ),
    max_size=20,
)


@given(observations, st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_observations_do_not_exceed(
    observed: list[int], percent: int
) -> None:
    enough = [
        value
        for value in observed
        if sum(other <= value for other in observed) * 100 >= percent * len(observed)
    ]
    assert nearest_rank(Counter(observed), percent) == min(enough, default=None)


@given(observations.filter(bool), st.integers(1, 100))
def test_a_percentile_is_the_observation_at_its_rank(observed: list[int], percent: int) -> None:
    rank = math.ceil(percent * len(observed) / 100)
    assert nearest_rank(Counter(observed), percent) == sorted(observed)[rank - 1]


def test_the_median_of_an_even_number_of_observations_was_observed() -> None:
    assert nearest_rank({10: 1, 20: 1}, 50) == 10


def test_a_value_that_was_taken_back_is_no_observation() -> None:
    assert nearest_rank({5: 0, 7: 1}, 1) == 7


@given(leaves, leaves)
def test_a_rollup_is_the_sum_of_the_rollups_of_its_parts(
    one: list[tuple[str, int, dict[str, int]]], other: list[tuple[str, int, dict[str, int]]]
) -> None:
    whole, first, second = roll_up([*one, *other]), roll_up(one), roll_up(other)
    for measure, rollup in whole.items():
        left, right = first.get(measure, Rollup()), second.get(measure, Rollup())
        assert rollup.value == left.value + right.value
        assert +rollup.distribution == +left.distribution + +right.distribution


def test_a_percentage_is_of_the_sums_and_not_the_mean_of_percentages() -> None:
    rollups = roll_up([("part", 1, {}), ("whole", 1, {}), ("part", 0, {}), ("whole", 9, {})])
    assert Percent("part", "whole").compute(rollups) == 10.0


def test_a_mean_weighs_every_observation_alike() -> None:
    rollups = roll_up([("grades", 5, {"5": 1}), ("grades", 9, {"3": 3})])
    assert Mean("grades").compute(rollups) == 3.5


@pytest.mark.parametrize("formula", [Percent("a", "b"), Percentile("a", 95), Mean("a")])
def test_where_there_is_nothing_to_measure_there_is_no_value(
    formula: Percent | Percentile | Mean,
) -> None:
    assert formula.compute({}) is None
    assert formula.compute(roll_up([("a", 0, {}), ("b", 0, {})])) is None


def test_a_count_of_nothing_is_nought() -> None:
    assert Total("a").compute({}) == 0.0


def test_formulas_read_as_they_compute() -> None:
    assert str(Percent("a", "b")) == "ratio(a, b) * 100"
    assert str(Percentile("a", 50)) == "median(a)"
    assert str(Percentile("a", 95)) == "percentile(a, 95)"
    assert str(Mean("a")) == "mean(a)"
    assert str(Total("a")) == "total(a)"


def test_every_indicator_fits_its_contract() -> None:
    for code, one in INDICATORS.items():
        shown = Indicator(
            code=code,
            name_zh=one.name_zh,
            name_en=one.name_en,
            unit=one.unit,
            value=one.formula.compute({}),
            formula=str(one.formula),
        )
        assert Indicator.load(shown.dump()) == shown
