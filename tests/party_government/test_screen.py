"""The one screen on a real database: leaf measures in, indicators and their reasons out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.load import steps
from services.party_government.models import MeasureValue
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts import digital_economy, digital_government, identity_data
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.contracts.measures import MeasureChange
from shared.contracts.party_government import IndicatorTrend, OneScreen, Screen, WhyThisNumber
from shared.errors import NotAllowed, NotAuthenticated, NotFound
from shared.loading import load
from shared.testing.harness import ServiceHarness

LEADER = Principal(id="leader", kind="official", division="33", roles=("leader",))
MONTH = "2026-03"


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    service = make_service(PartyGovernment)
    load(service.runtime, steps(service.runtime.settings))
    return service


def change(
    measure: str,
    value: int,
    division: str = "330106",
    *,
    version: int = 1,
    period: str = MONTH,
    distribution: dict[str, int] | None = None,
    kind: type[MeasureChange] = digital_government.MeasureChanged,
) -> MeasureChange:
    return kind(
        measure=measure,
        division=division,
        period=period,
        value=value,
        version=version,
        distribution=distribution or {},
    )


def tell(harness: ServiceHarness, changes: Iterable[MeasureChange], repeat: int = 1) -> None:
    """Bring them in as their owners publish them, each as often as asked, in this order."""
    envelopes = [
        harness.envelope(
            one,
            division=one.division,
            aggregate_id=f"{one.measure}/{one.division}/{one.period}",
            sequence=one.version,
        )
        for one in changes
    ]
    for _ in range(repeat):
        harness.receive(*envelopes)
        harness.take()


def values(screen: Screen) -> dict[str, float | None]:
    return {indicator.code: indicator.value for indicator in screen.indicators}


def see(harness: ServiceHarness, division: str, period: str | None = None) -> dict[str, Any]:
    return values(harness.execute(OneScreen(division=division, period=period), as_=LEADER))


def test_the_screen_shows_each_owners_measures_by_formula(harness: ServiceHarness) -> None:
    tell(
        harness,
        [
            change("items_offered", 8),
            change("items_online", 6),
            change("case_minutes", 60, distribution={"10": 1, "50": 1}),
            change("enterprises_registered", 3, kind=identity_data.MeasureChanged),
            change("policies_matched", 5, kind=digital_economy.MeasureChanged),
        ],
    )
    seen = see(harness, "330106")
    assert seen["items_online_percent"] == 75.0
    assert seen["case_minutes_median"] == 10.0
    assert seen["case_minutes_p95"] == 50.0
    assert seen["enterprises_registered"] == 3.0
    assert seen["policies_matched"] == 5.0


def test_a_division_sees_the_sum_of_the_divisions_below_it_and_of_no_other(
    harness: ServiceHarness,
) -> None:
    tell(
        harness,
        [
            change("cases_decided", 4, "330106"),
            change("cases_decided", 6, "330110"),
            change("cases_decided", 11, "3301"),
            change("cases_decided", 90, "330203"),
        ],
    )
    assert see(harness, "330106")["cases_decided"] == 4.0
    assert see(harness, "3301")["cases_decided"] == 21.0
    assert see(harness, "33")["cases_decided"] == 111.0


def test_each_division_sees_which_functions_are_used_and_at_how_many_levels(
    harness: ServiceHarness,
) -> None:
    tell(
        harness,
        [
            change("items_online", 7, "330106"),
            change("cases_submitted", 2, "330106"),
            change("cases_submitted", 3, "330106001"),
            change("cases_submitted", 4, "330106002"),
            change("cases_decided", 0, "330110"),
            change("policies_matched", 1, "3302", kind=digital_economy.MeasureChanged),
        ],
    )
    told = [
        (
            seen["functions_online_percent_digital_government"],
            seen["levels_connected_digital_government"],
            seen["functions_online_percent_digital_economy"],
            seen["levels_connected_digital_economy"],
        )
        for seen in (see(harness, one) for one in ("330106", "330106001", "330110", "33"))
    ]
    assert told == [
        (40.0, 2.0, 0.0, 0.0),
        (20.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (40.0, 2.0, 50.0, 1.0),
    ]


def test_a_month_shows_its_own_values_and_no_month_shows_all(harness: ServiceHarness) -> None:
    tell(
        harness,
        [change("ratings", 2, period="2026-03"), change("ratings", 5, period="2026-04")],
    )
    assert see(harness, "33", "2026-03")["ratings"] == 2.0
    assert see(harness, "33", "2026-05")["ratings"] == 0.0
    assert see(harness, "33")["ratings"] == 7.0


def test_a_month_to_come_stands_by_itself_until_it_is_there(harness: ServiceHarness) -> None:
    harness.move_calendar(datetime(2026, 3, 16, 10, tzinfo=CHINA))
    tell(harness, [change("ratings", 2, period="2026-03"), change("ratings", 5, period="2026-04")])
    assert see(harness, "33", "2026-03")["ratings"] == 2.0
    assert see(harness, "33", "2026-04")["ratings"] == 5.0
    harness.move_calendar(datetime(2026, 4, 1, 10, tzinfo=CHINA))
    tell(harness, [change("ratings", 6, period="2026-04", version=2)])
    assert see(harness, "33", "2026-04")["ratings"] == 6.0


def test_an_empty_screen_has_no_percentages_and_no_averages(harness: ServiceHarness) -> None:
    seen = see(harness, "33")
    assert seen["items_online_percent"] is None
    assert seen["case_minutes_p95"] is None
    assert seen["rating_average"] is None
    assert seen["cases_submitted"] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_late_repeated_and_reordered_changes_end_in_the_same_state(
    harness: ServiceHarness, seed: int
) -> None:
    changes = [
        change("case_minutes", v * 10, division, version=v, distribution={"10": v})
        for division in ("330106", "330110")
        for v in range(1, 8)
    ]
    random.Random(seed).shuffle(changes)
    tell(harness, changes, repeat=2)
    kept = harness.rows(
        sa.select(
            MeasureValue.division,
            MeasureValue.value,
            MeasureValue.measure_version,
            MeasureValue.distribution,
        ).order_by(MeasureValue.division)
    )
    assert [tuple(row) for row in kept] == [
        ("330106", 70, 7, {"10": 7}),
        ("330110", 70, 7, {"10": 7}),
    ]


def test_a_change_told_again_under_another_event_id_counts_once(harness: ServiceHarness) -> None:
    for _ in range(2):
        tell(harness, [change("ratings", 2)])
    assert see(harness, "330106")["ratings"] == 2.0


def test_two_owners_of_one_measure_are_kept_apart(harness: ServiceHarness) -> None:
    tell(
        harness,
        [change("data_shared", 2), change("data_shared", 3, kind=identity_data.MeasureChanged)],
    )
    assert see(harness, "330106")["data_shared"] == 5.0


def test_why_this_number_tells_the_leaves_that_add_up_to_it(harness: ServiceHarness) -> None:
    tell(
        harness,
        [
            change("cases_decided", 4, "330106", period="2026-03"),
            change("cases_decided", 6, "330110", period="2026-04"),
            change("cases_in_time", 3, "330106"),
            change("cases_decided", 90, "330203"),
            change("ratings", 1, "330106"),
        ],
    )
    answer = harness.execute(WhyThisNumber(code="cases_decided", division="3301"), as_=LEADER)
    assert answer.formula == "total(cases_decided)"
    assert answer.value == 10.0
    assert [(step.part, step.value) for step in answer.steps] == [("total(cases_decided)", 10.0)]
    assert answer.complete
    assert [(leaf.owner, leaf.division, leaf.value) for leaf in answer.leaves] == [
        ("digital_government", "330110", 6),
        ("digital_government", "330106", 4),
    ]
    percent = WhyThisNumber(code="cases_in_time_percent", division="330106", period="2026-03")
    leaves = harness.execute(percent, as_=LEADER).leaves
    assert {leaf.measure for leaf in leaves} == {"cases_decided", "cases_in_time"}


def test_why_this_number_names_the_event_that_told_each_leaf(harness: ServiceHarness) -> None:
    told = {}
    for version in (2, 1):
        one = change("ratings", version, version=version)
        told[version] = harness.deliver(one, division=one.division, sequence=version)
    answer = harness.execute(WhyThisNumber(code="ratings", division="33"), as_=LEADER)
    (leaf,) = answer.leaves
    assert (leaf.version, leaf.event_id) == (2, told[2])


def test_why_this_number_gives_the_distribution_behind_a_percentile(
    harness: ServiceHarness,
) -> None:
    tell(harness, [change("case_minutes", 30, distribution={"10": 3})])
    query = WhyThisNumber(code="case_minutes_p95", division="33")
    (leaf,) = harness.execute(query, as_=LEADER).leaves
    assert leaf.distribution == {"10": 3}


def test_an_explanation_that_is_cut_says_so(harness: ServiceHarness) -> None:
    tell(
        harness,
        [
            change("ratings", 1, f"330106{number // 1000 + 1:03}{number % 1000:03}")
            for number in range(1001)
        ],
    )
    answer = harness.execute(WhyThisNumber(code="ratings", division="33"), as_=LEADER)
    assert len(answer.leaves) == 1000
    assert not answer.complete
    assert see(harness, "33")["ratings"] == 1001.0


def test_a_number_that_is_not_defined_is_not_found(harness: ServiceHarness) -> None:
    with pytest.raises(NotFound):
        harness.execute(WhyThisNumber(code="happiness", division="33"), as_=LEADER)


# Over mergers of divisions


def merger(merger_id: str, effective: date, *moves: tuple[str, str]) -> DivisionsMerged:
    return DivisionsMerged(
        merger_id=merger_id,
        division="3301",
        effective=effective,
        moves=tuple(TerritoryMove(from_code=before, to_code=after) for before, after in moves),
    )


HANGZHOU_2021 = merger(
    "m-2021",
    date(2021, 4, 9),
    ("330103", "330105"),
    ("330104", "330102"),
    ("330104", "330114"),
    ("330109", "330109"),
    ("330109", "330114"),
    ("330104010", "330114001"),
)


def trend(
    harness: ServiceHarness, division: str, divisions: Any = "present", **changes: Any
) -> dict[str, tuple[float | None, int]]:
    query = IndicatorTrend(
        **{
            "code": "cases_submitted",
            "division": division,
            "first": "2020-01",
            "last": "2022-12",
            "by": "year",
            "divisions": divisions,
            **changes,
        }
    )
    return {p.period: (p.value, p.uncertain) for p in harness.execute(query, as_=LEADER).points}


@pytest.fixture
def merged(harness: ServiceHarness) -> ServiceHarness:
    """Cases of three years in the districts of Hangzhou, and the merger between them."""
    tell(
        harness,
        [
            change("cases_submitted", value, division, period=period)
            for division, period, value in (
                ("330103", "2020-06", 3),
                ("330105", "2020-06", 1),
                ("330104010", "2020-06", 2),
                ("330104", "2021-03", 5),
                ("330109", "2021-03", 7),
                ("330109", "2021-05", 11),
                ("330105", "2022-06", 4),
                ("330114001", "2022-06", 6),
            )
        ],
    )
    harness.deliver(HANGZHOU_2021, division="3301")
    return harness


def test_a_trend_of_the_time_is_what_was_counted_under_the_code(merged: ServiceHarness) -> None:
    assert trend(merged, "330105", "of_the_time") == {"2020": (1, 0), "2022": (4, 0)}
    assert trend(merged, "330103", "of_the_time") == {"2020": (3, 0)}
    assert trend(merged, "330104", "of_the_time") == {"2020": (2, 0), "2021": (5, 0)}


def test_a_comparable_trend_is_what_was_counted_where_the_division_is_now(
    merged: ServiceHarness,
) -> None:
    assert trend(merged, "330105") == {"2020": (4, 0), "2022": (4, 0)}
    assert trend(merged, "330114") == {"2020": (2, 0), "2022": (6, 0)}
    assert trend(merged, "330103") == {}


def test_what_nothing_tells_apart_is_counted_once_and_said(merged: ServiceHarness) -> None:
    assert trend(merged, "330102") == {"2021": (5, 5)}
    assert trend(merged, "330109", by="month") == {"2021-03": (7, 7), "2021-05": (11, 0)}


@pytest.mark.parametrize("divisions", ["present", "of_the_time"])
def test_a_city_has_the_same_trend_over_a_merger_of_its_districts(
    merged: ServiceHarness, divisions: str
) -> None:
    counted = {year: value for year, (value, _) in trend(merged, "3301", divisions).items()}
    assert counted == {"2020": 6, "2021": 23, "2022": 10}


def test_a_trend_goes_through_one_merger_after_another(merged: ServiceHarness) -> None:
    merged.deliver(merger("m-2022", date(2022, 9, 1), ("330105", "330115")), division="3301")
    assert trend(merged, "330115") == {"2020": (4, 0), "2022": (4, 0)}


def test_a_merger_that_is_told_again_changes_nothing(merged: ServiceHarness) -> None:
    merged.deliver(HANGZHOU_2021, division="3301")
    assert trend(merged, "330105") == {"2020": (4, 0), "2022": (4, 0)}


def test_a_percentage_is_of_the_sums_on_both_sides_of_a_merger(harness: ServiceHarness) -> None:
    tell(
        harness,
        [
            change("cases_decided", 10, "330103", period="2020-06"),
            change("cases_in_time", 10, "330103", period="2020-06"),
            change("cases_decided", 30, "330105", period="2020-06"),
            change("cases_in_time", 10, "330105", period="2020-06"),
        ],
    )
    harness.deliver(HANGZHOU_2021, division="3301")
    assert trend(harness, "330105", code="cases_in_time_percent") == {"2020": (50, 0)}
    with pytest.raises(NotFound):
        trend(harness, "330105", code="happiness")


@pytest.mark.parametrize(
    "stranger",
    [
        Principal(id="r", kind="resident", person="p1", division="330106"),
        Principal(id="o", kind="official", division="330203"),
        Principal(id="below", kind="official", division="330106001"),
        Principal(id="nowhere", kind="official"),
    ],
)
def test_only_who_answers_for_a_division_sees_its_screen(
    harness: ServiceHarness, stranger: Principal
) -> None:
    for query in (OneScreen(division="330106"), WhyThisNumber(code="ratings", division="330106")):
        with pytest.raises(NotAllowed):
            harness.execute(query, as_=stranger)


def test_an_unknown_caller_is_asked_to_sign_in(harness: ServiceHarness) -> None:
    with pytest.raises(NotAuthenticated):
        harness.execute(OneScreen(division="33"), as_=Principal(id="anonymous"))


@pytest.mark.parametrize(
    "insider",
    [
        Principal(id="l", kind="official", division="3301", roles=("leader",)),
        Principal(id="o", kind="official", division="330106"),
        Principal(id="p", kind="operator", division="33"),
    ],
)
def test_leaders_officials_and_operators_see_their_division(
    harness: ServiceHarness, insider: Principal
) -> None:
    assert harness.execute(OneScreen(division="330106"), as_=insider).division == "330106"
