"""What can be booked, who waits, and whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.digital_government.domain.visits import (
    AHEAD_DAYS,
    NotAWorkingDay,
    OutOfReach,
    VisitState,
    free_places,
    instant,
    require_bookable,
)
from services.digital_government.models import HallDay, Visit
from services.digital_government.models.visits import (
    called_in,
    day_id,
    open_hall,
    turn_of,
    waiting_in,
)
from shared.context import Context
from shared.contracts.digital_government import (
    CallBoard,
    CallBoardState,
    CalledNumber,
    FreePeriod,
    FreePeriodList,
    FreePeriods,
    QueueOfHall,
    VisitById,
    VisitDetail,
    VisitList,
    VisitsOfPerson,
)
from shared.handling import answers

MOST_OWN = 200
MOST_CALLED = 20


@answers(FreePeriods)
def free_periods(query: FreePeriods, context: Context) -> FreePeriodList:
    """The periods that begin later, day by day, with what is free."""
    hall = open_hall(query.division, context)
    if hall is None or query.day > context.today + timedelta(AHEAD_DAYS):
        return FreePeriodList(periods=())
    days = [query.day + timedelta(number) for number in range(query.days)]
    begun = context.unit.find_each(HallDay, *(day_id(query.division, day) for day in days))
    found = []
    for day in days:
        known = begun.get(day_id(query.division, day))
        periods: list[dict[str, Any]] = (known or HallDay.of(hall, day)).periods
        free = free_places(periods)
        found += [
            FreePeriod(day=day, begins=one["begins"], ends=one["ends"], free=free[one["begins"]])
            for one in periods
            if _is_bookable(instant(day, one["begins"]), context)
        ]
    return FreePeriodList(periods=tuple(found))


def _is_bookable(begins: Any, context: Context) -> bool:
    try:
        require_bookable(begins, context.now)
    except (OutOfReach, NotAWorkingDay):
        return False
    return True


@answers(VisitById)
def visit_by_id(visit: Visit, query: VisitById, context: Context) -> VisitDetail:
    """One visit, with how many are called before it."""
    if visit.state != VisitState.WAITING:
        return _detail(visit)
    waiting = waiting_in(visit.division, context)
    turn = turn_of(visit, context.now)
    return _detail(visit, sum(turn_of(one, context.now) < turn for one in waiting))


@answers(VisitsOfPerson)
def visits_of_person(query: VisitsOfPerson, context: Context) -> VisitList:
    """The visits of a person, the latest day first."""
    found = context.unit.find_all(Visit, Visit.owner == query.owner)
    found.sort(key=lambda one: (one.day, one.id), reverse=True)
    return VisitList(visits=tuple(_detail(one) for one in found[:MOST_OWN]))


@answers(QueueOfHall)
def queue_of_hall(query: QueueOfHall, context: Context) -> VisitList:
    """Who is called, then who waits in the order of the calls."""
    called = sorted(called_in(query.division, context), key=lambda one: one.number or "")
    waiting = sorted(waiting_in(query.division, context), key=lambda one: turn_of(one, context.now))
    return VisitList(
        visits=(
            *(_detail(one) for one in called),
            *(_detail(one, ahead) for ahead, one in enumerate(waiting)),
        )
    )


@answers(CallBoard)
def call_board(query: CallBoard, context: Context) -> CallBoardState:
    """The numbers that are called, the latest first."""
    called = sorted(
        called_in(query.division, context),
        key=lambda one: one.called_at or context.now,
        reverse=True,
    )
    return CallBoardState(
        called=tuple(
            CalledNumber(number=str(one.number), window=one.called_to or 1)
            for one in called[:MOST_CALLED]
        ),
        waiting=len(waiting_in(query.division, context)),
    )


def _detail(visit: Visit, ahead: int | None = None) -> VisitDetail:
    return VisitDetail.load(
        {
            "visit_id": visit.id,
            "version": visit.version,
            "division": visit.division,
            "state": visit.state,
            "day": visit.day.isoformat(),
            "begins": visit.begins.isoformat() if visit.begins else None,
            "ends": visit.ends.isoformat() if visit.ends else None,
            "item": visit.item,
            "number": visit.number,
            "window": visit.called_to,
            "ahead": ahead,
        }
    )
