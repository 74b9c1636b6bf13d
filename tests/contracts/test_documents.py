"""The published documents and the envelope are what their standards and the contracts say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from deploy.catalogue import service_class
from deploy.documents import asyncapi, openapi
from shared.contracts.base import SERVICES, Ask, Event, events_of, messages_of
from shared.messaging.envelope import Envelope
from shared.messaging.topology import events_exchange
from shared.testing.harness import ServiceHarness
from shared.testing.samples import payload, sample
from tests.contracts.cases import publish_policy

ASKS = [
    (service, message)
    for service in SERVICES
    for message in (*messages_of(service).values(), *messages_of("platform").values())
    if issubclass(message, Ask)
]
EVENTS = [(service, event) for service in SERVICES for event in events_of(service).values()]


def ids(pairs: list[tuple[str, Any]]) -> list[str]:
    return [f"{service}.{message.NAME}" for service, message in pairs]


def references(document: Any) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for value in document.values():
            yield from references(value)
    if isinstance(document, list):
        for value in document:
            yield from references(value)


def resolved(document: Any, reference: str) -> Any:
    """What a local reference points at; KeyError where there is nothing."""
    assert reference.startswith("#/"), reference
    found = document
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def fits(document: dict[str, Any], schema: Any, data: Any) -> list[str]:
    """Why the data do not fit a schema of the document; empty where they do."""
    whole = {"components": document["components"], **schema}
    return [fault.message for fault in Draft202012Validator(whole).iter_errors(data)]


# OpenAPI


def test_the_openapi_document_is_valid_and_can_be_written_as_json() -> None:
    validate(json.loads(json.dumps(openapi())))


def test_every_command_and_query_is_an_operation_and_nothing_else_is() -> None:
    expected = {f"/api/{service}/{ask.NAME}" for service, ask in ASKS}
    assert set(openapi()["paths"]) == expected


def test_every_reference_of_the_openapi_document_resolves() -> None:
    for reference in references(openapi()):
        resolved(openapi(), reference)


@pytest.mark.parametrize(("service", "ask"), ASKS, ids=ids(ASKS))
def test_a_message_that_fits_its_contract_fits_the_document(service: str, ask: Any) -> None:
    operation = openapi()["paths"][f"/api/{service}/{ask.NAME}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert fits(openapi(), body, payload(ask)) == []
    assert fits(openapi(), body, sample(ask).dump()) == []
    reply = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert fits(openapi(), reply, payload(ask.RETURNS)) == []


# AsyncAPI


def test_the_asyncapi_document_has_every_event_and_no_other() -> None:
    expected = {f"{service}.{event.NAME}" for service, event in EVENTS}
    document = asyncapi()
    assert set(document["channels"]) == expected
    assert set(document["components"]["messages"]) == expected
    assert {name.removeprefix("publish.") for name in document["operations"]} == expected


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    for reference in references(asyncapi()):
        resolved(asyncapi(), reference)


def envelope_of(service: str, event: Event) -> Envelope:
    """The event in an envelope with every extension set."""
    return Envelope(
        id="0123456789abcdef",
        source=f"/{service}",
        type=f"qiantang.{service}.{event.NAME}",
        subject=f"{event.AGGREGATE}/x-1",
        time="2026-03-02T10:00:00+08:00",
        data=event.dump(),
        sequence=1,
        divisioncode="330106",
        actorid="account.official",
        onbehalfof="account.resident",
        agencyid="a-1",
        scenarioid="story-2",
        subjectid="p-1",
        causationid="request-1",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids(EVENTS))
def test_an_event_in_its_envelope_fits_the_document(service: str, event: type[Event]) -> None:
    document = asyncapi()
    key = f"{service}.{event.NAME}"
    channel = document["channels"][key]
    assert channel["address"] == f"{event.AGGREGATE}.{event.NAME}"
    assert channel["bindings"]["amqp"]["exchange"]["name"] == events_exchange(service)
    wire = envelope_of(service, sample(event)).to_wire()
    message = document["components"]["messages"][key]
    assert fits(document, message["payload"], json.loads(json.dumps(wire))) == []
    assert set(wire) <= set(message["payload"]["properties"])


# CloudEvents 1.0.2


def assert_is_a_cloud_event(wire: dict[str, Any]) -> None:
    """Section 3 of the specification, and the JSON event format."""
    assert wire["specversion"] == "1.0"
    assert wire["datacontenttype"] == "application/json"
    for name in ("id", "source", "type", "subject"):
        assert isinstance(wire[name], str)
        assert wire[name]
    assert not re.search(r"\s", wire["source"])
    assert urlsplit(wire["source"]).path == wire["source"]
    assert datetime.fromisoformat(wire["time"]).tzinfo is not None
    for name, value in wire.items():
        # Section 3.1: lower-case letters and digits, not more than twenty.
        assert re.fullmatch(r"[a-z0-9]{1,20}", name), name
        assert name == "data" or isinstance(value, str), name
    assert isinstance(wire["data"], dict)


def test_an_envelope_with_every_extension_is_a_cloud_event() -> None:
    service, event = EVENTS[0]
    wire = envelope_of(service, sample(event)).to_wire()
    assert set(wire) == set(Envelope.__dataclass_fields__)
    assert_is_a_cloud_event(wire)


def test_what_a_service_records_is_a_cloud_event(
    make_service: Callable[..., ServiceHarness],
) -> None:
    harness = make_service(service_class("digital_economy"))
    ready = publish_policy(harness)
    harness.execute(ready.order, ready.by)
    recorded = harness.envelopes()
    assert recorded
    for envelope in recorded:
        assert_is_a_cloud_event(envelope.to_wire())
