"""The handling of cases."""

from __future__ import annotations

from services.digital_government.domain.cases import reminder_of
from services.digital_government.domain.matters import MATTERS
from services.digital_government.models import Case
from shared.context import Context
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    RequestSupplement,
    ResumeCase,
    SupplementCase,
    SuspendCase,
    WithdrawCase,
)
from shared.contracts.identity_data import FetchSharedData, SharedFact
from shared.handling import handles

NEARLY_DUE = "case_nearly_due"

OVERDUE = "case_overdue"


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
