"""What a process says of itself: alive without any server, ready only with all of them, and its
figures whatever is away."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import eventlet
import pytest
import sqlalchemy as sa

from shared.errors import Unavailable
from shared.http import HttpServer
from shared.messaging.tables import OUTBOX
from shared.testing.probe import Probe
from tests.conftest import MakeService
from tests.observability.conftest import RUNNING, Platform, fetch, until

distributed = pytest.mark.distributed

RABBITMQCTL = Path("/usr/lib/rabbitmq/bin/rabbitmqctl")


def is_alive(platform: Platform) -> None:
    """Every process answers that all it started still runs."""
    for service in RUNNING:
        status, text = fetch(f"{platform.address_of(service)}/healthz")
        assert status == 200, text
        assert json.loads(text)["alive"]


def limit_memory(platform: Platform, limit: str) -> None:
    """Tell the broker how much memory it may use before it raises its alarm."""
    broker = platform.broker
    subprocess.run(
        [
            *(RABBITMQCTL, "--node", broker.node_name, "--erlang-cookie", broker.cookie),
            *("set_vm_memory_high_watermark", *limit.split()),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "ERL_EPMD_PORT": str(broker.epmd_port)},
        check=True,
        capture_output=True,
    )


def waiting(platform: Platform) -> int:
    """How many committed events of identity_data are not confirmed."""
    statement = sa.select(sa.func.count()).where(OUTBOX.c.published_at.is_(None))
    return int(platform.rows("identity_data", statement)[0][0])


@distributed
def test_every_loop_of_every_service_is_named_and_alive(platform: Platform) -> None:
    for service in RUNNING:
        _, text = fetch(f"{platform.address_of(service)}/healthz")
        loops = json.loads(text)["services"][service]
        assert set(loops) == {
            *("Relay.run", "Listener.run", "Receiver.run", "Inbox.run", "Timers.run"),
            "RpcServer.run",
        }
        assert set(loops.values()) == {"ok"}


def takes_commands(platform: Platform) -> bool:
    try:
        platform.move_calendar("identity_data")
    except Unavailable:
        return False
    return True


@distributed
def test_a_scrape_without_the_database_tells_everything_else(platform: Platform) -> None:
    assert platform.figure("digital_economy", "qiantang_database_up") == 1
    assert platform.figure("digital_economy", "qiantang_outbox_unpublished_events") == 0
    platform.database.kill()
    try:
        assert platform.figure("digital_economy", "qiantang_database_up") == 0
        assert platform.figure("digital_economy", "qiantang_outbox_unpublished_events") is None
        assert platform.figure("digital_economy", "qiantang_broker_connected") == 1
        assert platform.figure("digital_economy", "qiantang_database_pool_size", pool="read")
        refusal = platform.ready("digital_economy")
        assert refusal is not None
        assert refusal["status"] == 503
        assert "away" in json.loads(refusal["says"])["services"]["digital_economy"]["database"]
        is_alive(platform)
    finally:
        platform.database.restart()
    until("ready again", lambda: platform.ready("digital_economy") is None, patience=15)
    assert platform.figure("digital_economy", "qiantang_database_up") == 1
    # Whoever writes first finds that the connections are gone, and is asked to repeat it.
    until("commands are taken again", lambda: takes_commands(platform), patience=15)


@distributed
def test_while_the_broker_takes_nothing_commands_are_taken_and_readiness_says_no(
    platform: Platform,
) -> None:
    platform.move_calendar("identity_data")
    until("published", lambda: not waiting(platform))
    limit_memory(platform, "absolute 1")
    try:
        # The broker looks at its memory every few seconds, and tells who publishes after that.
        refusal = until(
            "readiness says no",
            lambda: platform.move_calendar("identity_data") and platform.ready("identity_data"),
        )
        platform.move_calendar("identity_data")
        assert waiting(platform)
        assert refusal["status"] == 503
        (state,) = json.loads(refusal["says"])["services"].values()
        assert state["broker"] == "blocks"
        assert platform.figure("identity_data", "qiantang_broker_blocked") == 1
        assert platform.figure("identity_data", "qiantang_outbox_unpublished_events")
        is_alive(platform)
    finally:
        limit_memory(platform, "0.8")
    until("the relay goes on", lambda: not waiting(platform), patience=15)
    until("ready again", lambda: platform.ready("identity_data") is None, patience=15)
    assert platform.figure("identity_data", "qiantang_broker_blocked") == 0


def test_a_loop_that_ended_makes_a_process_dead(make_service: MakeService) -> None:
    runtime = make_service(Probe).runtime
    server = HttpServer(runtime.settings)
    # What `add` does, without opening a port.
    server._runtimes[runtime.service] = runtime
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/healthz"}
    status: list[str] = []
    going_on = eventlet.Event()
    loop = runtime.running["Relay.run"] = eventlet.spawn(going_on.wait)
    runtime.running["Timers.run"] = eventlet.spawn(going_on.wait)
    server(request, lambda line, _: status.append(line))
    loop.kill()
    (body,) = server(request, lambda line, _: status.append(line))
    assert status == ["200 OK", "503 Service Unavailable"]
    assert json.loads(body) == {
        "alive": False,
        "services": {"probe": {"Relay.run": "ended", "Timers.run": "ok"}},
    }
    going_on.send(None)
