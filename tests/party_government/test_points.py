"""How values become points, ranks and bands; no database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.party_government.domain.evaluation import (
    Criterion,
    Figure,
    Method,
    Missing,
    PeriodStillOpen,
    Score,
    UnfitScheme,
    WeightsDoNotSum,
    WrongPeriod,
    last_day_of,
    points_of,
    require_cycle,
    require_over,
    require_sound,
    score,
)
from services.party_government.domain.indicators import Direction
from services.party_government.domain.ranking import BANDS, Band, bands_of, competition_ranks

ONLINE = Criterion("online", 60, target=80.0)
DAYS = Criterion("days", 40, Direction.LOWER, Method.TARGET, 5.0)
KNOWN = {"online": None, "days": Direction.LOWER}
FIFTY = {Method.TARGET: 50.0, Method.MIN_MAX: None, Method.RANK: None}
FIGURES = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
VALUES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.none() | FIGURES, min_size=1, max_size=40
)


def points(criterion: Criterion, *values: float | None) -> list[str | None]:
    named = {str(place): Figure(value) for place, value in enumerate(values)}
    found = points_of(criterion, named)
    return [None if found[name] is None else str(found[name]) for name in named]


def scored(
    criteria: tuple[Criterion, ...], **values: tuple[float | None, ...]
) -> tuple[Score, ...]:
    """The scores of organs from their values in the order of the criteria."""
    return score(
        criteria,
        {
            organ: {one.code: Figure(value) for one, value in zip(criteria, own, strict=True)}
            for organ, own in values.items()
        },
    )


def ranks(*values: float | None, direction: Direction = Direction.HIGHER) -> list[int | None]:
    named = {str(place): value for place, value in enumerate(values)}
    found = competition_ranks(named, direction)
    return [found.get(name) for name in named]


# Points


def test_points_by_target_are_the_value_in_percent_of_it_up_to_the_cap() -> None:
    assert points(ONLINE, 40.0, 80.0, 88.0, 0.0, -3.0) == [
        "50.00",
        "100.00",
        "100.00",
        "0.00",
        "0.00",
    ]
    assert points(replace(ONLINE, cap=120), 88.0, 800.0) == ["110.00", "120.00"]


def test_where_less_is_better_points_are_the_target_in_percent_of_the_value() -> None:
    assert points(DAYS, 10.0, 5.0, 4.0, 0.0) == ["50.00", "100.00", "100.00", "100.00"]


def test_without_a_target_of_the_scheme_each_division_has_its_own() -> None:
    own = replace(ONLINE, target=None)
    figures = {"a": Figure(40.0, 50.0), "b": Figure(40.0, 80.0), "c": Figure(40.0, None)}
    assert points_of(own, figures) == {"a": Decimal(80), "b": Decimal(50), "c": None}
    # The scheme's own target goes before.
    assert set(points_of(ONLINE, figures).values()) == {Decimal(50)}


def test_a_target_of_nothing_is_met_or_not() -> None:
    accidents = replace(DAYS, target=None)
    figures = {"none": Figure(0.0, 0.0), "one": Figure(1.0, 0.0)}
    assert points_of(accidents, figures) == {"none": Decimal(100), "one": Decimal(0)}
    growth = replace(ONLINE, target=None)
    figures = {"less": Figure(-3.0, -2.0), "more": Figure(-1.0, -2.0)}
    assert points_of(growth, figures) == {"less": Decimal(0), "more": Decimal(100)}


def test_points_by_min_max_lie_between_the_worst_and_the_best() -> None:
    criterion = Criterion("online", 100, method=Method.MIN_MAX)
    assert points(criterion, 10.0, 20.0, 15.0) == ["0.00", "100.00", "50.00"]
    less = replace(criterion, direction=Direction.LOWER)
    assert points(less, 10.0, 20.0, 15.0) == ["100.00", "0.00", "50.00"]
    assert points(criterion, 7.0, 7.0) == ["100.00", "100.00"]
    assert points(criterion, 7.0) == ["100.00"]


def test_points_by_rank_fall_evenly_and_ties_share_them() -> None:
    criterion = Criterion("online", 100, method=Method.RANK)
    assert points(criterion, 4.0, 9.0, 4.0, 1.0) == ["75.00", "100.00", "75.00", "25.00"]
    less = replace(criterion, direction=Direction.LOWER)
    assert points(less, 4.0, 9.0, None) == ["100.00", "50.00", None]


@pytest.mark.parametrize("method", Method)
def test_a_missing_value_is_no_zero(method: Method) -> None:
    criterion = Criterion("online", 100, method=method, target=FIFTY[method])
    assert points(criterion, None, None) == [None, None]
    present = points(criterion, 10.0, 30.0)
    assert points(criterion, 10.0, 30.0, None) == [*present, None]
    strict = replace(criterion, missing=Missing.NO_POINTS)
    assert points(strict, 10.0, 30.0, None) == [*present, "0"]


@given(VALUES, st.sampled_from(Method), st.sampled_from(Direction))
def test_a_better_value_never_has_fewer_points(
    values: dict[str, float | None], method: Method, direction: Direction
) -> None:
    criterion = Criterion("online", 100, direction, method, FIFTY[method])
    found = points_of(criterion, {name: Figure(value) for name, value in values.items()})
    measured = [(value, found[name]) for name, value in values.items() if value is not None]
    measured.sort(key=lambda one: one[0], reverse=direction is Direction.LOWER)
    worth = [one for _, one in measured]
    assert all(one is not None and 0 <= one <= 100 for one in worth)
    assert worth == sorted(worth)  # type: ignore[type-var]


# Scores


def test_a_score_is_the_points_by_weight_and_says_how_it_came_about() -> None:
    first, second = scored((ONLINE, DAYS), a=(40.0, 5.0), b=(80.0, 10.0))
    assert (first.organ, first.total, first.rank) == ("b", Decimal("80.00"), 1)
    assert (second.organ, second.total, second.rank) == ("a", Decimal("70.00"), 2)
    assert (first.band, second.band) == (Band.GREEN, Band.YELLOW)
    lines = [(one.criterion, one.value, one.target, str(one.points)) for one in second.lines]
    assert lines == [(ONLINE, 40.0, 80.0, "50.00"), (DAYS, 5.0, 5.0, "100.00")]


def test_what_is_left_out_is_shared_among_the_others_in_proportion() -> None:
    third = Criterion("ratings", 100 - 60 - 20, target=1.0)
    (one,) = scored((ONLINE, replace(DAYS, weight=20), third), a=(40.0, None, 1.0))
    # 60 and 20 of 80 are three quarters and a quarter.
    assert one.total == Decimal("62.50")
    assert [line.share for line in one.lines] == [Decimal("75.00"), None, Decimal("25.00")]


def test_a_value_that_brings_no_points_keeps_its_weight() -> None:
    strict = replace(DAYS, missing=Missing.NO_POINTS)
    (one,) = scored((ONLINE, strict), a=(80.0, None))
    assert one.total == Decimal("60.00")
    assert (one.lines[1].value, one.lines[1].points) == (None, Decimal(0))


def test_who_has_no_value_at_all_has_neither_score_nor_rank_and_stands_last() -> None:
    strict = replace(DAYS, missing=Missing.NO_POINTS)
    first, last = scored((ONLINE, strict), a=(None, None), b=(0.0, None))
    assert (first.organ, first.total, first.rank) == ("b", Decimal("0.00"), 1)
    assert (last.organ, last.total, last.rank) == ("a", None, None)


def test_scores_that_are_told_equal_are_a_tie() -> None:
    whole = Criterion("online", 100, target=3.0)
    told = scored((whole,), a=(1.0,), b=(1.00001,), c=(0.5,))
    assert [(one.organ, str(one.total), one.rank) for one in told] == [
        ("a", "33.33", 1),
        ("b", "33.33", 1),
        ("c", "16.67", 3),
    ]


# Ranks and bands


def test_ties_share_a_rank_and_as_many_are_left_out_after_it() -> None:
    assert ranks(5.0, 3.0, 3.0, 1.0) == [1, 2, 2, 4]
    assert ranks(5.0, 3.0, 3.0, 1.0, direction=Direction.LOWER) == [4, 2, 2, 1]
    assert ranks(None, 3.0, 0.0) == [None, 1, 2]


@given(st.dictionaries(st.integers(), st.none() | FIGURES, max_size=60))
def test_a_rank_counts_who_is_better(values: dict[int, float | None]) -> None:
    named = {str(name): value for name, value in values.items()}
    measured = [value for value in named.values() if value is not None]
    for name, rank in competition_ranks(named, Direction.HIGHER).items():
        own = named[name]
        assert own is not None
        assert rank == 1 + sum(other > own for other in measured)


def test_ninety_counties_make_five_bands_of_eighteen() -> None:
    bands = bands_of({str(rank): rank for rank in range(1, 91)})
    assert Counter(bands.values()) == dict.fromkeys(Band, 18)
    assert (bands["18"], bands["19"]) == (Band.GREEN, Band.BLUE)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=120))
def test_ties_are_in_one_band_and_no_worse_one_in_a_better(values: list[int]) -> None:
    named = {str(place): value for place, value in enumerate(values)}
    bands = bands_of(competition_ranks(named, Direction.HIGHER))
    ordered = sorted(named, key=lambda name: -named[name])
    numbers = [BANDS.index(bands[name]) for name in ordered]
    assert numbers == sorted(numbers)
    by_value = {(named[name], bands[name]) for name in named}
    assert len(by_value) == len(set(values))


# Schemes and periods


@pytest.mark.parametrize("weights", [(60, 39), (60, 41), (100, 100)])
def test_weights_that_do_not_make_a_hundred_are_refused_with_their_sum(
    weights: tuple[int, int],
) -> None:
    criteria = [replace(ONLINE, weight=weights[0]), replace(DAYS, weight=weights[1])]
    with pytest.raises(WeightsDoNotSum, match=str(sum(weights))):
        require_sound(criteria, KNOWN)


@pytest.mark.parametrize(
    "second",
    [
        replace(DAYS, code="online"),
        replace(DAYS, code="unknown"),
        replace(DAYS, target=0.0),
        replace(DAYS, method=Method.RANK),
        replace(DAYS, direction=Direction.HIGHER),
    ],
)
def test_a_criterion_that_does_not_fit_is_named_by_its_place(second: Criterion) -> None:
    with pytest.raises(UnfitScheme) as refusal:
        require_sound([ONLINE, second], KNOWN)
    assert set(refusal.value.fields["terms"]["criteria"]) == {"1"}


@pytest.mark.parametrize(
    ("period", "last_day"), [("2024-02", date(2024, 2, 29)), ("2026", date(2026, 12, 31))]
)
def test_a_period_is_over_the_day_after_its_last(period: str, last_day: date) -> None:
    assert last_day_of(period) == last_day
    with pytest.raises(PeriodStillOpen, match=str(last_day)):
        require_over(period, last_day)
    require_over(period, last_day.replace(year=last_day.year + 1, day=1))


@pytest.mark.parametrize(("period", "cycle"), [("2026", "month"), ("2026-03", "year")])
def test_a_scheme_evaluates_its_own_cycle(period: str, cycle: str) -> None:
    with pytest.raises(WrongPeriod):
        require_cycle(period, cycle)
