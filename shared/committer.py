"""Group commit: units of work that wait together share one transaction, a statement a table."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from random import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from shared import audit, metrics
from shared.messaging.tables import INBOX, OUTBOX, PROGRESS, REQUEST, TIMER
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


class _Stale(Exception):
    """Some units of the group lost their guard; the group is written again without them."""

    def __init__(self, tickets: set[_Ticket]) -> None:
        super().__init__(len(tickets))
        self.tickets = tickets


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


@lru_cache(maxsize=4)
def _claim_requests(dialect: str, columns: tuple[str, ...]) -> Any:
    return insertion(REQUEST, dialect, columns).on_conflict_do_nothing().returning(REQUEST.c.id)


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
        self._in_flight = 0
        self.after_commit: list[Callable[[Effects], None]] = []

    def commit(self, effects: Effects) -> Outcome:
        """Write one unit; returns after its transaction ended.

        Raises the database's own error when this unit, tried alone, is refused by it, but for a
        unique index, which has its own outcome.
        """
        ticket = _Ticket(effects)
        self._waiting.append(ticket)
        self._in_flight += 1
        try:
            while not ticket.settled:
                with self._turn:
                    if not ticket.settled:
                        self._settle(self._next_group())
        finally:
            self._in_flight -= 1
        if ticket.error is not None:
            raise ticket.error
        assert ticket.outcome is not None
        return ticket.outcome

    def _next_group(self) -> list[_Ticket]:
        # Half of what is in flight keeps the other half deciding while this half is written.
        limit = min(LARGEST_GROUP, max(1, (self._in_flight + 1) // 2))
        group: list[_Ticket] = []
        keys: set[tuple[str, str]] = set()
        passed: list[_Ticket] = []
        while self._waiting and len(group) < limit:
            ticket = self._waiting.popleft()
            # What was passed over keeps its place: nothing later on its rows overtakes it.
            (passed if keys & ticket.keys else group).append(ticket)
            keys |= ticket.keys
        self._waiting.extendleft(reversed(passed))
        return group

    def _settle(self, group: list[_Ticket]) -> None:
        while group:
            try:
                written = self._write(group)
            except _Stale as stale:
                for ticket in stale.tickets:
                    ticket.outcome = Outcome.STALE
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
                for ticket in group:
                    self._settle([ticket])
                return
            except BaseException as fault:
                # The waiting callers must not wait for a writer that is gone.
                for ticket in group:
                    ticket.error = fault if isinstance(fault, Exception) else _interrupted(fault)
                raise
            for ticket in group:
                ticket.outcome = Outcome.WRITTEN if ticket in written else Outcome.REPEATED
            metrics.GROUP_SIZE.labels(self._service).observe(len(group))
            for ticket in written:
                for notice in self.after_commit:
                    notice(ticket.effects)
            return

    def _write(self, group: list[_Ticket]) -> set[_Ticket]:
        with writing(self._engine) as connection:
            written = self._claim(connection, group)
            self._write_rows(connection, [t for t in group if t in written])
        return written

    def _claim(self, connection: sa.Connection, group: list[_Ticket]) -> set[_Ticket]:
        """The units whose request ids are new; those without one are always written."""
        rows = [t.effects.request for t in group if t.effects.request is not None]
        if not rows:
            return set(group)
        # One order for every group, so that two processes given the same requests cannot
        # deadlock each other.
        rows.sort(key=lambda row: str(row["id"]))
        claim = _claim_requests(self._dialect, tuple(rows[0]))
        claimed = set(connection.execute(claim, rows_for(self._dialect, rows)).scalars())
        return {t for t in group if t.effects.request is None or t.effects.request["id"] in claimed}

    def _write_rows(self, connection: sa.Connection, group: list[_Ticket]) -> None:
        stale: set[_Ticket] = set()

        def guard(expected: list[tuple[_Ticket, Any]], returned: Iterable[Any]) -> None:
            kept = set(returned)
            stale.update(ticket for ticket, key in expected if key not in kept)

        finished = [(t, position) for t in group for position in t.effects.inbox]
        if finished:
            positions = [position for _, position in finished]
            finish = _finish_inbox(self._dialect)
            kept = connection.execute(finish, {"positions": positions}).scalars()
            guard(finished, kept)
        guarded: dict[sa.Table, list[tuple[_Ticket, dict[str, Any]]]] = {}
        for ticket in group:
            for table, rows in ticket.effects.records.items():
                guarded.setdefault(table, []).extend((ticket, row) for row in rows)
            for row in ticket.effects.progress:
                guarded.setdefault(PROGRESS, []).append((ticket, row))
        # One order of tables for every group, so that two processes cannot deadlock each other.
        for table in sorted(guarded, key=lambda t: t.name):
            pairs_of_table = sorted(guarded[table], key=lambda pair: str(pair[1]["id"]))
            written = self._upsert(connection, table, [row for _, row in pairs_of_table])
            guard([(t, row["id"]) for t, row in pairs_of_table], written)
        # After the aggregates, as those who set and cancel timers lock them too.
        fired = [(t, f) for t in group for f in t.effects.fired]
        if fired:
            pairs = [pair for _, pair in fired]
            kept = connection.execute(_FIRE_TIMERS, {"fired": pairs}).scalars()
            guard([(t, timer_id) for t, (timer_id, _) in fired], kept)
        if stale:
            raise _Stale(stale)
        self._write_unguarded(connection, group)

    def _write_unguarded(self, connection: sa.Connection, group: list[_Ticket]) -> None:
        timers = sorted(_flat(group, lambda e: e.timers), key=lambda row: str(row["id"]))
        if timers:
            self._upsert(connection, TIMER, timers)
        for key, value, values in _flat(group, lambda e: e.revived):
            connection.execute(
                sa.update(key.table)
                .where(key == value, key.table.c.state == "dead")
                .values(attempts=0, reason=None, **values)
            )
        appended: dict[sa.Table, list[dict[str, Any]]] = {}
        for ticket in group:
            for table, rows in ticket.effects.appended.items():
                appended.setdefault(table, []).extend(rows)
        appended[OUTBOX] = _flat(group, lambda e: e.events)
        for table, rows in appended.items():
            if rows:
                statement = insertion(table, self._dialect, tuple(rows[0]))
                connection.execute(statement, rows_for(self._dialect, rows))
        # Last, because the head of the chain stays locked from here to the end.
        audit.append(connection, _flat(group, lambda e: e.audit))

    def _upsert(
        self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]
    ) -> Sequence[str]:
        """Write guarded rows; returns the ids of those whose guard held."""
        statement = _guarded_upsert(table, self._dialect, tuple(rows[0]))
        return connection.execute(statement, rows_for(self._dialect, rows)).scalars().all()


def _interrupted(fault: BaseException) -> Exception:
    return RuntimeError(f"the writer was interrupted: {type(fault).__name__}")
