"""Ranks with ties, and the five colours in which divisions are seen side by side."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from services.party_government.domain.indicators import Direction


class Band(StrEnum):
    """One of the five colours, a fifth of the ranked each."""

    GREEN = "green"  # 绿色，前20%
    BLUE = "blue"  # 蓝色，20%～40%
    YELLOW = "yellow"  # 黄色，40%～60%
    ORANGE = "orange"  # 橙色，60%～80%
    RED = "red"  # 红色，后20%


BANDS: Final = tuple(Band)


def competition_ranks(values: Mapping[str, Any], direction: Direction) -> dict[str, int]:
    """The rank of each that has a value: equal values share one, and as many ranks are left out
    after it (1, 2, 2, 4). Who has no value (None) has no rank."""
    measured = {name: value for name, value in values.items() if value is not None}
    if direction is Direction.HIGHER:
        measured = {name: -value for name, value in measured.items()}
    ordered = sorted(measured.values())
    return {name: bisect_left(ordered, value) + 1 for name, value in measured.items()}


def bands_of(ranks: Mapping[str, int]) -> dict[str, Band]:
    """The band of each rank among all of them; who shares a rank has the band of the best place of
    the tie."""
    return {name: BANDS[len(BANDS) * (rank - 1) // len(ranks)] for name, rank in ranks.items()}
