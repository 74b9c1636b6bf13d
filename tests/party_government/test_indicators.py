"""The indicator system without a database: formulas, units, circles, values, colours."""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services
from services.party_government.domain.formulas import (
    DEEPEST,
    LONGEST,
    Call,
    Expression,
    FormulaTooDeep,
    Leaf,
    Number,
    Product,
    Reference,
    Sum,
    UnknownName,
    UnreadableFormula,
    parse,
)
from services.party_government.domain.indicators import (
    LONGEST_CHAIN,
    Attainment,
    CircularFormula,
    CircularTree,
    Direction,
    DividesByZero,
    GroupHasNoValue,
    IndicatorSystem,
    MeasuresNothing,
    TargetCurve,
    UnitsDoNotFit,
    attainment_of,
    bounds_of_target,
)
from services.party_government.domain.measures import MEASURES
from services.party_government.domain.rollups import LeafValues, Months, Rollup, nearest_rank
from services.party_government.domain.units import PERCENT, PLAIN, Dimension
from services.party_government.models import DefinedIndicator
from services.party_government.reference.indicators import DEFINITIONS, FIRSTS, GOALS
from shared.errors import InvalidInput


@dataclass(frozen=True)
class Given:
    """A definition of a test."""

    code: str
    formula: str | None
    unit: str | None = "count"
    parent: str | None = None
    division: str = "33"
    period: str = "month"


def checked(*definitions: Given) -> IndicatorSystem:
    system = IndicatorSystem(definitions)
    system.check()
    return system


Row = tuple[str, str, int, dict[str, int]]


def leaves(*rows: Row) -> LeafValues:
    found = LeafValues()
    for measure, period, value, distribution in rows:
        found.add(measure, period, Rollup.of_leaf("330106001", value, distribution))
    return found


def value_of(
    formula: str, *rows: Row, period: str | None = "2026-03", unit: str = "count"
) -> float | None:
    system = IndicatorSystem([Given("it", formula, unit)])
    return system.evaluation(leaves(*rows)).value("it", Months.of(period))


# Percentiles and roll-ups

observations = st.lists(st.integers(0, 50), max_size=60)


@given(observations, st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_observations_do_not_exceed(
    observed: list[int], percent: int
) -> None:
    enough = [
        value
        for value in observed
        if sum(other <= value for other in observed) * 100 >= percent * len(observed)
    ]
    assert nearest_rank(Counter(observed), percent) == min(enough, default=None)


@given(observations.filter(bool), st.integers(1, 100))
def test_a_percentile_is_the_observation_at_its_rank(observed: list[int], percent: int) -> None:
    rank = math.ceil(percent * len(observed) / 100)
    assert nearest_rank(Counter(observed), percent) == sorted(observed)[rank - 1]


def test_the_median_of_an_even_number_of_observations_was_observed() -> None:
    assert nearest_rank({10: 1, 20: 1}, 50) == 10


def test_a_value_that_was_taken_back_is_no_observation() -> None:
    assert nearest_rank({5: 0, 7: 1}, 1) == 7


rows_of_leaves = st.lists(
    st.tuples(
        st.sampled_from(["cases_decided", "case_minutes"]),
        st.sampled_from(["2025-12", "2026-01", "2026-03"]),
        st.integers(0, 1000),
        st.dictionaries(st.integers(0, 9).map(str), st.integers(0, 20), max_size=5),
    ),
    max_size=20,
)


@given(rows_of_leaves, rows_of_leaves, st.sampled_from([None, "2025", "2026", "2026-03"]))
def test_a_rollup_is_the_sum_of_the_rollups_of_its_parts(
    one: list[Row], other: list[Row], period: str | None
) -> None:
    months = Months.of(period)
    for measure in ("cases_decided", "case_minutes"):
        whole = leaves(*one, *other).over(measure, months)
        first, second = leaves(*one).over(measure, months), leaves(*other).over(measure, months)
        assert whole.value == first.value + second.value
        assert +whole.distribution == +first.distribution + +second.distribution


def test_months_are_told_apart_over_years() -> None:
    march = Months.of("2026-03")
    assert march is not None
    assert march.names == ("2026-03", "2026-03")
    assert march.year_before().names == ("2025-03", "2025-03")
    assert march.since_january().names == ("2026-01", "2026-03")
    year = Months.of("2026")
    assert year is not None
    assert year.names == ("2026-01", "2026-12")
    assert Months.of(None) is None


# Formulas as text

NAMES = st.sampled_from(["a", "growth_of_x", "x1"])
LEAF_NAMES = st.sampled_from(sorted(MEASURES))
numbers = st.sampled_from(["0", "1", "100", "2.5", "0.000001"]).map(Number)
leaf_calls = st.one_of(
    st.builds(lambda f, m: Leaf(f, (m,)), st.sampled_from(["total", "mean", "median"]), LEAF_NAMES),
    st.builds(lambda m, p: Leaf("percentile", (m,), p), LEAF_NAMES, st.integers(1, 100)),
    st.builds(lambda a, b: Leaf("ratio", (a, b)), LEAF_NAMES, LEAF_NAMES),
)


def _composed(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    signed = st.tuples(st.sampled_from([1, -1]), inner)
    first = inner.map(lambda one: (1, one))
    several = st.tuples(first, st.lists(signed, min_size=1, max_size=3)).map(
        lambda found: (found[0], *found[1])
    )
    pair = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(Sum),
        several.map(Product),
        inner.map(lambda one: Sum(((-1, one),))),
        st.builds(
            lambda f, one: Call(f, (one,)),
            st.sampled_from(["growth", "last_year", "cumulative"]),
            inner,
        ),
        st.builds(Call, st.sampled_from(["min", "max"]), pair),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(numbers, NAMES.map(Reference), leaf_calls), _composed, max_leaves=8
)


@given(expressions)
def test_a_formula_reads_as_it_was_written(expression: Expression) -> None:
    text = str(expression)
    if len(text) <= LONGEST:
        try:
            assert str(parse(text)) == text
        except FormulaTooDeep:
            assert text.count("(") >= DEEPEST


@given(st.text(alphabet="ab1. +-*/(),_总total", max_size=40))
def test_whatever_is_no_formula_is_refused_by_name(text: str) -> None:
    # Nothing else is raised, whatever the text.
    with suppress(UnreadableFormula, FormulaTooDeep, UnknownName):
        assert str(parse(str(parse(text)))) == str(parse(text))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1),
        ("total(cases_decided", 20),
        ("1 +", 4),
        ("1 + ; 2", 4),
        ("sum(cases_decided)", 1),
        ("__import__", 1),
        ("a.b", 2),
        ("min(a)", 6),
        ("percentile(case_minutes, 0)", 25),
        ("percentile(case_minutes, 101)", 25),
        ("ratio(cases_decided)", 20),
        ("1" * 10, 10),
        ("1 " + "+ 1" * 200, LONGEST + 1),
    ],
)
def test_an_unreadable_formula_says_from_where_on(text: str, place: int) -> None:
    with pytest.raises(UnreadableFormula) as refusal:
        parse(text)
    assert refusal.value.params["place"] == place


def test_parentheses_go_only_so_deep() -> None:
    inside = DEEPEST - 1
    assert parse("(" * inside + "a" + ")" * inside) == Reference("a")
    with pytest.raises(FormulaTooDeep):
        parse("(" * 200 + "a" + ")" * 200)


def test_products_bind_tighter_than_sums_and_both_go_from_left_to_right() -> None:
    assert value_of("2 - 3 * 4 / 6 - 1 + total(ratings)") == -1.0
    assert value_of("-(2 - 5) + total(ratings)") == 3.0


def test_a_leaf_measure_that_nobody_publishes_is_refused() -> None:
    with pytest.raises(UnknownName):
        parse("total(happiness)")


# Checks


def test_an_indicator_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownName):
        checked(Given("a", "b + total(ratings)"))


def test_an_indicator_of_another_division_is_not_there() -> None:
    lower = Given("b", "total(ratings)", division="3301")
    checked(lower, Given("a", "b", division="330106"))
    for division in ("33", "3302"):
        with pytest.raises(UnknownName):
            checked(lower, Given("a", "b", division=division))


def test_a_group_has_no_value_to_reckon_with() -> None:
    with pytest.raises(GroupHasNoValue):
        checked(Given("g", None, None), Given("a", "g + total(ratings)"))


@pytest.mark.parametrize("length", [1, 2, 3, LONGEST_CHAIN])
def test_a_formula_that_refers_to_itself_is_refused_over_however_many(length: int) -> None:
    ring = [
        Given(f"a{n}", f"total(ratings) + last_year(a{(n + 1) % length})") for n in range(length)
    ]
    with pytest.raises((CircularFormula, FormulaTooDeep)) as refusal:
        checked(*ring)
    if length < LONGEST_CHAIN:
        assert refusal.type is CircularFormula


def test_indicators_refer_to_each_other_only_so_far() -> None:
    chain = [Given("a0", "total(ratings)")]
    chain += [Given(f"a{n}", f"a{n - 1} + a{n - 1}") for n in range(1, LONGEST_CHAIN)]
    system = checked(*chain)
    evaluation = system.evaluation(leaves(("ratings", "2026-03", 1, {})))
    assert evaluation.value(chain[-1].code, Months.of("2026-03")) == 2 ** (LONGEST_CHAIN - 1)
    with pytest.raises(FormulaTooDeep):
        checked(*chain, Given("more", chain[-1].code))


def test_an_indicator_does_not_stand_under_itself() -> None:
    one = Given("a", None, None, parent="b")
    with pytest.raises(CircularTree):
        checked(one, Given("b", None, None, parent="a"))
    with pytest.raises(CircularTree):
        checked(Given("c", None, None, parent="c"))
    checked(one, Given("b", None, None))


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        ("total(cases_decided)", "count"),
        ("ratio(cases_in_time, cases_decided)", "ratio"),
        ("ratio(cases_in_time, cases_decided) * 100", "percent"),
        ("total(cases_in_time) * 100 / total(cases_decided)", "percent"),
        ("100 * ratio(cases_in_time, cases_decided)", "percent"),
        ("100 - ratio(cases_in_time, cases_decided) * 100", "percent"),
        ("max(0, total(cases_submitted) - total(cases_decided))", "count"),
        ("growth(total(cases_decided))", "percent"),
        ("last_year(median(case_minutes))", "minutes"),
        ("total(case_minutes) / total(cases_decided)", "minutes"),
        ("ratio(case_minutes, cases_decided)", "minutes"),
        ("0.4 * mean(case_minutes) + 0.6 * mean(one_thing_minutes)", "minutes"),
        ("ratio(ratings_bad, ratings) * 100 * 0.5 + growth(total(ratings)) * 0.5", "percent"),
        ("total(cases_decided) * (ratio(ratings, cases_decided) * 100) / 100", "count"),
        ("(counted(case_minutes) + counted(ratings)) / 2 * 100", "percent"),
        ("max(levels(case_minutes), levels(ratings))", "count"),
    ],
)
def test_units_that_fit(formula: str, unit: str) -> None:
    checked(Given("it", formula, unit))


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        ("total(case_minutes) + total(cases_decided)", "minutes"),
        ("max(total(case_minutes), total(cases_decided))", "minutes"),
        ("last_year(total(case_minutes)) - total(ratings)", "minutes"),
        ("growth(total(case_minutes) - total(ratings))", "percent"),
        ("ratio(cases_in_time, cases_decided)", "percent"),
        ("ratio(cases_in_time, cases_decided) * 100", "ratio"),
        ("ratio(cases_in_time, cases_decided) + growth(total(ratings))", "percent"),
        ("total(cases_decided) * total(cases_decided)", "count"),
        ("total(cases_decided) / total(case_minutes)", "count"),
        ("total(cases_decided)", "minutes"),
        ("mean(rating_grades) * 100", "percent"),
        ("total(cases_decided) * 100", "count"),
        ("counted(case_minutes)", "minutes"),
        ("levels(case_minutes)", "ratio"),
    ],
)
def test_units_that_do_not_fit(formula: str, unit: str) -> None:
    with pytest.raises(UnitsDoNotFit):
        checked(Given("it", formula, unit))


def test_an_indicator_brings_its_unit_along() -> None:
    minutes = Given("m", "median(case_minutes)", "minutes")
    checked(minutes, Given("a", "m + mean(case_minutes)", "minutes"))
    with pytest.raises(UnitsDoNotFit):
        checked(minutes, Given("a", "m + total(ratings)", "minutes"))


powers = st.dictionaries(st.sampled_from(PLAIN), st.integers(-2, 2).filter(bool), max_size=3)
dimensions = st.builds(
    lambda those, hundreds: Dimension(tuple(sorted(those.items())), hundreds),
    powers,
    st.integers(-1, 2),
)


@given(dimensions, dimensions)
def test_dividing_takes_back_what_multiplying_did(one: Dimension, other: Dimension) -> None:
    assert one.times(other) == other.times(one)
    assert one.times(other).times(other, -1) == one


def test_a_percent_is_a_hundred_times_a_ratio() -> None:
    assert PERCENT.is_told_in("percent")
    assert not PERCENT.is_told_in("ratio")
    assert str(PERCENT) == "percent"
    assert str(Dimension((("count", 1), ("minutes", -1)))) == "count/minutes"


@pytest.mark.parametrize("zero", ["0", "0.0", "(1 - 1)", "(2 * 0)", "max(0, -1)", "-0"])
def test_a_formula_that_divides_by_a_literal_zero_is_refused(zero: str) -> None:
    with pytest.raises(DividesByZero):
        checked(Given("it", f"total(ratings) / {zero}"))


def test_a_zero_inside_numbers_alone_is_refused_too() -> None:
    with pytest.raises(DividesByZero):
        checked(Given("it", "total(ratings) * (1 / 0)"))


def test_numbers_alone_measure_nothing() -> None:
    with pytest.raises(MeasuresNothing):
        checked(Given("it", "1 + 2"))


# Values


def test_a_percentage_is_of_the_sums_and_not_the_mean_of_percentages() -> None:
    rows: list[Row] = [
        ("cases_in_time", "2026-03", 1, {}),
        ("cases_decided", "2026-03", 1, {}),
        ("cases_in_time", "2026-03", 0, {}),
        ("cases_decided", "2026-03", 9, {}),
    ]
    assert value_of("ratio(cases_in_time, cases_decided) * 100", *rows) == 10.0


def test_a_mean_weighs_every_observation_alike() -> None:
    rows: list[Row] = [
        ("rating_grades", "2026-03", 5, {"5": 1}),
        ("rating_grades", "2026-03", 9, {"3": 3}),
    ]
    assert value_of("mean(rating_grades)", *rows) == 3.5


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_percentage_is_the_nearest_float_to_the_exact_one(part: int, whole: int) -> None:
    rows: list[Row] = [
        ("cases_in_time", "2026-03", part, {}),
        ("cases_decided", "2026-03", whole, {}),
    ]
    exact = float(Fraction(part * 100, whole))
    assert value_of("ratio(cases_in_time, cases_decided) * 100", *rows) == exact


@pytest.mark.parametrize(
    "formula",
    [
        "ratio(cases_in_time, cases_decided) * 100",
        "percentile(case_minutes, 95)",
        "mean(case_minutes)",
        "1 + median(case_minutes)",
        "total(ratings) / total(ratings_bad)",
        "total(ratings) / (total(ratings) - total(ratings))",
        "growth(total(ratings))",
        "max(0, mean(case_minutes))",
    ],
)
def test_where_there_is_nothing_to_measure_there_is_no_value(formula: str) -> None:
    assert value_of(formula) is None
    assert value_of(formula, ("ratings", "2026-03", 1, {})) is None


def test_a_count_of_nothing_is_nought() -> None:
    assert value_of("total(ratings)") == 0.0


def test_what_was_taken_back_everywhere_was_not_counted() -> None:
    rows: list[Row] = [("items_online", "2026-02", 3, {}), ("items_online", "2026-03", -3, {})]
    assert value_of("counted(items_online)", *rows, period="2026", unit="ratio") == 0.0
    assert value_of("levels(items_online)", *rows, period="2026") == 0.0
    assert value_of("counted(items_online)", *rows, period="2026-02", unit="ratio") == 1.0


@given(st.lists(st.tuples(st.sampled_from(["33", "3301", "330106"]), st.integers(1, 9))))
def test_levels_are_those_of_the_divisions_where_something_was_counted(
    counted: list[tuple[str, int]],
) -> None:
    rollup = Rollup()
    for division, value in counted:
        rollup.add(Rollup.of_leaf(division, value, {}))
    assert rollup.levels == len({division for division, _ in counted})


YEARS: list[Row] = [
    ("ratings", "2025-01", 10, {}),
    ("ratings", "2025-03", 20, {}),
    ("ratings", "2025-04", 500, {}),
    ("ratings", "2026-01", 15, {}),
    ("ratings", "2026-03", 30, {}),
]


@pytest.mark.parametrize(
    ("formula", "period", "value"),
    [
        ("total(ratings)", "2026-03", 30),
        ("total(ratings)", "2026", 45),
        ("total(ratings)", None, 575),
        ("last_year(total(ratings))", "2026-03", 20),
        ("last_year(total(ratings))", "2026", 530),
        ("last_year(total(ratings))", None, None),
        ("growth(total(ratings))", "2026-03", 50),
        ("growth(total(ratings))", "2026-02", None),
        ("growth(total(ratings))", None, None),
        ("cumulative(total(ratings))", "2026-03", 45),
        ("cumulative(total(ratings))", None, 575),
        ("growth(cumulative(total(ratings)))", "2026-03", 50),
        ("cumulative(growth(total(ratings)))", "2026-03", 50),
        ("last_year(cumulative(total(ratings)))", "2026-03", 30),
        ("min(total(ratings), last_year(total(ratings)))", "2026-03", 20),
    ],
)
def test_functions_over_time(formula: str, period: str | None, value: float | None) -> None:
    assert value_of(formula, *YEARS, period=period) == value


def test_an_indicator_by_year_is_that_of_the_year_so_far_also_in_others() -> None:
    system = checked(
        Given("so_far", "total(ratings)", period="year"),
        Given("doubled", "so_far * 2"),
        Given("rise", "growth(so_far)", "percent"),
    )
    evaluation = system.evaluation(leaves(*YEARS))
    march = Months.of("2026-03")
    assert evaluation.value("so_far", march) == 45
    assert evaluation.value("doubled", march) == 90
    assert evaluation.value("rise", march) == 50


def test_growth_from_below_nought_has_the_sign_of_the_change() -> None:
    rows: list[Row] = [("ratings", "2025-03", -10, {}), ("ratings", "2026-03", -5, {})]
    assert value_of("growth(total(ratings))", *rows) == 50.0


@given(rows_of_leaves, expressions, st.sampled_from([None, "2026", "2026-03"]))
def test_no_formula_fails_when_it_is_reckoned(
    rows: list[Row], expression: Expression, period: str | None
) -> None:
    others = [Given(code, "total(cases_decided)") for code in ("a", "growth_of_x", "x1")]
    text = str(expression)
    try:
        system = IndicatorSystem([*others, Given("it", text)])
    except (FormulaTooDeep, UnreadableFormula):
        return
    # Units that do not fit are no reason to fail at reckoning.
    with suppress(InvalidInput):
        system.check()
    value = system.evaluation(leaves(*rows)).value("it", Months.of(period))
    assert value is None or math.isfinite(value)


@given(rows_of_leaves, expressions, st.sampled_from(["2025", "2026", "2026-03"]))
def test_what_a_formula_needs_is_all_that_it_is_reckoned_from(
    rows: list[Row], expression: Expression, period: str
) -> None:
    others = [Given(code, "total(cases_decided)") for code in ("a", "growth_of_x", "x1")]
    try:
        system = IndicatorSystem([*others, Given("it", str(expression))])
    except (FormulaTooDeep, UnreadableFormula):
        return
    months = Months.of(period)
    needs = system.needs(["it"], months)

    def wanted(measure: str, when: str) -> bool:
        return any(
            measure in measures and span is not None and span.names[0] <= when <= span.names[1]
            for span, measures in needs.items()
        )

    enough = [row for row in rows if wanted(row[0], row[1])]
    whole = system.evaluation(leaves(*rows)).value("it", months)
    assert system.evaluation(leaves(*enough)).value("it", months) == whole


def test_values_beyond_any_float_are_none() -> None:
    square = " * ".join(["ratio(ratings, ratings_bad)"] * 15)
    chain = [Given("r0", square, "ratio")]
    chain += [Given(f"r{n}", " * ".join([f"r{n - 1}"] * 60), "ratio") for n in range(1, 6)]
    system = checked(*chain)
    found = leaves(("ratings", "2026-03", 997, {}), ("ratings_bad", "2026-03", 10, {}))
    assert system.evaluation(found).value("r5", Months.of("2026-03")) is None


def test_the_steps_of_a_value_lead_down_to_leaf_measures() -> None:
    system = checked(
        Given("all", "total(ratings)"),
        Given("bad", "ratio(ratings_bad, ratings) * 100", "percent"),
        Given("it", "bad * growth(all) / 100", "percent"),
    )
    found = leaves(*YEARS, ("ratings_bad", "2026-03", 3, {}))
    march, before = Months.of("2026-03"), Months.of("2025-03")
    assert system.evaluation(found).steps("it", march) == [
        (0, "bad", march, 10.0),
        (1, "ratio(ratings_bad, ratings)", march, 0.1),
        (0, "all", march, 30.0),
        (1, "total(ratings)", march, 30.0),
        (0, "all", before, 20.0),
        (1, "total(ratings)", before, 20.0),
    ]


# Colours and targets


@pytest.mark.parametrize(
    ("value", "direction", "colour"),
    [
        (95.0, Direction.HIGHER, Attainment.GREEN),
        (90.0, Direction.HIGHER, Attainment.YELLOW),
        (89.9, Direction.HIGHER, Attainment.RED),
        (95.0, Direction.LOWER, Attainment.GREEN),
        (95.1, Direction.LOWER, Attainment.RED),
    ],
)
def test_thresholds_make_three_colours(
    value: float, direction: Direction, colour: Attainment
) -> None:
    bounds = (95.0, 90.0) if direction is Direction.HIGHER else (95.0, 95.0)
    assert attainment_of(value, bounds, direction) is colour


def test_the_tolerance_below_a_target_is_yellow() -> None:
    assert bounds_of_target(200.0, Direction.HIGHER, 10) == (200.0, 180.0)
    assert bounds_of_target(200.0, Direction.LOWER, 10) == (200.0, 220.0)
    assert bounds_of_target(-20.0, Direction.HIGHER, 10) == (-20.0, -22.0)


def test_a_target_curve_is_straight_between_its_months() -> None:
    curve = TargetCurve({0: 100.0, 3: 10.0, 6: 40.0, 9: 70.0})
    assert curve.of_year() == 100.0
    assert [curve.of_month(month) for month in (2, 3, 4, 6, 8, 9, 12)] == [
        None,
        10.0,
        20.0,
        40.0,
        60.0,
        70.0,
        70.0,
    ]
    assert TargetCurve({0: 5.0}).of_month(4) is None


@given(st.dictionaries(st.integers(1, 12), st.floats(-1e6, 1e6), min_size=1))
def test_a_target_curve_goes_through_its_points_and_not_beyond_them(
    points: dict[int, float],
) -> None:
    curve = TargetCurve(points)
    for month in range(1, 13):
        target = curve.of_month(month)
        if month < min(points):
            assert target is None
            continue
        assert target is not None
        assert month not in points or target == points[month]
        assert min(points.values()) - 1e-6 <= target <= max(points.values()) + 1e-6


# The definitions that are loaded


def test_the_loaded_definitions_fit_together() -> None:
    loaded = []
    for one in DEFINITIONS:
        defined = DefinedIndicator(id=one.code, division=one.division)
        defined.define(one)
        loaded.append(defined)
        # Each can be put in force when those before it are.
        IndicatorSystem(loaded).check()
    assert len({one.id for one in loaded}) == len(loaded)


def test_ten_goals_and_three_firsts_are_the_top_of_the_tree_with_their_sources() -> None:
    assert (len(GOALS), len(FIRSTS)) == (10, 3)
    for one in (*GOALS, *FIRSTS):
        assert (one.formula, one.parent) == (None, None)
        assert one.source is not None
        assert one.name_zh.endswith(("现代化先行", "争先"))
    tops = [one.code for one in DEFINITIONS if one.parent is None]
    assert tops == [one.code for one in (*GOALS, *FIRSTS)]


def _published() -> Iterator[str]:
    for file in Path(services.__path__[0]).glob("*/indicators.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="count" | "observe"), args=[_, name, *_]):
                    assert isinstance(name, ast.Constant)
                    yield str(name.value)


def test_every_leaf_measure_that_a_service_publishes_has_its_unit_and_no_other_does() -> None:
    assert set(_published()) == set(MEASURES)
    assert all(one.unit in PLAIN for one in MEASURES.values())


def test_an_empty_rollup_is_nothing() -> None:
    assert (Rollup().mean, Rollup().percentile(50)) == (None, None)
