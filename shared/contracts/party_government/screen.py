"""Indicators and the one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Contract, Label, Query
from shared.contracts.fields import DivisionCode
from shared.contracts.measures import MeasureName, Period
from shared.contracts.party_government.indicators import (
    AttainmentName,
    ExplanationStep,
    Formula,
    UnitName,
)


class Indicator(Contract):
    """One figure of the screen, with the formula it comes from.

    `value` is None where there is nothing to measure yet, such as the median of no cases. `target`
    and `colour` are there where the division has a target for the period, or the indicator has
    thresholds.
    """

    code: MeasureName
    name_zh: Annotated[str, validate.Length(max=60)]
    name_en: Annotated[str, validate.Length(max=80)]
    unit: UnitName
    value: float | None
    formula: Formula
    target: float | None = None
    colour: AttainmentName | None = None
    edition: Annotated[int, Label("版本", "edition of its definition")] = 1


class Screen(Contract):
    """The situation of one division: its indicators, rolled up from all divisions below it."""

    division: DivisionCode
    period: Annotated[str | None, Label("周期", "month; None means all months")] = None
    indicators: tuple[Indicator, ...]


class OneScreen(Query[Screen], on="Screen", zh="一屏"):
    """The indicators of a division, of one month or of all months."""

    division: DivisionCode
    period: Period | None = None


class MeasureValue(Contract):
    """A leaf value behind an indicator, as its owner told it; `distribution` counts what was
    observed, where a median, percentile or mean is asked for. `version` counts the owner's changes,
    `event_id` is that of the event by which it told the last one."""

    owner: str
    measure: MeasureName
    division: DivisionCode
    period: Period
    value: int
    version: int
    distribution: Mapping[str, int] = field(default_factory=dict)
    event_id: Annotated[str, validate.Length(max=64), Label("事件编号", "event")] = ""


class Explanation(Contract):
    """Why an indicator has its value: its formula, the parts of it with their values, and the leaf
    values that go into these, newest first.

    `complete` is false where there are more of them than one answer holds.
    """

    code: MeasureName
    formula: Formula
    leaves: tuple[MeasureValue, ...]
    complete: bool = True
    value: float | None = None
    edition: Annotated[int, Label("版本", "edition of its definition")] = 1
    steps: tuple[ExplanationStep, ...] = ()


class WhyThisNumber(Query[Explanation], on="Screen", zh="数从何来"):
    """The leaf values behind an indicator of a division."""

    code: MeasureName
    division: DivisionCode
    period: Period | None = None


Divisions = Literal["of_the_time", "present"]


class TrendPoint(Contract):
    """An indicator in one period.

    `uncertain` counts what is among it although nothing tells whether it belongs to this division
    or to another that took over a part of the same former one. `growth` is in percent of the same
    period a year before; `cumulative` is the value from January to the end of a month, with its own
    growth.
    """

    period: Annotated[str, validate.Regexp(r"[0-9]{4}(-[0-9]{2})?\Z"), Label("周期", "period")]
    value: float | None
    uncertain: Annotated[int, Label("无法细分", "not told apart")] = 0
    growth: Annotated[float | None, Label("同比（%）", "year on year, percent")] = None
    cumulative: Annotated[float | None, Label("累计", "cumulative")] = None
    cumulative_growth: Annotated[
        float | None, Label("累计同比（%）", "cumulative, year on year, percent")
    ] = None


class Trend(Contract):
    """An indicator over time; periods in which nothing was told are left out."""

    code: MeasureName
    division: DivisionCode
    divisions: Divisions
    points: tuple[TrendPoint, ...]


class IndicatorTrend(Query[Trend], on="Screen", zh="指标趋势"):
    """An indicator of a division by month or year.

    With the divisions `of_the_time` it is what was counted under the code then; with those of the
    `present` what was counted where the division is now, so that it can be compared over mergers.
    """

    code: MeasureName
    division: DivisionCode
    first: Annotated[Period, Label("起始月", "first month")]
    last: Annotated[Period, Label("截止月", "last month")]
    by: Literal["month", "year"] = "month"
    divisions: Annotated[Divisions, Label("行政区划口径", "divisions")] = "present"
