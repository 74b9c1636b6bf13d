"""HTTP: one lean WSGI server per process, serving its services by their contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import eventlet
import eventlet.wsgi
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared import jsontext
from shared.context import Headers, new_id
from shared.contracts.base import SERVICES
from shared.errors import InvalidInput, NotFound, QiantangError
from shared.runtime import ServiceRuntime
from shared.settings import Settings

log = structlog.get_logger(__name__)

LARGEST_BODY = 1_000_000
STATUS = {
    200: "200 OK",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    413: "413 Content Too Large",
    422: "422 Unprocessable Content",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
GATEWAY = "gateway"
OWN_PAGES = ("/healthz", "/readyz", "/metrics")
JSON = "application/json"
PROBLEM = "application/problem+json"
Start = Callable[[str, list[tuple[str, str]]], Any]
Environ = dict[str, Any]
Faces = Callable[[Environ, Start], Iterable[bytes]]


class HttpServer:
    """`/api/<service>/<Contract>`, `/metrics`, `/healthz`, `/readyz`; the gateway's faces are all
    other paths.

    Commands are POST with a JSON body; queries are GET with parameters, or POST. Headers:
    Authorization, Idempotency-Key (the request id), X-Scenario-Id, traceparent, Accept-Language.
    A service that is not in this process is asked by RPC, where the gateway is here.
    """

    _of_process: HttpServer | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runtimes: dict[str, ServiceRuntime] = {}
        # What makes the gateway's faces, named before it is added: its pages are there with it.
        self.make_faces: Callable[[ServiceRuntime], Faces] | None = None
        self._faces: Faces | None = None
        self._socket: Any = None
        self._server: Any = None
        self._in_flight = 0

    @classmethod
    def of_process(cls, settings: Settings) -> HttpServer:
        """The one server of this process."""
        if cls._of_process is None:
            cls._of_process = cls(settings)
        return cls._of_process

    @property
    def address(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8000`; empty before it does."""
        if self._socket is None:
            return ""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def add(self, runtime: ServiceRuntime) -> None:
        """Serve this service too; the first one opens the port."""
        self._runtimes[runtime.service] = runtime
        if runtime.service == GATEWAY and self.make_faces is not None:
            self._faces = self.make_faces(runtime)
        if self._socket is None:
            self._socket = eventlet.listen((self._settings.http_host, self._settings.http_port))
            self._server = eventlet.spawn(
                eventlet.wsgi.server,
                self._socket,
                self,
                log_output=False,
                debug=False,
                max_size=self._settings.workers * 4,
            )

    def remove(self, runtime: ServiceRuntime) -> None:
        """Serve this service no more; the last one waits for what is in flight and closes."""
        self._runtimes.pop(runtime.service, None)
        if not self._runtimes and self._socket is not None:
            with eventlet.Timeout(self._settings.rpc_timeout, False):
                while self._in_flight:
                    eventlet.sleep(0.01)
            self._server.kill()
            self._socket.close()
            self._socket = self._server = None
            HttpServer._of_process = None

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""
        self._in_flight += 1
        try:
            if self._faces is not None and _is_for_faces(environ):
                return self._faces(environ, start)
            status, kind, body = self._respond(environ)
        except QiantangError as refusal:
            problem = refusal.problem(_language(environ))
            status, kind, body = refusal.status, PROBLEM, _json(problem)
        finally:
            self._in_flight -= 1
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        start(STATUS[status], headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _respond(self, environ: Environ) -> tuple[int, str, bytes]:
        path = environ.get("PATH_INFO", "/")
        if path.startswith("/api/"):
            return self._respond_api(environ, path)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return 405, PROBLEM, _json({"title": "MethodNotAllowed", "status": 405})
        if path == "/healthz":
            return _verdict("alive", {n: one.is_alive() for n, one in self._runtimes.items()})
        if path == "/readyz":
            return _verdict("ready", {n: one.is_ready() for n, one in self._runtimes.items()})
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        raise NotFound(what="page", id=path[:100])

    def _respond_api(self, environ: Environ, path: str) -> tuple[int, str, bytes]:
        _, _, service, name, *rest = [*path.split("/"), "", ""]
        if service not in SERVICES or not name or any(rest[:-2]):
            raise NotFound(what="contract", id=path[:100])
        payload = _payload(environ, self._is_query(service, name))
        answer = self.ask(service, name, payload, _headers(environ))
        if "error" in answer:
            error = QiantangError.from_wire(answer["error"])
            return error.status, PROBLEM, _json(error.problem(_language(environ)))
        return 200, JSON, _json(answer["reply"])

    def _is_query(self, service: str, name: str) -> bool:
        runtime = self._runtimes.get(service)
        return runtime is None or name in runtime.handlers.queries

    def ask(self, service: str, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Ask a service of this process, or any other by the gateway's RPC; raises `NotFound` where
        there is neither, and `Unavailable`."""
        runtime = self._runtimes.get(service)
        if runtime is not None:
            return runtime.pipeline.answer(name, payload, headers).to_wire()
        gateway = self._runtimes.get(GATEWAY)
        if gateway is None:
            raise NotFound(what="service", id=service)
        return gateway.rpc.call_raw(service, name, payload, headers)


def _is_for_faces(environ: Environ) -> bool:
    path = environ.get("PATH_INFO", "/")
    return not path.startswith("/api/") and path not in OWN_PAGES


def _verdict(word: str, states: dict[str, tuple[bool, dict[str, str]]]) -> tuple[int, str, bytes]:
    true = all(ok for ok, _ in states.values())
    detail = {name: state for name, (_, state) in states.items()}
    return (200 if true else 503), JSON, _json({word: true, "services": detail})


def _json(data: Any) -> bytes:
    return jsontext.dump(data).encode()


def _language(environ: Environ) -> str:
    return (
        "en" if environ.get("HTTP_ACCEPT_LANGUAGE", "").strip().lower().startswith("en") else "zh"
    )


def _headers(environ: Environ) -> Headers:
    return Headers.read(
        {
            "requestid": environ.get("HTTP_IDEMPOTENCY_KEY") or new_id(),
            "scenarioid": environ.get("HTTP_X_SCENARIO_ID", ""),
            "traceparent": environ.get("HTTP_TRACEPARENT", ""),
            "authorization": environ.get("HTTP_AUTHORIZATION", ""),
            "language": _language(environ),
        }
    )


def _payload(environ: Environ, is_query: bool) -> Any:
    """The message's content; raises `InvalidInput` for a body that is no JSON or too long."""
    if environ["REQUEST_METHOD"] == "GET":
        if not is_query:
            raise InvalidInput(fields={"_method": ["A command needs POST."]})
        return {key: _typed(value) for key, value in parse_qsl(environ.get("QUERY_STRING", ""))}
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise InvalidInput(fields={"_body": ["Content-Length is no number."]}) from None
    if length > LARGEST_BODY:
        raise InvalidInput(fields={"_body": [f"Longer than {LARGEST_BODY} bytes."]})
    try:
        return jsontext.load_foreign(environ["wsgi.input"].read(length) or b"{}")
    except ValueError:
        raise InvalidInput(fields={"_body": ["Expected JSON."]}) from None


def _typed(text: str) -> Any:
    """Query parameters are text; only `true` and `false` stand for something else."""
    return {"true": True, "false": False}.get(text, text)
