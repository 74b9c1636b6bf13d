"""Messages come twice, in no order, unreadable, all at once or not at all, and nothing is wrong."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import edges_of
from deploy.stories.enterprise_startup import DIVISION, RESIDENT
from deploy.stories.stage import Stage
from shared.contracts.base import SERVICES
from shared.contracts.digital_government import StartupForm, SubmitOneThing
from shared.testing.probe import JOURNAL, AddToCounter, OpenCounter, Tally
from tests.faults import reckoning
from tests.faults.applicant import Errand, Ways
from tests.faults.conftest import SEED, Report
from tests.faults.disorder import COPIES, WINDOW, DisorderlyRelay, disorderly, send_undecodable
from tests.faults.ledger import Ledger
from tests.faults.reckoning import Finding
from tests.faults.turns import READY_WITHIN, Platform, apply, seconds_until
from tests.replicas.conftest import Replicas, replicas, until

__all__ = ["replicas"]

PRODUCERS = ("identity_data", "digital_government", "digital_economy")
WHOLE_ONES = 40
AT_ONCE = 50
IN_THE_ALARM = 50
COUNTERS, TIMES = 10, 40
TAKEN = "qiantang_events_consumed_total"


@pytest.fixture
def ways(running: Platform) -> Iterator[Ways]:
    """Every way into the platform, with tokens in hand."""
    found = Ways(running.settings, running.addresses)
    for caller in found.callers.values():
        caller.token()
    yield found
    found.close()


def application(reservation: str) -> SubmitOneThing:
    """An application like any other."""
    form = StartupForm(
        reservation_id=reservation,
        name="杭州潮信软件有限公司",
        industry="软件和信息技术服务业",
        registered_capital=100_000_000,
        address="浙江省杭州市西湖区灵隐街道示范路1号",
    )
    return SubmitOneThing(thing="enterprise_startup", division=DIVISION, form=form.dump())


# Repeated and shuffled


def test_events_five_times_each_in_any_order_among_unreadable_bytes_have_their_effect_once(
    running: Platform, faults: Report, tmp_path: Path
) -> None:
    stage = running.stage("disorder")
    rng = random.Random(f"{SEED}/disorder")
    before, unreadable = reckoning.rows(stage), undecodable(stage)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.release(WHOLE_ONES)
    errand = Errand(
        ledger=str(ledger.path),
        scenario="disorder",
        seed=SEED,
        number=WHOLE_ONES,
        whole=1,
        at_once=8,
        lasting=0.0,
        addresses=running.addresses,
        names_from=1000,
    )
    with disorderly(running.settings, PRODUCERS, rng) as relays:
        with apply(running.settings, errand) as client:
            status = client.wait(120)
        each = send_undecodable(running.settings, rng)
        published = publish_until_rest(stage, relays)
        sent = sum(relay.sent for relay in relays)
    reckoning.come_to_rest(running)
    entries = ledger.all()
    commands = 4 * WHOLE_ONES
    refused = [str(one) for one in ledger.refusals()]
    ledger.close()
    fault = f"each event {COPIES} times, shuffled in windows of {WINDOW}"
    faults.note(
        fault,
        Finding("commands acknowledged", commands, commands, len(entries), refused),
        Finding("the client's exit status", 1, 0, status),
        Finding("messages for so many events", sent, COPIES * published, sent),
        *reckoning.ledger_against_databases(stage, entries),
        *reckoning.grown(stage, before, entries),
        reckoning.balance(reckoning.flows(stage)),
        *reckoning.kept_for_systems(running, stage),
        *reckoning.effects_of_events(stage),
        reckoning.sequences(stage),
        reckoning.screen(stage),
    )
    kept = undecodable(stage)
    kept.subtract(unreadable)
    expected = Counter({name: each * len(edges_of(name).subscriptions) for name in SERVICES})
    wrong = [f"{name}: {kept[name]} of {expected[name]}" for name in SERVICES]
    wrong = wrong if kept != expected else []
    what = "kept as such by their subscribers"
    number = expected.total()
    faults.note("bytes nobody can read", Finding(what, number, number, kept.total(), wrong))
    faults.judge(f"logs: {running.settings.state}")


def publish_until_rest(stage: Stage, relays: list[DisorderlyRelay]) -> int:
    """Publish in disorder until nothing is left that could cause another event."""
    published = 0
    while True:
        now = sum(relay.publish_once() for relay in relays)
        published += now
        if not now and not reckoning.left(stage):
            return published
        time.sleep(0.1)


def undecodable(stage: Stage) -> Counter[str]:
    """How many messages each service keeps as unreadable."""
    counted = {
        name: int(stage.count(name, "SELECT COUNT(*) FROM undecodable")) for name in SERVICES
    }
    return Counter(counted)


def test_a_follower_sees_shuffled_and_repeated_events_once_and_in_their_order(
    replicas: Replicas, faults: Report
) -> None:
    rng = random.Random(f"{SEED}/follower")
    amounts = list(range(1, TIMES + 1))
    with disorderly(replicas.settings, ["probe"], rng) as (relay,):
        counters = [replicas.call(OpenCounter(division=DIVISION)).id for _ in range(COUNTERS)]
        for amount in amounts:
            for counter in counters:
                replicas.call(AddToCounter(counter=counter, amount=amount))
        while relay.publish_once():
            pass
        sent = relay.sent
        until("every tally is whole", lambda: len(journal(replicas, counters)) >= COUNTERS * TIMES)
    replicas.settle()
    tallies = replicas.rows(sa.select(Tally.id, Tally.seen).where(Tally.id.in_(counters)))
    torn = [str(row) for row in tallies if row.seen != amounts]
    waited = sum(replicas.figure(one, TAKEN, outcome="waiting") for one in replicas.processes)
    fault = f"a follower's events, each {COPIES} times, shuffled in windows of {WINDOW}"
    events = COUNTERS * TIMES
    faults.note(
        fault,
        Finding("messages sent", sent, COPIES * (events + COUNTERS), sent),
        Finding("events that waited for an earlier one", int(waited), True, waited > 0),
        Finding("effects, each once", events, events, len(set(journal(replicas, counters)))),
        Finding("effects", events, events, len(journal(replicas, counters))),
        Finding("aggregates seen in order", COUNTERS, COUNTERS, len(tallies) - len(torn), torn),
    )
    faults.judge()


def journal(replicas: Replicas, counters: list[str]) -> list[str]:
    """Every effect that the events of these counters had."""
    rows = replicas.rows(sa.select(JOURNAL.c.entry))
    return [row.entry for row in rows if row.entry.partition("/")[0] in counters]


# All at once


@pytest.mark.parametrize("way", ["gateway", "service", "rpc"])
def test_one_request_fifty_times_at_once_has_one_effect_and_fifty_equal_answers(
    running: Platform, faults: Report, ways: Ways, way: str
) -> None:
    stage = running.stage("at once")
    reservation = f"at-once-{way}"
    order, together = application(reservation), threading.Barrier(AT_ONCE)

    def ask(_: int) -> str:
        together.wait()
        return json.dumps(ways.send(way, RESIDENT, order, f"once/{way}", "at-once"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, range(AT_ONCE)))
    reckoning.come_to_rest(running)
    name = "digital_government"
    fault = f"one request {AT_ONCE} times at once, by {way}"
    counted = {
        "applications": "one_thing WHERE reservation_id = :reservation",
        "requests kept": "request WHERE id LIKE '%/once/' || :way",
        "audit rows": "audit WHERE cause = 'once/' || :way",
        "first cases": "case_ JOIN one_thing ON one_thing.id = one_thing_id"
        " WHERE reservation_id = :reservation",
        "events that it was submitted": "outbox JOIN one_thing ON one_thing.id = aggregate_id"
        " WHERE type = 'OneThingSubmitted' AND reservation_id = :reservation",
    }
    faults.note(
        fault,
        Finding("answers", AT_ONCE, AT_ONCE, len(answers)),
        Finding("different answers", AT_ONCE, 1, len(set(answers)), sorted(set(answers))[1:]),
        *(
            Finding(what, AT_ONCE, 1, rows_of(stage, name, table, reservation, way))
            for what, table in counted.items()
        ),
    )
    faults.judge(f"logs: {running.settings.state}")


def rows_of(stage: Stage, service: str, table: str, reservation: str, way: str) -> int:
    """How many rows there are of this application."""
    given = {"reservation": reservation, "way": way}
    wanted = {name: value for name, value in given.items() if f":{name}" in table}
    return int(stage.count(service, f"SELECT COUNT(*) FROM {table}", **wanted))


# Not at all


def test_while_the_broker_is_short_of_memory_commands_are_taken_and_readiness_says_no(
    running: Platform, faults: Report, ways: Ways
) -> None:
    stage = running.stage("alarm")
    before = reckoning.rows(stage)
    running.broker.control("set_vm_memory_high_watermark", "0.000001")
    try:
        # The broker tells a connection of its alarm when it publishes.
        ways.send("service", RESIDENT, application("alarm-first"), "alarm/first", "alarm")
        told = seconds_until(lambda: broker_of(running) != "ok")
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(
                pool.map(lambda number: apply_in_alarm(ways, number), range(IN_THE_ALARM))
            )
        took = time.monotonic() - began
        waiting = stage.count(
            "digital_government",
            "SELECT COUNT(*) FROM outbox JOIN one_thing ON one_thing.id = aggregate_id"
            " WHERE published_at IS NULL AND type = 'OneThingSubmitted'"
            " AND reservation_id LIKE 'alarm-_%' AND reservation_id <> 'alarm-first'",
        )
        state = broker_of(running)
    finally:
        running.broker.control("set_vm_memory_high_watermark", "0.4")
    ready = seconds_until(running.all_ready)
    reckoning.come_to_rest(running)
    grown = reckoning.rows(stage)["digital_government", "one_thing"]
    grown -= before["digital_government", "one_thing"]
    fault = "the broker's memory alarm"
    ids = {str(answer["id"]) for answer in answers}
    faults.note(
        fault,
        Finding(f"not ready after {told:.1f} s, because the broker", 1, True, told < READY_WITHIN),
        Finding("it still is, says /readyz", 1, True, state != "ok"),
        Finding(f"commands taken within {took:.1f} s", IN_THE_ALARM, IN_THE_ALARM, len(ids)),
        Finding("their events in the outbox", IN_THE_ALARM, IN_THE_ALARM, waiting),
        Finding(f"ready again after {ready:.1f} s", 1, True, ready < READY_WITHIN),
        Finding("applications", IN_THE_ALARM + 1, IN_THE_ALARM + 1, grown),
        reckoning.balance(reckoning.flows(stage)),
        *reckoning.kept_for_systems(running, stage),
        *reckoning.effects_of_events(stage),
        reckoning.screen(stage),
    )
    faults.judge(f"logs: {running.settings.state}")


def apply_in_alarm(ways: Ways, number: int) -> dict[str, Any]:
    """One application at the service's own address."""
    order = application(f"alarm-{number}")
    return ways.send("service", RESIDENT, order, f"alarm/{number}", "alarm")


def broker_of(running: Platform) -> str:
    """What digital_government says of the broker when it is asked whether it is ready."""
    address = running.addresses["digital_government"]
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as refusal:
        said = json.load(refusal)
    return str(said["services"]["digital_government"]["broker"])
