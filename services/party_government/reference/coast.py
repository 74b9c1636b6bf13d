"""Which counties lie at the sea, for directives to "all coasts"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from shared.divisions import lineage

_BY_CITY: Final = {
    "3302": ("06", "11", "12", "13", "25", "26", "81", "82"),
    "3303": ("03", "05", "26", "27", "81", "82", "83"),
    "3304": ("24", "82"),
    "3306": ("04",),
    "3309": ("02", "03", "21", "22"),
    "3310": ("02", "04", "22", "81", "82", "83"),
}
COASTAL_COUNTIES: Final = frozenset(
    city + county for city, counties in _BY_CITY.items() for county in counties
)
"""Counties with a shore on the East China Sea or on Hangzhou Bay, read from the map; those that
lie on the estuary of the Qiantang alone, such as Haining, are none of them."""


def above(counties: Iterable[str]) -> Iterator[str]:
    """The divisions that these counties lie in."""
    for county in counties:
        yield from lineage(county)[1:]
