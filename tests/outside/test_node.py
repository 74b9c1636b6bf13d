"""A client in another language, written from the protocol's page, does what the typed one does."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import kombu
import pytest

from deploy.system_packages import NODE, NPM, ensure
from services.identity_data.reference.systems import ONE_WINDOW
from shared.contracts.digital_government import SubmitOneThing
from shared.messaging.topology import UNDECODABLE, inbox_queue
from tests.conftest import RealServers
from tests.outside.conftest import Platform, decided_event, until

pytestmark = pytest.mark.distributed
SOURCE = Path(__file__).parent / "node"
PATIENCE = 90.0


class NodeClient:
    """The Node process: hands it a line, and sorts the lines it answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.events: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                told = json.loads(line)
                if "event" in told:
                    self.events.append(told["event"])
                else:
                    self._answers.put(told)

    def end(self) -> int:
        """End its input; the status it ends with."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._reading.join()

    def _hand(self, given: dict[str, Any]) -> dict[str, Any]:
        print(json.dumps(given), file=self._process.stdin, flush=True)
        return self._answers.get(timeout=PATIENCE)

    def submit(self, order: SubmitOneThing, request_id: str) -> dict[str, Any]:
        """Submit under this request id; the reply or the error."""
        headers = {"requestid": request_id, "scenarioid": "from node"}
        return self._hand({"call": order.route(), "content": order.dump(), **headers})

    def follow(self) -> None:
        """Begin to follow events; returns when it does."""
        assert self._hand({"follow": True}) == {"following": True}


StartNode = Callable[[], AbstractContextManager[NodeClient]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client with the library that its lock file names."""
    ensure([NODE, NPM])
    copy = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "client.mjs"):
        shutil.copyfile(SOURCE / name, copy / name)
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return copy


@pytest.fixture
def start(folder: Path, platform: Platform, tmp_path: Path) -> StartNode:
    """Starts the client; one test's clients share a ledger."""

    @contextmanager
    def started() -> Iterator[NodeClient]:
        environment = {
            "AMQP_URL": platform.url,
            "SYSTEM": ONE_WINDOW.name,
            "SECRET": platform.secret,
        }
        command = [NODE.find(), "client.mjs", str(tmp_path / "ledger")]
        with (tmp_path / "log").open("a") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        client = NodeClient(process)
        try:
            yield client
        finally:
            status = client.end()
        assert status == 0, (tmp_path / "log").read_text()

    return started


@pytest.fixture
def set_aside(platform: Platform, real_servers: RealServers) -> Iterator[Any]:
    """A channel with every right, on empty queues: the system's own and that of what it rejects."""
    url = real_servers.broker.url_for(real_servers.broker.administrator)
    with kombu.Connection(url) as connection, connection.channel() as channel:
        channel.queue_purge(inbox_queue(ONE_WINDOW.name))
        channel.queue_purge(UNDECODABLE)
        yield channel


def test_no_registry_is_named_in_the_lock_file() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    library = lock["packages"]["node_modules/amqplib"]
    assert library["integrity"].startswith("sha512-")
    assert "http" not in json.dumps(lock)


def test_it_signs_in_and_submits_and_the_same_request_id_gets_the_same_reply(
    platform: Platform, start: StartNode
) -> None:
    order = platform.application()
    with start() as first:
        replies = [first.submit(order, str(order.form["name"])) for _ in range(2)]
    with start() as after_a_restart:
        replies.append(after_a_restart.submit(order, str(order.form["name"])))
    one_thing = replies[0]["reply"]["id"]
    assert replies == [{"reply": {"id": one_thing, "version": 1}}] * 3
    (row,) = platform.rows(
        "SELECT envelope FROM outbox WHERE type = 'OneThingSubmitted' AND aggregate_id = :id",
        id=one_thing,
    )
    assert row.envelope["actorid"] == ONE_WINDOW.principal.id
    assert row.envelope["scenarioid"] == "from node"


def test_it_is_refused_with_the_kind_of_error(platform: Platform, start: StartNode) -> None:
    order = platform.application()
    with start() as client:
        faulty = client.submit(replace(order, applicant=None), f"{order.form['name']}/1")["error"]
        elsewhere = client.submit(replace(order, division="330203"), f"{order.form['name']}/2")
        client.submit(order, str(order.form["name"]))
        reused = client.submit(platform.application(), str(order.form["name"]))["error"]
    assert (faulty["kind"], faulty["slug"]) == ("InvalidInput", "applicant-not-named")
    assert list(faulty["fields"]) == ["applicant"]
    assert elsewhere["error"]["kind"] == "NotAllowed"
    assert (reused["kind"], reused["slug"]) == ("Conflict", "request-id-reused")


def test_its_call_waits_for_a_service_that_comes_back(platform: Platform, start: StartNode) -> None:
    order = platform.application()
    process = platform.processes["digital_government"]
    with start() as client:
        client.submit(platform.application(), f"{order.form['name']}/before")
        process.kill()
        restart = threading.Timer(1.0, process.start)
        restart.start()
        reply = client.submit(order, str(order.form["name"]))
        restart.join()
        process.await_address()
    found = platform.rows(
        "SELECT id FROM one_thing WHERE reservation_id = :r", r=str(order.form["reservation_id"])
    )
    assert [row.id for row in found] == [reply["reply"]["id"]]


@pytest.mark.usefixtures("set_aside")
def test_it_follows_decisions_and_resumes_after_it_was_away(
    platform: Platform, start: StartNode
) -> None:
    events = [decided_event() for _ in range(5)]
    ids = [event.id for event in events]
    with start() as first:
        first.follow()
        case = platform.decide(first.submit(platform.application(), ids[0])["reply"]["id"])
        until("the decision", lambda: first.events)
        assert first.events[0]["data"]["case_id"] == case
    # The second is the same event once more.
    platform.publish(events[0], events[0], *events[1:3])
    with start() as second:
        second.follow()
        until("what came meanwhile", lambda: len(second.events) == 3)
        platform.publish(events[1], *events[3:])
        until("what comes now", lambda: len(second.events) == 5)
    assert [event["id"] for event in second.events] == ids
    with start() as third:
        third.follow()
        platform.publish(last := decided_event())
        until("the last", lambda: third.events)
    assert [event["id"] for event in third.events] == [last.id]


def test_what_it_cannot_read_is_set_aside(
    platform: Platform, start: StartNode, set_aside: Any
) -> None:
    event = decided_event()
    with start() as client:
        client.follow()
        platform.publish("no JSON", replace(event, source="/identity_data"), event)
        until("the event behind them", lambda: client.events)
        assert [one["id"] for one in client.events] == [event.id]
    bodies = []
    for _ in range(2):
        message = until("a message set aside", lambda: set_aside.basic_get(UNDECODABLE))
        bodies.append(message.body)
    assert bodies[0] == "no JSON"
    assert json.loads(bodies[1])["source"] == "/identity_data"
