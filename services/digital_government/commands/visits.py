"""Booking a visit, coming, being called."""

from __future__ import annotations

from datetime import date, timedelta

from services.digital_government.commands.ratings import give_rating, refuse_second_rating
from services.digital_government.domain.ratings import NotFinishedYet
from services.digital_government.domain.visits import (
    MOST_BOOKED,
    BookedBefore,
    NobodyWaits,
    NoHall,
    TooManyBooked,
    VisitorNotNamed,
    VisitState,
    instant,
    require_bookable,
    require_not_blocked,
)
from services.digital_government.models import Hall, HallDay, Rating, Visit
from services.digital_government.models.visits import (
    day_id,
    hall_id,
    is_to_come,
    open_hall,
    turn_of,
    waiting_in,
)
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.digital_government import (
    BookVisit,
    CallNext,
    CancelVisit,
    CheckIn,
    EndVisit,
    PublishTimetable,
    RateVisit,
    TakeNumber,
)
from shared.handling import handles, on_timer

PERIOD_ENDS = "visit_period_ends"
DAY_ENDS = "visit_day_ends"
BOOKED, WALKED_IN = "A", "B"


@handles(PublishTimetable)
def publish_timetable(order: PublishTimetable, context: Context) -> Hall:
    """Say when the hall can be visited."""
    hall = context.unit.find(Hall, hall_id(order.division)) or context.unit.add(
        Hall(id=hall_id(order.division), division=order.division)
    )
    hall.publish(order.periods)
    return hall


def look_again(order: BookVisit | TakeNumber, context: Context) -> None:
    """Somebody else began the day at the same moment: decide afresh on what they left."""


@handles(BookVisit, taken=look_again)
def book_visit(order: BookVisit, context: Context) -> Visit:
    """Take a place; raises `NoHall`, `OutOfReach`, `NotAWorkingDay`, `NoSuchPeriod`,
    `FullyBooked`, `BookedBefore`, `TooManyBooked` and `TooManyMissed`."""
    person = context.actor.person
    hall = _hall(order.division, context)
    require_bookable(instant(order.day, order.begins), context.now)
    # Read before all that it guards: whatever another process does after that makes it stale.
    day = _day(hall, order.day, context)
    _require_first(person, hall, order.day, context)
    missed = context.unit.find_all(
        Visit,
        Visit.owner == person,
        Visit.state == VisitState.MISSED.value,
        Visit.ends.is_not(None),
    )
    require_not_blocked([one.ends for one in missed if one.ends is not None], context.now)
    booked = (Visit.owner == person, Visit.state == VisitState.BOOKED.value)
    if len(context.unit.find_all(Visit, *booked, limit=MOST_BOOKED)) == MOST_BOOKED:
        raise TooManyBooked(most=MOST_BOOKED)
    period = day.take(order.begins)
    visit = context.unit.add(
        Visit(
            id=f"v-{context.new_id()}",
            division=hall.division,
            owner=person,
            organ=f"{hall.division}-data_resources",
            day=order.day,
            state=VisitState.BOOKED.value,
            begins=instant(order.day, order.begins),
            ends=instant(order.day, period["ends"]),
            item=order.item,
        )
    )
    visit.book()
    assert visit.ends is not None  # It is for a period.
    context.unit.arm(PERIOD_ENDS, visit.id, visit.ends, context)
    return visit


@handles(CancelVisit)
def cancel_visit(visit: Visit, order: CancelVisit, context: Context) -> None:
    """Give the place back; raises `TooLateToCancel`."""
    visit.cancel(context.now)
    context.unit.cancel(PERIOD_ENDS, visit.id, context)
    day = context.unit.get(HallDay, day_id(visit.division, visit.day))
    assert visit.begins is not None  # It was booked.
    day.give_back(f"{visit.begins.astimezone(CHINA):%H:%M}")


@handles(CheckIn)
def check_in(visit: Visit, order: CheckIn, context: Context) -> None:
    """Get the number of a booking; raises `CheckInOutOfTime`."""
    day = context.unit.get(HallDay, day_id(visit.division, visit.day))
    visit.check_in(day.next_number(BOOKED), context.now)
    context.unit.cancel(PERIOD_ENDS, visit.id, context)
    _close_tonight(visit, context)


@handles(TakeNumber, taken=look_again)
def take_number(order: TakeNumber, context: Context) -> Visit:
    """Get a number without a booking; raises `NoHall`, `BookedBefore` and `VisitorNotNamed`."""
    person = order.visitor or context.actor.person
    if not person:
        raise VisitorNotNamed()
    hall = _hall(order.division, context)
    day = _day(hall, context.today, context)
    _require_first(person, hall, context.today, context)
    number = day.next_number(WALKED_IN)
    visit = context.unit.add(
        Visit(
            id=f"v-{context.new_id()}",
            division=hall.division,
            owner=person,
            organ=f"{hall.division}-data_resources",
            day=context.today,
            state=VisitState.WAITING.value,
            item=order.item,
        )
    )
    visit.wait(number, context.now)
    _close_tonight(visit, context)
    return visit


@handles(CallNext)
def call_next(order: CallNext, context: Context) -> Visit:
    """Call whoever is next; raises `NobodyWaits`."""
    day = context.unit.find(HallDay, day_id(order.division, context.today))
    waiting = sorted(waiting_in(order.division, context), key=lambda one: turn_of(one, context.now))
    if day is None or not waiting:
        raise NobodyWaits()
    day.called += 1
    visit = waiting[0]
    visit.call(order.window, context.now)
    return visit


@handles(EndVisit)
def end_visit(visit: Visit, order: EndVisit, context: Context) -> None:
    """Be served, or have missed the call."""
    if order.came:
        visit.end()
    else:
        visit.miss(VisitState.CALLED)
    context.unit.cancel(DAY_ENDS, visit.id, context)


@on_timer(PERIOD_ENDS)
def miss_visit(visit: Visit, context: Context) -> None:
    """The period ended and nobody came."""
    if visit.state == VisitState.BOOKED:
        visit.miss(VisitState.BOOKED)


@on_timer(DAY_ENDS)
def close_visit(visit: Visit, context: Context) -> None:
    """The day ended and nobody said what came of it."""
    visit.close()


@handles(RateVisit, taken=refuse_second_rating)
def rate_visit(visit: Visit, order: RateVisit, context: Context) -> None:
    """Rate a visit that is over, once; raises `NotFinishedYet` and `AlreadyRated`."""
    if visit.state != VisitState.SERVED:
        raise NotFinishedYet()
    given = {"comment": order.comment, "publishable": order.publishable}
    give_rating(Rating.of_visit(visit, order.grade, context.now, **given), context)


def _close_tonight(visit: Visit, context: Context) -> None:
    midnight = instant(visit.day + timedelta(1), "00:00")
    context.unit.arm(DAY_ENDS, visit.id, midnight, context)


def _hall(division: str, context: Context) -> Hall:
    hall = open_hall(division, context)
    if hall is None:
        raise NoHall(division=division)
    return hall


def _day(hall: Hall, day: date, context: Context) -> HallDay:
    known = context.unit.find(HallDay, day_id(hall.division, day))
    return known or context.unit.add(HallDay.of(hall, day))


def _require_first(person: str, hall: Hall, day: date, context: Context) -> None:
    others = context.unit.find_all(
        Visit,
        Visit.owner == person,
        Visit.day == day,
        Visit.division == hall.division,
        is_to_come(day),
        limit=1,
    )
    if others:
        raise BookedBefore()
