"""Formulas of indicators: expressions over leaf measures and other indicators, as text.

    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = [ "-" ] atom
    atom    = number | indicator | "(" sum ")" | function "(" arguments ")"

`total`, `mean`, `median`, `percentile` and `ratio` take leaf measures; anywhere else a name is an
indicator. `growth`, `last_year`, `cumulative`, `min` and `max` take expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from services.party_government.domain.measures import MEASURES
from shared.errors import InvalidInput

LONGEST: Final = 500
DEEPEST: Final = 10
"""How deep parentheses and functions may stand in each other."""

_TOKEN: Final = re.compile(r"\s*(?:([0-9]{1,9}(?:\.[0-9]{1,6})?)|([a-z][a-z0-9_]*)|([-+*/(),]))")
_NUMBER, _NAME, _SIGN = 1, 2, 3


class UnreadableFormula(InvalidInput):
    """The text is no formula from some place on."""

    zh = (
        "公式从第{place}个字符“{rest}”起无法识别："
        "只能使用指标、基础指标、数字、+ - * / 和函数 {functions}"
    )
    en = (
        "the formula cannot be read from character {place} on (“{rest}”): it is made of indicators,"
        " leaf measures, numbers, + - * / and the functions {functions}"
    )


class FormulaTooDeep(InvalidInput):
    """Parentheses, or references from indicator to indicator, go too deep."""

    zh = "公式嵌套或引用过深（最多{most}层），请拆分为几个指标"
    en = "the formula goes too deep ({most} levels at most): make several indicators of it"


class UnknownName(InvalidInput):
    """A formula or an indicator names what there is not."""

    zh = "“{code}”引用的{kind_zh}“{name}”不存在"
    en = "“{code}” names the {kind_en} “{name}”, which there is not"


# Expressions


@dataclass(frozen=True)
class Number:
    """A number as it was written."""

    text: str

    @property
    def value(self) -> Fraction:
        """Exactly what it says."""
        return Fraction(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Reference:
    """Another indicator, by its code."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Leaf:
    """A function over leaf measures; `percent` is that of a percentile."""

    function: str
    measures: tuple[str, ...]
    percent: int = 0

    def __str__(self) -> str:
        arguments = [*self.measures, *([str(self.percent)] if self.percent else [])]
        return f"{self.function}({', '.join(arguments)})"


@dataclass(frozen=True)
class Sum:
    """Terms, each added (1) or taken away (-1)."""

    terms: tuple[tuple[int, Expression], ...]

    def __str__(self) -> str:
        (sign, first), *others = self.terms
        text = f"-{_in_product(first)}" if sign < 0 else _in_sum(first)
        return text + "".join(f" {'-' if s < 0 else '+'} {_in_sum(one)}" for s, one in others)


@dataclass(frozen=True)
class Product:
    """Factors, each multiplied by (1) or divided by (-1); the first is never a divisor."""

    factors: tuple[tuple[int, Expression], ...]

    def __str__(self) -> str:
        (_, first), *others = self.factors
        text = _in_product(first)
        return text + "".join(f" {'/' if s < 0 else '*'} {_in_product(one)}" for s, one in others)


@dataclass(frozen=True)
class Call:
    """A function over expressions."""

    function: str
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Expression = Number | Reference | Leaf | Sum | Product | Call

OVER_LEAVES: Final = {
    "total": 1,
    "mean": 1,
    "median": 1,
    "percentile": 1,
    "ratio": 2,
    "counted": 1,
    "levels": 1,
}
"""Functions over leaf measures, and how many they take."""
OVER_EXPRESSIONS: Final = {
    "growth": (1, 1),
    "last_year": (1, 1),
    "cumulative": (1, 1),
    "min": (2, 10),
    "max": (2, 10),
}
"""Functions over expressions, and how few and how many they take."""


def _in_sum(one: Expression) -> str:
    return f"({one})" if isinstance(one, Sum) else str(one)


def _in_product(one: Expression) -> str:
    return f"({one})" if isinstance(one, Sum | Product) else str(one)


def parts_of(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of, from left to right."""
    yield expression
    for one in children_of(expression):
        yield from parts_of(one)


def children_of(expression: Expression) -> tuple[Expression, ...]:
    """What it is directly made of."""
    match expression:
        case Sum(terms=parts) | Product(factors=parts):
            return tuple(one for _, one in parts)
        case Call(arguments=arguments):
            return arguments
    return ()


# Reading


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression that a text says; raises `UnreadableFormula`, `FormulaTooDeep`, and
    `UnknownName` for a leaf measure that no service publishes."""
    if len(text) > LONGEST:
        raise _unreadable(text, LONGEST)
    return _Parser(text).whole()


def _unreadable(text: str, place: int) -> UnreadableFormula:
    rest = text[place : place + 20].strip() or "…"
    functions = ", ".join((*OVER_LEAVES, *OVER_EXPRESSIONS))
    return UnreadableFormula(place=place + 1, rest=rest, functions=functions)


class _Parser:
    """Reads one text from left to right, by the grammar above."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._place = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._sum()
        if self._place < len(self._text):
            raise self._stuck()
        return found

    def _stuck(self) -> UnreadableFormula:
        return _unreadable(self._text, self._place)

    def _next(self, kind: int, wanted: str = "") -> str | None:
        """The next token, if it is of that kind and one of the wanted characters."""
        found = _TOKEN.match(self._text, self._place)
        if found is None or found.group(kind) is None:
            return None
        token: str = found.group(kind)
        if wanted and token not in wanted:
            return None
        self._place = found.end()
        return token

    def _must(self, wanted: str) -> None:
        if self._next(_SIGN, wanted) is None:
            raise self._stuck()

    def _sum(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FormulaTooDeep(most=DEEPEST)
        terms = [(1, self._product())]
        while (sign := self._next(_SIGN, "+-")) is not None:
            terms.append((-1 if sign == "-" else 1, self._product()))
        self._depth -= 1
        return terms[0][1] if len(terms) == 1 else Sum(tuple(terms))

    def _product(self) -> Expression:
        factors = [(1, self._signed())]
        while (sign := self._next(_SIGN, "*/")) is not None:
            factors.append((-1 if sign == "/" else 1, self._signed()))
        return factors[0][1] if len(factors) == 1 else Product(tuple(factors))

    def _signed(self) -> Expression:
        if self._next(_SIGN, "-") is not None:
            return Sum(((-1, self._atom()),))
        return self._atom()

    def _atom(self) -> Expression:
        if (number := self._next(_NUMBER)) is not None:
            return Number(number)
        if self._next(_SIGN, "(") is not None:
            found = self._sum()
            self._must(")")
            return found
        before = self._place
        name = self._next(_NAME)
        if name is None:
            raise self._stuck()
        if self._next(_SIGN, "(") is None:
            return Reference(name)
        if name in OVER_LEAVES:
            return self._over_leaves(name)
        if name in OVER_EXPRESSIONS:
            return self._over_expressions(name)
        self._place = before
        raise self._stuck()

    def _over_leaves(self, function: str) -> Expression:
        measures = [self._measure()]
        for _ in range(OVER_LEAVES[function] - 1):
            self._must(",")
            measures.append(self._measure())
        percent = 0
        if function == "percentile":
            self._must(",")
            percent = self._percent()
        self._must(")")
        return Leaf(function, tuple(measures), percent)

    def _measure(self) -> str:
        name = self._next(_NAME)
        if name is None:
            raise self._stuck()
        if name not in MEASURES:
            raise UnknownName(
                code=self._text, name=name, kind_zh="基础指标", kind_en="leaf measure"
            )
        return name

    def _percent(self) -> int:
        before = self._place
        number = self._next(_NUMBER)
        if number is None or not number.isdigit() or not 1 <= int(number) <= 100:
            self._place = before
            raise self._stuck()
        return int(number)

    def _over_expressions(self, function: str) -> Expression:
        least, most = OVER_EXPRESSIONS[function]
        arguments = [self._sum()]
        while len(arguments) < most and self._next(_SIGN, ",") is not None:
            arguments.append(self._sum())
        if len(arguments) < least:
            raise self._stuck()
        self._must(")")
        return Call(function, tuple(arguments))
