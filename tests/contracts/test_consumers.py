"""Every service reads what the others publish, as they publish it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import service_class, topology
from shared.contracts.base import SERVICES, Event, events_of, messages_of
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope, decode
from shared.messaging.tables import INBOX, UNDECODABLE
from shared.messaging.topology import events_exchange, inbox_queue
from shared.testing.harness import ServiceHarness
from shared.testing.samples import sample

SUBSCRIBERS = [
    (consumer, handler)
    for consumer in SERVICES
    for handlers in service_class(consumer).handlers.subscribers.values()
    for handler in handlers
]
NAMES = [
    f"{consumer}.{handler.function.__name__}-{handler.message.route()}"
    for consumer, handler in SUBSCRIBERS
]
every_subscriber = pytest.mark.parametrize(("consumer", "handler"), SUBSCRIBERS, ids=NAMES)


def enveloped(event: Event, number: int = 1) -> Envelope:
    """The event as its producer would publish it."""
    return Envelope(
        id=f"event-{event.route()}-{number}",
        source=f"/{event.SERVICE}",
        type=f"{TYPE_PREFIX}{event.route()}",
        subject=f"{event.AGGREGATE}/{getattr(event, event.KEY)}",
        time="2026-03-02T10:00:00+08:00",
        data=event.dump(),
        sequence=number,
        divisioncode="330106",
        actorid="account.official",
    )


@every_subscriber
def test_a_subscriber_reads_the_event_as_its_producer_sends_it(consumer: str, handler: Any) -> None:
    published = events_of(handler.message.SERVICE)[handler.message.NAME]
    event = sample(published)
    body = json.dumps(enveloped(event).to_wire()).encode()
    received = decode(body, CONTENT_TYPE)
    assert (received.producer, received.name) == (published.SERVICE, published.NAME)
    assert received.aggregate == published.AGGREGATE
    assert handler.message.load(dict(received.data)) == event


@every_subscriber
def test_a_subscriber_reads_an_event_without_its_optional_fields(
    consumer: str, handler: Any
) -> None:
    data = sample(handler.message).dump()
    fields = handler.message.SCHEMA.fields
    required = {name: value for name, value in data.items() if fields[name].required}
    read = handler.message.load(required).dump()
    assert {name: read[name] for name in required} == required


@every_subscriber
def test_the_broker_brings_the_event_to_its_subscriber(consumer: str, handler: Any) -> None:
    event = handler.message
    wanted = {f"{event.AGGREGATE}.{event.NAME}", f"{event.AGGREGATE}.*"}
    keys = {
        binding.routing_key
        for binding in topology({}).bindings
        if binding.queue == inbox_queue(consumer)
        and binding.exchange == events_exchange(event.SERVICE)
    }
    assert keys & wanted


@pytest.mark.parametrize("consumer", SERVICES)
def test_the_inbox_of_a_service_stores_every_event_it_subscribes_to(
    make_service: Callable[..., ServiceHarness], consumer: str
) -> None:
    harness = make_service(service_class(consumer))
    wanted = {handler.message for name, handler in SUBSCRIBERS if name == consumer}
    harness.receive(*[enveloped(sample(event)) for event in wanted])
    stored = {tuple(row) for row in harness.rows(sa.select(INBOX.c.producer, INBOX.c.type))}
    assert stored == {(event.SERVICE, event.NAME) for event in wanted}
    assert not harness.rows(sa.select(UNDECODABLE.c.id))


def test_every_event_names_its_aggregate_and_the_field_that_holds_its_id() -> None:
    for service in SERVICES:
        for event in events_of(service).values():
            assert event.AGGREGATE, event
            assert event.KEY, event


def test_the_key_of_every_message_is_one_of_its_fields() -> None:
    for service in (*SERVICES, "platform"):
        for message in messages_of(service).values():
            if message.KEY:
                assert message.KEY in message.SCHEMA.fields, message
