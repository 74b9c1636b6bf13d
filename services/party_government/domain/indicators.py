"""The indicator tree: which leaf measures an indicator is made of, by which formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from shared.divisions import Succession, contains

# Over mergers of divisions


@dataclass(frozen=True)
class Comparison:
    """Tells where what was counted in a division would be counted today.

    `mergers` are the mergers that took effect, oldest first, each with the month of its day.
    """

    mergers: tuple[tuple[str, Succession], ...]

    def place(self, division: str, period: str) -> tuple[str, bool]:
        """Today's code for what was counted under `division` in a month, and whether it is
        certain: nothing tells apart what a former division left to several.

        What was counted in the very month of a merger under a code that went on may be from
        before it.
        """
        certain = True
        for month, succession in self.mergers:
            if period <= month:
                certain = certain and succession.is_certain(division)
                division = succession.successor(division)
        return division, certain

    def sources(self, division: str) -> frozenset[str]:
        """The codes under which something was counted that may belong to this division today,
        beside its own."""
        wanted = {division}
        for _, succession in reversed(self.mergers):
            wanted |= {
                code
                for code, targets in succession.moves.items()
                if any(_overlap(target, one) for target in targets for one in wanted)
            }
        return frozenset(wanted)


def _overlap(one: str, other: str) -> bool:
    return contains(one, other) or contains(other, one)


Unit = Literal["count", "percent", "minutes", "grade"]


@dataclass
class Rollup:
    """A leaf measure summed over divisions and months: its total, and how often each value was
    observed where its owner tells that."""

    value: int = 0
    distribution: Counter[int] = field(default_factory=Counter)

    def add(self, value: int, distribution: Mapping[str, int]) -> None:
        """Take in the totals of one more division and month."""
        self.value += value
        for observed, times in distribution.items():
            self.distribution[int(observed)] += times


Rollups = Mapping[str, Rollup]
_NOTHING: Final = Rollup()


def roll_up(leaves: Iterable[tuple[str, int, Mapping[str, int]]]) -> dict[str, Rollup]:
    """Sum leaf values, given as measure, value and distribution, by measure.

    Every fact is counted in one division only, so the sum over a subtree counts none twice.
    """
    rollups: dict[str, Rollup] = {}
    for measure, value, distribution in leaves:
        rollups.setdefault(measure, Rollup()).add(value, distribution)
    return rollups


def nearest_rank(distribution: Mapping[int, int], percent: int) -> int | None:
    """The smallest observed value that at least so many percent of the observations do not exceed.

    Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
    (1996), definition 1: the inverse of the empirical distribution function. It is a value that
    was observed, never one in between. None without observations.
    """
    rank = -(-percent * sum(distribution.values()) // 100)
    passed = 0
    for value in sorted(distribution):
        passed += distribution[value]
        if distribution[value] > 0 and passed >= rank:
            return value
    return None


class Formula(Protocol):
    """How an indicator comes from leaf measures; its text is what people read."""

    def leaves(self) -> tuple[str, ...]:
        """The leaf measures that go into it."""

    def compute(self, rollups: Rollups) -> float | None:
        """Its value, None where there is nothing to measure."""


@dataclass(frozen=True)
class Total:
    """The sum of a leaf measure; 0 where none was told, because then nothing was counted."""

    leaf: str

    def __str__(self) -> str:
        return f"total({self.leaf})"

    def leaves(self) -> tuple[str, ...]:
        """The one it sums."""
        return (self.leaf,)

    def compute(self, rollups: Rollups) -> float | None:
        """The sum."""
        return float(rollups.get(self.leaf, _NOTHING).value)


@dataclass(frozen=True)
class Percent:
    """The part in the whole, in percent of the sums; None where the whole is empty.

    It is no mean of the percentages below: a county with ten cases weighs ten times one.
    """

    part: str
    whole: str

    def __str__(self) -> str:
        return f"ratio({self.part}, {self.whole}) * 100"

    def leaves(self) -> tuple[str, ...]:
        """The part and the whole."""
        return (self.part, self.whole)

    def compute(self, rollups: Rollups) -> float | None:
        """Percent, 0 to 100 where the part lies within the whole."""
        whole = rollups.get(self.whole, _NOTHING).value
        return rollups.get(self.part, _NOTHING).value * 100 / whole if whole else None


@dataclass(frozen=True)
class Percentile:
    """The nearest-rank percentile over the merged distributions of a leaf measure."""

    leaf: str
    percent: int

    def __str__(self) -> str:
        if self.percent == 50:
            return f"median({self.leaf})"
        return f"percentile({self.leaf}, {self.percent})"

    def leaves(self) -> tuple[str, ...]:
        """The one whose distribution it reads."""
        return (self.leaf,)

    def compute(self, rollups: Rollups) -> float | None:
        """A value that was observed."""
        found = nearest_rank(rollups.get(self.leaf, _NOTHING).distribution, self.percent)
        return None if found is None else float(found)


@dataclass(frozen=True)
class Mean:
    """The arithmetic mean of what was observed of a leaf measure."""

    leaf: str

    def __str__(self) -> str:
        return f"mean({self.leaf})"

    def leaves(self) -> tuple[str, ...]:
        """The one whose distribution it reads."""
        return (self.leaf,)

    def compute(self, rollups: Rollups) -> float | None:
        """The mean in the leaf's own unit."""
        distribution = rollups.get(self.leaf, _NOTHING).distribution
        times = distribution.total()
        return sum(v * n for v, n in distribution.items()) / times if times else None


@dataclass(frozen=True)
class IndicatorDefinition:
    """An indicator: its names, its unit and its formula."""

    code: str
    name_zh: str
    name_en: str
    unit: Unit
    formula: Formula


INDICATORS: Final = {
    definition.code: definition
    for definition in (
        IndicatorDefinition(
            "items_online_percent",
            "网上可办率",
            "service items available online",
            "percent",
            Percent("items_online", "items_offered"),
        ),
        IndicatorDefinition(
            "items_zero_visit_percent",
            "零跑率",
            "service items that need no visit",
            "percent",
            Percent("items_zero_visit", "items_offered"),
        ),
        IndicatorDefinition(
            "cases_submitted", "申请件数", "cases submitted", "count", Total("cases_submitted")
        ),
        IndicatorDefinition(
            "cases_decided", "办结件数", "cases decided", "count", Total("cases_decided")
        ),
        IndicatorDefinition(
            "cases_in_time_percent",
            "按时办结率",
            "cases decided in time",
            "percent",
            Percent("cases_in_time", "cases_decided"),
        ),
        IndicatorDefinition(
            "case_minutes_median",
            "办件时长中位数",
            "handling time of a case, median",
            "minutes",
            Percentile("case_minutes", 50),
        ),
        IndicatorDefinition(
            "case_minutes_p95",
            "办件时长95分位数",
            "handling time of a case, 95th percentile",
            "minutes",
            Percentile("case_minutes", 95),
        ),
        IndicatorDefinition(
            "one_things_completed",
            "“一件事”办结数",
            "one-things completed",
            "count",
            Total("one_things_completed"),
        ),
        IndicatorDefinition(
            "one_thing_minutes_median",
            "“一件事”时长中位数",
            "handling time of a one-thing, median",
            "minutes",
            Percentile("one_thing_minutes", 50),
        ),
        IndicatorDefinition("ratings", "评价数", "ratings", "count", Total("ratings")),
        IndicatorDefinition("ratings_bad", "差评数", "bad ratings", "count", Total("ratings_bad")),
        IndicatorDefinition(
            "rating_average", "平均评价等级", "average grade", "grade", Mean("rating_grades")
        ),
        IndicatorDefinition(
            "enterprises_registered",
            "新登记企业数",
            "enterprises registered",
            "count",
            Total("enterprises_registered"),
        ),
        IndicatorDefinition(
            "enterprises_known",
            "纳入惠企匹配的企业数",
            "enterprises that policies can find",
            "count",
            Total("enterprises_known"),
        ),
        IndicatorDefinition(
            "policies_matched",
            "政策匹配数",
            "policies matched to enterprises",
            "count",
            Total("policies_matched"),
        ),
        IndicatorDefinition(
            "data_shared", "数据共享次数", "readings of shared data", "count", Total("data_shared")
        ),
    )
}
