"""A real RabbitMQ: what a service's user may do, what is declared before anything is sent, and
calls that nobody answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import amqp
import kombu
import pytest
import sqlalchemy as sa
from amqp.exceptions import AccessRefused, PreconditionFailed

from deploy.servers import PrivateBroker
from services.identity_data.reference.systems import SYSTEMS
from shared.context import Headers
from shared.contracts.base import SERVICES
from shared.contracts.identity_data import SignIn
from shared.errors import Unavailable
from shared.messaging import links
from shared.messaging.inbox import Receiver
from shared.messaging.links import Listener, Outgoing, Publisher
from shared.messaging.relay import Relay
from shared.messaging.tables import INBOX, OUTBOX, UNDECODABLE
from shared.messaging.topology import (
    DELIVERY_LIMIT,
    REPLIES,
    REQUEST_LIVES,
    RPC,
    Topology,
    events_exchange,
    inbox_queue,
    rpc_queue,
)
from shared.messaging.topology import (
    UNDECODABLE as UNDECODABLE_EXCHANGE,
)
from shared.rpc import RpcClient, answer_to
from shared.testing.harness import ServiceHarness
from shared.testing.probe import OFFICIAL, OpenCounter, Probe

pytestmark = pytest.mark.distributed
ON_POSTGRESQL = pytest.mark.parametrize("profile", ["distributed"], indirect=True)
UrlOf = Callable[[str], str]
SIGN_IN = SignIn(account="account.someone", password="a password of nobody")
PRODUCER = "identity_data"
CONSUMER = "digital_government"
SUBSCRIBED = "Enterprise.EnterpriseRegistered"


@pytest.fixture(scope="session")
def url_of(real_broker: PrivateBroker, declared: Topology) -> UrlOf:
    """The address of the broker with one service's user."""
    users = {user.name: user for user in declared.users}
    return lambda service: real_broker.url_for(users[service])


@pytest.fixture(scope="session")
def admin_url(real_broker: PrivateBroker) -> str:
    """The address of the broker with every right."""
    return real_broker.url_for(real_broker.administrator)


@pytest.fixture(autouse=True)
def empty_queues(admin_url: str, declared: Topology) -> Iterator[None]:
    """Every test begins and ends with empty queues."""
    _purge(admin_url, declared)
    yield
    _purge(admin_url, declared)


def _purge(admin_url: str, declared: Topology) -> None:
    with kombu.Connection(admin_url) as connection, connection.channel() as channel:
        for queue in declared.queues:
            channel.queue_purge(queue.name)


def event(body: str = "{}", exchange: str = events_exchange(PRODUCER), **options: Any) -> Outgoing:
    return Outgoing(exchange=exchange, routing_key=SUBSCRIBED, body=body, **options)


def publish(url: str, *messages: Outgoing) -> None:
    publisher = Publisher(url)
    try:
        publisher.publish(messages)
    finally:
        publisher.close()


def fetch(url: str, queue: str) -> kombu.Message | None:
    with kombu.Connection(url) as connection, connection.channel() as channel:
        until = time.monotonic() + 5
        while (raw := channel.basic_get(queue, no_ack=True)) is None:
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        return channel.message_to_python(raw)


# Rights


def test_a_service_publishes_on_its_own_exchange_and_the_subscriber_has_it(url_of: UrlOf) -> None:
    publish(url_of(PRODUCER), event("1", mandatory=True))
    message = fetch(url_of(CONSUMER), inbox_queue(CONSUMER))
    assert message is not None
    assert message.body == "1"
    assert message.properties["user_id"] == PRODUCER


def test_no_service_publishes_on_the_events_exchange_of_another(url_of: UrlOf) -> None:
    for service in SERVICES:
        other = CONSUMER if service == PRODUCER else PRODUCER
        with pytest.raises(AccessRefused):
            publish(url_of(service), event(exchange=events_exchange(other)))


def test_no_service_reads_an_inbox_or_a_request_queue_of_another(url_of: UrlOf) -> None:
    for service in SERVICES:
        other = CONSUMER if service == PRODUCER else PRODUCER
        for queue in (inbox_queue(other), rpc_queue(other)):
            with kombu.Connection(url_of(service)) as connection:
                channel = connection.channel()
                with pytest.raises(AccessRefused):
                    channel.basic_get(queue)


def test_no_service_declares_binds_or_deletes_what_set_up_declared(url_of: UrlOf) -> None:
    def tries(channel: Any) -> Iterator[Callable[[], Any]]:
        yield lambda: channel.queue_bind("digital_economy.inbox", "rule_of_law.events", "#")
        yield lambda: channel.queue_delete("digital_economy.inbox")
        yield lambda: channel.exchange_declare("digital_economy.more", "topic", durable=True)
        yield lambda: channel.queue_declare("digital_economy.more", durable=True)
        yield lambda: channel.queue_purge("identity_data.inbox")

    with kombu.Connection(url_of("digital_economy")) as connection:
        for number in range(5):
            channel = connection.channel()
            attempt = list(tries(channel))[number]
            with pytest.raises(AccessRefused):
                attempt()


def test_a_service_calls_only_whom_it_must(url_of: UrlOf) -> None:
    def request(service: str) -> Outgoing:
        return Outgoing(exchange=RPC, routing_key=f"{service}.SomeQuery", body="{}")

    publish(url_of("digital_economy"), request(PRODUCER))
    for other in ("rule_of_law", "digital_government", "gateway"):
        with pytest.raises(AccessRefused):
            publish(url_of("digital_economy"), request(other))
    publish(url_of("gateway"), *(request(service) for service in SERVICES))


def test_a_system_outside_asks_what_it_was_registered_for_and_nothing_else(url_of: UrlOf) -> None:
    def request(route: str) -> Outgoing:
        return Outgoing(exchange=RPC, routing_key=route, body="{}")

    system = SYSTEMS["hangzhou_one_window"]
    publish(url_of(system.name), *map(request, system.routes))
    assert "digital_government.SubmitOneThing" in system.routes
    for route in (
        "digital_government.DecideCase",
        "digital_government.SubmitOneThings",
        "identity_data.FetchSharedData",
        "rule_of_law.ServiceStanding",
    ):
        with pytest.raises(AccessRefused):
            publish(url_of(system.name), request(route))


def test_a_system_outside_publishes_no_event_and_answers_nobody(url_of: UrlOf) -> None:
    for system in SYSTEMS:
        for exchange in (*map(events_exchange, SERVICES), REPLIES, UNDECODABLE_EXCHANGE, ""):
            with pytest.raises(AccessRefused):
                publish(url_of(system), Outgoing(exchange, inbox_queue(system), "{}"))


def test_a_system_outside_reads_its_own_inbox_and_no_other_queue(url_of: UrlOf) -> None:
    for system in SYSTEMS:
        with kombu.Connection(url_of(system)) as connection:
            assert connection.channel().basic_get(inbox_queue(system)) is None
            for other in (
                *map(inbox_queue, SERVICES),
                *map(rpc_queue, SERVICES),
                UNDECODABLE_EXCHANGE,
            ):
                channel = connection.channel()
                with pytest.raises(AccessRefused):
                    channel.basic_get(other)


def test_a_system_outside_changes_nothing_that_set_up_declared(url_of: UrlOf) -> None:
    name = "hangzhou_one_window"
    tries: list[Callable[[Any], Any]] = [
        lambda channel: channel.queue_bind(inbox_queue(name), "digital_government.events", "#"),
        lambda channel: channel.queue_delete(inbox_queue(name)),
        lambda channel: channel.queue_declare(f"{name}.more", durable=True),
        lambda channel: channel.exchange_declare(f"{name}.events", "topic", durable=True),
    ]
    with kombu.Connection(url_of(name)) as connection:
        for attempt in tries:
            channel = connection.channel()
            with pytest.raises(AccessRefused):
                attempt(channel)


def test_a_message_in_the_name_of_another_user_is_refused(
    url_of: UrlOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "user_of", lambda connection: "rule_of_law")
    with pytest.raises(PreconditionFailed, match="user_id"):
        publish(url_of(PRODUCER), event())
    monkeypatch.undo()
    publish(url_of(PRODUCER), event("honest"))
    message = fetch(url_of(CONSUMER), inbox_queue(CONSUMER))
    assert message is not None
    assert message.body == "honest"


@ON_POSTGRESQL
def test_a_message_without_a_users_name_is_kept_as_undecodable(
    url_of: UrlOf,
    make_probe: Callable[[], ServiceHarness],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = make_probe()
    harness.execute(OpenCounter(division="330106"), OFFICIAL)
    (envelope,) = harness.envelopes()
    wire = envelope.to_wire() | {"source": f"/{PRODUCER}"}
    body = json.dumps(wire)
    monkeypatch.setattr(links, "user_of", lambda connection: "")
    publish(url_of(PRODUCER), event(body, content_type="application/cloudevents+json"))
    monkeypatch.undo()
    publish(url_of(PRODUCER), event(body + " ", content_type="application/cloudevents+json"))
    with reading(url_of(CONSUMER), inbox_queue(CONSUMER), harness) as received:
        received(lambda: len(rows(harness, INBOX)) == 1 and len(rows(harness, UNDECODABLE)) == 1)
    (strange,) = rows(harness, UNDECODABLE)
    assert "sent by user None" in strange.reason
    with kombu.Connection(url_of(CONSUMER)) as connection, connection.channel() as channel:
        assert channel.basic_get(inbox_queue(CONSUMER)) is None


def rows(harness: ServiceHarness, table: Any) -> Sequence[Any]:
    return harness.rows(sa.select(table))


class reading:  # noqa: N801  Reads as a statement: `with reading(...)`.
    """A real listener and receiver of a queue, storing into a harness's database."""

    def __init__(self, url: str, queue: str, harness: ServiceHarness) -> None:
        self.listener = Listener(url, [queue], self._take, prefetch=100)
        self.receiver = Receiver(
            harness.runtime.engine,
            "probe",
            self.listener.ack,
            check_sender=True,
            stored=lambda: None,
        )
        self._threads = [
            threading.Thread(target=loop) for loop in (self.listener.run, self.receiver.run)
        ]

    def _take(self, message: kombu.Message) -> None:
        self.receiver.on_message(message)

    def __enter__(self) -> Callable[[Callable[[], bool]], None]:
        for thread in self._threads:
            thread.start()
        return wait_for

    def __exit__(self, *_: object) -> None:
        time.sleep(0.05)  # The acknowledgement follows the store.
        self.listener.stop()
        self.receiver.stop()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)


# What is declared


def test_events_wait_in_quorum_queues_with_a_delivery_limit_and_requests_in_fleeting_ones(
    admin_url: str, declared: Topology
) -> None:
    names = {queue.name for queue in declared.queues}
    serving = (*SERVICES, Probe.name)
    wanted = {inbox_queue(s) for s in (*serving, *SYSTEMS)} | {rpc_queue(s) for s in serving}
    assert wanted | {UNDECODABLE_EXCHANGE} == names
    assert DELIVERY_LIMIT > 0
    with kombu.Connection(admin_url) as connection:
        for queue in declared.queues:
            arguments = dict(queue.arguments)
            if queue.name.endswith(".rpc"):
                assert arguments == {"x-message-ttl": REQUEST_LIVES}
                continue
            assert arguments["x-queue-type"] == "quorum"
            channel = connection.channel()
            # The broker says OK to the same arguments only.
            channel.queue_declare(
                queue.name, durable=True, auto_delete=False, arguments=dict(arguments)
            )
            if queue.name == UNDECODABLE_EXCHANGE:
                continue
            assert arguments["x-delivery-limit"] == DELIVERY_LIMIT
            with pytest.raises(PreconditionFailed):
                channel.queue_declare(
                    queue.name,
                    durable=True,
                    auto_delete=False,
                    arguments=arguments | {"x-queue-type": "classic"},
                )


def test_every_subscribed_event_has_its_queue_before_the_first_is_published(
    url_of: UrlOf, declared: Topology
) -> None:
    bindings = [b for b in declared.bindings if b.exchange.endswith(".events")]
    assert bindings
    for binding in bindings:
        producer = binding.exchange.removesuffix(".events")
        routing_key = binding.routing_key.replace("*", "Anything")
        # Mandatory: the broker would return what no queue takes.
        returned: list[Any] = []
        with kombu.Connection(url_of(producer)) as connection, connection.channel() as channel:
            channel.confirm_select()
            channel.events["basic_return"].add(lambda *what: returned.append(what))  # noqa: B023
            channel.basic_publish_confirm(
                amqp.Message("{}"),
                exchange=binding.exchange,
                routing_key=routing_key,
                mandatory=True,
            )
        assert returned == []


def test_a_message_that_keeps_crashing_its_reader_is_set_aside_by_the_broker(
    url_of: UrlOf, admin_url: str
) -> None:
    publish(url_of(PRODUCER), event("poison"))
    for _ in range(DELIVERY_LIMIT + 5):
        with kombu.Connection(url_of(CONSUMER)) as connection:
            channel = connection.channel()
            if channel.basic_get(inbox_queue(CONSUMER)) is None:
                time.sleep(0.02)
    message = fetch(admin_url, UNDECODABLE_EXCHANGE)
    assert message is not None
    assert message.body == "poison"


def test_a_request_that_nobody_takes_in_time_is_gone(url_of: UrlOf, admin_url: str) -> None:
    request = amqp.Message("{}", expiration="100")
    with kombu.Connection(url_of("gateway")) as connection, connection.channel() as channel:
        channel.confirm_select()
        channel.basic_publish_confirm(request, exchange=RPC, routing_key=f"{PRODUCER}.Anything")
    with kombu.Connection(admin_url) as connection, connection.channel() as channel:
        # The shorter of the message's own time and the queue's counts.
        time.sleep(0.3)
        assert channel.basic_get(rpc_queue(PRODUCER)) is None


# Published and received


@ON_POSTGRESQL
def test_what_the_relay_publishes_reaches_the_subscribers_inbox_once_and_in_order(
    url_of: UrlOf, make_probe: Callable[[], ServiceHarness]
) -> None:
    harness = make_probe()
    for _ in range(25):
        harness.execute(OpenCounter(division="330106"), OFFICIAL)
    with harness.runtime.engine.begin() as connection:
        for row in connection.execute(sa.select(OUTBOX)).all():
            connection.execute(
                sa.update(OUTBOX)
                .where(OUTBOX.c.id == row.id)
                .values(
                    aggregate="Enterprise",
                    type="EnterpriseRegistered",
                    envelope=row.envelope | {"source": f"/{PRODUCER}"},
                )
            )
    relay = Relay(harness.runtime.engine, PRODUCER, Publisher(url_of(PRODUCER)))
    with reading(url_of(CONSUMER), inbox_queue(CONSUMER), harness) as received:
        while relay.publish_once():
            pass
        with harness.runtime.engine.begin() as connection:
            connection.execute(sa.update(OUTBOX).values(published_at=None))
        while relay.publish_once():
            pass
        received(lambda: len(rows(harness, INBOX)) == 25)
    assert {row.id for row in rows(harness, INBOX)} == {e.id for e in harness.envelopes()}
    assert rows(harness, UNDECODABLE) == []
    relay._publisher.close()


@ON_POSTGRESQL
def test_a_listener_comes_back_after_its_connection_was_lost(
    url_of: UrlOf, make_probe: Callable[[], ServiceHarness], log_lines: list[Any]
) -> None:
    harness = make_probe()
    reader = reading(url_of(CONSUMER), inbox_queue(CONSUMER), harness)
    with reader as received:
        assert reader.listener.ready.wait(10)
        connection = reader.listener._connection
        assert connection is not None
        connection.connection.transport.sock.shutdown(2)
        received(lambda: reader.listener._connection not in (None, connection))
        publish(url_of(PRODUCER), event("strange"))
        received(lambda: len(rows(harness, UNDECODABLE)) == 1)
    assert "broker_connection_lost" in [line["event"] for line in log_lines]


# Asking


@pytest.fixture
def client(url_of: UrlOf) -> Iterator[RpcClient]:
    """A client of digital_economy."""
    made = RpcClient(url_of("digital_economy"), "digital_economy", timeout=1.0).start()
    yield made
    made.stop()


def test_a_call_to_an_absent_service_ends_within_its_timeout(client: RpcClient) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.call(SIGN_IN)
    assert 0.9 < time.monotonic() - started < 4


def test_a_call_that_no_queue_takes_ends_at_once(url_of: UrlOf) -> None:
    patient = RpcClient(url_of("digital_economy"), "digital_economy", timeout=20).start()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        # Within the caller's right, and bound to nothing: a contract's name has no dot.
        patient.call_raw(PRODUCER, "No.Contract", {}, Headers())
    assert time.monotonic() - started < 5
    patient.stop()


def test_a_refused_call_does_not_end_the_client(client: RpcClient, url_of: UrlOf) -> None:
    with pytest.raises(Unavailable):
        client.call_raw("rule_of_law", "SomeQuery", {}, Headers())
    wait_for(lambda: client._listener.ready.is_set())
    reply = {"token": "t", "expires_at": "2026-03-02T10:00:00+08:00"}
    server = Listener(
        url_of(PRODUCER),
        [rpc_queue(PRODUCER)],
        lambda message: (server.send(answer_to(message, {"reply": reply})), server.ack(message)),
        prefetch=1,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    assert client.call(SIGN_IN).token == "t"
    server.stop()
    thread.join(10)


def test_a_lost_connection_is_closed_though_something_was_still_to_be_said_over_it(
    client: RpcClient,
) -> None:
    lost = client._listener._connection
    assert lost is not None
    socket = lost.connection.transport.sock
    lost.connection.transport.hold()
    lost.connection.transport.write(b"half of an answer")
    socket.shutdown(2)
    wait_for(lambda: client._listener._connection not in (lost, None))
    assert socket.fileno() == -1
