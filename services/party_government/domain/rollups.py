"""Leaf values rolled up over divisions and months, and told for the divisions of today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

from shared.divisions import Succession, contains, level_of

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


# Over months


def month_number(period: str) -> int:
    """A month `YYYY-MM` as a number that counts on over the years."""
    return int(period[:4]) * 12 + int(period[5:7]) - 1


def month_name(number: int) -> str:
    """The month of such a number."""
    year, month = divmod(number, 12)
    return f"{year:04}-{month + 1:02}"


@dataclass(frozen=True)
class Months:
    """From one month to another, both included, by their numbers."""

    first: int
    last: int

    @classmethod
    def of(cls, period: str | None) -> Self | None:
        """Those of a month `YYYY-MM` or a year `YYYY`; None, which stands for all, for None."""
        if period is None:
            return None
        if len(period) == 4:
            return cls(month_number(f"{period}-01"), month_number(f"{period}-12"))
        return cls(month_number(period), month_number(period))

    def year_before(self) -> Self:
        """The same months a year earlier."""
        return type(self)(self.first - 12, self.last - 12)

    def since_january(self) -> Self:
        """From January of the year in which they end."""
        return type(self)(self.last - self.last % 12, self.last)

    @property
    def names(self) -> tuple[str, str]:
        """The first and the last month."""
        return month_name(self.first), month_name(self.last)


# Over divisions


@dataclass
class Rollup:
    """A leaf measure summed over divisions and months: its total, how often each value was observed
    where its owner tells that, and the total by the level of the divisions where it was counted."""

    value: int = 0
    distribution: Counter[int] = field(default_factory=Counter)
    by_level: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of_leaf(cls, division: str, value: int, distribution: Mapping[str, int]) -> Self:
        """What was counted in one division itself."""
        return cls.of_total(value, distribution, {str(int(level_of(division))): value})

    @classmethod
    def of_total(
        cls, value: int, distribution: Mapping[str, int], by_level: Mapping[str, int]
    ) -> Self:
        """What was summed up, as it is kept."""
        return cls(value, _by_number(distribution), _by_number(by_level))

    def add(self, other: Rollup) -> None:
        """Take in what another rolled up."""
        self.value += other.value
        self.distribution.update(other.distribution)
        self.by_level.update(other.by_level)

    def since(self, before: Rollup) -> Rollup:
        """What came to it, or went from it where that is negative, since it was `before`."""
        change = Rollup(self.value, Counter(self.distribution), Counter(self.by_level))
        change.value -= before.value
        change.distribution.subtract(before.distribution)
        change.by_level.subtract(before.by_level)
        return change

    @property
    def levels(self) -> int:
        """At how many administrative levels something was counted."""
        return sum(value > 0 for value in self.by_level.values())

    @property
    def mean(self) -> Fraction | None:
        """The arithmetic mean of what was observed, each observation alike: of the exact total."""
        times = self.distribution.total()
        return Fraction(self.value, times) if times else None

    def percentile(self, percent: int) -> Fraction | None:
        """The nearest-rank percentile of what was observed."""
        found = nearest_rank(self.distribution, percent)
        return None if found is None else Fraction(found)


def _by_number(counts: Mapping[str, int]) -> Counter[int]:
    return Counter({int(key): times for key, times in counts.items()})


class LeafValues:
    """The leaf values of a division by measure and month.

    Every fact is counted in one division only, so the sum over a subtree counts none twice.
    """

    def __init__(self) -> None:
        self._by_measure: dict[str, dict[str, Rollup]] = {}

    def add(self, measure: str, period: str, counted: Rollup) -> None:
        """Take in the totals of one more division and month."""
        months = self._by_measure.setdefault(measure, {})
        if period in months:
            months[period].add(counted)
        else:
            months[period] = counted

    def over(self, measure: str, months: Months | None) -> Rollup:
        """A measure over some months, or over all; nothing where none was told, because then
        nothing was counted."""
        found = Rollup()
        first, last = ("0", "9~") if months is None else months.names
        for period, rollup in self._by_measure.get(measure, {}).items():
            if first <= period <= last:
                found.add(rollup)
        return found


def nearest_rank(distribution: Mapping[int, int], percent: int) -> int | None:
    """The smallest observed value that at least so many percent of the observations do not exceed.

    Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
    (1996), definition 1: the inverse of the empirical distribution function. It is a value that
    was observed, as its owner keeps it (to seven significant bits), never one in between. None
    without observations.
    """
    rank = -(-percent * sum(distribution.values()) // 100)
    passed = 0
    for value in sorted(distribution):
        passed += distribution[value]
        if distribution[value] > 0 and passed >= rank:
            return value
    return None
