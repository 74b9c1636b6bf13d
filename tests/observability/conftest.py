"""Fixtures of these tests: three services as processes on a RabbitMQ and a PostgreSQL of their own,
which the tests may kill, and a collector that takes their traces."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from deploy.api import Api
from deploy.catalogue import service_class, topology
from deploy.fleet import ServiceProcess, await_ready, environment_of
from deploy.preparation import ensure_secrets, load_steps, migrate_service
from deploy.servers import PrivateBroker, PrivateDatabase, private_servers
from services.identity_data.keys import signing_key
from shared.clocks import SIMULATION_BEGINS
from shared.context import Principal
from shared.contracts.base import SERVICES
from shared.contracts.identity_data import MoveCalendar
from shared.loading import load
from shared.runtime import ServiceRuntime
from shared.security import tokens
from shared.settings import Settings
from shared.storage import open_database
from shared.testing.harness import settings_for
from tests.probing import make_probe, policies_with_probe

__all__ = ["make_probe", "policies_with_probe"]

T = TypeVar("T")
RUNNING = ("gateway", "identity_data", "digital_economy")
OPERATOR = Principal("operator", "operator", "33", "", ("operator",))
PATIENCE = 60.0


def until(what: str, ask: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """Ask again until the answer is true."""
    end = time.monotonic() + patience
    while not (found := ask()):
        assert time.monotonic() < end, f"not within {patience:.0f} s: {what}"
        time.sleep(0.1)
    return found


def fetch(address: str) -> tuple[int, str]:
    """What a GET answers, whatever its status."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


class SignedApi(Api):
    """A caller with a token of its own making, signed with the platform's key."""

    def __init__(self, address: str, principal: Principal) -> None:
        super().__init__(address)
        self._principal = principal

    def token(self) -> str:
        """A token as identity_data would issue it."""
        return tokens.issue(signing_key("token"), self._principal, "session")


class Platform:
    """Some services of the platform as processes, and their servers."""

    def __init__(
        self, settings: Settings, broker: PrivateBroker, database: PrivateDatabase
    ) -> None:
        self.settings = settings
        self.broker = broker
        self.database = database
        self.processes: dict[str, ServiceProcess] = {}
        self.logs: dict[str, Path] = {}
        self._moves = 0

    def prepare(self) -> None:
        """Migrate, and load what signs tokens, the calendar and the divisions."""
        for service in RUNNING:
            migrate_service(self.settings, service)
        handlers = service_class("identity_data").handlers
        runtime = ServiceRuntime("identity_data", handlers, self.settings)
        steps = load_steps(self.settings, "identity_data")
        wanted = ("signing_keys", "calendar", "divisions")
        load(runtime, [step for step in steps if step.name.startswith(wanted)])
        runtime.close()

    def address_of(self, service: str) -> str:
        """Where that service answers over HTTP."""
        return self.processes[service].address

    def api(self, service: str, principal: Principal = OPERATOR) -> Api:
        """A caller of that service's own process."""
        return SignedApi(self.address_of(service), principal)

    def ready(self, service: str) -> dict[str, Any] | None:
        """None while it is ready, else what it says."""
        status, text = fetch(f"{self.address_of(service)}/readyz")
        return None if status == 200 else {"status": status, "says": text}

    def figures(self, service: str) -> dict[str, Metric]:
        """Every family that this service's process tells Prometheus."""
        status, text = fetch(f"{self.address_of(service)}/metrics")
        assert status == 200
        return {family.name: family for family in text_string_to_metric_families(text)}

    def figure(self, service: str, name: str, **labels: str) -> float | None:
        """One figure, summed over what the labels leave open; None where it is not told."""
        found = [
            sample.value
            for family in self.figures(service).values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else None

    def move_calendar(self, through: str = "gateway", scenario: str = "") -> str:
        """A command whose event goes to every service: a day later than before."""
        self._moves += 1
        instant = SIMULATION_BEGINS + timedelta(days=self._moves)
        done = self.api(through).call(MoveCalendar(instant=instant), scenario=scenario)
        return done.id

    def rows(self, service: str, statement: Any) -> Any:
        """Execute a statement in a service's own database."""
        engine = open_database(self.settings.database_url_for(service))
        try:
            with engine.begin() as connection:
                result = connection.execute(statement)
                return result.all() if result.returns_rows else result.rowcount
        finally:
            engine.dispose()


class Collector:
    """An OTLP/HTTP receiver that keeps the spans it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Takes traces until the end of the session."""
    made = Collector()
    yield made
    made.close()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Platform]:
    """Gateway, identity_data and digital_economy serve, with every figure as operators get it."""
    state = tmp_path_factory.mktemp("observed")
    ensure_secrets(state / "secrets")
    bare = settings_for(state)
    passwords = {name: bare.secret_of(name) for name in SERVICES}
    with private_servers(topology(passwords), passwords) as (broker, database), ExitStack() as end:
        patched = end.enter_context(pytest.MonkeyPatch.context())
        patched.setenv("QIANTANG_STATE", str(state))
        patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        settings = replace(
            bare,
            profile="distributed",
            log_level="info",
            amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{broker.port}//",
            database_url=re.sub(
                r"//[^@]+@([^/]+)/.*", r"//{service}:{password}@\1/{service}", database.admin_url
            ),
        )
        made = Platform(settings, broker, database)
        made.prepare()
        environment = {
            **environment_of(settings),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        }
        for service in RUNNING:
            made.logs[service] = state / f"{service}.log"
            log = end.enter_context(made.logs[service].open("w"))
            process = ServiceProcess(service, environment, log)
            end.callback(process.stop)
            process.start()
            made.processes[service] = process
        await_ready([process.await_address() for process in made.processes.values()])
        yield made
