"""The OpenAPI 3.1 and AsyncAPI 3 documents, made from the contracts alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from deploy import access, inventory
from shared.contracts.base import SERVICES, Ask, Contract, Event, Query, messages_of
from shared.errors import QiantangError
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX
from shared.messaging.topology import events_exchange

VERSION = "0.1.0"
PROBLEM = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object"},
    },
}
ENVELOPE_FIELDS = (
    "specversion id source type subject time datacontenttype sequence divisioncode actorid "
    "onbehalfof agencyid scenarioid subjectid causationid traceparent"
)


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _spec(title: str) -> APISpec:
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    return APISpec(title=title, version=VERSION, openapi_version="3.1.0", plugins=[plugin])


def _messages(kind: type) -> Iterator[tuple[str, Any]]:
    for service in SERVICES:
        for message in (*messages_of(service).values(), *messages_of("platform").values()):
            if issubclass(message, kind):
                yield service, message


def _component(spec: APISpec, contract: type[Contract], name: str = "") -> dict[str, str]:
    name = name or contract.__name__
    if name not in spec.components.schemas:
        spec.components.schema(name, schema=contract.SCHEMA)
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(spec: APISpec, ask: type[Ask[Any]]) -> dict[str, Any]:
    reply = {"application/json": {"schema": _component(spec, ask.RETURNS)}}
    found: dict[str, Any] = {"200": {"description": "The reply.", "content": reply}}
    for status, kinds in sorted(_kinds_by_status().items()):
        found[str(status)] = {
            "description": ", ".join(kinds),
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    return found


def _kinds_by_status() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name, kind in QiantangError._kinds.items():
        found.setdefault(kind.status, []).append(name)
    return found


@cache
def openapi() -> dict[str, Any]:
    """Every command and query of every service as an HTTP operation (OpenAPI 3.1)."""
    spec = _spec("Qiantang 钱塘")
    spec.components.schema("Problem", PROBLEM)
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for service, ask in _messages(Ask):
        body = {"application/json": {"schema": _component(spec, ask)}}
        operation: dict[str, Any] = {
            "operationId": f"{service}.{ask.NAME}",
            "summary": ask.ZH,
            "description": ask.__doc__,
            "tags": [service],
            "security": [{}, {"token": []}],
            "requestBody": {"required": True, "content": body},
            "responses": _answers(spec, ask),
        }
        if issubclass(ask, Query):
            if ask.PERSONAL:
                operation["description"] += "\n\nThe reply is personal: each reading is audited."
        else:
            operation["parameters"] = [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "description": "The request id: a repeat is answered as the first time.",
                    "schema": {"type": "string", "maxLength": 100},
                }
            ]
        spec.path(path=f"/api/{service}/{ask.NAME}", operations={"post": operation})
    document: dict[str, Any] = spec.to_dict()
    return document


@cache
def asyncapi() -> dict[str, Any]:
    """Every event of every service with its exchange and routing key (AsyncAPI 3.0)."""
    spec = _spec("events")
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for service in SERVICES:
        for name, event in messages_of(service).items():
            if not issubclass(event, Event):
                continue
            key = f"{service}.{name}"
            data = _component(spec, event, f"{service}_{name}")
            messages[key] = _event_message(key, event, data)
            channels[key] = {
                "address": f"{event.AGGREGATE}.{name}",
                "description": f"Topic exchange `{events_exchange(service)}`.",
                "messages": {name: {"$ref": f"#/components/messages/{key}"}},
                "bindings": {
                    "amqp": {
                        "is": "routingKey",
                        "exchange": {
                            "name": events_exchange(service),
                            "type": "topic",
                            "durable": True,
                            "autoDelete": False,
                        },
                    }
                },
            }
            operations[f"publish.{key}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{key}"},
                "summary": event.ZH,
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Qiantang 钱塘 events", "version": VERSION},
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": spec.to_dict().get("components", {}).get("schemas", {}),
        },
    }


def _event_message(key: str, event: type[Event], data: dict[str, str]) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "string"} for name in ENVELOPE_FIELDS.split()}
    properties["type"] = {"const": f"{TYPE_PREFIX}{key}"}
    properties["data"] = data
    return {
        "name": key,
        "title": event.ZH,
        "summary": event.__doc__,
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
            "properties": properties,
        },
    }


def _as_json(document: dict[str, Any]) -> tuple[str, str]:
    return "application/json", json.dumps(document, ensure_ascii=False)


# What the gateway serves beside the interface itself: path to content type and text.
PAGES: dict[str, Callable[[], tuple[str, str]]] = {
    "/openapi.json": lambda: _as_json(openapi()),
    "/asyncapi.json": lambda: _as_json(asyncapi()),
}


def write(folder: Path) -> list[Path]:
    """Write both documents as JSON, who may do what and what is kept as Markdown; returns their
    paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "openapi.json": json.dumps(openapi(), ensure_ascii=False, indent=1) + "\n",
        "asyncapi.json": json.dumps(asyncapi(), ensure_ascii=False, indent=1) + "\n",
        "access.md": access.as_markdown(),
        "columns.md": inventory.as_markdown(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]
