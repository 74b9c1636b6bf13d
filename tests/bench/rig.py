"""What the bench stands on: private servers, the platform's processes, the programs that load."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import amqp
import psutil
import sqlalchemy as sa

from deploy.catalogue import folder_of, topology
from deploy.cli import prepare
from deploy.fleet import ServiceProcess, environment_of, processes
from deploy.preparation import ensure_secrets
from deploy.servers import PrivateBroker, PrivateDatabase, private_servers
from deploy.system_packages import postgresql_programs
from shared.contracts.base import SERVICES
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.topology import events_exchange, inbox_queue
from shared.migrations import migrate
from shared.settings import Settings, load_settings
from shared.storage import open_database
from tests.bench.turns import Turn

HERE = Path(__file__).parent
HOME = HERE.parents[1]
PGBENCH, ORM, RELAY = "bench_pgbench", "bench_orm", "bench_relay"
CONNECTIONS = 32
SETTLED_WITHIN = 120.0
TABLES = ("request", "one_thing", "case_", "outbox", "audit")
"""What an application writes; `audit` counts only the rows of this command."""


class Miscounted(Exception):
    """What was acknowledged and what is in the database differ: a figure would be a lie."""


class Program:
    """A program of the bench in a process of its own, which says `ready` and then takes turns."""

    def __init__(self, command: list[str], log: Path, **environment: str) -> None:
        self.title = log.stem
        with log.open("a") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                cwd=HOME,
                env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
            )
        self._log = log

    @classmethod
    def of(cls, module: str, folder: Path, **told: Any) -> Program:
        """A module under `tests.bench` that is told this and ready."""
        command = [sys.executable, "-m", f"tests.bench.{module}", json.dumps(told)]
        program = cls(command, folder / f"{module}-{uuid.uuid4().hex[:4]}.log")
        assert program.hear()["ready"]
        return program

    def hear(self) -> dict[str, Any]:
        """The next line that it says; raises RuntimeError with its log when it ended instead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.title} ended: {self._log.read_text()[-2000:]}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def turn(self, **told: Any) -> Turn:
        """Let it take one turn."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        return Turn(**self.hear())

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Rig:
    """Everything that runs during a bench."""

    settings: Settings
    broker: PrivateBroker
    database: PrivateDatabase
    services: dict[str, ServiceProcess]
    ending: ExitStack
    folder: Path
    engines: dict[str, sa.Engine] = field(default_factory=dict)

    @property
    def amqp_url(self) -> str:
        """The broker, for who may do everything."""
        return self.broker.url_for(self.broker.administrator)

    def start(self, module: str, **told: Any) -> Program:
        """A program that ends with the bench."""
        program = Program.of(module, self.folder, **told)
        self.ending.callback(program.stop)
        return program

    def engine(self, name: str) -> sa.Engine:
        """The database of a service or a peer."""
        if name not in self.engines:
            self.engines[name] = open_database(self.database_url(name), pool_size=2)
        return self.engines[name]

    def database_url(self, name: str) -> str:
        """The address of a database for its own role."""
        return self.database.url_for(name)

    def ask(self, name: str, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a database."""
        with self.engine(name).connect() as connection:
            return list(connection.execute(sa.text(statement), parameters).mappings())

    def count(self, name: str, statement: str) -> int:
        """The single number of such a statement."""
        (row,) = self.ask(name, statement)
        (number,) = row.values()
        return int(number)

    def pids(self) -> dict[str, int]:
        """The first process of each part."""
        node = (self.broker.folder / "node.pid").read_text()
        postmaster = (self.database.folder / "data" / "postmaster.pid").read_text().splitlines()[0]
        found = {name: one.process.pid for name, one in self.services.items() if one.process}
        return {**found, "RabbitMQ": int(node), "PostgreSQL": int(postmaster)}

    # Rest

    def settle(self) -> None:
        """Wait until every event of the platform has had its effect everywhere, so that what
        follows from our turns is no burden on the next one's. Raises `Miscounted` where something
        was set aside as dead on the way."""
        until = time.monotonic() + SETTLED_WITHIN
        quiet = 0
        before: Any = None
        while quiet < 2:
            state = self._state()
            at_rest = not any(state["open"].values()) and state == before
            quiet = quiet + 1 if at_rest else 0
            before = state
            if any(state["dead"].values()):
                raise Miscounted(f"dead letters: {state['dead']}")
            if time.monotonic() > until:
                raise TimeoutError(f"not at rest within {SETTLED_WITHIN:.0f} s: {state['open']}")
            time.sleep(0.1)

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"open": {}, "dead": {}, "events": {}}
        parts = self.broker.url_for(self.broker.administrator)
        with channel_to(parts) as channel:
            for name in SERVICES:
                (row,) = self.ask(
                    name,
                    "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL)"
                    " + (SELECT count(*) FROM inbox WHERE state IN ('ready','waiting','retrying'))"
                    " AS open, (SELECT count(*) FROM inbox WHERE state = 'dead') AS dead,"
                    " (SELECT count(*) FROM inbox) AS events",
                )
                queued = channel.queue_declare(inbox_queue(name), passive=True).message_count
                state["open"][name] = row["open"] + queued
                state["dead"][name] = row["dead"]
                state["events"][name] = row["events"]
        return state

    def rows_of_applications(self, name: str) -> dict[str, int]:
        """How many rows of each table applications have written into a database."""
        return {
            table: self.count(
                name,
                f"SELECT count(*) FROM {table}"
                + (" WHERE act = 'SubmitOneThing'" if table == "audit" else "")
                + (" WHERE contract = 'SubmitOneThing'" if table == "request" else "")
                + (" WHERE type IN ('OneThingSubmitted','CaseSubmitted')" if table == "outbox" else ""),
            )
            for table in TABLES
        }


@contextmanager
def channel_to(url: str) -> Iterator[amqp.Channel]:
    """A channel of a connection of its own."""
    found = re.fullmatch(r"amqp://([^:]+):([^@]+)@([^/]+)/.*", url)
    assert found
    user, password, host = found.groups()
    with amqp.Connection(host, userid=user, password=password) as connection:
        yield connection.channel()


@contextmanager
def opened(state: Path) -> Iterator[Rig]:
    """The servers, the platform and the peers' databases, everything in temporary folders."""
    settings = load_settings(profile="distributed", state=state, http_port=0)
    ensure_secrets(state)
    passwords = {name: settings.secret_of(name) for name in SERVICES}
    databases = {**passwords, **{one: secrets.token_hex(8) for one in (PGBENCH, ORM, RELAY)}}
    with ExitStack() as ending:
        broker, database = ending.enter_context(private_servers(topology(passwords), databases))
        ready = replace(
            settings,
            amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{broker.port}//",
            database_url="postgresql://{service}:{password}@127.0.0.1:"
            f"{database.port}/{{service}}",
        )
        os.environ.update(environment_of(ready))
        prepare(ready)
        for one in (PGBENCH, ORM, RELAY):
            engine = open_database(database.url_for(one))
            migrate(engine, folder_of("digital_government"))
            with engine.connect() as connection:
                connection.execute(sa.text("CREATE SEQUENCE audit_number"))
                connection.commit()
            engine.dispose()
        running = ending.enter_context(processes(ready))
        rig = Rig(ready, broker, database, running, ending, state / "logs")
        try:
            yield rig
        finally:
            for engine in rig.engines.values():
                engine.dispose()
