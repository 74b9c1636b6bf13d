"""What applicants think of it, and what is put right."""

from __future__ import annotations

from services.digital_government.domain.cases import CLOSED, CaseState
from services.digital_government.domain.one_things import ThingState
from services.digital_government.domain.ratings import (
    AlreadyRated,
    CorrectionState,
    NotByTheRated,
    NotFinishedYet,
)
from services.digital_government.models import Case, OneThing, Rating
from shared.context import Context
from shared.contracts.digital_government import (
    AppealRating,
    DecideRatingAppeal,
    RateCase,
    RateOneThing,
    RateVisit,
    RecordCallBack,
    ReportCorrection,
)
from shared.handling import handles, on_timer

OVERDUE = "correction_overdue"


def refuse_second_rating(
    order: RateCase | RateOneThing | RateVisit, context: Context
) -> AlreadyRated:
    """It was rated at the same moment."""
    return AlreadyRated()


@handles(RateCase, taken=refuse_second_rating)
def rate_case(case: Case, order: RateCase, context: Context) -> None:
    """Rate a case that is over, once; raises `NotFinishedYet` and `AlreadyRated`."""
    if case.state not in CLOSED - {CaseState.WITHDRAWN}:
        raise NotFinishedYet()
    given = {"comment": order.comment, "publishable": order.publishable}
    give_rating(Rating.of_case(case, order.grade, context.now, **given), context)


@handles(RateOneThing, taken=refuse_second_rating)
def rate_one_thing(one_thing: OneThing, order: RateOneThing, context: Context) -> None:
    """Rate a one-thing that is over, once; raises `NotFinishedYet` and `AlreadyRated`."""
    if one_thing.state == ThingState.RUNNING:
        raise NotFinishedYet()
    given = {"comment": order.comment, "publishable": order.publishable}
    give_rating(Rating.of_one_thing(one_thing, order.grade, context.now, **given), context)


def give_rating(rating: Rating, context: Context) -> None:
    """Let it count, and be put right in time where it is bad; raises `AlreadyRated`."""
    if context.unit.find(Rating, rating.id) is not None:
        raise AlreadyRated()
    rating.give()
    context.unit.add(rating)
    if rating.due is not None:
        context.unit.arm(OVERDUE, rating.id, rating.due, context)


@handles(ReportCorrection)
def report_correction(rating: Rating, order: ReportCorrection, context: Context) -> None:
    """Say what was put right."""
    rating.report(order.found, order.done, context.now)
    _watch(rating, context)


@handles(RecordCallBack)
def record_call_back(rating: Rating, order: RecordCallBack, context: Context) -> None:
    """Call the applicant back; raises `NotByTheRated`."""
    _require_another_organ(rating, context)
    rating.call_back(order.words, context.now, satisfied=order.satisfied)
    _watch(rating, context)


@handles(AppealRating)
def appeal_rating(rating: Rating, order: AppealRating, context: Context) -> None:
    """Hold that it is wrong."""
    rating.be_appealed(order.reasons, context.now)
    _watch(rating, context)


@handles(DecideRatingAppeal)
def decide_rating_appeal(rating: Rating, order: DecideRatingAppeal, context: Context) -> None:
    """Let it count no more, or stand; raises `NotByTheRated`."""
    _require_another_organ(rating, context)
    if order.upheld:
        rating.exclude(order.reasons)
    else:
        rating.stand(order.reasons, context.now)
    _watch(rating, context)


@on_timer(OVERDUE)
def mark_correction_overdue(rating: Rating, context: Context) -> None:
    """Nothing was reported in its time."""
    rating.become_overdue()


def _require_another_organ(rating: Rating, context: Context) -> None:
    if context.actor.organ == rating.organ:
        raise NotByTheRated()


def _watch(rating: Rating, context: Context) -> None:
    """Set the timer of an open correction, or cancel it."""
    context.unit.cancel(OVERDUE, rating.id, context)
    if rating.correction == CorrectionState.OPEN and rating.due is not None:
        context.unit.arm(OVERDUE, rating.id, rating.due, context)
