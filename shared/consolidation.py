"""What refers to a person follows when two records are found to be of one person, and goes back
when they turn out to be of two.

Every service that keeps ids of persons has a `Consolidation` for each merger of two records. It
remembers which of its own records it changed, so that a separation gives back exactly those.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared.classification import L1, L2, PERMANENT, Retention
from shared.context import Context
from shared.contracts.identity_data import PersonsMerged, PersonsSeparated
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.storage import Aggregate, Instant, Json, Record

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


TABLE = "consolidation"


class Consolidation(Aggregate, kw_only=True, eq=False):
    """What this service changed for one merger of two records, `moved`: ids by kind and column.

    Its id is `<merged>.<into>`. `heard` is the number of the last event that was heard of it: where
    one that was told before comes after it, it says nothing any more. `again_at` is when to look
    for references once more. A mixin for a table of each service.
    """

    __tablename__ = TABLE
    retention: ClassVar[Retention | None] = PERMANENT

    person: Mapped[str] = mapped_column(sa.String(64), info=L2)
    into: Mapped[str] = mapped_column(sa.String(64), info=L2)
    merged: Mapped[bool] = mapped_column(default=False, info=L1)
    heard: Mapped[int] = mapped_column(default=0, info=L1)
    again_at: Mapped[datetime | None] = mapped_column(Instant(), default=None, info=L1)
    moved: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict, info=L2)

    @classmethod
    def hear(
        cls, event: PersonsMerged | PersonsSeparated, envelope: Envelope, context: Context
    ) -> Self | None:
        """The consolidation that the event is about, None where a later one was heard before."""
        key = f"{event.person_id}.{event.into}"
        known = context.unit.find(cls, key) or context.unit.add(
            cls(id=key, person=event.person_id, into=event.into)
        )
        if envelope.sequence <= known.heard:
            return None
        known.heard = envelope.sequence
        return known

    def merge(self, context: Context) -> None:
        """Let the references move at once, and what is found by then a day later."""
        self.merged = True
        self.again_at = context.now + LOOK_AGAIN_AFTER
        context.unit.arm(MOVING, self.id, context.now, context)

    def move(self, references: Sequence[References], context: Context) -> None:
        """Let what names the merged record name the other."""
        found = {one.name: one.of(self.person, context) for one in references}
        for one in references:
            for record in found[one.name]:
                setattr(record, one.column, self.into)
            if found[one.name]:
                ids = [*self.moved.get(one.name, ()), *(record.id for record in found[one.name])]
                self.moved = {**self.moved, one.name: ids}
        if self.again_at is not None and context.now < self.again_at:
            context.unit.arm(MOVING, self.id, self.again_at, context)

    def separate(self, references: Sequence[References], context: Context) -> None:
        """Let what was changed name the separated record again, unless it names a third by now."""
        self.merged = False
        context.unit.cancel(MOVING, self.id, context)
        for one in references:
            ids = self.moved.get(one.name, [])
            for record in context.unit.find_all(one.kind, one.kind.id.in_(ids)) if ids else ():
                if getattr(record, one.column) == self.into:
                    setattr(record, one.column, self.person)
        self.moved = {}


def records_of_one_person(person: str, tables: Collection[sa.Table]) -> sa.Select[str]:
    """Select the ids of the records that are of this person by now: its own, and those merged into
    it, however far back, as a service with these tables knows."""
    # PostgreSQL wants the type of what is given spelt out, where the rest follows from it.
    given = sa.cast(sa.literal(person), sa.String(64)).label("id")
    same = sa.select(given).cte("same", recursive=True)
    for known in (table.c for table in tables if table.name == TABLE):
        same = same.union(sa.select(known.person).where(known.merged, known.into == same.c.id))
    return sa.select(same.c.id)


def handlers(
    consolidation: type[Consolidation],
    references: Sequence[References],
    then: Callable[[Collection[str], Context], None] | None = None,
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """The three functions by which a service follows: for a merger, for the timer that moves, and
    for a separation.

    `then` is called with the two records' ids in the transaction in which references were moved or
    given back, for what is worked out from them.
    """

    @subscribes(PersonsMerged)
    def follow_merged_person(event: PersonsMerged, envelope: Envelope, context: Context) -> None:
        """Let what names the merged record name the other."""
        if known := consolidation.hear(event, envelope, context):
            known.merge(context)

    @on_timer(MOVING, consolidation)
    def move_references(known: Consolidation, context: Context) -> None:
        """Move what names the merged record by now."""
        known.move(references, context)
        if then is not None:
            then((known.person, known.into), context)

    @subscribes(PersonsSeparated)
    def follow_separated_person(
        event: PersonsSeparated, envelope: Envelope, context: Context
    ) -> None:
        """Let what was moved name the separated record again."""
        if known := consolidation.hear(event, envelope, context):
            known.separate(references, context)
            if then is not None:
                then((known.person, known.into), context)

    return follow_merged_person, move_references, follow_separated_person
