"""Reads that wait together are one statement, and one caller's fault is nobody else's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa

from shared.reading import Reader, _Queue
from shared.testing.harness import ServiceHarness
from shared.testing.probe import OFFICIAL, Counter, OpenCounter

TABLE: Any = Counter.__table__
OPEN = OpenCounter(division="330106")


@pytest.fixture
def counters(harness: ServiceHarness) -> list[str]:
    """The ids of ten counters."""
    return [harness.execute(OPEN, OFFICIAL).id for _ in range(10)]


def statements_of(harness: ServiceHarness) -> list[Any]:
    """The parameters of each statement from now on, as it is executed."""
    seen: list[Any] = []

    @sa.event.listens_for(harness.runtime.read, "before_cursor_execute")
    def see(_: Any, __: Any, ___: str, parameters: Any, *____: Any) -> None:
        seen.append(parameters)

    return seen


def find_together(reader: Reader, ids: Sequence[str]) -> list[Future[Any]]:
    """Find each by a thread of its own, all waiting before the first reads."""
    queue = reader._queues.setdefault(TABLE, _Queue())
    with ThreadPoolExecutor(len(ids)) as pool:
        with queue.turn:
            futures = [pool.submit(reader.find, TABLE, one) for one in ids]
            until = time.monotonic() + 10
            while len(queue.waiting) < len(ids) and time.monotonic() < until:
                time.sleep(0.001)
        wait(futures)
    return futures


def test_those_that_wait_together_are_read_in_one_statement(
    harness: ServiceHarness, counters: list[str]
) -> None:
    seen = statements_of(harness)
    futures = find_together(Reader.of(harness.runtime.read), [*counters, "c-missing"])
    assert [row.id if (row := one.result()) else None for one in futures] == [*counters, None]
    assert len(seen) == 1


def test_two_may_want_the_same_row(harness: ServiceHarness, counters: list[str]) -> None:
    wanted = [counters[1], counters[1], counters[2]]
    futures = find_together(Reader.of(harness.runtime.read), wanted)
    assert [one.result().id for one in futures] == wanted


def test_an_id_that_the_database_cannot_read_fails_its_own_caller_alone(
    harness: ServiceHarness, counters: list[str]
) -> None:
    unreadable = "half a pair \ud800"
    first, second, last = find_together(
        Reader.of(harness.runtime.read), [counters[0], unreadable, counters[1]]
    )
    assert isinstance(second.exception(), ValueError)
    assert (first.result().id, last.result().id) == (counters[0], counters[1])


def test_a_read_sees_what_was_committed_before_it_was_asked_for(
    harness: ServiceHarness, counters: list[str]
) -> None:
    reader = Reader.of(harness.runtime.read)
    for _ in range(20):
        late = harness.execute(OPEN, OFFICIAL).id
        found, _ = find_together(reader, [late, counters[0]])
        assert found.result().id == late


def test_where_the_reader_is_interrupted_the_others_read_for_themselves(
    harness: ServiceHarness, counters: list[str]
) -> None:
    reader = Reader.of(harness.runtime.read)
    rows, interruptions = reader._rows, iter([KeyboardInterrupt()])

    def interrupted(table: sa.Table, ids: Sequence[str]) -> dict[str, Any]:
        for interruption in interruptions:
            raise interruption
        return rows(table, ids)

    reader._rows = interrupted  # type: ignore[method-assign]
    futures = find_together(reader, counters[:4])
    ended = [one.exception() for one in futures]
    assert [type(one) for one in ended if one is not None] == [KeyboardInterrupt]
    found = {one.result().id for one, fault in zip(futures, ended, strict=True) if fault is None}
    assert len(found) == 3
