"""What leaders ask: the one screen, and why a number on it is what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from services.party_government.domain import INDICATORS, roll_up
from services.party_government.models import MeasureValue
from shared.context import Context
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    Explanation,
    Indicator,
    OneScreen,
    Screen,
    WhyThisNumber,
)
from shared.errors import NotFound
from shared.handling import answers

MOST_LEAVES = 1000


@answers(OneScreen)
def one_screen(query: OneScreen, context: Context) -> Screen:
    """Every indicator over the subtree of the division, from one reading of the leaf values."""
    wanted = {leaf for one in INDICATORS.values() for leaf in one.formula.leaves()}
    rows = context.unit.rows(
        sa.select(MeasureValue.measure, MeasureValue.value, MeasureValue.distribution).where(
            *_within(wanted, query.division, query.period)
        )
    )
    rollups = roll_up((row.measure, row.value, row.distribution) for row in rows)
    return Screen(
        division=query.division,
        period=query.period,
        indicators=tuple(
            Indicator(
                code=one.code,
                name_zh=one.name_zh,
                name_en=one.name_en,
                unit=one.unit,
                value=one.formula.compute(rollups),
                formula=str(one.formula),
            )
            for one in INDICATORS.values()
        ),
    )


@answers(WhyThisNumber)
def why_this_number(query: WhyThisNumber, context: Context) -> Explanation:
    """The newest leaf values that go into an indicator; raises `NotFound` for one that is not
    defined. `complete` is false where there are more than can be told at once."""
    definition = INDICATORS.get(query.code)
    if definition is None:
        raise NotFound(what="indicator", id=query.code)
    rows = context.unit.rows(
        sa.select(MeasureValue)
        .where(*_within(definition.formula.leaves(), query.division, query.period))
        .order_by(MeasureValue.period.desc(), MeasureValue.changed_at.desc(), MeasureValue.id)
        .limit(MOST_LEAVES + 1)
    )
    return Explanation(
        code=query.code,
        formula=str(definition.formula),
        leaves=tuple(
            contract.MeasureValue(
                owner=row.owner,
                measure=row.measure,
                division=row.division,
                period=row.period,
                value=row.value,
                version=row.measure_version,
                distribution=row.distribution,
            )
            for row in rows[:MOST_LEAVES]
        ),
        complete=len(rows) <= MOST_LEAVES,
    )


def _within(
    measures: Iterable[str], division: str, period: str | None
) -> list[sa.ColumnElement[bool]]:
    """The leaf values of these measures in the subtree of a division: codes that begin with its
    own (`division` is digits only, so it holds no wildcard)."""
    conditions: list[Any] = [
        MeasureValue.measure.in_(sorted(measures)),
        MeasureValue.division.startswith(division),
    ]
    if period is not None:
        conditions.append(MeasureValue.period == period)
    return conditions
