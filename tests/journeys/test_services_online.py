"""Story 8 from the command line, on both profiles, twice: the second run finds the item that the
first defined."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.journeys.telling import PROFILES, tell


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Two runs over one state."""
    state = tmp_path_factory.mktemp("embedded")
    return [tell(state, "embedded", 8), tell(state, "embedded", 8)]


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One run, because private servers keep nothing."""
    return [tell(tmp_path_factory.mktemp("distributed"), "distributed", 8)]


def events(story: dict[str, Any]) -> list[str]:
    """The names of the events that were told, in their order."""
    return [one["name"] for one in story["trail"] if one["kind"] == "event"]


@pytest.mark.parametrize("profile", PROFILES)
def test_an_item_is_defined_published_applied_for_and_decided_as_data(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    names = events(story)
    for once in ("ItemDefined", "ItemTookEffect", "ItemClaimed", "ItemPublished"):
        assert names.count(once) == 1, once
    granted = story["cases"]["stranger"]
    assert (granted["outcome"], granted["explanation"]["row"]) == ("granted", 3)
    refused = story["cases"]["resident"]
    assert (refused["outcome"], refused["explanation"]["row"]) == ("refused", 1)
    assert ElementTree.fromstring(story["bpmn"]).tag.endswith("definitions")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_refusal_undoes_what_was_granted_with_it(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    states = {
        code: {one["matter"]: one["state"] for one in thing["matters"]}
        for code, thing in story["things"].items()
    }
    assert set(states["retirement"].values()) == {"decided"}
    assert states["buying_a_house"] == {
        "deed_tax": "revoked",
        "housing_fund_withdrawal_purchase": "revoked",
        "housing_transfer_registration": "decided",
        "mortgage_registration": "cancelled",
    }
    names = events(story)
    assert names.count("MatterUndone") == names.count("CaseRevoked") == 2
    assert names.index("MatterUndone") < names.index("CaseRevoked")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_bad_rating_is_put_right_and_the_figures_are_those_of_the_records(
    profile: str, request: pytest.FixtureRequest
) -> None:
    story = request.getfixturevalue(profile)[0]
    names = events(story)
    assert names.count("ServiceRated") == 2
    told = ("RatingAppealed", "RatingAppealRejected", "CorrectionReported", "CalledBack")
    for once in told:
        assert names.count(once) == 1, once
    (organ,) = story["ratings"]["organs"]
    assert (organ["corrections"], organ["corrected_in_time"]) == (1, 1)
    screen = {one["code"]: one["value"] for one in story["indicators"]}
    assert screen == pytest.approx(story["recounts"])
    assert {"cases_instant_percent", "materials_reused_percent", "satisfaction_percent"} <= set(
        screen
    )
    assert all(audit["intact"] and audit["rows"] for audit in story["audits"])


def test_a_second_run_finds_the_item_of_the_first(embedded: list[dict[str, Any]]) -> None:
    first, second = embedded
    assert "ItemDefined" not in events(second)
    assert second["cases"]["stranger"]["outcome"] == "granted"
    assert second["recounts"]["cases_decided"] == 2 * first["recounts"]["cases_decided"]


@pytest.mark.parametrize("profile", PROFILES)
def test_windows_receive_from_afar_call_who_booked_and_questions_are_answered(
    profile: str, request: pytest.FixtureRequest
) -> None:
    counters = request.getfixturevalue(profile)[0]["counters"]
    afar = counters["afar"]
    assert (afar["received_by"], afar["organ"]) == (
        "330203-data_resources",
        "330106-human_resources",
    )
    assert afar["delivery"]["way"] == "window"
    assert (counters["visit"]["state"], counters["visit"]["number"]) == ("served", "A001")
    assert counters["concern"]["state"] == "answered"
