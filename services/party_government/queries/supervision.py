"""What supervisors, and the organs that they gave orders, ask."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.party_government.domain.alerts import RULES, UNDER_WAY
from services.party_government.domain.rectification import OPEN
from services.party_government.models import (
    RectificationOrder,
    SupervisionAlert,
    TunedAlertRule,
)
from shared.context import Context
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    AlertList,
    AlertRuleList,
    AlertRulesInForce,
    OpenAlerts,
    OrdersOfOrgan,
    RectificationOrderList,
)
from shared.divisions import lineage
from shared.handling import answers

MOST_ALERTS = 500
MOST_ORDERS = 500


@answers(OpenAlerts)
def open_alerts(query: OpenAlerts, context: Context) -> AlertList:
    """The newest five hundred."""
    conditions: list[Any] = [
        SupervisionAlert.state.in_([state.value for state in UNDER_WAY]),
        SupervisionAlert.division.startswith(query.division),
    ]
    if query.rule is not None:
        conditions.append(SupervisionAlert.rule == query.rule)
    rows = context.unit.rows(
        sa.select(SupervisionAlert)
        .where(*conditions)
        .order_by(SupervisionAlert.raised_at.desc(), SupervisionAlert.id)
        .limit(MOST_ALERTS + 1)
    )
    return AlertList(
        alerts=tuple(_alert(row) for row in rows[:MOST_ALERTS]),
        complete=len(rows) <= MOST_ALERTS,
    )


def _alert(row: Any) -> contract.Alert:
    why_zh, why_en = RULES[row.rule].why(row.finding)
    return contract.Alert(
        alert_id=row.id,
        version=row.version,
        rule=row.rule,
        state=row.state,
        division=row.division,
        organ=row.organ,
        official=row.official,
        subject=row.subject,
        scenario=row.scenario,
        why_zh=why_zh,
        why_en=why_en,
        times=row.times,
        raised_at=row.raised_at,
        last_at=row.last_at,
        order_id=row.order_id,
    )


@answers(AlertRulesInForce)
def alert_rules_in_force(query: AlertRulesInForce, context: Context) -> AlertRuleList:
    """Each rule as the nearest division tuned it, or as set up."""
    above = TunedAlertRule.division.in_(lineage(query.division))
    nearest = {
        one.rule: one
        for one in sorted(context.unit.find_all(TunedAlertRule, above), key=lambda t: t.division)
    }
    rules = []
    for code, rule in RULES.items():
        tuned = nearest.get(code)
        terms = rule.terms if tuned is None else tuned.terms
        rules.append(
            contract.AlertRule(
                rule=code,  # type: ignore[arg-type]
                name_zh=rule.name_zh,
                name_en=rule.name_en,
                enabled=terms.enabled,
                threshold=terms.threshold,
                threshold_means=rule.threshold_means,
                least=terms.least,
                least_means=rule.least_means,
                tuned_in=None if tuned is None else tuned.division,
                basis=None if tuned is None else tuned.basis,
            )
        )
    return AlertRuleList(rules=tuple(rules))


@answers(OrdersOfOrgan)
def orders_of_organ(query: OrdersOfOrgan, context: Context) -> RectificationOrderList:
    """The newest five hundred."""
    is_open = RectificationOrder.state.in_([state.value for state in OPEN])
    conditions = [
        RectificationOrder.division.startswith(query.division),
        sa.not_(is_open) if query.closed else is_open,
    ]
    if query.organ is not None:
        conditions.append(RectificationOrder.organ == query.organ)
    rows = context.unit.rows(
        sa.select(RectificationOrder)
        .where(*conditions)
        .order_by(RectificationOrder.ordered_at.desc(), RectificationOrder.id)
        .limit(MOST_ORDERS + 1)
    )
    return RectificationOrderList(
        orders=tuple(_order(row) for row in rows[:MOST_ORDERS]),
        complete=len(rows) <= MOST_ORDERS,
    )


def _order(row: Any) -> contract.RectificationOrder:
    return contract.RectificationOrder(
        order_id=row.id,
        version=row.version,
        state=row.state,
        division=row.division,
        organ=row.organ,
        issuer=row.issuer,
        alert_id=row.alert_id,
        scenario=row.scenario,
        demand=row.demand,
        urgency=row.urgency,
        due=row.due,
        rung=row.rung,
        colour=row.colour,
        answer=row.answered,
        evidence=tuple(row.evidence),
        returned=tuple(row.returned),
    )
