"""Which division follows which in a merger."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.divisions import (
    ZHEJIANG_COUNTIES,
    Level,
    Succession,
    counties_on,
    level_of,
    up_to,
)

MERGER = Succession.of(
    (
        ("330103", "330105"),
        ("330104", "330102"),
        ("330104", "330114"),
        ("330109", "330109"),
        ("330109", "330114"),
        ("330104010", "330114001"),
        ("330109008", "330114003"),
    )
)
codes = st.sampled_from(["330103", "330104", "330109", "330106"]).flatmap(
    lambda county: st.sampled_from(["", "008", "010", "010001", "001001"]).map(county.__add__)
)


@pytest.mark.parametrize(
    ("code", "successor", "certain"),
    [
        ("330103", "330105", True),
        ("330104", "330102", False),
        ("330104010", "330114001", True),
        ("330104010003", "330114001003", True),
        ("330109", "330109", False),
        ("330109008", "330114003", True),
        ("330106", "330106", True),
        ("3301", "3301", True),
    ],
)
def test_the_lowest_division_on_record_decides(code: str, successor: str, certain: bool) -> None:
    assert MERGER.successor(code) == successor
    assert MERGER.is_certain(code) is certain


def test_all_possible_successors_are_named() -> None:
    assert MERGER.successors("330104") == ("330102", "330114")
    assert MERGER.successors("330104010") == ("330114001",)
    assert MERGER.successors("330106") == ("330106",)


def test_what_goes_on_has_not_left() -> None:
    assert MERGER.left() == ("330103", "330104", "330104010", "330109008")


@given(codes)
def test_a_successor_is_of_the_same_level_and_stays_where_it_is(code: str) -> None:
    successor = MERGER.successor(code)
    assert level_of(successor) is level_of(code)
    assert MERGER.successor(successor) == successor


@given(codes)
def test_who_has_left_is_below_a_code_that_left(code: str) -> None:
    left = any(code.startswith(gone) for gone in MERGER.left())
    assert (MERGER.successor(code) != code) is left


def test_a_division_is_cut_to_a_level() -> None:
    assert up_to("330106001001", Level.TOWNSHIP) == "330106001"
    assert up_to("330106001", Level.COUNTY) == "330106"
    assert up_to("3301", Level.COUNTY) == "3301"


def test_the_counties_of_a_day_are_those_that_had_begun_and_not_ended() -> None:
    assert counties_on(date(2021, 4, 9)) == ZHEJIANG_COUNTIES
    before = set(counties_on(date(2021, 4, 8)))
    assert before - set(ZHEJIANG_COUNTIES) == {"330103", "330104"}
    assert set(ZHEJIANG_COUNTIES) - before == {"330113", "330114"}
    assert "330383" not in counties_on(date(2019, 8, 15))
