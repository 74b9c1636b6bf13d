"""Cases of visits to service halls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.context import Principal
from shared.contracts.digital_government import (
    BookVisit,
    CallNext,
    CancelVisit,
    CheckIn,
    EndVisit,
    HallPeriod,
    PublishTimetable,
    RateVisit,
    TakeNumber,
)
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import MONDAY, Ready, on_existing

HALL = f"{sample.COUNTY}-data_resources"
MANAGER = Principal("catalogue.hall", "official", sample.COUNTY, HALL, ("catalogue_manager",))
WINDOW = Principal("window.hall", "official", sample.COUNTY, HALL, ("one_window",))
PERIODS = (
    HallPeriod(begins="09:00", ends="10:00", places=2),
    HallPeriod(begins="10:30", ends="11:30", places=1),
)
BOOKING = BookVisit(division=sample.COUNTY, day=MONDAY.date(), begins="10:30")
TAKING = TakeNumber(division=sample.COUNTY)


def open_hall(harness: ServiceHarness) -> None:
    """Monday at ten, and a hall that can be visited."""
    harness.at(MONDAY)
    harness.execute(PublishTimetable(division=sample.COUNTY, periods=PERIODS), MANAGER)


def publish_timetable(harness: ServiceHarness) -> Ready:
    """No hall yet."""
    harness.at(MONDAY)
    order = PublishTimetable(division=sample.COUNTY, periods=PERIODS)
    return Ready(order, MANAGER, replace(order, periods=PERIODS[:1]))


def book_visit(harness: ServiceHarness) -> Ready:
    """A period that has a place."""
    open_hall(harness)
    return Ready(BOOKING, sample.APPLICANT, replace(BOOKING, item=sample.CODE))


def _booked(harness: ServiceHarness) -> str:
    open_hall(harness)
    return harness.execute(BOOKING, sample.APPLICANT).id


def cancel_visit(harness: ServiceHarness) -> Ready:
    """A booking whose period has not begun."""
    return on_existing(CancelVisit(visit_id=_booked(harness)), sample.APPLICANT)


def check_in(harness: ServiceHarness) -> Ready:
    """A booking whose period begins soon."""
    visit = _booked(harness)
    harness.at(MONDAY + timedelta(minutes=20))
    return on_existing(CheckIn(visit_id=visit), sample.APPLICANT)


def take_number(harness: ServiceHarness) -> Ready:
    """A hall in which nobody waits."""
    open_hall(harness)
    return Ready(TAKING, sample.APPLICANT, replace(TAKING, item=sample.CODE))


def call_next(harness: ServiceHarness) -> Ready:
    """Two who wait."""
    open_hall(harness)
    harness.execute(TAKING, sample.APPLICANT)
    harness.execute(replace(TAKING, visitor="p-2"), WINDOW)
    order = CallNext(division=sample.COUNTY, window=1)
    return Ready(order, WINDOW, replace(order, window=2))


def end_visit(harness: ServiceHarness) -> Ready:
    """A visitor who was called."""
    ready = call_next(harness)
    visit = harness.execute(ready.order, ready.by).id
    return on_existing(EndVisit(visit_id=visit), WINDOW)


def rate_visit(harness: ServiceHarness) -> Ready:
    """A visit that is over."""
    ready = end_visit(harness)
    visit = harness.execute(ready.order, ready.by).id
    return on_existing(RateVisit(visit_id=visit, grade=5), sample.APPLICANT)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "PublishTimetable": publish_timetable,
    "BookVisit": book_visit,
    "CancelVisit": cancel_visit,
    "CheckIn": check_in,
    "TakeNumber": take_number,
    "CallNext": call_next,
    "EndVisit": end_visit,
    "RateVisit": rate_visit,
}
