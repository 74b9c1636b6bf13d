"""Story 2 completes once, whatever process is killed where; and nobody can quietly change a row."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from deploy.fleet import await_ready, servers
from deploy.servers import free_ports
from deploy.stories.enterprise_startup import name_of_run
from deploy.stories.stage import Stage
from shared.contracts.base import SERVICES
from shared.contracts.identity_data import ReserveEnterpriseName
from shared.errors import Unavailable
from shared.settings import Settings, load_settings
from tests.faults.conftest import SEED, Report
from tests.faults.reckoning import Finding
from tests.faults.supervision import (
    ALL_IN_ONE,
    ANY_TIME,
    POINTS,
    Kill,
    Silent,
    Supervised,
    audited,
    environment_for,
    patiently,
    prepare,
    supervised,
    tell,
)

EDGES = [f"{point}/{edge}" for point in POINTS for edge in ("before", "after")]
MOST_STORIES = 5

# Who passes the points at all during a story, and how often at least.
PUBLISHING = {"identity_data": 12, "digital_government": 12, "digital_economy": 1}
TAKING = {**dict.fromkeys([*PUBLISHING, "party_government", "gateway"], 6)}

# What may exist once a story and no oftener, whatever was repeated on the way.
ONCE_A_STORY = {
    "name reservations": ("identity_data", "SELECT COUNT(*) FROM name_reservation", 1),
    "enterprises": ("identity_data", "SELECT COUNT(*) FROM enterprise", 1),
    "licences": ("identity_data", "SELECT COUNT(*) FROM licence", 1),
    "readings": ("identity_data", "SELECT COUNT(*) FROM shared_reading", 7),
    "one-things": ("digital_government", "SELECT COUNT(*) FROM one_thing", 1),
    "cases": ("digital_government", "SELECT COUNT(*) FROM case_", 7),
    "cases decided": (
        "digital_government",
        "SELECT COUNT(*) FROM outbox WHERE type = 'CaseDecided'",
        7,
    ),
    "one-things completed": (
        "digital_government",
        "SELECT COUNT(*) FROM outbox WHERE type = 'OneThingCompleted'",
        1,
    ),
    "ratings": ("digital_government", "SELECT COUNT(*) FROM one_thing WHERE grade = 5", 1),
    "profiles": ("digital_economy", "SELECT COUNT(*) FROM enterprise_profile", 1),
}


@pytest.fixture(scope="module")
def report() -> Iterator[list[Kill]]:
    """Every kill that was planned, shown as a table at the end."""
    kills: list[Kill] = []
    yield kills
    table = Table(title=f"kill -9 · QIANTANG_FAULT_SEED={SEED}")
    for column in ("kind", "profile", "service", "passage or ms", "happened", "result"):
        table.add_column(column)
    for kill in sorted(kills, key=lambda one: (one.profile, one.kind)):
        happened = f"story {kill.story}" if kill.happened else "[red]not reached[/red]"
        row = (kill.kind, kill.profile, kill.service, str(kill.passage), happened, kill.result)
        table.add_row(*row)
    Console(width=120).print(table)


def plan_embedded(rng: random.Random) -> list[Kill]:
    """Every edge once and five kills at any time, in one process that holds all services."""
    kills = [Kill(edge, rng.randint(1, 30), "embedded") for edge in EDGES]
    kills += [Kill(ANY_TIME, rng.randint(0, 3000), "embedded") for _ in range(5)]
    rng.shuffle(kills)
    return kills


def plan_distributed(rng: random.Random) -> list[Kill]:
    """Every edge once, over the services that pass it, so that several are away at a time."""
    publishing = rng.sample([*PUBLISHING, "identity_data", "digital_government"], 4)
    taking = rng.sample([*TAKING, rng.choice(list(TAKING))], 6)
    kills = []
    for edge in EDGES:
        publishes = edge.startswith(("publish", "confirm"))
        service = (publishing if publishes else taking).pop()
        most = (PUBLISHING if publishes else TAKING)[service]
        kills.append(Kill(edge, rng.randint(1, most), "distributed", service))
    rng.shuffle(kills)
    return kills


def settings_of(profile: str, state: Path) -> Settings:
    """Settings of a platform with a state folder and a calendar of its own."""
    return load_settings(profile=profile, state=state, simulated_calendar=True)


def test_embedded_killed_at_every_point_story_2_completes_once(
    tmp_path: Path, report: list[Kill], faults: Report
) -> None:
    kills = plan_embedded(random.Random(f"{SEED}/embedded"))
    report += kills
    settings = settings_of("embedded", tmp_path)
    survive(settings, kills, [ALL_IN_ONE], ALL_IN_ONE)
    note(faults, kills)
    a_chain_turned_back_in_the_file_is_found(settings)
    a_row_altered_in_the_file_is_found(settings)


def test_distributed_killed_at_every_point_story_2_completes_once(
    tmp_path: Path, report: list[Kill], faults: Report
) -> None:
    kills = plan_distributed(random.Random(f"{SEED}/distributed"))
    report += kills
    with servers(settings_of("distributed", tmp_path)) as settings:
        survive(settings, kills, SERVICES, "gateway")
    note(faults, kills)


def survive(settings: Settings, kills: Sequence[Kill], services: Sequence[str], face: str) -> None:
    """Tell stories until every planned kill has happened; each completes and has effect once."""
    prepare(settings)
    with supervised(settings, kills, services) as running:
        before = Stage(running[face].address, settings, "before", Silent())
        patiently(before.settle)
        loaded = count(before)
        for story in range(1, MOST_STORIES + 1):
            for one in running.values():
                one.begin_story()
            stage = tell(running[face].address, settings, story)
            settle_and_count(stage, story, loaded, running)
            for kill in kills:
                if kill.happened and not kill.result:
                    kill.result = f"once, {len(stage.checks)} checks true"
            if all(kill.happened for kill in kills):
                break


def note(faults: Report, kills: Sequence[Kill]) -> None:
    """Every kind of kill happened, and after each the story was told to its end, once."""
    happened = [kill for kill in kills if kill.happened]
    reached = {kill.kind for kill in happened} & set(EDGES)
    never = sorted(set(EDGES) - reached)
    told = sum(bool(kill.result) for kill in happened)
    faults.note(
        f"kill -9 at every point, {kills[0].profile}",
        Finding("points, before and after", len(EDGES), len(EDGES), len(reached), never),
        Finding("kills after which story 2 was complete, once", len(happened), len(happened), told),
    )
    faults.judge()


def count(stage: Stage) -> dict[str, int]:
    """How many there are now of all that may exist once a story."""
    return {what: int(stage.count(*asked)) for what, (*asked, _) in ONCE_A_STORY.items()}


def settle_and_count(
    stage: Stage, stories: int, loaded: Mapping[str, int], running: Mapping[str, Supervised]
) -> None:
    """Nothing is lost, dead or doubled after so many stories."""
    standings = patiently(stage.settle)
    assert not [one for one in standings if one.dead or one.undecodable or one.outbox]
    expected = {what: loaded[what] + each * stories for what, (_, _, each) in ONCE_A_STORY.items()}
    assert count(stage) == expected
    for service in SERVICES:
        # Every aggregate's events are numbered without a gap, and each was taken once or waits.
        torn = stage.sql(
            service,
            "SELECT aggregate_id FROM outbox GROUP BY aggregate, aggregate_id"
            " HAVING COUNT(*) <> COUNT(DISTINCT sequence) OR COUNT(*) <> MAX(sequence)",
        )
        assert not torn, f"{service}: {torn}"
    assert not [one.fault for one in running.values() if one.fault]


def a_row_altered_in_the_file_is_found(settings: Settings) -> None:
    """One column of one audit row is changed in the database file, past the service."""
    assert verify(settings)[0] == 0
    with sqlite3.connect(settings.state / "identity_data.sqlite3") as database:
        (row,) = database.execute("SELECT MAX(sequence) / 2 FROM audit").fetchone()
        database.execute("DROP TRIGGER audit_refuses_update")
        database.execute("UPDATE audit SET actor = 'someone else' WHERE sequence = ?", (row,))
    status, said = verify(settings)
    assert status == 1
    assert f"identity_data: row {row}: row was altered" in said


def a_chain_turned_back_in_the_file_is_found(settings: Settings) -> None:
    """The later half of a chain is removed and its head put back, so that it fits itself again;
    only the anchor that was kept elsewhere tells."""
    anchored = str(settings.state / "anchors.jsonl")
    assert audited(settings, "anchor", anchored).returncode == 0
    assert verify(settings, "--anchors", anchored)[0] == 0
    with sqlite3.connect(settings.state / "identity_data.sqlite3") as database:
        (last,) = database.execute("SELECT MAX(sequence) FROM audit").fetchone()
        (row,) = database.execute("SELECT MAX(sequence) / 2 FROM audit").fetchone()
        (head,) = database.execute("SELECT hash FROM audit WHERE sequence = ?", (row,)).fetchone()
        database.execute("DROP TRIGGER audit_refuses_delete")
        database.execute("DELETE FROM audit WHERE sequence > ?", (row,))
        database.execute("UPDATE audit_head SET sequence = ?, hash = ?", (row, head))
    assert verify(settings)[0] == 0
    status, said = verify(settings, "--anchors", anchored)
    assert status == 1
    assert f"identity_data: row {last}: anchored row is missing" in said


def verify(settings: Settings, *options: str) -> tuple[int, str]:
    """What `qiantang audit verify` answers."""
    done = audited(settings, "verify", *options)
    return done.returncode, " ".join(done.stdout.split())


def test_sigterm_lets_commands_in_flight_finish(tmp_path: Path) -> None:
    settings = settings_of("embedded", tmp_path)
    prepare(settings)
    (port,) = free_ports(1)
    stage = Stage(f"http://127.0.0.1:{port}", settings, "stop", Silent())
    with (tmp_path / "platform.log").open("w") as log:
        command = [sys.executable, "-m", "deploy.cli", "run"]
        process = subprocess.Popen(
            command, env=environment_for(settings, port), stdout=log, stderr=log
        )
    try:
        await_ready([stage.address])
        before, answered = stop_amid_fifty_commands(process, stage)
        assert process.wait(30) == 0, (tmp_path / "platform.log").read_text()[-2000:]
    finally:
        process.kill()
        process.wait()
    kept = {str(row[0]) for row in stage.sql("identity_data", "SELECT id FROM name_reservation")}
    print(f"\nSIGTERM: {before} of 50 were answered before it, {len(answered)} in all")
    assert len(answered) > before, "nothing was in flight"
    assert answered <= kept


def stop_amid_fifty_commands(
    process: subprocess.Popen[bytes], stage: Stage
) -> tuple[int, set[str]]:
    """Send fifty commands at once and SIGTERM at the first answer; returns how many were answered
    by then, and the reservations of all that ever were."""
    stage.order("resident", "first", reservation(1))
    resident = stage.caller("resident")

    def reserve(number: int) -> str:
        try:
            return resident.call(reservation(number), request_id=f"stop/{number}").id
        except Unavailable:
            return ""

    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(reserve, number) for number in range(2, 52)]
        next(as_completed(asked))
        before = sum(one.done() for one in asked)
        process.send_signal(signal.SIGTERM)
        return before, {one.result() for one in asked} - {""}


def reservation(number: int) -> ReserveEnterpriseName:
    """An order of its own for every number."""
    return ReserveEnterpriseName(name=name_of_run(number), division="330106")
