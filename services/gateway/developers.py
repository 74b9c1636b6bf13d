"""The interfaces of all services as pages, made from the contracts alone."""

from __future__ import annotations

from werkzeug.wrappers import Response

from services.gateway.command_forms import field_label
from services.gateway.pages import page
from services.gateway.rendering import title_of
from services.gateway.visitor import Visitor
from shared.contracts.base import SERVICES, Ask, Command, messages_of
from shared.errors import NotFound


@page("/developers")
def interfaces(visitor: Visitor) -> Response:
    """Every command and query by service, and the documents to make clients from."""
    services = {
        service: [
            (one.NAME, visitor.show.told(title_of(one)), issubclass(one, Command))
            for one in messages_of(service).values()
            if issubclass(one, Ask)
        ]
        for service in SERVICES
    }
    return visitor.show.page("developers.html", services=services)


@page("/developers/<service>/<name>")
def interface(visitor: Visitor, service: str, name: str) -> Response:
    """One command or query: what it is for, its fields, and what it answers."""
    message = messages_of(service).get(name) if service in SERVICES else None
    if message is None or not issubclass(message, Ask):
        raise NotFound(what="contract", id=f"{service}.{name}"[:100])
    return visitor.show.page(
        "interface.html",
        message=message,
        title=visitor.show.told(title_of(message)),
        fields=_rows(message.SCHEMA, visitor),
        reply=_rows(message.RETURNS.SCHEMA, visitor),
        is_command=issubclass(message, Command),
    )


def _rows(schema: object, visitor: Visitor) -> list[tuple[str, str, str, bool]]:
    return [
        (name, visitor.says(*field_label(name, one)), type(one).__name__, one.required)
        for name, one in schema.fields.items()  # type: ignore[attr-defined]
    ]
