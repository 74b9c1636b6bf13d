"""Group commit: units of work that wait together share one transaction, a statement a table."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from random import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from shared import audit, metrics
from shared.messaging.tables import (
    AUDIT,
    AUDIT_HEAD,
    INBOX,
    OUTBOX,
    PROGRESS,
    READING,
    REQUEST,
    TIMER,
)
from shared.storage import insertion, is_taken, rows_for, writing
from shared.unit_of_work import Effects

LARGEST_GROUP = 64
FIRST_WAY = 0.005


class Outcome(Enum):
    """What became of a unit: written whole, or not at all."""

    WRITTEN = "written"
    REPEATED = "repeated"
    STALE = "stale"
    TAKEN = "taken"


class _Ticket:
    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.keys = effects.keys()
        self.outcome: Outcome | None = None
        self.error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.outcome is not None or self.error is not None


def give_way(losses: int) -> None:
    """Wait a moment by lot before deciding afresh: 5 ms at most after the first loss of a race
    for an aggregate, doubling to 160 ms, so that two processes do not meet there for ever."""
    time.sleep(random() * FIRST_WAY * 2 ** min(losses, 5))


class _Lost(Exception):
    """Some units of the group are not to be written; the group is written again without them."""

    def __init__(self, outcomes: dict[_Ticket, Outcome]) -> None:
        super().__init__(len(outcomes))
        self.outcomes = outcomes


@dataclass(frozen=True)
class _Part:
    """One statement of a group. A guarded one returns the keys of what it wrote."""

    name: str
    statement: Any
    parameters: Any


@lru_cache(maxsize=256)
def _guarded_upsert(table: sa.Table, dialect: str, columns: tuple[str, ...]) -> Any:
    """Insert new rows and update known ones in one statement; a row whose guard fails is not
    returned. Records are guarded by their version, an order's progress only moves on."""
    insert = insertion(table, dialect, columns)
    new = insert.excluded
    changes: dict[str, Any] = {c: new[c] for c in columns if not table.c[c].primary_key}
    guard: sa.ColumnElement[bool] | None
    if table is TIMER:
        changes["arming"] = table.c.arming + 1
        guard = None
    elif table is PROGRESS:
        guard = table.c.sequence < new.sequence
    else:
        changes.pop("created_at", None)
        guard = table.c.version == new.version - 1
    return insert.on_conflict_do_update(index_elements=["id"], set_=changes, where=guard).returning(
        table.c.id
    )


@lru_cache(maxsize=256)
def _guarded_removal(table: sa.Table) -> Any:
    """Remove rows that still have the version with which they were read."""
    given: sa.BindParameter[Any] = sa.bindparam(f"{table.name}_removed", expanding=True)
    chosen = sa.tuple_(table.c.id, table.c.version).in_(given)
    return sa.delete(table).where(chosen).returning(table.c.id)


@lru_cache(maxsize=4)
def _claim_requests(dialect: str, columns: tuple[str, ...]) -> Any:
    return insertion(REQUEST, dialect, columns).on_conflict_do_nothing().returning(REQUEST.c.id)


@lru_cache(maxsize=256)
def _appending(table: sa.Table, dialect: str, columns: tuple[str, ...]) -> Any:
    """Insert rows that have no guard; of the readings of one day that are alike, the first."""
    insert = insertion(table, dialect, columns)
    return insert.on_conflict_do_nothing() if table is READING else insert


@lru_cache(maxsize=4)
def _finish_inbox(dialect: str) -> Any:
    if dialect == "postgresql":
        # One parameter, so that the statement is one text however many events there are.
        given = sa.bindparam("positions", type_=postgresql.ARRAY(sa.BigInteger))
        chosen = INBOX.c.position == sa.any_(given)
    else:
        chosen = INBOX.c.position.in_(sa.bindparam("positions", expanding=True))
    return (
        sa.update(INBOX)
        .where(chosen, INBOX.c.state != "done")
        .values(state="done", reason=None)
        .returning(INBOX.c.position)
    )


@lru_cache(maxsize=256)
def _keys_of(statements: tuple[tuple[str, Any], ...]) -> Any:
    """These statements as one, carried out in their order, which returns the part and the key of
    what each wrote."""
    written = [(name, statement.cte(name)) for name, statement in statements]
    return sa.union_all(
        *(
            sa.select(sa.literal_column(f"'{name}'"), sa.cast(next(iter(cte.c)), sa.Text))
            for name, cte in written
        )
    )


@lru_cache(maxsize=256)
def _closing(statements: tuple[tuple[str, Any], ...]) -> Any:
    """These insertions and the new head of the chain as one statement."""
    return audit.CLOSE.add_cte(*(statement.cte(name) for name, statement in statements))


_FIRE_TIMERS = (
    sa.update(TIMER)
    .where(
        TIMER.c.state == "armed",
        sa.tuple_(TIMER.c.id, TIMER.c.arming).in_(sa.bindparam("fired", expanding=True)),
    )
    .values(state="fired", reason=None)
    .returning(TIMER.c.id)
)


def _flat(tickets: Sequence[_Ticket], rows_of: Callable[[Effects], Iterable[Any]]) -> list[Any]:
    return [row for ticket in tickets for row in rows_of(ticket.effects)]


class Committer:
    """The only writer of a service's rows in this process.

    A caller that finds nobody writing writes its own unit at once; those that arrive meanwhile
    are written together by the next. No lock is waited for, and no other green thread runs,
    between the beginning and the end of a transaction on SQLite.
    """

    def __init__(self, engine: sa.Engine, service: str) -> None:
        self._engine = engine
        self._service = service
        self._dialect = engine.dialect.name
        self._turn = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self.after_commit: list[Callable[[Effects], None]] = []

    def commit(self, effects: Effects) -> Outcome:
        """Write one unit; returns after its transaction ended.

        Raises the database's own error when this unit, tried alone, is refused by it, but for a
        unique index, which has its own outcome.
        """
        ticket = _Ticket(effects)
        self._waiting.append(ticket)
        while not ticket.settled:
            with self._turn:
                if not ticket.settled:
                    self._settle(self._next_group())
        if ticket.error is not None:
            raise ticket.error
        assert ticket.outcome is not None
        return ticket.outcome

    def _next_group(self) -> list[_Ticket]:
        group: list[_Ticket] = []
        keys: set[tuple[str, str]] = set()
        passed: list[_Ticket] = []
        while self._waiting and len(group) < LARGEST_GROUP:
            ticket = self._waiting.popleft()
            # What was passed over keeps its place: nothing later on its rows overtakes it.
            (passed if keys & ticket.keys else group).append(ticket)
            keys |= ticket.keys
        self._waiting.extendleft(reversed(passed))
        return group

    def _settle(self, group: list[_Ticket]) -> None:
        while group:
            try:
                self._write(group)
            except _Lost as lost:
                for ticket, outcome in lost.outcomes.items():
                    ticket.outcome = outcome
                group = [ticket for ticket in group if not ticket.settled]
                continue
            except (sa.exc.SQLAlchemyError, TypeError, ValueError, OverflowError) as fault:
                # A number or a text that cannot be carried is refused by the latter three.
                if len(group) == 1:
                    if is_taken(fault):
                        group[0].outcome = Outcome.TAKEN
                    else:
                        group[0].error = fault
                    return
                self._settle_each(group)
                return
            except BaseException as fault:
                # The waiting callers must not wait for a writer that is gone.
                for ticket in group:
                    ticket.error = fault if isinstance(fault, Exception) else _interrupted(fault)
                raise
            for ticket in group:
                ticket.outcome = Outcome.WRITTEN
            metrics.GROUP_SIZE.labels(self._service).observe(len(group))
            for ticket in group:
                for notice in self.after_commit:
                    notice(ticket.effects)
            return

    def _settle_each(self, group: list[_Ticket]) -> None:
        try:
            for ticket in group:
                self._settle([ticket])
        finally:
            # Nobody waits for a writer that was interrupted among them.
            for ticket in group:
                if not ticket.settled:
                    ticket.error = RuntimeError("the writer was interrupted")

    def _write(self, group: list[_Ticket]) -> None:
        """Write the group; raises `_Lost` where a request was carried out before or a guard
        failed. On PostgreSQL, where each statement is a journey, it is two of them."""
        with writing(self._engine) as connection:
            # The head of the chain is locked after all else, so that two processes cannot deadlock.
            advance = list(self._advance(group))
            if any(t.effects.timers or t.effects.revived for t in group):
                self._write_guarded(connection, group)
                self._write_timers(connection, group)
                written = self._keys_written(connection, advance)
            else:
                written = self._write_guarded(connection, group, advance)
            self._write_the_rest(connection, group, next(iter(written[AUDIT_HEAD.name]), ""))

    @staticmethod
    def _advance(group: list[_Ticket]) -> Iterator[_Part]:
        if number := sum(len(t.effects.audit) for t in group):
            yield _Part(AUDIT_HEAD.name, audit.ADVANCE, {"number": number})

    def _write_guarded(
        self, connection: sa.Connection, group: list[_Ticket], more: Sequence[_Part] = ()
    ) -> defaultdict[str, set[str]]:
        """Write what has a guard, and then `more`; returns the keys of what was written."""
        guarded = list(self._guarded(group))
        written = self._keys_written(connection, [*(part for part, _ in guarded), *more])
        lost: dict[_Ticket, Outcome] = {}
        for part, keys in guarded:
            # Requests come first: a repeat has often lost its other guards too.
            outcome = Outcome.REPEATED if part.name == REQUEST.name else Outcome.STALE
            for ticket, key in keys:
                if key not in written[part.name]:
                    lost.setdefault(ticket, outcome)
        if lost:
            raise _Lost(lost)
        return written

    def _guarded(self, group: list[_Ticket]) -> Iterator[tuple[_Part, list[tuple[_Ticket, str]]]]:
        """What must return every key that was given to it, and those keys.

        In one order for every group, tables by name and rows by id, so that two processes given
        the same cannot deadlock each other; the claims of requests first.
        """
        requests = [(t, t.effects.request) for t in group if t.effects.request is not None]
        if requests:
            yield self._keyed(REQUEST, requests, _claim_requests)
        finished = [(t, position) for t in group for position in t.effects.inbox]
        if finished:
            positions = {"positions": [position for _, position in finished]}
            part = _Part(INBOX.name, _finish_inbox(self._dialect), positions)
            yield part, [(t, str(position)) for t, position in finished]
        guarded: dict[sa.Table, list[tuple[_Ticket, dict[str, Any]]]] = {}
        for ticket in group:
            for table, rows in ticket.effects.records.items():
                guarded.setdefault(table, []).extend((ticket, row) for row in rows)
            for row in ticket.effects.progress:
                guarded.setdefault(PROGRESS, []).append((ticket, row))
        for table in sorted(guarded, key=lambda t: t.name):
            upsert = partial(_guarded_upsert, table)
            yield self._keyed(table, guarded[table], upsert)
        for table in sorted({t for one in group for t in one.effects.removed}, key=str):
            yield self._removed(table, group)
        # After the aggregates, as those who set and cancel timers lock them too.
        fired = [(t, f) for t in group for f in t.effects.fired]
        if fired:
            part = _Part(TIMER.name, _FIRE_TIMERS, {"fired": [pair for _, pair in fired]})
            yield part, [(t, timer_id) for t, (timer_id, _) in fired]

    @staticmethod
    def _removed(table: sa.Table, group: list[_Ticket]) -> tuple[_Part, list[tuple[_Ticket, str]]]:
        rows = [(t, row) for t in group for row in t.effects.removed.get(table, ())]
        name = f"{table.name}_removed"
        part = _Part(name, _guarded_removal(table), {name: [row for _, row in rows]})
        return part, [(ticket, record_id) for ticket, (record_id, _) in rows]

    def _keyed(
        self,
        table: sa.Table,
        rows: list[tuple[_Ticket, dict[str, Any]]],
        statement: Callable[[str, tuple[str, ...]], Any],
    ) -> tuple[_Part, list[tuple[_Ticket, str]]]:
        rows = sorted(rows, key=lambda pair: str(pair[1]["id"]))
        columns = tuple(rows[0][1])
        given = rows_for(table, self._dialect, [row for _, row in rows])
        part = _Part(table.name, statement(self._dialect, columns), given)
        return part, [(ticket, row["id"]) for ticket, row in rows]

    def _keys_written(
        self, connection: sa.Connection, parts: Sequence[_Part]
    ) -> defaultdict[str, set[str]]:
        written: defaultdict[str, set[str]] = defaultdict(set)
        if parts and self._dialect == "postgresql":
            statement = _keys_of(tuple((part.name, part.statement) for part in parts))
            for name, key in connection.execute(statement, _parameters(parts)):
                written[name].add(key)
            return written
        for part in parts:
            keys = connection.execute(part.statement, part.parameters).scalars()
            written[part.name].update(map(str, keys))
        return written

    def _write_timers(self, connection: sa.Connection, group: list[_Ticket]) -> None:
        """Set and cancel timers, and put dead letters back: a statement of its own, because what
        fires a timer often sets it again."""
        timers = sorted(_flat(group, lambda e: e.timers), key=lambda row: str(row["id"]))
        if timers:
            upsert = _guarded_upsert(TIMER, self._dialect, tuple(timers[0]))
            connection.execute(upsert, rows_for(TIMER, self._dialect, timers))
        for key, value, values in _flat(group, lambda e: e.revived):
            connection.execute(
                sa.update(key.table)
                .where(key == value, key.table.c.state == "dead")
                .values(attempts=0, reason=None, **values)
            )

    def _write_the_rest(self, connection: sa.Connection, group: list[_Ticket], head: str) -> None:
        """Write what is only appended, and close the audit chain, whose head stays locked until the
        transaction ends."""
        appended: dict[sa.Table, list[dict[str, Any]]] = {}
        for ticket in group:
            for table, rows in ticket.effects.appended.items():
                appended.setdefault(table, []).extend(rows)
        appended[OUTBOX] = _flat(group, lambda e: e.events)
        appended[AUDIT] = _flat(group, lambda e: e.audit)
        last = audit.chain(head, appended[AUDIT]) if head else ""
        parts = [
            _Part(
                table.name,
                _appending(table, self._dialect, tuple(rows[0])),
                rows_for(table, self._dialect, rows),
            )
            for table, rows in appended.items()
            if rows
        ]
        if head and self._dialect == "postgresql":
            statement = _closing(tuple((part.name, part.statement) for part in parts))
            connection.execute(statement, {**_parameters(parts), "last": last})
            return
        for part in parts:
            connection.execute(part.statement, part.parameters)
        if head:
            connection.execute(audit.CLOSE, {"last": last})


def _parameters(parts: Sequence[_Part]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.parameters.items()}


def _interrupted(fault: BaseException) -> Exception:
    return RuntimeError(f"the writer was interrupted: {type(fault).__name__}")
