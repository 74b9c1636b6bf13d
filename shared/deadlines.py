"""Deadlines in working days by the State Council's calendar, and the clock that keeps a promise.

How days are counted: the day on which something starts is not counted (Civil Code article 201),
working days are (Administrative Licensing Law article 82), and a time limit ends at midnight at
the end of its last day (Civil Code article 203). All days are days in China Standard Time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

# Both names are dicts keyed by date.
from chinese_calendar import holidays, workdays

from shared.clocks import CHINA
from shared.errors import RuleBroken

FIRST_CALENDAR_YEAR = min(holidays).year
LAST_CALENDAR_YEAR = max(holidays).year
"""The last year whose holidays the State Council has published, as far as the calendar knows."""

MOST_WORKING_DAYS = 2500
"""About ten years: far above any statutory limit, so that a slip cannot count for minutes."""

_END_OF_DAY = time(23, 59, 59)
_ONE_DAY = timedelta(days=1)


class ClockAlreadyPaused(RuleBroken):
    """A clock that stands still cannot be stopped again."""

    zh = "办理时限已处于暂停状态，不能再次暂停"
    en = "the clock is already stopped and cannot be stopped again"


class ClockNotPaused(RuleBroken):
    """A clock that runs cannot be started again."""

    zh = "办理时限未暂停，不能恢复计时"
    en = "the clock is not stopped and cannot be started again"


@dataclass(frozen=True)
class Due:
    """When a time limit ends: the last second of its last day, in China Standard Time.

    `provisional` says that the calendar does not reach that far: Monday to Friday stood in for
    it, and the instant is to be worked out again when the holidays are published.
    """

    instant: datetime
    provisional: bool


@dataclass(frozen=True)
class Stop:
    """One time a clock stood still: since when, why, and until when (None while it still does)."""

    at: datetime
    reason: str
    resumed: datetime | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a stop needs its reason")
        ends = None if self.resumed is None else _china_day(self.resumed)
        if ends is not None and ends < _china_day(self.at):
            raise ValueError("a stop cannot end before it begins")

    def takes_out(self, day: date) -> bool:
        """Whether this stop keeps the day from being counted; `WorkingClock` has the rule."""
        begins = _china_day(self.at)
        if self.resumed is None:
            return day >= begins
        ends = _china_day(self.resumed)
        return begins != ends and begins <= day <= ends


def is_working_day(day: date) -> bool:
    """Whether government works on this day, make-up days at weekends included.

    By the State Council's yearly notices 2004-2026; outside these years Monday to Friday, which
    whoever computes with it must mark as provisional (`is_provisional`).
    """
    return day in workdays or (day.weekday() < 5 and day not in holidays)


def is_provisional(day: date) -> bool:
    """Whether the calendar does not cover this day, so that its being a working day is assumed."""
    return not FIRST_CALENDAR_YEAR <= day.year <= LAST_CALENDAR_YEAR


def due_after(start: datetime, working_days: int) -> Due:
    """The end of the nth working day after the day of `start`, which is not counted.

    With 0 working days (即办件, done on the spot) it is the end of that day itself, or of the next
    working day if it is none (Civil Code article 203). Raises ValueError for a `start` without
    time zone, and for working days below 0 or above `MOST_WORKING_DAYS`.
    """
    return _due(start, working_days, counts=is_working_day)


def working_days_between(start: date, end: date) -> int:
    """How many working days come after `start`, up to and including `end`; 0 if `end` is earlier.

    Counted like `due_after`, so that a case due after n working days is in time while this is at
    most n. Plain dates, or the China dates of instants.
    """
    days = range(1, (end - start).days + 1)
    return sum(is_working_day(start + timedelta(days=number)) for number in days)


@dataclass(frozen=True)
class WorkingClock:
    """The clock of one promise: so many working days from a start, not counting its stops.

    A stop (supplementing materials, hearing, inspection, expert review: Administrative Licensing
    Law article 45) takes out whole days. One that begins and ends on the same day takes out none,
    for the clock ran at that day's beginning and at its end; a longer one takes out every day
    from the day it begins to the day it ends, both included. A time limit that ended before a
    stop began stays ended. The value never changes: stopping and starting give a new clock, and
    `stops` keeps each stop with its reason, oldest first.
    """

    promised_days: int
    started: datetime
    stops: tuple[Stop, ...] = ()

    def __post_init__(self) -> None:
        _check_promise(self.promised_days)
        latest = _china_day(self.started)
        for number, stop in enumerate(self.stops, start=1):
            if _china_day(stop.at) < latest:
                raise ValueError("a clock's stops begin after its start, each after the last ended")
            if stop.resumed is None and number < len(self.stops):
                raise ValueError("only a clock's last stop can still be going on")
            latest = _china_day(stop.resumed or stop.at)

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still, its last stop not ended."""
        return bool(self.stops) and self.stops[-1].resumed is None

    def pause(self, at: datetime, reason: str) -> WorkingClock:
        """The clock stopped at this instant, for a reason that the record keeps.

        Raises ClockAlreadyPaused; ValueError for an instant on a day before the clock's last one,
        or one without time zone, or an empty reason.
        """
        if self.is_paused:
            raise ClockAlreadyPaused()
        return replace(self, stops=(*self.stops, Stop(at, reason)))

    def resume(self, at: datetime) -> WorkingClock:
        """The clock running again from this instant.

        Raises ClockNotPaused; ValueError for an instant on a day before the stop, or one without
        time zone.
        """
        if not self.is_paused:
            raise ClockNotPaused()
        return replace(self, stops=(*self.stops[:-1], replace(self.stops[-1], resumed=at)))

    def due(self) -> Due | None:
        """When the promise ends as things stand, None while the clock is stopped."""
        return None if self.is_paused else _due(self.started, self.promised_days, self._counts)

    def days_used(self, at: datetime) -> int:
        """Working days used of the promise by this instant, its own day counted as one.

        The promise is kept as long as this is at most `promised_days`. Of the stops only those
        begun by then are seen; while one goes on, the days since it began are not counted. Raises
        ValueError without time zone.
        """
        start, end = _china_day(self.started), _china_day(at)
        days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
        as_of_then = replace(self, stops=tuple(_stops_as_of(at, self.stops)))
        return sum(as_of_then._counts(day) for day in days)

    def to_json(self) -> dict[str, Any]:
        """The clock as JSON data, every instant in ISO 8601 with its offset."""
        return {
            "promised_days": self.promised_days,
            "started": self.started.isoformat(),
            "stops": [
                {
                    "at": stop.at.isoformat(),
                    "reason": stop.reason,
                    "resumed": None if stop.resumed is None else stop.resumed.isoformat(),
                }
                for stop in self.stops
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WorkingClock:
        """The clock that `to_json` wrote; KeyError, TypeError or ValueError for anything else."""
        stops = tuple(
            Stop(
                at=datetime.fromisoformat(stop["at"]),
                reason=stop["reason"],
                resumed=None
                if stop["resumed"] is None
                else datetime.fromisoformat(stop["resumed"]),
            )
            for stop in data["stops"]
        )
        return cls(data["promised_days"], datetime.fromisoformat(data["started"]), stops)

    def _counts(self, day: date) -> bool:
        return is_working_day(day) and not any(stop.takes_out(day) for stop in self.stops)


def _stops_as_of(at: datetime, stops: tuple[Stop, ...]) -> list[Stop]:
    begun = [stop for stop in stops if stop.at <= at]
    if begun and begun[-1].resumed is not None and begun[-1].resumed > at:
        begun[-1] = replace(begun[-1], resumed=None)
    return begun


def _due(start: datetime, working_days: int, counts: Callable[[date], bool]) -> Due:
    _check_promise(working_days)
    first = day = _china_day(start)
    counted = 0
    if working_days == 0:
        while not counts(day):
            day += _ONE_DAY
    while counted < working_days:
        day += _ONE_DAY
        counted += counts(day)
    instant = datetime.combine(day, _END_OF_DAY, tzinfo=CHINA)
    return Due(instant, provisional=is_provisional(first) or is_provisional(day))


def _check_promise(working_days: int) -> None:
    if not 0 <= working_days <= MOST_WORKING_DAYS:
        raise ValueError(f"working days are 0 to {MOST_WORKING_DAYS}, not {working_days}")


def _china_day(instant: datetime) -> date:
    if instant.tzinfo is None:
        raise ValueError("an instant of a deadline needs its time zone")
    return instant.astimezone(CHINA).date()
