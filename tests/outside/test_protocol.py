"""The page for clients in other languages says what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu
import marshmallow
import pytest

from deploy.catalogue import topology
from services.identity_data.reference.systems import ONE_WINDOW, SYSTEMS
from shared.context import LONGEST_HEADER, LONGEST_OTHER_HEADER, Headers, new_id
from shared.contracts.base import LARGEST_INTEGER, LONGEST_TEXT, SERVICES, Contract
from shared.contracts.digital_government import ItemsOffered, OneThingSubmitted
from shared.errors import QiantangError, RequestIdReused
from shared.messaging import topology as names
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope, Undecodable, decode
from shared.security.tokens import LIFETIME
from tests.conftest import RealServers
from tests.outside.conftest import Platform, until

PAGE = (Path(__file__).parents[2] / "shared/messaging/PROTOCOL.md").read_text()


def table(first_column: str) -> dict[str, str]:
    """The rows of the page's table with that heading: first cell to second, without backticks."""
    (found,) = re.findall(rf"^\| {first_column} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.M)
    cells = [re.split(r" \| ", line.strip("| \n")) for line in found.splitlines()]
    return {row[0].replace("`", ""): row[1].replace("`", "") for row in cells}


def test_the_exchanges_are_those_that_set_up_declares() -> None:
    declared = {exchange.name: exchange.kind for exchange in topology({}).exchanges}
    told = table("exchange")
    events = told.pop("<service>.events")
    assert declared == told | {names.events_exchange(one): events for one in SERVICES}


def test_what_a_system_is_given_is_what_its_entry_leads_to() -> None:
    told = table("what")
    (user,) = [user for user in topology({}).users if user.name == ONE_WINDOW.name]
    assert told["broker user"] == user.name
    assert told["service account"] == ONE_WINDOW.account
    assert told["secret of both"] == f"the file {ONE_WINDOW.name} in <state>/secrets"
    (right,) = user.topics
    named = told["routing keys you may send"].rpartition(" ")[2]
    assert re.search(right.write, named)
    assert named in ONE_WINDOW.routes
    assert told["queue of events"].startswith(f"{names.inbox_queue(ONE_WINDOW.name)}, ")
    prefix = names.reply_queue(ONE_WINDOW.name, "")
    assert told["names you may declare"] == f"{prefix} and anything behind it"
    assert user.configure == f"^{re.escape(prefix)}.*$"


def test_the_headers_and_their_lengths_are_those_that_a_service_reads() -> None:
    fields = Headers.__dataclass_fields__
    lengths = {name: str(LONGEST_HEADER.get(name, LONGEST_OTHER_HEADER)) for name in fields}
    assert table("header") == lengths


def test_the_kinds_of_error_are_those_that_a_service_answers() -> None:
    assert list(table("kind")) == list(QiantangError._kinds)
    assert f"`{RequestIdReused.slug}`" in PAGE


def test_the_attributes_of_an_event_are_those_of_its_envelope() -> None:
    told = table("attribute")
    assert set(told) == set(Envelope.__dataclass_fields__)
    assert told["specversion"] == Envelope.specversion
    assert told["datacontenttype"] == Envelope.datacontenttype
    assert told["type"] == f"{TYPE_PREFIX}<service>.<Event>"
    assert f"`{CONTENT_TYPE}`" in PAGE


class Unbounded(Contract):
    """A contract that states no lengths."""

    items: tuple[int, ...]


def test_the_limits_are_those_that_are_kept() -> None:
    told = list(table("limit").values())
    deliveries, waits, size, text, number, items, minutes = map(int, told)
    assert waits == names.REQUEST_LIVES
    assert deliveries == names.DELIVERY_LIMIT
    with pytest.raises(Undecodable, match="not JSON"):
        decode("x" * size, CONTENT_TYPE)
    with pytest.raises(Undecodable, match="longer than"):
        decode("x" * (size + 1), CONTENT_TYPE)
    assert (text, number) == (LONGEST_TEXT, LARGEST_INTEGER)
    assert len(Unbounded.SCHEMA.load({"items": [1] * items}).items) == items
    with pytest.raises(marshmallow.ValidationError):
        Unbounded.SCHEMA.load({"items": [1] * (items + 1)})
    assert minutes * 60 == LIFETIME.total_seconds()


def test_every_registered_system_is_one_that_its_name_cannot_mistake_for_a_service() -> None:
    for name, system in SYSTEMS.items():
        assert name == system.name
        assert name not in SERVICES
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)


# On the wire


@pytest.fixture
def spy(real_servers: RealServers) -> Iterator[Any]:
    """A channel with every right, and a queue `spy` that copies can be bound to."""
    url = real_servers.broker.url_for(real_servers.broker.administrator)
    with kombu.Connection(url) as connection, connection.channel() as channel:
        channel.queue_declare("spy", exclusive=True)
        yield channel


@pytest.mark.distributed
def test_a_request_and_its_reply_travel_as_the_page_says(platform: Platform, spy: Any) -> None:
    spy.queue_bind("spy", names.RPC, ItemsOffered.route())
    with platform.client() as client:
        client.call(ItemsOffered(division="330106"), scenario="morning")
        request = until("the request", lambda: spy.basic_get("spy", no_ack=True))
        assert set(request.headers) <= set(table("header"))
        sent = request.properties | {
            "content_type": request.content_type,
            "content_encoding": request.content_encoding,
        }
        sent.pop("application_headers")
        told = table("property")
        assert set(sent) == set(told)
        assert sent["content_type"] == told["content_type"]
        assert sent["content_encoding"] == told["content_encoding"]
        assert str(sent["delivery_mode"]) == told["delivery_mode"].partition(";")[0]
        assert sent["user_id"] == ONE_WINDOW.name
        assert re.fullmatch(rf"{ONE_WINDOW.name}\.reply\.[0-9a-f]{{32}}", sent["reply_to"])

        # The same request by hand, answered to a queue of this test's.
        spy.queue_unbind("spy", names.RPC, ItemsOffered.route())
        spy.queue_bind("spy", names.REPLIES, "spy")
        for body, member in (('{"division": "330106"}', "reply"), ("{}", "error")):
            correlation = new_id()
            message = spy.prepare_message(
                body,
                content_type="application/json",
                content_encoding="utf-8",
                headers=dict(request.headers),
                properties={"reply_to": "spy", "correlation_id": correlation},
            )
            spy.basic_publish(message, exchange=names.RPC, routing_key=ItemsOffered.route())
            reply = until("the reply", lambda: spy.basic_get("spy", no_ack=True))
            assert reply.properties["correlation_id"] == correlation
            assert reply.content_type == "application/json"
            answer = json.loads(reply.body)
            assert list(answer) == [member]
    example = json.loads(re.findall(r"```json\n(\{\"error.*?)```", PAGE, re.S)[0])
    assert set(answer["error"]) == set(example["error"])


@pytest.mark.distributed
def test_an_event_travels_as_the_page_says(platform: Platform, spy: Any) -> None:
    route = f"{OneThingSubmitted.AGGREGATE}.{OneThingSubmitted.NAME}"
    spy.queue_bind("spy", names.events_exchange("digital_government"), route)
    with platform.client() as client:
        done = client.call(platform.application(), request_id=new_id(), scenario="morning")
    message = until("the event", lambda: spy.basic_get("spy", no_ack=True))
    wire = json.loads(message.body)
    assert set(wire) <= set(table("attribute"))
    assert all(wire.values())
    assert message.content_type == CONTENT_TYPE
    assert message.properties["message_id"] == wire["id"]
    assert message.properties["user_id"] == "digital_government"
    assert message.delivery_info["routing_key"] == route
    assert wire["subject"] == f"OneThing/{done.id}"
    assert (wire["sequence"], wire["scenarioid"]) == ("1", "morning")
    assert (wire["actorid"], wire["onbehalfof"]) == (ONE_WINDOW.principal.id, platform.resident)
