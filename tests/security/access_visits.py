"""Messages about visits to service halls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.digital_government.domain.visits import VisitState, instant
from services.digital_government.models import Hall, HallDay, Visit
from services.digital_government.models.visits import day_id, hall_id
from shared.clocks import CHINA
from shared.context import Context, new_id
from shared.deadlines import is_working_day
from tests.contracts.cases_visits import PERIODS
from tests.security.databases import Databases, Payload, Resource, only


def _hall(databases: Databases, resource: Resource) -> str:
    """A hall of its own, in a township of the division, so that nobody has a number there."""
    division = f"{resource.get('division', '330106')}{databases.number() % 1000:03}"
    hall = Hall(id=hall_id(division), division=division)
    hall.publish(PERIODS)

    def keep(context: Context) -> None:
        if context.unit.find(Hall, hall.id) is None:
            hall.take_told()
            context.unit.add(hall)

    databases.act("digital_government", keep)
    return division


def book_visit(databases: Databases, resource: Resource) -> Payload:
    """A period of the next working day."""
    day = databases.now.astimezone(CHINA).date() + timedelta(1)
    while not is_working_day(day):
        day += timedelta(1)
    division = _hall(databases, resource)
    return {"division": division, "day": day.isoformat(), "begins": PERIODS[0].begins}


def take_number(databases: Databases, resource: Resource) -> Payload:
    """A hall in which nobody waits."""
    named = {"visitor": resource["owner"]} if "owner" in resource else {}
    return {"division": _hall(databases, resource), **named}


def on_visit(state: VisitState, more: Payload) -> Callable[[Databases, Resource], Payload]:
    """A visit of today, or booked for tomorrow, in that state."""
    return lambda databases, resource: {"visit_id": _visit(databases, state, resource).id, **more}


def _visit(databases: Databases, state: VisitState, resource: Resource) -> Visit:
    today = databases.now.astimezone(CHINA).date()
    day = today + timedelta(1) if state is VisitState.BOOKED else today
    visit = Visit(
        id=f"v-{new_id()}",
        organ="an-organ",
        day=day,
        state=state.value,
        begins=instant(day, PERIODS[0].begins),
        ends=instant(day, PERIODS[0].ends),
        number=None if state is VisitState.BOOKED else "A001",
        numbered_at=databases.now,
        called_at=databases.now,
        **{"division": "330106", "owner": "p-another", **resource},
    )
    taken = [{**one.dump(), "taken": 1} for one in PERIODS]

    def keep(context: Context) -> None:
        if context.unit.find(HallDay, day_id(visit.division, day)) is None:
            key = day_id(visit.division, day)
            context.unit.add(HallDay(id=key, division=visit.division, periods=taken))
        context.unit.add(visit)

    databases.act("digital_government", keep)
    return visit


def check_in(databases: Databases, resource: Resource) -> Payload:
    """A visit whose period has begun."""
    visit = _visit(databases, VisitState.WAITING, resource)

    def expect(context: Context) -> None:
        found = context.unit.get(Visit, visit.id)
        found.state, found.number = VisitState.BOOKED.value, None
        found.begins = databases.now - timedelta(hours=1)
        found.ends = databases.now + timedelta(hours=6)

    databases.act("digital_government", expect)
    return {"visit_id": visit.id}


def call_next(databases: Databases, resource: Resource) -> Payload:
    """Somebody who waits."""
    _visit(databases, VisitState.WAITING, {"owner": f"p-{new_id()}", **resource})
    return {"window": 1, **resource}


PERIODS_SENT: list[dict[str, Any]] = [one.dump() for one in PERIODS]
CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "PublishTimetable": only(periods=PERIODS_SENT),
    "BookVisit": book_visit,
    "CancelVisit": on_visit(VisitState.BOOKED, {}),
    "CheckIn": check_in,
    "TakeNumber": take_number,
    "CallNext": call_next,
    "EndVisit": on_visit(VisitState.CALLED, {}),
    "RateVisit": on_visit(VisitState.SERVED, {"grade": 5}),
    "VisitById": on_visit(VisitState.WAITING, {}),
    "VisitsOfPerson": only(),
    "QueueOfHall": only(),
    "FreePeriods": only(division="330106", day="2026-03-02"),
    "CallBoard": only(division="330106"),
}
