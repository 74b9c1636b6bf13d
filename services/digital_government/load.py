"""The reference data of this service: the basic catalogue, the one-things, and what is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from services.digital_government.commands.items import plan_edition
from services.digital_government.commands.one_things import compose
from services.digital_government.domain.items import CATALOGUE, require_within_law
from services.digital_government.models import (
    BasicItem,
    HeldDocument,
    Implementation,
    ItemEdition,
    ThingCatalogue,
)
from services.digital_government.models.items import edition_id, implementation_id
from services.digital_government.reference.generated import generated_items
from services.digital_government.reference.items import (
    HELD_DOCUMENTS,
    ITEMS,
    STARTUP,
    THINGS,
    ReferenceItem,
)
from shared.context import Context
from shared.contracts.digital_government import ItemsGenerated
from shared.divisions import ZHEJIANG_COUNTIES, Level, counties_on, up_to
from shared.loading import LoadStep
from shared.settings import Settings

COUNTY: Final = "330106"
"""The county that offers every item of its level: 杭州市西湖区, with its city and the province for
those of theirs."""

BATCH: Final = 500
"""How many generated items a step takes."""

LEVELS: Final = {"province": Level.PROVINCE, "city": Level.CITY, "county": Level.COUNTY}


def steps(settings: Settings) -> Iterator[LoadStep]:
    """The catalogue first, then the implementation lists, then the one-things."""
    counties = _counties(settings)
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


def _counties(settings: Settings) -> Sequence[str]:
    if settings.divisions_as_of is None:
        return ZHEJIANG_COUNTIES
    return counties_on(settings.divisions_as_of)


def divisions_that_offer(settings: Settings) -> list[str]:
    """The province, its cities and its counties."""
    places = {up_to(county, level) for county in _counties(settings) for level in LEVELS.values()}
    return sorted(places, key=lambda place: (len(place), place))


def generated_steps(number: int, divisions: Sequence[str]) -> Iterator[LoadStep]:
    """So many generated items in the catalogue, then in the lists of these divisions, each a step
    that is taken once however often it is asked for."""
    items = list(generated_items(number))
    for begins in range(0, number, BATCH):
        batch = items[begins : begins + BATCH]
        name = f"generated-items/{begins}-{len(batch)}"
        yield LoadStep(name, "生成的基本目录事项", len(batch), partial(load_generated, batch))
    for division in divisions:
        for begins in range(0, number, BATCH):
            batch = items[begins : begins + BATCH]
            name = f"generated-list/{division}/{begins}-{len(batch)}"
            title = f"{division} 生成的实施清单"
            run = partial(load_generated_list, batch, division)
            yield LoadStep(name, title, len(batch), run)


def load_generated(items: Sequence[ReferenceItem], context: Context) -> None:
    """Enter those that are not there yet, under the rules of all others."""
    known = context.unit.find_each(BasicItem, *(one.code for one in items))
    for one in items:
        if one.code not in known:
            item = context.unit.add(BasicItem(id=one.code, division=CATALOGUE))
            plan_edition(item, one.definition, context.today, "", context)


def load_generated_list(items: Sequence[ReferenceItem], division: str, context: Context) -> None:
    """Fill a division's list with those that are not in it yet; one event tells of them all."""
    ids = {one.code: implementation_id(division, one.code) for one in items}
    known = context.unit.find_each(Implementation, *ids.values())
    editions = context.unit.find_each(ItemEdition, *(edition_id(one.code, 1) for one in items))
    made = []
    for one in items:
        if ids[one.code] in known:
            continue
        organ = f"{division}-{one.organ_kind}"
        require_within_law(one.definition, one.terms)
        claimed = Implementation.claimed(one.code, division, organ, one.terms)
        context.unit.add(claimed.publish(editions[edition_id(one.code, 1)]))
        claimed.take_told()
        made.append(context.unit.add(claimed))
    if made:
        told = ItemsGenerated(implementation_id=made[0].id, division=division, number=len(made))
        made[0].tell(told)


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
