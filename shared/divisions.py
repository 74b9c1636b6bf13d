"""Codes of administrative divisions: their level and their place in the tree, from the code alone.

A code is the significant prefix of the official one: province 2 digits, city 4, county 6
(GB/T 2260), township 9 (GB/T 10114), village 12 (the statistical codes built on both).
"""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """The five levels of administrative divisions, the province highest."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


_LENGTHS = (2, 4, 6, 9, 12)
_LEVEL_BY_LENGTH = dict(zip(_LENGTHS, Level, strict=True))

_COUNTIES_OF_CITIES = {
    "3301": "02 05 06 08 09 10 11 12 13 14 22 27 82",
    "3302": "03 05 06 11 12 13 25 26 81 82",
    "3303": "02 03 04 05 24 26 27 28 29 81 82 83",
    "3304": "02 11 21 24 81 82 83",
    "3305": "02 03 21 22 23",
    "3306": "02 03 04 24 81 83",
    "3307": "02 03 23 26 27 81 82 83 84",
    "3308": "02 03 22 24 25 81",
    "3309": "02 03 21 22",
    "3310": "02 03 04 22 23 24 81 82 83",
    "3311": "02 21 22 23 24 25 26 27 81",
}
ZHEJIANG_COUNTIES = tuple(
    city + county for city, counties in _COUNTIES_OF_CITIES.items() for county in counties.split()
)
"""The codes of Zhejiang's 90 districts, county-level cities and counties as in force since
2021-04-09, when Hangzhou's districts were redrawn (GB/T 2260)."""


def level_of(code: str) -> Level:
    """The level that a code's length tells; ValueError if it is no code of a division."""
    level = _LEVEL_BY_LENGTH.get(len(code))
    # `isdigit` alone would also take digits of other scripts.
    if level is None or not (code.isascii() and code.isdigit()):
        raise ValueError(f"{code!r} is not the code of an administrative division")
    return level


def parent_of(code: str) -> str | None:
    """The code of the division next above, None above a province; ValueError if not a code.

    A county-level city stands under the city that administers it for the province, as its code
    says (3307 over 330782).
    """
    level = level_of(code)
    return None if level is Level.PROVINCE else code[: _LENGTHS[level - 2]]


def lineage(code: str) -> tuple[str, ...]:
    """The division itself first, then each one above it up to its province; ValueError as above."""
    return tuple(code[:length] for length in reversed(_LENGTHS[: level_of(code)]))


def contains(ancestor: str, code: str) -> bool:
    """Whether a division is the other one or lies above it; ValueError if one is not a code.

    It compares codes, not territories: an abolished county contains its own old townships only.
    """
    level_of(ancestor)
    level_of(code)
    return code.startswith(ancestor)
