"""The rungs about a duty that comes due, and its three colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.party_government.domain.ladder import LADDERS, Ladder, Rung, Step, Told, UnfitLadder
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.party_government import AdoptLadder, LadderAdopted, LaddersInForce, LadderStep
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness

FRIDAY = datetime(2021, 4, 2, 23, 59, 59, tzinfo=CHINA)
"""Before Tomb-sweeping Day, whose holiday lasts from Saturday to Monday."""
INSPECTOR = Principal("inspector", "official", "33", "33-government", ("inspector",))


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    return make_service(PartyGovernment)


def test_routine_steps_count_working_days() -> None:
    instants = {step.rung: at for at, step in LADDERS["routine"].instants(FRIDAY)}
    assert instants[Rung.PROMPTED] == datetime(2021, 4, 1, 9, tzinfo=CHINA)
    assert instants[Rung.URGED] == FRIDAY
    assert instants[Rung.SUPERVISED] == datetime(2021, 4, 8, 23, 59, 59, tzinfo=CHINA)
    assert instants[Rung.CRITICISED] == datetime(2021, 4, 14, 23, 59, 59, tzinfo=CHINA)


def test_an_emergency_counts_minutes_at_any_hour() -> None:
    instants = [at for at, _ in LADDERS["emergency"].instants(FRIDAY)]
    assert [(at - FRIDAY).total_seconds() / 60 for at in instants] == [-15, 0, 30, 120]


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_the_ladders_of_set_up_are_sound(ladder: Ladder) -> None:
    assert ladder.faults() == {}
    assert Ladder.of(ladder.to_json()) == ladder


@pytest.mark.parametrize(
    "steps",
    [
        (Step(Rung.SUPERVISED, 1),),
        (Step(Rung.URGED), Step(Rung.SUPERVISED, 0, 0)),
        (Step(Rung.URGED), Step(Rung.PROMPTED, 1)),
        (Step(Rung.PROMPTED, 0, 5), Step(Rung.URGED)),
        (Step(Rung.URGED, 1),),
        (Step(Rung.URGED), Step(Rung.URGED, 1)),
        (Step(Rung.URGED), Step(Rung.SUPERVISED, 1, 30)),
        (Step(Rung.URGED), Step(Rung.SUPERVISED, 0, 30), Step(Rung.CRITICISED, 1)),
    ],
)
def test_steps_that_do_not_follow_each_other_are_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(UnfitLadder):
        Ladder(steps).require_sound()


def test_the_highest_step_reached_counts_after_a_long_sleep() -> None:
    ladder = LADDERS["routine"]
    assert ladder.step_at(FRIDAY, datetime(2021, 3, 1, tzinfo=CHINA)) is None
    reached = ladder.step_at(FRIDAY, datetime(2021, 5, 1, tzinfo=CHINA))
    assert reached == Step(Rung.CRITICISED, 7, 0, Told.ISSUER)
    assert ladder.next_after(FRIDAY, FRIDAY) == Step(Rung.SUPERVISED, 3).at(FRIDAY)
    assert ladder.next_after(FRIDAY, datetime(2021, 5, 1, tzinfo=CHINA)) is None


def adoption(*steps: LadderStep, division: str = "33") -> AdoptLadder:
    return AdoptLadder(division=division, urgency="urgent", steps=steps, basis="督查工作办法")


URGED = LadderStep(rung="urged")


def test_an_adopted_ladder_replaces_the_one_of_set_up(harness: ServiceHarness) -> None:
    steps = (URGED, LadderStep(rung="supervised", days=1, tells="superior"))
    harness.execute(adoption(*steps), INSPECTOR)
    found = harness.execute(LaddersInForce(division="330106"), INSPECTOR).ladders
    in_force = {one.urgency: one for one in found}
    assert (in_force["urgent"].edition, in_force["urgent"].steps) == (1, steps)
    assert (in_force["routine"].edition, len(in_force["routine"].steps)) == (0, 4)
    assert [event.edition for event in harness.told(LadderAdopted)] == [1]


def test_an_unfit_ladder_changes_nothing(harness: ServiceHarness) -> None:
    with pytest.raises(UnfitLadder):
        harness.execute(adoption(LadderStep(rung="supervised", days=1)), INSPECTOR)
    assert harness.told() == []


def test_the_ladder_of_the_nearest_division_holds(harness: ServiceHarness) -> None:
    harness.execute(adoption(URGED, division="3301"), INSPECTOR)
    urgent = {
        code: harness.execute(LaddersInForce(division=code), INSPECTOR).ladders[1]
        for code in ("330106", "3302")
    }
    assert (urgent["330106"].division, urgent["330106"].edition) == ("3301", 1)
    assert (urgent["3302"].division, urgent["3302"].edition) == ("33", 0)


def test_a_city_adopts_no_ladder_for_the_province(harness: ServiceHarness) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(adoption(URGED), replace(INSPECTOR, division="3301"))
