"""The relay: publishes committed outbox rows, in order per aggregate, at least once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.clocks import machine_now
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.links import Outgoing, Publisher
from shared.messaging.tables import OUTBOX, RELAY
from shared.messaging.topology import events_exchange
from shared.storage import writing

log = structlog.get_logger(__name__)

WINDOW = 200
IDLE = 1.0
LONGEST_PAUSE = 5.0


class Relay:
    """Leases partitions of aggregates and publishes what each holds, a window at a time.

    On PostgreSQL the lease is a row locked with SKIP LOCKED, so several relays share the
    partitions, never split an aggregate, and a dead one's lease ends with its connection. On
    SQLite there is one process and one relay.
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
                self._move_checkpoint()
                self._woken.wait(IDLE)
        self._publisher.close()

    def pending(self) -> int:
        """How many committed events are not yet confirmed."""
        with self._engine.connect() as connection:
            count = connection.scalar(
                sa.select(sa.func.count()).where(OUTBOX.c.published_at.is_(None))
            )
        metrics.OUTBOX_LAG.labels(self._service).set(count or 0)
        return count or 0

    def publish_once(self) -> int:
        """Publish one window from one partition; returns how many events were confirmed."""
        if self._engine.dialect.name == "sqlite":
            return self._publish_single()
        with writing(self._engine) as connection:
            waiting = sa.exists().where(
                OUTBOX.c.published_at.is_(None), OUTBOX.c.partition == RELAY.c.partition
            )
            leased = connection.execute(
                sa.select(RELAY.c.partition)
                .where(waiting)
                # By lot, so that under load the partitions after the first get their turn too.
                .order_by(sa.func.random())
                .limit(1)
                .with_for_update(skip_locked=True, of=RELAY)
            ).scalar()
            if leased is None:
                return 0
            rows = connection.execute(_window(OUTBOX.c.partition == leased)).all()
            self._send(rows)
            connection.execute(_confirm(rows))
            return len(rows)

    def _publish_single(self) -> int:
        # Reading, publishing and marking are three steps, because publishing lets other green
        # threads run and none may run inside a SQLite transaction.
        with self._engine.connect() as connection:
            rows = connection.execute(_window(sa.true())).all()
        if not rows:
            return 0
        self._send(rows)
        with writing(self._engine) as connection:
            connection.execute(_confirm(rows))
        return len(rows)

    def _send(self, rows: Any) -> None:
        exchange = events_exchange(self._service)
        self._publisher.publish(
            [
                Outgoing(
                    exchange=exchange,
                    routing_key=f"{row.aggregate}.{row.type}",
                    body=json.dumps(row.envelope, ensure_ascii=False),
                    content_type=CONTENT_TYPE,
                    headers={"traceparent": row.envelope.get("traceparent", "")},
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


def _window(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(OUTBOX.c.id, OUTBOX.c.aggregate, OUTBOX.c.type, OUTBOX.c.envelope)
        .where(OUTBOX.c.published_at.is_(None), condition)
        .order_by(OUTBOX.c.position)
        .limit(WINDOW)
    )


def _confirm(rows: Any) -> sa.Update:
    return (
        sa.update(OUTBOX)
        .where(OUTBOX.c.id.in_([row.id for row in rows]))
        .values(published_at=machine_now())
    )
