"""The rules of ratings (好差评, GB/T 39735-2020)."""

from __future__ import annotations

from typing import Final

from shared.errors import RuleBroken

LOWEST_GOOD_GRADE: Final = 3
"""Of the five grades the lowest two are bad (GB/T 39735-2020)."""


class NotFinishedYet(RuleBroken):
    """Only what is finished can be rated (GB/T 39735-2020)."""

    zh = "“一件事”尚未办结，暂不能评价"
    en = "a one-thing that still runs cannot be rated"


class AlreadyRated(RuleBroken):
    """One service is rated once (一事一评, GB/T 39734-2020)."""

    zh = "已经评价过，不能重复评价"
    en = "it was rated before and is rated once only"


def is_bad(grade: int) -> bool:
    """Whether a rating is one of the two that must be put right (GB/T 39735-2020)."""
    return grade < LOWEST_GOOD_GRADE
