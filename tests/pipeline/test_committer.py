"""Group commit: what is written together, and that one unit's fault is nobody else's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.committer import Committer, Outcome, _Ticket
from shared.context import Context, Headers, new_id, service_principal
from shared.contracts.base import Done
from shared.errors import RequestIdReused
from shared.messaging.tables import AUDIT, OUTBOX, READING, REQUEST
from shared.testing.harness import ServiceHarness
from shared.testing.probe import (
    OFFICIAL,
    AddToCounter,
    Counter,
    CounterAdded,
    OpenCounter,
    Tally,
)
from shared.unit_of_work import Effects, UnitOfWork

MakeProbe = Callable[[], ServiceHarness]


def unit_on(harness: ServiceHarness, counter_id: str, **changes: Any) -> Effects:
    """A unit that changes that counter, or makes it, as a command would."""
    unit = UnitOfWork(harness.runtime.read, "probe")
    now = harness.runtime.calendar.now()
    context = Context(service_principal("probe"), Headers(requestid="r"), now, unit)
    counter = unit.find(Counter, counter_id) or unit.add(Counter(id=counter_id))
    for name, value in changes.items():
        setattr(counter, name, value)
    counter.tell(CounterAdded(counter=counter_id, amount=1))
    unit.settle(context, "Test", "r", {}, f"Counter/{counter_id}")
    return unit.effects(now)


def commit_together(committer: Committer, units: Sequence[Effects]) -> list[Future[Outcome]]:
    """Commit them by a thread each, queued in this order before the first is written: one
    group, as far as they guard different rows."""
    futures: list[Future[Outcome]] = []
    with ThreadPoolExecutor(len(units)) as pool:
        with committer._turn:
            for number, unit in enumerate(units, start=1):
                futures.append(pool.submit(committer.commit, unit))
                while len(committer._waiting) < number:
                    time.sleep(0.001)
        wait(futures)
    return futures


def ids_of(harness: ServiceHarness, table: Any) -> set[str]:
    return {row[0] for row in harness.rows(sa.select(table))}


def test_units_that_wait_together_share_one_transaction(harness: ServiceHarness) -> None:
    units = [unit_on(harness, f"c-{number}") for number in range(16)]
    commits: list[Any] = []
    sa.event.listen(harness.runtime.engine, "commit", commits.append)
    futures = commit_together(harness.runtime.committer, units)
    assert {future.result() for future in futures} == {Outcome.WRITTEN}
    assert len(commits) == 1
    assert ids_of(harness, Counter.id) == {f"c-{number}" for number in range(16)}


def reading_of(harness: ServiceHarness, owners: Sequence[str]) -> Effects:
    """A unit that tells that one official read these people's data."""
    effects = unit_on(harness, f"c-{new_id()}")
    now = harness.runtime.calendar.now()
    row = {
        "day": now.date(),
        "at": now,
        "act": "PrivateCounterById",
        "actor": OFFICIAL.id,
        "organ": "",
        "on_behalf_of": "",
        "aggregate": "Counter",
        "aggregate_id": "c-1",
    }
    effects.appended[READING] = [row | {"owner": owner} for owner in owners]
    return effects


def test_a_reading_told_twice_is_kept_once_also_within_one_group(harness: ServiceHarness) -> None:
    harness.runtime.committer.commit(reading_of(harness, ["p-1"]))
    units = [reading_of(harness, owners) for owners in (["p-1", "p-2"], ["p-2", "p-3"], ["p-3"])]
    futures = commit_together(harness.runtime.committer, units)
    assert {future.result() for future in futures} == {Outcome.WRITTEN}
    owners = harness.rows(sa.select(READING.c.owner).order_by(READING.c.owner))
    assert [row.owner for row in owners] == ["p-1", "p-2", "p-3"]


@given(st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_units_that_guard_one_row_never_share_a_group_and_keep_their_order(
    keys: list[set[int]],
) -> None:
    committer = Committer(sa.create_engine("sqlite://"), "probe")
    tickets = [_Ticket(Effects(progress=[{"id": str(key)} for key in one])) for one in keys]
    committer._waiting.extend(tickets)
    taken: list[_Ticket] = []
    while committer._waiting:
        group = committer._next_group()
        guarded = [key for ticket in group for key in ticket.keys]
        assert len(guarded) == len(set(guarded))
        taken += group
    assert len(taken) == len(tickets)
    for key in {key for ticket in tickets for key in ticket.keys}:
        assert [t for t in taken if key in t.keys] == [t for t in tickets if key in t.keys]


def test_a_stale_unit_writes_nothing_and_the_others_of_its_group_are_written(
    harness: ServiceHarness,
) -> None:
    committer = harness.runtime.committer
    committer.commit(unit_on(harness, "c-1"))
    stale = unit_on(harness, "c-1", value=111)
    committer.commit(unit_on(harness, "c-1", value=2))
    others = [unit_on(harness, f"c-{number}", value=5) for number in (2, 3, 4, 5, 6)]
    first, *rest = commit_together(committer, [stale, *others])
    assert first.result() is Outcome.STALE
    assert {future.result() for future in rest} == {Outcome.WRITTEN}
    values = dict(harness.rows(sa.select(Counter.id, Counter.value)))
    assert values == {"c-1": 2} | {f"c-{number}": 5 for number in (2, 3, 4, 5, 6)}
    assert len(harness.rows(sa.select(OUTBOX.c.id))) == 7


def unit_with_tallies(
    harness: ServiceHarness, change: Callable[[UnitOfWork, dict[str, Tally]], None]
) -> Effects:
    """A unit that found those of the tallies t-1 to t-3 that there are, and changed them."""
    unit = UnitOfWork(harness.runtime.read, "probe")
    now = harness.runtime.calendar.now()
    context = Context(service_principal("probe"), Headers(requestid="r"), now, unit)
    change(unit, unit.find_each(Tally, "t-1", "t-2", "t-3"))
    unit.settle(context, "Test", "r", {}, "Tally/t")
    return unit.effects(now)


def keep_tallies(unit: UnitOfWork, _: dict[str, Tally]) -> None:
    unit.add(Tally(id="t-1"))
    unit.add(Tally(id="t-2"))


def remove_all(unit: UnitOfWork, found: dict[str, Tally]) -> None:
    unit.remove(*found.values())


def see_more(_: UnitOfWork, found: dict[str, Tally]) -> None:
    found["t-2"].seen = [1]


def test_removed_rows_are_gone_with_one_audit_row(harness: ServiceHarness) -> None:
    committer = harness.runtime.committer
    committer.commit(unit_with_tallies(harness, keep_tallies))
    audited = len(harness.rows(sa.select(AUDIT)))
    assert committer.commit(unit_with_tallies(harness, remove_all)) is Outcome.WRITTEN
    assert ids_of(harness, Tally.id) == set()
    assert len(harness.rows(sa.select(AUDIT))) == audited + 1


def test_a_row_that_was_changed_meanwhile_is_not_removed_nor_is_any_other(
    harness: ServiceHarness,
) -> None:
    committer = harness.runtime.committer
    committer.commit(unit_with_tallies(harness, keep_tallies))
    removal = unit_with_tallies(harness, remove_all)
    committer.commit(unit_with_tallies(harness, see_more))
    assert committer.commit(removal) is Outcome.STALE
    assert ids_of(harness, Tally.id) == {"t-1", "t-2"}


def test_no_aggregate_is_removed(harness: ServiceHarness) -> None:
    harness.runtime.committer.commit(unit_on(harness, "c-1"))
    unit = UnitOfWork(harness.runtime.read, "probe")
    with pytest.raises(TypeError, match="Counter is an aggregate"):
        unit.remove(unit.get(Counter, "c-1"))


def test_records_are_found_together_with_one_statement_and_each_once(
    harness: ServiceHarness,
) -> None:
    harness.runtime.committer.commit(unit_with_tallies(harness, keep_tallies))
    unit = UnitOfWork(harness.runtime.read, "probe")
    known = unit.get(Tally, "t-1")
    statements: list[str] = []
    sa.event.listen(
        harness.runtime.read, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    found = unit.find_each(Tally, "t-1", "t-2", "t-3")
    assert set(found) == {"t-1", "t-2"}
    assert found["t-1"] is known
    assert unit.find(Tally, "t-3") is None
    assert unit.find_each(Tally, "t-1", "t-2", "t-3") == found
    assert len(statements) == 1


@pytest.mark.parametrize("fault", [{"label": "used"}, {"value": 2**70}])
def test_what_the_database_refuses_fails_its_own_unit_alone(
    harness: ServiceHarness, fault: dict[str, Any]
) -> None:
    committer = harness.runtime.committer
    committer.commit(unit_on(harness, "c-0", label="used"))
    refused = unit_on(harness, "c-1", **fault)
    others = [unit_on(harness, f"c-{number}") for number in (2, 3, 4, 5, 6)]
    first, *rest = commit_together(committer, [refused, *others])
    if "label" in fault:
        assert first.result() is Outcome.TAKEN
    else:
        assert isinstance(first.exception(), sa.exc.DBAPIError | OverflowError | TypeError)
    assert {future.result() for future in rest} == {Outcome.WRITTEN}
    assert ids_of(harness, Counter.id) == {"c-0", "c-2", "c-3", "c-4", "c-5", "c-6"}
    assert committer.commit(unit_on(harness, "c-7")) is Outcome.WRITTEN


def test_where_the_writer_is_interrupted_among_single_units_nobody_waits_for_it(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = harness.runtime.committer
    committer.commit(unit_on(harness, "c-0", label="used"))
    write = committer._write

    def interrupted(group: list[_Ticket]) -> None:
        if [key for t in group for _, key in t.keys] == ["c-2"]:
            raise KeyboardInterrupt
        write(group)

    monkeypatch.setattr(committer, "_write", interrupted)
    units = [unit_on(harness, "c-1", label="used")]
    units += [unit_on(harness, f"c-{number}") for number in (2, 3, 4, 5, 6)]
    ended = [future.exception() for future in commit_together(committer, units)]
    assert any(isinstance(one, KeyboardInterrupt) for one in ended)
    assert all(isinstance(one, RuntimeError | KeyboardInterrupt | None) for one in ended)


def test_of_two_units_at_once_that_want_one_unique_value_one_is_written(
    harness: ServiceHarness,
) -> None:
    units = [unit_on(harness, f"c-{number}", label="wanted by all") for number in range(8)]
    outcomes = [future.result() for future in commit_together(harness.runtime.committer, units)]
    assert outcomes.count(Outcome.WRITTEN) == 1
    assert outcomes.count(Outcome.TAKEN) == 7
    assert len(harness.rows(sa.select(OUTBOX.c.id))) == 1


def in_threads(number: int, work: Callable[[int], Any]) -> list[Future[Any]]:
    with ThreadPoolExecutor(number) as pool:
        return [pool.submit(work, index) for index in range(number)]


def test_fifty_threads_with_one_request_have_one_effect_and_the_same_reply(
    harness: ServiceHarness,
) -> None:
    order = OpenCounter(division="330106")
    futures = in_threads(50, lambda _: harness.execute(order, OFFICIAL, request_id="same"))
    assert len({future.result() for future in futures}) == 1
    assert len(harness.rows(sa.select(Counter.id))) == 1
    assert len(harness.rows(sa.select(REQUEST.c.id))) == 1


def test_two_processes_with_one_request_have_one_effect_and_the_same_reply(
    make_probe: MakeProbe,
) -> None:
    processes = [make_probe(), make_probe()]
    order = OpenCounter(division="330106")

    def open_counter(index: int) -> Done:
        return processes[index % 2].execute(order, OFFICIAL, request_id=f"r-{index // 4}")

    replies = [future.result() for future in in_threads(16, open_counter)]
    assert len(set(replies)) == 4
    assert len(processes[0].rows(sa.select(Counter.id))) == 4


def test_one_request_id_with_other_content_is_refused(harness: ServiceHarness) -> None:
    def open_counter(index: int) -> Done:
        order = OpenCounter(division="330106", label=f"label {index % 2}")
        return harness.execute(order, OFFICIAL, request_id="same")

    futures = in_threads(20, open_counter)
    refused = [future for future in futures if future.exception() is not None]
    assert len(refused) == 10
    assert {type(future.exception()) for future in refused} == {RequestIdReused}
    assert len(harness.rows(sa.select(Counter.id))) == 1


def test_threads_of_two_processes_on_one_aggregate_lose_no_change(make_probe: MakeProbe) -> None:
    processes = [make_probe(), make_probe()]
    counter = processes[0].execute(OpenCounter(division="330106"), OFFICIAL).id

    def add(index: int) -> Done:
        return processes[index % 2].execute(AddToCounter(counter=counter, amount=1), OFFICIAL)

    replies = [future.result() for future in in_threads(12, add)]
    assert sorted(reply.version for reply in replies) == list(range(2, 14))
    assert harness_value(processes[0], counter) == 12
    sequences = [e.sequence for e in processes[1].envelopes()]
    assert sequences == list(range(1, 14))


def harness_value(harness: ServiceHarness, counter: str) -> int:
    ((value,),) = harness.rows(sa.select(Counter.value).where(Counter.id == counter))
    return int(value)
