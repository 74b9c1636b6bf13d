"""A whole platform, one process a service, whose parts are killed by turns while it is used."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.catalogue import BROKER_USERS, topology
from deploy.fleet import await_ready, on_private_servers
from deploy.preparation import ensure_secrets
from deploy.servers import PrivateBroker, PrivateDatabase, free_ports, private_servers
from deploy.stories.stage import Stage
from shared.contracts.base import SERVICES
from shared.contracts.platform import ServiceStanding
from shared.errors import Unavailable
from shared.settings import Settings, load_settings
from tests.faults.applicant import Errand
from tests.faults.ledger import Ledger
from tests.faults.supervision import Silent, environment_for, prepare, serves

BROKER, DATABASE = "RabbitMQ", "PostgreSQL"
PARTS = (*SERVICES, BROKER, DATABASE)
NEVER = 120.0
READY_WITHIN = 15.0
HOME = Path(__file__).parents[2]


@dataclass
class Turn:
    """One `kill -9`: of which part, after how many acknowledged commands, with how many
    applications released; and what came of it.

    Seconds are from the moment at which the part itself was there again: `ready` until every
    service says that it is ready, `answering` until every service answered a call through the
    gateway, which goes over the broker.
    """

    part: str
    after: int
    release: int
    happened_after: int = 0
    away: float = 0.0
    ready: float = 0.0
    answering: float = 0.0

    @property
    def happened(self) -> bool:
        """Whether the part was really killed."""
        return self.away > 0


def plan(rng: random.Random, count: int, number: int) -> list[Turn]:
    """So many kills over so many applications: round after round each part once, in any order.

    However slow the machine is, a slice of the applications is left for the time of every kill.
    """
    parts: list[str] = []
    while len(parts) < count:
        parts += rng.sample(PARTS, len(PARTS))
    slice_ = number / (count + 1)
    return [
        Turn(part, int(slice_ * (index + 0.2 + 0.6 * rng.random())), round(slice_ * (index + 2)))
        for index, part in enumerate(parts[:count])
    ]


class Platform:
    """Every service in a process of its own, always at the same address, on private servers."""

    def __init__(
        self, settings: Settings, broker: PrivateBroker, database: PrivateDatabase
    ) -> None:
        self.settings = settings
        self.broker = broker
        self.database = database
        self._ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def addresses(self) -> dict[str, str]:
        """Where each service answers over HTTP."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()}

    def stage(self, scenario: str) -> Stage:
        """The whole of it, as a story sees it."""
        return Stage(self.addresses["gateway"], self.settings, scenario, Silent())

    def start(self, service: str) -> None:
        """Start one service; `await_ready` returns when it serves."""
        environment = environment_for(self.settings, self._ports[service])
        with (self.settings.state / f"{service}.log").open("a") as log:
            self._processes[service] = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", "run", "--service", service],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> None:
        """Return when every service says that it is ready."""
        await_ready(list(self.addresses.values()))

    def kill(self, turn: Turn) -> None:
        """Kill one part with SIGKILL, start it again, and measure until all is well."""
        killed = time.monotonic()
        if turn.part == BROKER:
            self.broker.kill()
            self.broker.restart()
        elif turn.part == DATABASE:
            self.database.kill()
            self.database.restart()
        else:
            self._processes[turn.part].kill()
            self._processes[turn.part].wait()
            self.start(turn.part)
        back = time.monotonic()
        turn.away = back - killed
        turn.ready = seconds_until(self.all_ready, back)
        stage = self.stage("turns")
        turn.answering = seconds_until(lambda: _all_answer(stage), back)

    def all_ready(self) -> bool:
        """Whether every service says that it is ready."""
        return all(serves(address) for address in self.addresses.values())

    def ended(self) -> list[str]:
        """The services whose process ended though nobody killed it."""
        return [
            f"{name} ended with status {process.returncode}; see {self.settings.state}/{name}.log"
            for name, process in self._processes.items()
            if process.poll() is not None
        ]

    def stop(self) -> None:
        """End every process in good order."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def seconds_until(true: Callable[[], bool], since: float | None = None) -> float:
    """How long it took from `since`, which is now unless given; `NEVER` where it did not come,
    and the caller then says what was expected."""
    since = time.monotonic() if since is None else since
    while not true() and time.monotonic() - since < NEVER:
        time.sleep(0.05)
    return time.monotonic() - since


def _all_answer(stage: Stage) -> bool:
    try:
        operator = stage.caller("operator")
        for service in SERVICES:
            operator.call(ServiceStanding(), service=service)
    except Unavailable:
        return False
    return True


def apply(settings: Settings, errand: Errand) -> subprocess.Popen[bytes]:
    """Start a client, a process of its own, on its errand."""
    with (settings.state / "applicant.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.applicant", json.dumps(asdict(errand))],
            cwd=HOME,
            env=environment_for(settings, 0),
            stdout=log,
            stderr=log,
        )


@contextmanager
def platform(state: Path) -> Iterator[Platform]:
    """All services, with reference data, serving, on servers of their own."""
    ensure_secrets(state / "secrets")
    own = load_settings(
        profile="distributed", state=state, simulated_calendar=True, log_level="warning"
    )
    users = {name: own.secret_of(name) for name in BROKER_USERS}
    owners = {name: users[name] for name in SERVICES}
    with private_servers(topology(users), owners) as (broker, database):
        settings = on_private_servers(own, broker, database)
        prepare(settings)
        running = Platform(settings, broker, database)
        try:
            for service in SERVICES:
                running.start(service)
            running.await_ready()
            yield running
        finally:
            running.stop()


def killed_by_turns(
    running: Platform,
    turns: Sequence[Turn],
    ledger: Ledger,
    still_asking: Callable[[], bool],
    between: Callable[[], None],
) -> None:
    """Kill each part when so many commands were acknowledged; `between` is called before each."""
    ledger.release(turns[0].release // 2)
    for turn in turns:
        while ledger.count() < turn.after and still_asking():
            time.sleep(0.05)
        if not still_asking():
            return
        between()
        turn.happened_after = ledger.count()
        ledger.release(turn.release)
        running.kill(turn)
