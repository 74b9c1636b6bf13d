"""The relay: publishes committed outbox rows, in order per aggregate, at least once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql

from shared import metrics
from shared.clocks import machine_now
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.links import Outgoing, Publisher
from shared.messaging.pacing import collect
from shared.messaging.tables import OUTBOX, RELAY
from shared.messaging.topology import events_exchange
from shared.storage import PARTITIONS, writing

log = structlog.get_logger(__name__)

WINDOW = 500
IDLE = 1.0
# Another process holds a lease, and perhaps did not see our latest events.
LEASED_ELSEWHERE = 0.05
LONGEST_PAUSE = 5.0


class Relay:
    """Leases the partitions of aggregates that nobody else holds, and publishes a window of them.

    On PostgreSQL a lease is a row locked with SKIP LOCKED until the window is confirmed, so two
    relays never split an aggregate, and a dead one's lease ends with its connection. On SQLite
    there is one process and one relay.
    """

    def __init__(
        self,
        engine: sa.Engine,
        service: str,
        publisher: Publisher,
        *,
        drained: Callable[[], bool] | None = None,
    ) -> None:
        self._engine = engine
        self._service = service
        self._publisher = publisher
        self._drained = drained
        self._woken = threading.Event()
        self._stopping = False
        self._settled_up_to = 0
        self._leased_all = True

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._woken.set()

    def stop(self) -> None:
        """Stop after the window in hand."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Publish until stopped; a broker or database that is away is tried again with back-off."""
        if self._drained is not None:
            self.republish()
        pause = 0.1
        while not self._stopping:
            self._woken.clear()
            began = time.monotonic()
            try:
                sent = self.publish_once()
                pause = 0.1
            except Exception as fault:
                # Whatever happened, the rows are still unpublished and are tried again.
                log.warning("relay_pauses", service=self._service, reason=repr(fault))
                self._woken.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if not sent:
                self._publisher.heed()
                self._move_checkpoint()
                self._woken.wait(IDLE if self._leased_all else LEASED_ELSEWHERE)
            elif sent < WINDOW:
                collect(began, sent)
        self._publisher.close()

    def publish_once(self) -> int:
        """Publish one window of what could be leased; returns how many events were confirmed."""
        if self._engine.dialect.name == "sqlite":
            return self._publish_single()
        with writing(self._engine) as connection:
            leased = connection.execute(_LEASE).scalars().all()
            self._leased_all = len(leased) == PARTITIONS
            # Read after the lease, so that what the last holder confirmed is not seen as open.
            rows = connection.execute(_WINDOW.where(OUTBOX.c.partition.in_(leased))).all()
            if rows:
                self._send(rows)
                connection.execute(_CONFIRM, {"positions": [row.position for row in rows]})
            return len(rows)

    def _publish_single(self) -> int:
        # Reading, publishing and marking are three steps, because publishing lets other green
        # threads run and none may run inside a SQLite transaction.
        with self._engine.connect() as connection:
            rows = connection.execute(_WINDOW).all()
        if not rows:
            return 0
        self._send(rows)
        with writing(self._engine) as connection:
            confirmed = OUTBOX.c.position.in_([row.position for row in rows])
            connection.execute(
                sa.update(OUTBOX).where(confirmed).values(published_at=machine_now())
            )
        return len(rows)

    def _send(self, rows: Any) -> None:
        exchange = events_exchange(self._service)
        self._publisher.publish(
            [
                Outgoing(
                    exchange=exchange,
                    routing_key=f"{row.aggregate}.{row.type}",
                    body=row.envelope,
                    content_type=CONTENT_TYPE,
                    properties={"message_id": row.id},
                    durable=True,
                )
                for row in rows
            ]
        )
        metrics.PUBLISHED.labels(self._service).inc(len(rows))

    # The embedded transport forgets what it holds when the process dies

    def republish(self) -> None:
        """Mark everything after the checkpoint as unpublished; inboxes discard the repeats."""
        with writing(self._engine) as connection:
            drained = connection.scalar(sa.select(RELAY.c.drained).where(RELAY.c.partition == 0))
            connection.execute(
                sa.update(OUTBOX).where(OUTBOX.c.position > drained).values(published_at=None)
            )

    def _move_checkpoint(self) -> None:
        if self._drained is None:
            return
        with self._engine.connect() as connection:
            last = connection.scalar(
                sa.select(sa.func.max(OUTBOX.c.position)).where(OUTBOX.c.published_at.is_not(None))
            )
        # Read first, asked second: what is published meanwhile lies beyond `last`.
        if last is None or last == self._settled_up_to or not self._drained():
            return
        with writing(self._engine) as connection:
            connection.execute(sa.update(RELAY).where(RELAY.c.partition == 0).values(drained=last))
        self._settled_up_to = last


# The envelope goes out as the text that the database keeps: nobody here reads it.
_WINDOW = (
    sa.select(
        OUTBOX.c.position,
        OUTBOX.c.id,
        OUTBOX.c.aggregate,
        OUTBOX.c.type,
        sa.cast(OUTBOX.c.envelope, sa.Text).label("envelope"),
    )
    .where(OUTBOX.c.published_at.is_(None))
    .order_by(OUTBOX.c.position)
    .limit(WINDOW)
)
_LEASE = sa.select(RELAY.c.partition).with_for_update(skip_locked=True)
_POSITIONS = sa.bindparam("positions", type_=postgresql.ARRAY(sa.BigInteger))
_CONFIRM = (
    sa.update(OUTBOX)
    .where(OUTBOX.c.position == sa.any_(_POSITIONS))
    .values(published_at=sa.func.clock_timestamp())
)
