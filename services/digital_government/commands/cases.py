"""The handling of cases."""

from __future__ import annotations

from collections.abc import Sequence

from services.digital_government.domain import decisions, procedures
from services.digital_government.domain.applications import that_may_follow
from services.digital_government.domain.cases import (
    DEEMED,
    CaseState,
    NotTheStepsRole,
    StepsOutstanding,
    reminder_of,
)
from services.digital_government.domain.items import facts_of, is_demanded
from services.digital_government.models import Application, Case, CaseReview, ItemEdition
from services.digital_government.models.offers import offered_nearest
from shared.context import Context
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    DeclineCase,
    DeliverResult,
    GiveReview,
    ItemDefinition,
    Outcome,
    ProcedureStep,
    RequestSupplement,
    ResumeCase,
    SupplementCase,
    SuspendCase,
    TransferCase,
    WithdrawCase,
)
from shared.contracts.identity_data import FactName, FetchSharedData, SharedFact
from shared.deadlines import due_after
from shared.handling import handles, on_timer

NEARLY_DUE = "case_nearly_due"
OVERDUE = "case_overdue"
TOLERANCE_ENDS = "case_tolerance_ends"


def fetch_facts(order: AcceptCase, context: Context) -> tuple[SharedFact, ...] | None:
    """Fetch what the matter needs to know, so that nobody asks the applicant for it.

    Nothing is read where the case cannot be accepted, nor what was read with the application.
    """
    case = context.unit.find(Case, order.case_id)
    if case is None or not case.awaits_acceptance:
        return None
    edition = edition_of(case, context)
    known = {fact["name"] for fact in case.facts}
    names = [fact for fact in facts_of(edition.definition) if fact not in known]
    return facts_for(names, edition, case.id, case.subject, context)


def facts_for(
    names: Sequence[FactName], edition: ItemEdition, case_id: str, subject: str, context: Context
) -> tuple[SharedFact, ...]:
    """The facts of these names for a case of that item; nobody is asked for none."""
    if not names:
        return ()
    shared = context.ask(
        FetchSharedData(
            subject=subject,
            facts=tuple(names),
            purpose=f"办理{edition.name}",
            matter=edition.code,
            case_id=case_id,
            official=context.actor.id if context.actor.kind == "official" else None,
        )
    )
    return shared.facts


def edition_of(case: Case, context: Context) -> ItemEdition:
    """The edition of the item that the case was filed under."""
    return context.unit.reference(ItemEdition, case.item_edition)[case.item_edition]


@handles(AcceptCase, gather=fetch_facts)
def accept_case(case: Case, order: AcceptCase, context: Context) -> None:
    """Accept a case, handle it from now on, and start its clock (Administrative Licensing Law
    articles 32 and 42)."""
    accept(case, context.facts, context)


def accept(
    case: Case, facts: tuple[SharedFact, ...] | None, context: Context, *, by_rule: bool = False
) -> None:
    """Begin the handling, and go on to the steps that come next. Who accepts it for the organ that
    decides is its handler; a window elsewhere is none, nor is a rule."""
    decides = context.actor.organ == case.organ and not by_rule
    definition = edition_of(case, context).definition
    case.accept(
        facts,
        context.now,
        context.actor.id if decides else None,
        tolerated=that_may_follow(definition, case.materials),
        tolerance_days=definition.tolerance_days,
        by_rule=by_rule,
    )
    if case.tolerated_until is not None:
        context.unit.arm(TOLERANCE_ENDS, case.id, case.tolerated_until, context)
    _watch(case, context)
    go_on(case, definition, context)


def go_on(case: Case, definition: ItemDefinition, context: Context) -> None:
    """Ask for the reviews that can be given now, and let the item's table decide where the
    decision is its turn."""
    known = case.known(context.today)
    done = _stages_done(case, definition)
    for step in procedures.open_steps(definition.procedure, done, known):
        if step.stage == "review" and step.key not in case.steps:
            _ask_review(case, step, definition, context)
        elif step.stage == "decision" and step.by == "rule" and case.ruling is None:
            _decide_by_rule(case, definition, context)


def _stages_done(case: Case, definition: ItemDefinition) -> set[str]:
    """The steps that an accepted case has behind it."""
    steps = procedures.steps_of(definition.procedure)
    begun = {step.key for step in steps if step.stage in ("application", "acceptance")}
    return begun | case.steps_done


def _ask_review(
    case: Case, step: ProcedureStep, definition: ItemDefinition, context: Context
) -> None:
    place, _, kind = case.organ.partition("-")
    review = CaseReview(
        id=f"w-{context.new_id()}",
        division=case.division,
        case_id=case.id,
        matter=case.matter,
        step=step.key,
        name=step.name,
        by=step.by,
        organ=f"{place}-{step.organ_kind or kind}",
        owner=case.owner,
        due=due_after(context.now, step.days).instant if step.days else case.due,
    )
    review.request()
    context.unit.add(review)
    case.ask_review(step.key, review.id)


def _decide_by_rule(case: Case, definition: ItemDefinition, context: Context) -> None:
    assert definition.decision is not None  # Nobody publishes a rule without its table.
    ruling = decisions.rule_on(definition.decision, case.known(context.today))
    case.ruling = ruling.to_json()
    if ruling.outcome == "granted" and not case.tolerated:
        _decide(case, "granted", None, context, by_rule=True)
    elif ruling.outcome == "refused":
        _decide(case, "refused", ruling.reason, context, by_rule=True)


def _decide(
    case: Case, outcome: Outcome, reasons: str | None, context: Context, *, by_rule: bool
) -> None:
    reused = sum(not is_demanded(one) for one in edition_of(case, context).definition.materials)
    case.decide(outcome, reasons, context.now, by_rule=by_rule, materials_reused=reused)
    _close(case, context)


@handles(GiveReview)
def give_review(review: CaseReview, order: GiveReview, context: Context) -> None:
    """Give the opinion of a step, and go on with what it opens; raises `ReviewOver` and
    `NotTheStepsRole`."""
    review.give(order.opinion, context.actor.roles)
    case = context.unit.get(Case, review.case_id)
    case.take_review(review.step, order.opinion, order.note)
    if case.state == CaseState.ACCEPTED:
        go_on(case, edition_of(case, context).definition, context)


@handles(DeclineCase)
def decline_case(case: Case, order: DeclineCase, context: Context) -> None:
    """Not accept an application, with reasons (Administrative Licensing Law article 32)."""
    case.decline(order.reasons, context.now)
    _close(case, context)


@handles(DeliverResult)
def deliver_result(case: Case, order: DeliverResult, context: Context) -> None:
    """Bring the applicant what was decided (Administrative Licensing Law article 44)."""
    case.deliver(order.way, order.reference, context.now)


@handles(RequestSupplement)
def request_supplement(case: Case, order: RequestSupplement, context: Context) -> None:
    """Tell at once all that is missing (Administrative Licensing Law article 32(4))."""
    case.request_supplement(order.missing, context.now)
    _watch(case, context)


@handles(SupplementCase)
def supplement_case(case: Case, order: SupplementCase, context: Context) -> None:
    """Take what was missing and go on."""
    case.supplement(order.answers, context.now, at_window=context.actor.kind == "official")
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
    """Decide an accepted case when its reviews are given (Administrative Licensing Law articles
    37, 38 and 42); raises `StepsOutstanding`, `NotTheStepsRole`, `MaterialsOutstanding`."""
    definition = edition_of(case, context).definition
    _require_turn_of_decision(case, definition, context)
    _decide(case, order.outcome, order.reasons, context, by_rule=False)


def _require_turn_of_decision(case: Case, definition: ItemDefinition, context: Context) -> None:
    step = procedures.step_of("decision", definition.procedure)
    if step.by == "leader" and step.by not in context.actor.roles:
        raise NotTheStepsRole(role=step.by)
    known = case.known(context.today)
    settled = _stages_done(case, definition) | procedures.steps_left_out(
        definition.procedure, known
    )
    outstanding = [
        one.name
        for one in procedures.steps_of(definition.procedure)
        if one.stage == "review" and one.key not in settled
    ]
    if outstanding:
        raise StepsOutstanding(steps="、".join(outstanding))


@handles(WithdrawCase)
def withdraw_case(case: Case, order: WithdrawCase, context: Context) -> None:
    """Take an application back."""
    case.withdraw(order.reason, context.now)
    _close(case, context)


@handles(TransferCase)
def transfer_case(case: Case, order: TransferCase, context: Context) -> None:
    """Hand it, with what was applied with, to who decides it; raises `StepsOutstanding` while a
    review is open, `ItemNotOffered`."""
    asked = [one for one in case.steps.values() if not one.get("opinion")]
    if asked:
        reviews = context.unit.find_each(CaseReview, *(one["review_id"] for one in asked))
        raise StepsOutstanding(steps="、".join(one.name for one in reviews.values()))
    read = context.unit.find_each
    offered = offered_nearest(order.to_division, [case.matter], read, context)[case.matter]
    case.transfer(order.to_division, offered.organ, order.reason)
    application = context.unit.find(Application, case.id)
    if application is not None:
        application.follow(case)


@on_timer(TOLERANCE_ENDS)
def end_tolerance(case: Case, context: Context) -> None:
    """What might follow did not come in its time."""
    case.end_tolerance()


def decide_overdue(case: Case, context: Context) -> None:
    """Let the deadline pass: where the item says so, what nobody decided is granted."""
    case.become_overdue()
    deemed = edition_of(case, context).definition.deemed_approval
    if deemed and case.state == CaseState.ACCEPTED and not case.tolerated:
        case.ruling = {"outcome": "granted", "reason": DEEMED, "row": 0, "looked_at": {}}
        _decide(case, "granted", None, context, by_rule=True)


def _close(case: Case, context: Context) -> None:
    """Watch no deadline of a case that is over, and need no review of it any more."""
    _stop_watching(case, context)
    if case.tolerated_until is not None:
        context.unit.cancel(TOLERANCE_ENDS, case.id, context)
    asked = [one["review_id"] for one in case.steps.values() if not one.get("opinion")]
    for review in context.unit.find_each(CaseReview, *asked).values() if asked else ():
        review.end()


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
