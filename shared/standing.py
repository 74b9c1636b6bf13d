"""What waits in a service's tables, counted by one cheap query; and how a process tells Prometheus.

Nothing here is counted per command: Prometheus asks every fifteen seconds, and the indexes that
are read hold only what is open or dead, so the answer costs the same in a large history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import eventlet
import sqlalchemy as sa
import structlog
from prometheus_client import REGISTRY, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.clocks import machine_now
from shared.messaging.inbox import OPEN_STATES
from shared.messaging.tables import INBOX, OUTBOX, TIMER, UNDECODABLE

if TYPE_CHECKING:
    from shared.runtime import ServiceRuntime

log = structlog.get_logger(__name__)

# Prometheus waits ten seconds by default; the figures that need no database must arrive by then.
DATABASE_PATIENCE = 3.0


# SQLite takes a partial index only where the statement itself says its condition.
_OPEN = sa.bindparam("open", OPEN_STATES, sa.String, expanding=True, literal_execute=True)
_DEAD = sa.literal("dead", sa.String, literal_execute=True)


def _pile(name: str, state: Any, since: Any, condition: sa.ColumnElement[bool]) -> Any:
    return sa.select(
        sa.literal(name).label("pile"),
        state.label("state"),
        sa.func.count().label("number"),
        sa.func.min(since).label("oldest"),
    ).where(condition)


PILES = sa.union_all(
    _pile("outbox", sa.literal(""), OUTBOX.c.committed_at, OUTBOX.c.published_at.is_(None)),
    _pile("inbox", INBOX.c.state, INBOX.c.received_at, INBOX.c.state.in_(_OPEN)).group_by(
        INBOX.c.state
    ),
    # A select of its own, because it has an index of its own.
    _pile("dead events", sa.literal(""), INBOX.c.received_at, INBOX.c.state == _DEAD),
    _pile("dead timers", sa.literal(""), TIMER.c.due, TIMER.c.state == _DEAD),
    _pile("undecodable", sa.literal(""), UNDECODABLE.c.received_at, sa.true()),
)


@dataclass(frozen=True)
class Piles:
    """How many rows wait. `unpublished_since` and `open_since` are machine instants, those of the
    oldest committed event not yet confirmed and of the oldest received event not yet taken."""

    unpublished: int
    unpublished_since: datetime | None
    inbox: dict[str, int]
    open_since: datetime | None
    dead_events: int
    dead_timers: int
    undecodable: int


def piles_of(rows: Sequence[Any]) -> Piles:
    """What the rows of the query `PILES` say."""
    found = {row.pile: row for row in rows if row.pile != "inbox"}
    taken = [row for row in rows if row.pile == "inbox"]
    return Piles(
        unpublished=found["outbox"].number,
        unpublished_since=found["outbox"].oldest,
        inbox=dict.fromkeys(OPEN_STATES, 0) | {row.state: row.number for row in taken},
        open_since=min((row.oldest for row in taken), default=None),
        dead_events=found["dead events"].number,
        dead_timers=found["dead timers"].number,
        undecodable=found["undecodable"].number,
    )


class _Gauges:
    """Families of gauges, each named once, filled for every service of the process."""

    def __init__(self) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}
        for name, documentation, *labels in _GAUGES:
            self._families[name] = GaugeMetricFamily(
                name, documentation, labels=("service", *labels)
            )

    def set(self, name: str, value: float, *labels: str) -> None:
        self._families[name].add_metric(labels, value)

    def families(self) -> Iterable[Metric]:
        return self._families.values()


_GAUGES: Sequence[tuple[str, ...]] = (
    ("qiantang_database_up", "1 where the database answered this scrape, else 0."),
    ("qiantang_broker_connected", "1 while the service reads its inbox at the broker, else 0."),
    ("qiantang_broker_blocked", "1 while the broker, short of memory or disk, takes nothing."),
    ("qiantang_database_pool_in_use", "Connections that are doing something.", "pool"),
    ("qiantang_database_pool_size", "Connections that the pool may hold.", "pool"),
    ("qiantang_outbox_unpublished_events", "Committed events not yet confirmed."),
    (
        "qiantang_outbox_oldest_unpublished_seconds",
        "Age of the oldest committed event not yet confirmed; 0 where there is none.",
    ),
    ("qiantang_inbox_events", "Received events not yet taken, by state.", "state"),
    (
        "qiantang_inbox_oldest_open_seconds",
        "Age of the oldest received event not yet taken; 0 where there is none.",
    ),
    ("qiantang_dead_letters", "Events and timers set aside for an operator, by kind.", "kind"),
    ("qiantang_undecodable_messages", "Messages kept as undecodable."),
)


class StandingCollector(Collector):
    """How the services of this process stand at the moment of a scrape.

    One for the process and not one a service, because Prometheus wants each family once. A
    service whose database is away is told without the figures that need one.
    """

    def __init__(self) -> None:
        self._runtimes: dict[str, ServiceRuntime] = {}

    def add(self, runtime: ServiceRuntime) -> None:
        """Tell of this service too."""
        self._runtimes[runtime.service] = runtime

    def remove(self, runtime: ServiceRuntime) -> None:
        """Tell of it no more."""
        self._runtimes.pop(runtime.service, None)

    def collect(self) -> Iterable[Metric]:
        """Called by the registry, at its registration and at every scrape."""
        gauges = _Gauges()
        for runtime in list(self._runtimes.values()):
            _tell(runtime, gauges)
        return gauges.families()


def _tell(runtime: ServiceRuntime, gauges: _Gauges) -> None:
    service = runtime.service
    gauges.set("qiantang_broker_connected", runtime.listener.ready.is_set(), service)
    gauges.set("qiantang_broker_blocked", runtime.is_blocked(), service)
    # On SQLite both names stand for one pool.
    for name, engine in {"read": runtime.read, "write": runtime.engine}.items():
        pool: Any = engine.pool
        gauges.set("qiantang_database_pool_in_use", pool.checkedout(), service, name)
        gauges.set("qiantang_database_pool_size", pool.size() + pool._max_overflow, service, name)
    piles = _ask_patiently(runtime)
    gauges.set("qiantang_database_up", piles is not None, service)
    if piles is None:
        return
    gauges.set("qiantang_outbox_unpublished_events", piles.unpublished, service)
    age = _age(piles.unpublished_since)
    gauges.set("qiantang_outbox_oldest_unpublished_seconds", age, service)
    for state, number in piles.inbox.items():
        gauges.set("qiantang_inbox_events", number, service, state)
    gauges.set("qiantang_inbox_oldest_open_seconds", _age(piles.open_since), service)
    gauges.set("qiantang_dead_letters", piles.dead_events, service, "event")
    gauges.set("qiantang_dead_letters", piles.dead_timers, service, "timer")
    gauges.set("qiantang_undecodable_messages", piles.undecodable, service)


def _ask_patiently(runtime: ServiceRuntime) -> Piles | None:
    """None where the database is away, or does not answer in time."""
    with eventlet.Timeout(DATABASE_PATIENCE, False):
        try:
            with runtime.read.connect() as connection:
                return piles_of(connection.execute(PILES).all())
        except sa.exc.SQLAlchemyError as fault:
            log.warning("scrape_without_database", service=runtime.service, reason=str(fault))
    return None


def _age(since: datetime | None) -> float:
    return max(0.0, (machine_now() - since).total_seconds()) if since is not None else 0.0


STANDING = StandingCollector()
REGISTRY.register(STANDING)
