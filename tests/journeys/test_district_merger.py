"""Story 7 from the command line, on both profiles: districts end, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.telling import PROFILES, tell


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Told, and looked at again: history happens once."""
    state = tmp_path_factory.mktemp("embedded")
    return [tell(state, "embedded", 7), tell(state, "embedded", 7)]


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Once, because private servers keep nothing."""
    return [tell(tmp_path_factory.mktemp("distributed"), "distributed", 7)]


@pytest.mark.parametrize("profile", PROFILES)
def test_open_cases_pass_to_the_successors_and_every_service_says_so(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    assert {(new, old): cases for new, old, cases in story["passed"]} == {
        ("330102", "330104"): 1,
        ("330102", "330104005"): 2,
        ("330105", "330103"): 3,
        ("330114", "330104010"): 2,
    }
    assert story["merger"]["complete"]
    passed = {one["service"]: one["counts"] for one in story["merger"]["passed"]}
    assert passed.keys() == {
        "identity_data",
        "digital_government",
        "digital_economy",
        "party_government",
    }
    assert passed["digital_government"] == {
        "one_things": 8,
        "applications": 0,
        "cases": 8,
        "reviews": 0,
        "ratings": 0,
        "concerns": 0,
        "visits": 0,
    }
    assert passed["identity_data"]["people"] > 0
    owed = passed["party_government"]
    assert (owed["receipts"], owed["tasks"], owed["milestones"]) == (4, 2, 2)
    events = [one["name"] for one in story["trail"] if one["kind"] == "event"]
    assert events.count("DivisionsMerged") == 1
    assert events.count("CasePassedOn") == 8
    assert all(audit["intact"] and audit["rows"] for audit in story["audits"])


@pytest.mark.parametrize("profile", PROFILES)
def test_successors_bring_to_an_end_what_the_districts_owed(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    duties = {
        (one["kind"], one["former"], one["successor"]): one["state"] for one in story["duties"]
    }
    moves = {
        "330103": "330105",
        "330104": "330102",
        "330104005": "330102011",
        "330104010": "330114001",
    }
    receipt, part, milestone = "政令 · receipt", "任务 · part", "节点 · milestone"
    assert duties == {
        **{
            (receipt, f"{old}-government", f"{new}-government"): "closed"
            for old, new in moves.items()
        },
        **{
            (kind, f"{old}-market_regulation", f"{moves[old]}-market_regulation"): state
            for old in ("330103", "330104")
            for kind, state in ((part, "in_force"), (milestone, "done"))
        },
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_the_trend_of_three_years_is_comparable_over_the_change(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    trends = {
        (trend["divisions"], district): {p["period"]: p["value"] for p in trend["points"]}
        for district, trends in story["trends"].items()
        for trend in trends
    }
    assert trends["of_the_time", "330103"] == {"2020": 3, "2021": 3}
    assert trends["of_the_time", "330105"]["2020"] == 1
    assert trends["present", "330105"]["2020"] == 4
    assert trends["present", "330114"]["2020"] == 2
    for year in ("2020", "2021", "2022"):
        of_the_time, present = (
            sum(points.get(year) or 0 for (kind, _), points in trends.items() if kind == wanted)
            for wanted in ("of_the_time", "present")
        )
        assert of_the_time == present > 0


def test_what_an_earlier_telling_left_is_looked_at_again(embedded: list[dict[str, Any]]) -> None:
    first, second = embedded
    assert second["passed"] == first["passed"]
    assert second["trends"] == first["trends"]
    assert len(second["checks"]) < len(first["checks"])
