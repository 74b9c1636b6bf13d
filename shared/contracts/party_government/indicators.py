"""Indicators as they are defined, their targets and their tree."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier
from shared.contracts.measures import MeasureName, Period

UnitName = Annotated[
    Literal["count", "percent", "ratio", "minutes", "days", "grade", "fen"],
    Label("计量单位", "unit; `fen` is 1/100 yuan"),
]
DirectionName = Annotated[
    Literal["higher", "lower"], Label("指标方向", "whether higher or lower values are better")
]
AttainmentName = Annotated[
    Literal["green", "yellow", "red"],
    Label("指标三色", "green attained, yellow nearly, red missed"),
]
BandName = Annotated[
    Literal["green", "blue", "yellow", "orange", "red"],
    Label("五色", "a fifth of the compared each, from green for the best to red"),
]
Formula = Annotated[str, validate.Length(min=1, max=500), Label("计算公式", "formula")]
Year = Annotated[int, validate.Range(min=2000, max=2100), Label("年度", "year")]
MonthOrYear = Annotated[
    str,
    validate.Regexp(r"[0-9]{4}(-(0[1-9]|1[0-2]))?\Z", error="Neither a month nor a year."),
    Label("周期", "month YYYY-MM or year YYYY"),
]


class IndicatorSource(Contract):
    """The document that an indicator comes from. `checked` says whether its wording was compared
    with the document."""

    document: Annotated[str, validate.Length(min=2, max=200), Label("文件", "document")]
    clause: Annotated[
        str | None, validate.Length(min=1, max=100), Label("条款", "clause or section")
    ] = None
    checked: Annotated[bool, Label("已核对原文", "compared with the document")] = False


class Thresholds(Contract):
    """From which values on an indicator is green, and from which yellow, in its own unit, where a
    division has no target."""

    green: Annotated[float, Label("绿色阈值", "green from")]
    yellow: Annotated[float, Label("黄色阈值", "yellow from")]


class IndicatorTerms(Contract):
    """What a definition says.

    An indicator has a formula and a unit, a group of the tree has neither. `period` year says that
    a month's value is that of the year so far. Without a direction there is no colour; `tolerance`
    is how many percent a value may fall short of a target and still be yellow.
    """

    name_zh: Annotated[str, validate.Length(min=1, max=60), Label("中文名称", "Chinese name")]
    name_en: Annotated[str, validate.Length(min=1, max=80), Label("英文名称", "English name")]
    organ: Annotated[Identifier, Label("责任单位", "organ that answers for it")]
    formula: Formula | None = None
    unit: UnitName | None = None
    direction: DirectionName | None = None
    period: Annotated[Literal["month", "year"], Label("周期类型", "by month or by year")] = "month"
    parent: Annotated[MeasureName | None, Label("上级指标", "stands under")] = None
    thresholds: Thresholds | None = None
    tolerance: Annotated[
        int, validate.Range(min=0, max=100), Label("容差（%）", "tolerance, percent")
    ] = 10
    source: IndicatorSource | None = None


Reason = Annotated[str, validate.Length(min=2, max=200), Label("理由", "reason")]


class DefineIndicator(IndicatorTerms, Command[Done], on="Indicator", zh="定义指标"):
    """Define an indicator or a group for a division and all below it.

    The formula reckons with leaf measures (`total(m)`, `mean(m)`, `median(m)`, `percentile(m, p)`,
    `ratio(m, n)`, `counted(m)`, `levels(m)`), indicators by their codes, numbers, + - * /, `min`,
    `max`, `growth`, `last_year` and `cumulative`.
    """

    code: MeasureName
    division: DivisionCode


class ReviseIndicator(IndicatorTerms, Transition[Done], on="Indicator", key="code", zh="修订指标"):
    """Give an indicator another definition, as its next edition; the earlier ones are kept. One
    that was withdrawn is in force again."""

    code: Identifier
    reason: Reason


class WithdrawIndicator(Transition[Done], on="Indicator", key="code", zh="停用指标"):
    """Take an indicator out of force, unless others refer to it or stand under it."""

    code: Identifier
    reason: Reason


class IndicatorDefined(IndicatorTerms, Event, on="Indicator", key="code", zh="指标已定义"):
    """An indicator is in force in a division and below."""

    code: MeasureName
    division: DivisionCode
    edition: int


class IndicatorRevised(IndicatorTerms, Event, on="Indicator", key="code", zh="指标已修订"):
    """An indicator has another definition from now on, for all periods."""

    code: MeasureName
    division: DivisionCode
    edition: int
    reason: Reason


class IndicatorWithdrawn(Event, on="Indicator", key="code", zh="指标已停用"):
    """An indicator is in force no more."""

    code: MeasureName
    reason: Reason


class IndicatorDefinition(IndicatorTerms):
    """An indicator as it is defined."""

    code: MeasureName
    division: DivisionCode
    edition: int


class IndicatorDefinitionList(Contract):
    """Definitions, by code."""

    definitions: tuple[IndicatorDefinition, ...]


class IndicatorDefinitions(Query[IndicatorDefinitionList], on="IndicatorList", zh="指标目录"):
    """The indicators and groups in force in a division: its own and those of all above it."""

    division: DivisionCode


class IndicatorEdition(IndicatorTerms):
    """How an indicator was defined from a day on."""

    edition: int
    since: Annotated[date, Label("生效日期", "in force since")]
    reason: Annotated[
        str, validate.Length(max=200), Label("理由", "reason, empty for the first edition")
    ] = ""


class IndicatorEditionList(Contract):
    """The editions of an indicator, the newest first; `withdrawn` where none is in force."""

    code: MeasureName
    withdrawn: bool
    editions: Annotated[tuple[IndicatorEdition, ...], validate.Length(max=200)]


class EditionsOfIndicator(Query[IndicatorEditionList], on="IndicatorList", zh="指标历次版本"):
    """How an indicator was defined over time, the last 200 editions."""

    code: MeasureName


# Targets


class TargetPoint(Contract):
    """A target value of a month, or of the whole year without one."""

    month: Annotated[int | None, validate.Range(min=1, max=12), Label("月份", "month")] = None
    value: Annotated[float, Label("目标值", "target value")]


class AssignTarget(Command[Done], on="Target", zh="下达目标"):
    """Give a division the target curve of an indicator for a year, in place of one given before.
    Without points there is no target any more."""

    code: MeasureName
    division: DivisionCode
    year: Year
    points: Annotated[tuple[TargetPoint, ...], validate.Length(max=13), Label("目标", "points")]
    basis: Annotated[str, validate.Length(min=2, max=200), Label("依据", "basis")]


class TargetAssigned(Event, on="Target", key="target_id", zh="目标已下达"):
    """An indicator has this target curve in a division and year."""

    target_id: str
    code: MeasureName
    division: DivisionCode
    year: Year
    edition: int
    points: tuple[TargetPoint, ...]
    basis: str


class Target(Contract):
    """The target curve of an indicator in a division and year; `edition` counts how often one was
    given."""

    code: MeasureName
    division: DivisionCode
    year: Year
    edition: int
    points: tuple[TargetPoint, ...]
    basis: str


class TargetList(Contract):
    """Target curves, by division and code; `complete` is false where there are more."""

    targets: tuple[Target, ...]
    complete: bool = True


class TargetsOfIndicator(Query[TargetList], on="TargetList", zh="指标目标"):
    """The target curves of an indicator in a year, of a division and all below it."""

    code: MeasureName
    division: DivisionCode
    year: Year


class TargetsOfDivision(Query[TargetList], on="TargetList", zh="行政区划目标"):
    """The target curves of a division in a year."""

    division: DivisionCode
    year: Year


# Values


class TreeNode(Contract):
    """A place in the tree: an indicator with its value, target and colour, or a group with the
    number of each colour among the indicators below it."""

    code: MeasureName
    parent: MeasureName | None
    depth: Annotated[int, Label("层级", "depth, 0 at the top")]
    name_zh: str
    name_en: str
    is_group: bool
    unit: UnitName | None = None
    value: float | None = None
    target: float | None = None
    colour: AttainmentName | None = None
    green: int = 0
    yellow: int = 0
    red: int = 0


class Tree(Contract):
    """The indicator tree of a division, each indicator after the one that it stands under."""

    division: DivisionCode
    period: MonthOrYear | None
    nodes: tuple[TreeNode, ...]


class IndicatorTree(Query[Tree], on="Screen", zh="指标树"):
    """The tree of the indicators in force in a division, with its values of a month, of a year,
    or of all time."""

    division: DivisionCode
    period: MonthOrYear | None = None


class DivisionValue(Contract):
    """An indicator in one division. Rank and band are its place among the divisions answered, None
    without a value or where nothing says which values are good."""

    division: DivisionCode
    name: str
    value: float | None
    target: float | None = None
    colour: AttainmentName | None = None
    rank: int | None = None
    band: BandName | None = None


class DivisionValues(Contract):
    """An indicator in several divisions, by their codes."""

    code: MeasureName
    period: MonthOrYear | None
    divisions: Annotated[tuple[DivisionValue, ...], validate.Length(max=2000)]


class IndicatorByDivision(Query[DivisionValues], on="Screen", zh="指标分区划"):
    """An indicator in every division of a level within a division, each rolled up over all below
    it: the five-colour map (五色图) of an indicator."""

    code: MeasureName
    division: DivisionCode
    level: Annotated[
        Literal["city", "county", "township"], Label("层级", "city, county or township")
    ]
    period: MonthOrYear | None = None


class ExplanationStep(Contract):
    """A part of a formula with its value: a function over leaf measures, or an indicator, whose own
    parts follow one `depth` lower. `first` and `last` are its months, None for all time."""

    depth: int
    part: Formula
    first: Period | None
    last: Period | None
    value: float | None
