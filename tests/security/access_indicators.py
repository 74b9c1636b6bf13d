"""Messages about indicators and their targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.party_government.commands.indicators import put_in_force
from services.party_government.models import KnownOrgan
from shared.context import Context
from shared.contracts.party_government import DefineIndicator
from tests.security.databases import Databases, Payload, Resource, only

TERMS: dict[str, Any] = {
    "name_zh": "办结件数",
    "name_en": "cases decided",
    "formula": "total(cases_decided)",
    "unit": "count",
}


def _organ_in(databases: Databases, division: str) -> str:
    """An organ that this service knows there."""
    organ = f"{division}-statistics"

    def keep(context: Context) -> None:
        if context.unit.find(KnownOrgan, organ) is None:
            context.unit.add(KnownOrgan(id=organ, division=division, name="统计局"))

    databases.act("party_government", keep)
    return organ


def _terms(databases: Databases, division: str) -> Payload:
    return {**TERMS, "organ": _organ_in(databases, division)}


def _code_in(databases: Databases, division: str) -> str:
    """An indicator that is in force there."""
    order = DefineIndicator.load(
        {
            **_terms(databases, division),
            "code": f"access_{databases.number()}",
            "division": division,
        }
    )
    databases.act("party_government", lambda context: _put(order, context))
    return order.code


def _put(order: DefineIndicator, context: Context) -> None:
    put_in_force(order, context)


def define_indicator(databases: Databases, resource: Resource) -> Payload:
    """One that nobody defined before."""
    division = resource["division"]
    terms = _terms(databases, division)
    return {"code": f"access_{databases.number()}", "division": division, **terms}


def revise_indicator(databases: Databases, resource: Resource) -> Payload:
    """One in force."""
    division = resource.get("division", "330106")
    code = _code_in(databases, division)
    return {"code": code, "reason": "口径调整", **_terms(databases, division)}


def on_indicator(more: Mapping[str, Any], databases: Databases, resource: Resource) -> Payload:
    """About one in force where the resource lies, in that division where the message says it."""
    return {"code": _code_in(databases, resource.get("division", "330106")), **more, **resource}


def withdraw_indicator(databases: Databases, resource: Resource) -> Payload:
    """One in force."""
    code = _code_in(databases, resource.get("division", "330106"))
    return {"code": code, "reason": "不再考核"}


TARGET = {"year": 2026, "points": [{"month": None, "value": 1.0}], "basis": "年度目标任务书"}

CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "DefineIndicator": define_indicator,
    "ReviseIndicator": revise_indicator,
    "WithdrawIndicator": withdraw_indicator,
    "AssignTarget": partial(on_indicator, TARGET),
    "IndicatorDefinitions": only(division="330106"),
    "EditionsOfIndicator": lambda databases, _: {"code": _code_in(databases, "330106")},
    "TargetsOfIndicator": only(code="cases_decided", year=2026),
    "TargetsOfDivision": only(year=2026),
    "IndicatorTree": only(),
    "OneScreen": only(),
    "IndicatorByDivision": partial(on_indicator, {"level": "county"}),
    "WhyThisNumber": partial(on_indicator, {}),
    "IndicatorTrend": partial(on_indicator, {"first": "2026-01", "last": "2026-12"}),
}
