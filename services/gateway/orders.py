"""How the forms of commands are sent: one way for every command of every service."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from services.gateway import sessions
from services.gateway.command_forms import FormOfCommand, command_named, content_of
from services.gateway.pages import local, page
from services.gateway.rendering import title_of
from services.gateway.visitor import Visitor
from shared.contracts.base import Command
from shared.errors import InvalidInput, NotAuthenticated, NotFound, QiantangError, RequestIdReused


@page("/do/<service>/<name>", methods=("GET", "POST"))
def do(visitor: Visitor, service: str, name: str) -> Response:
    """Show the form of a command, or send it. What is refused comes back with all that was typed
    and what is wrong with it; where the session is over, with a way to sign in above it."""
    message = command_named(service, name)
    if message is None or message.NAME == "SignIn":
        raise NotFound(what="page", id=f"{service}.{name}"[:100])
    if visitor.request.method == "GET":
        given = visitor.request.args.to_dict()
        back = local(given.pop("back", "/"))
        return _shown(visitor, message, values=given, back=back)
    sent = {key: values[-1] for key, values in visitor.request.form.lists()}
    back, request_id = local(sent.get("_back", "/")), sent.get("_request", "")
    try:
        if "_account" in sent:
            _sign_in(visitor, sent)
        reply = visitor.send(service, name, content_of(message, sent), request_id)
    except QiantangError as refusal:
        return _refused(visitor, message, sent, refusal)
    path = back.replace("{id}", str(reply.get("id", "")))
    joint = "&" if "?" in path else "?"
    return visitor.lead_to(f"{path}{joint}done={message.route()}")


def _sign_in(visitor: Visitor, sent: dict[str, str]) -> None:
    sessions.sign_in(visitor, sent["_account"], sent.get("_password", ""), sent.get("_code", ""))


def _refused(
    visitor: Visitor, message: type[Command[Any]], sent: dict[str, str], refusal: QiantangError
) -> Response:
    asks_to_sign_in = isinstance(refusal, NotAuthenticated)
    named = isinstance(refusal, InvalidInput) and "_account" not in refusal.fields
    told = visitor.sentence(refusal)
    if asks_to_sign_in and "_account" not in sent:
        told = sessions.asks_to_go_on(visitor)
    # A request id that stands for something else is worn out.
    request_id = "" if isinstance(refusal, RequestIdReused) else sent.get("_request", "")
    return _shown(
        visitor,
        message,
        status=refusal.status,
        values=sent,
        back=local(sent.get("_back", "/")),
        fixed={key: sent[key] for key in sent.get("_fixed", "").split(",") if key in sent},
        only=sent["_only"].split(",") if "_only" in sent else None,
        label=sent.get("_label", ""),
        request_id=request_id,
        faults=refusal.fields if named else None,
        refusal=told,
        signs_in=asks_to_sign_in,
    )


def _shown(
    visitor: Visitor, message: type[Command[Any]], status: int = 200, **options: Any
) -> Response:
    title = visitor.show.told(title_of(message))
    made = FormOfCommand.of(message, visitor, title=title, **options)
    template = "command.html" if visitor.wants_part else "order.html"
    return visitor.show.page(template, status, command=made)
