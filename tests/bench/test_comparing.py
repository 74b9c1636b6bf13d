"""The figures of the bench: what they are made of, and when a run is clean."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.bench.comparing import (
    OURS,
    WARM_UP,
    Comparison,
    Measure,
    Miscounted,
    Result,
    Side,
    is_clean,
    play,
    require_equal,
)
from tests.bench.turns import Tally, Turn


def measure(*sides: Side, goal: float | None = None) -> Measure:
    return Measure("key", "title", sides, [Comparison(OURS, "peer", goal)], seconds=3.0)


def result(ours: Sequence[Turn], peer: Sequence[Turn], goal: float | None = None) -> Result:
    return Result(measure(goal=goal), {OURS: ours, "peer": peer})


def turns(*counts: int) -> list[Turn]:
    return [Turn(count, 1.0) for count in counts]


def test_a_ratio_is_of_the_same_round_and_their_median_counts() -> None:
    # The machine slowed down and took both with it: ours was twice as fast in every round but one.
    (verdict,) = result(turns(200, 20, 90), turns(100, 10, 60)).verdicts()

    assert verdict.ratio.median == 2.0
    assert (verdict.ratio.least, verdict.ratio.most) == (1.5, 2.0)
    assert (verdict.ours.median, verdict.peer.median) == (90.0, 60.0)


@pytest.mark.parametrize(("goal", "met"), [(1.9, True), (2.0, True), (2.1, False), (None, True)])
def test_a_goal_is_met_from_its_very_figure_on(goal: float | None, met: bool) -> None:
    found = result(turns(200, 200), turns(100, 100), goal)

    assert [verdict.met for verdict in found.verdicts()] == [met]
    assert is_clean([found]) is met


def test_the_slower_of_two_peers_counts_round_by_round() -> None:
    one = Comparison(OURS, "peer", 0.5, slower_of="other")
    sides = {OURS: turns(50, 50, 50), "peer": turns(90, 200, 100), "other": turns(200, 80, 110)}
    (verdict,) = Result(Measure("key", "title", [], [one]), sides).verdicts()

    assert verdict.ratio.median == pytest.approx(50 / 90)
    assert verdict.met
    assert one.beside == "slower of peer, other"


@pytest.mark.parametrize("failing", [OURS, "peer"])
def test_an_error_on_any_side_spoils_a_run_whose_goals_are_met(failing: str) -> None:
    sides = {OURS: turns(200), "peer": turns(100)}
    sides[failing] = [Turn(200, 1.0, {"Unavailable": 3})]
    found = Result(measure(goal=1.0), sides)

    assert found.errors[failing] == {"Unavailable": 3}
    assert not is_clean([found])


def test_a_wrong_answer_is_an_error_and_no_operation() -> None:
    tally = Tally()
    tally.check(True)
    tally.check(False)
    tally.wrong("Unavailable")
    turn = tally.turn()

    assert turn.done == 1
    assert turn.errors == {"wrong answer": 1, "Unavailable": 1}
    assert turn.rate == pytest.approx(1 / turn.seconds)


def test_sides_take_turns_round_by_round_after_a_warm_up_that_does_not_count() -> None:
    played: list[tuple[str, float | str]] = []

    def side(name: str) -> Side:
        def turn(seconds: float) -> Turn:
            played.append((name, seconds))
            return Turn(int(seconds), 1.0)

        return Side(name, turn, lambda: played.append((name, "settled")))

    found = play(measure(side(OURS), side("peer")), 2, lambda _: None)

    one_round = [(OURS, 3.0), (OURS, "settled"), ("peer", 3.0), ("peer", "settled")]
    warm_up = [(name, WARM_UP if what == 3.0 else what) for name, what in one_round]
    assert played == warm_up + one_round * 2
    assert found.turns == {OURS: turns(3, 3), "peer": turns(3, 3)}


def test_a_count_that_differs_ends_the_bench() -> None:
    with pytest.raises(Miscounted, match="new rows of audit: expected 3, found 2"):
        require_equal("new rows of audit", 3, 2)
