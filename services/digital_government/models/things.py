"""The catalogue of one-things with their editions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.one_things import codes_of
from services.digital_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.digital_government import OneThingDefined, ThingDefinition


class ThingCatalogue(storage.Aggregate, Model, kw_only=True, eq=False):
    """A one-thing as the province composed it; its id is its code, `edition` the one in force."""

    __tablename__ = "thing_catalogue"
    retention = PERMANENT

    edition: Mapped[int] = mapped_column(default=0, info=L1)

    def compose(self, definition: ThingDefinition, reason: str) -> ThingEdition:
        """Take the next edition, in force at once."""
        self.edition += 1
        self.tell(
            OneThingDefined(
                code=self.id,
                edition=self.edition,
                name=definition.name,
                matters=codes_of(definition),
            )
        )
        return ThingEdition(
            id=self.edition_in_force,
            division=self.division,
            code=self.id,
            reason=reason,
            definition_=definition.dump(),
        )

    @property
    def edition_in_force(self) -> str:
        """The id of the edition that counts."""
        return f"{self.id}.{self.edition}"


class ThingEdition(storage.Record, Model, kw_only=True, eq=False):
    """One edition of a one-thing, never changed, under `<code>.<edition>`."""

    __tablename__ = "thing_edition"
    retention = PERMANENT

    code: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), info=L1)
    definition_: Mapped[dict[str, Any]] = mapped_column("definition", storage.Verbatim, info=L1)

    @property
    def definition(self) -> ThingDefinition:
        """What it consists of, read once for each record that is kept in memory."""
        known: ThingDefinition | None = self.__dict__.get("_definition")
        if known is None:
            known = self.__dict__["_definition"] = ThingDefinition.load(self.definition_)
        return known
