"""What the bench stands on: private servers, the platform's processes, the programs that load."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
import sqlalchemy as sa

from deploy.catalogue import folder_of, topology
from deploy.cli import prepare
from deploy.fleet import ServiceProcess, environment_of, processes
from deploy.preparation import ensure_secrets
from deploy.servers import PrivateBroker, PrivateDatabase, private_servers
from deploy.system_packages import POSTGRESQL, RABBITMQ, WRK, ensure
from shared.contracts.base import SERVICES
from shared.messaging.topology import inbox_queue
from shared.migrations import migrate
from shared.settings import Settings, load_settings
from shared.storage import open_database
from tests.bench.comparing import Miscounted
from tests.bench.turns import Turn

HERE = Path(__file__).parent
HOME = HERE.parents[1]
PEERS = {
    "bench_pgbench": "digital_government",
    "bench_decisions": "digital_government",
    "bench_orm": "digital_government",
    "bench_relay": "digital_government",
    "bench_copied": "identity_data",
    "bench_small": "identity_data",
    "bench_large": "identity_data",
    "bench_few_cases": "party_government",
    "bench_many_cases": "party_government",
    "bench_few_organs": "party_government",
    "bench_many_organs": "party_government",
}
"""Databases beside the services' own, each with the tables of one of them."""

SETTLED_WITHIN = 120.0
STOPPED_WITHIN = 10.0


class Program:
    """A program of the bench, in a process of its own, that takes turns when it is told to."""

    def __init__(self, module: str, told: dict[str, Any], log: Path) -> None:
        self._module, self._log = module, log
        with log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"tests.bench.{module}", json.dumps(told)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                cwd=HOME,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )
        self.pid = self._process.pid

    def hear(self) -> dict[str, Any]:
        """The next line it says; raises RuntimeError, with the end of its log, if it ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended.\n{self._log.read_text()[-2000:]}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def turn(self, **told: Any) -> Turn:
        """Let it take one turn."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return Turn(**self.hear())

    def stop(self) -> None:
        """End it; kill it if it does not end."""
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass
class Rig:
    """Everything that runs during a bench."""

    settings: Settings
    broker: PrivateBroker
    database: PrivateDatabase
    services: dict[str, ServiceProcess]
    ending: ExitStack
    _engines: dict[str, sa.Engine] = field(default_factory=dict)
    _programs: int = 0

    @property
    def folder(self) -> Path:
        """Where the logs are."""
        return self.settings.state / "logs"

    @property
    def amqp_url(self) -> str:
        """The broker, for who may do everything."""
        return self.broker.url_for(self.broker.administrator)

    def start(self, module: str, **told: Any) -> tuple[Program, dict[str, Any]]:
        """A program under `tests.bench` that ends with the bench, and what it said first."""
        self._programs += 1
        program = Program(module, told, self.folder / f"{module}-{self._programs}.log")
        self.ending.callback(program.stop)
        return program, program.hear()

    def start_caller(self, orders: str, account: str) -> Program:
        """A program that sends commands of ours over RPC as this account."""
        program, _ = self.start(
            "load.calls",
            # The gateway's user, because that one may call every service.
            amqp_url=self.settings.amqp_url_for("gateway"),
            caller="gateway",
            account=account,
            password=self.settings.secret_of(f"account-{account}"),
            orders=orders,
        )
        return program

    def ask(self, database: str, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a service's or a peer's database."""
        with self._engine(database).connect() as connection:
            found = connection.execute(sa.text(statement), parameters).mappings()
            return [dict(row) for row in found]

    def count(self, database: str, statement: str) -> int:
        """The number that such a statement gives."""
        (row,) = self.ask(database, statement)
        (number,) = row.values()
        return int(number)

    def write(self, database: str, *statements: tuple[str, list[dict[str, Any]]]) -> None:
        """Carry out statements in one transaction."""
        with self._engine(database).begin() as connection:
            for statement, rows in statements:
                connection.execute(sa.text(statement), rows or None)

    def _engine(self, database: str) -> sa.Engine:
        if database not in self._engines:
            engine = open_database(self.database.url_for(database), pool_size=2)
            self._engines[database] = engine
            self.ending.callback(engine.dispose)
        return self._engines[database]

    def pids(self) -> dict[str, int]:
        """The first process of each part: servers and services."""
        node = (self.broker.folder / "node.pid").read_text()
        postmaster = (self.database.folder / "data" / "postmaster.pid").read_text().split("\n")[0]
        running = {name: one.process.pid for name, one in self.services.items() if one.process}
        return {**running, "RabbitMQ": int(node), "PostgreSQL": int(postmaster)}

    def settle(self) -> None:
        """Wait until every event of the platform has had its effect everywhere.

        So that what follows from our turn is no burden on the next one. Raises `Miscounted` where
        something was set aside as dead on the way, TimeoutError where rest does not come.
        """
        until = time.monotonic() + SETTLED_WITHIN
        with channel_to(self.amqp_url) as channel:
            before, now = None, self._standing(channel)
            # Twice the same: between its queue and its inbox an event is seen in neither.
            while any(now["open"].values()) or now != before:
                if any(now["dead"].values()):
                    raise Miscounted(f"dead letters: {now['dead']}")
                if time.monotonic() > until:
                    raise TimeoutError(f"not at rest in {SETTLED_WITHIN:.0f} s: {now['open']}")
                time.sleep(0.1)
                before, now = now, self._standing(channel)

    def _standing(self, channel: amqp.Channel) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {"open": {}, "dead": {}, "received": {}}
        for name in SERVICES:
            (row,) = self.ask(
                name,
                "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS outbox,"
                " count(*) FILTER (WHERE state IN ('ready', 'waiting', 'retrying')) AS inbox,"
                " count(*) FILTER (WHERE state = 'dead') AS dead, count(*) AS received FROM inbox",
            )
            queued = channel.queue_declare(inbox_queue(name), passive=True).message_count
            found["open"][name] = row["outbox"] + row["inbox"] + queued
            found["dead"][name], found["received"][name] = row["dead"], row["received"]
        return found


@contextmanager
def channel_to(url: str) -> Iterator[amqp.Channel]:
    """A channel on a connection of its own."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    host = f"{parts.hostname}:{parts.port}"
    with amqp.Connection(host, userid=user, password=password) as connection:
        yield connection.channel()


@contextmanager
def standing_on(state: Path) -> Iterator[Rig]:
    """Servers, the platform in its default settings, and the peers' empty databases."""
    ensure([RABBITMQ, POSTGRESQL, WRK])
    settings = load_settings(profile="distributed", state=state, http_port=0)
    ensure_secrets(settings.secrets)
    passwords = {name: settings.secret_of(name) for name in SERVICES}
    peers = {name: secrets.token_urlsafe(12) for name in PEERS}
    with (
        private_servers(topology(passwords), {**passwords, **peers}) as (broker, database),
        ExitStack() as ending,
    ):
        ready = replace(
            settings,
            amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{broker.port}//",
            database_url="postgresql://{service}:{password}"
            f"@127.0.0.1:{database.port}/{{service}}",
        )
        os.environ.update(environment_of(ready))
        prepare(ready)
        for name, service in PEERS.items():
            _lay_out(database.url_for(name), service)
        running = ending.enter_context(processes(ready))
        alone = {name: only for name, (only,) in running.items()}
        rig = Rig(ready, broker, database, alone, ending)
        rig.settle()
        yield rig


def _lay_out(url: str, service: str) -> None:
    """The tables of a service with all their indexes, and numbers for audit rows."""
    engine = open_database(url)
    try:
        migrate(engine, folder_of(service))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE SEQUENCE audit_number"))
    finally:
        engine.dispose()
