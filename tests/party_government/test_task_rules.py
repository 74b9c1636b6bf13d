"""The rules of plans, route maps and periods, without a database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.party_government.domain.cadence import Period
from services.party_government.domain.plans import Node, reckon
from services.party_government.domain.routes import (
    Stage,
    WorkingDays,
    critical_path,
    schedule,
)
from shared.deadlines import is_working_day, working_days_between

BEGINS = date(2026, 1, 5)


@st.composite
def routes(draw: st.DrawFn) -> dict[str, Stage]:
    """Stages in which each comes after some of those before it."""
    count = draw(st.integers(1, 12))
    found: dict[str, Stage] = {}
    for number in range(count):
        after = draw(st.sets(st.sampled_from(sorted(found)))) if found else set()
        days = draw(st.integers(0, 20))
        found[f"s{number:02}"] = Stage(date(2026, 12, 31), days, tuple(sorted(after)))
    return found


def _longest_by_trying_all(stages: dict[str, Stage]) -> int:
    def length(key: str) -> int:
        before = [length(one) for one in stages[key].after]
        return (stages[key].days or 0) + max(before, default=0)

    return max(length(key) for key in stages)


@given(routes())
def test_the_end_is_that_of_the_longest_of_all_paths_and_the_critical_path_is_as_long(
    stages: dict[str, Stage],
) -> None:
    stops = schedule(stages, WorkingDays(BEGINS))
    end = max(stop.finishes for stop in stops.values())
    assert end == _longest_by_trying_all(stages)
    path = critical_path(stages, stops)
    assert sum(stages[key].days or 0 for key in path) == end
    assert all(stops[key].slack == 0 for key in path)


@given(routes(), st.data())
def test_what_slips_by_its_slack_does_not_move_the_end_and_by_a_day_more_does(
    stages: dict[str, Stage], data: st.DataObject
) -> None:
    calendar = WorkingDays(BEGINS)
    stops = schedule(stages, calendar)
    end = max(stop.finishes for stop in stops.values())
    key = data.draw(st.sampled_from(sorted(stages)))
    for more, expected in ((stops[key].slack, end), (stops[key].slack + 1, end + 1)):
        one = stages[key]
        slower = stages | {key: Stage(one.due, (one.days or 0) + more, one.after)}
        moved = schedule(slower, calendar)
        assert max(stop.finishes for stop in moved.values()) == expected


@given(st.dates(BEGINS, date(2026, 12, 31)))
def test_days_are_numbered_as_deadlines_are_counted(day: date) -> None:
    calendar = WorkingDays(BEGINS)
    assert calendar.number(day) == working_days_between(BEGINS, day)
    following = calendar.day(calendar.number_from(day))
    assert following >= day
    if day > BEGINS:
        assert is_working_day(following)


@given(st.sampled_from(["weekly", "monthly", "quarterly"]), st.dates(date(2004, 1, 5)))
def test_each_day_lies_in_one_period_and_the_next_follows_at_once(cadence: str, day: date) -> None:
    if day > date(2090, 1, 1):
        return
    period = Period.holding(cadence, day)
    assert period.first <= day < period.next
    assert Period.holding(cadence, period.next).first == period.next
    assert Period.holding(cadence, period.next - timedelta(days=1)) == period


@pytest.mark.parametrize(
    ("cadence", "day", "name", "last"),
    [
        ("weekly", date(2021, 1, 1), "2020-W53", date(2020, 12, 31)),
        ("weekly", date(2020, 10, 5), "2020-W41", date(2020, 10, 10)),
        ("weekly", date(2025, 10, 3), "2025-W40", date(2025, 9, 30)),
        ("weekly", date(2026, 2, 18), "2026-W08", None),
        ("monthly", date(2022, 12, 31), "2022-12", date(2022, 12, 30)),
        ("quarterly", date(2026, 2, 1), "2026-Q1", date(2026, 3, 31)),
        ("quarterly", date(2025, 12, 31), "2025-Q4", date(2025, 12, 31)),
    ],
)
def test_a_report_is_due_on_the_last_working_day_of_its_period(
    cadence: str, day: date, name: str, last: date | None
) -> None:
    period = Period.holding(cadence, day)
    assert (period.name, period.last_working_day) == (name, last)


def test_progress_rolls_up_by_weight_over_any_depth() -> None:
    nodes = [
        Node("root", None, 100),
        Node("a", "root", 75),
        Node("a1", "a", 40, done=1, milestones=2),
        Node("a2", "a", 60, done=3, milestones=3),
        Node("b", "root", 25),
    ]
    reckon(nodes)
    assert [(one.share, one.progress) for one in nodes] == [
        (100, 60),
        (75, 80),
        (30, 50),
        (45, 100),
        (25, 0),
    ]
