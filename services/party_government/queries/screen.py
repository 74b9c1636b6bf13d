"""What leaders ask: the one screen."""

from __future__ import annotations

from services.party_government.domain.rollups import Months
from services.party_government.figures import Indicators, targets_for
from services.party_government.models import IndicatorTarget
from shared.context import Context
from shared.contracts.party_government import Indicator, OneScreen, Screen
from shared.handling import answers


@answers(OneScreen)
def one_screen(query: OneScreen, context: Context) -> Screen:
    """Every indicator over the subtree of the division, from one reading of the leaf values."""
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
    return Screen(division=query.division, period=query.period, indicators=tuple(found))
