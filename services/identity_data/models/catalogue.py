"""Data resources and their items."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.sharing import (
    ItemTraits,
    ResourceState,
    ResourceVerb,
    Sharing,
    require_items_fit,
    require_resource_allows,
)
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.identity_data import (
    DataResourcePublished,
    DataResourceRegistered,
    DataResourceWithdrawn,
    ItemReclassified,
    RegisterDataResource,
)


class DataItem(storage.Record, Model, kw_only=True, eq=False):
    """One item, its name as id, so that it has one source: the `resource` of the `organ`. Both are
    empty once the resource is withdrawn, until another registers the item."""

    __tablename__ = "data_item"
    retention = PERMANENT

    resource: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    label: Mapped[str] = mapped_column(sa.String(60), info=L1)
    classification: Mapped[str] = mapped_column(sa.String(2), info=L1)
    masking: Mapped[str] = mapped_column(sa.String(20), info=L1)

    @property
    def traits(self) -> ItemTraits:
        """What decides how it may be shared."""
        return ItemTraits(self.id, self.classification, self.masking)

    def release(self) -> None:
        """Have no source any more."""
        self.resource = ""
        self.organ = ""


class DataResource(storage.Aggregate, Model, kw_only=True, eq=False):
    """A resource of the catalogue, its code as id; `organ` answers for it, `items` are the names of
    its items."""

    __tablename__ = "data_resource"
    retention = PERMANENT

    title: Mapped[str] = mapped_column(sa.String(100), info=L1)
    abstract: Mapped[str] = mapped_column(sa.String(500), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    update_cycle: Mapped[str] = mapped_column(sa.String(20), info=L1)
    sharing: Mapped[str] = mapped_column(sa.String(20), info=L1)
    items: Mapped[list[str]] = mapped_column(info=L1)
    conditions: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ResourceState.DRAFT.value, info=L1)

    @classmethod
    def registered(cls, order: RegisterDataResource, division: str) -> DataResource:
        """A draft; `division` is that of the organ. Raises `MaskingNeeded`,
        `SensitiveItemsShared`."""
        names = tuple(item.name for item in order.items)
        require_items_fit(
            Sharing(order.sharing),
            [ItemTraits(one.name, one.classification, one.masking) for one in order.items],
        )
        resource = cls(
            id=order.code,
            division=division,
            title=order.title,
            abstract=order.abstract,
            organ=order.organ,
            update_cycle=order.update_cycle,
            sharing=order.sharing,
            items=list(names),
            conditions=order.conditions or "",
            legal_basis=order.legal_basis or "",
        )
        resource.tell(DataResourceRegistered(code=order.code, organ=order.organ, items=names))
        return resource

    def require_allows(self, verb: ResourceVerb) -> None:
        """Raise `ResourceInWrongState` unless its state allows the verb."""
        require_resource_allows(verb, ResourceState(self.state))

    def publish(self) -> None:
        """Stand in the catalogue; raises `ResourceInWrongState`."""
        self.require_allows(ResourceVerb.PUBLISH)
        self.state = ResourceState.PUBLISHED.value
        self.tell(
            DataResourcePublished.load(
                {"code": self.id, "organ": self.organ, "sharing": self.sharing}
            )
        )

    def withdraw(self) -> None:
        """Be no more in the catalogue; raises `ResourceInWrongState`."""
        self.require_allows(ResourceVerb.WITHDRAW)
        self.state = ResourceState.WITHDRAWN.value
        self.tell(DataResourceWithdrawn(code=self.id, organ=self.organ))

    def reclassify(self, item: DataItem, classification: str, masking: str) -> None:
        """Let one of its items be of another level; raises `ResourceInWrongState`,
        `MaskingNeeded`, `SensitiveItemsShared`."""
        self.require_allows(ResourceVerb.RECLASSIFY)
        traits = ItemTraits(item.id, classification, masking)
        require_items_fit(Sharing(self.sharing), [traits])
        item.classification = classification
        item.masking = masking
        # Written, so that it cannot be published or withdrawn in the same moment.
        self.tell(
            ItemReclassified.load(
                {
                    "code": self.id,
                    "item": item.id,
                    "classification": classification,
                    "masking": masking,
                }
            )
        )
