"""The embedded transport where it must behave as a broker does."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import kombu
import pytest
from amqp.exceptions import ChannelError

from shared.context import Headers
from shared.contracts.identity_data import SignIn
from shared.errors import QiantangError, Unavailable
from shared.messaging.embedded import EmbeddedBroker
from shared.messaging.links import Listener, Outgoing, Publisher, connect, declare
from shared.messaging.topology import (
    REPLIES,
    RPC,
    Edges,
    events_exchange,
    inbox_queue,
    rpc_queue,
    topology_of,
)
from shared.rpc import RpcClient, answer_to

EDGES = (
    Edges("identity_data", (), ()),
    Edges("one", (("identity_data", "Thing.*"),), ("identity_data",)),
    Edges("two", (("identity_data", "Thing.Happened"),), ("identity_data",)),
)
NAMES = (f"test-{number}" for number in itertools.count())


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker with its topology declared."""
    name = next(NAMES)
    declare(f"embedded://{name}", topology_of(EDGES, {}))
    found = EmbeddedBroker.named(name)
    found.url = f"embedded://{name}"  # type: ignore[attr-defined]
    yield found
    EmbeddedBroker.forget(name)


def url_of(broker: EmbeddedBroker) -> str:
    return str(broker.url)  # type: ignore[attr-defined]


def event(body: str = "{}", routing_key: str = "Thing.Happened", **options: Any) -> Outgoing:
    return Outgoing(
        exchange=events_exchange("identity_data"), routing_key=routing_key, body=body, **options
    )


class Reader:
    """A listener in a thread that keeps what it read."""

    def __init__(self, broker: EmbeddedBroker, queue: str, prefetch: int = 10) -> None:
        self.read: list[kombu.Message] = []
        self.read_something = threading.Event()
        self.listener = Listener(url_of(broker), [queue], self._take, prefetch=prefetch)
        self._thread = threading.Thread(target=self.listener.run)

    def _take(self, message: kombu.Message) -> None:
        self.read.append(message)
        self.read_something.set()

    def __enter__(self) -> Reader:
        self._thread.start()
        assert self.listener.ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.stop()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def wait_for(self, number: int) -> None:
        until = time.monotonic() + 5
        while len(self.read) < number:
            assert time.monotonic() < until, f"{len(self.read)} of {number} came"
            time.sleep(0.005)

    @property
    def bodies(self) -> list[str]:
        return [bytes(message.body).decode() for message in self.read]


def test_a_mandatory_message_that_no_queue_wants_is_an_error(broker: EmbeddedBroker) -> None:
    publisher = Publisher(url_of(broker))
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        publisher.publish([event(routing_key="Other.Happened", mandatory=True)])
    publisher.publish([event(routing_key="Other.Happened")])
    publisher.publish([event(mandatory=True)])
    publisher.close()


def test_an_exchange_that_nobody_declared_is_an_error(broker: EmbeddedBroker) -> None:
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        Publisher(url_of(broker)).publish(
            [Outgoing(exchange="absent", routing_key="Thing.Happened", body="{}")]
        )


def test_every_queue_gets_its_own_copy_of_what_it_is_bound_to(broker: EmbeddedBroker) -> None:
    publisher = Publisher(url_of(broker))
    publisher.publish([event("1"), event("2", "Thing.Ended")])
    with Reader(broker, inbox_queue("one")) as one, Reader(broker, inbox_queue("two")) as two:
        one.wait_for(2)
        two.wait_for(1)
        one.listener.ack(one.read[-1], multiple=True)
        assert broker.is_drained(inbox_queue("one"))
        assert not broker.is_drained(inbox_queue("two"))
        two.listener.ack(two.read[0])
        assert broker.is_drained()
    assert (one.bodies, two.bodies) == (["1", "2"], ["1"])
    publisher.close()


def test_what_was_not_acknowledged_is_delivered_again_in_its_order(
    broker: EmbeddedBroker,
) -> None:
    publisher = Publisher(url_of(broker))
    publisher.publish([event(str(number)) for number in range(5)])
    with Reader(broker, inbox_queue("two")) as first:
        first.wait_for(5)
        first.listener.ack(first.read[0])
        first.listener.ack(first.read[2])
    assert not broker.is_drained(inbox_queue("two"))
    with Reader(broker, inbox_queue("two")) as second:
        second.wait_for(3)
        second.listener.ack(second.read[-1], multiple=True)
    assert second.bodies == ["1", "3", "4"]
    assert broker.is_drained(inbox_queue("two"))
    publisher.close()


def test_no_more_is_delivered_than_the_reader_prefetches(broker: EmbeddedBroker) -> None:
    publisher = Publisher(url_of(broker))
    publisher.publish([event(str(number)) for number in range(5)])
    with Reader(broker, inbox_queue("two"), prefetch=2) as reader:
        reader.wait_for(2)
        time.sleep(0.05)
        assert len(reader.read) == 2
        reader.listener.ack(reader.read[0])
        reader.wait_for(3)
        reader.listener.ack(reader.read[2], multiple=True)
        reader.wait_for(5)
    publisher.close()


def test_a_message_keeps_its_content_type_headers_and_properties(broker: EmbeddedBroker) -> None:
    publisher = Publisher(url_of(broker))
    sent = event(
        content_type="application/cloudevents+json",
        headers={"traceparent": "t"},
        properties={"message_id": "m-1"},
    )
    publisher.publish([sent])
    with Reader(broker, inbox_queue("two")) as reader:
        reader.wait_for(1)
    (message,) = reader.read
    assert message.content_type == "application/cloudevents+json"
    assert message.headers == {"traceparent": "t"}
    assert message.properties["message_id"] == "m-1"
    assert message.delivery_info["exchange"] == "identity_data.events"
    assert message.delivery_info["routing_key"] == "Thing.Happened"
    publisher.close()


def test_a_reader_sleeps_until_it_is_woken_and_does_not_poll(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    with Reader(broker, inbox_queue("two")) as reader:
        channel = type(reader.listener._channel)
        real = channel._get

        def get(self: Any, queue: str, timeout: float | None = None) -> Any:
            looks.append(time.monotonic())
            return real(self, queue, timeout)

        monkeypatch.setattr(channel, "_get", get)
        time.sleep(0.3)
        assert looks == []
        started = time.monotonic()
        publisher = Publisher(url_of(broker))
        publisher.publish([event()])
        assert reader.read_something.wait(5)
        assert time.monotonic() - started < 2
        publisher.close()


def test_waiting_for_a_message_ends_with_a_timeout(broker: EmbeddedBroker) -> None:
    with connect(url_of(broker)) as connection, connection.channel() as channel:
        channel.basic_consume(inbox_queue("two"), False, lambda _: None, "tag")
        with pytest.raises(socket.timeout):
            connection.drain_events(timeout=0.01)


# Asking over it


class Answering:
    """A service that answers what its RPC queue brings."""

    def __init__(self, broker: EmbeddedBroker, answer: Any) -> None:
        self._answer = answer
        self._listener = Listener(
            url_of(broker), [rpc_queue("identity_data")], self._take, prefetch=10
        )
        self._thread = threading.Thread(target=self._listener.run)

    def _take(self, message: kombu.Message) -> None:
        self._listener.send(answer_to(message, self._answer))
        self._listener.ack(message)

    def __enter__(self) -> Answering:
        self._thread.start()
        assert self._listener.ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()
        self._thread.join(5)


SIGN_IN = SignIn(account="account.someone", password="a password of nobody")


@pytest.fixture
def client(broker: EmbeddedBroker) -> Iterator[RpcClient]:
    """A client of the service `one`."""
    made = RpcClient(url_of(broker), "one", timeout=0.5).start()
    yield made
    made.stop()


def test_a_call_brings_the_reply_or_raises_the_error_whole(
    broker: EmbeddedBroker, client: RpcClient
) -> None:
    reply = {"token": "t", "expires_at": "2026-03-02T10:00:00+08:00"}
    with Answering(broker, {"reply": reply}):
        assert client.call(SIGN_IN).token == "t"
    wire = {"kind": "RuleBroken", "slug": "unheard-of", "zh": "不行", "en": "no", "fields": {}}
    with Answering(broker, {"error": wire}), pytest.raises(QiantangError) as refusal:
        client.call(SIGN_IN)
    assert refusal.value.to_wire() == wire


def test_a_call_that_nobody_answers_ends_within_its_timeout(client: RpcClient) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.call(SIGN_IN)
    assert 0.4 < time.monotonic() - started < 3


def test_a_call_to_nobody_ends_at_once(broker: EmbeddedBroker) -> None:
    patient = RpcClient(url_of(broker), "one", timeout=20).start()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        patient.call_raw("absent", "SignIn", {}, Headers())
    assert time.monotonic() - started < 3
    patient.stop()


def test_a_reply_that_is_no_json_ends_its_own_call_alone(
    broker: EmbeddedBroker, client: RpcClient
) -> None:
    replies = client._replies
    publisher = Publisher(url_of(broker))

    def answer_badly(message: kombu.Message) -> None:
        publisher.publish(
            [
                Outgoing(
                    exchange=REPLIES,
                    routing_key=replies,
                    body="no json",
                    properties={"correlation_id": message.properties["correlation_id"]},
                )
            ]
        )

    listener = Listener(url_of(broker), [rpc_queue("identity_data")], answer_badly, prefetch=1)
    thread = threading.Thread(target=listener.run)
    thread.start()
    assert listener.ready.wait(5)
    with pytest.raises(Unavailable):
        client.call(SIGN_IN)
    listener.stop()
    thread.join(5)
    publisher.close()
    reply = {"token": "t", "expires_at": "2026-03-02T10:00:00+08:00"}
    with Answering(broker, {"reply": reply}):
        assert client.call(SIGN_IN).token == "t"


def test_a_reply_queue_is_deleted_with_its_reader(broker: EmbeddedBroker) -> None:
    client = RpcClient(url_of(broker), "one", timeout=0.5).start()
    queue = client._replies
    assert queue in broker.queues
    client.stop()
    until = time.monotonic() + 5
    while queue in broker.queues:
        assert time.monotonic() < until
        time.sleep(0.005)
    publisher = Publisher(url_of(broker))
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        publisher.publish(
            [Outgoing(exchange=REPLIES, routing_key=queue, body="{}", mandatory=True)]
        )
    assert RPC in broker.state.exchanges
    publisher.close()
