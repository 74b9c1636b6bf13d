"""Cases of defining indicators and of assigning targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.party_government.models import KnownOrgan
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AssignTarget,
    DefineIndicator,
    IndicatorTerms,
    ReviseIndicator,
    TargetPoint,
    WithdrawIndicator,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready, on_existing

STATISTICIAN = Principal(
    "account.statistician", "official", "33", "33-data_resources", ("statistician",)
)
TERMS: dict[str, Any] = {
    "organ": "33-data_resources",
    "name_zh": "办结率",
    "name_en": "share of cases decided",
    "formula": "ratio(cases_decided, cases_submitted) * 100",
    "unit": "percent",
    "direction": "higher",
}
assert set(TERMS) <= set(IndicatorTerms.SCHEMA.fields)
DEFINITION = DefineIndicator(code="cases_decided_percent", division="33", **TERMS)


def _know_organ(harness: ServiceHarness) -> None:
    def keep(context: Context) -> None:
        context.unit.add(
            KnownOrgan(
                id="33-data_resources", division="33", name="数据资源管理局", kind="data_resources"
            )
        )

    harness.act(keep)


def _defined(harness: ServiceHarness) -> None:
    _know_organ(harness)
    harness.execute(DEFINITION, STATISTICIAN)


def define_indicator(harness: ServiceHarness) -> Ready:
    """Its organ is known."""
    _know_organ(harness)
    return Ready(DEFINITION, STATISTICIAN, replace(DEFINITION, code="share_decided"))


def revise_indicator(harness: ServiceHarness) -> Ready:
    """It is in force."""
    _defined(harness)
    order = ReviseIndicator(code=DEFINITION.code, reason="口径调整", **TERMS)
    return on_existing(order, STATISTICIAN)


def withdraw_indicator(harness: ServiceHarness) -> Ready:
    """It is in force, and nobody refers to it."""
    _defined(harness)
    return on_existing(WithdrawIndicator(code=DEFINITION.code, reason="不再考核"), STATISTICIAN)


def assign_target(harness: ServiceHarness) -> Ready:
    """The indicator is in force."""
    _defined(harness)
    order = AssignTarget(
        code=DEFINITION.code,
        division="3301",
        year=2026,
        points=(TargetPoint(value=95.0),),
        basis="年度目标任务书",
    )
    return Ready(order, STATISTICIAN, replace(order, year=2027))


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "DefineIndicator": define_indicator,
    "ReviseIndicator": revise_indicator,
    "WithdrawIndicator": withdraw_indicator,
    "AssignTarget": assign_target,
}
