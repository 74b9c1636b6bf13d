"""The route map (路线图) of a task: what must be done before what, and which of it decides the end
(critical path method)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter

from shared.deadlines import is_working_day
from shared.errors import InvalidInput


class CircularRoute(InvalidInput):
    """A milestone would have to be done before itself."""

    zh = "路线图循环：{path}"
    en = "the route map is a circle: {path}"


@dataclass(frozen=True)
class Stage:
    """A milestone on the way: its deadline, the working days that it takes (None: all the time
    until its deadline), what comes before it, and the day on which it was done."""

    due: date
    days: int | None = None
    after: tuple[str, ...] = ()
    done: date | None = None


@dataclass(frozen=True)
class Stop:
    """When a stage starts and finishes, in working days since the beginning, and how many of them
    it can slip without moving the end."""

    starts: int
    finishes: int
    slack: int = 0


class WorkingDays:
    """Working days by their number after a first day, which has number 0."""

    def __init__(self, first: date) -> None:
        self._days = [first]
        self._known = first

    def number(self, day: date) -> int:
        """How many working days come after the first up to that day, itself included; 0 before."""
        while self._known < day:
            self._learn()
        return max(bisect_right(self._days, day) - 1, 0)

    def number_from(self, day: date) -> int:
        """The number of that day, or of the next working day where it is none; 0 up to the
        first."""
        if day <= self._days[0]:
            return 0
        return self.number(day - timedelta(days=1)) + 1

    def day(self, number: int) -> date:
        """The working day of that number."""
        while len(self._days) <= number:
            self._learn()
        return self._days[number]

    def _learn(self) -> None:
        self._known += timedelta(days=1)
        if is_working_day(self._known):
            self._days.append(self._known)


def in_order(stages: Mapping[str, Stage]) -> list[str]:
    """The stages, each after all that come before it; raises `CircularRoute`. What is named and is
    no stage is left out."""
    graph = {key: [one for one in stage.after if one in stages] for key, stage in stages.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as fault:
        raise CircularRoute(path=" → ".join(fault.args[1])) from None


def lengths(stages: Mapping[str, Stage], order: list[str], calendar: WorkingDays) -> dict[str, int]:
    """How many working days each stage takes. One that does not say takes the time from the
    deadlines of those before it to its own."""
    found = {}
    for key in order:
        stage = stages[key]
        before = max((stages[one].due for one in stage.after if one in stages), default=None)
        begins = 0 if before is None else calendar.number(before)
        rest = max(calendar.number(stage.due) - begins, 0)
        found[key] = rest if stage.days is None else stage.days
    return found


def schedule(
    stages: Mapping[str, Stage], calendar: WorkingDays, today: date | None = None
) -> dict[str, Stop]:
    """Each stage as early as it can be, in an order in which they can be done; raises
    `CircularRoute`. What is done stands where it was done, and what is not is done on `today` at
    the earliest; without `today`, as if nothing was begun."""
    order = in_order(stages)
    takes = lengths(stages, order, calendar)
    now = 0 if today is None else calendar.number_from(today)
    starts: dict[str, int] = {}
    finishes: dict[str, int] = {}
    for key in order:
        stage = stages[key]
        if today is not None and stage.done is not None:
            starts[key] = finishes[key] = calendar.number(stage.done)
            continue
        starts[key] = max((finishes[one] for one in stage.after if one in stages), default=0)
        finishes[key] = max(starts[key] + takes[key], now)
    return _with_slack(stages, order, starts, finishes)


def _with_slack(
    stages: Mapping[str, Stage],
    order: list[str],
    starts: Mapping[str, int],
    finishes: Mapping[str, int],
) -> dict[str, Stop]:
    end = max(finishes.values(), default=0)
    latest = dict.fromkeys(order, end)
    for key in reversed(order):
        start = latest[key] - (finishes[key] - starts[key])
        for before in stages[key].after:
            if before in latest:
                latest[before] = min(latest[before], start)
    return {
        key: Stop(starts[key], finishes[key], max(latest[key] - finishes[key], 0)) for key in order
    }


def critical_path(stages: Mapping[str, Stage], stops: Mapping[str, Stop]) -> list[str]:
    """The stages that decide the end, first to last: back from the one that finishes last, each
    time to the one for which it waits. Of several the first by its key."""
    path: list[str] = []
    candidates = list(stops)
    while candidates:
        last = min(candidates, key=lambda key: (-stops[key].finishes, key))
        path.append(last)
        starts = stops[last].starts
        before = [one for one in stages[last].after if one in stops]
        candidates = [one for one in before if stops[one].finishes >= starts]
    return path[::-1]
