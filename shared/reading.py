"""Reads of a service's own tables: those that wait together are one statement, and what seldom
changes is remembered for a moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, proxy

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from shared.storage import is_outage

REFERENCE_AGE = 1.0


class _Wanted:
    """A row that somebody waits for."""

    def __init__(self, row_id: str) -> None:
        self.row_id = row_id
        self.found = False
        self.row: Any = None
        self.fault: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.found or self.fault is not None


class _Queue:
    """Those who wait for rows of one table; the first to have the turn reads for all."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting: deque[_Wanted] = deque()


@lru_cache(maxsize=256)
def _one(table: sa.Table) -> Any:
    return sa.select(*table.c).where(table.c.id == sa.bindparam("id"))


@lru_cache(maxsize=256)
def _some(table: sa.Table, dialect: str) -> Any:
    return sa.select(*table.c).where(_is_one_of(table, dialect))


@lru_cache(maxsize=256)
def _taken(table: sa.Table, dialect: str) -> Any:
    return sa.select(table.c.id).where(_is_one_of(table, dialect))


def _is_one_of(table: sa.Table, dialect: str) -> sa.ColumnElement[bool]:
    if dialect == "postgresql":
        # One parameter, so that the statement is one text however many rows are wanted.
        return table.c.id == sa.any_(sa.bindparam("ids", type_=postgresql.ARRAY(sa.Text)))
    return table.c.id.in_(sa.bindparam("ids", expanding=True))


class Reader:
    """Reads rows by id from one database, for all units of work of this process."""

    _of_engine: ClassVar[WeakKeyDictionary[sa.Engine, Reader]] = WeakKeyDictionary()

    def __init__(self, engine: sa.Engine) -> None:
        # Weakly, because the engine's own entry keeps this.
        self._engine: sa.Engine = proxy(engine)
        self._dialect = engine.dialect.name
        self._queues: dict[sa.Table, _Queue] = {}
        self._remembered: dict[tuple[sa.Table, str], tuple[float, Any]] = {}

    @classmethod
    def of(cls, engine: sa.Engine) -> Reader:
        """The one reader of that engine."""
        return cls._of_engine.get(engine) or cls._of_engine.setdefault(engine, cls(engine))

    def find(self, table: sa.Table, row_id: str) -> Any | None:
        """The row of that id as committed at some moment after this was called, or None.

        Raises the database's own error.
        """
        queue = self._queues.setdefault(table, _Queue())
        wanted = _Wanted(row_id)
        queue.waiting.append(wanted)
        with queue.turn:
            if not wanted.settled:
                # One by one, because others may append to it meanwhile.
                batch = [queue.waiting.popleft() for _ in range(len(queue.waiting))]
                try:
                    self._read(table, batch)
                finally:
                    # Where this reader was interrupted, the others read for themselves.
                    queue.waiting.extend(one for one in batch if not one.settled)
        if wanted.fault is not None:
            raise wanted.fault
        return wanted.row

    def _read(self, table: sa.Table, batch: Sequence[_Wanted]) -> None:
        try:
            rows = self._rows(table, [wanted.row_id for wanted in batch])
        except (sa.exc.SQLAlchemyError, ValueError) as fault:
            if len(batch) == 1 or is_outage(fault):
                for wanted in batch:
                    wanted.fault = fault
                return
            # An id that the database cannot read, such as one with a NUL, is one caller's alone.
            for wanted in batch:
                self._read(table, [wanted])
            return
        for wanted in batch:
            wanted.row = rows.get(wanted.row_id)
            wanted.found = True

    def _rows(self, table: sa.Table, ids: Sequence[str]) -> dict[str, Any]:
        with self._engine.connect() as connection:
            if len(ids) == 1:
                rows = connection.execute(_one(table), {"id": ids[0]}).all()
            else:
                rows = connection.execute(_some(table, self._dialect), {"ids": list(ids)}).all()
        return {row.id: row for row in rows}

    def taken(self, table: sa.Table, ids: Sequence[str]) -> set[str]:
        """Those of these ids that a row has."""
        statement = _taken(table, self._dialect)
        with self._engine.connect() as connection:
            return set(connection.execute(statement, {"ids": list(ids)}).scalars())

    def references(
        self, table: sa.Table, ids: Sequence[str], made: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """What is made of those rows of these ids that there are, at most `REFERENCE_AGE` seconds
        old; one statement for all that are unknown or older."""
        now = time.monotonic()
        known: dict[str, Any] = {}
        for one in ids:
            read_at, value = self._remembered.get((table, one), (now, None))
            if value is not None and now - read_at < REFERENCE_AGE:
                known[one] = value
        unknown = [one for one in ids if one not in known]
        if unknown:
            for row_id, row in self._rows(table, unknown).items():
                known[row_id] = value = made(row)
                self._remembered[table, row_id] = (now, value)
        return known
