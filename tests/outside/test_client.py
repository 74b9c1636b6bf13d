"""The typed client against real services: every call ends, takes effect once, and what is
subscribed to arrives however often somebody was away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import kombu
import pytest

from services.digital_government.reference.items import STARTUP
from services.identity_data.reference.systems import ONE_WINDOW
from shared.client import Client, Subscription
from shared.contracts.digital_government import CaseDecided, ItemsOffered
from shared.errors import InvalidInput, NotAllowed, NotAuthenticated, RequestIdReused, Unavailable
from shared.messaging.envelope import Envelope
from shared.messaging.topology import UNDECODABLE, inbox_queue
from tests.conftest import RealServers
from tests.outside.conftest import Platform, decided_event, until

pytestmark = pytest.mark.distributed


@pytest.fixture
def client(platform: Platform) -> Iterator[Client]:
    with platform.client() as made:
        yield made


def one_things(platform: Platform, reservation: str) -> list[str]:
    """The applications that stand in the service's database for one reservation."""
    found = platform.rows("SELECT id FROM one_thing WHERE reservation_id = :r", r=reservation)
    return [row.id for row in found]


# Asking


def test_a_call_returns_the_reply_that_its_contract_names(client: Client) -> None:
    offered = client.call(ItemsOffered(division="330106"))
    assert {item.matter for item in offered.items} > set(STARTUP)
    assert {item.division for item in offered.items} == {"330106"}


def test_a_command_takes_effect_once_however_often_it_is_sent_under_its_request_id(
    platform: Platform, client: Client
) -> None:
    order = platform.application()
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(client.call, order, request_id=str(order.form["name"])) for _ in range(8)
        ]
        replies = {one.result() for one in sent}
    with platform.client() as after_a_restart:
        replies.add(after_a_restart.call(order, request_id=str(order.form["name"])))
    (reply,) = replies
    assert one_things(platform, str(order.form["reservation_id"])) == [reply.id]
    with pytest.raises(RequestIdReused):
        client.call(platform.application(), request_id=str(order.form["name"]))


def test_what_it_did_is_recorded_as_its_own_act_for_the_person_under_the_scenario(
    platform: Platform, client: Client
) -> None:
    order = platform.application()
    done = client.call(order, scenario=f"scenario of {order.form['reservation_id']}")
    (row,) = platform.rows(
        "SELECT envelope FROM outbox WHERE type = 'OneThingSubmitted' AND aggregate_id = :id",
        id=done.id,
    )
    assert row.envelope["actorid"] == ONE_WINDOW.principal.id
    assert row.envelope["onbehalfof"] == platform.resident
    assert row.envelope["scenarioid"] == f"scenario of {order.form['reservation_id']}"


def test_a_refusal_is_raised_as_what_the_service_answered(
    platform: Platform, client: Client
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        client.call(replace(platform.application(), applicant=None))
    assert "applicant" in refusal.value.fields
    with pytest.raises(NotAllowed):
        client.call(replace(platform.application(), division="330203"))


def test_a_call_waits_for_a_service_that_comes_back(platform: Platform, client: Client) -> None:
    order = platform.application()
    client.call(ItemsOffered(division="330106"))
    process = platform.processes["digital_government"]
    process.kill()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.call, order)
        time.sleep(0.5)
        assert not sent.done()
        process.start()
        process.await_address()
        reply = sent.result(60)
    assert one_things(platform, str(order.form["reservation_id"])) == [reply.id]


def test_a_call_that_nobody_answers_ends_after_the_patience(platform: Platform) -> None:
    with platform.client(timeout=4.0, patience=5.0) as client:
        client.call(ItemsOffered(division="330106"))
        process = platform.processes["digital_government"]
        process.kill()
        try:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                client.call(ItemsOffered(division="330106"))
            # It is sent a second time, and that attempt may last its whole time-out.
            assert 4 < time.monotonic() - began < 10
        finally:
            process.start()
            process.await_address()


def test_calls_still_waiting_end_when_the_client_is_closed(platform: Platform) -> None:
    client = Client(
        # A port where nobody listens.
        "amqp://nobody:nothing@127.0.0.1:1//",
        ONE_WINDOW.name,
        ONE_WINDOW.account,
        platform.secret,
        timeout=1.0,
    )
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.call, ItemsOffered(division="330106"))
        time.sleep(0.2)
        client.close()
        with pytest.raises(Unavailable):
            sent.result(10)


def test_a_lost_connection_is_opened_again(platform: Platform, client: Client) -> None:
    client.call(ItemsOffered(division="330106"))
    lost = client._rpc._listener._connection
    assert lost is not None
    lost.connection.transport.sock.shutdown(2)
    order = platform.application()
    done = client.call(order)
    assert one_things(platform, str(order.form["reservation_id"])) == [done.id]


# Tokens


def test_a_token_is_renewed_before_it_ends(client: Client) -> None:
    client.call(ItemsOffered(division="330106"))
    first = client._token._token
    client.call(ItemsOffered(division="330106"))
    assert client._token._token == first
    client._token._ends = time.time() + 59
    client.call(ItemsOffered(division="330106"))
    assert client._token._token != first
    assert client._token._ends > time.time() + 60


def test_a_token_refused_before_its_end_is_renewed_once(client: Client) -> None:
    client._token._token, client._token._ends = "withdrawn", time.time() + 600
    assert client.call(ItemsOffered(division="330106")).items
    assert client._token._token != "withdrawn"


def test_a_wrong_secret_is_refused_and_not_tried_again(platform: Platform) -> None:
    wrong = Client(platform.url, ONE_WINDOW.name, ONE_WINDOW.account, "not its secret")
    began = time.monotonic()
    with wrong, pytest.raises(NotAuthenticated):
        wrong.call(ItemsOffered(division="330106"))
    assert time.monotonic() - began < 10


# Following


class Following:
    """A subscription that runs in a thread and keeps what it was given."""

    def __init__(
        self, client: Client, handler: Callable[[CaseDecided, Envelope], None] | None = None
    ) -> None:
        self.given: list[str] = []
        self.fault: BaseException | None = None
        self._handler = handler
        self.subscription: Subscription[CaseDecided] = client.subscribe(self._take, CaseDecided)
        self._thread = threading.Thread(target=self._run)

    def _take(self, event: CaseDecided, envelope: Envelope) -> None:
        assert envelope.subject == f"Case/{event.case_id}"
        self.given.append(envelope.id)
        if self._handler is not None:
            self._handler(event, envelope)

    def _run(self) -> None:
        try:
            self.subscription.run()
        except OSError as fault:
            self.fault = fault

    def __enter__(self) -> Following:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.subscription.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def empty_inbox(platform: Platform, real_servers: RealServers) -> str:
    """The system's queue, emptied of what the other tests caused."""
    name = inbox_queue(ONE_WINDOW.name)
    url = real_servers.broker.url_for(real_servers.broker.administrator)
    with kombu.Connection(url) as connection, connection.channel() as channel:
        channel.queue_purge(name)
        channel.queue_purge(UNDECODABLE)
    return url


@pytest.mark.usefixtures("empty_inbox")
def test_what_came_while_nobody_listened_is_given_to_the_next_subscription(
    platform: Platform, client: Client
) -> None:
    events = [decided_event() for _ in range(6)]
    ids = [event.id for event in events]
    platform.publish(*events[:2])
    with Following(client) as first:
        until("the first two", lambda: first.given == ids[:2])
    platform.publish(*events[2:5])
    with Following(client) as second:
        until("what came meanwhile", lambda: second.given == ids[2:5])
        platform.publish(events[5])
        until("what comes now", lambda: second.given == ids[2:])


@pytest.mark.usefixtures("empty_inbox")
def test_a_decision_of_the_service_reaches_the_system_that_applied(
    platform: Platform, client: Client
) -> None:
    seen: list[CaseDecided] = []
    with Following(client, lambda event, _: seen.append(event)):
        case = platform.decide(client.call(platform.application()).id)
        until("the decision", lambda: [event.case_id for event in seen] == [case])
    assert (seen[0].outcome, seen[0].applicant) == ("granted", platform.resident)


@pytest.mark.usefixtures("empty_inbox")
def test_an_event_whose_handler_failed_comes_again_with_the_same_id(
    platform: Platform, client: Client
) -> None:
    event, later = decided_event(), decided_event()

    def fails(*_: object) -> None:
        raise OSError("the ledger's disk is full")

    platform.publish(event, later)
    with Following(client, fails) as failing:
        until("the handler's fault", lambda: failing.fault)
    assert failing.given == [event.id]
    with Following(client) as mended:
        until("both", lambda: mended.given == [event.id, later.id])


def test_what_cannot_be_read_is_set_aside_and_the_next_event_is_taken(
    platform: Platform, client: Client, empty_inbox: str
) -> None:
    event = decided_event()
    another_shape = replace(decided_event(), data={"case_id": 7})
    platform.publish("no JSON", another_shape, event)
    with Following(client) as following:
        until("the event behind them", lambda: following.given == [event.id])
    with kombu.Connection(empty_inbox) as connection, connection.channel() as channel:
        bodies: list[str] = []
        until("two messages set aside", lambda: keep(channel, bodies) == 2)
    assert bodies[0] == "no JSON"


def keep(channel: Any, bodies: list[str]) -> int:
    """Take a message that was set aside; how many there were by now."""
    message = channel.basic_get(UNDECODABLE, no_ack=True)
    if message is not None:
        bodies.append(message.body)
    return len(bodies)


@pytest.mark.usefixtures("empty_inbox")
def test_a_subscription_comes_back_after_its_connection_was_lost(
    platform: Platform, client: Client
) -> None:
    first, second = decided_event(), decided_event()
    with Following(client) as following:
        platform.publish(first)
        until("the first", lambda: following.given == [first.id])
        listener = following.subscription._listener
        assert listener._connection is not None
        listener._connection.connection.transport.sock.shutdown(2)
        platform.publish(second)
        until("the second", lambda: second.id in following.given)
