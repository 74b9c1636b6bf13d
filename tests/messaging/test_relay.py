"""The relay: in order per aggregate, at least once, and after a restart what was not drained."""

from __future__ import annotations

import threading
import time
from collections import Counter as Multiset
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from shared.messaging.embedded import EmbeddedBroker
from shared.messaging.envelope import CONTENT_TYPE, Envelope, decode
from shared.messaging.links import NotConfirmed, Outgoing, declare
from shared.messaging.relay import WINDOW, Relay
from shared.messaging.tables import INBOX, OUTBOX, RELAY
from shared.messaging.topology import Edges, topology_of
from shared.testing.harness import ServiceHarness
from shared.testing.probe import JOURNAL, OFFICIAL, AddToCounter, OpenCounter, Probe

MakeProbe = Callable[[], ServiceHarness]
ON_SQLITE = pytest.mark.parametrize("profile", ["embedded"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize(
    "profile", [pytest.param("distributed", marks=pytest.mark.distributed)], indirect=True
)


class RecordingPublisher:
    """Stands for a broker: keeps what arrived, and can fail to confirm it."""

    def __init__(self) -> None:
        self.arrived: list[Envelope] = []
        self.refusals = 0
        self.arriving_before_refusal: int | None = None
        self.pause = 0.0

    def publish(self, batch: Sequence[Outgoing]) -> None:
        """Take the batch; where it is to be refused, a part of it has arrived."""
        time.sleep(self.pause)
        envelopes = [decode(message.body, message.content_type) for message in batch]
        if self.refusals:
            self.refusals -= 1
            self.arrived += envelopes[: self.arriving_before_refusal]
            raise NotConfirmed("injected")
        self.arrived += envelopes

    def heed(self) -> None:
        """It says nothing unasked."""

    def close(self) -> None:
        """There is no connection."""


def work_on(harness: ServiceHarness, counters: int, each: int) -> None:
    """Let counters tell events, each one more than it grows."""
    ids = [harness.execute(OpenCounter(division="330106"), OFFICIAL).id for _ in range(counters)]
    for amount in range(1, each + 1):
        for counter in ids:
            harness.execute(AddToCounter(counter=counter, amount=amount), OFFICIAL)


def unpublished(harness: ServiceHarness) -> int:
    return len(harness.rows(sa.select(OUTBOX.c.id).where(OUTBOX.c.published_at.is_(None))))


def relay_of(harness: ServiceHarness, publisher: RecordingPublisher, **options: Any) -> Relay:
    return Relay(harness.runtime.engine, "probe", publisher, **options)  # type: ignore[arg-type]


def drain(relay: Relay, harness: ServiceHarness) -> None:
    while unpublished(harness):
        relay.publish_once()


def first_times(arrived: Sequence[Envelope]) -> dict[str, list[int]]:
    """Per aggregate, the sequence numbers in the order in which each first arrived."""
    found: dict[str, list[int]] = {}
    for envelope in arrived:
        known = found.setdefault(envelope.aggregate_id, [])
        if envelope.sequence not in known:
            known.append(envelope.sequence)
    return found


def assert_in_order(arrived: Sequence[Envelope], length: int) -> None:
    assert arrived
    for sequences in first_times(arrived).values():
        assert sequences == list(range(1, length + 1))


def test_what_is_committed_is_published_once_and_in_order(harness: ServiceHarness) -> None:
    work_on(harness, counters=6, each=4)
    publisher = RecordingPublisher()
    relay = relay_of(harness, publisher)
    drain(relay, harness)
    assert relay.publish_once() == 0
    assert len(publisher.arrived) == 30
    assert set(Multiset(e.id for e in publisher.arrived).values()) == {1}
    assert_in_order(publisher.arrived, 5)


def test_an_unconfirmed_batch_is_sent_again_and_keeps_the_order(harness: ServiceHarness) -> None:
    work_on(harness, counters=4, each=3)
    publisher = RecordingPublisher()
    publisher.refusals, publisher.arriving_before_refusal = 3, 2
    relay = relay_of(harness, publisher)
    for _ in range(3):
        before = unpublished(harness)
        with pytest.raises(NotConfirmed):
            relay.publish_once()
        assert unpublished(harness) == before
    drain(relay, harness)
    assert_in_order(publisher.arrived, 4)
    assert {e.id for e in publisher.arrived} == {e.id for e in harness.envelopes()}


def test_a_broker_that_is_away_is_tried_again_by_the_loop(
    harness: ServiceHarness, log_lines: list[Any]
) -> None:
    work_on(harness, counters=2, each=1)
    publisher = RecordingPublisher()
    publisher.refusals, publisher.arriving_before_refusal = 2, 0
    relay = relay_of(harness, publisher)
    with running(relay.run, relay.stop):
        wait_for(lambda: unpublished(harness) == 0)
    assert len(publisher.arrived) == 4
    assert [line["event"] for line in log_lines].count("relay_pauses") == 2


@ON_POSTGRESQL
def test_two_relays_share_the_work_and_keep_the_order_of_each_aggregate(
    make_probe: MakeProbe,
) -> None:
    processes = [make_probe(), make_probe()]
    publisher = RecordingPublisher()
    publisher.pause = 0.01
    relays = [relay_of(process, publisher) for process in processes]
    sent_by = [0, 0]
    finished = threading.Event()

    def publish(index: int) -> None:
        while not (finished.is_set() and unpublished(processes[index]) == 0):
            sent_by[index] += relays[index].publish_once()

    def work(index: int) -> None:
        work_on(processes[index], counters=8, each=7)

    with ThreadPoolExecutor(4) as pool:
        publishing = [pool.submit(publish, index) for index in (0, 1)]
        for working in [pool.submit(work, index) for index in (0, 1)]:
            working.result()
        finished.set()
        for one in publishing:
            one.result()
    assert_in_order(publisher.arrived, 8)
    assert len(publisher.arrived) == len({e.id for e in publisher.arrived}) == 128
    assert min(sent_by) > 0


@ON_POSTGRESQL
def test_a_relay_that_dies_gives_its_lease_back_and_what_it_sent_is_sent_again(
    make_probe: MakeProbe,
) -> None:
    dying, other = make_probe(), make_probe()
    work_on(dying, counters=1, each=3)
    publisher = RecordingPublisher()

    class Dies(RecordingPublisher):
        def publish(self, batch: Sequence[Outgoing]) -> None:
            publisher.publish(batch)
            assert relay_of(other, publisher).publish_once() == 0  # The aggregate is leased.
            raise SystemExit

    with pytest.raises(SystemExit):
        relay_of(dying, Dies()).publish_once()
    drain(relay_of(other, publisher), other)
    assert set(Multiset(e.id for e in publisher.arrived).values()) == {2}
    assert_in_order(publisher.arrived, 4)


@ON_POSTGRESQL
def test_a_busy_partition_does_not_keep_the_others_waiting(harness: ServiceHarness) -> None:
    for number in range(40):
        harness.execute(OpenCounter(division="330106", label=str(number)), OFFICIAL)
    with harness.runtime.engine.begin() as connection:
        partitions = connection.scalars(sa.select(RELAY.c.partition)).all()
        assert len(partitions) == 8
    relay = relay_of(harness, RecordingPublisher())
    # Every partition but the last is refilled at once, as under steady load.
    (last,) = harness.rows(
        sa.select(OUTBOX.c.partition)
        .group_by(OUTBOX.c.partition)
        .order_by(OUTBOX.c.partition.desc())
        .limit(1)
    )
    for _ in range(300):
        relay.publish_once()
        with harness.runtime.engine.begin() as connection:
            connection.execute(
                sa.update(OUTBOX)
                .where(OUTBOX.c.partition != last.partition)
                .values(published_at=None)
            )
            waiting = connection.scalar(
                sa.select(sa.func.count()).where(
                    OUTBOX.c.partition == last.partition, OUTBOX.c.published_at.is_(None)
                )
            )
        if not waiting:
            return
    pytest.fail("the last partition never had its turn")


def test_a_window_is_bounded_and_the_rest_follows(harness: ServiceHarness) -> None:
    counter = harness.execute(OpenCounter(division="330106"), OFFICIAL).id
    template = harness.rows(sa.select(OUTBOX))[0]._mapping
    with harness.runtime.engine.begin() as connection:
        connection.execute(
            sa.insert(OUTBOX),
            [
                {k: v for k, v in template.items() if k != "position"}
                | {
                    "id": f"e-{sequence}",
                    "sequence": sequence,
                    "envelope": template["envelope"]
                    | {"id": f"e-{sequence}", "sequence": str(sequence)},
                }
                for sequence in range(2, WINDOW + 11)
            ],
        )
    publisher = RecordingPublisher()
    relay = relay_of(harness, publisher)
    assert [relay.publish_once() for _ in range(3)] == [WINDOW, 10, 0]
    assert first_times(publisher.arrived) == {counter: list(range(1, WINDOW + 11))}


# The embedded transport forgets; the outbox does not


@ON_SQLITE
def test_after_a_restart_only_what_was_not_drained_is_published_again(
    harness: ServiceHarness,
) -> None:
    drained = True
    publisher = RecordingPublisher()
    relay = relay_of(harness, publisher, drained=lambda: drained)
    work_on(harness, counters=1, each=2)
    drain(relay, harness)
    relay._move_checkpoint()
    drained = False
    work_on(harness, counters=1, each=1)
    drain(relay, harness)
    relay._move_checkpoint()
    relay_of(harness, publisher, drained=lambda: drained).republish()
    assert unpublished(harness) == 2
    rows = harness.rows(sa.select(OUTBOX.c.position).where(OUTBOX.c.published_at.is_(None)))
    assert sorted(row.position for row in rows) == [4, 5]


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.01)


@contextmanager
def running(loop: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(10)
        assert not thread.is_alive()


IDENTITY = Edges("identity_data", (), ())  # Every service reads its keys and its calendar.


@contextmanager
def alive(harness: ServiceHarness) -> Iterator[None]:
    """All loops of the service, over the embedded transport."""
    edges = Edges("probe", Probe.handlers.subscriptions(), ())  # type: ignore[attr-defined]
    declare(harness.runtime.settings.amqp_url, topology_of([edges, IDENTITY], {}))
    threads = [threading.Thread(target=loop) for loop in harness.runtime.loops()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        harness.runtime.stop()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def journal(harness: ServiceHarness) -> list[str]:
    rows = harness.rows(sa.select(JOURNAL.c.entry).order_by(JOURNAL.c.position))
    return [row.entry.partition("/")[2] for row in rows]


@ON_SQLITE
def test_what_a_killed_process_had_sent_and_not_received_has_its_effect_after_the_restart_once(
    make_probe: MakeProbe,
) -> None:
    killed = make_probe()
    with alive(killed):
        work_on(killed, counters=1, each=2)
        wait_for(lambda: journal(killed) == ["1", "2"])
        drained = sa.select(RELAY.c.drained).where(RELAY.c.partition == 0)
        wait_for(lambda: killed.rows(drained)[0].drained == 3)
    url = killed.runtime.settings.amqp_url
    name = url.removeprefix("embedded://")
    # It publishes once more, and dies with the transport before anything was received.
    (counter,) = {e.aggregate_id for e in killed.envelopes() if e.name == "CounterAdded"}
    killed.execute(AddToCounter(counter=counter, amount=3), OFFICIAL)
    killed.runtime.relay.publish_once()
    assert unpublished(killed) == 0
    assert len(EmbeddedBroker.named(name).queues["probe.inbox"]) == 1
    EmbeddedBroker.forget(name)

    restarted = make_probe()
    with alive(restarted):
        wait_for(lambda: journal(restarted) == ["1", "2", "3"])
        wait_for(lambda: unpublished(restarted) == 0)
    EmbeddedBroker.forget(name)

    # And once more, now with everything drained or received: repeats change nothing.
    with restarted.runtime.engine.begin() as connection:
        connection.execute(sa.update(RELAY).values(drained=0))
    again = make_probe()
    with alive(again):
        wait_for(lambda: unpublished(again) == 0)
        wait_for(lambda: EmbeddedBroker.named(name).is_drained("probe.inbox"))
        assert journal(again) == ["1", "2", "3"]
        assert {row.state for row in again.rows(sa.select(INBOX.c.state))} == {"done"}
    EmbeddedBroker.forget(name)


def test_an_event_carries_the_content_type_its_id_and_its_trace(harness: ServiceHarness) -> None:
    sent: list[Outgoing] = []

    class Keeps(RecordingPublisher):
        def publish(self, batch: Sequence[Outgoing]) -> None:
            sent.extend(batch)

    work_on(harness, counters=1, each=0)
    relay_of(harness, Keeps()).publish_once()
    (message,) = sent
    (envelope,) = harness.envelopes()
    assert (message.exchange, message.routing_key) == ("probe.events", "Counter.CounterOpened")
    assert (message.content_type, message.durable) == (CONTENT_TYPE, True)
    assert message.properties["message_id"] == envelope.id
    assert decode(message.body, CONTENT_TYPE) == envelope
