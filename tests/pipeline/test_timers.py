"""Durable timers: they fire once, in order of due, over restarts, races and failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.load import steps
from services.digital_government.reference.items import ITEMS
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA, machine_now
from shared.context import Principal
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseOverdue,
    CaseSubmitted,
    ResumeCase,
    StartupForm,
    SubmitOneThing,
    SuspendCase,
)
from shared.contracts.identity_data import FetchSharedData, SharedFacts
from shared.contracts.platform import DeadLetters, ReplayDeadLetter
from shared.loading import load
from shared.messaging.inbox import MOST_ATTEMPTS
from shared.messaging.tables import AUDIT, TIMER
from shared.testing.harness import ServiceHarness
from shared.testing.probe import (
    FAULTS,
    JOURNAL,
    OFFICIAL,
    OPERATOR,
    CancelAlarm,
    OpenCounter,
    SetAlarm,
)

MakeProbe = Callable[[], ServiceHarness]
MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)


def after(days: int) -> datetime:
    return MONDAY + timedelta(days=days)


def opened(harness: ServiceHarness) -> str:
    return harness.execute(OpenCounter(division="330106"), OFFICIAL).id


def set_alarm(harness: ServiceHarness, days: int, then: int | None = None) -> str:
    """A new counter with an alarm; returns its id."""
    counter = opened(harness)
    order = SetAlarm(counter=counter, due=after(days), then=None if then is None else after(then))
    harness.execute(order, OFFICIAL)
    return counter


def rung(harness: ServiceHarness) -> list[tuple[str, datetime]]:
    rows = harness.rows(sa.select(JOURNAL.c.entry, JOURNAL.c.at).order_by(JOURNAL.c.position))
    return [(row.entry.removeprefix("alarm/"), row.at) for row in rows]


def timer_of(harness: ServiceHarness, counter: str) -> Any:
    (row,) = harness.rows(sa.select(TIMER).where(TIMER.c.aggregate_id == counter))
    return row


def make_timer_retries_due(harness: ServiceHarness) -> None:
    with harness.runtime.engine.begin() as connection:
        connection.execute(sa.update(TIMER).values(retry_at=machine_now()))


@pytest.fixture
def at_work(harness: ServiceHarness) -> ServiceHarness:
    harness.at(MONDAY)
    return harness


def test_a_timer_fires_when_it_is_due_and_not_before(at_work: ServiceHarness) -> None:
    counter = set_alarm(at_work, 3)
    at_work.at(after(3) - timedelta(microseconds=1))
    assert rung(at_work) == []
    at_work.at(after(3))
    assert rung(at_work) == [(counter, after(3))]


def test_a_timer_fires_once_over_restarts(at_work: ServiceHarness, make_probe: MakeProbe) -> None:
    counter = set_alarm(at_work, 1)
    for day in (1, 2, 3):
        restarted = make_probe()
        restarted.at(after(day))
        assert rung(restarted) == [(counter, after(1))]


def test_a_cancelled_timer_never_fires(at_work: ServiceHarness) -> None:
    counter = set_alarm(at_work, 1)
    at_work.execute(CancelAlarm(counter=counter), OFFICIAL)
    at_work.at(after(2))
    assert rung(at_work) == []


def test_setting_a_timer_again_replaces_it_and_a_fired_one_can_be_set_again(
    at_work: ServiceHarness,
) -> None:
    counter = set_alarm(at_work, 1)
    at_work.execute(SetAlarm(counter=counter, due=after(2)), OFFICIAL)
    at_work.at(after(1))
    assert rung(at_work) == []
    at_work.at(after(2))
    at_work.execute(SetAlarm(counter=counter, due=after(4)), OFFICIAL)
    at_work.at(after(5))
    assert rung(at_work) == [(counter, after(2)), (counter, after(4))]


def test_a_week_of_downtime_is_caught_up_in_order_of_due_with_what_was_set_on_the_way(
    at_work: ServiceHarness, make_probe: MakeProbe
) -> None:
    wednesday = set_alarm(at_work, 2, then=5)
    tuesday = set_alarm(at_work, 1, then=3)
    friday = set_alarm(at_work, 4)
    restarted = make_probe()
    restarted.at(after(7))
    assert rung(restarted) == [
        (tuesday, after(1)),
        (wednesday, after(2)),
        (tuesday, after(3)),
        (friday, after(4)),
        (wednesday, after(5)),
    ]


def test_two_processes_never_fire_one_timer_twice(
    at_work: ServiceHarness, make_probe: MakeProbe
) -> None:
    counters = {set_alarm(at_work, 1) for _ in range(10)}
    other = make_probe()
    at_work.move_calendar(after(2))

    def fire(process: ServiceHarness) -> None:
        while process.runtime.timers.fire_due():
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fire, (at_work, other)))
    assert sorted(counter for counter, _ in rung(at_work)) == sorted(counters)


def test_what_another_process_set_by_firing_comes_before_what_is_due_later(
    at_work: ServiceHarness, make_probe: MakeProbe
) -> None:
    first = set_alarm(at_work, 1, then=2)
    later = set_alarm(at_work, 3)
    other = make_probe()
    other.move_calendar(after(4))
    read_before = other.runtime.timers._due(after(4))
    (due, _) = read_before
    at_work.runtime.timers._fire(due)
    other.runtime.timers._due = lambda _: read_before  # type: ignore[method-assign]
    assert other.runtime.timers.fire_due() == 1
    del other.runtime.timers._due
    other.at(after(4))
    assert rung(other) == [(first, after(1)), (first, after(2)), (later, after(3))]


def test_a_process_that_fails_on_a_timer_which_another_fired_does_not_arm_it_again(
    at_work: ServiceHarness, make_probe: MakeProbe
) -> None:
    counter = set_alarm(at_work, 1)
    other = make_probe()
    (due,) = other.runtime.timers._due(after(2))
    at_work.at(after(2))
    FAULTS[counter] = "bug"
    other.runtime.timers._fire(due)
    assert timer_of(other, counter).state == "fired"
    FAULTS.clear()
    other.at(after(3))
    assert len(rung(other)) == 1


def test_a_timer_that_was_set_again_meanwhile_is_not_fired_by_its_old_setting(
    at_work: ServiceHarness,
) -> None:
    counter = set_alarm(at_work, 1)
    (due,) = at_work.runtime.timers._due(after(2))
    at_work.execute(SetAlarm(counter=counter, due=after(9)), OFFICIAL)
    at_work.runtime.timers._fire(due)
    assert rung(at_work) == []
    assert timer_of(at_work, counter).state == "armed"


def test_a_failing_timer_stops_no_other_becomes_dead_and_fires_after_its_replay(
    at_work: ServiceHarness,
) -> None:
    failing = set_alarm(at_work, 1)
    sound = set_alarm(at_work, 2)
    FAULTS[failing] = "bug"
    at_work.at(after(2))
    assert [counter for counter, _ in rung(at_work)] == [sound]
    for attempt in range(2, MOST_ATTEMPTS + 1):
        assert timer_of(at_work, failing).attempts == attempt - 1
        assert timer_of(at_work, failing).retry_at > machine_now()
        make_timer_retries_due(at_work)
        at_work.at(after(2))
    assert timer_of(at_work, failing).state == "dead"
    (letter,) = at_work.execute(DeadLetters(), OPERATOR).letters
    assert (letter.id, letter.kind, letter.attempts) == (f"alarm/{failing}", "timer", 10)
    assert "injected" in letter.reason
    FAULTS.clear()
    at_work.execute(ReplayDeadLetter(id=letter.id, reason="原因已消除"), OPERATOR)
    at_work.at(after(3))
    assert rung(at_work)[1:] == [(failing, after(1))]
    assert timer_of(at_work, failing).state == "fired"
    replays = at_work.rows(sa.select(AUDIT.c.actor).where(AUDIT.c.act == "ReplayDeadLetter"))
    assert [row.actor for row in replays] == [OPERATOR.id]


def test_a_timer_that_always_loses_its_race_is_retried_with_a_pause(
    at_work: ServiceHarness,
) -> None:
    for _ in range(2):
        counter = set_alarm(at_work, 1)
        FAULTS[counter] = "taken"
    at_work.at(after(1))
    assert len(rung(at_work)) == 1
    timer = timer_of(at_work, counter)
    retried = timer if timer.state == "armed" else timer_of(at_work, next(iter(FAULTS)))
    assert (retried.state, retried.attempts) == ("armed", 1)
    assert retried.retry_at > machine_now()


# The clock of a case, from end to end

APPLICANT = Principal(id="account.applicant", kind="resident", person="p-1", division="330106")
REGISTRATION = "enterprise_registration"
ORGAN = f"330106-{ITEMS[REGISTRATION].organ_kind}"
OFFICER = Principal(
    id="account.officer",
    kind="official",
    division="330106",
    organ=ORGAN,
    roles=("case_officer",),
)
FORM = StartupForm(
    reservation_id="n-1",
    name="杭州潮起科技有限公司",
    industry="软件和信息技术服务业",
    registered_capital=100_000_000,
    address="杭州市西湖区文三路1号",
)


def test_a_suspended_cases_clock_does_not_run_and_a_resumed_one_falls_due_later_once(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    harness = make_service(DigitalGovernment)
    harness.remote[FetchSharedData] = lambda _: SharedFacts(ledger_id="l-1", facts=())
    harness.at(MONDAY)
    registration_steps = [step for step in steps(harness.runtime.settings) if step.size < 1000]
    load(harness.runtime, registration_steps)
    submit = SubmitOneThing(thing="enterprise_startup", division="330106", form=FORM.dump())
    harness.execute(submit, APPLICANT)
    (case,) = (event.case_id for event in harness.told(CaseSubmitted))
    harness.execute(AcceptCase(case_id=case), OFFICER)
    first_due = harness.execute(CaseById(case_id=case), OFFICER).due
    assert first_due is not None
    suspend = SuspendCase(case_id=case, procedure="expert_review", days_needed=5)
    harness.execute(suspend, OFFICER)
    harness.at(first_due + timedelta(days=7))
    assert harness.told(CaseOverdue) == []
    harness.execute(ResumeCase(case_id=case), OFFICER)
    due = harness.execute(CaseById(case_id=case), OFFICER).due
    assert due is not None
    assert due >= first_due + timedelta(days=7)
    harness.at(due - timedelta(seconds=1))
    assert harness.told(CaseOverdue) == []
    restarted = make_service(DigitalGovernment)
    restarted.at(due + timedelta(days=30))
    assert [event.due for event in restarted.told(CaseOverdue)] == [due]
