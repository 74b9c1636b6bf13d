"""Messages about supervision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from services.party_government.domain.alerts import AlertState
from services.party_government.domain.ladder import LADDERS, Urgency
from services.party_government.domain.rectification import OrderState
from services.party_government.models import (
    KnownOrgan,
    RectificationOrder,
    SupervisionAlert,
)
from shared.context import Context, new_id
from tests.security.databases import Databases, Payload, Resource, only

COUNTY = "330106"
CALLERS_ORGAN = "organ-of-caller"


def ensure(databases: Databases, *records: Any) -> None:
    """Keep those of these records that there are not yet."""

    def keep(context: Context) -> None:
        for record in records:
            if context.unit.find(type(record), record.id) is None:
                context.unit.add(record)

    databases.act("party_government", keep)


def known_organ(databases: Databases, division: str) -> str:
    organ = f"{division}-known"
    ensure(databases, KnownOrgan(id=organ, division=division))
    return organ


def alert_in_state(state: AlertState, databases: Databases, resource: Resource) -> Payload:
    """Decide about an alert in that state."""
    kept = SupervisionAlert(
        id=f"alert-{new_id()}",
        rule="jumped_step",
        subject="Case/c-1",
        state=state.value,
        raised_at=databases.now,
        last_at=databases.now,
        times=1,
        **resource,
    )
    databases.add("party_government", kept)
    return {"alert_id": kept.id, "reason": "已核实"}


def order_rectification(databases: Databases, resource: Resource) -> Payload:
    """Order an organ of the division to answer for a matter."""
    division = resource.get("division", COUNTY)
    wanted = {"division": division, "organ": known_organ(databases, division)}
    return {**wanted, "scenario": "none", "demand": "说明情况", "days": 5, **resource}


def order_in_state(
    state: OrderState, fields: Payload, databases: Databases, resource: Resource
) -> Payload:
    """Go on with an order in that state, which the caller's organ gave."""
    ladder = LADDERS[Urgency.ROUTINE].to_json()
    kept = RectificationOrder(
        id=f"ro-{new_id()}",
        issuer=CALLERS_ORGAN,
        demand="说明情况",
        urgency="routine",
        steps=ladder,
        ordered_at=databases.now,
        state=state.value,
        **{"organ": f"{COUNTY}-known", **resource},
    )
    if state is OrderState.ORDERED:
        kept.begin_duty(databases.now)
    databases.add("party_government", kept)
    return {"order_id": kept.id, **fields}


ANSWER: Payload = {"answer": "已整改", "evidence": ["某文号"]}
RETURN: Payload = {"reason": "佐证不足", "days": 3}
AS_ANSWERED = partial(order_in_state, OrderState.ANSWERED)
AS_ORDERED = partial(order_in_state, OrderState.ORDERED)
REASON: Payload = {"reason": "情况有变"}

CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "MatterTimeline": only(scenario="none"),
    "OpenAlerts": only(),
    "DismissAlert": partial(alert_in_state, AlertState.OPEN),
    "ReopenAlert": partial(alert_in_state, AlertState.DISMISSED),
    "TuneAlertRule": only(rule="same_hand", enabled=True, basis="监督工作办法"),
    "AlertRulesInForce": only(division=COUNTY),
    "OrderRectification": order_rectification,
    "AnswerOrder": partial(AS_ORDERED, ANSWER),
    "AcceptRectification": partial(AS_ANSWERED, {}),
    "ReturnRectification": partial(AS_ANSWERED, RETURN),
    "WithdrawRectification": partial(AS_ORDERED, REASON),
    "OrdersOfOrgan": lambda _, resource: {"division": COUNTY, **resource},
}
