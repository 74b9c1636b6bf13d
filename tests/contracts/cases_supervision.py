"""Cases of supervision: alerts and orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.party_government.domain.alerts import AlertState
from services.party_government.models import (
    KnownOrgan,
    SupervisionAlert,
)
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AcceptRectification,
    AnswerOrder,
    DismissAlert,
    OrderRectification,
    ReopenAlert,
    ReturnRectification,
    TuneAlertRule,
    WithdrawRectification,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import MONDAY, Ready, on_existing

COUNTY = "330106"
ORGAN = f"{COUNTY}-market_regulation"
SUPERVISOR = Principal("account.supervisor", "official", "33", "33-supervision", ("supervisor",))
ANSWERING = Principal("account.answering", "official", COUNTY, ORGAN, ("case_officer",))


def know_organ(context: Context) -> None:
    """An organ of the county."""
    context.unit.add(
        KnownOrgan(id=ORGAN, division=COUNTY, name="市场监督管理局", parent=f"{COUNTY}-government")
    )


def alert(harness: ServiceHarness, state: AlertState = AlertState.OPEN) -> str:
    """An alert about a case of the county, in that state; its id."""
    kept = SupervisionAlert(
        id="alert-1",
        division=COUNTY,
        rule="jumped_step",
        subject="Case/c-1",
        organ=ORGAN,
        official="account.somebody",
        scenario="scenario-1",
        state=state.value,
        raised_at=MONDAY,
        last_at=MONDAY,
        times=1,
    )
    harness.act(lambda context: context.unit.add(kept) and None)
    return kept.id


def tune_alert_rule(harness: ServiceHarness) -> Ready:
    """Nothing is needed."""
    order = TuneAlertRule(division="33", rule="same_hand", enabled=False, basis="即办件不适用")
    return Ready(order, SUPERVISOR, replace(order, rule="overdue"))


def dismiss_alert(harness: ServiceHarness) -> Ready:
    """An open alert."""
    return on_existing(DismissAlert(alert_id=alert(harness), reason="已核实"), SUPERVISOR)


def reopen_alert(harness: ServiceHarness) -> Ready:
    """An alert that was dismissed."""
    dismissed = alert(harness, AlertState.DISMISSED)
    return on_existing(ReopenAlert(alert_id=dismissed, reason="发现新情况"), SUPERVISOR)


def order_rectification(harness: ServiceHarness) -> Ready:
    """An organ and an alert."""
    harness.at(MONDAY)
    harness.act(know_organ)
    order = OrderRectification(
        division=COUNTY, organ=ORGAN, alert_id=alert(harness), demand="说明情况并整改", days=5
    )
    return Ready(order, SUPERVISOR, replace(order, days=3))


def ordered(harness: ServiceHarness) -> str:
    """An order that awaits its answer."""
    ready = order_rectification(harness)
    return harness.execute(ready.order, ready.by).id


def answer_order(harness: ServiceHarness) -> Ready:
    """An order to the organ."""
    order = AnswerOrder(order_id=ordered(harness), answer="已整改", evidence=("西市监〔2026〕1号",))
    return on_existing(order, ANSWERING)


def answered(harness: ServiceHarness) -> str:
    """An order with its answer."""
    ready = answer_order(harness)
    return harness.execute(ready.order, ready.by).id


def accept_rectification(harness: ServiceHarness) -> Ready:
    """An answer."""
    return on_existing(AcceptRectification(order_id=answered(harness)), SUPERVISOR)


def return_rectification(harness: ServiceHarness) -> Ready:
    """An answer."""
    order = ReturnRectification(order_id=answered(harness), reason="佐证不足", days=3)
    return on_existing(order, SUPERVISOR)


def withdraw_rectification(harness: ServiceHarness) -> Ready:
    """An order."""
    order = WithdrawRectification(order_id=ordered(harness), reason="下达有误")
    return on_existing(order, SUPERVISOR)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "TuneAlertRule": tune_alert_rule,
    "DismissAlert": dismiss_alert,
    "ReopenAlert": reopen_alert,
    "OrderRectification": order_rectification,
    "AnswerOrder": answer_order,
    "AcceptRectification": accept_rectification,
    "ReturnRectification": return_rectification,
    "WithdrawRectification": withdraw_rectification,
}
