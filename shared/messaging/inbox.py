"""The one inbox of a service: store, acknowledge, then take each event exactly once."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import kombu
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from shared import metrics
from shared.clocks import BusinessCalendar, machine_now
from shared.committer import Committer, Outcome, give_way
from shared.context import Context, Headers, service_principal
from shared.errors import Conflict, InvalidInput, Unavailable
from shared.handling import Handler, Handlers
from shared.messaging.envelope import Envelope, Undecodable, received
from shared.messaging.pacing import collect
from shared.messaging.tables import INBOX, PROGRESS, UNDECODABLE
from shared.storage import insertion, is_outage, rows_for, writing
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = timedelta(seconds=10)
# A waiting event is released with its predecessor; where the process died between the two, it
# looks again after this.
LOOK_AGAIN = timedelta(seconds=5)
IDLE = 0.5
FIRST_RETRY = 1.0
LONGEST_RETRY = 300.0
MOST_ATTEMPTS = 10
# How often at once an event or timer is decided afresh that lost a race for an aggregate.
STALE_ATTEMPTS = 10
OPEN_STATES = ("ready", "waiting", "retrying")


def retry_delay(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many failed attempts: 1 s doubling to 5 min, times 1 to 1.25.

    `jitter` lies between 0 and 1; it keeps events that failed together from returning together.
    """
    seconds = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * (1 + jitter / 4))


@lru_cache(maxsize=4)
def _keep(dialect: str, columns: tuple[str, ...]) -> Any:
    return insertion(INBOX, dialect, columns).on_conflict_do_nothing()


class Receiver:
    """Stores what arrives and acknowledges it; a batch is whatever arrived meanwhile."""

    def __init__(
        self,
        engine: sa.Engine,
        service: str,
        acknowledge: Callable[..., None],
        *,
        check_sender: bool,
        stored: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._service = service
        self._acknowledge = acknowledge
        self._check_sender = check_sender
        self._stored = stored
        self._arrived: list[kombu.Message] = []
        self._something = threading.Event()
        self._stopping = False

    def on_message(self, message: kombu.Message) -> None:
        """Take a message from the listener; returns at once."""
        self._arrived.append(message)
        self._something.set()

    def stop(self) -> None:
        """Stop after the batch in hand; what is not acknowledged is delivered again."""
        self._stopping = True
        self._something.set()

    def run(self) -> None:
        """Store batches until stopped."""
        while not self._stopping:
            self._something.wait()
            self._something.clear()
            began = time.monotonic()
            batch, self._arrived = self._arrived, []
            if batch:
                self._store_patiently(batch)
                collect(began, len(batch))

    def _store_patiently(self, batch: list[kombu.Message]) -> None:
        while not self._stopping:
            try:
                self.store(batch)
            except sa.exc.SQLAlchemyError as fault:
                # Not acknowledged, so nothing is lost while the database is away.
                log.warning("inbox_cannot_store", service=self._service, reason=str(fault))
                threading.Event().wait(FIRST_RETRY)
                continue
            self._acknowledge(batch[-1], multiple=True)
            self._stored()
            return

    def store(self, batch: Sequence[kombu.Message]) -> None:
        """Write the batch in one transaction; an event known already is written only once, and
        what cannot be read is kept as undecodable with its reason."""
        events: dict[tuple[str, str], dict[str, Any]] = {}
        strange: dict[str, dict[str, Any]] = {}
        now = machine_now()
        for message in batch:
            try:
                envelope = received(message, check_sender=self._check_sender)
                events[envelope.producer, envelope.id] = _inbox_row(envelope, now)
            except Undecodable as fault:
                row = _undecodable_row(message, str(fault), now)
                strange[row["id"]] = row
        dialect = self._engine.dialect.name
        with writing(self._engine) as connection:
            if events:
                rows = list(events.values())
                connection.execute(_keep(dialect, tuple(rows[0])), rows_for(INBOX, dialect, rows))
            for row in strange.values():
                # Bytes have no place in JSON.
                insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
                connection.execute(insert(UNDECODABLE).on_conflict_do_nothing(), row)
        if strange:
            metrics.UNDECODABLE.labels(self._service).inc(len(strange))
            log.error("messages_undecodable", service=self._service, count=len(strange))


def _inbox_row(envelope: Envelope, now: Any) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "producer": envelope.producer,
        "aggregate": envelope.aggregate,
        "aggregate_id": envelope.aggregate_id,
        "sequence": envelope.sequence,
        "type": envelope.name,
        "envelope": envelope.to_wire(),
        "state": "ready",
        "attempts": 0,
        "due_at": now,
        "received_at": now,
    }


def _undecodable_row(message: kombu.Message, reason: str, now: Any) -> dict[str, Any]:
    body = message.body
    raw = body.encode("utf-8", "backslashreplace") if isinstance(body, str) else bytes(body)
    return {
        "id": hashlib.sha256(raw).hexdigest(),
        "received_at": now,
        "reason": reason[:2000],
        "headers": {
            "content_type": ascii(message.content_type),
            "from": ascii(message.delivery_info),
        },
        "body": raw,
    }


def _aggregate_key(row: Any) -> str:
    return f"{row.producer}/{row.aggregate}/{row.aggregate_id}"


class _Waits(Exception):
    """An ordered event came before its predecessor."""


class Inbox:
    """Takes stored events to their subscribers.

    Events that are due together are taken as one unit of work; where one of them fails, each is
    taken alone, so that only the failing one is retried.
    """

    def __init__(
        self,
        engine: sa.Engine,
        read: sa.Engine,
        service: str,
        handlers: Handlers,
        committer: Committer,
        calendar: BusinessCalendar,
        ask: Callable[[Any, Headers, str], Any],
    ) -> None:
        self._ask = ask
        self._engine = engine
        self._read = read
        self._service = service
        self._handlers = handlers
        self._committer = committer
        self._calendar = calendar
        self._woken = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was stored or became due."""
        self._woken.set()

    def stop(self) -> None:
        """Stop after the batch in hand."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Take events until stopped."""
        pause = 0.1
        while not self._stopping:
            self._woken.clear()
            began = time.monotonic()
            try:
                taken = self.take_once()
                pause = 0.1
            except sa.exc.SQLAlchemyError as fault:
                log.warning("inbox_pauses", service=self._service, reason=str(fault))
                self._woken.wait(pause)
                pause = min(pause * 2, 5.0)
                continue
            if not taken:
                self._woken.wait(IDLE)
            elif taken < BATCH:
                collect(began, taken)

    def take_once(self) -> int:
        """Take one batch of due events; returns how many there were."""
        rows = self._lease()
        if not rows:
            return 0
        if len(rows) > 1 and self._take_together(rows):
            return len(rows)
        for row in rows:
            self._take_alone(row)
        return len(rows)

    def _lease(self) -> Sequence[Any]:
        now = machine_now()
        due = (
            sa.select(INBOX)
            .where(INBOX.c.state.in_(OPEN_STATES), INBOX.c.due_at <= now)
            .order_by(INBOX.c.position)
            .limit(BATCH)
        )
        if self._engine.dialect.name == "sqlite":
            # One process owns the file, and its only reader is this loop: no lease is needed.
            with self._engine.connect() as connection:
                return connection.execute(due).all()
        free = due.with_only_columns(INBOX.c.position).with_for_update(skip_locked=True)
        with writing(self._engine) as connection:
            leased = connection.execute(
                sa.update(INBOX)
                .where(INBOX.c.position.in_(free))
                .values(due_at=now + LEASE)
                .returning(*INBOX.c)
            ).all()
        return sorted(leased, key=lambda row: int(row.position))

    def _take_together(self, rows: Sequence[Any]) -> bool:
        """Try all in one unit of work; False where anything but a lost race stood in the way."""
        try:
            self._take_as_one(rows)
        except Exception:
            # Alone, the event that stood in the way will show itself, and only it is set aside.
            return False
        return True

    def _take_as_one(self, rows: Sequence[Any]) -> None:
        """Take them in one unit of work, decided afresh where another process changed an aggregate
        under our hands, and without those that another process took; raises `Conflict` where
        races are lost again and again."""
        for attempt in range(STALE_ATTEMPTS):
            unit = UnitOfWork(self._read, self._service)
            progress: dict[str, int] = {}
            for row in rows:
                self._apply(row, unit, progress)
            if self._commit(unit, rows, progress) is Outcome.WRITTEN:
                self._count("done", len(rows))
                self._release_successors(progress)
                return
            rows = self._still_open(rows)
            if not rows:
                return
            give_way(attempt)
        raise Conflict(id=rows[0].id)

    def _take_alone(self, row: Any) -> None:
        try:
            self._take_as_one([row])
        except _Waits as wait:
            self._set_aside(row, "waiting", str(wait))
            self._look_again(row)
        except Exception as fault:
            if is_outage(fault):
                raise
            self._fail(row, fault)

    def _apply(self, row: Any, unit: UnitOfWork, progress: dict[str, int]) -> None:
        envelope = Envelope.from_wire(row.envelope)
        if (row.producer, row.aggregate) in self._handlers.followed:
            self._await_turn(row, progress)
        actor = service_principal(self._service)
        headers = Headers(
            requestid=f"{row.producer}/{row.id}",
            scenarioid=envelope.scenarioid,
            causationid=row.id,
            traceparent=envelope.traceparent,
        )
        on_behalf_of = envelope.onbehalfof or envelope.actorid
        context = Context(
            actor,
            headers,
            self._calendar.now(),
            unit,
            on_behalf_of=on_behalf_of,
            event=envelope,
            ask_remote=self._ask,
        )
        for handler in self._handlers.subscribers.get((row.producer, row.type), ()):
            self._hand_over(handler, envelope, context)
        unit.settle(context, row.type, row.id, row.envelope["data"], envelope.subject)

    @staticmethod
    def _hand_over(handler: Handler, envelope: Envelope, context: Context) -> None:
        try:
            event = handler.message.load(dict(envelope.data))
        except InvalidInput as fault:
            raise ValueError(f"does not fit its contract: {fault.fields}") from fault
        facts = handler.gather(event, context) if handler.gather is not None else None
        handler.function(event, envelope, context.decided_with(facts))

    def _await_turn(self, row: Any, progress: dict[str, int]) -> None:
        key = _aggregate_key(row)
        if key not in progress:
            progress[key] = self._taken_of(key)
        if row.sequence > progress[key] + 1:
            raise _Waits(
                f"waits for event {progress[key] + 1} of {row.aggregate}/{row.aggregate_id}"
            )
        if row.sequence <= progress[key]:
            # A repeat has its first one's id and never comes this far.
            raise ValueError(f"event {row.sequence} was taken under another id")
        progress[key] = row.sequence

    def _taken_of(self, key: str) -> int:
        """The sequence number of the last event of that aggregate that was taken in order."""
        with self._read.connect() as connection:
            taken = connection.scalar(sa.select(PROGRESS.c.sequence).where(PROGRESS.c.id == key))
        return taken or 0

    def _commit(self, unit: UnitOfWork, rows: Sequence[Any], progress: dict[str, int]) -> Outcome:
        effects = unit.effects(self._calendar.now())
        effects.inbox = [row.position for row in rows]
        effects.progress = [{"id": key, "sequence": taken} for key, taken in progress.items()]
        return self._committer.commit(effects)

    def _release_successors(self, progress: dict[str, int]) -> None:
        if not progress:
            return
        keys = [tuple(key.split("/", 2)) for key in progress]
        name = sa.tuple_(INBOX.c.producer, INBOX.c.aggregate, INBOX.c.aggregate_id)
        with self._read.connect() as connection:
            waiting = connection.execute(
                sa.select(INBOX.c.position).where(INBOX.c.state == "waiting", name.in_(keys))
            ).scalars()
            positions = list(waiting)
        if positions:
            with writing(self._engine) as connection:
                connection.execute(
                    sa.update(INBOX)
                    .where(INBOX.c.position.in_(positions), INBOX.c.state == "waiting")
                    .values(state="ready", due_at=machine_now(), reason=None)
                )
            self.wake()

    def _look_again(self, row: Any) -> None:
        """Another process may have taken the predecessor before this one was seen waiting."""
        if self._taken_of(_aggregate_key(row)) + 1 < row.sequence:
            return
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(INBOX)
                .where(INBOX.c.position == row.position, INBOX.c.state == "waiting")
                .values(state="ready", due_at=machine_now(), reason=None)
            )

    def _still_open(self, rows: Sequence[Any]) -> list[Any]:
        """Those of the events that no other process has taken meanwhile."""
        positions = [row.position for row in rows]
        with self._read.connect() as connection:
            done = connection.execute(
                sa.select(INBOX.c.position).where(
                    INBOX.c.position.in_(positions), INBOX.c.state == "done"
                )
            ).scalars()
            taken = set(done)
        return [row for row in rows if row.position not in taken]

    def _fail(self, row: Any, fault: Exception) -> None:
        attempts = row.attempts + 1
        faults = getattr(fault, "fields", None)
        reason = f"{type(fault).__name__}: {fault}" + (f" {faults}" if faults else "")
        # Nothing is wrong with an event whose handler only found another service away.
        if attempts >= MOST_ATTEMPTS and not isinstance(fault, Unavailable):
            log.error("event_dead", service=self._service, event_id=row.id, reason=reason)
            self._set_aside(row, "dead", reason, attempts=attempts)
            return
        log.warning(
            "event_retried", service=self._service, event_id=row.id, attempt=attempts, reason=reason
        )
        delay = retry_delay(attempts, random.random())
        self._set_aside(row, "retrying", reason, delay, attempts)

    def _set_aside(
        self,
        row: Any,
        state: str,
        reason: str,
        delay: timedelta = LOOK_AGAIN,
        attempts: int | None = None,
    ) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(INBOX)
                .where(INBOX.c.position == row.position, INBOX.c.state != "done")
                .values(
                    state=state,
                    reason=reason[:2000],
                    due_at=machine_now() + delay,
                    attempts=row.attempts if attempts is None else attempts,
                )
            )
        self._count(state)

    def _count(self, outcome: str, number: int = 1) -> None:
        metrics.CONSUMED.labels(self._service, outcome).inc(number)
