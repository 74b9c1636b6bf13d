"""Who looks at a page, in which language and in which mode, and how a page asks for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import eventlet
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from shared import jsontext
from shared.context import ANONYMOUS, Headers, Principal, new_id, new_traceparent
from shared.contracts.base import Ask, Reply
from shared.errors import QiantangError
from shared.security.tokens import TokenVerifier

AskRaw = Callable[[str, str, Any, Headers], dict[str, Any]]
"""Takes the names of a service and of a contract, content and headers; answers as RPC does."""

LANGUAGES = ("zh", "en")


class Shows(Protocol):
    """Makes pages in the visitor's language."""

    names: Any

    def told(self, name: tuple[str, str]) -> str:
        """One of both languages."""

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of that template."""


@dataclass
class Visitor:
    """One request to the faces and who makes it.

    `token` is that of the session's cookie, empty where nobody is signed in, and `principal` what
    it says; `expired` says that there was a session which is over. `now` is the business
    calendar's. `issued` is a newer token that the answer hands over; `show` makes the pages.
    """

    request: Request
    ask_raw: AskRaw
    verifier: TokenVerifier
    now: datetime
    language: str = "zh"
    elder: bool = False
    place: str = "330106"
    token: str = ""
    principal: Principal = ANONYMOUS
    expired: bool = False
    issued: str = ""
    asked: dict[str, Any] = field(default_factory=dict)
    show: Shows = field(init=False)

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.principal is not ANONYMOUS

    @property
    def session(self) -> str:
        """The visitor's session, empty where nobody is signed in."""
        return self.verifier.session_of(f"Bearer {self.token}") if self.token else ""

    @property
    def is_secure(self) -> bool:
        """Whether the browser speaks TLS, to us or to what stands before us."""
        forwarded = self.request.headers.get("X-Forwarded-Proto", "")
        return "https" in (self.request.scheme, forwarded)

    @property
    def wants_part(self) -> bool:
        """Whether htmx asks for a part of a page, to put it in its place."""
        return self.request.headers.get("HX-Request") == "true"

    def says(self, zh: str, en: str) -> str:
        """A sentence in the visitor's language."""
        return en if self.language == "en" else zh

    def sentence(self, refusal: QiantangError) -> str:
        """What a refusal says, in the visitor's language."""
        return refusal.sentences[self.language]

    def verify(self, token: str) -> Principal:
        """Whom a token names; raises `NotAuthenticated`."""
        return self.verifier.principal_of(f"Bearer {token}")

    def lead_to(self, path: str) -> Response:
        """An answer that leads the browser on."""
        if self.wants_part:
            return Response(status=204, headers={"HX-Redirect": path})
        return redirect(path, code=303)

    def ask(self, message: Ask[Reply], *, request_id: str = "", scenario: str = "") -> Reply:
        """Ask in the visitor's name; raises what the service answers.

        What was asked before for this page is not asked again, since a page shows one moment.
        """
        key = "" if request_id else f"{message.route()} {jsontext.dump(message.dump())}"
        if key and key in self.asked:
            known: Reply = self.asked[key]
            return known
        answer = self.send(message.SERVICE, message.NAME, message.dump(), request_id, scenario)
        reply: Reply = message.RETURNS.load(answer)  # type: ignore[assignment]
        if key:
            self.asked[key] = reply
        return reply

    def send(
        self, service: str, name: str, content: Any, request_id: str = "", scenario: str = ""
    ) -> Mapping[str, Any]:
        """The same with JSON data, each time anew."""
        headers = Headers(
            requestid=request_id or new_id(),
            scenarioid=scenario,
            authorization=f"Bearer {self.token}" if self.token else "",
            traceparent=new_traceparent(),
            language=self.language,
        )
        answer = self.ask_raw(service, name, content, headers)
        if "error" in answer:
            raise QiantangError.from_wire(answer["error"])
        reply: Mapping[str, Any] = answer["reply"]
        return reply

    def ask_all(self, *messages: Ask[Any]) -> list[Any]:
        """Ask several services at once; a page waits for the slowest and not for all in turn."""
        pool = eventlet.GreenPool(len(messages))
        return [*pool.imap(self.ask, messages)]

    def ask_if_any(self, message: Ask[Reply]) -> Reply | None:
        """The same where the visitor may not be allowed to know, or there may be nothing."""
        try:
            return self.ask(message)
        except QiantangError as refusal:
            if refusal.status in (401, 403, 404):
                return None
            raise

    def ask_those_allowed(self, *messages: Ask[Any]) -> list[Any]:
        """Several of that kind at once; None for what the visitor is not told."""
        pool = eventlet.GreenPool(len(messages))
        return [*pool.imap(self.ask_if_any, messages)]
