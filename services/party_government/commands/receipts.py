"""What organs do about the directives that they receive, and what happens where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.party_government.commands.directives import (
    AT_ONCE,
    LADDER,
    await_next_step,
    require_reach,
    send,
)
from services.party_government.domain.directives import ReceiptState
from services.party_government.domain.ladder import ORDER, Told
from services.party_government.models import Directive, Dispatch, KnownOrgan, Receipt
from shared.context import Context
from shared.contracts.party_government import (
    CheckFeedback,
    PassDirectiveOn,
    ReportHandling,
    SignReceipt,
)
from shared.errors import NotAllowed
from shared.handling import handles, on_timer


@handles(SignReceipt)
def sign_receipt(receipt: Receipt, order: SignReceipt, context: Context) -> None:
    """Confirm a receipt; raises `DirectiveNotInForce`, `NotInThatState`."""
    _directive_in_force(receipt, context)
    dispatch = context.unit.get(Dispatch, receipt.dispatch)
    receipt.sign(context.actor.id, context.now, dispatch.handle_by)
    _climb([receipt], dispatch, context)


@handles(PassDirectiveOn)
def pass_directive_on(receipt: Receipt, order: PassDirectiveOn, context: Context) -> None:
    """Send a directive on to organs below; raises `DirectiveNotInForce`, `NotInThatState`,
    `AlreadyPassedOn`, `BeyondOwnDivision`, `OrganNotKnown`, `NobodyAddressed`."""
    directive = _directive_in_force(receipt, context)
    require_reach(order.audience, receipt.division, context)
    receipt.pass_on(send(directive, receipt.organ, receipt.division, order.audience, context))


@handles(ReportHandling)
def report_handling(receipt: Receipt, order: ReportHandling, context: Context) -> None:
    """Say what was done; raises `DirectiveNotInForce`, `NotInThatState`."""
    _directive_in_force(receipt, context)
    receipt.report_handling(order.text, order.evidence, context.now)


@handles(CheckFeedback)
def check_feedback(receipt: Receipt, order: CheckFeedback, context: Context) -> None:
    """Accept what was reported or send it back; raises `NotAllowed` for an official of an organ
    that did not send it the directive, `DirectiveNotInForce`, `NotInThatState`,
    `RemarkMissing`."""
    if context.actor.kind == "official" and context.actor.organ != receipt.sender:
        raise NotAllowed(action=order.ZH)
    _directive_in_force(receipt, context)
    receipt.check(order.accepted, order.remark)
    # While it was checked it did not climb.
    _climb([receipt], context.unit.get(Dispatch, receipt.dispatch), context)


def _directive_in_force(receipt: Receipt, context: Context) -> Directive:
    directive = context.unit.get(Directive, receipt.directive)
    directive.require_in_force()
    return directive


# The ladder


@on_timer(LADDER)
def climb_ladder(dispatch: Dispatch, context: Context) -> None:
    """Let whoever is late climb, the next of them at once, and all again at the next instant."""
    receipts = context.unit.find_all(
        Receipt,
        Receipt.dispatch == dispatch.id,
        sa.or_(sa.false(), *_behind(dispatch, context.now)),
        limit=AT_ONCE,
    )
    _climb(receipts, dispatch, context)
    if len(receipts) == AT_ONCE:
        context.unit.arm(LADDER, dispatch.id, context.now, context)
    else:
        await_next_step(dispatch, context)


def _behind(dispatch: Dispatch, now: datetime) -> Iterator[sa.ColumnElement[bool]]:
    """Selects those that have not climbed as high as they must have; what was reported waits for
    whoever checks it, and climbs no further."""
    dues = {ReceiptState.DELIVERED: dispatch.sign_by, ReceiptState.SIGNED: dispatch.handle_by}
    for state, due in dues.items():
        if step := dispatch.ladder.step_at(due, now):
            lower = [rung for rung, number in ORDER.items() if number < ORDER[step.rung]]
            yield sa.and_(Receipt.state == state.value, Receipt.rung.in_(lower))


def _climb(receipts: Sequence[Receipt], dispatch: Dispatch, context: Context) -> None:
    """Let these reach the rung that their deadline has come to."""
    organs = context.unit.reference(KnownOrgan, *(receipt.organ for receipt in receipts))
    for receipt in receipts:
        if receipt.due is None or receipt.state == ReceiptState.REPORTED:
            continue
        if step := dispatch.ladder.step_at(receipt.due, context.now):
            known = organs.get(receipt.organ)
            above = [known.parent] if known is not None and known.parent is not None else []
            told = {
                Told.ORGAN: [],
                Told.SUPERIOR: above,
                Told.ISSUER: sorted({*above, dispatch.organ}),
            }
            receipt.climb(step.rung, told[step.tells])
