"""Applications come in while every part of the platform is killed by turns, and none is lost."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shared.contracts.base import SERVICES
from tests.faults import reckoning
from tests.faults.applicant import Errand
from tests.faults.conftest import SEED, Report
from tests.faults.ledger import Ledger
from tests.faults.reckoning import Finding, Flow
from tests.faults.supervision import audited
from tests.faults.turns import (
    BROKER,
    DATABASE,
    READY_WITHIN,
    Platform,
    Turn,
    apply,
    killed_by_turns,
    plan,
)

NUMBER = int(os.environ.get("QIANTANG_FAULT_APPLICATIONS") or 5000)
TURNS = int(os.environ.get("QIANTANG_FAULT_TURNS") or 18)
A_TURN_LASTS = 12.0
WHOLE = 20
AT_ONCE = 24
STUCK = 900.0


def test_every_acknowledged_application_has_its_effect_once_whatever_is_killed(
    running: Platform, faults: Report, tmp_path: Path
) -> None:
    stage = running.stage("load")
    before = reckoning.rows(stage)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    anchored = tmp_path / "anchors.jsonl"
    turns = plan(random.Random(f"{SEED}/turns"), TURNS, NUMBER)
    errand = Errand(
        ledger=str(ledger.path),
        scenario="load",
        seed=SEED,
        number=NUMBER,
        whole=WHOLE,
        at_once=AT_ONCE,
        lasting=A_TURN_LASTS * (TURNS + 1),
        addresses=running.addresses,
    )
    client = apply(running.settings, errand)
    try:
        killed_by_turns(
            running,
            turns,
            ledger,
            still_asking=lambda: client.poll() is None,
            between=lambda: take_anchors(running, anchored),
        )
        client.wait(STUCK)
    finally:
        client.kill()
        client.wait()
    reckoning.come_to_rest(running)
    show_turns(turns)
    entries = ledger.all()
    fault = f"kill -9 of {TURNS} parts by turns"
    faults.note(fault, *kills(turns), *answers(ledger, client.returncode))
    faults.note(fault, *reckoning.ledger_against_databases(stage, entries))
    faults.note(fault, *reckoning.grown(stage, before, entries))
    found = reckoning.flows(stage)
    show_flows(found)
    faults.note(fault, reckoning.balance(found), *reckoning.effects_of_events(stage))
    faults.note(fault, *reckoning.kept_for_systems(running, stage))
    faults.note(fault, reckoning.sequences(stage), reckoning.screen(stage))
    faults.note(fault, queues_left(running), ended(running), chains(running, anchored))
    ledger.close()
    faults.judge(f"{ledger.path}\n{anchored}\nlogs: {running.settings.state}")


def take_anchors(running: Platform, anchored: Path) -> None:
    """Keep the heads of all chains as they are now."""
    said = audited(running.settings, "anchor", str(anchored))
    assert said.returncode == 0, said.stderr


# What was found


def kills(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Every planned kill happened, and the platform was there again in time after each."""
    happened = [turn for turn in turns if turn.happened]
    yield Finding("kills", len(turns), len(turns), len(happened))
    for part in (BROKER, DATABASE):
        own = [turn for turn in happened if turn.part == part]
        late = [str(turn) for turn in own if max(turn.ready, turn.answering) > READY_WITHIN]
        what = f"ready within {READY_WITHIN:.0f} s of the return of {part}"
        yield Finding(what, len(own), len(own), len(own) - len(late), late)


def answers(ledger: Ledger, status: int | None) -> Iterator[Finding]:
    """The client was told of everything that it was done."""
    entries = ledger.all()
    commands = NUMBER + 3 * (NUMBER // WHOLE)
    refused = [str(one) for one in ledger.refusals()]
    yield Finding("commands acknowledged", commands, commands, len(entries), refused)
    yield Finding("the client's exit status", 1, 0, status)
    ways = Counter(entry.way for entry in entries)
    told = ", ".join(f"{number} by {way}" for way, number in sorted(ways.items()))
    tries = sum(entry.tries for entry in entries)
    again = sum(entry.tries > 1 for entry in entries)
    # Kills that nobody felt would prove nothing.
    yield Finding(f"sent, {again} of them again: {told}", tries, True, again > 0)


def queues_left(running: Platform) -> Finding:
    """No queue of the platform holds anything."""
    held = reckoning.queues(running)
    full = [f"{name}: {messages}" for name, messages in held.items() if messages]
    return Finding("queues empty", len(held), len(held), len(held) - len(full), full)


def ended(running: Platform) -> Finding:
    """No process ended but those that were killed."""
    dead = running.ended()
    return Finding(
        "processes that run", len(SERVICES), len(SERVICES), len(SERVICES) - len(dead), dead
    )


def chains(running: Platform, anchored: Path) -> Finding:
    """Every chain is whole and holds every anchor that was taken of it on the way."""
    taken = Counter(json.loads(line)["service"] for line in anchored.read_text().splitlines())
    said = audited(running.settings, "verify", "--anchors", str(anchored), "--json")
    verdicts = json.loads(said.stdout)
    broken = [f"{name}: {one}" for name, one in verdicts.items() if one["broken_at"] is not None]
    held = [name for name, one in verdicts.items() if name in taken and one["broken_at"] is None]
    what = f"audit chains whole, with {taken.total()} anchors in them"
    return Finding(what, len(SERVICES), len(SERVICES), len(held), broken)


# What is shown


def show_turns(turns: Sequence[Turn]) -> None:
    """Each kill, and how long the platform took to be there again."""
    table = Table(title="kill -9 by turns · seconds from the part's own return")
    for column in ("killed", "after acknowledged", "away", "ready", "answering"):
        table.add_column(column)
    for turn in turns:
        measured = [f"{second:.1f}" for second in (turn.away, turn.ready, turn.answering)]
        table.add_row(turn.part, str(turn.happened_after), *measured)
    Console(width=150).print(table)


def show_flows(found: Sequence[Flow]) -> None:
    """Each binding, counted on both sides."""
    table = Table(title="published = consumed + dead + waiting")
    for column in ("producer", "subscriber", "binding", "published", "consumed", "dead", "waiting"):
        table.add_column(column)
    for one in found:
        counts = (one.published, one.done, one.dead, one.waiting)
        table.add_row(one.producer, one.subscriber, one.key, *map(str, counts))
    Console(width=150).print(table)
