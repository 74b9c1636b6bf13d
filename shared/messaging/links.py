"""Connections to the broker that come back by themselves: listeners and publishers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import kombu
import structlog
from amqp.exceptions import ChannelError
from kombu.exceptions import KombuError

from shared.messaging import embedded, wire
from shared.messaging.topology import Topology

log = structlog.get_logger(__name__)

CONFIRM_TIMEOUT = 20.0
LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Outgoing:
    """One message to be published."""

    exchange: str
    routing_key: str
    body: str
    content_type: str = "application/json"
    headers: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    durable: bool = False
    mandatory: bool = False


class NotConfirmed(Exception):
    """The broker refused a message or did not confirm it in time; it must be sent again."""


class BrokerBlocks(Exception):
    """The broker is short of memory or disk and takes nothing for now; the connection stays."""


def connect(url: str, blocked: threading.Event | None = None) -> kombu.Connection:
    """Open a connection; raises what the transport calls a connection error.

    `blocked` is set while the broker takes nothing from this connection (RabbitMQ's
    `connection.blocked`, which py-amqp offers to be told of), as soon as somebody reads from it.
    """
    if is_embedded(url):
        connection = kombu.Connection(url)
        connection.connect()
        return connection
    options: dict[str, Any] = {}
    if blocked is not None:
        blocked.clear()
        options = {"on_blocked": lambda _: blocked.set(), "on_unblocked": blocked.clear}
    connection = kombu.Connection(
        url,
        connect_timeout=5,
        heartbeat=0,
        transport_options=options,
    )
    if not connection.ssl and connection.transport_cls == "amqp":
        connection.transport_cls = wire.Transport
    connection.connect()
    # The library would read from the socket before each message that it publishes, to learn
    # of an alarm. Only the owner of a connection reads from it: two readers tear frames apart,
    # what the second reads is handled while a lock is held, and it costs a system call.
    connection.connection.client_properties["capabilities"] = {}
    return connection


def is_embedded(url: str) -> bool:
    """Whether this URL is the process's own broker."""
    return url.startswith(embedded.SCHEME)


def declare(url: str, topology: Topology) -> None:
    """Declare every exchange, queue and binding; needs the configure right on all of them."""
    with connect(url) as connection, connection.channel() as channel:
        for exchange in topology.exchanges:
            channel.exchange_declare(
                exchange=exchange.name, type=exchange.kind, durable=True, auto_delete=False
            )
        for queue in topology.queues:
            channel.queue_declare(
                queue=queue.name,
                durable=True,
                exclusive=False,
                auto_delete=False,
                arguments=dict(queue.arguments),
            )
        for binding in topology.bindings:
            channel.queue_bind(
                queue=binding.queue, exchange=binding.exchange, routing_key=binding.routing_key
            )


def publish_on(channel: Any, message: Outgoing, user: str = "") -> None:
    """Write one message to a channel without waiting for anything."""
    properties = dict(message.properties)
    properties["delivery_mode"] = 2 if message.durable else 1
    if user:
        properties["user_id"] = user
    prepared = channel.prepare_message(
        message.body,
        content_type=message.content_type,
        content_encoding="utf-8",
        headers=dict(message.headers),
        properties=properties,
    )
    channel.basic_publish(
        prepared,
        exchange=message.exchange,
        routing_key=message.routing_key,
        mandatory=message.mandatory,
    )


def user_of(connection: kombu.Connection) -> str:
    """The broker user of a connection; the broker checks that messages claim no other."""
    return "" if connection.transport_cls == embedded.SCHEME else connection.userid or ""


class Publisher:
    """Publishes batches and returns when the broker has confirmed every message of one.

    One confirm a message costs a round trip; a window of them costs one for all.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: kombu.Connection | None = None
        self._channel: Any = None
        self._buffer: wire.Buffer = wire.NONE
        self._user = ""
        self._sent = 0
        self._unconfirmed: set[int] = set()
        self._refused = False
        self.blocked = threading.Event()

    def publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish all; raises `NotConfirmed`, `BrokerBlocks` or a connection error, after which any
        part of the batch may have arrived, or may yet."""
        try:
            self.heed()
            self._open()
            self._refuse_while_blocked()
            self._buffer.hold()
            try:
                for message in batch:
                    publish_on(self._channel, message, self._user)
                    self._sent += 1
                    self._unconfirmed.add(self._sent)
            finally:
                self._buffer.flush()
            self._await_confirms()
        except (OSError, KombuError, NotConfirmed, *self._errors()):
            self.close()
            raise

    def heed(self) -> None:
        """Read what the broker said unasked, at once: that it blocks this connection, that it no
        longer does, or that it is gone, after which the next batch opens a new connection."""
        if self._connection is None or is_embedded(self._url):
            return
        try:
            while True:
                self._connection.drain_events(timeout=0)
        except TimeoutError:
            return  # It said no more.
        except (OSError, KombuError, *self._errors()) as fault:
            log.warning("broker_connection_lost", reason=str(fault))
            self.close()

    def _refuse_while_blocked(self) -> None:
        if self.blocked.is_set():
            raise BrokerBlocks("the broker is short of memory or disk")

    def _errors(self) -> tuple[type[Exception], ...]:
        if self._connection is None:
            return ()
        return (*self._connection.connection_errors, *self._connection.channel_errors)

    def _open(self) -> None:
        if self._connection is not None:
            return
        self._connection = connect(self._url, self.blocked)
        self._channel = self._connection.channel()
        self._buffer = wire.buffer_of(self._connection)
        self._user = user_of(self._connection)
        self._sent = 0
        self._unconfirmed = set()
        self._refused = False
        if not is_embedded(self._url):
            self._channel.confirm_select()
            self._channel.events["basic_ack"].add(self._on_confirm)
            self._channel.events["basic_nack"].add(self._on_refusal)

    def _on_confirm(self, delivery_tag: int, multiple: bool) -> None:
        if multiple:
            self._unconfirmed = {tag for tag in self._unconfirmed if tag > delivery_tag}
        else:
            self._unconfirmed.discard(delivery_tag)

    def _on_refusal(self, delivery_tag: int, multiple: bool) -> None:
        self._refused = True

    def _await_confirms(self) -> None:
        if is_embedded(self._url) or self._connection is None:
            return
        patience = time.monotonic() + CONFIRM_TIMEOUT
        while self._unconfirmed:
            # What was sent stays with the broker, and its confirms come when it reads again.
            self._refuse_while_blocked()
            left = patience - time.monotonic()
            if left <= 0 or self._refused:
                raise NotConfirmed(f"{len(self._unconfirmed)} messages not confirmed")
            self._connection.drain_events(timeout=left)

    def close(self) -> None:
        """Close the connection; the next batch opens a new one."""
        connection, self._connection = self._connection, None
        channel, self._channel = self._channel, None
        if connection is None:
            return
        if self.blocked.is_set() and channel.connection is not None:
            # A broker that reads nothing would never answer a good-bye.
            channel.connection.collect()
        self.blocked.clear()
        connection.release()


class Listener:
    """Reads some queues for ever, over lost connections, and can publish on the same connection.

    `run` blocks; `on_message` is called there with every message and must not block for long.
    `ack` and `send` may be called from other threads: one lock keeps their frames whole.
    """

    def __init__(
        self,
        url: str,
        queues: Sequence[str],
        on_message: Callable[[kombu.Message], None],
        *,
        prefetch: int,
        acknowledge: bool = True,
        prepare: Callable[[Any], None] | None = None,
    ) -> None:
        self._url = url
        self._queues = queues
        self._on_message = on_message
        self._prefetch = prefetch
        self._acknowledge = acknowledge
        self._prepare = prepare
        self._lock = threading.Lock()
        self._connection: kombu.Connection | None = None
        self._channel: Any = None
        self._buffer: wire.Buffer = wire.NONE
        self._user = ""
        self._stopping = threading.Event()
        self.ready = threading.Event()
        self.blocked = threading.Event()

    def run(self) -> None:
        """Listen until `stop`; a lost connection is opened again, after 0.1 s doubling to 5 s."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                self._open()
                pause = 0.1
                while not self._stopping.is_set():
                    assert self._connection is not None
                    self._connection.drain_events()
            except (
                OSError,
                KombuError,
                # Such as a reply queue that the broker still keeps for the lost connection.
                ChannelError,
                *kombu.Connection(self._url).connection_errors,
            ) as fault:
                if not self._stopping.is_set():
                    log.warning("broker_connection_lost", queues=self._queues, reason=str(fault))
            finally:
                self._close()
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _open(self) -> None:
        # Kept at once, so that it is closed whatever fails after this.
        self._connection = connection = connect(self._url, self.blocked)
        channel = connection.channel()
        self._user = user_of(connection)
        channel.basic_qos(0, self._prefetch, False)
        if self._prepare is not None:
            self._prepare(channel)
        self._buffer = wire.buffer_of(connection)
        self._channel = channel
        for queue in self._queues:
            channel.basic_consume(
                queue,
                no_ack=not self._acknowledge,
                callback=lambda raw: self._on_message(channel.message_to_python(raw)),
                consumer_tag=f"{queue}-{id(self)}",
            )
        self.ready.set()

    def _close(self) -> None:
        self.ready.clear()
        self.blocked.clear()
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                try:
                    self._buffer.flush()
                finally:
                    connection.release()
            except (OSError, *connection.connection_errors) as fault:
                log.info("broker_connection_closed_uncleanly", reason=str(fault))

    def ack(self, message: kombu.Message, *, multiple: bool = False) -> None:
        """Acknowledge; if the connection is gone meanwhile the broker delivers it again."""
        self._settle(message, lambda: message.ack(multiple=multiple))

    def reject(self, message: kombu.Message) -> None:
        """Give a message to its queue's dead-letter exchange, because it can never be taken."""
        self._settle(message, lambda: message.reject(requeue=False))

    def _settle(self, message: kombu.Message, act: Callable[[], None]) -> None:
        try:
            with self._speaking():
                if self._channel is not None and message.channel is self._channel:
                    act()
        except (OSError, KombuError) as fault:
            log.warning("acknowledgement_lost", reason=str(fault))

    def send(self, message: Outgoing) -> None:
        """Publish without a confirm; raises `ConnectionError` while there is no connection."""
        with self._speaking():
            if self._channel is None:
                raise ConnectionResetError("not connected to the broker")
            publish_on(self._channel, message, self._user)

    def answer(self, message: kombu.Message, answer: Outgoing) -> None:
        """Publish the answer to a message and acknowledge it, in this order.

        Raises `ConnectionError` while there is no connection; what the broker does not hear it
        delivers again.
        """
        with self._speaking():
            if message.channel is not self._channel or self._channel is None:
                raise ConnectionResetError("the message came over a connection that is gone")
            publish_on(self._channel, answer, self._user)
            message.ack()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Say something; those who speak in the same moment are heard in one write."""
        first = False
        try:
            with self._lock:
                buffer = self._buffer
                first = buffer.hold()
                yield
            if first:
                time.sleep(0)
        finally:
            if first:
                # At once, so that the next to speak flushes where this one is interrupted again.
                buffer.release()
                with self._lock:
                    buffer.flush()

    def stop(self) -> None:
        """Stop listening; messages not yet acknowledged go back to their queue."""
        self._stopping.set()
        connection = self._connection
        if connection is None:
            return
        if is_embedded(self._url):
            connection.transport.is_closed = True
            connection.transport.woken.set()
            return
        transport = getattr(connection.connection, "transport", None)
        socket = getattr(transport, "sock", None)
        if socket is not None:
            # Shutting the socket down wakes the reader, which then closes for good.
            with suppress(OSError):  # The broker was faster.
                socket.shutdown(2)
