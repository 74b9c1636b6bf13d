"""Two processes of one service at work on one database and one broker."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import kombu
import pytest
import sqlalchemy as sa

from shared.clocks import SIMULATION_BEGINS
from shared.contracts.platform import ServiceStanding
from shared.errors import Unavailable
from shared.messaging.tables import OUTBOX, TIMER
from shared.messaging.topology import events_exchange
from shared.testing import probe
from shared.testing.probe import (
    JOURNAL,
    OPERATOR,
    AddToCounter,
    CancelAlarm,
    OpenCounter,
    SetAlarm,
    Tally,
)
from tests.conftest import RealServers
from tests.replicas.conftest import Replicas, until

pytestmark = pytest.mark.distributed
AT_ONCE = 16


def open_counters(replicas: Replicas, number: int) -> list[str]:
    return [replicas.call(OpenCounter(division="330106")).id for _ in range(number)]


def at_once(works: list[Callable[[], Any]], threads: int = AT_ONCE) -> list[Any]:
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]


def value_of(replicas: Replicas, counter: str) -> int:
    found = sa.select(probe.Counter.value).where(probe.Counter.id == counter)
    return int(replicas.rows(found)[0].value)


def told(replicas: Replicas, counter: str) -> list[int]:
    """The amounts that the counter told of, in their order."""
    rows = replicas.rows(
        sa.select(OUTBOX.c.envelope)
        .where(OUTBOX.c.aggregate_id == counter, OUTBOX.c.type == "CounterAdded")
        .order_by(OUTBOX.c.sequence)
    )
    return [row.envelope["data"]["amount"] for row in rows]


def seen(replicas: Replicas, counter: str) -> list[int]:
    """The amounts that the follower of the counter saw, in the order in which it saw them."""
    rows = replicas.rows(sa.select(Tally.seen).where(Tally.id == counter))
    return rows[0].seen if rows else []


def both_did(replicas: Replicas, figure: str, **labels: str) -> bool:
    return all(replicas.figure(one, figure, **labels) > 0 for one in replicas.processes)


# Commands


def test_orders_to_one_aggregate_through_both_processes_all_succeed_and_none_is_lost(
    replicas: Replicas,
) -> None:
    (counter,) = open_counters(replicas, 1)

    def add(amount: int) -> Callable[[], Any]:
        return lambda: replicas.call(AddToCounter(counter=counter, amount=amount))

    answers = at_once([add(amount) for amount in range(1, 101)])
    # Every order found its own version of the aggregate, and none two found the same one.
    assert sorted(answer.version for answer in answers) == list(range(2, 102))
    assert value_of(replicas, counter) == sum(range(1, 101))
    assert both_did(replicas, "qiantang_messages_total", contract="AddToCounter", outcome="ok")
    replicas.settle()
    assert seen(replicas, counter) == told(replicas, counter)


def test_one_request_id_fifty_times_over_both_processes_has_one_effect_and_one_reply(
    replicas: Replicas,
) -> None:
    counters = open_counters(replicas, 4)

    def add(counter: str) -> Callable[[], Any]:
        return lambda: replicas.call(
            AddToCounter(counter=counter, amount=7), request_id=f"fifty/{counter}"
        )

    answers = at_once([add(counter) for _ in range(50) for counter in counters], 50)
    assert Counter((answer.id, answer.version) for answer in answers) == {
        (counter, 2): 50 for counter in counters
    }
    assert [value_of(replicas, counter) for counter in counters] == [7] * 4
    replicas.settle()


# Events


@contextmanager
def wire(admin_url: str) -> Iterator[list[tuple[str, int]]]:
    """What arrives on the probe's exchange: aggregate and sequence, in the order of arrival."""
    arrived: list[tuple[str, int]] = []
    stopping = threading.Event()

    def read() -> None:
        queue = kombu.Queue(
            "wire", kombu.Exchange(events_exchange("probe"), no_declare=True), "#", exclusive=True
        )
        with kombu.Connection(admin_url) as connection, connection.channel() as channel:
            queue(channel).declare()
            listening.set()
            while not stopping.is_set():
                while (message := queue(channel).get(no_ack=True)) is not None:
                    envelope = json.loads(message.body)
                    arrived.append((envelope["subject"], int(envelope["sequence"])))
                stopping.wait(0.05)

    listening = threading.Event()
    reading = threading.Thread(target=read)
    reading.start()
    assert listening.wait(30)
    try:
        yield arrived
    finally:
        stopping.set()
        reading.join()


def test_events_of_both_processes_leave_in_order_and_have_one_effect_each_in_order(
    replicas: Replicas, real_servers: RealServers
) -> None:
    broker = real_servers.broker
    with wire(broker.url_for(broker.administrator)) as arrived:
        counters = open_counters(replicas, 12)

        def add(counter: str, amount: int) -> Callable[[], Any]:
            return lambda: replicas.call(AddToCounter(counter=counter, amount=amount))

        at_once([add(counter, amount) for amount in range(1, 21) for counter in counters])
        replicas.settle()
        until("the wire", lambda: len(set(arrived)) >= 252)
    firsts: dict[str, list[int]] = defaultdict(list)
    for subject, sequence in dict.fromkeys(arrived):
        firsts[subject].append(sequence)
    for counter in counters:
        # The first event opened it.
        assert firsts[f"Counter/{counter}"] == list(range(1, 22))
        assert seen(replicas, counter) == told(replicas, counter)
        assert sorted(told(replicas, counter)) == list(range(1, 21))
    of_these = JOURNAL.c.entry.in_([f"{c}/{a}" for c in counters for a in range(1, 21)])
    entries = [row.entry for row in replicas.rows(sa.select(JOURNAL.c.entry).where(of_these))]
    assert len(entries) == len(set(entries)) == 240
    assert both_did(replicas, "qiantang_events_published_total")
    assert both_did(replicas, "qiantang_events_consumed_total", outcome="done")


# Timers and the calendar


def test_a_moved_calendar_is_every_processs_and_each_timer_fires_once(replicas: Replicas) -> None:
    counters = open_counters(replicas, 30)
    first, second = (SIMULATION_BEGINS + timedelta(hours=hours) for hours in (1, 2))

    def set_alarm(counter: str) -> Callable[[], Any]:
        return lambda: replicas.call(SetAlarm(counter=counter, due=first, then=second))

    at_once([set_alarm(counter) for counter in counters])
    noon = SIMULATION_BEGINS + timedelta(hours=3)
    replicas.move_calendar(noon)

    def stands_at() -> Any:
        return replicas.call(ServiceStanding(), as_=OPERATOR).calendar

    # Orders meet the timers at work, and lock the same rows.
    ordering = [lambda c=c: replicas.call(CancelAlarm(counter=c)) for c in counters[:10]]
    until("the calendar moved", lambda: stands_at() == noon)
    at_once(ordering)
    assert {stands_at() for _ in range(20)} == {noon}
    until(
        "no timer is left",
        lambda: not replicas.rows(sa.select(TIMER.c.id).where(TIMER.c.state == "armed")),
    )
    names = {f"alarm/{counter}" for counter in counters}
    rung = Counter(
        (row.entry, row.at)
        for row in replicas.rows(sa.select(JOURNAL.c.entry, JOURNAL.c.at))
        if row.entry in names
    )
    assert set(rung.values()) == {1}
    undisturbed = {(f"alarm/{c}", at) for c in counters[10:] for at in (first, second)}
    assert undisturbed <= set(rung)
    replicas.settle()


# A process that goes


class Load:
    """Orders to some counters, as fast as they are answered; knows what was answered."""

    def __init__(self, replicas: Replicas, counters: list[str]) -> None:
        self._replicas = replicas
        self._counters = counters
        self._stopping = threading.Event()
        self._numbers = iter(range(1, 1_000_000))
        self._lock = threading.Lock()
        self.answered: dict[str, list[int]] = {counter: [] for counter in counters}
        self.instants: list[float] = []
        self.again = 0

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                number = next(self._numbers)
            counter = self._counters[number % len(self._counters)]
            order = AddToCounter(counter=counter, amount=number)
            while True:
                try:
                    self._replicas.call(order, request_id=f"load/{counter}/{number}")
                    break
                except Unavailable:
                    self.again += 1
            with self._lock:
                self.answered[counter].append(number)
                self.instants.append(time.monotonic())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Eight callers are at work."""
        callers = [threading.Thread(target=self._run) for _ in range(8)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            self._stopping.set()
            for caller in callers:
                caller.join()

    def await_answers(self, number: int) -> None:
        """Wait until so many more orders are answered."""
        enough = len(self.instants) + number
        until("answers", lambda: len(self.instants) >= enough)

    def longest_pause(self) -> float:
        """The longest time between two answers, in seconds."""
        return max(b - a for a, b in zip(self.instants, self.instants[1:], strict=False))


def nothing_is_lost(replicas: Replicas, load: Load) -> None:
    replicas.settle()
    for counter, answered in load.answered.items():
        assert sorted(told(replicas, counter)) == sorted(answered)
        assert seen(replicas, counter) == told(replicas, counter)
        assert value_of(replicas, counter) == sum(answered)


def test_a_process_killed_under_load_loses_nothing_and_the_other_goes_on_at_once(
    replicas: Replicas,
) -> None:
    load = Load(replicas, open_counters(replicas, 5))
    killed = replicas.processes[0]
    with load.running():
        load.await_answers(100)
        killed.kill()
        load.await_answers(200)
    killed.start()
    print(
        f"killed: {len(load.instants)} answered, {load.again} asked again, "
        f"longest pause {load.longest_pause():.2f} s"
    )
    killed.await_address()
    # What the killed process held goes to the other when its connection ends; nobody waits for a
    # time-out.
    assert load.again == 0
    assert load.longest_pause() < 5
    nothing_is_lost(replicas, load)


def test_processes_restarted_one_after_the_other_under_load_fail_no_request(
    replicas: Replicas,
) -> None:
    load = Load(replicas, open_counters(replicas, 5))
    with load.running():
        load.await_answers(50)
        for process in replicas.processes:
            process.stop()
            assert process.process is not None
            assert process.process.returncode == 0
            load.await_answers(50)
            process.start()
            process.await_address()
            load.await_answers(50)
    print(
        f"rolled: {len(load.instants)} answered, {load.again} asked again, "
        f"longest pause {load.longest_pause():.2f} s"
    )
    assert load.again == 0
    nothing_is_lost(replicas, load)
