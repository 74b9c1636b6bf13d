"""Which division follows which, and how a service passes its open work on to successors.

A merger of divisions is one event with its moves of territory (`DivisionsMerged`). Every service
that holds open work begins a `Passage` then and passes its records on in batches, each batch a
unit of work of its own, so that a process killed anywhere goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Protocol, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared.classification import L1, PERMANENT, Retention
from shared.context import Context
from shared.contracts.identity_data import DivisionsMerged
from shared.contracts.succession import OpenWorkMoved
from shared.divisions import DivisionWasSplit, Succession
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.storage import Aggregate, Json, Record

PASSING = "pass_open_work_on"
BATCH = 500
LOOK_AGAIN_AFTER = timedelta(days=1)
"""Something may begin in a division that ended a moment ago, because what seldom changes is read
at most once a second."""


class PassedRecord(Protocol):
    """A record that can follow its division."""

    id: str
    division: str

    def pass_to(self, division: str) -> None:
        """Belong to this division from now on, and tell it."""


@dataclass(frozen=True)
class OpenWork:
    """Records of one kind that follow their division: `is_open` selects those that are still to
    be done on that day."""

    name: str
    kind: type[Record]
    is_open: Callable[[date], sa.ColumnElement[bool]]


def always(_: date) -> sa.ColumnElement[bool]:
    """For what is never done, such as a register."""
    return sa.true()


class Passage(Aggregate, kw_only=True, eq=False):
    """How far a service has come in passing its open work on; its id is the merger's.

    A mixin: the service names its own event class in `event`.
    """

    event: ClassVar[type[OpenWorkMoved]]
    retention: ClassVar[Retention | None] = PERMANENT

    effective: Mapped[date] = mapped_column(info=L1)
    moves: Mapped[list[Any]] = mapped_column(Json, info=L1)
    counts: Mapped[dict[str, int]] = mapped_column(Json, info=L1)
    complete: Mapped[bool] = mapped_column(default=False, info=L1)

    @classmethod
    def begin(cls, merged: DivisionsMerged, work: Sequence[OpenWork], context: Context) -> Self:
        """Begin after a merger; the first batch is passed on at once."""
        passage = cls(
            id=merged.merger_id,
            division=merged.division,
            effective=merged.effective,
            moves=[move.dump() for move in merged.moves],
            counts={one.name: 0 for one in work},
        )
        context.unit.add(passage)
        context.unit.arm(PASSING, passage.id, context.now, context)
        return passage

    @property
    def succession(self) -> Succession:
        """Which code follows which."""
        return Succession.of((move["from_code"], move["to_code"]) for move in self.moves)

    @classmethod
    def successor_of(cls, code: str, context: Context) -> str:
        """Today's code of a division, over all mergers that this service knows of."""
        for passage in cls._all(context):
            code = passage.succession.successor(code)
        return code

    @classmethod
    def certain_successor_of(cls, code: str, context: Context) -> str:
        """The same for something new; raises `DivisionWasSplit` where several could be meant."""
        for passage in cls._all(context):
            succession = passage.succession
            if not succession.is_certain(code):
                successors = "、".join(succession.successors(code))
                raise DivisionWasSplit(code=code, successors=successors)
            code = succession.successor(code)
        return code

    @classmethod
    def _all(cls, context: Context) -> Sequence[Self]:
        return sorted(context.unit.find_all(cls), key=lambda one: one.effective)

    def pass_batch(self, work: Sequence[OpenWork], context: Context) -> None:
        """Pass the next records on and go on at once, or tell that nothing is left and look again
        a day later, until nothing has come."""
        succession = self.succession
        for one in work:
            records: list[Any] = context.unit.find_all(
                one.kind,
                one.is_open(context.today),
                within(one.kind, succession.left()),
                limit=BATCH,
            )
            if records:
                for record in records:
                    record.pass_to(succession.successor(record.division))
                self.counts = {**self.counts, one.name: self.counts[one.name] + len(records)}
                self.complete = False
                context.unit.arm(PASSING, self.id, context.now, context)
                return
        if not self.complete:
            self.complete = True
            context.unit.arm(PASSING, self.id, context.now + LOOK_AGAIN_AFTER, context)
            self.tell(self.event(merger_id=self.id, counts=self.counts))


def handlers(
    passage: type[Passage], work: Sequence[OpenWork]
) -> tuple[Callable[..., None], Callable[..., None]]:
    """The two functions by which a service passes its open work on: one for the event, one for the
    timer of the batches."""

    @subscribes(DivisionsMerged)
    def begin_passing(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
        """Begin to pass on what is open in divisions that ended."""
        passage.begin(event, work, context)

    @on_timer(PASSING, passage)
    def pass_open_work_on(known: Passage, context: Context) -> None:
        """Pass the next records on."""
        known.pass_batch(work, context)

    return begin_passing, pass_open_work_on


def within(kind: type[Record], codes: Iterable[str]) -> sa.ColumnElement[bool]:
    """Selects the records of these divisions and of those below them.

    As ranges, which an index serves: a code's own subtree lies between it and the code followed
    by what comes after the digits.
    """
    ranges = [sa.and_(kind.division >= code, kind.division < f"{code}:") for code in codes]
    return sa.or_(sa.false(), *ranges)
