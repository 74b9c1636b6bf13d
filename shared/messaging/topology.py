"""The names on the broker and who may use them, all derived from contracts and subscriptions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

RPC = "qiantang.rpc"
REPLIES = "qiantang.replies"
UNDECODABLE = "qiantang.undecodable"

# A message that crashed its reader this often is dead-lettered by the broker itself; RabbitMQ
# 3.10 has no default. Errors that we can see never count: receiving only stores.
DELIVERY_LIMIT = 20
# Milliseconds. Long after a caller's patience a request is worth nothing; it also ends one that
# crashes each reader.
REQUEST_LIVES = 60_000


@dataclass(frozen=True)
class Exchange:
    """An exchange; always durable. `kind` is topic, direct or fanout."""

    name: str
    kind: str


@dataclass(frozen=True)
class Queue:
    """A durable queue with its arguments."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True)
class Binding:
    """What of an exchange goes into a queue."""

    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True)
class TopicRight:
    """Which routing keys of an exchange a user may write and read (regular expressions)."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True)
class User:
    """A broker user; `configure`, `write` and `read` are regular expressions over names."""

    name: str
    password: str
    configure: str
    write: str
    read: str
    topics: tuple[TopicRight, ...]


@dataclass(frozen=True)
class Topology:
    """Everything that must be declared before the first message is published."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    users: tuple[User, ...]


@dataclass(frozen=True)
class Edges:
    """What one service, or one system outside, takes part in.

    `subscriptions` are producer and routing key of the events it reads. `calls` names whom it
    asks: a service, for everything of it, or `<service>.<Contract>`, for that alone.
    """

    service: str
    subscriptions: tuple[tuple[str, str], ...]
    calls: tuple[str, ...]


def events_exchange(service: str) -> str:
    """The exchange on which a service publishes its events; nobody else may write to it."""
    return f"{service}.events"


def inbox_queue(service: str) -> str:
    """The one queue in which a service receives all events it subscribes to."""
    return f"{service}.inbox"


def rpc_queue(service: str) -> str:
    """The queue of a service's commands and queries; its replicas share it."""
    return f"{service}.rpc"


def reply_queue(caller: str, unique: str) -> str:
    """A caller's own, exclusive queue of replies."""
    return f"{caller}.reply.{unique}"


def _topic_right(calls: Iterable[str]) -> TopicRight:
    keys = [re.escape(call) if "." in call else rf"{call}\..*" for call in sorted(calls)]
    return TopicRight(exchange=RPC, write=f"^({'|'.join(keys) or '-'})$", read="^$")


def _service_user(edges: Edges, password: str) -> User:
    name = edges.service
    return User(
        name=name,
        password=password,
        configure=rf"^{name}\.reply\..*$",
        write=rf"^({name}\.(events|reply\..*)|qiantang\.(rpc|replies))$",
        read=rf"^({name}\.(inbox|rpc|reply\..*)|qiantang\.replies)$",
        topics=(_topic_right(edges.calls),),
    )


def _system_user(edges: Edges, password: str) -> User:
    """It asks and subscribes; it answers nobody and publishes nothing."""
    name = edges.service
    return User(
        name=name,
        password=password,
        configure=rf"^{name}\.reply\..*$",
        write=rf"^({name}\.reply\..*|qiantang\.rpc)$",
        read=rf"^({name}\.(inbox|reply\..*)|qiantang\.replies)$",
        topics=(_topic_right(edges.calls),),
    )


def topology_of(
    services: Iterable[Edges], passwords: Mapping[str, str], systems: Iterable[Edges] = ()
) -> Topology:
    """The whole broker: one events exchange, one inbox and one RPC queue per service, one inbox
    per system outside, and one user for each of both that can write only its own events and call
    only whom it must."""
    serving, outside = tuple(services), tuple(systems)
    quorum = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": UNDECODABLE,
    }
    exchanges = [
        Exchange(RPC, "topic"),
        Exchange(REPLIES, "direct"),
        Exchange(UNDECODABLE, "fanout"),
    ]
    queues = [Queue(UNDECODABLE, {"x-queue-type": "quorum"})]
    bindings = [Binding(UNDECODABLE, UNDECODABLE, "")]
    for one in serving:
        exchanges.append(Exchange(events_exchange(one.service), "topic"))
        # Who gets no answer asks again under the same request id, so a request need not survive the
        # broker: a quorum queue would write each one to the disk of every node.
        queues.append(Queue(rpc_queue(one.service), {"x-message-ttl": REQUEST_LIVES}))
        bindings.append(Binding(RPC, rpc_queue(one.service), f"{one.service}.*"))
    for one in (*serving, *outside):
        queues.append(Queue(inbox_queue(one.service), quorum))
        bindings += [
            Binding(events_exchange(producer), inbox_queue(one.service), key)
            for producer, key in one.subscriptions
        ]
    users = [_service_user(one, passwords.get(one.service, "")) for one in serving]
    users += [_system_user(one, passwords.get(one.service, "")) for one in outside]
    return Topology(tuple(exchanges), tuple(queues), tuple(bindings), tuple(users))
