"""The embedded transport: a kombu virtual transport that lives in one process, without a broker.

It differs from kombu's own memory transport where nameko and we rely on a broker's behaviour: it
keeps `content_type`, refuses an unroutable mandatory message, gives every queue its own copy,
wakes its readers instead of polling, gives unacknowledged messages back when a channel closes,
and deletes a reply queue with its last reader. It is not durable; the outbox is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from queue import Empty
from typing import Any, ClassVar

from amqp.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, virtual

SCHEME = "embedded"


class EmbeddedBroker:
    """What all connections of one name in this process share."""

    _by_name: ClassVar[dict[str, EmbeddedBroker]] = {}

    def __init__(self) -> None:
        self.state = virtual.BrokerState()
        self.queues: dict[str, deque[dict[str, Any]]] = {}
        self.transports: list[EmbeddedTransport] = []

    @classmethod
    def named(cls, name: str) -> EmbeddedBroker:
        """The broker of that name, made at its first use."""
        return cls._by_name.setdefault(name, cls())

    @classmethod
    def forget(cls, name: str) -> None:
        """Drop a broker and everything it holds, as a killed process would."""
        cls._by_name.pop(name, None)

    def wake(self) -> None:
        """Let every waiting reader look at its queues again."""
        for transport in self.transports:
            transport.woken.set()

    def is_drained(self, prefix: str = "") -> bool:
        """Whether the queues whose names begin so hold nothing, acknowledged or not."""
        if any(held for name, held in self.queues.items() if name.startswith(prefix)):
            return False
        return not any(
            channel.unacknowledged(prefix)
            for transport in self.transports
            for channel in transport.channels
        )


class EmbeddedChannel(virtual.Channel):  # type: ignore[misc]
    """A channel; its queues are deques of the broker that all channels share."""

    do_restore = False
    body_encoding = None

    @property
    def broker(self) -> EmbeddedBroker:
        """The broker behind this channel's connection."""
        broker: EmbeddedBroker = self.connection.broker
        return broker

    def _has_queue(self, queue: str, **_: Any) -> bool:
        return queue in self.broker.queues

    def _new_queue(self, queue: str, **options: Any) -> None:
        self.broker.queues.setdefault(queue, deque())
        if options.get("exclusive") or options.get("auto_delete"):
            self.connection.own_queues.add(queue)

    def _delete(self, queue: str, *_: Any, **__: Any) -> None:
        self.broker.queues.pop(queue, None)

    def _size(self, queue: str) -> int:
        return len(self.broker.queues.get(queue, ()))

    def _purge(self, queue: str) -> int:
        size = self._size(queue)
        self.broker.queues.get(queue, deque()).clear()
        return size

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        held = self.broker.queues.get(queue)
        if held is None:
            return
        properties = {**message["properties"], "delivery_tag": self._next_delivery_tag()}
        held.append({**message, "properties": properties})
        self.broker.wake()

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        held = self.broker.queues.get(queue)
        if not held:
            raise Empty
        return held.popleft()

    def basic_publish(
        self, message: Any, exchange: str, routing_key: str, mandatory: bool = False, **_: Any
    ) -> None:
        """Publish; a mandatory message that no queue wants raises NO_ROUTE, as a broker's return
        does."""
        if exchange and exchange not in self.state.exchanges:
            raise ChannelError(f"NOT_FOUND - no exchange {exchange!r}", (60, 40), "publish", "404")
        if mandatory and not any(
            queue in self.broker.queues for queue in self._lookup(exchange, routing_key)
        ):
            raise ChannelError("NO_ROUTE", (60, 40), "Channel.basic_publish", "312")
        super().basic_publish(message, exchange, routing_key)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge one message, or with `multiple` all up to it."""
        for tag in self._tags_up_to(delivery_tag) if multiple else [delivery_tag]:
            super().basic_ack(tag)
        self.connection.woken.set()

    def _tags_up_to(self, delivery_tag: str) -> list[str]:
        tags = [tag for tag in self.qos._delivered if tag not in self.qos._dirty]
        return tags[: tags.index(delivery_tag) + 1] if delivery_tag in tags else []

    def unacknowledged(self, prefix: str = "") -> int:
        """How many messages of such queues were delivered here and not acknowledged."""
        if self._qos is None:
            return 0
        queues = self._tag_to_queue.values()
        if prefix and not any(queue.startswith(prefix) for queue in queues):
            return 0
        return len(self._qos._delivered) - len(self._qos._dirty)

    def close(self) -> None:
        """Close, giving what was not acknowledged back to the front of its queue."""
        if self.closed:
            return
        broker = self.broker
        if self._qos is not None:
            self._qos._flush()
            for message in reversed(self._qos._delivered.values()):
                raw = message.serializable()
                for queue in self._lookup(
                    message.delivery_info["exchange"], message.delivery_info["routing_key"]
                ):
                    if queue in self._tag_to_queue.values():
                        broker.queues.setdefault(queue, deque()).appendleft(raw)
            self._qos._delivered.clear()
        super().close()
        broker.wake()


class EmbeddedTransport(virtual.Transport):  # type: ignore[misc]
    """A connection to the process's own broker; the URL's host names which."""

    Channel = EmbeddedChannel
    driver_type = SCHEME
    driver_name = SCHEME
    recoverable_connection_errors = (OSError,)
    recoverable_channel_errors = (ChannelError,)

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self.broker = EmbeddedBroker.named(client.hostname or "default")
        self.state = self.broker.state
        self.woken = threading.Event()
        self.own_queues: set[str] = set()
        self.is_closed = False
        self.broker.transports.append(self)

    def driver_version(self) -> str:
        """There is no driver."""
        return "1"

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message, waiting for it; raises `TimeoutError` after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_closed:
            self.woken.clear()
            try:
                self.cycle.get(self._deliver)
                return
            except Empty:
                pass
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self.woken.wait(left)
        raise ConnectionResetError("the connection was closed")

    def close_connection(self, connection: Any) -> None:
        """Close every channel and delete the queues that were this connection's own."""
        self.is_closed = True
        super().close_connection(connection)
        for queue in self.own_queues:
            self.broker.state.queue_bindings_delete(queue)
            for exchange in self.broker.state.exchanges.values():
                exchange["table"][:] = [row for row in exchange["table"] if row[2] != queue]
            self.broker.queues.pop(queue, None)
        if self in self.broker.transports:
            self.broker.transports.remove(self)
        self.woken.set()


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{EmbeddedTransport.__name__}"
