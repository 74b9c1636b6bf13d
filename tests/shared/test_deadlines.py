"""Working days by the State Council's calendar and the clock that stops and starts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clocks import CHINA
from shared.deadlines import (
    FIRST_CALENDAR_YEAR,
    LAST_CALENDAR_YEAR,
    MOST_WORKING_DAYS,
    ClockAlreadyPaused,
    ClockNotPaused,
    Due,
    Stop,
    WorkingClock,
    due_after,
    is_provisional,
    is_working_day,
    working_days_between,
)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)


def end_of(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=23, minute=59, second=59, tzinfo=CHINA)


def clock(promised_days: int, started: str) -> WorkingClock:
    return WorkingClock(promised_days, at(started))


instants = st.datetimes(datetime(2004, 1, 1), datetime(2030, 12, 31), timezones=st.just(CHINA))


@st.composite
def stopped_clocks(draw: st.DrawFn) -> WorkingClock:
    """A clock with up to four ended stops, within days of each other."""
    made = WorkingClock(draw(st.integers(0, 60)), draw(instants))
    last = made.started
    for _ in range(draw(st.integers(0, 4))):
        paused = last + timedelta(hours=draw(st.integers(0, 400)))
        last = paused + timedelta(hours=draw(st.integers(0, 400)))
        made = made.pause(paused, "补正材料").resume(last)
    return made


def test_2021_has_250_working_days_of_which_7_are_at_weekends() -> None:
    year = [date(2021, 1, 1) + timedelta(days=number) for number in range(365)]
    working = [day for day in year if is_working_day(day)]
    assert len(working) == 250
    assert sum(day.weekday() >= 5 for day in working) == 7
    assert working_days_between(date(2020, 12, 31), date(2021, 12, 31)) == 250


def test_every_day_of_the_calendar_is_as_the_state_council_set_it() -> None:
    assert FIRST_CALENDAR_YEAR == 2004
    assert LAST_CALENDAR_YEAR >= 2026
    first, last = date(FIRST_CALENDAR_YEAR, 1, 1), date(LAST_CALENDAR_YEAR, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert [day for day in days if is_working_day(day) != chinese_calendar.is_workday(day)] == []
    assert not any(is_provisional(day) for day in days)
    assert is_provisional(first - timedelta(days=1))
    assert is_provisional(last + timedelta(days=1))


def test_the_day_itself_is_not_counted() -> None:
    assert due_after(at("2021-06-07"), 1) == Due(end_of("2021-06-08"), provisional=False)


def test_a_holiday_is_passed_over_and_a_weekend_made_up_for_it_is_worked() -> None:
    # National Day 2021: off from 1 to 7 October, worked on Sunday 26 September and Saturday 9.
    assert due_after(at("2021-09-30"), 1).instant == end_of("2021-10-08")
    assert due_after(at("2021-09-30"), 2).instant == end_of("2021-10-09")
    assert due_after(at("2021-09-24"), 1).instant == end_of("2021-09-26")


def test_the_day_is_the_one_in_china_not_in_greenwich() -> None:
    just_after_midnight_in_china = datetime(2021, 6, 7, 16, 30, tzinfo=UTC)
    assert due_after(just_after_midnight_in_china, 1).instant == end_of("2021-06-09")


def test_done_on_the_spot_means_by_the_end_of_a_working_day() -> None:
    assert due_after(at("2021-06-07"), 0).instant == end_of("2021-06-07")
    assert due_after(at("2021-06-05"), 0).instant == end_of("2021-06-07")


def test_a_deadline_past_the_calendar_is_marked_provisional() -> None:
    last_day = datetime(LAST_CALENDAR_YEAR, 12, 31, 10, tzinfo=CHINA)
    beyond = due_after(last_day, 5)
    assert beyond.provisional
    assert beyond.instant.date() == last_day.date() + timedelta(days=7)
    assert not due_after(last_day - timedelta(days=40), 5).provisional
    assert due_after(datetime(2003, 12, 30, tzinfo=CHINA), 10).provisional


@pytest.mark.parametrize("working_days", [-1, MOST_WORKING_DAYS + 1])
def test_a_number_of_working_days_out_of_range_is_refused(working_days: int) -> None:
    with pytest.raises(ValueError):
        due_after(at("2021-06-07"), working_days)
    with pytest.raises(ValueError):
        WorkingClock(working_days, at("2021-06-07"))


def test_an_instant_without_time_zone_is_refused() -> None:
    naive = datetime(2021, 6, 7, 10)
    running = clock(5, "2021-06-07")
    for attempt in (
        lambda: due_after(naive, 1),
        lambda: WorkingClock(1, naive),
        lambda: running.pause(naive + timedelta(days=1), "听证"),
        lambda: running.days_used(naive),
    ):
        with pytest.raises(ValueError):
            attempt()


@given(instants, st.integers(0, 250))
def test_a_deadline_falls_on_a_working_day_and_not_one_earlier(start: datetime, days: int) -> None:
    due = due_after(start, days).instant
    assert is_working_day(due.date())
    assert due > start.replace(microsecond=0)
    if days:
        assert working_days_between(start.date(), due.date()) == days
        assert working_days_between(start.date(), due.date() - timedelta(days=1)) == days - 1


def test_no_working_day_lies_between_a_day_and_an_earlier_one() -> None:
    assert working_days_between(date(2021, 6, 9), date(2021, 6, 7)) == 0


def test_a_stopped_clock_has_no_deadline() -> None:
    stopped = clock(5, "2021-06-07").pause(at("2021-06-09"), "补正材料")
    assert stopped.is_paused
    assert stopped.due() is None


def test_working_days_of_a_stop_do_not_count() -> None:
    running = clock(5, "2021-06-07")
    stopped = running.pause(at("2021-06-09"), "补正材料")
    again = stopped.resume(at("2021-06-11"))
    # Counted are the 8th and, past the weekend and the Dragon Boat Festival, 15 to 18 June.
    assert running.due() == Due(end_of("2021-06-15"), provisional=False)
    assert again.due() == Due(end_of("2021-06-18"), provisional=False)
    assert not again.is_paused


def test_a_stop_that_ends_on_its_own_day_takes_nothing_out() -> None:
    running = clock(5, "2021-06-07")
    stopped = running.pause(at("2021-06-09", 9), "现场核查").resume(at("2021-06-09", 17))
    assert stopped.due() == running.due()


def test_a_clock_stopped_on_its_last_day_still_has_that_day_when_it_runs_again() -> None:
    again = clock(1, "2021-06-07").pause(at("2021-06-08"), "听证").resume(at("2021-06-16"))
    assert again.due() == Due(end_of("2021-06-17"), provisional=False)


def test_a_stop_does_not_bring_back_a_deadline_that_has_passed() -> None:
    late = clock(1, "2021-06-07").pause(at("2021-06-10"), "专家评审").resume(at("2021-06-16"))
    assert late.due() == Due(end_of("2021-06-08"), provisional=False)


def test_every_stop_is_kept_with_its_reason() -> None:
    twice = (
        clock(5, "2021-06-07")
        .pause(at("2021-06-08"), "补正材料")
        .resume(at("2021-06-09"))
        .pause(at("2021-06-10"), "专家评审")
    )
    assert twice.stops == (
        Stop(at("2021-06-08"), "补正材料", at("2021-06-09")),
        Stop(at("2021-06-10"), "专家评审"),
    )


def test_a_clock_is_not_stopped_twice_nor_started_twice() -> None:
    running = clock(5, "2021-06-07")
    with pytest.raises(ClockNotPaused):
        running.resume(at("2021-06-08"))
    with pytest.raises(ClockAlreadyPaused):
        running.pause(at("2021-06-08"), "听证").pause(at("2021-06-09"), "听证")


def test_a_stop_needs_a_reason_and_its_place_in_time() -> None:
    running = clock(5, "2021-06-07")
    with pytest.raises(ValueError):
        running.pause(at("2021-06-08"), " ")
    with pytest.raises(ValueError):
        running.pause(at("2021-06-06"), "听证")
    with pytest.raises(ValueError):
        running.pause(at("2021-06-08"), "听证").resume(at("2021-06-07"))
    with pytest.raises(ValueError):
        WorkingClock(5, at("2021-06-07"), (Stop(at("2021-06-08"), "听证"),) * 2)


def test_days_used_are_those_the_clock_ran_on() -> None:
    stopped = clock(5, "2021-06-07").pause(at("2021-06-09"), "补正材料")
    again = stopped.resume(at("2021-06-11"))
    assert again.days_used(at("2021-06-07", 17)) == 0
    assert again.days_used(at("2021-06-08")) == 1
    assert again.days_used(at("2021-06-09", 9)) == 2
    assert stopped.days_used(at("2021-06-17")) == again.days_used(at("2021-06-10")) == 1
    assert again.days_used(at("2021-06-15")) == 2


@given(stopped_clocks())
def test_a_stop_never_makes_a_deadline_earlier(stopped: WorkingClock) -> None:
    without = WorkingClock(stopped.promised_days, stopped.started).due()
    with_stops = stopped.due()
    assert without is not None
    assert with_stops is not None
    assert with_stops.instant >= without.instant
    assert is_working_day(with_stops.instant.date())


@given(stopped_clocks().filter(lambda made: made.promised_days > 0))
def test_a_promise_is_used_up_on_the_day_it_is_due_and_broken_on_the_next(
    stopped: WorkingClock,
) -> None:
    due = stopped.due()
    assert due is not None
    assert stopped.days_used(due.instant) == stopped.promised_days
    later = due.instant + timedelta(days=1)
    while stopped.days_used(later) == stopped.promised_days:
        later += timedelta(days=1)
    assert stopped.days_used(later) == stopped.promised_days + 1


@given(stopped_clocks(), st.booleans())
def test_a_clock_survives_json(made: WorkingClock, stopped: bool) -> None:
    if stopped:
        made = made.pause(made.started + timedelta(days=200), "检验检测")
    assert WorkingClock.from_json(json.loads(json.dumps(made.to_json()))) == made
