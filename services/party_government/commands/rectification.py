"""Supervisors' orders, their answers, and the ladder that an unanswered one climbs."""

from __future__ import annotations

from services.party_government.commands.ladders import ladder_of
from services.party_government.domain.ladder import Step, Told
from services.party_government.domain.rectification import (
    AlertElsewhere,
    OrderAboutNothing,
    OrganElsewhere,
)
from services.party_government.models import KnownOrgan, RectificationOrder, SupervisionAlert
from shared.context import Context
from shared.contracts.party_government import (
    AcceptRectification,
    AnswerOrder,
    OrderRectification,
    ReturnRectification,
    WithdrawRectification,
)
from shared.deadlines import due_after
from shared.divisions import contains
from shared.handling import handles, on_timer

RECTIFICATION_STEP = "rectification_step"


@handles(OrderRectification)
def order_rectification(order: OrderRectification, context: Context) -> RectificationOrder:
    """Give an organ an order about an alert or a matter; raises `OrderAboutNothing`,
    `OrganElsewhere`, `AlertElsewhere` and `AlertInWrongState`."""
    if order.alert_id is None and order.scenario is None:
        raise OrderAboutNothing(fields={"alert_id": ["Name an alert or a scenario."]})
    organ = context.unit.find(KnownOrgan, order.organ)
    if organ is None or not organ.is_in_being(context.today):
        raise OrganElsewhere(organ=order.organ)
    if not contains(order.division, organ.division):
        raise OrganElsewhere(organ=order.organ)
    given = RectificationOrder(
        id=f"ro-{context.new_id()}",
        division=organ.division,
        organ=organ.id,
        issuer=context.actor.organ,
        alert_id=order.alert_id,
        scenario=order.scenario or "",
        demand=order.demand,
        urgency=order.urgency,
        steps=ladder_of(order.urgency, organ.division, context).to_json(),
        ordered_at=context.now,
    )
    if order.alert_id is not None:
        alert = _alert_within(order.alert_id, order.division, context)
        alert.order(given.id)
        given.official = alert.official
        given.scenario = given.scenario or alert.scenario
    given.give(due_after(context.now, order.days).instant)
    _watch(given, context)
    return given


def _alert_within(alert_id: str, division: str, context: Context) -> SupervisionAlert:
    alert = context.unit.find(SupervisionAlert, alert_id)
    # One elsewhere is refused like one that does not exist, so that nobody learns of it.
    if alert is None or not contains(division, alert.division):
        raise AlertElsewhere(alert=alert_id)
    return alert


@handles(AnswerOrder)
def answer_order(given: RectificationOrder, order: AnswerOrder, context: Context) -> None:
    """Answer with evidence; raises `OrderInWrongState` and `AnswersForOneself`."""
    given.answer(order.answer, order.evidence, context.actor.id, context.now)
    context.unit.cancel(RECTIFICATION_STEP, given.id, context)
    if alert := _alert_of(given, context):
        alert.answer()


@handles(AcceptRectification)
def accept_rectification(
    given: RectificationOrder, order: AcceptRectification, context: Context
) -> None:
    """Close the order and its alert; raises `OrderInWrongState` and `NotTheIssuer`."""
    given.accept(order.remark, context.actor.organ)
    if alert := _alert_of(given, context):
        alert.close()


@handles(ReturnRectification)
def return_rectification(
    given: RectificationOrder, order: ReturnRectification, context: Context
) -> None:
    """Ask for another answer; raises `OrderInWrongState` and `NotTheIssuer`."""
    due = due_after(context.now, order.days).instant
    given.return_answer(order.reason, due, context.actor.organ)
    _watch(given, context)
    if alert := _alert_of(given, context):
        alert.return_answer()


@handles(WithdrawRectification)
def withdraw_rectification(
    given: RectificationOrder, order: WithdrawRectification, context: Context
) -> None:
    """Take the order back; raises `OrderInWrongState` and `NotTheIssuer`."""
    given.withdraw(order.reason, context.actor.organ)
    context.unit.cancel(RECTIFICATION_STEP, given.id, context)
    if alert := _alert_of(given, context):
        alert.release()


@on_timer(RECTIFICATION_STEP)
def climb_rectification(given: RectificationOrder, context: Context) -> None:
    """Climb the rung that was reached, and wait for the next one."""
    if given.due is None:
        return
    step = given.ladder.step_at(given.due, context.now)
    if step is not None:
        given.climb(step.rung, _told(given, step, context))
    _watch(given, context)


def _watch(given: RectificationOrder, context: Context) -> None:
    assert given.due is not None  # It is to be answered.
    following = given.ladder.next_after(given.due, context.now)
    if following is not None:
        context.unit.arm(RECTIFICATION_STEP, given.id, following, context)


def _told(given: RectificationOrder, step: Step, context: Context) -> list[str]:
    """Who must know: the organ's superior, and from the last rung on whoever gave the order."""
    told: list[str] = []
    if step.tells is not Told.ORGAN:
        organ = context.unit.find(KnownOrgan, given.organ)
        told += [organ.parent] if organ is not None and organ.parent else []
    if step.tells is Told.ISSUER:
        told.append(given.issuer)
    return told


def _alert_of(given: RectificationOrder, context: Context) -> SupervisionAlert | None:
    """The alert that it is about, unless that has another order by now."""
    if given.alert_id is None:
        return None
    alert = context.unit.find(SupervisionAlert, given.alert_id)
    return alert if alert is not None and alert.order_id == given.id else None
