"""What is compared with what, how the rounds are played, and what the figures are made of."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.turns import Turn

OURS = "Qiantang"
WARM_UP = 1.0
MOST_GROWTH = 1.1


class Miscounted(Exception):
    """What was answered and what is stored differ, so that a figure made of it would be a lie."""


def require_equal(what: str, expected: Any, found: Any) -> None:
    """Raise `Miscounted` where two counts differ."""
    if expected != found:
        raise Miscounted(f"{what}: expected {expected}, found {found}")


def nothing() -> None:
    """A peer leaves no work behind."""


@dataclass(frozen=True)
class Side:
    """One of those that are compared.

    `turn` runs it for so many seconds and raises `Miscounted` where its figures are not true;
    `settle` waits until what follows from the turn is done; `pids` are its own processes, by what
    they do, for `--profile`.
    """

    name: str
    turn: Callable[[float], Turn]
    settle: Callable[[], None] = nothing
    pids: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """One of ours beside a peer, or beside the slower of two in each round: the least that the
    ratio of operations a second shall be, and the least of ours itself."""

    ours: str
    peer: str
    goal: float | None = None
    least: float | None = None
    slower_of: str | None = None

    @property
    def beside(self) -> str:
        """The peer as a reader is told of it."""
        return self.peer if self.slower_of is None else f"slower of {self.peer}, {self.slower_of}"


@dataclass(frozen=True)
class Measure:
    """Sides that do the same or less, in turns of so many seconds."""

    key: str
    title: str
    sides: Sequence[Side]
    comparisons: Sequence[Comparison]
    seconds: float = 2.0


@dataclass(frozen=True)
class Spread:
    """The median of some figures and how far they lie apart."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Of at least one figure."""
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass(frozen=True)
class Verdict:
    """What a comparison came to."""

    comparison: Comparison
    ours: Spread
    peer: Spread
    ratio: Spread

    @property
    def met(self) -> bool:
        """Whether the medians reach what they shall, as far as that is said."""
        one = self.comparison
        return (one.goal is None or self.ratio.median >= one.goal) and (
            one.least is None or self.ours.median >= one.least
        )


@dataclass(frozen=True)
class Result:
    """What a measure came to: the turns of each side, round by round."""

    measure: Measure
    turns: Mapping[str, Sequence[Turn]]

    def rates(self, side: str) -> list[float]:
        """Operations a second of each round."""
        return [turn.rate for turn in self.turns[side]]

    def _peers(self, one: Comparison) -> list[float]:
        rates = self.rates(one.peer)
        if one.slower_of is None:
            return rates
        return [min(pair) for pair in zip(rates, self.rates(one.slower_of), strict=True)]

    @property
    def errors(self) -> dict[str, Counter[str]]:
        """What went wrong, by side and kind; empty where nothing did."""
        found: dict[str, Counter[str]] = {}
        for side, turns in self.turns.items():
            for turn in turns:
                if turn.errors:
                    found.setdefault(side, Counter()).update(turn.errors)
        return found

    @property
    def memory(self) -> dict[str, tuple[int, int]]:
        """The bytes that a side had after its first turn and after its last, where it told them."""
        return {
            side: (told[0], told[-1])
            for side, turns in self.turns.items()
            if (told := [turn.memory for turn in turns if turn.memory])
        }

    def verdicts(self) -> list[Verdict]:
        """Every comparison. Ratios are of the same round, whose turns had the same machine."""
        return [
            Verdict(
                one,
                Spread.of(ours := self.rates(one.ours)),
                Spread.of(peers := self._peers(one)),
                Spread.of([a / b if b else float("inf") for a, b in zip(ours, peers, strict=True)]),
            )
            for one in self.measure.comparisons
        ]


def is_clean(results: Sequence[Result]) -> bool:
    """Whether every goal was met, nothing went wrong on any side, and no memory grew."""
    return all(
        not result.errors
        and all(verdict.met for verdict in result.verdicts())
        and all(is_flat(*memory) for memory in result.memory.values())
        for result in results
    )


def is_flat(first: int, last: int) -> bool:
    """Whether memory stayed what it was, but for what an allocator keeps."""
    return last <= MOST_GROWTH * first


def play(measure: Measure, rounds: int, progress: Callable[[str], None]) -> Result:
    """Warm every side up, then let them take turns, round by round: A B C, A B C, …"""
    turns: dict[str, list[Turn]] = {side.name: [] for side in measure.sides}
    for number in range(rounds + 1):
        for side in measure.sides:
            warming = number == 0
            progress(f"{measure.title}: {side.name}{', warming up' if warming else ''}")
            turn = side.turn(WARM_UP if warming else measure.seconds)
            side.settle()
            if not warming:
                turns[side.name].append(turn)
    return Result(measure, turns)
