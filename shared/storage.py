"""Mapped aggregates, their column types, and how a service's database is opened."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    configure_mappers,
    mapped_column,
)
from sqlalchemy.pool import QueuePool

from shared import jsontext
from shared.classification import L1, L2, Retention
from shared.clocks import CHINA

if TYPE_CHECKING:
    from shared.contracts.base import Event


class Instant(sa.TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, UTC text of fixed width on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Text on SQLite, because its DATETIME drops the zone and sorts wrongly with one."""
        return sa.String(32) if dialect.name == "sqlite" else sa.DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse a naive instant, which would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        if dialect.name == "sqlite":
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        return value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Give every instant back in China Standard Time."""
        if value is None:
            return None
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant.astimezone(CHINA)


Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
# Kept as the text that it was written as, with its keys in their order. Nobody searches in it, and
# a relay reads an envelope in a third of the time that it takes PostgreSQL to write a JSONB value
# out again.
Verbatim = sa.JSON(none_as_null=True)
BigSerial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Model(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """Base of one service's mapped classes; each service derives its own, with its own metadata."""

    __abstract__ = True
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
        int: sa.BigInteger(),
    }
    retention: ClassVar[Retention | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.__dict__.get("__abstract__"):
            cls.metadata.tables[cls.__tablename__].info["retention"] = cls.retention


class Record(MappedAsDataclass, kw_only=True, eq=False):
    """A row that is written whole and guarded by its version: every aggregate and projection.

    `division` is the code it belongs to, which bounds who may see it.
    """

    id: Mapped[str] = mapped_column(sa.String(100), primary_key=True, info=L2)
    division: Mapped[str] = mapped_column(sa.String(12), index=True, default="33", info=L2)
    version: Mapped[int] = mapped_column(default=0, info=L1)
    created_at: Mapped[datetime | None] = mapped_column(Instant(), default=None, info=L1)
    changed_at: Mapped[datetime | None] = mapped_column(Instant(), default=None, info=L1)


class Aggregate(Record, kw_only=True, eq=False):
    """A record that keeps its own rules and tells what happened to it.

    `event_sequence` counts its events without a gap, so that a subscriber can tell that one is
    missing; the version guard of the row makes the count safe between processes.
    """

    event_sequence: Mapped[int] = mapped_column(default=0, info=L1)

    def tell(self, event: Event, subject: str = "") -> None:
        """Record that something happened; it leaves with the row, in one transaction.

        `subject` names the person or enterprise concerned, by id, never by name or number.
        """
        pending: list[tuple[Event, str]] = self.__dict__.setdefault("_told", [])
        pending.append((event, subject))

    def conclude(self) -> None:
        """Called once, when a unit of work that changed this aggregate ends: for what is worth
        telling only of the whole unit."""

    def take_told(self) -> list[tuple[Event, str]]:
        """Hand over what was told since the last time, in order."""
        told: list[tuple[Event, str]] = self.__dict__.pop("_told", [])
        return told


class Layout:
    """How the records of one class lie in their table, worked out once.

    Records are read and written as rows: the ORM's unit of work costs several times what the
    statement does, and guards, groups and events are the committer's business, not a session's.
    """

    def __init__(self, kind: type[Record]) -> None:
        # Before that, an attribute does not know its default.
        configure_mappers()
        mapper = sa.inspect(kind)
        self._manager: Any = mapper.class_manager
        self.table: sa.Table = mapper.local_table
        self._columns = tuple(column.key for column in self.table.c)
        self._attributes = tuple(mapper.get_property_by_column(c).key for c in self.table.c)
        # What a constructor leaves at its default is known to the mapped attribute alone.
        untouched = self._manager.new_instance()
        self._defaults = tuple((name, getattr(untouched, name)) for name in self._attributes)
        self.all = sa.select(*self.table.c).order_by(self.table.c.id)

    def restore(self, row: sa.Row[Any]) -> Any:
        """The record that this row keeps, with nothing changed in it yet."""
        record = self._manager.new_instance()
        record.__dict__.update(zip(self._attributes, row, strict=True))
        return record

    def values_of(self, record: Record) -> tuple[Any, ...]:
        """Its values, in the order of the table's columns."""
        values = record.__dict__
        return tuple([values.get(name, default) for name, default in self._defaults])

    def row_of(self, record: Record) -> dict[str, Any]:
        """Its values by column."""
        return dict(zip(self._columns, self.values_of(record), strict=True))


@cache
def layout_of(kind: type[Record]) -> Layout:
    """The layout of a mapped class."""
    return Layout(kind)


@lru_cache(maxsize=256)
def insertion(table: sa.Table, dialect: str, columns: tuple[str, ...]) -> Any:
    """An INSERT of any number of rows, executed with `rows_for` of the rows.

    PostgreSQL takes all rows as one JSON parameter (`json_populate_recordset`), so that the
    statement is one text whatever their number, and neither SQLAlchemy nor the driver looks at a
    value. SQLite has no such function and is given the rows one by one.
    """
    if dialect != "postgresql":
        return sqlite.insert(table)
    rows = sa.func.json_populate_recordset(
        sa.literal_column(f'NULL::"{table.name}"'),
        sa.bindparam(_rows_parameter(table), type_=sa.Text),
    ).table_valued(*columns, name="given")
    return postgresql.insert(table).from_select(columns, sa.select(*rows.c))


def rows_for(table: sa.Table, dialect: str, rows: list[dict[str, Any]]) -> Any:
    """The parameters of an `insertion`."""
    if dialect != "postgresql":
        return rows
    return {_rows_parameter(table): jsontext.rows(rows)}


def _rows_parameter(table: sa.Table) -> str:
    # Named after the table, so that insertions into several can be one statement.
    return f"{table.name}_rows"


# A relay leases partitions; they are rows that a migration made.
PARTITIONS = 8


def partition_of(aggregate_id: str, partitions: int) -> int:
    """Which partition an aggregate's events are relayed in: a stable hash of its id."""
    digest = hashlib.blake2b(aggregate_id.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % partitions


# The committer, the relay, the receiver, the inbox and the timers each write one at a time.
WRITERS = 8
READERS = 12


_JSON: dict[str, Any] = {"json_serializer": jsontext.dump, "json_deserializer": jsontext.load}


def open_database(url: str, *, pool_size: int = WRITERS) -> sa.Engine:
    """Open a service's database.

    PostgreSQL: psycopg2, which eventlet makes green, and a bounded pool. SQLite: write-ahead
    log, full sync, and no busy timeout, because waiting inside SQLite stops every green thread of
    the process; who finds the file locked sleeps greenly and tries again. Neither writes the
    values of a statement into its errors, because those go to the log and values are people's.
    """
    if not url.startswith("sqlite"):
        return _open_postgresql(url, pool_size)
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        connect_args={"timeout": 0, "check_same_thread": False},
        hide_parameters=True,
        **_JSON,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def open_for_reading(url: str, engine: sa.Engine) -> sa.Engine:
    """Open the same database for single statements that read.

    PostgreSQL: connections of their own that begin no transaction, because to begin and end one
    around a statement costs as much as the statement. SQLite reads on the engine itself.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return _open_postgresql(
        url,
        READERS,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
    )


def _open_postgresql(url: str, pool_size: int, **options: Any) -> sa.Engine:
    return sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg2://", 1),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=15,
        hide_parameters=True,
        **_JSON,
        **options,
    )


# Primary result codes of SQLite: busy, locked, out of memory, read-only, input or output failed,
# disk full, cannot open, locking protocol.
SQLITE_OUTAGES = frozenset({5, 6, 7, 8, 10, 13, 14, 15})
# Classes of SQLSTATE: connection, transaction rolled back (deadlock), insufficient resources,
# object not ready, operator intervention, system error.
POSTGRESQL_OUTAGES = ("08", "40", "53", "55", "57", "58")


def is_outage(fault: BaseException) -> bool:
    """Whether the database is away or too busy, so that the same work may succeed later.

    `OperationalError` alone does not say so: SQLite calls a wrong statement by that name too, and
    PostgreSQL a statement that is too large, and neither gets better by waiting.
    """
    if isinstance(fault, sa.exc.TimeoutError):
        return True  # Every connection of the pool is in use.
    if not isinstance(fault, sa.exc.DBAPIError):
        return False
    if fault.connection_invalidated:
        return True
    if not isinstance(fault, sa.exc.OperationalError):
        return False
    state = getattr(fault.orig, "pgcode", "")
    if state is None:
        return True  # PostgreSQL did not come to answering with a state.
    if state:
        return bool(state.startswith(POSTGRESQL_OUTAGES))
    return (getattr(fault.orig, "sqlite_errorcode", 0) & 0xFF) in SQLITE_OUTAGES


# SQLite's extended result codes for a primary key and for another unique index.
SQLITE_TAKEN = frozenset({1555, 2067})


def is_taken(fault: BaseException) -> bool:
    """Whether a unique index refused a row, because another one has its values."""
    if not isinstance(fault, sa.exc.IntegrityError):
        return False
    if getattr(fault.orig, "pgcode", "") == "23505":
        return True
    return getattr(fault.orig, "sqlite_errorcode", 0) in SQLITE_TAKEN


LOCKED_PAUSE = 0.005
LOCKED_PATIENCE = 10.0


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction, committed at the end unless something was raised.

    On SQLite the write lock is taken at the beginning, waiting greenly while another process
    holds it: an upgrade in the middle of a transaction would fail instead of waiting.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _begin_immediate(connection)
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _begin_immediate(connection: sa.Connection) -> None:
    patience = time.monotonic() + LOCKED_PATIENCE
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except sa.exc.OperationalError as fault:
            connection.rollback()
            if "locked" not in str(fault) or time.monotonic() > patience:
                raise
            time.sleep(LOCKED_PAUSE)
