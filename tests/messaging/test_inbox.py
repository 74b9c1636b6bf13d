"""The inbox: each event once, in order where order is asked for, and no failure that spreads."""

from __future__ import annotations

import json
import pickle
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import kombu
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import audit
from shared.clocks import CHINA, machine_now
from shared.committer import Outcome
from shared.contracts.identity_data import CalendarMoved
from shared.contracts.platform import DeadLetters, ReplayDeadLetter, ServiceStanding
from shared.errors import NotFound
from shared.messaging.envelope import CONTENT_TYPE, Envelope
from shared.messaging.inbox import (
    FIRST_RETRY,
    LONGEST_RETRY,
    MOST_ATTEMPTS,
    Inbox,
    Receiver,
    retry_delay,
)
from shared.messaging.tables import AUDIT, INBOX, UNDECODABLE
from shared.platform import NotDead
from shared.testing.harness import ServiceHarness
from shared.testing.probe import FAULTS, JOURNAL, OPERATOR, CounterAdded, Noted, Tally
from shared.unit_of_work import Effects

MakeProbe = Callable[[], ServiceHarness]
ON_POSTGRESQL = pytest.mark.parametrize(
    "profile", [pytest.param("distributed", marks=pytest.mark.distributed)], indirect=True
)


def added(harness: ServiceHarness, counter: str, sequence: int) -> Envelope:
    """The event of a counter of that sequence; its amount is its sequence."""
    event = CounterAdded(counter=counter, amount=sequence)
    event_id = f"{counter}-{sequence}"
    return harness.envelope(event, sequence=sequence, event_id=event_id)


def noted(harness: ServiceHarness, text: str) -> Envelope:
    return harness.envelope(Noted(note=f"n-{text}", text=text), event_id=f"note-{text}")


def journal(harness: ServiceHarness) -> list[str]:
    rows = harness.rows(sa.select(JOURNAL.c.entry).order_by(JOURNAL.c.position))
    return [row.entry for row in rows]


def row_of(harness: ServiceHarness, event_id: str) -> Any:
    (row,) = harness.rows(sa.select(INBOX).where(INBOX.c.id == event_id))
    return row


def states(harness: ServiceHarness) -> dict[str, str]:
    return dict(harness.rows(sa.select(INBOX.c.id, INBOX.c.state)))


# Exactly once, in order


def test_every_event_has_one_effect_in_its_order_however_often_and_in_whatever_order_it_comes(
    harness: ServiceHarness,
) -> None:
    examples = iter(range(1000))

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        lengths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
        seed=st.integers(0, 2**32),
        batch=st.integers(1, 20),
    )
    def check(lengths: list[int], seed: int, batch: int) -> None:
        example = next(examples)
        counters = {f"c-{example}-{index}": length for index, length in enumerate(lengths)}
        sent = [
            added(harness, counter, sequence)
            for counter, length in counters.items()
            for sequence in range(1, length + 1)
            for _ in range(5)
        ]
        random.Random(seed).shuffle(sent)
        for start in range(0, len(sent), batch):
            harness.receive(*sent[start : start + batch])
            harness.take()
        for counter, length in counters.items():
            expected = [f"{counter}/{amount}" for amount in range(1, length + 1)]
            assert [e for e in journal(harness) if e.startswith(f"{counter}/")] == expected
            ((seen,),) = harness.rows(sa.select(Tally.seen).where(Tally.id == counter))
            assert seen == list(range(1, length + 1))

    check()
    assert set(states(harness).values()) == {"done"}
    assert audit.verify(harness.runtime.engine).intact


def test_no_producer_keeps_out_an_event_of_another_by_using_its_id_first(
    harness: ServiceHarness,
) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=CHINA)
    moved = harness.envelope(CalendarMoved(calendar_id="calendar", instant=noon), event_id="note-a")
    harness.receive(moved)
    harness.receive(noted(harness, "a"), moved, noted(harness, "a"))
    harness.take()
    assert journal(harness) == ["a"]
    assert harness.runtime.calendar.now() == noon
    rows = harness.rows(sa.select(INBOX.c.producer, INBOX.c.state).where(INBOX.c.id == "note-a"))
    assert sorted(map(tuple, rows)) == [("identity_data", "done"), ("probe", "done")]


def test_of_two_producers_dead_letters_with_one_id_the_named_one_is_replayed(
    harness: ServiceHarness,
) -> None:
    FAULTS["a"] = "bug"
    moved = CalendarMoved(calendar_id="calendar", instant=machine_now())
    unread = replace(harness.envelope(moved), id="note-a", data={})
    harness.receive(unread, noted(harness, "a"))
    for _ in range(MOST_ATTEMPTS):
        harness.take()
        make_failed_due(harness)
    letters = [letter.id for letter in harness.execute(DeadLetters(), OPERATOR).letters]
    assert letters == ["identity_data/note-a", "probe/note-a"]
    FAULTS.clear()
    harness.execute(ReplayDeadLetter(id="probe/note-a", reason="已修复"), OPERATOR)
    harness.take()
    assert journal(harness) == ["a"]
    (left,) = harness.execute(DeadLetters(), OPERATOR).letters
    assert left.id == "identity_data/note-a"


@ON_POSTGRESQL
def test_two_processes_never_take_an_event_twice(make_probe: MakeProbe) -> None:
    processes = [make_probe(), make_probe()]
    events = [
        added(processes[0], f"c-{number}", sequence)
        for sequence in range(1, 6)
        for number in range(30)
    ]
    events += [noted(processes[0], str(number)) for number in range(60)]

    def take(process: ServiceHarness) -> None:
        for _ in range(50):
            with suppress(sa.exc.OperationalError):  # A deadlock, at which the loop pauses.
                process.take()
                process.make_retries_due()
            if set(states(process).values()) == {"done"}:
                return

    processes[0].receive(*events)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, processes))
    assert set(states(processes[0]).values()) == {"done"}
    entries = journal(processes[0])
    assert len(entries) == len(set(entries)) == len(events)
    rows = processes[0].rows(sa.select(Tally.seen))
    assert [row.seen for row in rows] == [[1, 2, 3, 4, 5]] * 30


def test_a_process_whose_lease_ran_out_writes_nothing_of_what_another_took(
    make_probe: MakeProbe,
) -> None:
    slow, quick = make_probe(), make_probe()
    slow.receive(noted(slow, "1"), noted(slow, "2"))
    leased = slow.runtime.inbox._lease()
    quick.make_retries_due()
    quick.take()
    slow.receive(noted(slow, "3"))
    slow.runtime.inbox._take_together([*leased, *slow.runtime.inbox._lease()])
    assert sorted(journal(slow)) == ["1", "2", "3"]
    assert set(states(slow).values()) == {"done"}


def test_a_batch_that_lost_a_race_is_decided_afresh_as_one(
    make_probe: MakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = make_probe(), make_probe()
    slow.receive(added(slow, "c-1", 1))
    slow.take()
    slow.receive(*(added(slow, "c-1", sequence) for sequence in (2, 3, 4)))
    leased = slow.runtime.inbox._lease()
    commit = slow.runtime.committer.commit

    def meanwhile(effects: Effects) -> Outcome:
        monkeypatch.setattr(slow.runtime.committer, "commit", commit)
        quick.act(lambda context: setattr(context.unit.get(Tally, "c-1"), "division", "3301"))
        return commit(effects)

    monkeypatch.setattr(slow.runtime.committer, "commit", meanwhile)
    assert slow.runtime.inbox._take_together(leased)
    ((seen, division, version),) = slow.rows(sa.select(Tally.seen, Tally.division, Tally.version))
    assert (seen, division, version) == ([1, 2, 3, 4], "3301", 3)


def test_an_event_that_came_early_waits_visibly_and_only_its_aggregate_waits(
    harness: ServiceHarness,
) -> None:
    harness.receive(
        added(harness, "c-1", 2),
        added(harness, "c-1", 3),
        added(harness, "c-2", 1),
        noted(harness, "n"),
    )
    harness.take()
    assert journal(harness) == ["c-2/1", "n"]
    early = row_of(harness, "c-1-3")
    assert (early.state, early.reason) == ("waiting", "waits for event 1 of Counter/c-1")
    assert harness.execute(ServiceStanding(), OPERATOR).inbox == 2
    harness.receive(added(harness, "c-1", 1))
    harness.take()
    assert journal(harness)[2:] == ["c-1/1", "c-1/2", "c-1/3"]


def test_an_event_whose_predecessor_another_process_takes_meanwhile_does_not_wait(
    make_probe: MakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, quick = make_probe(), make_probe()
    late.receive(added(late, "c-1", 2))
    real = Inbox._set_aside

    def set_aside(self: Inbox, *arguments: Any, **options: Any) -> None:
        # Between finding that the event came early and saying so.
        quick.receive(added(quick, "c-1", 1))
        quick.take()
        real(self, *arguments, **options)

    monkeypatch.setattr(late.runtime.inbox, "_set_aside", set_aside.__get__(late.runtime.inbox))
    late.take()
    assert journal(late) == ["c-1/1", "c-1/2"]


def test_in_a_batch_only_the_events_that_changed_something_are_audited(
    harness: ServiceHarness,
) -> None:
    newer = Envelope.from_wire(
        noted(harness, "b").to_wire() | {"type": "qiantang.probe.SomethingNewer"}
    )
    harness.receive(noted(harness, "a"), newer, noted(harness, "c"))
    harness.take()
    rows = harness.rows(sa.select(AUDIT.c.cause).order_by(AUDIT.c.sequence))
    assert [row.cause for row in rows] == ["note-a", "note-c"]


def test_behind_a_dead_event_only_its_aggregate_waits_until_it_is_replayed(
    harness: ServiceHarness,
) -> None:
    FAULTS["c-1"] = "bug"
    harness.receive(added(harness, "c-1", 1), added(harness, "c-1", 2), added(harness, "c-2", 1))
    for _ in range(MOST_ATTEMPTS):
        harness.take()
        make_failed_due(harness)
    assert states(harness) == {"c-1-1": "dead", "c-1-2": "waiting", "c-2-1": "done"}
    FAULTS.clear()
    harness.execute(ReplayDeadLetter(id="probe/c-1-1", reason="已修复"), OPERATOR)
    harness.take()
    assert set(states(harness).values()) == {"done"}
    assert journal(harness) == ["c-2/1", "c-1/1", "c-1/2"]


def make_failed_due(harness: ServiceHarness) -> None:
    """Let the pauses after failures have passed, and the waiting of successors not."""
    with harness.runtime.engine.begin() as connection:
        connection.execute(
            sa.update(INBOX).where(INBOX.c.state == "retrying").values(due_at=machine_now())
        )


def test_a_sequence_number_that_was_taken_under_another_id_fails_and_says_so(
    harness: ServiceHarness,
) -> None:
    harness.receive(added(harness, "c-1", 1))
    harness.take()
    second = harness.envelope(
        CounterAdded(counter="c-1", amount=9), sequence=1, event_id="other-id"
    )
    harness.receive(second)
    harness.take()
    row = row_of(harness, "other-id")
    assert (row.state, row.attempts) == ("retrying", 1)
    assert "taken under another id" in row.reason
    assert journal(harness) == ["c-1/1"]


# Failures


@given(attempts=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_a_retry_waits_one_second_doubling_to_five_minutes_and_a_quarter_more_at_most(
    attempts: int, jitter: float
) -> None:
    seconds = retry_delay(attempts, jitter).total_seconds()
    base = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 40))
    assert base <= seconds <= base * 1.25 + 1e-6
    assert 1 <= seconds <= 375
    assert retry_delay(attempts, 1) >= retry_delay(attempts, jitter) >= retry_delay(attempts, 0)


@pytest.mark.parametrize("fault", ["bug", "statement", "taken"])
def test_a_poisoned_event_in_a_batch_stops_no_other_and_is_retried_with_a_pause(
    harness: ServiceHarness, fault: str
) -> None:
    harness.act(lambda context: context.unit.add(Tally(id="taken")))
    FAULTS["poison"] = fault
    sent = [noted(harness, "a"), noted(harness, "poison"), noted(harness, "b")]
    harness.receive(*sent)
    harness.take()
    assert journal(harness) == ["a", "b"]
    row = row_of(harness, "note-poison")
    assert (row.state, row.attempts) == ("retrying", 1)
    assert row.due_at > machine_now()
    assert row.reason


def test_an_event_that_does_not_fit_its_contract_is_retried_with_its_faults_named(
    harness: ServiceHarness,
) -> None:
    sound = noted(harness, "a")
    strange = Envelope.from_wire(sound.to_wire() | {"id": "strange", "data": {"note": "n"}})
    harness.receive(strange, sound)
    harness.take()
    assert journal(harness) == ["a"]
    assert "text" in row_of(harness, "strange").reason


def test_an_event_of_which_nothing_is_known_is_done(harness: ServiceHarness) -> None:
    newer = Envelope.from_wire(
        noted(harness, "a").to_wire() | {"type": "qiantang.probe.SomethingNewer"}
    )
    harness.receive(newer)
    harness.take()
    assert set(states(harness).values()) == {"done"}


def test_an_event_dies_after_most_attempts_is_listed_and_done_after_its_replay_which_is_audited(
    harness: ServiceHarness,
) -> None:
    FAULTS["poison"] = "bug"
    harness.receive(noted(harness, "poison"))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        harness.take()
        row = row_of(harness, "note-poison")
        assert row.attempts == attempt
        assert row.state == ("dead" if attempt == MOST_ATTEMPTS else "retrying")
        make_failed_due(harness)
    harness.take()
    assert harness.execute(ServiceStanding(), OPERATOR).dead == 1
    (letter,) = harness.execute(DeadLetters(), OPERATOR).letters
    assert (letter.id, letter.kind, letter.name) == ("probe/note-poison", "event", "Noted")
    assert letter.reason == "ZeroDivisionError: injected"
    FAULTS.clear()
    harness.execute(ReplayDeadLetter(id=letter.id, reason="已修复"), OPERATOR)
    harness.take()
    assert journal(harness) == ["poison"]
    assert states(harness) == {"note-poison": "done"}
    replays = harness.rows(sa.select(AUDIT.c.actor).where(AUDIT.c.act == "ReplayDeadLetter"))
    assert [row.actor for row in replays] == [OPERATOR.id]
    with pytest.raises(NotDead):
        harness.execute(ReplayDeadLetter(id=letter.id, reason="再来一次"), OPERATOR)
    with pytest.raises(NotFound):
        harness.execute(ReplayDeadLetter(id="absent", reason="再来一次"), OPERATOR)


def test_an_event_never_dies_of_another_service_being_away(harness: ServiceHarness) -> None:
    FAULTS["patience"] = "away"
    harness.receive(noted(harness, "patience"))
    for _ in range(MOST_ATTEMPTS + 2):
        harness.take()
        make_failed_due(harness)
    assert row_of(harness, "note-patience").state == "retrying"
    FAULTS.clear()
    harness.take()
    assert journal(harness) == ["patience"]


# What cannot be read


def message_of(
    body: bytes | str,
    content_type: str | None = CONTENT_TYPE,
    exchange: str = "probe.events",
    user: str | None = "probe",
) -> kombu.Message:
    return kombu.Message(
        body=body,
        content_type=content_type,
        delivery_info={"exchange": exchange},
        properties={} if user is None else {"user_id": user},
    )


def sound_body(harness: ServiceHarness, text: str) -> str:
    return json.dumps(noted(harness, text).to_wire())


def receive(harness: ServiceHarness, messages: Sequence[kombu.Message]) -> list[kombu.Message]:
    """Run a real receiver over them; returns what it acknowledged."""
    acknowledged: list[kombu.Message] = []
    done = threading.Event()

    def acknowledge(last: kombu.Message, *, multiple: bool) -> None:
        assert multiple
        acknowledged.extend(messages[: messages.index(last) + 1])

    receiver = Receiver(
        harness.runtime.engine, "probe", acknowledge, check_sender=True, stored=done.set
    )
    for message in messages:
        receiver.on_message(message)
    thread = threading.Thread(target=receiver.run)
    thread.start()
    assert done.wait(10)
    receiver.stop()
    thread.join(10)
    return acknowledged


def test_whatever_cannot_be_read_is_kept_with_its_reason_and_acknowledged(
    harness: ServiceHarness,
) -> None:
    sound = sound_body(harness, "a")
    nul = json.dumps(noted(harness, "c").to_wire() | {"data": {"note": "n", "text": "\u0000"}})
    messages = [
        message_of(sound),
        message_of(b"\xffnot json"),
        message_of(pickle.dumps({"a": 1}), "application/x-python-serialize"),
        message_of(sound_body(harness, "b"), "application/x-\u0000unknown"),
        message_of(b'{"no": "envelope"}'),
        message_of(sound_body(harness, "wrong exchange"), exchange="identity_data.events"),
        message_of(sound_body(harness, "wrong user"), user="digital_economy"),
        message_of(sound_body(harness, "no user"), user=None),
        message_of(nul),
        message_of("half a pair \ud800"),
        message_of(sound_body(harness, "z")),
    ]
    assert receive(harness, messages) == messages
    harness.take()
    assert sorted(journal(harness)) == ["a", "z"]
    kept = harness.rows(sa.select(UNDECODABLE))
    assert len(kept) == len(messages) - 2
    reasons = {row.reason for row in kept}
    for expected in (
        "not JSON",
        "x-python-serialize",
        "unknown",
        "`data` is not an object",
        "does not publish on 'identity_data.events'",
        "sent by user 'digital_economy'",
        "sent by user None",
        "NUL",
    ):
        assert any(expected in reason for reason in reasons), expected
    assert harness.execute(ServiceStanding(), OPERATOR).undecodable == len(kept)
    letters = harness.execute(DeadLetters(), OPERATOR).letters
    assert {letter.kind for letter in letters} == {"undecodable"}


def test_the_same_strange_bytes_are_kept_once(harness: ServiceHarness) -> None:
    receive(harness, [message_of(b"strange")] * 3)
    receive(harness, [message_of(b"strange")])
    (row,) = harness.rows(sa.select(UNDECODABLE))
    assert bytes(row.body) == b"strange"


def test_what_cannot_be_stored_is_not_acknowledged_and_is_stored_when_the_database_is_back(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch, log_lines: list[Any]
) -> None:
    away = sa.exc.OperationalError("INSERT", {}, Exception("away"), connection_invalidated=True)
    real = Receiver.store
    attempts: list[int] = []

    def store(self: Receiver, batch: Sequence[kombu.Message]) -> None:
        attempts.append(len(batch))
        if len(attempts) == 1:
            raise away
        real(self, batch)

    monkeypatch.setattr(Receiver, "store", store)
    monkeypatch.setattr("shared.messaging.inbox.FIRST_RETRY", 0.01)
    messages = [message_of(sound_body(harness, "a"))]
    assert receive(harness, messages) == messages
    assert attempts == [1, 1]
    assert [line["event"] for line in log_lines] == ["inbox_cannot_store"]
    harness.take()
    assert journal(harness) == ["a"]
