"""Story 1 from the command line, on both profiles: a task is decomposed, a directive reaches every
township, and the cities are evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.telling import PROFILES, tell


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Told once: it takes a while to sign for 1,488 organs."""
    return tell(tmp_path_factory.mktemp("embedded"), "embedded", 1)


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Once, because private servers keep nothing."""
    return tell(tmp_path_factory.mktemp("distributed"), "distributed", 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_everyone_signs_and_the_late_county_turns_red_and_then_yellow(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)
    colours = [
        (step["total"]["green"], step["total"]["yellow"], step["total"]["red"])
        for step in story["rollups"]
    ]
    assert colours == [
        *[(11, 0, 0)] * 2,
        *[(101, 0, 0)] * 2,
        *[(1476, 0, 0)] * 3,
        *[(1475, 0, 1)] * 3,
        (1475, 1, 0),
        *[(1487, 1, 0)] * 5,
    ]
    last = story["rollups"][-1]
    assert {one["of"]: one["closed"] for one in last["levels"]} == {
        "city": 11,
        "county": 90,
        "township": 1387,
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_a_matter_between_two_bureaus_is_decided_with_one_application(
    profile: str, request: pytest.FixtureRequest
) -> None:
    matter = request.getfixturevalue(profile)["matter"]
    assert (matter["matter"]["state"], matter["matter"]["outcome"]) == ("decided", "granted")
    steps = [(one["act"], one["organ"].partition("-")[2]) for one in matter["history"]]
    assert steps == [
        ("submit", "market_regulation"),
        ("accept", "government"),
        ("answer", "taxation"),
        ("answer", "taxation"),
        ("decide", "government"),
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_whole_cascade_stands_in_one_trail_and_in_intact_audits(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)
    names = [one["name"] for one in story["trail"] if one["kind"] == "event"]
    assert names.count("ReceiptSigned") == names.count("HandlingAccepted") == 1488
    assert names.count("LegalityReviewed") == 2
    late = [
        one["name"]
        for one in story["trail"]
        if one["kind"] == "event" and one["subject"].endswith(".330106-government")
    ]
    assert late[:4] == ["ReceiptEscalated"] * 4
    assert all(audit["intact"] and audit["rows"] for audit in story["audits"])


@pytest.mark.parametrize("profile", PROFILES)
def test_the_task_rolls_up_by_weight_and_its_critical_path_is_computed(
    profile: str, request: pytest.FixtureRequest
) -> None:
    task = request.getfixturevalue(profile)["task"]
    critical = [stop["title"] for stop in task["route"]["stops"] if stop["critical"]]
    assert critical == ["排查整治标准印发", "西湖区排查到户", "监管场景上线", "省级验收"]
    steps = [
        {node["title"]: node["progress"] for node in step["nodes"]} for step in task["rollups"]
    ]
    whole, hangzhou = "城镇燃气安全专项整治", "杭州市"
    assert [step[whole] for step in steps] == pytest.approx([0, 40, 40, 86, 100])
    assert [step[hangzhou] for step in steps] == pytest.approx([0, 0, 0, 60, 100])
    milestones = [sum(node["milestones"] for node in step["nodes"]) for step in task["rollups"]]
    assert milestones == [6] * 5


@pytest.mark.parametrize("profile", PROFILES)
def test_cities_are_ranked_with_ties_and_an_appeal_makes_another_version(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)
    published, frozen = (story["evaluation"][name] for name in ("published", "frozen"))
    hangzhou, ningbo = "3301-government", "3302-government"
    ranks = [{one["organ"]: one["rank"] for one in of["scores"]} for of in (published, frozen)]
    assert [(one[hangzhou], one[ningbo]) for one in ranks] == [(11, 10), (10, 11)]
    assert [sorted(one.values()) for one in ranks] == [[*[1] * 9, 10, 11]] * 2
    assert (published["number"], frozen["number"]) == (1, 2)
    assert frozen["evaluation"]["state"] == "frozen"
    events = [one["name"] for one in story["trail"] if one["kind"] == "event"]
    assert events.index("EvaluationFrozen") < len(events) - 1 - events[::-1].index("MilestoneDone")
    assert events.count("EvaluationComputed") == events.count("EvaluationCorrected") == 1
