"""What Prometheus asks of a database costs the same in a large history, and counts what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from shared.clocks import machine_now
from shared.messaging.tables import INBOX, TIMER
from shared.standing import PILES, Piles, piles_of
from shared.testing.harness import ServiceHarness
from shared.testing.probe import OFFICIAL, AddToCounter, OpenCounter
from tests.probing import MakeProbe


def piles(harness: ServiceHarness) -> Piles:
    """What waits now."""
    with harness.runtime.read.connect() as connection:
        return piles_of(connection.execute(PILES).all())


def received(number: int, state: str, age: int) -> dict[str, Any]:
    """A row of the inbox, so many seconds old."""
    then = machine_now() - timedelta(seconds=age)
    return {
        "id": f"event-{number}",
        "producer": "probe",
        "aggregate": "Counter",
        "aggregate_id": "c-1",
        "sequence": number,
        "type": "CounterAdded",
        "envelope": {},
        "state": state,
        "attempts": 0,
        "due_at": then,
        "received_at": then,
    }


def test_nothing_waits_in_a_new_database(make_probe: MakeProbe) -> None:
    none = dict.fromkeys(("ready", "waiting", "retrying"), 0)
    assert piles(make_probe()) == Piles(0, None, none, None, 0, 0, 0)


def test_what_waits_is_counted_and_the_oldest_found(make_probe: MakeProbe) -> None:
    harness = make_probe()
    before = machine_now()
    counter = harness.execute(OpenCounter(division="330106"), OFFICIAL).id
    harness.execute(AddToCounter(counter=counter, amount=1), OFFICIAL)
    states = ["ready", "ready", "waiting", "retrying", "dead", "done", "done"]
    rows = [received(n, state, 100 - n) for n, state in enumerate(states, start=1)]
    timer = {
        "id": "alarm/c-1",
        "name": "alarm",
        "aggregate_id": "c-1",
        "due": before,
        "state": "dead",
        "arming": 1,
        "headers": {},
    }
    with harness.runtime.engine.begin() as connection:
        connection.execute(sa.insert(INBOX), rows)
        connection.execute(sa.insert(TIMER), timer)
    found = piles(harness)
    assert found.unpublished == 2
    assert found.unpublished_since is not None
    assert before <= found.unpublished_since <= machine_now()
    assert found.inbox == {"ready": 2, "waiting": 1, "retrying": 1}
    assert found.open_since == rows[0]["received_at"]
    assert (found.dead_events, found.dead_timers, found.undecodable) == (1, 1, 0)


def test_what_was_taken_long_ago_is_not_read(make_probe: MakeProbe) -> None:
    engine = make_probe().runtime.engine
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Else it would read the few rows of a test as they come.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"

        # The very statement with its very parameters: one that is bound hides what it asks.
        @sa.event.listens_for(connection, "before_cursor_execute", retval=True)
        def ask_for_the_plan(_: Any, __: Any, sql: str, given: Any, *___: Any) -> Any:
            return f"{explain} {sql}", given

        rows = connection.execute(PILES).cursor.fetchall()
    plan = "\n".join(str(row[-1]) for row in rows)
    for index in ("outbox_unpublished", "inbox_open", "inbox_dead", "timer_dead"):
        assert index in plan, plan
    for table in ("outbox", "inbox", "timer"):
        assert f"Seq Scan on {table}" not in plan, plan
        assert f"SCAN {table}\n" not in plan, plan
