"""The rules of visits: which periods can be booked, when one comes, and who is called next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.clocks import CHINA
from shared.contracts.digital_government import HallPeriod
from shared.deadlines import is_working_day
from shared.errors import InvalidInput, RuleBroken

AHEAD_DAYS: Final = 30
"""How many days ahead a visit can be booked."""

MOST_BOOKED: Final = 3
"""How many bookings one person may have that are still to come."""

EARLY: Final = timedelta(minutes=15)
"""How long before its period somebody with a booking gets a number."""

MOST_MISSED: Final = 3
MISSED_WITHIN: Final = timedelta(days=90)
BLOCKED_FOR: Final = timedelta(days=30)
"""Whoever missed so many bookings within that time books nothing for so long after the last. The
platform's own rules, as all of this file."""


class VisitState(StrEnum):
    """Where a visit stands."""

    BOOKED = "booked"  # 已预约
    WAITING = "waiting"  # 等候
    CALLED = "called"  # 已叫号
    SERVED = "served"  # 已办
    MISSED = "missed"  # 爽约、过号
    CANCELLED = "cancelled"  # 已取消


OPEN: Final = (VisitState.BOOKED, VisitState.WAITING, VisitState.CALLED)
_STATES_ZH: Final = {
    VisitState.BOOKED: "已预约",
    VisitState.WAITING: "等候",
    VisitState.CALLED: "已叫号",
    VisitState.SERVED: "已办",
    VisitState.MISSED: "爽约或过号",
    VisitState.CANCELLED: "已取消",
}


class PeriodsUnfit(InvalidInput):
    """Periods begin before they end and do not overlap."""

    zh = "时段应当先后排列、互不重叠"
    en = "each period begins before it ends, and after the one before it ended"


class NoHall(RuleBroken):
    """The division has published no timetable, or ended."""

    zh = "“{division}”没有开放预约的办事大厅"
    en = "{division} has no service hall that can be visited"


class NoSuchPeriod(RuleBroken):
    """Only what is published can be booked."""

    zh = "该日没有从{begins}开始的时段，请查看可预约时段"
    en = "no period of that day begins at {begins}; see which are free"


class NotAWorkingDay(RuleBroken):
    """The hall is closed on that day."""

    zh = "{day}不是工作日"
    en = "{day} is no working day"


class OutOfReach(RuleBroken):
    """Neither what is over nor what is too far ahead can be booked."""

    zh = "只能预约今后{days}天内尚未开始的时段"
    en = "only what begins later, and within {days} days, can be booked"


class FullyBooked(RuleBroken):
    """Every place of the period is taken."""

    zh = "该时段已约满"
    en = "every place of that period is taken"


class BookedBefore(RuleBroken):
    """One visit a hall and day is open for each person."""

    zh = "您当日在该大厅已有预约或排队号"
    en = "you have a booking or a number for that hall and day already"


class TooManyBooked(RuleBroken):
    """Places are not hoarded."""

    zh = "您已有{most}个未到期的预约"
    en = "you have {most} bookings that are still to come"


class TooManyMissed(RuleBroken):
    """Whoever did not come again and again books nothing for a while."""

    zh = "因多次爽约，{until}前不能预约，可现场取号"
    en = "bookings were missed too often: none before {until}; come and take a number"


class CheckInOutOfTime(RuleBroken):
    """A number for a booking is given around its period."""

    zh = "请在{begins}至{ends}之间取号"
    en = "come between {begins} and {ends}"


class TooLateToCancel(RuleBroken):
    """A place is given back while somebody else can take it."""

    zh = "预约时段已开始，不能取消"
    en = "the period has begun, so the booking cannot be cancelled"


class VisitInWrongState(RuleBroken):
    """The step does not follow where the visit stands."""

    zh = "该次办事处于“{state_zh}”状态，不能进行此操作"
    en = "a visit that is {state} does not allow this step"


class NobodyWaits(RuleBroken):
    """There is nobody to be called."""

    zh = "当前无人等候"
    en = "nobody waits"


class VisitorNotNamed(InvalidInput):
    """Staff say for whom they take a number."""

    zh = "请写明办事人"
    en = "say who came"

    def __init__(self) -> None:
        super().__init__(fields={"visitor": ["Name the person who came."]})


def require_state(state: VisitState, *allowed: VisitState) -> None:
    """Raise `VisitInWrongState` unless the visit stands at one of these."""
    if state not in allowed:
        raise VisitInWrongState(state=state.value, state_zh=_STATES_ZH[state])


def require_fit(periods: Sequence[HallPeriod]) -> None:
    """Raise `PeriodsUnfit` unless they follow each other."""
    ended = ""
    for number, one in enumerate(periods):
        if not ended <= one.begins < one.ends:
            told = "It begins before the one before it ended, or ends before it begins."
            raise PeriodsUnfit(fields={f"periods.{number}": [told]})
        ended = one.ends


def require_bookable(begins: datetime, now: datetime) -> None:
    """Raise `OutOfReach` or `NotAWorkingDay` unless a period that begins then can be booked now."""
    day = begins.astimezone(CHINA).date()
    if begins <= now or day > now.astimezone(CHINA).date() + timedelta(days=AHEAD_DAYS):
        raise OutOfReach(days=AHEAD_DAYS)
    if not is_working_day(day):
        raise NotAWorkingDay(day=day)


def require_not_blocked(missed: Sequence[datetime], now: datetime) -> None:
    """Raise `TooManyMissed` while somebody who missed bookings at these times may book none."""
    latest = sorted(missed)[-MOST_MISSED:]
    if len(latest) < MOST_MISSED or latest[-1] - latest[0] > MISSED_WITHIN:
        return
    until = latest[-1] + BLOCKED_FOR
    if now < until:
        raise TooManyMissed(until=until.astimezone(CHINA).date())


def instant(day: date, time_of_day: str) -> datetime:
    """The moment of a day in China."""
    return datetime.combine(day, time.fromisoformat(time_of_day), CHINA)


def free_places(periods: Sequence[dict[str, Any]]) -> dict[str, int]:
    """By their begins, how many places are free in each."""
    return {one["begins"]: one["places"] - one["taken"] for one in periods}
