"""Keeping the catalogue of data resources."""

from __future__ import annotations

from services.identity_data.domain.sharing import (
    ItemHasAnotherSource,
    ResourceCodeTaken,
    Sharing,
    require_attribute_explained,
)
from services.identity_data.models import DataItem, DataResource, Organ
from shared.context import Context
from shared.contracts.identity_data import (
    PublishDataResource,
    ReclassifyItem,
    RegisterDataResource,
    WithdrawDataResource,
)
from shared.errors import InvalidInput, NotFound
from shared.handling import handles


@handles(RegisterDataResource)
def register_data_resource(order: RegisterDataResource, context: Context) -> DataResource:
    """Enter a draft, whose items have no other source; raises `ResourceCodeTaken`,
    `ItemHasAnotherSource`, `MaskingNeeded`, `SensitiveItemsShared`."""
    organ = context.unit.get(Organ, order.organ)
    return enter_resource(order, organ.division, context)


def enter_resource(order: RegisterDataResource, division: str, context: Context) -> DataResource:
    """The draft with its items; `division` is that of the organ."""
    require_attribute_explained(Sharing(order.sharing), order.conditions, order.legal_basis)
    if len({item.name for item in order.items}) < len(order.items):
        raise InvalidInput(fields={"items": ["Each item is named once."]})
    if context.unit.find(DataResource, order.code) is not None:
        raise ResourceCodeTaken(code=order.code)
    resource = DataResource.registered(order, division)
    known = {
        one.id: one for one in context.unit.find_all(DataItem, DataItem.id.in_(resource.items))
    }
    for item in order.items:
        entry = known.get(item.name)
        if entry is None:
            # Of two that register an item in the same moment its id lets one.
            entry = context.unit.add(
                DataItem(
                    id=item.name,
                    division=division,
                    resource="",
                    organ="",
                    label=item.label,
                    classification=item.classification,
                    masking=item.masking,
                )
            )
        if entry.resource:
            raise ItemHasAnotherSource(item=entry.id, organ=entry.organ, resource=entry.resource)
        entry.resource, entry.organ = resource.id, resource.organ
        entry.label, entry.division = item.label, division
        entry.classification, entry.masking = item.classification, item.masking
    return resource


@handles(PublishDataResource)
def publish_data_resource(
    resource: DataResource, order: PublishDataResource, context: Context
) -> None:
    """Let a draft stand in the catalogue; raises `ResourceInWrongState`."""
    resource.publish()


@handles(WithdrawDataResource)
def withdraw_data_resource(
    resource: DataResource, order: WithdrawDataResource, context: Context
) -> None:
    """Take it out of the catalogue, and leave its items without a source; the reason stands in the
    audit's digest of the order. Raises `ResourceInWrongState`."""
    resource.withdraw()
    for item in context.unit.find_all(DataItem, DataItem.resource == resource.id):
        item.release()


@handles(ReclassifyItem)
def reclassify_item(resource: DataResource, order: ReclassifyItem, context: Context) -> None:
    """Let an item be of another level; raises `NotFound` for one that is not the resource's, and
    `ResourceInWrongState`, `MaskingNeeded`, `SensitiveItemsShared`."""
    item = context.unit.find(DataItem, order.item)
    if item is None or item.resource != resource.id:
        raise NotFound(what="DataItem", id=order.item)
    resource.reclassify(item, order.classification, order.masking)
