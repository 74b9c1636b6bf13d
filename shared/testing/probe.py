"""A small service of no department, with which the tests of the platform itself disturb it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from marshmallow import validate
from sqlalchemy.orm import Mapped, mapped_column

from shared import storage
from shared.context import Context, Principal
from shared.contracts.base import Command, Contract, Done, Event, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier
from shared.errors import RuleBroken, Unavailable
from shared.handling import answers, follows, handles, on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.service import service
from shared.storage import BigSerial, Instant

POLICIES = """
permit (
    principal,
    action in [
        Action::"OpenCounter", Action::"AddToCounter", Action::"AddQuoted",
        Action::"CloseCounter", Action::"SetAlarm", Action::"CancelAlarm", Action::"CounterById",
        Action::"PrivateCounterById"
    ],
    resource
) when {
    principal.kind == "official" &&
    principal has division && resource has division && resource.division in principal.division
};
"""
OFFICIAL = Principal(id="account.probe", kind="official", division="33")
ELSEWHERE = Principal(id="account.elsewhere", kind="official", division="3302")
OPERATOR = Principal(id="account.operator", kind="operator")

# What goes wrong now: a counter's id or a note's text, and how. Tests fill and empty it.
FAULTS: dict[str, str] = {}


class CounterOpened(Event, on="Counter", key="counter", zh="计数器已开立"):
    """A counter began."""

    counter: Identifier


class CounterAdded(Event, on="Counter", key="counter", zh="已计数"):
    """A counter grew."""

    counter: Identifier
    amount: int


class Noted(Event, on="Note", key="note", zh="已记录"):
    """Something was noted; there is no order between notes."""

    note: Identifier
    text: str


class OpenCounter(Command[Done], on="Counter", zh="开立计数器"):
    """Begin a counter; a label is used once."""

    division: DivisionCode
    label: Annotated[str | None, validate.Length(max=50)] = None


class AddToCounter(Transition[Done], on="Counter", key="counter", zh="计数"):
    """Let a counter grow."""

    counter: Identifier
    amount: int


class AddQuoted(Transition[Done], on="Counter", key="counter", zh="按查询结果计数"):
    """Let a counter grow by what another counter elsewhere holds."""

    counter: Identifier
    other: Identifier


class CloseCounter(Transition[Done], on="Counter", key="counter", zh="关闭计数器"):
    """End a counter, once."""

    counter: Identifier


class SetAlarm(Transition[Done], on="Counter", key="counter", zh="设置提醒"):
    """Ring at an instant, and at another one after it has rung."""

    counter: Identifier
    due: datetime
    then: datetime | None = None


class CancelAlarm(Transition[Done], on="Counter", key="counter", zh="取消提醒"):
    """Do not ring."""

    counter: Identifier


class CounterState(Contract):
    """How far a counter is."""

    value: int


class CounterById(Query[CounterState], on="Counter", key="counter", zh="查询计数器"):
    """How far a counter is."""

    counter: Identifier


class PrivateCounterById(
    Query[CounterState], on="Counter", key="counter", zh="查询私人计数器", personal="counter"
):
    """How far a counter is, where that is somebody's own business."""

    counter: Identifier


class AlreadyClosed(RuleBroken):
    """A counter ends once."""

    zh = "计数器“{id}”已关闭"
    en = "counter “{id}” is closed"


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Counter(storage.Aggregate, Model, kw_only=True, eq=False):
    """What grows."""

    __tablename__ = "counter"

    label: Mapped[str | None] = mapped_column(sa.String(50), unique=True, default=None)
    value: Mapped[int] = mapped_column(default=0)
    closed: Mapped[bool] = mapped_column(default=False)
    next_alarm: Mapped[datetime | None] = mapped_column(default=None)

    def grow(self, amount: int) -> None:
        """Grow; raises `AlreadyClosed`."""
        if self.closed:
            raise AlreadyClosed(id=self.id)
        self.value += amount
        self.tell(CounterAdded(counter=self.id, amount=amount))


class Tally(storage.Record, Model, kw_only=True, eq=False):
    """What the follower of a counter saw, in the order in which it saw it."""

    __tablename__ = "tally"

    seen: Mapped[list[Any]] = mapped_column(default_factory=list)


# One row for each effect of an event or timer, with nothing that would refuse a second one.
JOURNAL = sa.Table(
    "journal",
    Model.metadata,
    sa.Column("position", BigSerial, primary_key=True, autoincrement=True),
    sa.Column("entry", sa.String(200), nullable=False),
    sa.Column("at", Instant, nullable=False),
)


@handles(OpenCounter)
def open_counter(order: OpenCounter, context: Context) -> Counter:
    """Begin a counter."""
    counter = Counter(id=f"c-{context.new_id()}", division=order.division, label=order.label)
    counter.tell(CounterOpened(counter=counter.id))
    return counter


@handles(AddToCounter)
def add_to_counter(counter: Counter, order: AddToCounter, context: Context) -> None:
    """Let a counter grow."""
    counter.grow(order.amount)


def ask_elsewhere(order: AddQuoted, context: Context) -> int:
    """What the other counter holds."""
    return context.ask(CounterById(counter=order.other)).value


@handles(AddQuoted, gather=ask_elsewhere)
def add_quoted(counter: Counter, order: AddQuoted, context: Context) -> None:
    """Let a counter grow by what was asked."""
    counter.grow(context.facts)


@handles(CloseCounter)
def close_counter(counter: Counter, order: CloseCounter, context: Context) -> None:
    """End a counter."""
    if counter.closed:
        raise AlreadyClosed(id=counter.id)
    counter.closed = True


@handles(SetAlarm)
def set_alarm(counter: Counter, order: SetAlarm, context: Context) -> None:
    """Set the alarm."""
    counter.next_alarm = order.then
    context.unit.arm("alarm", counter.id, order.due, context)


@handles(CancelAlarm)
def cancel_alarm(counter: Counter, order: CancelAlarm, context: Context) -> None:
    """Cancel the alarm."""
    context.unit.cancel("alarm", counter.id, context)


@answers(CounterById)
def counter_by_id(counter: Counter, query: CounterById, context: Context) -> CounterState:
    """How far it is."""
    return CounterState(value=counter.value)


@answers(PrivateCounterById)
def private_counter_by_id(
    counter: Counter, query: PrivateCounterById, context: Context
) -> CounterState:
    """How far it is."""
    return CounterState(value=counter.value)


@follows(CounterAdded)
def tally(event: CounterAdded, envelope: Envelope, context: Context) -> None:
    """Note what was seen, in order."""
    _disturb(event.counter, context)
    found = context.unit.find(Tally, event.counter) or context.unit.add(Tally(id=event.counter))
    found.seen = [*found.seen, event.amount]
    _enter(f"{event.counter}/{event.amount}", context)


@subscribes(Noted)
def note(event: Noted, envelope: Envelope, context: Context) -> None:
    """Note it."""
    _disturb(event.text, context)
    _enter(event.text, context)


@on_timer("alarm")
def ring(counter: Counter, context: Context) -> None:
    """Ring, and set the next alarm."""
    _disturb(counter.id, context)
    _enter(f"alarm/{counter.id}", context)
    if counter.next_alarm is not None:
        context.unit.arm("alarm", counter.id, counter.next_alarm, context)
        counter.next_alarm = None


def _enter(entry: str, context: Context) -> None:
    context.unit.append(JOURNAL, {"entry": entry, "at": context.now})


def _disturb(what: str, context: Context) -> None:
    match FAULTS.get(what):
        case "bug":
            raise ZeroDivisionError("injected")
        case "away":
            raise Unavailable(service="elsewhere")
        case "statement":
            context.unit.rows(sa.select(sa.column("absent")).select_from(sa.table("nowhere")))
        case "taken":
            context.unit.add(Tally(id="taken"))


@service(Model)
class Probe:
    """The handlers above."""

    name = "probe"

    open_counter = open_counter
    add_to_counter = add_to_counter
    add_quoted = add_quoted
    close_counter = close_counter
    set_alarm = set_alarm
    cancel_alarm = cancel_alarm
    counter_by_id = counter_by_id
    private_counter_by_id = private_counter_by_id
    tally = tally
    note = note
    ring = ring
