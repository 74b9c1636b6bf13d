"""One service put together: its database, its pipeline and the loops that run beside it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import kombu
import sqlalchemy as sa
import structlog

from shared import metrics
from shared.clocks import BusinessCalendar
from shared.committer import Committer, Outcome
from shared.context import Context, Headers, service_principal
from shared.contracts.base import Ask
from shared.handling import Handlers
from shared.messaging import topology
from shared.messaging.embedded import EmbeddedBroker
from shared.messaging.inbox import Inbox, Receiver
from shared.messaging.links import Listener, Publisher, is_embedded
from shared.messaging.relay import Relay
from shared.messaging.tables import CALENDAR, REQUEST
from shared.pipeline import Pipeline
from shared.rpc import RpcClient, ServiceToken
from shared.security.tokens import RevokedSessions, TokenVerifier, TrustedKeys
from shared.settings import Settings
from shared.storage import open_database, open_for_reading
from shared.timers import Timers
from shared.unit_of_work import Effects, UnitOfWork, digest_of

log = structlog.get_logger(__name__)

INBOX_PREFETCH = 500


class CountedRpcClient(RpcClient):
    """The client by which a service asks others: it tells Prometheus what became of every call."""

    def call_raw(self, service: str, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Ask as every client does, counted and timed."""
        started = time.perf_counter()
        outcome = "unanswered"
        try:
            answer = super().call_raw(service, name, payload, headers)
            outcome = answer["error"].get("kind", "error") if "error" in answer else "ok"
            return answer
        finally:
            metrics.RPC_CALLS.labels(self.caller, service, outcome).inc()
            seconds = time.perf_counter() - started
            metrics.RPC_SECONDS.labels(self.caller, service).observe(seconds)


def _parts() -> tuple[type[Pipeline], type[Inbox], type[Publisher], type[CountedRpcClient]]:
    """What a service is made of: traced where a collector of traces is named."""
    if "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ:
        return Pipeline, Inbox, Publisher, CountedRpcClient
    # Nobody else pays for importing OpenTelemetry.
    from shared import tracing

    return (
        tracing.TracedPipeline,
        tracing.TracedInbox,
        tracing.TracedPublisher,
        tracing.TracedRpcClient,
    )


class ServiceRuntime:
    """Everything of one service but its transport's entrypoints.

    Without `start`, commands can be carried out and rows written (the command line does that);
    with it, events are relayed and taken, and timers fire.
    """

    def __init__(self, service: str, handlers: Handlers, settings: Settings) -> None:
        pipeline, inbox, publisher, client = _parts()
        self.service = service
        self.handlers = handlers
        self.settings = settings
        url = settings.database_url_for(service)
        self.engine = open_database(url)
        self.read = open_for_reading(url, self.engine)
        self.calendar = BusinessCalendar(self._stands_at if settings.simulated_calendar else None)
        self.committer = Committer(self.engine, service)
        self.keys = TrustedKeys(self.read)
        self._amqp = settings.amqp_url_for(service)
        self.rpc = client(
            self._amqp,
            service,
            token=ServiceToken(f"service.{service}", settings.secret_of(service) or "-"),
            timeout=settings.rpc_timeout,
        )
        verifier = TokenVerifier(self.keys, RevokedSessions(self.read))
        self.pipeline = pipeline(
            service, handlers, self.read, self.committer, verifier, self.calendar, self._ask
        )
        parts = (self.engine, self.read, service, handlers, self.committer, self.calendar)
        self.inbox = inbox(*parts, self._ask)
        self.timers = Timers(*parts)
        embedded = is_embedded(self._amqp)
        self._publisher = publisher(self._amqp)
        self.relay = Relay(
            self.engine,
            service,
            self._publisher,
            drained=self._all_inboxes_drained if embedded else None,
        )
        self.listener = Listener(
            self._amqp,
            [topology.inbox_queue(service)],
            self._on_event,
            prefetch=INBOX_PREFETCH,
        )
        self.receiver = Receiver(
            self.engine,
            service,
            self.listener.ack,
            check_sender=not embedded,
            stored=self.inbox.wake,
        )
        self.committer.after_commit.append(self._after_commit)
        # The green threads that serve it, by name; whoever starts one writes it down here.
        self.running: dict[str, Any] = {}

    def _on_event(self, message: kombu.Message) -> None:
        self.receiver.on_message(message)

    def _after_commit(self, effects: Effects) -> None:
        if effects.events:
            self.relay.wake()
        if effects.timers or effects.revived:
            self.timers.wake()
            self.inbox.wake()
        if CALENDAR in effects.appended:
            self.timers.wake()

    def _all_inboxes_drained(self) -> bool:
        name = kombu.Connection(self._amqp).hostname or "default"
        broker = EmbeddedBroker.named(name)
        return all(broker.is_drained(queue) for queue in broker.queues if queue.endswith(".inbox"))

    def _ask(self, message: Ask[Any], headers: Headers, service: str = "") -> Any:
        return self.rpc.call(message, headers, service=service)

    def _stands_at(self) -> datetime:
        """Where the simulated calendar was moved to last; it never goes back."""
        with self.read.connect() as connection:
            instant = connection.scalar(sa.select(sa.func.max(CALENDAR.c.instant)))
        return instant or self.settings.calendar_begins

    def loops(self) -> list[Callable[[], None]]:
        """What runs beside the entrypoints for as long as the service lives."""
        return [
            self.relay.run,
            self.listener.run,
            self.receiver.run,
            self.inbox.run,
            self.timers.run,
        ]

    def stop(self) -> None:
        """Let every loop finish what it has in hand and end."""
        for part in (self.listener, self.receiver, self.inbox, self.timers, self.relay):
            part.stop()

    def close(self) -> None:
        """Close the connections; call it after the loops have ended."""
        self.rpc.stop()
        self.engine.dispose()
        self.read.dispose()

    def act_as_service(self, act: str, work: Callable[[Context], None]) -> bool:
        """Run one unit of work as the service itself, once under the id `act`.

        For set-up, such as loading reference data: it is audited and its events leave like any
        others. Returns False where it was done before.
        """
        principal = service_principal(self.service)
        request_id = f"{principal.id}/{act}"
        with self.read.connect() as connection:
            if connection.scalar(sa.select(REQUEST.c.id).where(REQUEST.c.id == request_id)):
                return False
        unit = UnitOfWork(self.read, self.service)
        context = Context(principal, Headers(requestid=act), self.calendar.now(), unit)
        work(context)
        unit.settle(context, act.partition("/")[0], act, act, f"Reference/{act}")
        effects = unit.effects(context.now)
        effects.request = {
            "id": request_id,
            "contract": "act_as_service",
            "digest": digest_of(act),
            "reply": {},
            "at": context.now,
        }
        return self.committer.commit(effects) is Outcome.WRITTEN

    def is_alive(self) -> tuple[bool, dict[str, str]]:
        """Whether everything still runs that was started; neither the database nor the broker is
        asked, because a restart of this process would bring neither back."""
        state = {name: "ended" if thread.dead else "ok" for name, thread in self.running.items()}
        return all(value == "ok" for value in state.values()), state

    def is_blocked(self) -> bool:
        """Whether the broker, short of memory or disk, takes nothing from this service.

        The broker says so to a connection when it tries to publish, so the first event or call
        after the alarm finds out. Commands over HTTP are taken into the outbox meanwhile.
        """
        return self._publisher.blocked.is_set() or self.rpc.blocked.is_set()

    def is_ready(self) -> tuple[bool, dict[str, str]]:
        """Whether it can serve: the database answers, the broker is connected and takes what is
        sent, and the key that signs tokens is known, which comes by event."""
        broker = "ok" if self.listener.ready.is_set() else "away"
        state = {"database": "ok", "broker": "blocks" if self.is_blocked() else broker}
        try:
            with self.read.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
            state["keys"] = "ok" if self.keys() else "not received yet"
        except sa.exc.DBAPIError as fault:
            state["database"] = f"away: {json.dumps(str(fault.orig))[:200]}"
        return all(value == "ok" for value in state.values()), state
