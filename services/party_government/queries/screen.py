"""What leaders ask: the one screen, and why a number on it is what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from services.party_government.domain.indicators import INDICATORS, Comparison, roll_up
from services.party_government.models import KnownMerger, MeasureValue
from shared.context import Context
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    Explanation,
    Indicator,
    IndicatorTrend,
    OneScreen,
    Screen,
    Trend,
    TrendPoint,
    WhyThisNumber,
)
from shared.divisions import contains
from shared.errors import NotFound
from shared.handling import answers
from shared.succession import within

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


@answers(IndicatorTrend)
def indicator_trend(query: IndicatorTrend, context: Context) -> Trend:
    """The indicator period by period, from one reading of the leaf values; raises `NotFound` for
    one that is not defined."""
    definition = INDICATORS.get(query.code)
    if definition is None:
        raise NotFound(what="indicator", id=query.code)
    comparison = _comparison(query, context)
    rows = context.unit.rows(
        sa.select(
            MeasureValue.measure,
            MeasureValue.division,
            MeasureValue.period,
            MeasureValue.value,
            MeasureValue.distribution,
        ).where(
            MeasureValue.measure.in_(definition.formula.leaves()),
            MeasureValue.period.between(query.first, query.last),
            within(MeasureValue, comparison.sources(query.division)),
        )
    )
    leaves: dict[str, list[tuple[str, int, Mapping[str, int]]]] = {}
    uncertain: Counter[str] = Counter()
    for row in rows:
        place, certain = comparison.place(row.division, row.period)
        if not contains(query.division, place):
            continue
        period = row.period[:4] if query.by == "year" else row.period
        leaves.setdefault(period, []).append((row.measure, row.value, row.distribution))
        if not certain and row.measure == definition.formula.leaves()[0]:
            uncertain[period] += row.value
    return Trend(
        code=query.code,
        division=query.division,
        divisions=query.divisions,
        points=tuple(
            TrendPoint(
                period=period,
                value=definition.formula.compute(roll_up(found)),
                uncertain=uncertain[period],
            )
            for period, found in sorted(leaves.items())
        ),
    )


def _comparison(query: IndicatorTrend, context: Context) -> Comparison:
    """The mergers to look through: none for the divisions of the time."""
    if query.divisions == "of_the_time":
        return Comparison(())
    mergers = sorted(context.unit.find_all(KnownMerger), key=lambda one: one.effective)
    return Comparison(tuple((f"{one.effective:%Y-%m}", one.succession) for one in mergers))


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
