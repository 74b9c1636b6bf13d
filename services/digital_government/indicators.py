"""The leaf measures of government services, from this service's own events."""

from __future__ import annotations

from services.digital_government.domain.items import is_generated
from services.digital_government.models import (
    Case,
    Concern,
    Implementation,
    Measure,
    OneThing,
    Rating,
    Visit,
)
from shared.context import Context
from shared.contracts.digital_government import (
    CaseById,
    CaseDecided,
    CaseSubmitted,
    ConcernAnswered,
    ConcernById,
    ConcernEscalated,
    ConcernRaised,
    CorrectionReported,
    ItemPublished,
    ItemsOffered,
    ItemWithdrawn,
    OneThingCompleted,
    OneThingProgress,
    RatingById,
    RatingExcluded,
    ResultDelivered,
    ServiceRated,
    VisitById,
    VisitEnded,
    VisitMissed,
)
from shared.divisions import contains
from shared.drilldown import Shown
from shared.handling import subscribes
from shared.measures import count, observe, unobserve
from shared.messaging.envelope import Envelope

SHOWS = {
    "Case": Shown(Case, CaseById),
    "Concern": Shown(Concern, ConcernById),
    "Implementation": Shown(Implementation, ItemsOffered),
    "OneThing": Shown(OneThing, OneThingProgress),
    "Rating": Shown(Rating, RatingById),
    "Visit": Shown(Visit, VisitById),
}
"""By which query a record that is counted here is shown."""


@subscribes(ItemPublished)
def count_item(event: ItemPublished, envelope: Envelope, context: Context) -> None:
    """`items_offered` with what `_count_item` says of it. What was offered before is counted as it
    is now, and what is made up not at all."""
    if is_generated(event.matter):
        return
    if event.again:
        days = (event.statutory_days_before, event.promised_days_before)
        before = (event.was_online, event.visits_before, *days)
        _count_item(-1, event.division, *before, context=context)
    now = (event.online, event.visits, event.statutory_days, event.promised_days)
    _count_item(1, event.division, *now, context=context)


@subscribes(ItemWithdrawn)
def uncount_item(event: ItemWithdrawn, envelope: Envelope, context: Context) -> None:
    """What a division offers no more."""
    if is_generated(event.implementation_id.partition("-")[2]):
        return
    told = (event.online, event.visits, event.statutory_days, event.promised_days)
    _count_item(-1, event.division, *told, context=context)


def _count_item(
    by: int,
    division: str,
    online: bool,
    visits: int,
    statutory_days: int,
    promised_days: int,
    *,
    context: Context,
) -> None:
    """`items_offered`, of these `items_online`, `items_zero_visit` and `items_one_visit` at most,
    and the sums `items_statutory_days` and `items_promised_days`."""
    count(Measure, "items_offered", division, context, by)
    if online:
        count(Measure, "items_online", division, context, by)
    if visits == 0:
        count(Measure, "items_zero_visit", division, context, by)
    if visits <= 1:
        count(Measure, "items_one_visit", division, context, by)
    if statutory_days:
        count(Measure, "items_statutory_days", division, context, by * statutory_days)
    if promised_days:
        count(Measure, "items_promised_days", division, context, by * promised_days)


@subscribes(CaseSubmitted)
def count_submitted_case(event: CaseSubmitted, envelope: Envelope, context: Context) -> None:
    """`cases_submitted`, of these `cases_online` that no window received, and `cases_across` that
    one of another place did."""
    division = envelope.divisioncode
    count(Measure, "cases_submitted", division, context)
    if event.received_in is None:
        count(Measure, "cases_online", division, context)
    elif not contains(event.received_in, division):
        count(Measure, "cases_across", division, context)


@subscribes(CaseDecided)
def count_decided_case(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """`cases_decided`, of these `cases_in_time`, `cases_early` and by rule `cases_instant`,
    `case_minutes` since the application, and `materials_reused` of all `materials_needed`."""
    division = envelope.divisioncode
    count(Measure, "cases_decided", division, context)
    if event.in_time:
        count(Measure, "cases_in_time", division, context)
    if event.early:
        count(Measure, "cases_early", division, context)
    if event.by_rule and event.minutes == 0:
        count(Measure, "cases_instant", division, context)
    if event.materials_reused:
        count(Measure, "materials_reused", division, context, event.materials_reused)
    needed = event.materials_reused + event.materials_brought
    if needed:
        count(Measure, "materials_needed", division, context, needed)
    observe(Measure, "case_minutes", division, context, event.minutes)


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
    """`ratings`, of these `ratings_bad`, and `rating_grades`, how often each was given; a bad one
    opens a correction, of which there are `corrections_opened`."""
    count(Measure, "ratings", event.division, context)
    if event.bad:
        count(Measure, "ratings_bad", event.division, context)
        count(Measure, "corrections_opened", event.division, context)
    observe(Measure, "rating_grades", event.division, context, event.grade)


@subscribes(RatingExcluded)
def uncount_rating(event: RatingExcluded, envelope: Envelope, context: Context) -> None:
    """What counts no more, because it was not of this service or malicious."""
    count(Measure, "ratings", event.division, context, -1)
    count(Measure, "ratings_bad", event.division, context, -1)
    count(Measure, "corrections_opened", event.division, context, -1)
    unobserve(Measure, "rating_grades", event.division, context, event.grade)


@subscribes(CorrectionReported)
def count_correction(event: CorrectionReported, envelope: Envelope, context: Context) -> None:
    """`corrections_in_time`: of the corrections those of which the first report came in time."""
    rating = context.unit.get(Rating, event.rating_id)
    if event.in_time and rating.rounds == 1:
        count(Measure, "corrections_in_time", envelope.divisioncode, context)


@subscribes(ConcernRaised)
def count_raised_concern(event: ConcernRaised, envelope: Envelope, context: Context) -> None:
    """`concerns_raised`."""
    count(Measure, "concerns_raised", event.division, context)


@subscribes(ConcernAnswered)
def count_answered_concern(event: ConcernAnswered, envelope: Envelope, context: Context) -> None:
    """`concerns_answered`, of these `concerns_in_time`; a second answer counts no second time."""
    if event.again:
        return
    count(Measure, "concerns_answered", event.division, context)
    if event.in_time:
        count(Measure, "concerns_in_time", event.division, context)


@subscribes(ConcernEscalated)
def count_escalated_concern(event: ConcernEscalated, envelope: Envelope, context: Context) -> None:
    """`concerns_escalated`, as often as one went to the organ above."""
    count(Measure, "concerns_escalated", event.division, context)


@subscribes(VisitEnded)
def count_ended_visit(event: VisitEnded, envelope: Envelope, context: Context) -> None:
    """`visits_served` and `visit_waiting_minutes`."""
    count(Measure, "visits_served", event.division, context)
    observe(Measure, "visit_waiting_minutes", event.division, context, event.waited)


@subscribes(VisitMissed)
def count_missed_visit(event: VisitMissed, envelope: Envelope, context: Context) -> None:
    """`visits_missed`."""
    count(Measure, "visits_missed", event.division, context)


@subscribes(ResultDelivered)
def count_delivered_result(event: ResultDelivered, envelope: Envelope, context: Context) -> None:
    """`cases_delivered`, of these `cases_zero_visit` and `cases_one_visit` at most."""
    division = envelope.divisioncode
    count(Measure, "cases_delivered", division, context)
    if event.visits == 0:
        count(Measure, "cases_zero_visit", division, context)
    if event.visits <= 1:
        count(Measure, "cases_one_visit", division, context)
