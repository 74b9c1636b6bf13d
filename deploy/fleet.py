"""The platform as a story needs it: in this process, or processes per service on real servers."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain, product
from typing import TextIO

from deploy.catalogue import BROKER_USERS, topology
from deploy.host import Host
from deploy.preparation import ensure_secrets
from deploy.servers import (
    PrivateBroker,
    PrivateDatabase,
    SetupFault,
    apply_topology,
    create_databases,
    private_servers,
    reachable,
)
from shared import logs
from shared.contracts.base import SERVICES
from shared.messaging.topology import Topology
from shared.settings import Settings

Prepare = Callable[[Settings], object]
START_WITHIN = 60.0
STOP_WITHIN = 20.0


def await_ready(addresses: Sequence[str]) -> None:
    """Wait until every process says that it can serve; raises `SetupFault` with what is missing."""
    until = time.monotonic() + START_WITHIN
    for address in addresses:
        while missing := _is_ready(address):
            if time.monotonic() > until:
                raise SetupFault(f"{address} is not ready: {missing}")
            time.sleep(0.1)


def _is_ready(address: str) -> str:
    """Empty when ready, else what the process answers."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5):
            return ""
    except urllib.error.HTTPError as refusal:
        return refusal.read().decode()
    except OSError as fault:
        return str(fault)


@contextmanager
def embedded(settings: Settings, prepare: Prepare) -> Iterator[tuple[str, Settings]]:
    """All services in this process; gives the address and the settings they run with."""
    # Handlers read the same environment that a process of their own would be given.
    os.environ.update(environment_of(settings))
    prepare(settings)
    log_file = settings.state / "platform.log"
    with log_file.open("a") as stream:
        logs.configure(settings.log_level, stream)
        host = Host(settings, SERVICES)
        host.start()
        try:
            await_ready([host.address])
            yield host.address, settings
        finally:
            host.stop()
            logs.configure("error")


class ServiceProcess:
    """One service in a process of its own, with only its own database and broker user."""

    def __init__(
        self,
        service: str,
        environment: Mapping[str, str],
        log: TextIO,
        program: Sequence[str] = ("-m", "deploy.cli", "run"),
    ) -> None:
        self.service = service
        self._program = program
        self._environment = dict(environment)
        self._log = log
        self.process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> None:
        """Start it; `await_address` returns when it serves."""
        self.process = subprocess.Popen(
            [sys.executable, *self._program, "--service", self.service],
            env={**os.environ, **self._environment},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def await_address(self) -> str:
        """Where it answers over HTTP; raises `SetupFault` if it does not start."""
        assert self.process is not None
        assert self.process.stdout is not None
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if ready:
                line = self.process.stdout.readline()
                found = re.search(r"http://[\d.:]+", line)
                if found:
                    self.address = found.group()
                    return self.address
            if self.process.poll() is not None:
                break
        raise SetupFault(f"{self.service} did not start; its log is {self._log.name}")

    def stop(self) -> None:
        """Ask it to finish what is in flight and end; kill it if it does not."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._end()

    def kill(self) -> None:
        """Kill it without a warning (SIGKILL)."""
        assert self.process is not None
        self.process.kill()
        self._end()

    def _end(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.wait()
        self.process.stdout.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """What a service process is told."""
    return {
        "QIANTANG_PROFILE": settings.profile,
        "QIANTANG_STATE": str(settings.state),
        "QIANTANG_SECRETS": str(settings.secrets),
        "QIANTANG_DATABASE_URL": settings.database_url,
        "QIANTANG_AMQP_URL": settings.amqp_url,
        "QIANTANG_HTTP_PORT": "0",
        "QIANTANG_SIMULATED_CALENDAR": str(settings.simulated_calendar).lower(),
        "QIANTANG_CALENDAR_BEGINS": settings.calendar_begins.isoformat(),
        "QIANTANG_LOG_LEVEL": settings.log_level,
        "PYTHONWARNINGS": "ignore",
    }


@contextmanager
def servers(settings: Settings) -> Iterator[Settings]:
    """RabbitMQ and PostgreSQL with everything declared: those named by the settings where they
    answer, private ones in a temporary folder otherwise."""
    given = settings.amqp_url and settings.database_url
    if given and reachable(settings.amqp_url) and reachable(settings.database_url):
        yield declare(settings)
        return
    wanted, passwords = _wanted(settings)
    with private_servers(wanted, passwords) as (broker, database):
        yield on_private_servers(settings, broker, database)


def on_private_servers(
    settings: Settings, broker: PrivateBroker, database: PrivateDatabase
) -> Settings:
    """The same settings, for processes that use these servers."""
    return replace(
        settings,
        amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{broker.port}//",
        database_url=re.sub(
            r"//[^@]+@([^/]+)/.*", r"//{service}:{password}@\1/{service}", database.admin_url
        ),
    )


def _wanted(settings: Settings) -> tuple[Topology, dict[str, str]]:
    """Everything on the broker with every user's password, and the databases' passwords."""
    ensure_secrets(settings.secrets)
    passwords = {name: settings.secret_of(name) for name in BROKER_USERS}
    return topology(passwords), {name: passwords[name] for name in SERVICES}


def declare(settings: Settings) -> Settings:
    """Make the databases, the users and the broker's topology on servers whose administrators the
    URLs name; gives the settings of the services themselves. Raises `SetupFault`."""
    wanted, passwords = _wanted(settings)
    create_databases(settings.database_url, passwords)
    apply_topology(
        settings.amqp_url,
        wanted,
        management_url=os.environ.get("QIANTANG_AMQP_MANAGEMENT_URL"),
        definitions_file=settings.state / "definitions.json",
    )
    return replace(
        settings,
        amqp_url=re.sub(r"//[^@]+@", "//{service}:{password}@", settings.amqp_url),
        database_url=re.sub(
            r"//[^@]+@([^/?]+)[^?]*", r"//{service}:{password}@\1/{service}", settings.database_url
        ),
    )


@contextmanager
def processes(settings: Settings) -> Iterator[dict[str, list[ServiceProcess]]]:
    """The replicas of every service, each in a process of its own, all of them serving."""
    with ExitStack() as ending:
        started: dict[str, list[ServiceProcess]] = {name: [] for name in SERVICES}
        folder = settings.state / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        for name, number in product(SERVICES, range(1, settings.replicas + 1)):
            log = ending.enter_context((folder / f"{name}-{number}.log").open("a"))
            process = ServiceProcess(name, environment_of(settings), log)
            ending.callback(process.stop)
            process.start()
            started[name].append(process)
        every = list(chain.from_iterable(started.values()))
        for process in every:
            process.await_address()
        await_ready([process.address for process in every])
        yield started


@contextmanager
def distributed(settings: Settings, prepare: Prepare) -> Iterator[tuple[str, Settings]]:
    """Processes of their own for every service; gives the address of a gateway and the settings
    they run with."""
    with servers(settings) as ready:
        # Reference data are loaded with the very secrets that the services will run with.
        os.environ.update(environment_of(ready))
        prepare(ready)
        with processes(ready) as running:
            yield running["gateway"][0].address, ready


PROFILES = {"embedded": embedded, "distributed": distributed}
