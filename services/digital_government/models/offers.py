"""Who offers what, seen from a division."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.digital_government.domain.items import is_generated
from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.models.items import (
    Implementation,
    implementation_id,
    items_in_force,
)
from shared.context import Context
from shared.divisions import lineage

Reading = Callable[..., Mapping[str, Implementation]]


def offered_nearest(
    division: str, matters: Sequence[str], read: Reading, context: Context
) -> dict[str, Implementation]:
    """Who offers each of the matters, the division or the nearest above it; raises
    `ItemNotOffered`."""
    offered = offered_in(division, matters, read)
    absent = [code for code in matters if code not in offered]
    if absent:
        raise ItemNotOffered(division=division, matters=_names_of(absent, context))
    return offered


def _names_of(codes: list[str], context: Context) -> str:
    known = items_in_force(codes, context)
    return "、".join(known[code].name if code in known else code for code in codes)


def offered_in(division: str, matters: Sequence[str], read: Reading) -> dict[str, Implementation]:
    """Those of the matters that the division or one above it offers, the nearest of each."""
    places = lineage(division)
    ids = [implementation_id(place, code) for code in matters for place in places]
    found = read(Implementation, *ids)
    nearest: dict[str, Implementation] = {}
    for one in (found[each] for each in ids if each in found):
        if one.is_offered and not is_generated(one.matter):
            nearest.setdefault(one.matter, one)
    return nearest
