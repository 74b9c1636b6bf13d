"""Durable timers: rows that are due at a business instant and fire exactly once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from random import random
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.clocks import BusinessCalendar, machine_now
from shared.committer import Committer, Outcome, give_way
from shared.context import Context, Headers, service_principal
from shared.errors import Conflict
from shared.handling import Handlers
from shared.messaging.inbox import MOST_ATTEMPTS, STALE_ATTEMPTS, retry_delay
from shared.messaging.tables import TIMER
from shared.storage import is_outage, writing
from shared.unit_of_work import Effects, UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 100
IDLE = 1.0


class Timers:
    """Fires what is due by the business calendar, in order of due instant and id.

    A process that was down finds everything that fell due meanwhile and fires it in that order.
    The row is marked as fired in the transaction of its effect, so no restart fires it again.
    """

    def __init__(
        self,
        engine: sa.Engine,
        read: sa.Engine,
        service: str,
        handlers: Handlers,
        committer: Committer,
        calendar: BusinessCalendar,
    ) -> None:
        self._engine = engine
        self._read = read
        self._service = service
        self._handlers = handlers
        self._committer = committer
        self._calendar = calendar
        self._woken = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """A timer was set or the calendar moved."""
        self._woken.set()

    def stop(self) -> None:
        """Stop after the timer in hand."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Fire timers until stopped."""
        while not self._stopping:
            self._woken.clear()
            try:
                fired = self.fire_due()
            except sa.exc.SQLAlchemyError as fault:
                log.warning("timers_pause", service=self._service, reason=str(fault))
                self._woken.wait(IDLE)
                continue
            if not fired:
                self._woken.wait(IDLE)

    def next_due(self) -> datetime | None:
        """The earliest instant at which an armed timer is due, or None."""
        with self._read.connect() as connection:
            return connection.scalar(
                sa.select(TIMER.c.due)
                .where(TIMER.c.state == "armed")
                .order_by(TIMER.c.due)
                .limit(1)
            )

    def fire_due(self) -> int:
        """Fire one batch of due timers; returns how many fired or failed."""
        rows = self._due(self._calendar.now())
        for number, row in enumerate(rows, start=1):
            if self._fire(row):
                # What it set may be due before the next of this batch.
                return number
        return len(rows)

    def _due(self, now: datetime) -> Sequence[Any]:
        with self._read.connect() as connection:
            return connection.execute(
                sa.select(TIMER)
                .where(
                    TIMER.c.state == "armed",
                    TIMER.c.due <= now,
                    sa.or_(TIMER.c.retry_at.is_(None), TIMER.c.retry_at <= machine_now()),
                )
                .order_by(TIMER.c.due, TIMER.c.id)
                .limit(BATCH)
            ).all()

    def _fire(self, row: Any) -> bool:
        """Fire one timer, or note its failure; returns whether others were set or cancelled by it,
        or may have been by another process that fired it."""
        try:
            for attempt in range(STALE_ATTEMPTS):
                effects = self._decide(row)
                if self._committer.commit(effects) is Outcome.WRITTEN:
                    metrics.TIMERS_FIRED.labels(self._service, row.name).inc()
                    return bool(effects.timers)
                if not self._is_armed(row):
                    return True
                give_way(attempt)
            raise Conflict(id=row.id)
        except Exception as fault:
            if is_outage(fault):
                raise
            self._fail(row, fault)
            return False

    def _is_armed(self, row: Any) -> bool:
        """After a lost guard: False where another process fired, set or cancelled it."""
        with self._read.connect() as connection:
            found = connection.execute(
                sa.select(TIMER.c.id).where(
                    TIMER.c.id == row.id, TIMER.c.arming == row.arming, TIMER.c.state == "armed"
                )
            ).first()
        return found is not None

    def _decide(self, row: Any) -> Effects:
        unit = UnitOfWork(self._read, self._service)
        cause = f"timer/{row.id}/{row.arming}"
        context = Context(
            service_principal(self._service),
            Headers(
                requestid=cause,
                causationid=cause,
                scenarioid=row.headers.get("scenarioid", ""),
                traceparent=row.headers.get("traceparent", ""),
            ),
            # The rule sees the instant it was promised for, however late the process woke.
            row.due,
            unit,
            on_behalf_of=row.headers.get("onbehalfof", ""),
        )
        handler = self._handlers.timers[row.name]
        handler.function(unit.get(handler.record, row.aggregate_id), context)
        unit.settle(context, row.name, cause, {}, f"{handler.record.__name__}/{row.aggregate_id}")
        effects = unit.effects(context.now)
        effects.fired = [(row.id, row.arming)]
        return effects

    def _fail(self, row: Any, fault: Exception) -> None:
        attempts = row.attempts + 1
        dead = attempts >= MOST_ATTEMPTS
        log.error(
            "timer_failed", service=self._service, timer=row.id, reason=repr(fault), dead=dead
        )
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(TIMER)
                .where(
                    # Another process may have fired it while this one failed.
                    TIMER.c.id == row.id,
                    TIMER.c.arming == row.arming,
                    TIMER.c.state == "armed",
                )
                .values(
                    state="dead" if dead else "armed",
                    attempts=attempts,
                    retry_at=machine_now() + retry_delay(attempts, random()),
                    reason=repr(fault)[:2000],
                )
            )
