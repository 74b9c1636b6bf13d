"""The one-window system as a story uses it: a process of its own that may be away."""

from __future__ import annotations

import json
import os
import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import outside
from deploy.stories.stage import StoryFailed
from services.identity_data.reference.systems import ONE_WINDOW
from shared.contracts.base import Done
from shared.contracts.digital_government import SubmitOneThing
from shared.errors import QiantangError
from shared.settings import Settings

PROGRAM = Path(outside.__file__).with_name("one_window.py")
# Longer than its client is patient.
ANSWERS_WITHIN = 90.0
ENDS_WITHIN = 20.0


@dataclass(frozen=True)
class Heard:
    """A decision as it stands in the system's own ledger."""

    event_id: str
    case_id: str
    matter: str
    outcome: str


class OneWindow:
    """Starts and stops the system, hands applications in, and looks into its ledger.

    The process is told its broker address and its secret, and nothing else of the platform.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state / ONE_WINDOW.name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ledger = self._folder / "ledger.sqlite3"
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONWARNINGS": "ignore",
            "ONE_WINDOW_AMQP_URL": settings.amqp_url_for(ONE_WINDOW.name),
            "ONE_WINDOW_SECRET": settings.secret_of(ONE_WINDOW.name),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; it follows events from now on."""
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(self._ledger)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def stop(self) -> None:
        """Let it end; raises `StoryFailed` where it ended with a fault."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            # The end of its input is the end of its day.
            process.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        if process.returncode:
            raise StoryFailed(f"{ONE_WINDOW.name} ended with a fault; see {self._folder / 'log'}")

    def submit(self, order: SubmitOneThing, request_id: str, scenario: str) -> Done:
        """Hand an application in and wait for what the system says; raises its refusal."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        given = {"request_id": request_id, "scenario": scenario, "order": order.dump()}
        print(json.dumps(given), file=self._process.stdin, flush=True)
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWERS_WITHIN)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise StoryFailed(f"{ONE_WINDOW.name} does not answer; see {self._folder / 'log'}")
        answer = json.loads(line)
        if "error" in answer:
            raise QiantangError.from_wire(answer["error"])
        return Done.load(answer["reply"])

    def heard(self, one_thing_id: str) -> list[Heard]:
        """The decisions on an application that stand in its ledger, by matter."""
        with closing(sqlite3.connect(self._ledger)) as database:
            rows = database.execute(
                "SELECT event_id, case_id, matter, outcome FROM decision"
                " WHERE one_thing_id = ? ORDER BY matter",
                (one_thing_id,),
            ).fetchall()
        return [Heard(*row) for row in rows]


@contextmanager
def one_window(settings: Settings) -> Iterator[OneWindow | None]:
    """The system, stopped at the end; None embedded, where no other system could connect."""
    if settings.profile != "distributed":
        yield None
        return
    window = OneWindow(settings)
    try:
        yield window
    finally:
        window.stop()
