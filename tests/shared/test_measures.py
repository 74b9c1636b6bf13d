"""At which value a distribution keeps an observation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.party_government.domain.rollups import nearest_rank
from shared.measures import as_kept

minutes = st.integers(0, 2**40)


@given(st.integers(0, 127))
def test_small_values_are_exact(observed: int) -> None:
    assert as_kept(observed) == observed


@given(minutes)
def test_no_value_is_off_by_more_than_a_hundred_and_twenty_eighth(observed: int) -> None:
    assert abs(as_kept(observed) - observed) * 128 <= observed


@given(minutes)
def test_what_is_kept_is_kept_as_itself(observed: int) -> None:
    assert as_kept(as_kept(observed)) == as_kept(observed)


@given(st.lists(minutes, min_size=1, max_size=50), st.integers(1, 100))
def test_a_percentile_of_what_is_kept_is_the_percentile_as_it_is_kept(
    observed: list[int], percent: int
) -> None:
    exact: dict[int, int] = {}
    kept: dict[int, int] = {}
    for one in observed:
        exact[one] = exact.get(one, 0) + 1
        kept[as_kept(one)] = kept.get(as_kept(one), 0) + 1
    found = nearest_rank(exact, percent)
    assert found is not None
    assert nearest_rank(kept, percent) == as_kept(found)


@pytest.mark.parametrize(("days", "values"), [(1, 347), (30, 661), (365, 897)])
def test_a_distribution_of_minutes_stays_short(days: int, values: int) -> None:
    assert len({as_kept(one) for one in range(days * 24 * 60)}) == values
