"""Codes of administrative divisions: their level, their place in the tree, which follows which.

A code is the significant prefix of the official one: province 2 digits, city 4, county 6
(GB/T 2260), township 9 (GB/T 10114), village 12 (the statistical codes built on both).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Self

from shared.errors import RuleBroken


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


_BEGAN_AND_ENDED = (
    (date(2021, 4, 9), {"330113", "330114"}, {"330103", "330104"}),
    (date(2019, 8, 16), {"330383"}, frozenset[str]()),
)


def counties_on(day: date) -> tuple[str, ...]:
    """Zhejiang's districts, county-level cities and counties on a day since 2018, by code."""
    codes = set(ZHEJIANG_COUNTIES)
    for effective, began, ended in _BEGAN_AND_ENDED:
        if day < effective:
            codes = codes - began | ended
    return tuple(sorted(codes))


class DivisionWasSplit(RuleBroken):
    """The division's territory went to several, and nothing tells which of them is meant."""

    zh = "行政区划“{code}”已分别并入{successors}，请写明所在乡镇（街道）或新的区划"
    en = (
        "the territory of division “{code}” went to {successors}; name the township or one of these"
    )


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


def up_to(code: str, level: Level) -> str:
    """The division itself, or the one of that level that it lies in where it is lower.

    ValueError if not a code.
    """
    return lineage(code)[-level:][0]


def contains(ancestor: str, code: str) -> bool:
    """Whether a division is the other one or lies above it; ValueError if one is not a code.

    It compares codes, not territories: an abolished county contains its own old townships only.
    """
    level_of(ancestor)
    level_of(code)
    return code.startswith(ancestor)


@dataclass(frozen=True)
class Succession:
    """The moves of one merger: to which codes the territory of each code went, in their order."""

    moves: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, moves: Iterable[tuple[str, str]]) -> Self:
        """The succession that these moves make, each from a code to a code."""
        found: dict[str, tuple[str, ...]] = {}
        for before, after in moves:
            found[before] = (*found.get(before, ()), after)
        return cls(found)

    def successors(self, code: str) -> tuple[str, ...]:
        """To which codes a division went, in their order; its own code where nothing moved.

        The lowest division on record decides: a village goes with its township.
        """
        for own in lineage(code):
            if own in self.moves:
                return tuple(target + code[len(own) :] for target in self.moves[own])
        return (code,)

    def successor(self, code: str) -> str:
        """The code that a division has after the merger.

        Where its territory went to several and nothing lower tells them apart, a division that goes
        on keeps what is there, else the first successor takes it over.
        """
        successors = self.successors(code)
        return code if code in successors else successors[0]

    def is_certain(self, code: str) -> bool:
        """Whether `successor` knows, because the territory of this code went to one only."""
        return len(self.successors(code)) == 1

    def left(self) -> tuple[str, ...]:
        """The codes that nobody has any more, by number."""
        return tuple(sorted(code for code in self.moves if self.successor(code) != code))
