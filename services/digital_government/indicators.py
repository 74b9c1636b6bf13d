"""The leaf measures of government services, from this service's own events."""

from __future__ import annotations

from services.digital_government.models import Case, Implementation, Measure, OneThing
from shared.context import Context
from shared.contracts.digital_government import (
    CaseById,
    CaseDecided,
    CaseSubmitted,
    ItemPublished,
    ItemsOffered,
    ItemWithdrawn,
    OneThingCompleted,
    OneThingProgress,
    ServiceRated,
)
from shared.drilldown import Shown
from shared.handling import subscribes
from shared.measures import count, observe
from shared.messaging.envelope import Envelope

SHOWS = {
    "Case": Shown(Case, CaseById),
    "Implementation": Shown(Implementation, ItemsOffered),
    "OneThing": Shown(OneThing, OneThingProgress),
}
"""By which query a record that is counted here is shown."""


@subscribes(ItemPublished)
def count_item(event: ItemPublished, envelope: Envelope, context: Context) -> None:
    """`items_offered`, and of these `items_online` and `items_zero_visit`."""
    count(Measure, "items_offered", event.division, context)
    if event.online:
        count(Measure, "items_online", event.division, context)
    if event.visits == 0:
        count(Measure, "items_zero_visit", event.division, context)


@subscribes(ItemWithdrawn)
def uncount_item(event: ItemWithdrawn, envelope: Envelope, context: Context) -> None:
    """What a division that ended offered is offered by its successor now."""
    count(Measure, "items_offered", event.division, context, -1)
    if event.online:
        count(Measure, "items_online", event.division, context, -1)
    if event.visits == 0:
        count(Measure, "items_zero_visit", event.division, context, -1)


@subscribes(CaseSubmitted)
def count_submitted_case(event: CaseSubmitted, envelope: Envelope, context: Context) -> None:
    """`cases_submitted`."""
    count(Measure, "cases_submitted", envelope.divisioncode, context)


@subscribes(CaseDecided)
def count_decided_case(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """`cases_decided`, of these `cases_in_time`, and `case_minutes` since the application."""
    count(Measure, "cases_decided", envelope.divisioncode, context)
    if event.in_time:
        count(Measure, "cases_in_time", envelope.divisioncode, context)
    observe(Measure, "case_minutes", envelope.divisioncode, context, event.minutes)


@subscribes(OneThingCompleted)
def count_completed_one_thing(
    event: OneThingCompleted, envelope: Envelope, context: Context
) -> None:
    """`one_things_completed`, of these `one_things_zero_visit`, and `one_thing_minutes`.

    One that failed took the time its applicant left it and is not counted.
    """
    if not event.granted:
        return
    count(Measure, "one_things_completed", event.division, context)
    if event.visits == 0:
        count(Measure, "one_things_zero_visit", event.division, context)
    observe(Measure, "one_thing_minutes", event.division, context, event.minutes)


@subscribes(ServiceRated)
def count_rating(event: ServiceRated, envelope: Envelope, context: Context) -> None:
    """`ratings`, of these `ratings_bad`, and `rating_grades`, how often each was given."""
    count(Measure, "ratings", event.division, context)
    if event.bad:
        count(Measure, "ratings_bad", event.division, context)
    observe(Measure, "rating_grades", event.division, context, event.grade)
