"""What leaders ask: the one screen, and what changed on it; and operators: how it is made anew."""

from __future__ import annotations

import sqlalchemy as sa

from services.party_government.domain.rollups import Months
from services.party_government.figures import Indicators, targets_for
from services.party_government.models import (
    IndicatorTarget,
    MeasureTotal,
    ScreenRebuild,
    ScreenSequence,
)
from shared.context import Context
from shared.contracts.party_government import (
    FigureChange,
    Indicator,
    OneScreen,
    RebuildList,
    RebuildProgress,
    Screen,
    ScreenChanges,
    ScreenFeed,
    ScreenRebuilds,
)
from shared.handling import answers

CHANGES_AT_ONCE = 500
MOST_REBUILDS = 50


@answers(OneScreen)
def one_screen(query: OneScreen, context: Context) -> Screen:
    """Every indicator over the subtree of the division, from one reading of the totals."""
    # Before the figures, so that what changes meanwhile is told by `ScreenChanges` once more.
    sequence = _changes_of(query.division, context)
    indicators = Indicators.known(context)
    shown = [one for one in indicators.holding_in(query.division) if not one.is_group]
    codes = [one.id for one in shown]
    evaluations = indicators.evaluations(codes, [query.division], query.period, context)
    targets = targets_for(query.period, context, IndicatorTarget.division == query.division)
    found = []
    for one in shown:
        value = evaluations[query.division].value(one.id, Months.of(query.period))
        target = targets.get((one.id, query.division))
        found.append(
            Indicator.load(
                {
                    "code": one.id,
                    "name_zh": one.name_zh,
                    "name_en": one.name_en,
                    "unit": one.unit,
                    "formula": one.formula,
                    "edition": one.edition,
                    "value": value,
                    "target": target,
                    "colour": one.attainment(value, target),
                }
            )
        )
    return Screen(
        division=query.division,
        period=query.period,
        indicators=tuple(found),
        sequence=sequence,
    )


def _changes_of(division: str, context: Context) -> int:
    found = context.unit.find(ScreenSequence, division)
    return 0 if found is None else found.changes


@answers(ScreenChanges)
def screen_changes(query: ScreenChanges, context: Context) -> ScreenFeed:
    """The totals that changed since, some hundreds at a time."""
    rows = context.unit.rows(
        sa.select(MeasureTotal)
        .where(MeasureTotal.division == query.division, MeasureTotal.sequence > query.after)
        .order_by(MeasureTotal.sequence)
        .limit(CHANGES_AT_ONCE + 1)
    )
    told = rows[:CHANGES_AT_ONCE]
    measures = {row.measure for row in told}
    indicators = Indicators.known(context)
    return ScreenFeed(
        division=query.division,
        changes=tuple(
            FigureChange(
                owner=row.owner,
                measure=row.measure,
                period=row.period,
                value=row.value,
                sequence=row.sequence,
            )
            for row in told
        ),
        indicators=tuple(
            one.id
            for one in indicators.holding_in(query.division)
            if not one.is_group and measures & indicators.system.measures_of(one.id)
        ),
        sequence=told[-1].sequence if told else query.after,
        more=len(rows) > len(told),
    )


@answers(ScreenRebuilds)
def screen_rebuilds(query: ScreenRebuilds, context: Context) -> RebuildList:
    """The newest first."""
    rows = context.unit.rows(
        sa.select(ScreenRebuild.id).order_by(ScreenRebuild.number.desc()).limit(MOST_REBUILDS)
    )
    ids = [row.id for row in rows]
    rebuilds = context.unit.find_each(ScreenRebuild, *ids)
    return RebuildList(rebuilds=tuple(_progress(rebuilds[one]) for one in ids))


def _progress(rebuild: ScreenRebuild) -> RebuildProgress:
    assert rebuild.created_at is not None
    return RebuildProgress.load(
        {
            "rebuild_id": rebuild.id,
            "reason": rebuild.reason,
            "state": rebuild.state,
            "step": rebuild.step,
            "percent": rebuild.percent,
            "read": rebuild.read,
            "compared": rebuild.compared,
            "put_right": rebuild.put_right,
            "wrong": rebuild.wrong,
            "begun_at": rebuild.created_at.isoformat(),
            "ended_at": rebuild.ended_at and rebuild.ended_at.isoformat(),
        }
    )
