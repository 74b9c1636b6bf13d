"""How indicators are defined, what they are in each division, why, and over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from services.party_government.domain.indicators import Direction, Evaluation
from services.party_government.domain.ranking import bands_of, competition_ranks
from services.party_government.domain.rollups import Comparison, LeafValues, Months, Rollup
from services.party_government.figures import Indicators, needed, targets_for
from services.party_government.models import (
    DefinedIndicator,
    DefinitionEdition,
    IndicatorTarget,
    KnownMerger,
    KnownOrgan,
    MeasureValue,
)
from services.party_government.models.indicators import TERMS
from services.party_government.models.organs import in_being_on
from shared.context import Context
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    DivisionValue,
    DivisionValues,
    EditionsOfIndicator,
    Explanation,
    ExplanationStep,
    IndicatorByDivision,
    IndicatorDefinition,
    IndicatorDefinitionList,
    IndicatorDefinitions,
    IndicatorEdition,
    IndicatorEditionList,
    IndicatorTree,
    IndicatorTrend,
    Target,
    TargetList,
    TargetsOfDivision,
    TargetsOfIndicator,
    Tree,
    TreeNode,
    Trend,
    TrendPoint,
    WhyThisNumber,
)
from shared.divisions import Level, contains
from shared.handling import answers
from shared.succession import within

MOST_LEAVES = 1000
MOST_TARGETS = 1000
MOST_EDITIONS = 200
NODE = ("code", "parent", "name_zh", "name_en", "is_group", "unit")
LEVELS = {"city": Level.CITY, "county": Level.COUNTY, "township": Level.TOWNSHIP}


# Definitions


@answers(IndicatorDefinitions)
def indicator_definitions(query: IndicatorDefinitions, context: Context) -> IndicatorDefinitionList:
    """What is in force in a division."""
    return IndicatorDefinitionList(
        definitions=tuple(
            IndicatorDefinition.load(
                {
                    "code": one.id,
                    "division": one.division,
                    "edition": one.edition,
                    **{name: getattr(one, name) for name in TERMS},
                }
            )
            for one in Indicators.known(context).holding_in(query.division)
        )
    )


@answers(EditionsOfIndicator)
def editions_of_indicator(query: EditionsOfIndicator, context: Context) -> IndicatorEditionList:
    """Every edition that was adopted; raises `NotFound` for a code that nobody defined."""
    defined = context.unit.get(DefinedIndicator, query.code)
    oldest = defined.edition - MOST_EDITIONS
    editions = context.unit.find_all(
        DefinitionEdition, DefinitionEdition.code == query.code, DefinitionEdition.edition > oldest
    )
    return IndicatorEditionList(
        code=query.code,
        withdrawn=defined.withdrawn,
        editions=tuple(
            IndicatorEdition.load(
                {
                    "edition": one.edition,
                    "since": one.since.isoformat(),
                    "reason": one.reason,
                    **one.terms,
                }
            )
            for one in sorted(editions, key=lambda one: -one.edition)
        ),
    )


# Targets


@answers(TargetsOfIndicator)
def targets_of_indicator(query: TargetsOfIndicator, context: Context) -> TargetList:
    """An indicator's targets in a division and below."""
    return _targets(
        context,
        IndicatorTarget.code == query.code,
        IndicatorTarget.year == query.year,
        within(IndicatorTarget, [query.division]),
    )


@answers(TargetsOfDivision)
def targets_of_division(query: TargetsOfDivision, context: Context) -> TargetList:
    """A division's targets."""
    return _targets(
        context, IndicatorTarget.division == query.division, IndicatorTarget.year == query.year
    )


def _targets(context: Context, *conditions: sa.ColumnElement[bool]) -> TargetList:
    found = context.unit.find_all(IndicatorTarget, *conditions, limit=MOST_TARGETS + 1)
    assigned = [one for one in found[:MOST_TARGETS] if one.points]
    return TargetList(
        targets=tuple(
            Target.load(
                {
                    name: getattr(one, name)
                    for name in ("code", "division", "year", "edition", "points", "basis")
                }
            )
            for one in sorted(assigned, key=lambda one: (one.division, one.code))
        ),
        complete=len(found) <= MOST_TARGETS,
    )


# Values


@answers(IndicatorTree)
def indicator_tree(query: IndicatorTree, context: Context) -> Tree:
    """Every indicator under its group, and how many of each colour are below a group."""
    indicators = Indicators.known(context)
    holding = indicators.holding_in(query.division)
    codes = [one.id for one in holding if not one.is_group]
    evaluations = indicators.evaluations(codes, [query.division], query.period, context)
    evaluation = evaluations[query.division]
    targets = targets_for(query.period, context, IndicatorTarget.division == query.division)
    nodes = []
    for one, depth in _in_order(holding):
        node = {name: getattr(one, name) for name in NODE} | {"depth": depth}
        if not one.is_group:
            value = evaluation.value(one.id, Months.of(query.period))
            target = targets.get((one.id, query.division))
            colour = one.attainment(value, target)
            node |= {"value": value, "target": target, "colour": colour}
        nodes.append(node)
    _count_colours_below(nodes)
    return Tree(
        division=query.division,
        period=query.period,
        nodes=tuple(TreeNode.load(node) for node in nodes),
    )


def _in_order(holding: Sequence[DefinedIndicator]) -> Iterator[tuple[DefinedIndicator, int]]:
    """Each after the one that it stands under, by code, with its depth."""
    below: dict[str | None, list[DefinedIndicator]] = {}
    for one in holding:
        below.setdefault(one.parent, []).append(one)
    waiting = [(one, 0) for one in reversed(below.get(None, []))]
    while waiting:
        one, depth = waiting.pop()
        yield one, depth
        waiting += [(child, depth + 1) for child in reversed(below.get(one.id, []))]


def _count_colours_below(nodes: Sequence[dict[str, Any]]) -> None:
    """Tell groups how many of each colour are below them. Whatever stands under a node comes right
    after it."""
    path: list[dict[str, Any]] = []
    for node in nodes:
        path = [*path[: node["depth"]], node]
        if (colour := node.get("colour")) is not None:
            for above in path[:-1]:
                if above["is_group"]:
                    above[colour] = above.get(colour, 0) + 1


@answers(IndicatorByDivision)
def indicator_by_division(query: IndicatorByDivision, context: Context) -> DivisionValues:
    """An indicator in every division of a level that has a government; raises `NotFound`,
    `GroupHasNoValue`."""
    indicators = Indicators.known(context)
    defined = indicators.get(query.code)
    indicators.system.expression(query.code)
    governments = context.unit.rows(
        sa.select(KnownOrgan.division, KnownOrgan.name)
        .where(
            KnownOrgan.kind == "government",
            KnownOrgan.level == int(LEVELS[query.level]),
            within(KnownOrgan, [query.division]),
            in_being_on(context.today),
        )
        .order_by(KnownOrgan.division)
    )
    divisions = [row.division for row in governments]
    evaluations = indicators.evaluations([query.code], divisions, query.period, context)
    targets = targets_for(query.period, context, IndicatorTarget.code == query.code)
    months = Months.of(query.period)
    values = {code: evaluations[code].value(query.code, months) for code in divisions}
    ranks = {}
    if defined.direction is not None:
        ranks = competition_ranks(values, Direction(defined.direction))
    bands = bands_of(ranks)
    found = []
    for row in governments:
        value = values[row.division]
        target = targets.get((query.code, row.division))
        found.append(
            DivisionValue.load(
                {
                    "division": row.division,
                    "name": row.name,
                    "value": value,
                    "target": target,
                    "colour": defined.attainment(value, target),
                    "rank": ranks.get(row.division),
                    "band": bands.get(row.division),
                }
            )
        )
    return DivisionValues(code=query.code, period=query.period, divisions=tuple(found))


@answers(WhyThisNumber)
def why_this_number(query: WhyThisNumber, context: Context) -> Explanation:
    """The parts of an indicator's formula with their values, and the newest leaf values that go
    into them; raises `NotFound` for one that is not defined, `GroupHasNoValue`. `complete` is false
    where there are more than can be told at once."""
    indicators = Indicators.known(context)
    defined = indicators.get(query.code)
    months = Months.of(query.period)
    needs = indicators.system.needs([query.code], months)
    rows = context.unit.rows(
        sa.select(MeasureValue)
        .where(needed(MeasureValue, needs), within(MeasureValue, [query.division]))
        .order_by(MeasureValue.period.desc(), MeasureValue.changed_at.desc(), MeasureValue.id)
        .limit(MOST_LEAVES + 1)
    )
    evaluations = indicators.evaluations([query.code], [query.division], query.period, context)
    evaluation = evaluations[query.division]
    return Explanation(
        code=query.code,
        formula=str(defined.formula),
        edition=defined.edition,
        value=evaluation.value(query.code, months),
        steps=_steps(evaluation, query.code, months),
        leaves=tuple(
            contract.MeasureValue(
                owner=row.owner,
                measure=row.measure,
                division=row.division,
                period=row.period,
                value=row.value,
                version=row.measure_version,
                distribution=row.distribution,
                event_id=row.event_id,
            )
            for row in rows[:MOST_LEAVES]
        ),
        complete=len(rows) <= MOST_LEAVES,
    )


def _steps(evaluation: Evaluation, code: str, months: Months | None) -> tuple[ExplanationStep, ...]:
    steps = []
    for depth, part, span, value in evaluation.steps(code, months):
        first, last = (None, None) if span is None else span.names
        steps.append(ExplanationStep(depth=depth, part=part, first=first, last=last, value=value))
    return tuple(steps)


# Over time


@answers(IndicatorTrend)
def indicator_trend(query: IndicatorTrend, context: Context) -> Trend:
    """The indicator period by period, from one reading of the leaf values; raises `NotFound` for
    one that is not defined, `GroupHasNoValue`."""
    indicators = Indicators.known(context)
    indicators.get(query.code)
    needs, first_measure = _needs_of_trend(query, indicators)
    comparison = _comparison(query, context)
    rows = context.unit.rows(
        sa.select(
            MeasureValue.measure,
            MeasureValue.division,
            MeasureValue.period,
            MeasureValue.value,
            MeasureValue.distribution,
        ).where(
            needed(MeasureValue, needs), within(MeasureValue, comparison.sources(query.division))
        )
    )
    leaves = LeafValues()
    periods: set[str] = set()
    uncertain: Counter[str] = Counter()
    for row in rows:
        place, certain = comparison.place(row.division, row.period)
        if not contains(query.division, place):
            continue
        leaf = Rollup.of_leaf(place, row.value, row.distribution)
        leaves.add(row.measure, row.period, leaf)
        if not query.first <= row.period <= query.last:
            continue
        period = row.period[:4] if query.by == "year" else row.period
        periods.add(period)
        if not certain and row.measure == first_measure:
            uncertain[period] += row.value
    evaluation = indicators.system.evaluation(leaves)
    return Trend(
        code=query.code,
        division=query.division,
        divisions=query.divisions,
        points=tuple(
            _point(query, period, uncertain[period], evaluation) for period in sorted(periods)
        ),
    )


def _needs_of_trend(
    query: IndicatorTrend, indicators: Indicators
) -> tuple[dict[Months | None, tuple[str, ...]], str]:
    """What must be read: of each measure all months from the earliest that the first period needs
    for itself, for its growth or for what came before it in its year. Also the first measure."""
    first, last = _asked(query)
    start = Months(first, first)
    spans = [start, start.since_january()]
    spans += [one.year_before() for one in spans]
    needs = [indicators.system.needs([query.code], one) for one in spans]
    measures = tuple(dict.fromkeys(m for one in needs for those in one.values() for m in those))
    earliest = min(months.first for one in needs for months in one if months is not None)
    return {Months(earliest, last): measures}, measures[0]


def _asked(query: IndicatorTrend) -> tuple[int, int]:
    return Months.of(query.first).first, Months.of(query.last).last  # type: ignore[union-attr]


def _point(
    query: IndicatorTrend, period: str, uncertain: int, evaluation: Evaluation
) -> TrendPoint:
    first, last = _asked(query)
    whole = Months.of(period)
    assert whole is not None
    # A year that was not asked for whole is compared with the same months of the year before.
    months = Months(max(first, whole.first), min(last, whole.last))
    by_month = query.by == "month"
    so_far = months.since_january()
    return TrendPoint(
        period=period,
        value=evaluation.value(query.code, months),
        uncertain=uncertain,
        growth=evaluation.growth(query.code, months),
        cumulative=evaluation.value(query.code, so_far) if by_month else None,
        cumulative_growth=evaluation.growth(query.code, so_far) if by_month else None,
    )


def _comparison(query: IndicatorTrend, context: Context) -> Comparison:
    """The mergers to look through: none for the divisions of the time."""
    if query.divisions == "of_the_time":
        return Comparison(())
    mergers = sorted(context.unit.find_all(KnownMerger), key=lambda one: one.effective)
    return Comparison(tuple((f"{one.effective:%Y-%m}", one.succession) for one in mergers))
