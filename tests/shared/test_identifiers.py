"""Resident numbers, credit codes and organisation codes against published examples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import identifiers

digits6 = st.text("0123456789", min_size=6, max_size=6)
organisation_bodies = st.text(
    identifiers.CREDIT_CODE_ALPHABET.replace("X", ""), min_size=8, max_size=8
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_the_standard_are_valid_resident_numbers(number: str) -> None:
    assert identifiers.resident_number_fault(number) is None


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", "length"),
        ("110105491231002", "length"),
        ("11010519491231002X ", "length"),
        ("11010519491231002x", "characters"),
        ("1101051949123100X2", "characters"),
        ("１１0105194912310029", "characters"),
        ("110105194902300025", "birth_date"),
        ("110105000001010025", "birth_date"),
        ("110105194912310021", "check_digit"),
        ("110105194912310202", "check_digit"),
    ],
)
def test_each_fault_of_a_resident_number_has_its_own_slug(number: str, fault: str) -> None:
    assert identifiers.resident_number_fault(number) == fault


@given(digits6, st.dates(), st.integers(1, 999))
def test_a_resident_number_gives_back_what_it_was_made_from(
    division: str, birth: date, sequence: int
) -> None:
    number = identifiers.resident_number_from(division, birth, sequence)
    assert identifiers.resident_number_fault(number) is None
    assert identifiers.birth_date_of(number) == birth
    assert identifiers.sex_of(number) == ("male" if sequence % 2 else "female")
    assert identifiers.first_registered_division(number) == division


@given(digits6, st.dates(), st.integers(1, 999), st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_of_a_resident_number_goes_unnoticed(
    division: str, birth: date, sequence: int, place: int, shift: int
) -> None:
    number = identifiers.resident_number_from(division, birth, sequence)
    wrong = str((int(number[place]) + shift) % 10)
    assert identifiers.resident_number_fault(number[:place] + wrong + number[place + 1 :])


def test_an_abolished_division_makes_no_resident_number_invalid() -> None:
    number = identifiers.resident_number_from("330104", date(1980, 2, 29), 998)
    assert identifiers.resident_number_fault(number) is None
    assert identifiers.first_registered_division(number) == "330104"


@pytest.mark.parametrize(
    ("division", "sequence"), [("33010", 1), ("33010a", 1), ("330104", 0), ("330104", 1000)]
)
def test_no_resident_number_is_made_of_parts_that_do_not_fit(division: str, sequence: int) -> None:
    with pytest.raises(ValueError):
        identifiers.resident_number_from(division, date(1980, 1, 1), sequence)


def test_the_parts_of_an_invalid_number_are_refused_without_repeating_it() -> None:
    for read in (
        identifiers.birth_date_of,
        identifiers.sex_of,
        identifiers.first_registered_division,
    ):
        with pytest.raises(ValueError) as refused:
            read("110105194912310021")
        assert "1949" not in str(refused.value)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_published_credit_codes_are_valid(code: str) -> None:
    assert identifiers.credit_code_fault(code) is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91350100M000100Y4", "length"),
        ("91350100m000100y43", "characters"),
        ("9135O100M000100Y43", "characters"),
        ("91350100M0001I0Y43", "characters"),
        ("913501A0M000100Y43", "characters"),
        ("91350100M000100Y44", "check_digit"),
        ("91350100M000010Y43", "check_digit"),
    ],
)
def test_each_fault_of_a_credit_code_has_its_own_slug(code: str, fault: str) -> None:
    assert identifiers.credit_code_fault(code) == fault


def test_a_department_or_category_written_with_a_letter_is_accepted() -> None:
    code = identifiers.credit_code_from(
        "N", "2", "330110", identifiers.organisation_code_from("MF000001")
    )
    assert identifiers.credit_code_fault(code) is None


@given(st.sampled_from("159Y"), st.sampled_from("1239"), digits6, organisation_bodies)
def test_a_credit_code_made_of_its_parts_is_valid(
    department: str, category: str, division: str, body: str
) -> None:
    body9 = identifiers.organisation_code_from(body)
    code = identifiers.credit_code_from(department, category, division, body9)
    assert identifiers.credit_code_fault(code) is None
    assert code.startswith(department + category + division + body9)


@pytest.mark.parametrize(
    "parts",
    [
        ("91", "", "330106", "PDY000015"),
        ("9", "1", "33010", "PDY0000153"),
        ("9", "1", "330106", "PDY00001"),
        ("9", "1", "330106", "PDYO00015"),
    ],
)
def test_no_credit_code_is_made_of_parts_that_do_not_fit(parts: tuple[str, str, str, str]) -> None:
    with pytest.raises(ValueError):
        identifiers.credit_code_from(*parts)


@pytest.mark.parametrize(
    ("body", "code"),
    [("M000100Y", "M000100Y4"), ("60003734", "600037341"), ("D2143569", "D2143569X")],
)
def test_an_organisation_code_ends_in_its_check_character(body: str, code: str) -> None:
    assert identifiers.organisation_code_from(body) == code


def test_no_organisation_code_is_made_of_a_body_that_does_not_fit() -> None:
    with pytest.raises(ValueError):
        identifiers.organisation_code_from("m000100y")
