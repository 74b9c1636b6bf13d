"""What residents and officials order: applications, the handling of cases, ratings."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from services.digital_government.domain import (
    MATTERS,
    THINGS,
    AlreadyApplied,
    ApplicantNotNamed,
    ItemNotOffered,
    ThingDefinition,
    ThingState,
    reminder_of,
)
from services.digital_government.models import Case, Implementation, OneThing, Passage
from shared.context import Context
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    RateOneThing,
    RequestSupplement,
    ResumeCase,
    SubmitOneThing,
    SupplementCase,
    SuspendCase,
    WithdrawCase,
)
from shared.contracts.identity_data import FetchSharedData, SharedFact
from shared.divisions import Level, up_to
from shared.handling import handles

NEARLY_DUE = "case_nearly_due"
OVERDUE = "case_overdue"


# One-things


def refuse_second_application(order: SubmitOneThing, context: Context) -> AlreadyApplied | None:
    """The error where another application uses the reserved name; one that failed gave it back."""
    reservation = order.form.reservation_id
    others = context.unit.rows(
        sa.select(OneThing.id).where(
            OneThing.reservation_id == reservation, OneThing.state != ThingState.FAILED.value
        )
    )
    if not others:
        return None  # It failed in the same moment.
    return AlreadyApplied(reservation=reservation, one_thing=others[0].id)


@handles(SubmitOneThing, taken=refuse_second_application)
def submit_one_thing(order: SubmitOneThing, context: Context) -> OneThing:
    """Apply for all matters at once and begin those that depend on nothing.

    Raises `ApplicantNotNamed`, `ItemNotOffered`, `DivisionWasSplit` and `AlreadyApplied`.
    """
    applicant = order.applicant or context.actor.person
    if not applicant:
        raise ApplicantNotNamed()
    division = offering_division(THINGS[order.thing], order.division, context)
    one_thing = OneThing.submitted(
        f"t-{context.new_id()}",
        order.thing,
        division,
        applicant,
        order.form,
        context.now,
    )
    context.unit.add(one_thing)
    start_matters(one_thing, context)
    return one_thing


def offering_division(definition: ThingDefinition, division: str, context: Context) -> str:
    """The division, or the successor of one that ended, whose county offers every matter of the
    one-thing; raises `ItemNotOffered`, and `DivisionWasSplit` where several succeeded."""
    offered = _offered_in(division, definition.matters, context)
    if not offered:
        division = Passage.certain_successor_of(division, context)
        offered = _offered_in(division, definition.matters, context)
    absent = [code for code in definition.matters if code not in offered]
    if absent:
        names = "、".join(MATTERS[code].name_zh for code in absent)
        raise ItemNotOffered(division=division, matters=names)
    return division


def start_matters(one_thing: OneThing, context: Context) -> None:
    """Open a case for every matter that can begin now."""
    startable = one_thing.startable()
    offered = _offered_in(one_thing.division, startable, context)
    if startable and not offered:
        # Its division has ended, and the passing on has not come to it yet.
        one_thing.pass_to(Passage.successor_of(one_thing.division, context))
        offered = _offered_in(one_thing.division, startable, context)
    for matter in startable:
        case_id = f"c-{context.new_id()}"
        context.unit.add(one_thing.start_matter(case_id, offered[matter], context.now))


def _offered_in(
    division: str, matters: Sequence[str], context: Context
) -> dict[str, Implementation]:
    """Those of the matters which the county of the division offers."""
    county = up_to(division, Level.COUNTY)
    found = context.unit.reference(Implementation, *[f"{county}-{matter}" for matter in matters])
    return {one.matter: one for one in found.values() if one.ended_on is None}


@handles(RateOneThing)
def rate_one_thing(one_thing: OneThing, order: RateOneThing, context: Context) -> None:
    """Rate a finished one-thing once (GB/T 39735-2020)."""
    one_thing.rate(order.grade, order.comment)


# Cases


def fetch_facts(order: AcceptCase, context: Context) -> tuple[SharedFact, ...] | None:
    """Fetch what the matter needs to know, so that nobody asks the applicant for it.

    Nothing is read where the case cannot be accepted.
    """
    case = context.unit.find(Case, order.case_id)
    if case is None or not case.awaits_acceptance:
        return None
    matter = MATTERS[case.matter]
    shared = context.ask(
        FetchSharedData(
            subject=case.subject,
            facts=matter.facts,
            purpose=f"办理{matter.name_zh}",
            matter=matter.code,
            case_id=case.id,
            official=context.actor.id,
        )
    )
    return shared.facts


@handles(AcceptCase, gather=fetch_facts)
def accept_case(case: Case, order: AcceptCase, context: Context) -> None:
    """Accept a case, handle it from now on, and start its clock (Administrative Licensing Law
    articles 32 and 42)."""
    case.accept(context.facts, context.now, context.actor.id)
    _watch(case, context)


@handles(RequestSupplement)
def request_supplement(case: Case, order: RequestSupplement, context: Context) -> None:
    """Tell at once all that is missing (Administrative Licensing Law article 32(4))."""
    case.request_supplement(order.missing, context.now)
    _watch(case, context)


@handles(SupplementCase)
def supplement_case(case: Case, order: SupplementCase, context: Context) -> None:
    """Take what was missing and go on."""
    case.supplement(order.answers, context.now)
    _watch(case, context)


@handles(SuspendCase)
def suspend_case(case: Case, order: SuspendCase, context: Context) -> None:
    """Stop the clock for a special procedure (Administrative Licensing Law article 45)."""
    case.suspend(order.procedure, order.days_needed, context.now)
    _watch(case, context)


@handles(ResumeCase)
def resume_case(case: Case, order: ResumeCase, context: Context) -> None:
    """Go on after the special procedure."""
    case.resume(context.now)
    _watch(case, context)


@handles(DecideCase)
def decide_case(case: Case, order: DecideCase, context: Context) -> None:
    """Decide an accepted case (Administrative Licensing Law articles 37, 38 and 42)."""
    case.decide(order.outcome, order.reasons, context.now)
    _stop_watching(case, context)


@handles(WithdrawCase)
def withdraw_case(case: Case, order: WithdrawCase, context: Context) -> None:
    """Take an application back."""
    case.withdraw(order.reason, context.now)
    _stop_watching(case, context)


def _watch(case: Case, context: Context) -> None:
    """Set the case's timers for its deadline, or cancel them while its clock stands still.

    A reminder whose hour has passed is not set: either it was given, or the case came later.
    """
    _stop_watching(case, context)
    if case.due is None:
        return
    if reminder_of(case.due) > context.now:
        context.unit.arm(NEARLY_DUE, case.id, reminder_of(case.due), context)
    if not case.overdue:
        context.unit.arm(OVERDUE, case.id, case.due, context)


def _stop_watching(case: Case, context: Context) -> None:
    context.unit.cancel(NEARLY_DUE, case.id, context)
    context.unit.cancel(OVERDUE, case.id, context)
