"""Keeps the processes of a platform running while they are killed, and tells stories meanwhile."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deploy.fleet import await_ready, environment_of
from deploy.servers import free_ports
from deploy.stories import enterprise_startup
from deploy.stories.stage import Check, Stage, StoryFailed
from shared.errors import Unavailable
from shared.settings import Settings

T = TypeVar("T")
TRIES = 4
VICTIM = Path(__file__).with_name("victim.py")
POINTS = ("commit", "publish", "confirm", "inbox", "ack")
ANY_TIME = "any time"
ALL_IN_ONE = "all in one"


@dataclass
class Kill:
    """One planned `kill -9`: at a passage of a point, or so many milliseconds after readiness."""

    kind: str
    passage: int
    profile: str
    service: str = ALL_IN_ONE
    story: int = 0
    result: str = ""

    @property
    def happened(self) -> bool:
        """Whether the process was really killed by it; `story` says during which story."""
        return self.story > 0


def environment_for(settings: Settings, port: int, fault: str = "") -> dict[str, str]:
    """What a process on a port of its own is told, and where it is to kill itself."""
    return {
        **os.environ,
        **environment_of(settings),
        "QIANTANG_HTTP_PORT": str(port),
        "QIANTANG_FAULT": fault,
    }


def serves(address: str) -> bool:
    """Whether the process there says that it is ready."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5):
            return True
    except (OSError, http.client.HTTPException):
        return False


def prepare(settings: Settings) -> None:
    """Databases and reference data, as `qiantang load` makes them."""
    command = [sys.executable, "-m", "deploy.cli", "load"]
    environment = environment_for(settings, 0)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def audited(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `qiantang audit` says of the databases themselves."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "audit", *arguments],
        env=environment_for(settings, 0),
        capture_output=True,
        text=True,
        check=False,
    )


class Supervised:
    """One process, started again whenever it was killed, with the next kill planned for it.

    A kill that is not reached stays planned, so that it may still happen in a later story.
    """

    def __init__(self, service: str, settings: Settings, kills: Sequence[Kill]) -> None:
        self.service = service
        self.story = 0
        self.fault = ""
        self.log = settings.state / f"{service}.log"
        (self._port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{self._port}"
        self._settings = settings
        self._kills = kills
        self._telling = threading.Event()
        self._stopping = threading.Event()
        self._process = self._start(kills[0] if kills else None)
        self._watching = threading.Thread(target=self._watch, name=f"watch-{service}")
        self._watching.start()

    def begin_story(self) -> None:
        """Kills may happen from now on, and count as happening in this story."""
        self.story += 1
        self._telling.set()

    def _start(self, kill: Kill | None) -> subprocess.Popen[bytes]:
        at_point = kill is not None and kill.kind != ANY_TIME
        fault = f"{kill.kind}/{kill.passage}" if kill is not None and at_point else ""
        only = [] if self.service == ALL_IN_ONE else ["--service", self.service]
        with self.log.open("a") as log:
            return subprocess.Popen(
                [sys.executable, str(VICTIM), *only],
                env=environment_for(self._settings, self._port, fault),
                stdout=log,
                stderr=log,
            )

    def _watch(self) -> None:
        for number, kill in enumerate(self._kills, 1):
            self._await_story()
            if kill.kind == ANY_TIME:
                self._stopping.wait(kill.passage / 1000)
                self._process.kill()
            else:
                self._process.send_signal(signal.SIGUSR1)
            status = self._process.wait()
            if self._stopping.is_set():
                return
            if status != -signal.SIGKILL:
                self.fault = f"{self.service} ended with status {status}; see {self.log}"
                return
            kill.story = self.story
            self._process = self._start(self._kills[number] if self._kills[number:] else None)
        self._process.wait()
        if not self._stopping.is_set():
            self.fault = f"{self.service} ended by itself; see {self.log}"

    def _await_story(self) -> None:
        while not (serves(self.address) and self._telling.is_set()):
            if self._process.poll() is not None or self._stopping.wait(0.1):
                return

    def stop(self) -> None:
        """End it in good order."""
        self._stopping.set()
        self._process.terminate()
        self._watching.join()
        self._process.wait()


@contextmanager
def supervised(
    settings: Settings, kills: Sequence[Kill], services: Sequence[str]
) -> Iterator[dict[str, Supervised]]:
    """A process for each of the services, all serving, each with the kills planned for it."""
    running: dict[str, Supervised] = {}
    try:
        for name in services:
            own = [kill for kill in kills if kill.service == name]
            running[name] = Supervised(name, settings, own)
        await_ready([one.address for one in running.values()])
        yield running
    finally:
        for one in running.values():
            one.stop()


class Silent:
    """Follows a story for the report: the step in hand."""

    def __init__(self) -> None:
        self.title = ""

    def step(self, title: str) -> None:
        """A step begins."""
        self.title = title

    def checked(self, check: Check) -> None:
        """The stage keeps it."""


def patiently(ask: Callable[[], T]) -> T:
    """Ask a stage again where the platform was away, or busy, for longer than a stage waits.

    Only that is a reason to ask again; what a stage finds to be wrong is raised.
    """
    for _ in range(TRIES - 1):
        try:
            return ask()
        except Unavailable as fault:
            print(f"asked again: {fault}")
        except StoryFailed as fault:
            if not str(fault).startswith("not within"):
                raise
            print(f"asked again: {fault}")
    return ask()


def tell(address: str, settings: Settings, number: int) -> Stage:
    """Tell story 2 to its end, again from its beginning where the platform was away too long.

    Told again under the same scenario and day, it goes on where it was.
    """
    scenario = f"story2-run{number}"
    first = Stage(address, settings, scenario, Silent())
    day = patiently(lambda: enterprise_startup.next_working_day(first.now().date()))

    def whole() -> Stage:
        stage = Stage(address, settings, scenario, Silent())
        enterprise_startup.tell_on(stage, day, number)
        return stage

    return patiently(whole)
