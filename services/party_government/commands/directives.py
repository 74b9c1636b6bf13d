"""Drafting, issuing and ending directives, and how one press reaches every organ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from services.party_government.commands.ladders import ladder_of
from services.party_government.domain.directives import (
    SHORTEST_REVIEW,
    TO_SIGN,
    BeyondOwnDivision,
    NobodyAddressed,
    NothingToSupersede,
    OrganNotKnown,
    ReceiptsStillOpen,
    ReviewTooShort,
    handling_ends,
    receipt_id_of,
    require_possible,
)
from services.party_government.domain.ladder import Urgency
from services.party_government.figures import Indicators
from services.party_government.models import CentralTask, Directive, Dispatch, KnownOrgan, Receipt
from services.party_government.models.directives import is_open
from services.party_government.models.organs import addressed, in_being_on
from shared.context import Context
from shared.contracts.party_government import (
    Audience,
    CloseDirective,
    DirectiveTerms,
    DraftDirective,
    IssueDirective,
    RecallDirective,
    RequestLegalityReview,
    ReviseDraft,
)
from shared.deadlines import due_after
from shared.divisions import contains
from shared.errors import InvalidInput
from shared.handling import handles, on_timer

DELIVERY: Final = "directive_delivery"
WITHDRAWAL: Final = "directive_withdrawal"
LADDER: Final = "directive_ladder"
AT_ONCE: Final = 500
"""Receipts of one unit of work."""


# Drafting


@handles(DraftDirective)
def draft_directive(order: DraftDirective, context: Context) -> Directive:
    """Draft a directive of one's organ; raises as `_require_sound`."""
    organ = context.unit.find(KnownOrgan, order.organ)
    if organ is None or not organ.is_in_being(context.today):
        raise OrganNotKnown(organs=order.organ)
    _require_sound(order, organ, context)
    directive = Directive(id=context.new_id(), division=organ.division, organ=organ.id)
    directive.draft(order)
    return directive


@handles(ReviseDraft)
def revise_draft(directive: Directive, order: ReviseDraft, context: Context) -> None:
    """Replace what a draft says; raises `NotInThatState` and as `_require_sound`."""
    _require_sound(order, context.unit.get(KnownOrgan, directive.organ), context)
    directive.draft(order)


def _require_sound(terms: DirectiveTerms, organ: KnownOrgan, context: Context) -> None:
    """Raise `DeadlineNotPossible`, `NothingToSupersede`, `InvalidInput` for an indicator that does
    not hold there or a task that is not to be done there, or as `require_reach`."""
    require_possible(terms.handled_by, context.today)
    if terms.indicators:
        in_force = {one.id for one in Indicators.known(context).holding_in(organ.division)}
        if unknown := sorted(set(terms.indicators) - in_force):
            raise InvalidInput(fields={"indicators": [f"Not in force there: {unknown}."]})
    tasks = context.unit.find_each(CentralTask, *terms.tasks)
    to_be_done = {key for key, task in tasks.items() if task.goes_on_in(organ.division)}
    if unknown := sorted(set(terms.tasks) - to_be_done):
        raise InvalidInput(fields={"tasks": [f"Not to be done there: {unknown}."]})
    if terms.supersedes is not None:
        _superseded(terms.supersedes, organ.id, context)
    require_reach(terms.audience, organ.division, context)


def require_reach(audience: Audience, division: str, context: Context) -> None:
    """Raise `OrganNotKnown`, `NobodyAddressed`, or `BeyondOwnDivision` for organs that are not of
    the division or below it."""
    named = context.unit.rows(
        sa.select(KnownOrgan.id, KnownOrgan.division).where(
            KnownOrgan.id.in_(audience.organs), in_being_on(context.today)
        )
    )
    if missing := sorted(set(audience.organs) - {row.id for row in named}):
        raise OrganNotKnown(organs="、".join(missing))
    places = [row.division for row in named]
    places += [audience.within] if audience.within is not None else []
    if not all(contains(division, place) for place in places):
        raise BeyondOwnDivision()
    anybody = sa.select(KnownOrgan.id).where(addressed(audience, context.today)).limit(1)
    if not context.unit.rows(anybody):
        raise NobodyAddressed()


def _superseded(directive_id: str, organ: str, context: Context) -> Directive:
    """The directive in force of that organ; raises `NothingToSupersede`."""
    found = context.unit.find(Directive, directive_id)
    if found is None or found.organ != organ or not found.is_in_force:
        raise NothingToSupersede(directive=directive_id)
    return found


@handles(RequestLegalityReview)
def request_legality_review(
    directive: Directive, order: RequestLegalityReview, context: Context
) -> None:
    """Ask rule_of_law whether the draft is lawful; raises `NotInThatState`, `ReviewTooShort`."""
    if order.working_days < SHORTEST_REVIEW and directive.urgency is not Urgency.EMERGENCY:
        raise ReviewTooShort(days=SHORTEST_REVIEW)
    directive.ask_for_review(due_after(context.now, order.working_days).instant)


# In force, and no more


@handles(IssueDirective)
def issue_directive(directive: Directive, order: IssueDirective, context: Context) -> None:
    """Issue a directive at one press: it is in force now, and delivered in parts from now on.

    Raises `NotInThatState`, `DeadlineNotPossible` where its day has come meanwhile,
    `NothingToSupersede`.
    """
    terms = directive.says
    require_possible(terms.handled_by, context.today)
    handle_by = handling_ends(terms.handled_by, directive.urgency, context.now)
    directive.issue(order.number, context.now, handle_by)
    if terms.supersedes is not None:
        former = _superseded(terms.supersedes, directive.organ, context)
        former.give_way_to(directive)
        _begin_withdrawal(former, context)
    send(directive, directive.organ, directive.division, terms.audience, context)


def send(
    directive: Directive, organ: str, division: str, audience: Audience, context: Context
) -> Dispatch:
    """Send a directive down from an organ; who passes it on when its day is over leaves those
    below as long as its urgency usually does."""
    assert directive.handle_by is not None
    urgency = directive.urgency
    handle_by = directive.handle_by
    if handle_by <= context.now:
        handle_by = handling_ends(None, urgency, context.now)
    dispatch = Dispatch(
        id=receipt_id_of(directive.id, organ),
        division=division,
        directive=directive.id,
        organ=organ,
        audience=audience.dump(),
        supersedes=directive.terms["supersedes"] if organ == directive.organ else None,
        sign_by=TO_SIGN[urgency].after(context.now),
        handle_by=handle_by,
        steps=ladder_of(urgency, division, context).to_json(),
    )
    dispatch.send()
    context.unit.add(dispatch)
    context.unit.arm(DELIVERY, dispatch.id, context.now, context)
    return dispatch


@on_timer(DELIVERY)
def deliver_directive(dispatch: Dispatch, context: Context) -> None:
    """Lay a directive before the next organs, and go on at once while there are any."""
    if not context.unit.get(Directive, dispatch.directive).is_in_force:
        return
    organs = context.unit.rows(_next_organs(dispatch, context))
    has_it = _who_has_it(dispatch.directive, [row.id for row in organs], context)
    if wanting := [(row.id, row.division) for row in organs if row.id not in has_it]:
        for receipt in dispatch.deliver(wanting, context.now):
            context.unit.add(receipt)
    if len(organs) == AT_ONCE:
        dispatch.delivered_up_to = organs[-1].id
        context.unit.arm(DELIVERY, dispatch.id, context.now, context)
        return
    dispatch.delivered_up_to = None
    await_next_step(dispatch, context)


def _next_organs(dispatch: Dispatch, context: Context) -> sa.Select[str, str]:
    """Those addressed, and those who received what this one supersedes, but for whoever sends."""
    wanted = addressed(dispatch.to, context.today)
    if dispatch.supersedes is not None:
        received = sa.select(Receipt.organ).where(Receipt.directive == dispatch.supersedes)
        wanted = sa.or_(wanted, sa.and_(in_being_on(context.today), KnownOrgan.id.in_(received)))
    return (
        sa.select(KnownOrgan.id, KnownOrgan.division)
        .where(
            wanted,
            KnownOrgan.id != dispatch.organ,
            KnownOrgan.id > (dispatch.delivered_up_to or ""),
        )
        .order_by(KnownOrgan.id)
        .limit(AT_ONCE)
    )


def _who_has_it(directive: str, organs: Sequence[str], context: Context) -> set[str]:
    """Asked of these organs alone: joined with them, the database may read every receipt of the
    directive for each part of a delivery."""
    found = sa.select(Receipt.organ).where(
        Receipt.directive == directive, Receipt.organ.in_(organs)
    )
    return {row.organ for row in context.unit.rows(found)}


def await_next_step(dispatch: Dispatch, context: Context) -> None:
    """Set the timer for the next step of the ladder about either deadline, if one is left."""
    ladder = dispatch.ladder
    steps = [ladder.next_after(due, context.now) for due in dispatch.deadlines]
    if instants := [instant for instant in steps if instant is not None]:
        context.unit.arm(LADDER, dispatch.id, min(instants), context)


@handles(RecallDirective)
def recall_directive(directive: Directive, order: RecallDirective, context: Context) -> None:
    """Take a directive back; raises `NotInThatState`."""
    directive.recall(order.reason)
    _begin_withdrawal(directive, context)


def _begin_withdrawal(directive: Directive, context: Context) -> None:
    _stop_sending(directive, context)
    context.unit.arm(WITHDRAWAL, directive.id, context.now, context)


def _stop_sending(directive: Directive, context: Context) -> None:
    """Deliver no further, so that nobody receives it after the others were told, and let nobody
    climb."""
    for dispatch in context.unit.find_all(Dispatch, Dispatch.directive == directive.id):
        context.unit.cancel(
            LADDER if dispatch.delivered_up_to is None else DELIVERY, dispatch.id, context
        )


@on_timer(WITHDRAWAL)
def withdraw_directive(directive: Directive, context: Context) -> None:
    """Leave the next recipients nothing to do, and go on at once while there are any."""
    receipts = context.unit.find_all(
        Receipt,
        Receipt.directive == directive.id,
        Receipt.id > directive.withdrawn_up_to,
        limit=AT_ONCE,
    )
    if receipts:
        directive.withdraw_from(receipts)
        context.unit.arm(WITHDRAWAL, directive.id, context.now, context)


@handles(CloseDirective)
def close_directive(directive: Directive, order: CloseDirective, context: Context) -> None:
    """Close a directive that everyone has handled; raises `NotInThatState`, `ReceiptsStillOpen`."""
    directive.close()
    count = sa.select(sa.func.count()).where(Receipt.directive == directive.id, is_open())
    ((still_open,),) = context.unit.rows(count)
    if still_open:
        raise ReceiptsStillOpen(count=still_open)
    _stop_sending(directive, context)
