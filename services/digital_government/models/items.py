"""The basic catalogue with its editions, and what is offered where."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.items import (
    ONLINE_FROM,
    EditionPlanned,
    ImplementationState,
    ImplementationWithdrawn,
    ItemCancelledAlready,
    ItemState,
    NothingToPublish,
    NotOffered,
)
from services.digital_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.context import Context
from shared.contracts.digital_government import (
    Across,
    HeldDocumentDeclared,
    ImplementationTerms,
    ItemCancellationPlanned,
    ItemCancelled,
    ItemClaimed,
    ItemDefined,
    ItemDefinition,
    ItemPublished,
    ItemTookEffect,
    ItemWithdrawn,
    TermsRevised,
)


class BasicItem(storage.Aggregate, Model, kw_only=True, eq=False):
    """An item of the province's basic catalogue (基本目录); its id is its code.

    `edition` is the last, `in_force` the one that counts today, None before the first took effect.
    """

    __tablename__ = "basic_item"
    retention = PERMANENT

    edition: Mapped[int] = mapped_column(default=0, info=L1)
    in_force: Mapped[int | None] = mapped_column(default=None, info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=ItemState.PLANNED.value, info=L1)
    cancels: Mapped[date | None] = mapped_column(default=None, info=L1)

    def plan(self, definition: ItemDefinition, effective: date, reason: str) -> ItemEdition:
        """Take the next edition; raises `EditionPlanned` and `ItemCancelledAlready`."""
        if self.state == ItemState.CANCELLED or (self.edition and self.cancels):
            raise ItemCancelledAlready(code=self.id)
        if self.edition and self.in_force != self.edition:
            raise EditionPlanned(edition=self.edition)
        self.edition += 1
        self.tell(
            ItemDefined(
                code=self.id,
                edition=self.edition,
                name=definition.name,
                kind=definition.kind,
                organ_kind=definition.organ_kind,
                statutory_days=definition.statutory_days,
                effective=effective,
                cancels=self.cancels,
            )
        )
        return ItemEdition.of(self, definition, effective, reason)

    def take_effect(self) -> None:
        """Let the last edition count from now on."""
        if self.state == ItemState.CANCELLED or self.in_force == self.edition:
            return
        self.in_force = self.edition
        self.state = ItemState.IN_FORCE.value
        self.tell(ItemTookEffect(code=self.id, edition=self.edition))

    def plan_cancellation(self, day: date, reason: str) -> None:
        """End on that day; raises `ItemCancelledAlready`."""
        if self.state == ItemState.CANCELLED or self.cancels is not None:
            raise ItemCancelledAlready(code=self.id)
        self.cancels = day
        self.tell(ItemCancellationPlanned(code=self.id, on_day=day, reason=reason))

    def cancel(self) -> None:
        """Be no longer in the catalogue."""
        self.state = ItemState.CANCELLED.value
        self.tell(ItemCancelled(code=self.id))

    @property
    def edition_in_force(self) -> str | None:
        """The id of the edition that counts today, if one does."""
        if self.state != ItemState.IN_FORCE or self.in_force is None:
            return None
        return edition_id(self.id, self.in_force)


class ItemEdition(storage.Record, Model, kw_only=True, eq=False):
    """One edition of an item, never changed, under `<code>.<edition>`; its definition is kept as
    the contract that it was given as."""

    __tablename__ = "item_edition"
    retention = PERMANENT

    code: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    edition: Mapped[int] = mapped_column(info=L1)
    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(150), default="", info=L1)
    theme: Mapped[str] = mapped_column(sa.String(40), info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    effective: Mapped[date] = mapped_column(info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), info=L1)
    definition_: Mapped[dict[str, Any]] = mapped_column("definition", storage.Verbatim, info=L1)

    @classmethod
    def of(
        cls, item: BasicItem, definition: ItemDefinition, effective: date, reason: str
    ) -> ItemEdition:
        """The item's last edition."""
        return cls(
            id=edition_id(item.id, item.edition),
            division=item.division,
            code=item.id,
            edition=item.edition,
            name=definition.name,
            name_en=definition.name_en,
            theme=definition.theme,
            legal_basis=definition.legal_basis,
            effective=effective,
            reason=reason,
            definition_=definition.dump(),
        )

    @property
    def definition(self) -> ItemDefinition:
        """What the item is, read once for each record that is kept in memory."""
        known: ItemDefinition | None = self.__dict__.get("_definition")
        if known is None:
            known = self.__dict__["_definition"] = ItemDefinition.load(self.definition_)
        return known


def edition_id(code: str, edition: int) -> str:
    """The id of one edition of an item."""
    return f"{code}.{edition}"


def implementation_id(division: str, code: str) -> str:
    """The id of a division's implementation of an item."""
    return f"{division}-{code}"


class Implementation(storage.Aggregate, Model, kw_only=True, eq=False):
    """A matter as one division offers it (实施清单), its id `<division>-<matter>`.

    What is published stands in the columns, `draft` has the terms that are to come. `edition`
    counts what was published, `item_edition` is the edition of the basic catalogue behind it.
    """

    __tablename__ = "implementation"
    retention = PERMANENT

    matter: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    statutory_days: Mapped[int] = mapped_column(default=0, info=L1)
    promised_days: Mapped[int] = mapped_column(default=0, info=L1)
    visits: Mapped[int] = mapped_column(default=0, info=L1)
    online: Mapped[bool] = mapped_column(default=False, info=L1)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L1)
    state: Mapped[str] = mapped_column(
        sa.String(20), default=ImplementationState.DRAFT.value, info=L1
    )
    edition: Mapped[int] = mapped_column(default=0, info=L1)
    item_edition: Mapped[str] = mapped_column(sa.String(80), default="", info=L1)
    online_depth: Mapped[int] = mapped_column(default=4, info=L1)
    address: Mapped[str | None] = mapped_column(sa.String(200), default=None, info=L1)
    enquiry_line: Mapped[str | None] = mapped_column(sa.String(30), default=None, info=L1)
    across: Mapped[Across] = mapped_column(sa.String(20), default="none", info=L1)
    draft: Mapped[dict[str, Any] | None] = mapped_column(storage.Json, default=None, info=L1)

    @classmethod
    def claimed(
        cls, matter: str, division: str, organ: str, terms: ImplementationTerms
    ) -> Implementation:
        """A draft of a division."""
        one = cls(
            id=implementation_id(division, matter),
            division=division,
            matter=matter,
            organ=organ,
            draft=terms.dump(),
        )
        one.tell(ItemClaimed(implementation_id=one.id, matter=matter, organ=organ))
        return one

    @property
    def is_offered(self) -> bool:
        """Whether it can be applied for."""
        return self.state == ImplementationState.PUBLISHED

    @property
    def drafted(self) -> ImplementationTerms:
        """The terms that are to be published; raises `NothingToPublish` and
        `ImplementationWithdrawn`."""
        if self.draft is None:
            if self.state == ImplementationState.WITHDRAWN:
                raise ImplementationWithdrawn(id=self.id)
            raise NothingToPublish()
        return ImplementationTerms.load(self.draft)

    def revise(self, terms: ImplementationTerms) -> None:
        """Draft other terms."""
        self.draft = terms.dump()
        self.tell(TermsRevised(implementation_id=self.id))

    def publish(self, item: ItemEdition) -> ImplementationEdition:
        """Offer it as drafted, under that edition of the catalogue."""
        terms = self.drafted
        again = self.is_offered
        was_online, visits_before = again and self.online, again * self.visits
        days_before = again * self.statutory_days, again * self.promised_days
        self.state = ImplementationState.PUBLISHED.value
        self.ended_on = None
        self.draft = None
        self.edition += 1
        self.item_edition = item.id
        self.statutory_days = item.definition.statutory_days
        self.promised_days = terms.promised_days
        self.visits = terms.visits
        self.online_depth = terms.online_depth
        self.online = terms.online_depth >= ONLINE_FROM
        self.address = terms.address
        self.enquiry_line = terms.enquiry_line
        self.across = terms.across
        self.tell(
            ItemPublished(
                implementation_id=self.id,
                matter=self.matter,
                division=self.division,
                organ=self.organ,
                statutory_days=self.statutory_days,
                promised_days=self.promised_days,
                visits=self.visits,
                online=self.online,
                edition=self.edition,
                item_edition=self.item_edition,
                again=again,
                was_online=was_online,
                visits_before=visits_before,
                statutory_days_before=days_before[0],
                promised_days_before=days_before[1],
            )
        )
        return ImplementationEdition.of(self, terms)

    def taken_over_by(self, division: str, item: ItemEdition) -> Implementation:
        """The same item as a successor of its division offers it, to be published."""
        terms = ImplementationTerms(
            promised_days=self.promised_days,
            visits=self.visits,
            online_depth=self.online_depth,
            across=self.across,
        )
        organ = f"{division}-{item.definition.organ_kind}"
        return Implementation.claimed(self.matter, division, organ, terms)

    def withdraw(self, day: date) -> None:
        """Offer it no more from that day on; raises `NotOffered`."""
        if not self.is_offered:
            raise NotOffered(id=self.id)
        self.state = ImplementationState.WITHDRAWN.value
        self.ended_on = day
        self.draft = None
        self.tell(
            ItemWithdrawn(
                implementation_id=self.id,
                division=self.division,
                visits=self.visits,
                online=self.online,
                statutory_days=self.statutory_days,
                promised_days=self.promised_days,
            )
        )


class ImplementationEdition(storage.Record, Model, kw_only=True, eq=False):
    """What a division published once, never changed, under `<implementation>.<edition>`."""

    __tablename__ = "implementation_edition"
    retention = PERMANENT

    implementation: Mapped[str] = mapped_column(sa.String(100), index=True, info=L1)
    item_edition: Mapped[str] = mapped_column(sa.String(80), info=L1)
    terms: Mapped[dict[str, Any]] = mapped_column(info=L1)

    @classmethod
    def of(cls, one: Implementation, terms: ImplementationTerms) -> ImplementationEdition:
        """What was published just now."""
        return cls(
            id=f"{one.id}.{one.edition}",
            division=one.division,
            implementation=one.id,
            item_edition=one.item_edition,
            terms=terms.dump(),
        )


class HeldDocument(storage.Aggregate, Model, kw_only=True, eq=False):
    """A kind of document that government holds itself, under its code: as facts or as a licence."""

    __tablename__ = "held_document"
    retention = PERMANENT

    name: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)
    facts: Mapped[list[str]] = mapped_column(default_factory=list, info=L1)
    licence: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)

    def declare(self, name: str, facts: tuple[str, ...], licence: str | None) -> None:
        """Be held from now on, in that way."""
        self.name = name
        self.facts = list(facts)
        self.licence = licence
        self.tell(HeldDocumentDeclared(document=self.id, name=name))


def items_in_force(codes: list[str], context: Context) -> dict[str, ItemEdition]:
    """The editions in force of these items, read in two statements."""
    items = context.unit.find_each(BasicItem, *codes)
    ids = [one.edition_in_force for one in items.values() if one.edition_in_force is not None]
    editions = context.unit.find_each(ItemEdition, *ids) if ids else {}
    return {one.code: one for one in editions.values()}
