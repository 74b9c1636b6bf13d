"""The browser faces as one WSGI application: who visits, which page it is, and what is answered
when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from services.gateway import assets, desk, developers, orders, portal, sessions
from services.gateway.names import Names
from services.gateway.pages import RULES
from services.gateway.rendering import Renderer
from services.gateway.visitor import LANGUAGES, AskRaw, Visitor
from shared.context import new_id
from shared.errors import NotAuthenticated, QiantangError
from shared.runtime import ServiceRuntime
from shared.security.tokens import RevokedSessions, TokenVerifier

__all__ = ["Faces", "assets", "desk", "developers", "orders", "portal"]

log = structlog.get_logger(__name__)

LARGEST_REQUEST: Final = 1_000_000
READ_AWAY: Final = 20_000_000
CHUNK: Final = 65_536
SAFE: Final = ("GET", "HEAD")
SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
Document = Callable[[], tuple[str, str]]


class Faces:
    """Serves every page that was written down with `page`, and the documents that it is given."""

    def __init__(
        self, runtime: ServiceRuntime, ask_raw: AskRaw, documents: Mapping[str, Document]
    ) -> None:
        self._runtime = runtime
        self._ask_raw = ask_raw
        self._documents = documents
        self._verifier = TokenVerifier(runtime.keys, RevokedSessions(runtime.read))
        self._names = Names(ask_raw)
        self._map = Map([rule.empty() for rule in RULES])

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""
        request = Request(environ)
        request.max_content_length = LARGEST_REQUEST
        answer = self._answer(request)
        for name, value in SECURITY.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer(environ, start)

    def _answer(self, request: Request) -> Response:
        document = self._documents.get(request.path)
        if document is not None and request.method in SAFE:
            kind, text = document()
            return Response(text, content_type=kind)
        visitor = self._visitor_of(request)
        try:
            answer = self._page_for(visitor)
        except RequestEntityTooLarge:
            _read_away(request)
            answer = self._told(visitor, 413)
        except HTTPException as fault:
            answer = self._told(visitor, fault.code or 500)
        except QiantangError as refusal:
            answer = self._refused(visitor, refusal)
        except Exception:
            incident = new_id()[:12]
            log.exception("incident", incident=incident, service="gateway", page=request.path)
            answer = self._told(visitor, 500, incident=incident)
        sessions.hand_over(visitor, answer)
        return answer

    def _visitor_of(self, request: Request) -> Visitor:
        preferred = request.accept_languages.best_match(LANGUAGES) or "zh"
        language = request.cookies.get(sessions.LANGUAGE, preferred)
        visitor = Visitor(
            request,
            self._ask_raw,
            self._verifier,
            self._runtime.calendar.now(),
            language=language if language in LANGUAGES else "zh",
            elder=request.cookies.get(sessions.ELDER) == "1",
        )
        place = request.cookies.get(sessions.PLACE, "")
        if place.isdigit() and place.startswith("33"):
            visitor.place = place
        visitor.show = Renderer(visitor, self._names)
        sessions.recognise(visitor, self._verifier)
        return visitor

    def _page_for(self, visitor: Visitor) -> Response:
        request = visitor.request
        if request.method not in SAFE and not _comes_from_here(request):
            return self._told(visitor, 403, foreign=True)
        view, values = self._map.bind_to_environ(request.environ).match()
        answer: Response = view(visitor, **values)
        return answer

    def _refused(self, visitor: Visitor, refusal: QiantangError) -> Response:
        if isinstance(refusal, NotAuthenticated) and visitor.request.method in SAFE:
            return visitor.show.page(
                "sign_in.html",
                401,
                onward=visitor.request.full_path.rstrip("?"),
                refusal=visitor.says(
                    "会话已过期，请重新登录。", "Your session is over; sign in again."
                )
                if visitor.expired
                else "",
                account="",
            )
        return self._told(visitor, refusal.status, sentence=visitor.sentence(refusal))

    def _told(self, visitor: Visitor, status: int, **told: Any) -> Response:
        values = {"sentence": "", "incident": "", "foreign": False, **told}
        return visitor.show.page("fault.html", status, code=status, **values)


def _read_away(request: Request) -> None:
    """Read what is not taken, within reason: a browser that is still sending shows no answer."""
    left = min(request.content_length or 0, READ_AWAY)
    while left > 0 and (part := request.environ["wsgi.input"].read(min(left, CHUNK))):
        left -= len(part)


def _comes_from_here(request: Request) -> bool:
    """Whether a page of this site sent it: browsers say so of every request that may change
    something (Fetch Metadata; RFC 6454 for the older ones). What says neither is no browser, and
    has no cookie that another site could misuse."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
