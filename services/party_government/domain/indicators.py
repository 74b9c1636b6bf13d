"""The indicator system: definitions that refer to each other, their checks and their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol

from services.party_government.domain.formulas import (
    Call,
    Expression,
    FormulaTooDeep,
    Leaf,
    Number,
    Product,
    Reference,
    Sum,
    UnknownName,
    children_of,
    parse,
    parts_of,
)
from services.party_government.domain.measures import MEASURES
from services.party_government.domain.rollups import LeafValues, Months
from services.party_government.domain.units import PERCENT, Dimension
from shared.divisions import contains
from shared.errors import InvalidInput, RuleBroken

LONGEST_CHAIN: Final = 8
"""Over how many indicators one may refer to another."""
LARGEST_BITS: Final = 1024
UNIT_OF_FUNCTION: Final = {"counted": "ratio", "levels": "count"}
"""Units of functions that tell another thing than what their leaf measure counts."""
"""Exact fractions longer than that are rounded; every float fits into it."""


class CircularFormula(InvalidInput):
    """A formula refers to its own indicator, itself or through others."""

    zh = "公式循环引用：{path}"
    en = "the formula refers to itself: {path}"


class CircularTree(InvalidInput):
    """An indicator would stand under itself."""

    zh = "指标不能归入自身之下：{path}"
    en = "an indicator cannot stand under itself: {path}"


class UnitsDoNotFit(InvalidInput):
    """Values of different units are added or compared, or the outcome is told in another."""

    zh = "“{code}”的公式单位不符：“{one}”与“{other}”"
    en = "the units in the formula of “{code}” do not fit: {one} and {other}"


class DividesByZero(InvalidInput):
    """A formula divides by a number that is zero."""

    zh = "“{code}”的公式以零为除数"
    en = "the formula of “{code}” divides by zero"


class MeasuresNothing(InvalidInput):
    """A formula holds numbers alone."""

    zh = "“{code}”的公式没有引用任何指标或基础指标"
    en = "the formula of “{code}” names no indicator and no leaf measure"


class UnfitIndicator(InvalidInput):
    """The parts of a definition do not go together; `fields` says which."""

    zh = "指标“{code}”的定义不合要求，请按各字段的提示更正"
    en = "the definition of “{code}” does not fit; correct each field as its message says"


class IndicatorInUse(RuleBroken):
    """Others refer to the indicator or stand under it."""

    zh = "指标“{code}”仍被{users}引用，请先修订这些指标"
    en = "“{code}” is still referred to by {users}; revise these first"


class GroupHasNoValue(RuleBroken):
    """A group of indicators has no value of its own."""

    zh = "“{code}”是指标组，没有自己的数值和目标"
    en = "“{code}” is a group of indicators, with no value and no target of its own"


class Definition(Protocol):
    """What the system must know of an indicator; a group has neither formula nor unit."""

    @property
    def code(self) -> str:
        """By which others refer to it."""

    @property
    def division(self) -> str:
        """Where it was defined: it holds there and below."""

    @property
    def unit(self) -> str | None:
        """In which its value is told."""

    @property
    def formula(self) -> str | None:
        """Its formula as text."""

    @property
    def period(self) -> str:
        """`year` where a month's value is that of the year so far, else `month`."""

    @property
    def parent(self) -> str | None:
        """Under which it stands in the tree."""


class IndicatorSystem:
    """Definitions in force that know each other."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = {one.code: one for one in definitions}
        self._expressions = {
            one.code: parse(one.formula)
            for one in self._definitions.values()
            if one.formula is not None
        }

    def expression(self, code: str) -> Expression:
        """The formula of an indicator, always the same object; raises `GroupHasNoValue`."""
        found = self._expressions.get(code)
        if found is None:
            raise GroupHasNoValue(code=code)
        return found

    def references_of(self, code: str) -> tuple[str, ...]:
        """The indicators that its formula names, from left to right."""
        if code not in self._expressions:
            return ()
        parts = parts_of(self._expressions[code])
        return tuple(dict.fromkeys(part.code for part in parts if isinstance(part, Reference)))

    def span(self, code: str, months: Months | None) -> Months | None:
        """The months that an indicator's value in these months is about."""
        if months is not None and self._definitions[code].period == "year":
            return months.since_january()
        return months

    # Checks

    def check(self) -> None:
        """Raise what is wrong with the first definition that does not fit the others."""
        for one in self._definitions.values():
            self._check_tree(one)
            if one.formula is not None:
                self._check_names(one)
        # No formula is followed before all names are known, and no unit before no circle is left.
        lengths: dict[str, int] = {}
        for code in self._expressions:
            self._check_chain(code, (), lengths)
        for one in self._definitions.values():
            if one.formula is not None:
                self._check_units(one)

    def users_of(self, code: str) -> list[str]:
        """Who refers to an indicator or stands directly under it, by code."""
        return sorted(
            one.code
            for one in self._definitions.values()
            if one.parent == code or code in self.references_of(one.code)
        )

    def _check_tree(self, one: Definition) -> None:
        path = [one.code]
        above = one
        while above.parent is not None:
            path.append(above.parent)
            if above.parent in path[:-1]:
                raise CircularTree(path=" → ".join(path))
            above = self._known(above, above.parent)

    def _known(self, by: Definition, code: str) -> Definition:
        """The indicator that another names: one of its division or of a division above it."""
        found = self._definitions.get(code)
        if found is None or not contains(found.division, by.division):
            raise UnknownName(code=by.code, name=code, kind_zh="指标", kind_en="indicator")
        return found

    def _check_names(self, one: Definition) -> None:
        for code in self.references_of(one.code):
            if self._known(one, code).formula is None:
                raise GroupHasNoValue(code=code)

    def _check_chain(self, code: str, path: tuple[str, ...], lengths: dict[str, int]) -> int:
        """How many indicators the longest chain from this one on holds."""
        if code in path:
            raise CircularFormula(path=" → ".join((*path, code)))
        if len(path) + lengths.get(code, 1) > LONGEST_CHAIN:
            raise FormulaTooDeep(most=LONGEST_CHAIN)
        if code not in lengths:
            others = self.references_of(code)
            path = (*path, code)
            lengths[code] = 1 + max(
                (self._check_chain(other, path, lengths) for other in others), default=0
            )
        return lengths[code]

    def _check_units(self, one: Definition) -> None:
        expression = self.expression(one.code)
        if not any(isinstance(part, Leaf | Reference) for part in parts_of(expression)):
            raise MeasuresNothing(code=one.code)
        told = one.unit or "ratio"
        found = self._dimension(expression, one.code)
        if found is not None and not found.is_told_in(told):
            raise UnitsDoNotFit(code=one.code, one=found, other=told)

    def _dimension(self, expression: Expression, code: str) -> Dimension | None:
        """What an expression is measured in; None for numbers alone, which fit whatever stands
        beside them."""
        match expression:
            case Number():
                return None
            case Reference(code=other):
                return Dimension.of(self._definitions[other].unit or "ratio")
            case Leaf(function=function, measures=measures):
                if function in UNIT_OF_FUNCTION:
                    return Dimension.of(UNIT_OF_FUNCTION[function])
                units = [Dimension.of(MEASURES[name].unit) for name in measures]
                return units[0].times(units[1], -1) if function == "ratio" else units[0]
            case Product(factors=factors):
                return self._dimension_of_product(factors, code)
            case Call(function="growth", arguments=(argument,)):
                self._dimension(argument, code)
                return PERCENT
        return self._common_dimension(children_of(expression), code)

    def _common_dimension(self, those: Iterable[Expression], code: str) -> Dimension | None:
        common: Dimension | None = None
        for one in those:
            found = self._dimension(one, code)
            if found is None:
                continue
            if common is not None and found != common:
                raise UnitsDoNotFit(code=code, one=common, other=found)
            common = found
        return common

    def _dimension_of_product(
        self, factors: Iterable[tuple[int, Expression]], code: str
    ) -> Dimension | None:
        found = Dimension()
        measured = False
        for sign, factor in factors:
            dimension = self._dimension(factor, code)
            if dimension is None:
                number = _number(factor, code)
                if sign < 0 and number == 0:
                    raise DividesByZero(code=code)
                if number == 100:
                    found = found.times(PERCENT, sign)
                continue
            measured = True
            found = found.times(dimension, sign)
        return found if measured else None

    # Values

    def needs(
        self, codes: Iterable[str], months: Months | None
    ) -> dict[Months | None, tuple[str, ...]]:
        """Which leaf measures must be read, over which months, to tell these indicators; first
        those of the first formula."""
        found: dict[Months | None, dict[str, None]] = {}
        seen: set[tuple[int, Months | None]] = set()
        for code in codes:
            for span, measure in self._needed(self.expression(code), self.span(code, months), seen):
                found.setdefault(span, {})[measure] = None
        return {span: tuple(measures) for span, measures in found.items()}

    def measures_of(self, code: str) -> frozenset[str]:
        """Which leaf measures an indicator is reckoned from, whatever the months."""
        return frozenset(self._measures(self.expression(code)))

    def _measures(self, expression: Expression) -> Iterator[str]:
        match expression:
            case Leaf(measures=measures):
                yield from measures
            case Reference(code=code):
                yield from self._measures(self.expression(code))
            case _:
                for one in children_of(expression):
                    yield from self._measures(one)

    def _needed(
        self, expression: Expression, months: Months | None, seen: set[tuple[int, Months | None]]
    ) -> Iterator[tuple[Months | None, str]]:
        if (id(expression), months) in seen:
            return
        seen.add((id(expression), months))
        match expression:
            case Leaf(measures=measures):
                yield from ((months, measure) for measure in measures)
            case Reference(code=code):
                yield from self._needed(self.expression(code), self.span(code, months), seen)
            case Call(function=function, arguments=arguments):
                for span in _spans(function, months):
                    for one in arguments:
                        yield from self._needed(one, span, seen)
            case _:
                for one in children_of(expression):
                    yield from self._needed(one, months, seen)

    def evaluation(self, leaves: LeafValues) -> Evaluation:
        """Values over these leaf values."""
        return Evaluation(self, leaves)


def _spans(function: str, months: Months | None) -> tuple[Months | None, ...]:
    """Over which months a function asks for its arguments. Over all time there is no year before,
    and the whole is cumulative already."""
    match function, months:
        case "last_year", None:
            return ()
        case "growth", None:
            return ()
        case "last_year", Months():
            return (months.year_before(),)
        case "growth", Months():
            return months, months.year_before()
        case "cumulative", Months():
            return (months.since_january(),)
    return (months,)


def _number(expression: Expression, code: str) -> Fraction:
    """The value of an expression of numbers alone; raises `DividesByZero`."""
    match expression:
        case Number():
            return expression.value
        case Sum(terms=terms):
            return sum((sign * _number(one, code) for sign, one in terms), Fraction(0))
        case Product(factors=factors):
            product = Fraction(1)
            for sign, one in factors:
                value = _number(one, code)
                if sign < 0 and value == 0:
                    raise DividesByZero(code=code)
                product = product / value if sign < 0 else product * value
            return product
        case Call(function="min" | "max" as function, arguments=arguments):
            values = [_number(one, code) for one in arguments]
            return min(values) if function == "min" else max(values)
        case Call(function="growth"):
            return Fraction(0)
        case Call(arguments=(argument,)):
            return _number(argument, code)
    raise TypeError(f"{expression} is no number")


class Evaluation:
    """Values of indicators over the leaf values of one division.

    They are reckoned exactly, in fractions. Where there is nothing to measure, which is so
    wherever something is divided by nought, there is no value: None.
    """

    def __init__(self, system: IndicatorSystem, leaves: LeafValues) -> None:
        self._system = system
        self._leaves = leaves
        self._known: dict[tuple[int, Months | None], Fraction | None] = {}

    def value(self, code: str, months: Months | None) -> float | None:
        """An indicator in some months, or over all; raises `GroupHasNoValue`."""
        return _told(self._indicator(code, months))

    def growth(self, code: str, months: Months) -> float | None:
        """By how many percent it is more than in the same months of the year before."""
        now, before = self._indicator(code, months), self._indicator(code, months.year_before())
        return _told(_bounded(_growth(now, before)))

    def steps(
        self, code: str, months: Months | None
    ) -> list[tuple[int, str, Months | None, float | None]]:
        """How the value comes about: the parts of its formula that are measured, each with its
        depth, its text, its months and its value, and below an indicator those of its own."""
        return list(self._steps(self._system.expression(code), self._system.span(code, months), 0))

    def _steps(
        self, expression: Expression, months: Months | None, depth: int
    ) -> Iterator[tuple[int, str, Months | None, float | None]]:
        match expression:
            case Leaf():
                yield depth, str(expression), months, _told(self._value(expression, months))
            case Reference(code=code):
                span = self._system.span(code, months)
                yield depth, code, span, _told(self._value(expression, months))
                yield from self._steps(self._system.expression(code), span, depth + 1)
            case Call(function=function, arguments=arguments):
                for span in _spans(function, months):
                    for one in arguments:
                        yield from self._steps(one, span, depth)
            case _:
                for one in children_of(expression):
                    yield from self._steps(one, months, depth)

    def _indicator(self, code: str, months: Months | None) -> Fraction | None:
        return self._value(self._system.expression(code), self._system.span(code, months))

    def _value(self, expression: Expression, months: Months | None) -> Fraction | None:
        # By identity: one text is parsed once, and equal parts of it need not be found equal.
        key = (id(expression), months)
        if key not in self._known:
            self._known[key] = _bounded(self._reckon(expression, months))
        return self._known[key]

    def _reckon(self, expression: Expression, months: Months | None) -> Fraction | None:
        match expression:
            case Number():
                return expression.value
            case Reference(code=code):
                return self._indicator(code, months)
            case Leaf():
                return self._leaf(expression, months)
            case Sum(terms=terms):
                return self._sum(terms, months)
            case Product(factors=factors):
                return self._product(factors, months)
            case Call(function=function, arguments=arguments):
                return self._call(function, arguments, months)

    def _leaf(self, leaf: Leaf, months: Months | None) -> Fraction | None:
        rollup = self._leaves.over(leaf.measures[0], months)
        match leaf.function:
            case "total":
                return Fraction(rollup.value)
            case "mean":
                return rollup.mean
            case "median":
                return rollup.percentile(50)
            case "percentile":
                return rollup.percentile(leaf.percent)
            case "counted":
                return Fraction(rollup.value > 0)
            case "levels":
                return Fraction(rollup.levels)
        whole = self._leaves.over(leaf.measures[1], months).value
        return Fraction(rollup.value, whole) if whole else None

    def _sum(
        self, terms: tuple[tuple[int, Expression], ...], months: Months | None
    ) -> Fraction | None:
        total = Fraction(0)
        for sign, one in terms:
            value = self._value(one, months)
            if value is None:
                return None
            total += sign * value
        return total

    def _product(
        self, factors: tuple[tuple[int, Expression], ...], months: Months | None
    ) -> Fraction | None:
        product: Fraction | None = Fraction(1)
        for sign, one in factors:
            value = self._value(one, months)
            if value is None or product is None or (sign < 0 and value == 0):
                return None
            product = _bounded(product / value if sign < 0 else product * value)
        return product

    def _call(
        self, function: str, arguments: tuple[Expression, ...], months: Months | None
    ) -> Fraction | None:
        values = [self._value(one, span) for span in _spans(function, months) for one in arguments]
        if not values or None in values:
            return None
        known = [value for value in values if value is not None]
        match function:
            case "min":
                return min(known)
            case "max":
                return max(known)
            case "growth":
                return _growth(*known)
        return known[0]


def _growth(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    if now is None or not before:
        return None
    return (now - before) * 100 / abs(before)


def _bounded(value: Fraction | None) -> Fraction | None:
    """The value itself, rounded to a float where it grew so long that reckoning would take time
    without an end; None where it is larger than any float."""
    if value is None:
        return None
    longest = max(value.numerator.bit_length(), value.denominator.bit_length())
    if longest <= LARGEST_BITS:
        return value
    rounded = _told(value)
    return None if rounded is None else Fraction(rounded)


def _told(value: Fraction | None) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except OverflowError:
        return None


# Colours


class Direction(StrEnum):
    """Which values are good."""

    HIGHER = "higher"
    LOWER = "lower"


class Attainment(StrEnum):
    """How good a value is by the thresholds or the target."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def bounds_of_target(target: float, direction: Direction, tolerance: int) -> tuple[float, float]:
    """From where on a value is green and yellow beside a target; `tolerance` is in percent of the
    target."""
    gap = abs(target) * tolerance / 100
    return target, target - gap if direction is Direction.HIGHER else target + gap


def attainment_of(value: float, bounds: tuple[float, float], direction: Direction) -> Attainment:
    """The colour of a value, which is good enough where it is just the bound."""
    green, yellow = bounds
    if direction is Direction.LOWER:
        value, green, yellow = -value, -green, -yellow
    if value >= green:
        return Attainment.GREEN
    return Attainment.YELLOW if value >= yellow else Attainment.RED


# Targets


class UnfitTarget(InvalidInput):
    """The points of a target do not make a curve; `fields` says why."""

    zh = "目标曲线不合要求，请按提示更正"
    en = "the points make no target curve; correct them as the message says"


class TargetCurve:
    """The target of one division and year: for months, the year, or both.

    `points` maps months 1 to 12 to values, and 0 to the value of the whole year. Between two
    months the curve is a straight line, before the first there is no target, after the last its
    value holds.
    """

    def __init__(self, points: Mapping[int, float]) -> None:
        self._year = points.get(0)
        self._months = sorted((month, value) for month, value in points.items() if month)

    def of_year(self) -> float | None:
        """The target of the year."""
        return self._year

    def of_month(self, month: int) -> float | None:
        """The target of a month, 1 to 12."""
        before = [point for point in self._months if point[0] <= month]
        if not before:
            return None
        start, value = before[-1]
        after = [point for point in self._months if point[0] > month]
        if not after:
            return value
        end, reached = after[0]
        return value + (reached - value) * (month - start) / (end - start)
