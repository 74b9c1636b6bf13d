"""The basic catalogue, and what divisions offer of it."""

from __future__ import annotations

from datetime import date, datetime, time

from services.digital_government.domain.items import (
    AlreadyClaimed,
    ImplementationState,
    ItemExists,
    ItemNotInForce,
    require_claimable,
    require_not_held,
    require_of_province,
    require_sound,
    require_to_come,
    require_true_code,
    require_within_law,
)
from services.digital_government.models import (
    BasicItem,
    HeldDocument,
    Implementation,
    ItemEdition,
)
from services.digital_government.models.items import implementation_id
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.digital_government import (
    CancelItem,
    ClaimItem,
    DeclareHeldDocument,
    DefineItem,
    ItemDefinition,
    PublishItem,
    ReviseItem,
    ReviseTerms,
    WithdrawItem,
)
from shared.errors import NotFound
from shared.handling import handles, on_timer

TAKES_EFFECT = "item_takes_effect"
ENDS = "item_ends"


# The basic catalogue


@handles(DefineItem)
def define_item(order: DefineItem, context: Context) -> BasicItem:
    """Plan an item; raises `NotTheProvinces`, `CodeOfGenerated`, `ItemExists`, `UnfitItem`,
    `DayHasPassed`, `HeldByGovernment`."""
    require_of_province(order.division)
    require_true_code(order.code)
    if context.unit.find(BasicItem, order.code) is not None:
        raise ItemExists(code=order.code)
    item = context.unit.add(
        BasicItem(id=order.code, division=order.division, cancels=order.cancels)
    )
    plan_edition(item, order.definition, order.effective, "", context)
    if order.cancels is not None:
        require_to_come(order.cancels, order.effective)
        context.unit.arm(ENDS, item.id, _morning_of(order.cancels), context)
    return item


@handles(ReviseItem)
def revise_item(item: BasicItem, order: ReviseItem, context: Context) -> None:
    """Plan its next edition; raises also `EditionPlanned` and `ItemCancelledAlready`."""
    plan_edition(item, order.definition, order.effective, order.reason, context)


def plan_edition(
    item: BasicItem, definition: ItemDefinition, effective: date, reason: str, context: Context
) -> ItemEdition:
    """Plan an edition, which takes effect at once where its day has come."""
    require_to_come(effective, context.today)
    require_sound(definition)
    require_not_held(definition, _held(definition, context))
    edition = context.unit.add(item.plan(definition, effective, reason))
    if effective <= context.today:
        item.take_effect()
    else:
        context.unit.arm(TAKES_EFFECT, item.id, _morning_of(effective), context)
    return edition


@handles(CancelItem)
def cancel_item(item: BasicItem, order: CancelItem, context: Context) -> None:
    """Plan its end; raises `DayHasPassed` and `ItemCancelledAlready`."""
    require_to_come(order.on_day, context.today)
    item.plan_cancellation(order.on_day, order.reason)
    context.unit.arm(ENDS, item.id, _morning_of(order.on_day), context)


@on_timer(TAKES_EFFECT)
def take_effect(item: BasicItem, context: Context) -> None:
    """The day of an edition has come. Who promised more than it allows offers the item no more
    until the promise is revised."""
    item.take_effect()
    definition = edition_of(item, context).definition
    for one in _offered(item.id, context):
        if one.promised_days > definition.statutory_days:
            one.withdraw(context.today)


@on_timer(ENDS)
def end_item(item: BasicItem, context: Context) -> None:
    """The item's last day is over: nobody offers it any more."""
    item.cancel()
    for one in _offered(item.id, context):
        one.withdraw(context.today)


def _offered(code: str, context: Context) -> list[Implementation]:
    return context.unit.find_all(
        Implementation,
        Implementation.matter == code,
        Implementation.state == ImplementationState.PUBLISHED.value,
    )


def edition_of(item: BasicItem, context: Context) -> ItemEdition:
    """The edition that is in force; raises `ItemNotInForce`."""
    if item.edition_in_force is None:
        raise ItemNotInForce(code=item.id)
    return context.unit.get(ItemEdition, item.edition_in_force)


def _held(definition: ItemDefinition, context: Context) -> dict[str, str]:
    documents = [one.document for one in definition.materials]
    found = context.unit.find_each(HeldDocument, *documents) if documents else {}
    return {document: one.name for document, one in found.items()}


def _morning_of(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


# Implementation lists


@handles(ClaimItem)
def claim_item(order: ClaimItem, context: Context) -> Implementation:
    """Claim an item as a draft; raises `ItemNotInForce`, `LevelDoesNotHandle`,
    `NotTheItemsOrgan`, `PromiseTooLong`, `AlreadyClaimed`."""
    item = context.unit.find(BasicItem, order.code)
    if item is None:
        raise NotFound(what="BasicItem", id=order.code)
    definition = edition_of(item, context).definition
    require_claimable(definition, order.division, order.organ)
    require_within_law(definition, order.terms)
    claimed = implementation_id(order.division, order.code)
    if context.unit.find(Implementation, claimed) is not None:
        raise AlreadyClaimed(id=claimed)
    return Implementation.claimed(order.code, order.division, order.organ, order.terms)


@handles(ReviseTerms)
def revise_terms(one: Implementation, order: ReviseTerms, context: Context) -> None:
    """Draft other terms; raises `ItemNotInForce` and `PromiseTooLong`."""
    require_within_law(_edition_behind(one, context).definition, order.terms)
    one.revise(order.terms)


@handles(PublishItem)
def publish_item(one: Implementation, order: PublishItem, context: Context) -> None:
    """Offer what was drafted; raises `NothingToPublish`, `ItemNotInForce`, `PromiseTooLong`,
    `UnfitItem`, `HeldByGovernment`."""
    edition = _edition_behind(one, context)
    require_within_law(edition.definition, one.drafted)
    require_not_held(edition.definition, _held(edition.definition, context))
    context.unit.add(one.publish(edition))


def _edition_behind(one: Implementation, context: Context) -> ItemEdition:
    return edition_of(context.unit.get(BasicItem, one.matter), context)


@handles(WithdrawItem)
def withdraw_item(one: Implementation, order: WithdrawItem, context: Context) -> None:
    """Offer it no more from today on."""
    one.withdraw(context.today)


@handles(DeclareHeldDocument)
def declare_held_document(order: DeclareHeldDocument, context: Context) -> HeldDocument:
    """Say that government holds such documents, or hold them otherwise than before; raises
    `NotTheProvinces`."""
    require_of_province(order.division)
    held = context.unit.find(HeldDocument, order.document) or HeldDocument(
        id=order.document, division=order.division
    )
    held.declare(order.name, order.facts, order.licence)
    return held
