"""Story 2 from the command line, on both profiles, twice: the second run continues the first's
state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.telling import PROFILES, tell


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Two runs over one state."""
    state = tmp_path_factory.mktemp("embedded")
    return [tell(state, "embedded", 2), tell(state, "embedded", 2)]


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One run, because private servers keep nothing."""
    return [tell(tmp_path_factory.mktemp("distributed"), "distributed", 2)]


@pytest.mark.parametrize("profile", PROFILES)
def test_an_enterprise_is_set_up_as_one_thing(profile: str, request: pytest.FixtureRequest) -> None:
    story = request.getfixturevalue(profile)[0]
    acts = [one["name"] for one in story["trail"] if one["kind"] == "command"]
    events = [one["name"] for one in story["trail"] if one["kind"] == "event"]
    assert acts.count("AcceptCase") == acts.count("DecideCase") == 7
    assert events.count("CaseDecided") == acts.count("FetchSharedData") == 7
    for once in ("EnterpriseRegistered", "LicenceIssued", "OneThingCompleted", "ServiceRated"):
        assert events.count(once) == 1, once
    assert events.count("PolicyMatched") >= 1
    assert events.index("CaseSubmitted") < events.index("CaseAccepted")
    assert all(audit["intact"] and audit["rows"] for audit in story["audits"])
    screen = {one["code"]: one["value"] for one in story["indicators"]}
    assert len(story["recounts"]) == len(screen)
    assert screen == pytest.approx(story["recounts"])
    assert story["behind"] == {"leader": [7, 0], "official.market_regulation": [1, 6]}


@pytest.mark.distributed
def test_another_system_applies_and_hears_each_decision_once_after_it_was_away(
    distributed: list[dict[str, Any]],
) -> None:
    story = distributed[0]
    (submitted,) = [one for one in story["trail"] if one["name"] == "SubmitOneThing"]
    assert submitted["actor"] == "system:hangzhou_one_window"
    assert submitted["on_behalf_of"].startswith("p-")
    assert len({one["event_id"] for one in story["heard"]}) == 7
    assert {one["outcome"] for one in story["heard"]} == {"granted"}


def test_embedded_the_resident_applies_without_another_system(
    embedded: list[dict[str, Any]],
) -> None:
    (submitted,) = [one for one in embedded[0]["trail"] if one["name"] == "SubmitOneThing"]
    assert submitted["actor"] == "resident"
    assert embedded[0]["heard"] == []


def test_a_second_run_counts_on_from_the_first(embedded: list[dict[str, Any]]) -> None:
    first, second = embedded
    assert first["scenario"] != second["scenario"]
    for code in ("enterprises_registered", "one_things_completed", "ratings"):
        assert second["recounts"][code] == first["recounts"][code] + 1


def test_an_unknown_story_is_a_plain_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.cli", "demo", "--story", "99"]
    done = subprocess.run(
        [*command, "--state", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no story 99" in done.stdout
    assert "Traceback" not in done.stderr
