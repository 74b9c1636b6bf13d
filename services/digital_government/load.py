"""The reference data of this service: the basic catalogue, the one-things, and what is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from services.digital_government.commands.items import plan_edition
from services.digital_government.commands.one_things import compose
from services.digital_government.domain.items import CATALOGUE
from services.digital_government.models import (
    BasicItem,
    HeldDocument,
    Implementation,
    ItemEdition,
    ThingCatalogue,
)
from services.digital_government.models.items import edition_id
from services.digital_government.reference.items import (
    HELD_DOCUMENTS,
    ITEMS,
    STARTUP,
    THINGS,
    ReferenceItem,
)
from shared.context import Context
from shared.divisions import ZHEJIANG_COUNTIES, Level, counties_on, up_to
from shared.loading import LoadStep
from shared.settings import Settings

COUNTY: Final = "330106"
"""The county that offers every item of its level: 杭州市西湖区, with its city and the province for
those of theirs."""

LEVELS: Final = {"province": Level.PROVINCE, "city": Level.CITY, "county": Level.COUNTY}


def steps(settings: Settings) -> Iterator[LoadStep]:
    """The catalogue first, then the implementation lists, then the one-things."""
    counties = ZHEJIANG_COUNTIES
    if settings.divisions_as_of is not None:
        counties = counties_on(settings.divisions_as_of)
    everywhere = [ITEMS[code] for code in STARTUP]
    others = [one for one in ITEMS.values() if one.code not in STARTUP]
    yield LoadStep("basic-catalogue", "政务服务事项基本目录", len(ITEMS), load_catalogue)
    yield LoadStep(
        "implementation-lists",
        "各县（市、区）实施清单",
        len(everywhere) * len(counties),
        partial(load_implementations, everywhere, counties),
    )
    yield LoadStep(
        "implementation-list-of-one-county",
        "西湖区实施清单",
        len(others),
        partial(load_implementations, others, [COUNTY]),
    )
    yield LoadStep("one-things", "“一件事”目录", len(THINGS), load_things)


def load_catalogue(context: Context) -> None:
    """Enter what government holds, and the items that the province defines, in force at once."""
    for order in HELD_DOCUMENTS:
        held = context.unit.add(HeldDocument(id=order.document, division=order.division))
        held.declare(order.name, order.facts, order.licence)
    for one in ITEMS.values():
        item = context.unit.add(BasicItem(id=one.code, division=CATALOGUE))
        plan_edition(item, one.definition, context.today, "", context)


def load_implementations(
    items: Sequence[ReferenceItem], counties: Sequence[str], context: Context
) -> None:
    """Publish each item in each of the counties, or where its level above them is."""
    codes = [edition_id(one.code, 1) for one in items]
    editions = {one.code: one for one in context.unit.find_each(ItemEdition, *codes).values()}
    for county in counties:
        for one in items:
            division = up_to(county, LEVELS[one.definition.levels[0]])
            organ = f"{division}-{one.organ_kind}"
            claimed = Implementation.claimed(one.code, division, organ, one.terms)
            context.unit.add(claimed)
            context.unit.add(claimed.publish(editions[one.code]))


def load_things(context: Context) -> None:
    """Compose the one-things of those items."""
    for code, definition in THINGS.items():
        thing = context.unit.add(ThingCatalogue(id=code, division=CATALOGUE))
        compose(thing, definition, "", context)
