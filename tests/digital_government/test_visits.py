"""Visits to service halls: no place sold twice, nobody called twice, the order of the calls."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.domain.ratings import AlreadyRated, NotFinishedYet
from services.digital_government.domain.visits import (
    BookedBefore,
    CheckInOutOfTime,
    FullyBooked,
    NobodyWaits,
    NoHall,
    NoSuchPeriod,
    NotAWorkingDay,
    OutOfReach,
    PeriodsUnfit,
    TooLateToCancel,
    TooManyBooked,
    TooManyMissed,
    VisitInWrongState,
    VisitorNotNamed,
    free_places,
)
from services.digital_government.models import HallDay, Measure, Visit
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Principal
from shared.contracts.digital_government import (
    BookVisit,
    CallBoard,
    CallNext,
    CancelVisit,
    CheckIn,
    EndVisit,
    FreePeriods,
    HallPeriod,
    PublishTimetable,
    QueueOfHall,
    RateVisit,
    RatingById,
    TakeNumber,
    VisitById,
    VisitCancelled,
    VisitDetail,
    VisitMissed,
    VisitsOfPerson,
)
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.cases_visits import BOOKING, MANAGER, PERIODS, TAKING, WINDOW, open_hall
from tests.contracts.ready import MONDAY
from tests.counting import counted, measured


def person(number: int) -> Principal:
    """One of many residents."""
    return replace(sample.APPLICANT, id=f"account.{number}", person=f"p-{number}")


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """A time of day in March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


@pytest.fixture
def hall(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    open_hall(made)
    return made


def visit(harness: ServiceHarness, visit_id: str, by: Principal = WINDOW) -> VisitDetail:
    return harness.execute(VisitById(visit_id=visit_id), by)


def free(harness: ServiceHarness, day: int, days: int = 1) -> list[tuple[int, str, int]]:
    """The periods that can be booked, with their free places."""
    query = FreePeriods(division=sample.COUNTY, day=date(2026, 3, day), days=days)
    found = harness.execute(query, ANONYMOUS).periods
    return [(one.day.day, one.begins, one.free) for one in found]


# Booking


def test_what_is_free_is_what_begins_later_on_working_days(hall: ServiceHarness) -> None:
    assert free(hall, 2, 3) == [
        (2, "10:30", 1),
        (3, "09:00", 2),
        (3, "10:30", 1),
        (4, "09:00", 2),
        (4, "10:30", 1),
    ]
    assert free(hall, 7, 2) == []  # Saturday and Sunday.


def test_a_place_is_taken_and_given_back(hall: ServiceHarness) -> None:
    booked = hall.execute(BOOKING, person(1)).id
    assert free(hall, 2) == [(2, "10:30", 0)]
    with pytest.raises(FullyBooked):
        hall.execute(BOOKING, person(2))
    hall.execute(CancelVisit(visit_id=booked), person(1))
    assert free(hall, 2) == [(2, "10:30", 1)]
    with pytest.raises(VisitInWrongState):
        hall.execute(CancelVisit(visit_id=booked), person(1))
    assert hall.execute(BOOKING, person(2)).id


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"begins": "09:00"}, OutOfReach),  # It is ten.
        ({"begins": "10:00"}, OutOfReach),
        ({"begins": "11:00"}, NoSuchPeriod),
        ({"day": date(2026, 3, 7)}, NotAWorkingDay),
        ({"day": date(2026, 4, 2)}, OutOfReach),  # Thirty-one days ahead.
        ({"division": "330105"}, NoHall),
    ],
)
def test_what_cannot_be_booked(
    hall: ServiceHarness, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        hall.execute(replace(BOOKING, **changes), person(1))
    assert hall.rows(sa.select(Visit.id)) == []


def test_one_visit_a_hall_and_day_is_open_for_a_person(hall: ServiceHarness) -> None:
    tomorrow = replace(BOOKING, day=date(2026, 3, 3))
    hall.execute(BOOKING, person(1))
    for again in (BOOKING, TAKING):
        with pytest.raises(BookedBefore):
            hall.execute(again, person(1))
    assert hall.execute(tomorrow, person(1)).id


def test_three_bookings_are_to_come_at_most(hall: ServiceHarness) -> None:
    days = [date(2026, 3, day) for day in (3, 4, 5, 6)]
    booked = [hall.execute(replace(BOOKING, day=day), person(1)).id for day in days[:3]]
    with pytest.raises(TooManyBooked):
        hall.execute(replace(BOOKING, day=days[3]), person(1))
    hall.execute(CancelVisit(visit_id=booked[0]), person(1))
    assert hall.execute(replace(BOOKING, day=days[3]), person(1)).id


@pytest.mark.parametrize("day", [date.min, date.max])
def test_nothing_is_free_at_the_ends_of_time(hall: ServiceHarness, day: date) -> None:
    query = FreePeriods(division=sample.COUNTY, day=day, days=31)
    assert hall.execute(query, ANONYMOUS).periods == ()
    with pytest.raises(OutOfReach):
        hall.execute(replace(BOOKING, day=day), person(1))


def test_many_who_book_at_once_never_get_more_than_there_is(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    # No booking is a step of one aggregate, so that no lock of the process holds the others back.
    harness = make_service(DigitalGovernment)
    open_hall(harness)
    order = BookVisit(division=sample.COUNTY, day=date(2026, 3, 3), begins="09:00")

    def book(number: int) -> bool:
        try:
            harness.execute(order, person(number))
        except FullyBooked:
            return False
        return True

    with ThreadPoolExecutor(8) as many:
        done = list(many.map(book, range(24)))
    assert sum(done) == 2
    assert free(harness, 3) == [(3, "09:00", 0), (3, "10:30", 1)]
    (row,) = harness.rows(sa.select(HallDay.periods))
    assert free_places(row.periods) == {"09:00": 0, "10:30": 1}
    assert len(harness.rows(sa.select(Visit.id))) == 2


def test_a_day_keeps_the_periods_for_which_somebody_booked(hall: ServiceHarness) -> None:
    hall.execute(replace(BOOKING, day=date(2026, 3, 3)), person(1))
    periods = (HallPeriod(begins="14:00", ends="15:00", places=9),)
    hall.execute(PublishTimetable(division=sample.COUNTY, periods=periods), MANAGER)
    assert free(hall, 3, 2) == [(3, "09:00", 2), (3, "10:30", 0), (4, "14:00", 9)]


@pytest.mark.parametrize("periods", [PERIODS[::-1], (replace(PERIODS[0], ends="09:00"),)])
def test_periods_follow_each_other(hall: ServiceHarness, periods: tuple[HallPeriod, ...]) -> None:
    with pytest.raises(PeriodsUnfit):
        hall.execute(PublishTimetable(division=sample.COUNTY, periods=periods), MANAGER)


def test_whoever_misses_three_bookings_books_none_for_thirty_days(hall: ServiceHarness) -> None:
    for day in (2, 3, 4):
        hall.at(at(8, day=day))
        hall.execute(replace(BOOKING, day=date(2026, 3, day)), person(1))
        hall.at(at(12, day=day))
        hall.settle()
    assert len(hall.told(VisitMissed)) == 3
    with pytest.raises(TooManyMissed):
        hall.execute(replace(BOOKING, day=date(2026, 3, 5)), person(1))
    assert hall.execute(TAKING, person(1)).id
    hall.at(at(12) + timedelta(days=33))
    assert hall.execute(replace(BOOKING, day=date(2026, 4, 7)), person(1)).id


# Coming, and being called


def test_one_comes_from_a_quarter_before_the_period_to_its_end(hall: ServiceHarness) -> None:
    booked = hall.execute(BOOKING, person(1)).id
    order = CheckIn(visit_id=booked)
    with pytest.raises(CheckInOutOfTime):
        hall.execute(order, person(1))
    with pytest.raises(NotAllowed):
        hall.execute(order, person(2))
    hall.at(at(10, 15))
    hall.execute(order, person(1))
    assert visit(hall, booked).number == "A001"
    hall.at(at(12))
    hall.settle()
    assert visit(hall, booked).state == "waiting"


def test_a_booking_is_cancelled_before_its_period_begins(hall: ServiceHarness) -> None:
    booked = hall.execute(BOOKING, person(1)).id
    hall.at(at(10, 30))
    with pytest.raises(TooLateToCancel):
        hall.execute(CancelVisit(visit_id=booked), person(1))


def test_who_booked_is_called_first_once_the_period_has_begun(hall: ServiceHarness) -> None:
    booked = hall.execute(BOOKING, person(1)).id
    first, second = (hall.execute(TAKING, person(number)).id for number in (2, 3))
    hall.at(at(10, 20))
    hall.execute(CheckIn(visit_id=booked), person(1))
    assert [visit(hall, one).ahead for one in (first, second, booked)] == [0, 1, 2]
    call = CallNext(division=sample.COUNTY, window=3)
    # Ten minutes before the period one who came without a booking is called.
    assert hall.execute(call, WINDOW).id == first
    hall.at(at(10, 30))
    assert hall.execute(replace(call, window=4), WINDOW).id == booked
    assert hall.execute(call, WINDOW).id == second
    with pytest.raises(NobodyWaits):
        hall.execute(call, WINDOW)
    board = hall.execute(CallBoard(division=sample.COUNTY), ANONYMOUS)
    assert {(one.number, one.window) for one in board.called} == {
        ("B001", 3),
        ("A001", 4),
        ("B002", 3),
    }
    assert board.waiting == 0
    assert len(hall.execute(QueueOfHall(division=sample.COUNTY), WINDOW).visits) == 3


def test_no_two_windows_call_the_same_visitor(hall: ServiceHarness) -> None:
    for number in range(6):
        hall.execute(TAKING, person(number))

    def call(window: int) -> str:
        return hall.execute(CallNext(division=sample.COUNTY, window=window), WINDOW).id

    with ThreadPoolExecutor(6) as windows:
        called = list(windows.map(call, range(1, 7)))
    assert len(set(called)) == 6
    numbers = [row.number for row in hall.rows(sa.select(Visit.number))]
    assert sorted(numbers) == [f"B{number:03}" for number in range(1, 7)]


def test_staff_take_a_number_for_whoever_came(hall: ServiceHarness) -> None:
    with pytest.raises(VisitorNotNamed):
        hall.execute(TAKING, WINDOW)
    taken = hall.execute(replace(TAKING, visitor="p-7"), WINDOW).id
    assert visit(hall, taken, person(7)).number == "B001"
    with pytest.raises(NotAllowed):
        hall.execute(replace(TAKING, visitor="p-8"), person(9))


def served(harness: ServiceHarness) -> str:
    taken = harness.execute(TAKING, sample.APPLICANT).id
    harness.at(at(10, 12))
    harness.execute(CallNext(division=sample.COUNTY, window=1), WINDOW)
    harness.execute(EndVisit(visit_id=taken), WINDOW)
    harness.settle()
    return taken


def test_a_visit_is_over_when_its_window_says_so(hall: ServiceHarness) -> None:
    taken = served(hall)
    assert visit(hall, taken).state == "served"
    away = hall.execute(TAKING, sample.APPLICANT).id
    with pytest.raises(VisitInWrongState):
        hall.execute(EndVisit(visit_id=away), WINDOW)
    hall.execute(CallNext(division=sample.COUNTY, window=1), WINDOW)
    hall.execute(EndVisit(visit_id=away, came=False), WINDOW)
    hall.settle()
    values = measured(hall, Measure)
    place = (sample.COUNTY, "2026-03")
    assert values[("visits_served", *place)] == values[("visits_missed", *place)] == 1
    assert values[("visit_waiting_minutes", *place)] == 12
    assert counted(hall) == values
    own = hall.execute(VisitsOfPerson(owner=sample.PERSON), sample.APPLICANT).visits
    assert {one.state for one in own} == {"served", "missed"}


def test_whoever_is_not_called_by_night_waits_no_more(hall: ServiceHarness) -> None:
    over = served(hall)
    waiting, called = (hall.execute(TAKING, person(number)).id for number in (1, 2))
    hall.execute(CallNext(division=sample.COUNTY, window=1), WINDOW)
    hall.at(at(0, day=3))
    hall.settle()
    assert {one.visit_id for one in hall.told(VisitCancelled)} == {waiting, called}
    assert [visit(hall, one).state for one in (over, waiting)] == ["served", "cancelled"]
    assert hall.execute(TAKING, person(1)).id


def test_a_visit_is_rated_once_by_whoever_came(hall: ServiceHarness) -> None:
    waiting = hall.execute(TAKING, person(1)).id
    with pytest.raises(NotFinishedYet):
        hall.execute(RateVisit(visit_id=waiting, grade=1), person(1))
    hall.execute(CallNext(division=sample.COUNTY, window=1), WINDOW)
    taken = served(hall)
    order = RateVisit(visit_id=taken, grade=1)
    with pytest.raises(NotAllowed):
        hall.execute(order, person(1))
    hall.execute(order, sample.APPLICANT)
    with pytest.raises(AlreadyRated):
        hall.execute(replace(order, grade=5), sample.APPLICANT)
    rating = hall.execute(RatingById(rating_id=f"r-{taken}"), sample.APPLICANT)
    assert (rating.of, rating.correction, rating.organ) == ("visit", "open", WINDOW.organ)


# Mergers


def test_a_hall_whose_division_ends_is_visited_no_more(hall: ServiceHarness) -> None:
    booked = hall.execute(replace(BOOKING, day=date(2026, 3, 5)), person(1)).id
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=MONDAY.date(),
        moves=(TerritoryMove(from_code=sample.COUNTY, to_code=sample.ELSEWHERE),),
    )
    hall.deliver(merged, division="3301")
    hall.settle()
    (told,) = hall.told(VisitCancelled)
    assert (told.visit_id, told.hall_closed) == (booked, True)
    with pytest.raises(NoHall):
        hall.execute(replace(BOOKING, day=date(2026, 3, 6)), person(1))
    assert free(hall, 5) == []
    hall.at(at(12, day=5))
    hall.settle()
    assert hall.told(VisitMissed) == []


def test_a_take_needs_a_hall(hall: ServiceHarness) -> None:
    with pytest.raises(NoHall):
        hall.execute(TakeNumber(division="330105"), person(1))
