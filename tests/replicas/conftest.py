"""Fixtures of these tests: two processes of the probe on a real RabbitMQ and PostgreSQL."""

from __future__ import annotations

import inspect
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from deploy.fleet import ServiceProcess, await_ready, environment_of
from shared import audit
from shared.clocks import machine_now
from shared.context import Headers, Principal, new_id
from shared.contracts.base import Ask, Reply
from shared.contracts.identity_data import CalendarMoved
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope
from shared.messaging.links import Outgoing, Publisher
from shared.messaging.tables import INBOX, OUTBOX, TIMER, TRUSTED_KEY
from shared.messaging.topology import events_exchange
from shared.migrations import migrate
from shared.rpc import RpcClient
from shared.security import tokens
from shared.settings import Settings
from shared.storage import open_database
from shared.testing import probe
from shared.testing.probe import OFFICIAL, Probe
from tests.conftest import RealServers

T = TypeVar("T")
PROGRAM = (str(Path(__file__).with_name("probe_process.py")),)
PATIENCE = 60.0


def until(what: str, ask: Callable[[], T | None]) -> T:
    """Ask again until the answer is true."""
    end = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)
    return found


class Replicas:
    """Two processes of the probe, and somebody who calls them."""

    def __init__(self, settings: Settings, processes: Sequence[ServiceProcess]) -> None:
        self.settings = settings
        self.processes = processes
        self.engine = open_database(settings.database_url_for(Probe.name))
        self.client = RpcClient(settings.amqp_url_for(Probe.name), Probe.name, timeout=30)
        self._key = tokens.make_key("key-of-these-tests")
        self._tokens: dict[str, str] = {}

    def trust_key(self) -> None:
        """Let the probe accept what these tests sign, as the event of a new key would."""
        key = {
            "id": str(self._key.kid),
            "jwk": dict(self._key.as_dict(private=False)),
            "purpose": "token",
            "valid_from": machine_now(),
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(TRUSTED_KEY), key)

    def call(self, message: Ask[Reply], request_id: str = "", as_: Principal = OFFICIAL) -> Reply:
        """Ask whichever process takes it; nothing is asked a second time."""
        if as_.id not in self._tokens:
            self._tokens[as_.id] = tokens.issue(self._key, as_, "session")
        headers = Headers(
            requestid=request_id or new_id(), authorization=f"Bearer {self._tokens[as_.id]}"
        )
        return self.client.call(message, headers, service=Probe.name)

    def move_calendar(self, instant: datetime) -> None:
        """Let identity_data tell that the calendar moved."""
        envelope = Envelope(
            id=new_id(),
            source="/identity_data",
            type=f"{TYPE_PREFIX}identity_data.CalendarMoved",
            subject="Calendar/calendar",
            time=machine_now().isoformat(),
            data=CalendarMoved(calendar_id="calendar", instant=instant).dump(),
            sequence=1,
            divisioncode="33",
            actorid="test",
        )
        publisher = Publisher(self.settings.amqp_url_for("identity_data"))
        publisher.publish(
            [
                Outgoing(
                    exchange=events_exchange("identity_data"),
                    routing_key="Calendar.CalendarMoved",
                    body=json.dumps(envelope.to_wire()),
                    content_type=CONTENT_TYPE,
                )
            ]
        )
        publisher.close()

    def rows(self, statement: Any) -> Sequence[Any]:
        """Rows of the database that both processes share."""
        with self.engine.connect() as connection:
            return connection.execute(statement).all()

    def figure(self, process: ServiceProcess, name: str, **labels: str) -> float:
        """A figure that one process counts of itself, summed over what the labels leave open."""
        with urllib.request.urlopen(f"{process.address}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        found = [
            float(line.rpartition(" ")[2])
            for line in lines
            if re.match(rf"{name}\b", line) and all(one in line for one in wanted)
        ]
        return sum(found)

    def settle(self) -> None:
        """Wait until nothing is on its way, and find everything sound."""
        told = sa.select(sa.func.count()).select_from(OUTBOX).where(OUTBOX.c.type == "CounterAdded")
        taken = sa.select(sa.func.count()).where(
            INBOX.c.state == "done", INBOX.c.type == "CounterAdded"
        )
        until(
            "every event has its effect",
            lambda: self.rows(told)[0][0] == self.rows(taken)[0][0] or None,
        )
        assert {row.state for row in self.rows(sa.select(INBOX.c.state))} <= {"done"}
        assert not self.rows(sa.select(TIMER).where(TIMER.c.state == "dead"))
        assert audit.verify(self.engine).intact
        deadlocks = sa.text(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        assert self.rows(deadlocks)[0].deadlocks == 0

    def close(self) -> None:
        """Close the connections of these tests."""
        self.client.stop()
        self.engine.dispose()


@pytest.fixture(scope="module")
def replicas(
    real_servers: RealServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    """Both processes serve."""
    settings = replace(real_servers.settings, log_level="info")
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as ending:
        processes = []
        for number in (1, 2):
            log = ending.enter_context((folder / f"probe-{number}.log").open("w"))
            process = ServiceProcess(Probe.name, environment_of(settings), log, PROGRAM)
            ending.callback(process.stop)
            processes.append(process)
        found = Replicas(settings, processes)
        ending.callback(found.close)
        migrate(found.engine, Path(inspect.getfile(probe)).parent)
        probe.Model.metadata.create_all(found.engine)
        found.trust_key()
        for process in processes:
            process.start()
        await_ready([process.await_address() for process in processes])
        yield found
