"""The client of a system outside Qiantang: asks services by their contracts, and follows events.

    client = Client(url, "hangzhou_one_window", "system.hangzhou_one_window", password)
    done = client.call(SubmitOneThing(...), request_id="window-3/2026-000017")
    client.subscribe(case_decided, CaseDecided).run()

The contracts in `shared.contracts` are the typed interface: `call` returns what the contract of the
message says. It works in plain threads. `shared/messaging/PROTOCOL.md` says what it does on the
wire, for clients in other languages.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Generic, Self, TypeVar

import kombu
import structlog

from shared.context import Headers, new_id, new_traceparent
from shared.contracts.base import Ask, Event, Reply
from shared.errors import InvalidInput, NotAuthenticated, Unavailable
from shared.messaging.envelope import Envelope, Undecodable, received
from shared.messaging.links import Listener, is_embedded
from shared.messaging.topology import inbox_queue
from shared.rpc import RpcClient, ServiceToken

log = structlog.get_logger(__name__)

E = TypeVar("E", bound=Event)
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class Client:
    """One registered system, with its own broker user and its service account.

    `timeout` is how many seconds one attempt waits for its reply, `patience` how many seconds a
    call may take in all: where nobody answers it is sent again under the same request id, so that
    it takes effect once. Calls may come from many threads.
    """

    def __init__(
        self,
        url: str,
        system: str,
        account: str,
        password: str,
        *,
        timeout: float = 10.0,
        patience: float = 60.0,
    ) -> None:
        self._url = url
        self._system = system
        self._patience = patience
        self._rpc = RpcClient(url, system, timeout=timeout)
        self._token = ServiceToken(account, password)
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; calls still waiting end with `Unavailable`."""
        self._closed.set()
        self._rpc.stop()

    def call(
        self, message: Ask[Reply], *, request_id: str = "", scenario: str = "", service: str = ""
    ) -> Reply:
        """Send a command or query and wait for its reply.

        Give a command a `request_id` of your own that you keep with the work: sent again under it,
        in this call, after a restart or from another machine, the command takes effect once and
        gets the same reply. Raises what the service answered (`shared.errors`), or `Unavailable`
        where nobody answered within the patience, at most one `timeout` later.
        """
        headers = Headers(
            requestid=request_id or new_id(), scenarioid=scenario, traceparent=new_traceparent()
        )
        until = time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                return self._authenticated(message, headers, service)
            except Unavailable:
                # Callers that were cut off together do not come back together.
                wait = pause * (1 + random.random() / 4)
                if time.monotonic() + wait > until or self._closed.wait(wait):
                    raise
            pause = min(pause * 2, LONGEST_PAUSE)

    def _authenticated(self, message: Ask[Reply], headers: Headers, service: str) -> Reply:
        token = self._token(self._rpc)
        try:
            return self._attempt(message, headers, service, token)
        except NotAuthenticated:
            # Revoked, or signed with a key that was withdrawn; a new one may be better.
            self._token.forget(token)
        return self._attempt(message, headers, service, self._token(self._rpc))

    def _attempt(self, message: Ask[Reply], headers: Headers, service: str, token: str) -> Reply:
        return self._rpc.call(
            message, replace(headers, authorization=f"Bearer {token}"), service=service
        )

    def subscribe(
        self, handler: Callable[[E, Envelope], None], *events: type[E]
    ) -> Subscription[E]:
        """The events of this system's own queue, each given to `handler` with its envelope."""
        return Subscription(self._url, self._system, handler, events)


class Subscription(Generic[E]):
    """Reads a system's durable queue, which keeps what comes while nobody reads it.

    An event is acknowledged after the handler returned, and the next one is sent then. An event
    comes again where the connection or the process was lost before that: a handler keeps
    `envelope.id` in the transaction of its effect, and leaves alone what it finds there. What
    cannot be read, or is of a type not asked for, goes to the broker's dead-letter queue.
    """

    def __init__(
        self,
        url: str,
        system: str,
        handler: Callable[[E, Envelope], None],
        events: tuple[type[E], ...],
    ) -> None:
        self._handler = handler
        self._types = {(event.SERVICE, event.NAME): event for event in events}
        self._check_sender = not is_embedded(url)
        self._arrived: queue.SimpleQueue[kombu.Message | None] = queue.SimpleQueue()
        # One at a time: an event that makes its handler fail again and again is the only one whose
        # deliveries the broker counts.
        self._listener = Listener(url, [inbox_queue(system)], self._arrived.put, prefetch=1)

    @property
    def ready(self) -> threading.Event:
        """Set while the queue is being read."""
        return self._listener.ready

    def run(self) -> None:
        """Take events until `stop`, over lost connections.

        What the handler raises ends it and is raised here; the event is then not acknowledged and
        comes again, as the first one, to the next subscription. The broker sets it aside after
        `shared.messaging.topology.DELIVERY_LIMIT` deliveries.
        """
        reading = threading.Thread(target=self._listener.run, name="events", daemon=True)
        reading.start()
        try:
            while (message := self._arrived.get()) is not None:
                self._take(message)
        finally:
            self._listener.stop()
            reading.join()

    def stop(self) -> None:
        """Let `run` return after the event in hand."""
        self._arrived.put(None)

    def _take(self, message: kombu.Message) -> None:
        try:
            envelope = received(message, check_sender=self._check_sender)
            event = self._event_in(envelope)
        except Undecodable as fault:
            log.error("event_undecodable", reason=str(fault))
            self._listener.reject(message)
            return
        self._handler(event, envelope)
        self._listener.ack(message)

    def _event_in(self, envelope: Envelope) -> E:
        kind = self._types.get((envelope.producer, envelope.name))
        if kind is None:
            raise Undecodable(f"{envelope.type} was not asked for")
        try:
            return kind.load(dict(envelope.data))
        except InvalidInput as fault:
            raise Undecodable(f"does not fit its contract: {fault.fields}") from fault
