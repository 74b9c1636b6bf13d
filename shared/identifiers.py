"""Numbers the State gives to people and organisations: their parts, their check digits."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from stdnum.cn import ric, uscc

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015 table 2: no I, O, S, V, Z."""

_RESIDENT_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_CREDIT_CODE = re.compile(f"[{CREDIT_CODE_ALPHABET}]{{2}}[0-9]{{6}}[{CREDIT_CODE_ALPHABET}]{{10}}")
_ORGANISATION_BODY = re.compile(r"[0-9A-Z]{8}")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

ResidentNumberFault = Literal["length", "characters", "birth_date", "check_digit"]
CreditCodeFault = Literal["length", "characters", "check_digit"]
Sex = Literal["male", "female"]


def resident_number_fault(text: str) -> ResidentNumberFault | None:
    """What is wrong with a resident number; None when it is valid (GB 11643-1999 clause 4).

    Only the canonical form is valid: 18 characters, the check character X in upper case. The
    address code is not looked at: it says where the person was first registered, and a division
    abolished since, or one of another province, makes no number invalid.
    """
    if len(text) != 18:
        return "length"
    if not _RESIDENT_NUMBER.fullmatch(text):
        return "characters"
    if _date_or_none(text[6:14]) is None:
        return "birth_date"
    if ric.calc_check_digit(text) != text[-1]:
        return "check_digit"
    return None


def resident_number_from(division6: str, birth: date, sequence: int) -> str:
    """The number of the person registered in this order (GB 11643-1999 clause 4.1).

    `sequence` is 1 to 999, odd for men and even for women. Raises ValueError for a division that
    is not six digits or a sequence out of range.
    """
    if not _SIX_DIGITS.fullmatch(division6):
        raise ValueError(f"a division in a resident number has six digits, not {division6!r}")
    if not 1 <= sequence <= 999:
        raise ValueError(f"a sequence in a resident number is 1 to 999, not {sequence}")
    # strftime would write a year before 1000 with fewer than four digits.
    body = f"{division6}{birth.isoformat().replace('-', '')}{sequence:03}"
    return body + str(ric.calc_check_digit(body + "0"))


def birth_date_of(number: str) -> date:
    """The birth date in a resident number; ValueError if the number is not valid."""
    return date.fromisoformat(_valid_resident_number(number)[6:14])


def sex_of(number: str) -> Sex:
    """The sex in a resident number: the 17th digit is odd for men (GB 11643-1999 clause 4.1.3).

    Raises ValueError if the number is not valid.
    """
    return "male" if int(_valid_resident_number(number)[16]) % 2 else "female"


def first_registered_division(number: str) -> str:
    """The six digits of the county the person was first registered in; maybe abolished since.

    It is no proof of residence, and a code that no table knows is a warning at most, never a
    refusal. Raises ValueError if the number is not valid.
    """
    return _valid_resident_number(number)[:6]


def credit_code_fault(text: str) -> CreditCodeFault | None:
    """What is wrong with a unified social credit code; None when valid (GB 32100-2015 clause 4).

    The registering department and the category may be any character of the alphabet, for both
    lists are extended from time to time; the division must be digits but may be abolished.
    """
    if len(text) != 18:
        return "length"
    if not _CREDIT_CODE.fullmatch(text):
        return "characters"
    if uscc.calc_check_digit(text[:17]) != text[-1]:
        return "check_digit"
    return None


def credit_code_from(department: str, category: str, division6: str, body9: str) -> str:
    """The credit code of these parts and its check character (GB 32100-2015 clauses 4 and 5).

    `department` and `category` are one character each (91 is an enterprise registered by market
    regulation), `body9` the organisation code of GB 11714 with its own check character. Raises
    ValueError if a part does not fit.
    """
    text = f"{department}{category}{division6}{body9}"
    parts_fit = (len(department), len(category), len(division6), len(body9)) == (1, 1, 6, 9)
    if not parts_fit or not _CREDIT_CODE.fullmatch(text + "0"):
        raise ValueError(f"{text!r} does not make up a unified social credit code")
    return text + str(uscc.calc_check_digit(text))


def organisation_code_from(body8: str) -> str:
    """The nine characters of an organisation code: its body and MOD 11 check character.

    GB 11714-1997 clause 2.1. Raises ValueError if the body is not eight digits or capitals.
    """
    if not _ORGANISATION_BODY.fullmatch(body8):
        raise ValueError(f"an organisation code has eight digits or capitals, not {body8!r}")
    weighted = zip(body8, _ORGANISATION_WEIGHTS, strict=True)
    # Base 36 reads a digit as its value and A to Z as 10 to 35, as the standard's table does.
    check = 11 - sum(int(character, 36) * weight for character, weight in weighted) % 11
    return body8 + {10: "X", 11: "0"}.get(check, str(check))


def _valid_resident_number(number: str) -> str:
    fault = resident_number_fault(number)
    if fault is not None:
        # The number itself stays out of the message, which may end up in a log.
        raise ValueError(f"not a resident number: {fault}")
    return number


def _date_or_none(digits8: str) -> date | None:
    try:
        return date.fromisoformat(digits8)
    except ValueError:
        return None
