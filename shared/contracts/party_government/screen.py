"""Indicators and the one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
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


ChangeNumber = Annotated[
    int, validate.Range(min=0), Label("变更序号", "changes of the division's figures so far")
]


class Screen(Contract):
    """The situation of one division: its indicators, rolled up from all divisions below it, after
    so many changes as `sequence` says."""

    division: DivisionCode
    period: Annotated[str | None, Label("周期", "month; None means all months")] = None
    indicators: tuple[Indicator, ...]
    sequence: ChangeNumber = 0


class OneScreen(Query[Screen], on="Screen", zh="一屏"):
    """The indicators of a division, of one month or of all months."""

    division: DivisionCode
    period: Period | None = None


class FigureChange(Contract):
    """A measure of the division and all below it in one month, as it is now; `owner` is the service
    that counts it."""

    owner: str
    measure: MeasureName
    period: Period
    value: int
    sequence: ChangeNumber


class ScreenFeed(Contract):
    """The figures of a division that changed, in the order of their last changes, and the
    indicators reckoned from them. `sequence` is where to ask on from; `more` says that there are
    changes after it already."""

    division: DivisionCode
    changes: tuple[FigureChange, ...]
    indicators: Annotated[tuple[str, ...], Label("受影响的指标", "indicators that they go into")]
    sequence: ChangeNumber
    more: bool


class ScreenChanges(Query[ScreenFeed], on="Screen", zh="一屏变更"):
    """What changed on the screen of a division since it was read: `after` is the `sequence` of the
    screen, or of the changes before. Each figure is told once, as it is now, so a screen that asks
    seldom has no more to take in than one that asks often."""

    division: DivisionCode
    after: ChangeNumber = 0


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


# Making it anew

RebuildState = Annotated[
    Literal["running", "done", "abandoned"], Label("重建状态", "running, done or abandoned")
]
RebuildStep = Annotated[str, validate.Length(min=1, max=40), Label("步骤", "part in hand")]
Percent = Annotated[int, validate.Range(min=0, max=100), Label("进度（%）", "progress, percent")]
EventsRead = Annotated[int, validate.Range(min=0), Label("已读事件", "kept events read")]
RowsCompared = Annotated[int, validate.Range(min=0), Label("已比对行", "rows compared")]
RowsPutRight = Annotated[
    int,
    validate.Range(min=0),
    Label("已更正行", "rows that were other than the events say, put right"),
]


class ScreenRebuildBegun(Event, on="ScreenRebuild", key="rebuild_id", zh="一屏数据重建开始"):
    """The read model of the one screen is made anew from the kept events."""

    rebuild_id: Identifier
    reason: LongText


class ScreenRebuildAdvanced(Event, on="ScreenRebuild", key="rebuild_id", zh="一屏数据重建推进"):
    """A stretch of it is done."""

    rebuild_id: Identifier
    step: RebuildStep
    percent: Percent
    read: EventsRead
    compared: RowsCompared
    put_right: RowsPutRight


class ScreenRebuilt(Event, on="ScreenRebuild", key="rebuild_id", zh="一屏数据重建完成"):
    """The read model is what the kept events say."""

    rebuild_id: Identifier
    read: EventsRead
    compared: RowsCompared
    put_right: RowsPutRight


class ScreenRebuildAbandoned(Event, on="ScreenRebuild", key="rebuild_id", zh="一屏数据重建中止"):
    """It goes on no more; what was put right until then stays so."""

    rebuild_id: Identifier
    read: EventsRead
    compared: RowsCompared
    put_right: RowsPutRight


class RebuildBegun(Contract):
    """The rebuild that was begun."""

    rebuild_id: Identifier


class RebuildScreen(Command[RebuildBegun], on="ScreenRebuild", zh="重建一屏数据"):
    """Make the read model of the one screen anew from the events that its sources keep, while it
    goes on being read and fed: what they say is worked out beside it and compared with it row by
    row, and what differs is put right. One at a time."""

    reason: Annotated[LongText, Label("重建原因", "why it is made anew")]


class AbandonScreenRebuild(
    Transition[Done], on="ScreenRebuild", key="rebuild_id", zh="中止一屏数据重建"
):
    """Stop a rebuild; nothing happens to one that ended."""

    rebuild_id: Identifier


class RebuildProgress(Contract):
    """How far a rebuild has come, with the ids of the first rows that were put right."""

    rebuild_id: Identifier
    reason: LongText
    state: RebuildState
    step: RebuildStep
    percent: Percent
    read: EventsRead
    compared: RowsCompared
    put_right: RowsPutRight
    wrong: tuple[str, ...]
    begun_at: datetime
    ended_at: datetime | None = None


class RebuildList(Contract):
    """Rebuilds, newest first."""

    rebuilds: Annotated[tuple[RebuildProgress, ...], validate.Length(max=50)]


class ScreenRebuilds(Query[RebuildList], on="ScreenRebuild", zh="一屏数据重建记录"):
    """The newest rebuilds of the read model, the one that runs first."""
