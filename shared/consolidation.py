"""What refers to a person follows when two records are found to be of one person, and goes back
when they turn out to be of two.

Every service that keeps ids of persons has a `Consolidation` for each merger of two records. It
remembers which of its own records it changed, so that a separation gives back exactly those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from sqlalchemy.orm import Mapped, mapped_column

from shared.context import Context
from shared.contracts.identity_data import PersonsMerged, PersonsSeparated
from shared.errors import NotFound
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.storage import Aggregate, Json, Record

MOVING = "move_references_to_a_person"
LOOK_AGAIN_AFTER = timedelta(days=1)
"""A token lives ten minutes, so something may still be made in the name of the merged record."""


@dataclass(frozen=True)
class References:
    """A kind of record that names a person in one of its columns.

    `found_by` is another, indexed column that names the person wherever this one does.
    """

    kind: type[Record]
    column: str
    found_by: str = ""

    @property
    def name(self) -> str:
        """What it is remembered under."""
        return f"{self.kind.__tablename__}.{self.column}"  # type: ignore[attr-defined]

    def of(self, person: str, context: Context) -> list[Any]:
        """The records that name this person."""
        columns = {self.column, self.found_by or self.column}
        return context.unit.find_all(
            self.kind, *(getattr(self.kind, column) == person for column in sorted(columns))
        )


class Consolidation(Aggregate, kw_only=True, eq=False):
    """What this service changed for one merger of two records, `moved`: ids by kind and column.

    Its id is `<merged>.<into>`. A mixin for a table of each service.
    """

    person: Mapped[str]
    into: Mapped[str]
    merged: Mapped[bool]
    moved: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict)

    @classmethod
    def merge(cls, event: PersonsMerged, context: Context) -> None:
        """Begin, or begin again after a separation; the references move at once."""
        key = f"{event.person_id}.{event.into}"
        known = context.unit.find(cls, key)
        if known is None:
            known = context.unit.add(
                cls(id=key, person=event.person_id, into=event.into, merged=True)
            )
        known.merged = True
        context.unit.arm(MOVING, key, context.now, context)

    @classmethod
    def separate(cls, event: PersonsSeparated, context: Context) -> Self:
        """Give the references back; raises `NotFound` before the merger was heard of, so that it is
        tried again then."""
        known = context.unit.find(cls, f"{event.person_id}.{event.into}")
        if known is None or not known.merged:
            raise NotFound(what=cls.__name__, id=f"{event.person_id}.{event.into}")
        known.merged = False
        context.unit.cancel(MOVING, known.id, context)
        return known

    def give_back(self, references: Sequence[References], context: Context) -> None:
        """Let what was changed name the separated record again, unless it names a third by now."""
        by_name: Mapping[str, References] = {one.name: one for one in references}
        for name, ids in self.moved.items():
            one = by_name[name]
            for record in context.unit.find_all(one.kind, one.kind.id.in_(ids)):
                if getattr(record, one.column) == self.into:
                    setattr(record, one.column, self.person)
        self.moved = {}

    def move(self, references: Sequence[References], context: Context) -> None:
        """Let what names the merged record name the other, and look again a day later until there
        is nothing."""
        found = {one.name: one.of(self.person, context) for one in references}
        for one in references:
            for record in found[one.name]:
                setattr(record, one.column, self.into)
        if any(found.values()):
            self.moved = {
                name: [*self.moved.get(name, ()), *(record.id for record in records)]
                for name, records in found.items()
                if records or name in self.moved
            }
            context.unit.arm(MOVING, self.id, context.now + LOOK_AGAIN_AFTER, context)


def handlers(
    consolidation: type[Consolidation], references: Sequence[References]
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """The three functions by which a service follows: for a merger, for the timer that moves, and
    for a separation."""

    @subscribes(PersonsMerged)
    def follow_merged_person(event: PersonsMerged, envelope: Envelope, context: Context) -> None:
        """Let what names the merged record name the other."""
        consolidation.merge(event, context)

    @on_timer(MOVING, consolidation)
    def move_references(known: Consolidation, context: Context) -> None:
        """Move what names the merged record by now."""
        known.move(references, context)

    @subscribes(PersonsSeparated)
    def follow_separated_person(
        event: PersonsSeparated, envelope: Envelope, context: Context
    ) -> None:
        """Let what was moved name the separated record again."""
        consolidation.separate(event, context).give_back(references, context)

    return follow_merged_person, move_references, follow_separated_person
