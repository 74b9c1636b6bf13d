"""Which function handles which message: decorators that declare it, and nothing else."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.base import Command, Event, Message, Query
from shared.storage import Record

Function = Callable[..., Any]


@dataclass(frozen=True)
class Handler:
    """A function bound to its message.

    `record` is the aggregate type of its first parameter, if that is one. `gather(message,
    context)` runs before the transaction and may call other services; what it returns is
    `context.facts`. `present(reply, context)` makes the answer from the stored reply, for what
    must not be stored, such as a token. `taken(order, context)` names the error where what the
    function made was not written because a unique index refused it or its id is another's; None
    where that was not the reason. Such a rule costs nothing while it is kept, and holds between two
    commands at the same moment.
    """

    message: type[Message]
    function: Function
    record: type[Record] | None = None
    gather: Function | None = None
    present: Function | None = None
    taken: Function | None = None
    ordered: bool = False


@dataclass(frozen=True)
class TimerHandler:
    """A function bound to the timers of one name; its first parameter is the aggregate."""

    name: str
    function: Function
    record: type[Record]


def _record_of(function: Function) -> type[Record] | None:
    first = next(iter(inspect.signature(function).parameters))
    kind = typing.get_type_hints(function).get(first)
    return kind if isinstance(kind, type) and issubclass(kind, Record) else None


def _declare(function: Function, declaration: Handler | TimerHandler) -> Function:
    function.__dict__.setdefault("declared", []).append(declaration)
    return function


def handles(
    command: type[Command[Any]],
    *,
    gather: Function | None = None,
    present: Function | None = None,
    taken: Function | None = None,
) -> Callable[[Function], Function]:
    """The function that carries out a command.

    Its parameters are the aggregate (where the command names one), the order and the context. It
    returns the aggregate that it made, the contract's reply, or None.
    """

    def decorate(function: Function) -> Function:
        handler = Handler(command, function, _record_of(function), gather, present, taken)
        return _declare(function, handler)

    return decorate


def answers(
    query: type[Query[Any]], *, gather: Function | None = None
) -> Callable[[Function], Function]:
    """The function that answers a query from its own service's tables, changing nothing."""

    def decorate(function: Function) -> Function:
        return _declare(function, Handler(query, function, _record_of(function), gather))

    return decorate


def subscribes(
    *events: type[Event], gather: Function | None = None
) -> Callable[[Function], Function]:
    """The function takes these events as they come, each exactly once, in no promised order."""

    def decorate(function: Function) -> Function:
        for event in events:
            _declare(function, Handler(event, function, gather=gather))
        return function

    return decorate


def follows(*events: type[Event], gather: Function | None = None) -> Callable[[Function], Function]:
    """Like `subscribes`, but the events of one aggregate come in their order; one that came early
    waits for its predecessor, and behind a dead one all later events of that aggregate wait."""

    def decorate(function: Function) -> Function:
        for event in events:
            _declare(function, Handler(event, function, gather=gather, ordered=True))
        return function

    return decorate


def on_timer(name: str, record: type[Record] | None = None) -> Callable[[Function], Function]:
    """The function that runs when a timer of that name is due on its aggregate, which is what its
    first parameter says, unless `record` does."""

    def decorate(function: Function) -> Function:
        kind = record or _record_of(function)
        if kind is None:
            raise TypeError(f"{function.__name__}: the first parameter must be the aggregate")
        return _declare(function, TimerHandler(name, function, kind))

    return decorate


@dataclass
class Handlers:
    """All handlers of one service."""

    commands: dict[str, Handler] = field(default_factory=dict)
    queries: dict[str, Handler] = field(default_factory=dict)
    subscribers: dict[tuple[str, str], list[Handler]] = field(default_factory=dict)
    followed: set[tuple[str, str]] = field(default_factory=set)
    timers: dict[str, TimerHandler] = field(default_factory=dict)

    @classmethod
    def of(cls, functions: Iterable[Function]) -> Handlers:
        """Collect what these functions declare; raises ValueError for two handlers of one
        command, query or timer, and for a function that declares nothing."""
        found = cls()
        for function in functions:
            if not hasattr(function, "declared"):
                raise ValueError(f"{function.__name__} handles no message")
            for declared in function.declared:
                found._add(declared)
        return found

    def _add(self, declared: Handler | TimerHandler) -> None:
        if isinstance(declared, TimerHandler):
            self._only(self.timers, declared.name, declared)
            return
        message = declared.message
        if issubclass(message, Command):
            self._only(self.commands, message.NAME, declared)
        elif issubclass(message, Query):
            self._only(self.queries, message.NAME, declared)
        else:
            self.subscribers.setdefault((message.SERVICE, message.NAME), []).append(declared)
            if declared.ordered:
                self.followed.add((message.SERVICE, message.AGGREGATE))

    @staticmethod
    def _only(handlers: dict[str, Any], name: str, declared: Any) -> None:
        if name in handlers:
            raise ValueError(f"{name} has two handlers")
        handlers[name] = declared

    def subscriptions(self) -> tuple[tuple[str, str], ...]:
        """Producer and routing key of every binding: all events of a followed aggregate, because
        one that is missing would stop the others, and single events otherwise."""
        keys = {(service, f"{aggregate}.*") for service, aggregate in self.followed}
        for (service, _), handlers in self.subscribers.items():
            for handler in handlers:
                aggregate = handler.message.AGGREGATE
                if (service, aggregate) not in self.followed:
                    keys.add((service, f"{aggregate}.{handler.message.NAME}"))
        return tuple(sorted(keys))
