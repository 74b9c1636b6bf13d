"""Values of indicators, rolled up over divisions: one statement for any number of them. Their
targets too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.party_government.domain.indicators import Evaluation, IndicatorSystem
from services.party_government.domain.rollups import LeafValues, Months, Rollup
from services.party_government.models import (
    DefinedIndicator,
    IndicatorTarget,
    MeasureTotal,
    MeasureValue,
)
from services.party_government.models.indicators import target_in
from shared.context import Context
from shared.divisions import lineage
from shared.errors import NotFound


class Indicators:
    """The indicators in force, or those of them that hold in one division."""

    def __init__(self, definitions: Iterable[DefinedIndicator]) -> None:
        self.by_code = {one.id: one for one in definitions}
        self.system = IndicatorSystem(self.by_code.values())

    @classmethod
    def known(cls, context: Context) -> Indicators:
        """All that are in force, read once."""
        return cls(context.unit.find_all(DefinedIndicator, DefinedIndicator.withdrawn.is_(False)))

    def holding_in(self, division: str) -> list[DefinedIndicator]:
        """Those of the division and of all above it, by code."""
        above = lineage(division)
        return [one for one in self.by_code.values() if one.division in above]

    def get(self, code: str) -> DefinedIndicator:
        """The one of that code; raises `NotFound`."""
        found = self.by_code.get(code)
        if found is None:
            raise NotFound(what="indicator", id=code)
        return found

    def evaluations(
        self, codes: Iterable[str], divisions: Sequence[str], period: str | None, context: Context
    ) -> dict[str, Evaluation]:
        """For each division what its indicators are reckoned over, from one reading of the
        totals."""
        needs = self.system.needs(codes, Months.of(period))
        found = {division: LeafValues() for division in divisions}
        rows = context.unit.rows(
            sa.select(
                MeasureTotal.measure,
                MeasureTotal.division,
                MeasureTotal.period,
                MeasureTotal.value,
                MeasureTotal.distribution,
                MeasureTotal.by_level,
            ).where(needed(MeasureTotal, needs), MeasureTotal.division.in_(found))
        )
        for row in rows:
            total = Rollup.of_total(row.value, row.distribution, row.by_level)
            found[row.division].add(row.measure, row.period, total)
        return {division: self.system.evaluation(one) for division, one in found.items()}


def needed(
    kind: type[MeasureTotal | MeasureValue], needs: Mapping[Months | None, tuple[str, ...]]
) -> sa.ColumnElement[bool]:
    """Selects these measures in these months."""
    conditions: list[Any] = [sa.false()]
    for months, measures in needs.items():
        condition: Any = kind.measure.in_(sorted(measures))
        if months is not None:
            condition = sa.and_(condition, kind.period.between(*months.names))
        conditions.append(condition)
    return sa.or_(*conditions)


def figures(
    codes: Sequence[str], divisions: Sequence[str], period: str | None, context: Context
) -> dict[tuple[str, str], float | None]:
    """The values of indicators by code and division, each rolled up over the division's subtree.

    `period` is a month `YYYY-MM`, a year `YYYY`, or None for all time. Raises `NotFound` for a
    code that is not in force, `GroupHasNoValue` for a group.
    """
    known = Indicators.known(context)
    for code in codes:
        known.get(code)
    evaluations = known.evaluations(codes, divisions, period, context)
    return {
        (code, division): evaluations[division].value(code, Months.of(period))
        for code in codes
        for division in divisions
    }


def targets_for(
    period: str | None, context: Context, *conditions: sa.ColumnElement[bool]
) -> dict[tuple[str, str], float]:
    """The targets of a period by code and division, with one reading; none over all time."""
    if period is None:
        return {}
    of_year = IndicatorTarget.year == int(period[:4])
    values = {
        (one.code, one.division): target_in(period, one)
        for one in context.unit.find_all(IndicatorTarget, of_year, *conditions)
    }
    return {key: value for key, value in values.items() if value is not None}
