"""Indicators defined, revised, withdrawn and held against targets, on a real database."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.commands.indicators import IndicatorExists
from services.party_government.domain.formulas import UnknownName
from services.party_government.domain.indicators import (
    CircularFormula,
    GroupHasNoValue,
    IndicatorInUse,
    UnfitIndicator,
    UnfitTarget,
    UnitsDoNotFit,
)
from services.party_government.figures import figures
from services.party_government.load import steps
from services.party_government.models import (
    DefinedIndicator,
    DefinitionEdition,
    IndicatorTarget,
    KnownOrgan,
)
from services.party_government.reference.indicators import DEFINITIONS
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts import digital_government
from shared.contracts.party_government import (
    AssignTarget,
    DefineIndicator,
    EditionsOfIndicator,
    IndicatorByDivision,
    IndicatorDefined,
    IndicatorDefinitions,
    IndicatorRevised,
    IndicatorSource,
    IndicatorTree,
    IndicatorTrend,
    IndicatorWithdrawn,
    OneScreen,
    ReviseIndicator,
    TargetAssigned,
    TargetPoint,
    TargetsOfDivision,
    TargetsOfIndicator,
    Thresholds,
    WhyThisNumber,
    WithdrawIndicator,
)
from shared.errors import NotAllowed, NotFound, QiantangError
from shared.loading import load
from shared.testing.harness import ServiceHarness
from tests.party_government.test_screen import HANGZHOU_2021

LEADER = Principal(id="leader", kind="official", division="33", roles=("leader",))
STATISTICIAN = Principal(
    "statistician", "official", "33", "33-data_resources", roles=("statistician",)
)
CITY_STATISTICIAN = replace(STATISTICIAN, id="city", division="3301", organ="3301-government")
MARCH = "2026-03"

TERMS: dict[str, Any] = {
    "organ": "33-government",
    "name_zh": "待办率",
    "name_en": "share of cases that are open",
    "formula": "(cases_submitted - cases_decided) / cases_submitted * 100",
    "unit": "percent",
    "direction": "lower",
    "source": IndicatorSource(document="年度统计制度", clause="第三章"),
}
OPEN = DefineIndicator(code="cases_open_percent", division="33", **TERMS)
DIVISIONS = {
    "33": "浙江省",
    "3301": "杭州市",
    "3302": "宁波市",
    "330106": "西湖区",
    "330110": "余杭区",
    "330203": "海曙区",
}


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    """The loaded indicators, and the governments of a few divisions."""
    service = make_service(PartyGovernment)
    load(service.runtime, steps(service.runtime.settings))

    def know_governments(context: Context) -> None:
        for division, name in DIVISIONS.items():
            context.unit.add(
                KnownOrgan(
                    id=f"{division}-government",
                    division=division,
                    name=f"{name}人民政府",
                    kind="government",
                    level=len(division) // 2,
                )
            )

    service.act(know_governments)
    return service


def define(harness: ServiceHarness, code: str, formula: str | None, **terms: Any) -> None:
    plain = {"unit": None if formula is None else "count", "direction": None} | terms
    by = terms.pop("as_", STATISTICIAN)
    plain.pop("as_", None)
    harness.execute(replace(OPEN, code=code, formula=formula, **plain), as_=by)


def told(
    harness: ServiceHarness,
    *rows: tuple[str, str, str, int],
    version: int = 1,
    distribution: dict[str, int] | None = None,
) -> None:
    """Leaf values by measure, division, month and value."""
    for measure, division, period, value in rows:
        event = digital_government.MeasureChanged(
            measure=measure,
            division=division,
            period=period,
            value=value,
            version=version,
            distribution=distribution or {},
        )
        harness.receive(
            harness.envelope(
                event,
                division=division,
                aggregate_id=f"{measure}/{division}/{period}",
                sequence=version,
            )
        )
    harness.take()


def see(harness: ServiceHarness, division: str = "33", period: str | None = MARCH) -> Any:
    screen = harness.execute(OneScreen(division=division, period=period), as_=LEADER)
    return {one.code: one for one in screen.indicators}


def refused(harness: ServiceHarness, error: type[QiantangError], order: Any, **as_: Any) -> None:
    """The order is refused by this error, and no definition, edition or target changes."""
    tables = (DefinedIndicator, DefinitionEdition, IndicatorTarget)
    before = [harness.rows(sa.select(one).order_by(one.id)) for one in tables]
    with pytest.raises(error):
        harness.execute(order, **({"as_": STATISTICIAN} | as_))
    assert [harness.rows(sa.select(one).order_by(one.id)) for one in tables] == before


# Defining


def test_a_defined_indicator_is_on_the_screen_and_told(harness: ServiceHarness) -> None:
    told(
        harness,
        ("cases_submitted", "330106", MARCH, 8),
        ("cases_decided", "330106", MARCH, 6),
    )
    harness.execute(OPEN, as_=STATISTICIAN)
    shown = see(harness)["cases_open_percent"]
    assert (shown.value, shown.unit, shown.edition) == (25.0, "percent", 1)
    assert shown.formula == TERMS["formula"]
    event = harness.told(IndicatorDefined)[-1]
    assert (event.code, event.edition, event.formula) == (OPEN.code, 1, OPEN.formula)
    assert event.source == TERMS["source"]


def test_a_code_is_given_once_even_when_it_was_withdrawn(harness: ServiceHarness) -> None:
    harness.execute(OPEN, as_=STATISTICIAN)
    refused(harness, IndicatorExists, replace(OPEN, name_zh="别的"))
    harness.execute(WithdrawIndicator(code=OPEN.code, reason="不再考核"), as_=STATISTICIAN)
    refused(harness, IndicatorExists, OPEN)


@pytest.mark.parametrize(
    ("error", "wrong"),
    [
        (UnknownName, {"formula": "happiness * 1"}),
        (UnknownName, {"formula": "total(happiness)"}),
        (CircularFormula, {"formula": "cases_open_percent * 2"}),
        (UnitsDoNotFit, {"formula": "case_minutes_median + cases_decided"}),
        (UnitsDoNotFit, {"unit": "count"}),
        (GroupHasNoValue, {"formula": "goal_digital * 2"}),
        (UnknownName, {"parent": "goal_of_nobody"}),
        (UnfitIndicator, {"unit": None}),
        (UnfitIndicator, {"formula": None, "unit": None}),
        (UnfitIndicator, {"thresholds": Thresholds(green=90.0, yellow=80.0)}),
        (UnfitIndicator, {"direction": None, "thresholds": Thresholds(green=1.0, yellow=2.0)}),
        (UnfitIndicator, {"organ": "330106-government"}),
        (NotFound, {"organ": "33-nobody"}),
    ],
)
def test_a_definition_that_does_not_fit_is_refused_by_its_reason(
    harness: ServiceHarness, error: type[QiantangError], wrong: dict[str, Any]
) -> None:
    refused(harness, error, replace(OPEN, **wrong))


def test_only_statisticians_of_the_division_define_indicators(harness: ServiceHarness) -> None:
    refused(harness, NotAllowed, OPEN, as_=LEADER)
    refused(harness, NotAllowed, OPEN, as_=CITY_STATISTICIAN)


def test_a_city_has_indicators_of_its_own_which_the_province_does_not_see(
    harness: ServiceHarness,
) -> None:
    own = replace(OPEN, code="city_open", division="3301", organ="3301-government")
    harness.execute(own, as_=CITY_STATISTICIAN)
    assert "city_open" in see(harness, "3301")
    assert "city_open" in see(harness, "330106")
    assert "city_open" not in see(harness, "33")
    assert "city_open" not in see(harness, "3302")
    # What holds in the whole province cannot be made of what holds in one city.
    refused(harness, UnknownName, replace(OPEN, formula="city_open * 1"))
    found = harness.execute(IndicatorDefinitions(division="3301"), as_=LEADER).definitions
    assert {one.code for one in found} == {"city_open", *(one.code for one in DEFINITIONS)}


# Revising and withdrawing


def test_a_revision_is_a_new_edition_and_the_earlier_is_kept(harness: ServiceHarness) -> None:
    harness.at(datetime(2026, 3, 2, 9, tzinfo=CHINA))
    harness.execute(OPEN, as_=STATISTICIAN)
    harness.at(datetime(2026, 4, 1, 9, tzinfo=CHINA))
    revised = {**TERMS, "formula": "100 - cases_decided / cases_submitted * 100"}
    order = ReviseIndicator(code=OPEN.code, reason="口径调整", **revised)
    assert harness.execute(order, as_=STATISTICIAN).version == 2
    answer = harness.execute(EditionsOfIndicator(code=OPEN.code), as_=LEADER)
    assert not answer.withdrawn
    assert [(e.edition, f"{e.since}", e.reason, e.formula) for e in answer.editions] == [
        (2, "2026-04-01", "口径调整", revised["formula"]),
        (1, "2026-03-02", "", TERMS["formula"]),
    ]
    assert harness.told(IndicatorRevised)[-1].edition == 2
    told(harness, ("cases_submitted", "330106", MARCH, 8), ("cases_decided", "330106", MARCH, 6))
    assert (see(harness)[OPEN.code].value, see(harness)[OPEN.code].edition) == (25.0, 2)


def test_a_revision_that_others_do_not_fit_is_refused(harness: ServiceHarness) -> None:
    define(harness, "twice", "cases_decided * 2")
    plain = {**TERMS, "direction": None}
    minutes = plain | {"formula": "total(case_minutes)", "unit": "minutes"}
    refused(
        harness,
        CircularFormula,
        ReviseIndicator(
            code="cases_decided", reason="循环", **plain | {"formula": "twice / 2", "unit": "count"}
        ),
    )
    define(harness, "sum_of_both", "twice + cases_submitted")
    refused(
        harness, UnitsDoNotFit, ReviseIndicator(code="cases_decided", reason="改单位", **minutes)
    )
    group = plain | {"formula": None, "unit": None}
    refused(
        harness, GroupHasNoValue, ReviseIndicator(code="cases_decided", reason="改为组", **group)
    )


def test_what_others_refer_to_is_not_withdrawn(harness: ServiceHarness) -> None:
    define(harness, "twice", "cases_decided * 2")
    refused(harness, IndicatorInUse, WithdrawIndicator(code="cases_decided", reason="停用"))
    refused(harness, IndicatorInUse, WithdrawIndicator(code="goal_industry", reason="停用"))
    harness.execute(WithdrawIndicator(code="twice", reason="停用"), as_=STATISTICIAN)
    harness.execute(WithdrawIndicator(code="cases_decided", reason="停用"), as_=STATISTICIAN)
    assert {"twice", "cases_decided"}.isdisjoint(see(harness))
    assert [one.code for one in harness.told(IndicatorWithdrawn)] == ["twice", "cases_decided"]
    with pytest.raises(NotFound):
        harness.execute(WhyThisNumber(code="twice", division="33"), as_=LEADER)


def test_a_withdrawn_indicator_is_in_force_again_when_it_is_revised(
    harness: ServiceHarness,
) -> None:
    harness.execute(OPEN, as_=STATISTICIAN)
    withdrawal = WithdrawIndicator(code=OPEN.code, reason="误停")
    for _ in range(2):
        harness.execute(withdrawal, as_=STATISTICIAN)
    assert len(harness.told(IndicatorWithdrawn)) == 1
    assert harness.execute(EditionsOfIndicator(code=OPEN.code), as_=LEADER).withdrawn
    again = ReviseIndicator(code=OPEN.code, reason="恢复", **TERMS)
    harness.execute(again, as_=STATISTICIAN)
    assert see(harness)[OPEN.code].edition == 2


def test_two_who_change_definitions_at_the_same_moment_are_not_both_right(
    harness: ServiceHarness, make_service: Callable[[Any], ServiceHarness]
) -> None:
    """Each alone fits, both together are a circle: the later one is decided afresh."""
    define(harness, "one", "cases_decided * 2")
    define(harness, "other", "cases_submitted * 2")
    rival = make_service(PartyGovernment)
    terms = {**TERMS, "direction": None, "unit": "count"}
    first = ReviseIndicator(code="one", reason="引用", **terms | {"formula": "other * 2"})
    second = ReviseIndicator(code="other", reason="引用", **terms | {"formula": "one * 2"})
    waiting = [second]

    def overtake(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        # The check has just read all definitions; now the rival's change is committed.
        if "FROM defined_indicator" in statement and "!=" in statement and waiting:
            rival.execute(waiting.pop(), as_=STATISTICIAN)

    sa.event.listen(harness.runtime.read, "after_cursor_execute", overtake)
    try:
        with pytest.raises(CircularFormula):
            harness.execute(first, as_=STATISTICIAN)
    finally:
        sa.event.remove(harness.runtime.read, "after_cursor_execute", overtake)
    assert not waiting
    formulas = {one.code: one.formula for one in see(harness).values()}
    assert (formulas["one"], formulas["other"]) == ("cases_decided * 2", "one * 2")


# Targets and colours


def target(code: str, division: str = "3301", year: int = 2026, **points: float) -> AssignTarget:
    """Points by `m3` for March, `year` for the year."""
    return AssignTarget(
        code=code,
        division=division,
        year=year,
        points=tuple(
            TargetPoint(month=None if name == "whole" else int(name[1:]), value=value)
            for name, value in points.items()
        ),
        basis="年度目标任务书",
    )


def test_a_value_has_its_colour_against_the_curve(harness: ServiceHarness) -> None:
    define(harness, "done", "total(cases_decided)", direction="higher", tolerance=20)
    harness.execute(target("done", whole=100, m1=10, m5=50), as_=STATISTICIAN)
    for month, value in (("01", 10), ("02", 17), ("03", 23), ("05", 60)):
        told(harness, ("cases_decided", "330106", f"2026-{month}", value))
    shown = {
        period: see(harness, "3301", period)["done"]
        for period in ("2026-01", "2026-02", "2026-03", "2026-05", "2025-12", None)
    }
    assert {period: (one.target, one.colour) for period, one in shown.items()} == {
        "2026-01": (10.0, "green"),
        "2026-02": (20.0, "yellow"),
        "2026-03": (30.0, "red"),
        "2026-05": (50.0, "green"),
        "2025-12": (None, None),
        None: (None, None),
    }
    # A target holds for its own division only.
    assert see(harness, "33", "2026-01")["done"].target is None
    tree = harness.execute(IndicatorTree(division="3301", period="2026"), as_=LEADER)
    (node,) = [one for one in tree.nodes if one.code == "done"]
    assert (node.value, node.target, node.colour) == (110.0, 100.0, "green")


def test_without_a_target_the_thresholds_colour_a_value(harness: ServiceHarness) -> None:
    thresholds = Thresholds(green=10.0, yellow=30.0)
    harness.execute(replace(OPEN, thresholds=thresholds), as_=STATISTICIAN)
    for division, decided in (("330106", 10), ("330110", 8), ("330203", 5)):
        told(
            harness,
            ("cases_submitted", division, MARCH, 10),
            ("cases_decided", division, MARCH, decided),
        )
    colours = [see(harness, d)[OPEN.code].colour for d in ("330106", "330110", "330203", "3303")]
    assert colours == ["green", "yellow", "red", None]


def test_a_target_is_assigned_again_or_taken_away(harness: ServiceHarness) -> None:
    for points in ({"m1": 5.0}, {"m1": 7.0}):
        harness.execute(target("cases_decided", **points), as_=STATISTICIAN)
    query = TargetsOfIndicator(code="cases_decided", division="33", year=2026)
    (found,) = harness.execute(query, as_=LEADER).targets
    assert (found.division, found.edition) == ("3301", 2)
    assert found.points == (TargetPoint(month=1, value=7.0),)
    assert [one.edition for one in harness.told(TargetAssigned)] == [1, 2]
    harness.execute(target("cases_decided"), as_=STATISTICIAN)
    assert harness.execute(query, as_=LEADER).targets == ()
    own = TargetsOfDivision(division="3301", year=2026)
    assert harness.execute(own, as_=LEADER).targets == ()


def test_targets_below_a_division_are_told_with_it_and_no_others(harness: ServiceHarness) -> None:
    for division in ("33", "3301", "330106", "330203"):
        harness.execute(target("cases_decided", division, m1=1.0), as_=STATISTICIAN)
    query = TargetsOfIndicator(code="cases_decided", division="3301", year=2026)
    found = harness.execute(query, as_=LEADER)
    assert [one.division for one in found.targets] == ["3301", "330106"]
    assert found.complete


def test_a_target_that_does_not_fit_is_refused(harness: ServiceHarness) -> None:
    twice = target("cases_decided", m1=1.0)
    refused(harness, UnfitTarget, replace(twice, points=twice.points * 2))
    refused(harness, NotFound, target("happiness", m1=1.0))
    refused(harness, GroupHasNoValue, target("goal_digital", m1=1.0))
    own = replace(OPEN, code="city_open", division="3301", organ="3301-government")
    harness.execute(own, as_=CITY_STATISTICIAN)
    refused(harness, UnfitTarget, target("city_open", "3302", m1=1.0))
    refused(harness, NotAllowed, target("cases_decided", "33", m1=1.0), as_=CITY_STATISTICIAN)


# The tree


def test_the_tree_has_the_goals_on_top_and_each_indicator_under_its_group(
    harness: ServiceHarness,
) -> None:
    define(harness, "late_group", None, parent="first_in_service")
    define(
        harness,
        "decided_well",
        "cases_in_time_percent",
        unit="percent",
        direction="higher",
        parent="late_group",
        thresholds=Thresholds(green=90.0, yellow=70.0),
    )
    told(harness, ("cases_decided", "330106", MARCH, 4), ("cases_in_time", "330106", MARCH, 3))
    tree = harness.execute(IndicatorTree(division="33", period=MARCH), as_=LEADER)
    by_code = {one.code: one for one in tree.nodes}
    assert len(tree.nodes) == len(DEFINITIONS) + 2
    assert sum(one.depth == 0 for one in tree.nodes) == 13
    places = [one.code for one in tree.nodes]
    assert places.index("late_group") + 1 == places.index("decided_well")
    assert by_code["decided_well"].depth == 2
    assert (by_code["decided_well"].value, by_code["decided_well"].colour) == (75.0, "yellow")
    for group in ("first_in_service", "late_group"):
        assert by_code[group].is_group
        assert (by_code[group].green, by_code[group].yellow, by_code[group].red) == (0, 1, 0)
    assert by_code["first_in_reform"].yellow == 0
    for one in tree.nodes:
        if one.parent is not None:
            assert by_code[one.parent].depth == one.depth - 1


def test_an_indicator_is_told_for_every_division_of_a_level(harness: ServiceHarness) -> None:
    told(
        harness,
        ("cases_decided", "330106001", MARCH, 4),
        ("cases_decided", "330106", MARCH, 1),
        ("cases_decided", "330203", MARCH, 7),
    )
    harness.execute(target("cases_decided", "330106", m3=9.0), as_=STATISTICIAN)

    def values(division: str, level: Any) -> dict[str, float | None]:
        query = IndicatorByDivision(
            code="cases_decided", division=division, level=level, period=MARCH
        )
        answer = harness.execute(query, as_=LEADER)
        return {one.division: one.value for one in answer.divisions}

    assert values("33", "city") == {"3301": 5.0, "3302": 7.0}
    assert values("3301", "county") == {"330106": 5.0, "330110": 0.0}
    of_group = IndicatorByDivision(code="goal_digital", division="33", level="city")
    with pytest.raises(GroupHasNoValue):
        harness.execute(of_group, as_=LEADER)


# Values


@pytest.mark.parametrize("seed", range(3))
def test_late_doubled_and_corrected_leaf_values_change_what_they_touch_and_nothing_else(
    harness: ServiceHarness, seed: int
) -> None:
    define(harness, "rise", "growth(cumulative(cases_decided))", unit="percent")
    before = [
        ("cases_decided", "330106", "2025-03", 10),
        ("cases_decided", "330106", MARCH, 20),
        ("cases_decided", "330203", "2025-03", 5),
        ("cases_decided", "330203", MARCH, 5),
        ("ratings", "330106", MARCH, 3),
    ]
    random.Random(seed).shuffle(before)
    told(harness, *before, *before)
    assert see(harness, "330106")["rise"].value == 100.0
    rest = see(harness, "330203")
    # What the year before was, is corrected after the year was over.
    told(harness, ("cases_decided", "330106", "2025-03", 16), version=2)
    assert see(harness, "330106")["rise"].value == 25.0
    assert see(harness, "33")["rise"].value == pytest.approx((25 - 21) * 100 / 21)
    assert see(harness, "330203") == rest
    # The version before comes late, and changes nothing.
    told(harness, ("cases_decided", "330106", "2025-03", 10), version=1)
    assert see(harness, "330106")["rise"].value == 25.0
    assert see(harness, "330106")["ratings"].value == 3.0


def test_why_this_number_leads_from_the_formula_over_indicators_down_to_the_leaves(
    harness: ServiceHarness,
) -> None:
    harness.execute(OPEN, as_=STATISTICIAN)
    told(
        harness,
        ("cases_submitted", "330106", MARCH, 8),
        ("cases_decided", "330106", MARCH, 6),
        ("cases_decided", "330106", "2026-02", 9),
        ("ratings", "330106", MARCH, 3),
    )
    query = WhyThisNumber(code=OPEN.code, division="3301", period=MARCH)
    answer = harness.execute(query, as_=LEADER)
    assert (answer.value, answer.edition) == (25.0, 1)
    assert [(one.depth, one.part, one.value) for one in answer.steps] == [
        (0, "cases_submitted", 8.0),
        (1, "total(cases_submitted)", 8.0),
        (0, "cases_decided", 6.0),
        (1, "total(cases_decided)", 6.0),
        (0, "cases_submitted", 8.0),
        (1, "total(cases_submitted)", 8.0),
    ]
    assert {(one.first, one.last) for one in answer.steps} == {(MARCH, MARCH)}
    assert {(one.measure, one.period, one.value) for one in answer.leaves} == {
        ("cases_submitted", MARCH, 8),
        ("cases_decided", MARCH, 6),
    }
    assert all(one.event_id for one in answer.leaves)


def test_a_trend_tells_growth_and_cumulative_growth(harness: ServiceHarness) -> None:
    told(
        harness,
        *(
            ("cases_decided", "330106", period, value)
            for period, value in (
                ("2025-01", 10),
                ("2025-02", 10),
                ("2026-01", 15),
                ("2026-02", 5),
                ("2026-03", 4),
            )
        ),
    )
    query = IndicatorTrend(
        code="cases_decided", division="33", first="2026-01", last="2026-03", by="month"
    )
    points = harness.execute(query, as_=LEADER).points
    assert [(p.period, p.value, p.growth, p.cumulative, p.cumulative_growth) for p in points] == [
        ("2026-01", 15.0, 50.0, 15.0, 50.0),
        ("2026-02", 5.0, -50.0, 20.0, 0.0),
        ("2026-03", 4.0, None, 24.0, 20.0),
    ]
    (year,) = harness.execute(replace(query, by="year"), as_=LEADER).points
    # The year was asked for to March only, and is compared with the same months.
    assert (year.period, year.value, year.growth) == ("2026", 24.0, 20.0)
    assert (year.cumulative, year.cumulative_growth) == (None, None)


def test_a_trend_of_a_formula_over_indicators_is_comparable_over_a_merger(
    harness: ServiceHarness,
) -> None:
    define(harness, "rise", "growth(cases_submitted)", unit="percent")
    told(
        harness,
        ("cases_submitted", "330103", "2020-06", 3),
        ("cases_submitted", "330105", "2020-06", 1),
        ("cases_submitted", "330105", "2021-06", 6),
        ("cases_submitted", "330104", "2021-03", 5),
    )
    harness.deliver(HANGZHOU_2021, division="3301")

    def rise(division: str, divisions: Any) -> dict[str, tuple[float | None, int]]:
        query = IndicatorTrend(
            code="rise",
            division=division,
            first="2020-01",
            last="2021-12",
            by="year",
            divisions=divisions,
        )
        return {p.period: (p.value, p.uncertain) for p in harness.execute(query, LEADER).points}

    assert rise("330105", "of_the_time") == {"2020": (None, 0), "2021": (500.0, 0)}
    assert rise("330105", "present") == {"2020": (None, 0), "2021": (50.0, 0)}
    assert rise("330102", "present") == {"2021": (None, 5)}


# How much is read


@contextmanager
def statements(harness: ServiceHarness) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engines = {harness.runtime.engine, harness.runtime.read}
    for engine in engines:
        sa.event.listen(engine, "after_cursor_execute", note)
    yield seen
    for engine in engines:
        sa.event.remove(engine, "after_cursor_execute", note)


def about(table: str, seen: list[str]) -> int:
    return sum(f"FROM {table}" in one for one in seen)


def test_a_screen_reads_definitions_targets_and_totals_once_each(harness: ServiceHarness) -> None:
    for number in range(10):
        define(harness, f"more_{number}", f"growth(cases_decided) + {number}", unit="percent")
        told(harness, ("cases_decided", f"3301{number + 10}", MARCH, number))
    with statements(harness) as seen:
        see(harness)
    assert {
        table: about(table, seen)
        for table in ("defined_indicator", "indicator_target", "measure_total")
    } == {"defined_indicator": 1, "indicator_target": 1, "measure_total": 1}


def test_figures_of_many_divisions_are_one_reading_of_the_totals(harness: ServiceHarness) -> None:
    told(
        harness,
        ("cases_decided", "330106", MARCH, 4),
        ("cases_decided", "330110", MARCH, 6),
        ("cases_decided", "330203", "2026-01", 9),
    )
    define(harness, "twice", "cases_decided * 2")
    found: dict[tuple[str, str], float | None] = {}

    def look(context: Context) -> None:
        codes, divisions = ["cases_decided", "twice"], ["33", "3301", "330106", "3302"]
        found.update(figures(codes, divisions, "2026", context))
        found[("march", "3302")] = figures(["twice"], ["3302"], MARCH, context)["twice", "3302"]
        many = [f"33{number:04}" for number in range(1500)]
        found[("always", "330203")] = figures(["twice"], many, None, context)["twice", "330203"]

    with statements(harness) as seen:
        harness.act(look)
    assert about("measure_total", seen) == 3
    assert found == {
        ("cases_decided", "33"): 19.0,
        ("cases_decided", "3301"): 10.0,
        ("cases_decided", "330106"): 4.0,
        ("cases_decided", "3302"): 9.0,
        ("twice", "33"): 38.0,
        ("twice", "3301"): 20.0,
        ("twice", "330106"): 8.0,
        ("twice", "3302"): 18.0,
        ("march", "3302"): 0.0,
        ("always", "330203"): 18.0,
    }


def test_figures_of_what_is_no_indicator_are_refused(harness: ServiceHarness) -> None:
    for code, error in (("happiness", NotFound), ("goal_digital", GroupHasNoValue)):
        with pytest.raises(error):
            harness.act(lambda context, code=code: figures([code], ["33"], None, context))


# Loading


def test_loading_again_changes_nothing_that_was_revised_meanwhile(
    harness: ServiceHarness,
) -> None:
    order = ReviseIndicator(
        code="cases_decided",
        reason="口径调整",
        **TERMS | {"formula": "total(cases_decided)", "unit": "count"},
    )
    harness.execute(order, as_=STATISTICIAN)
    settings = harness.runtime.settings
    assert load(harness.runtime, steps(settings)) == 0
    assert see(harness)["cases_decided"].edition == 2


def test_every_loaded_definition_is_told_once(harness: ServiceHarness) -> None:
    events = harness.told(IndicatorDefined)
    assert [one.code for one in events] == [one.code for one in DEFINITIONS]
    assert {one.edition for one in events} == {1}
