"""Levels and lineage of division codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.divisions import Level, contains, level_of, lineage, parent_of

codes = st.sampled_from([2, 4, 6, 9, 12]).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length)
)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("33", Level.PROVINCE),
        ("3301", Level.CITY),
        ("330106", Level.COUNTY),
        ("330106001", Level.TOWNSHIP),
        ("330106001001", Level.VILLAGE),
    ],
)
def test_a_codes_length_tells_its_level(code: str, level: Level) -> None:
    assert level_of(code) is level


@pytest.mark.parametrize(
    "text", ["", "3", "330", "33010", "3301060", "33010a", "３３", "33²1", " 33"]
)
def test_what_is_no_division_code_is_refused(text: str) -> None:
    for read in (level_of, parent_of, lineage):
        with pytest.raises(ValueError):
            read(text)
    with pytest.raises(ValueError):
        contains("33", text)
    with pytest.raises(ValueError):
        contains(text, "33")


def test_a_village_descends_from_township_county_city_and_province() -> None:
    assert lineage("330106001001") == ("330106001001", "330106001", "330106", "3301", "33")


def test_a_province_has_no_parent() -> None:
    assert parent_of("33") is None
    assert lineage("33") == ("33",)


@given(codes)
def test_lineage_is_the_parents_one_after_the_other(code: str) -> None:
    chain = lineage(code)
    assert chain[0] == code
    assert [parent_of(each) for each in chain] == [*chain[1:], None]
    assert [level_of(each) for each in chain] == list(range(level_of(code), 0, -1))


@given(codes, codes)
def test_a_division_contains_exactly_those_it_is_in_the_lineage_of(one: str, other: str) -> None:
    assert contains(one, other) == (one in lineage(other))
    assert all(contains(above, one) for above in lineage(one))
