"""Story 1 from the command line, on both profiles: a directive reaches every township."""

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
        (11, 0, 0),
        (11, 0, 0),
        (1476, 0, 0),
        (1476, 0, 0),
        (1475, 0, 1),
        (1475, 0, 1),
        (1475, 0, 1),
        (1487, 1, 0),
        (1487, 1, 0),
        (1487, 1, 0),
        (1487, 1, 0),
        (1487, 1, 0),
    ]
    last = story["rollups"][-1]
    assert {one["of"]: one["closed"] for one in last["levels"]} == {
        "city": 11,
        "county": 90,
        "township": 1387,
    }


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
