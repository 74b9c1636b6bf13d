"""What the bench and a program that makes load say to each other: one JSON line each way."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Turn:
    """What one turn came to: the operations that were answered rightly, the seconds that they
    took, how many went wrong in which way, and, where that is asked, the bytes of memory that the
    program had at its end."""

    done: int
    seconds: float
    errors: Mapping[str, int] = field(default_factory=dict)
    memory: int = 0

    @property
    def rate(self) -> float:
        """Operations a second; what went wrong is none."""
        return self.done / self.seconds


class Tally:
    """Counts the operations of one turn. It is over when all that began in its time have ended,
    and their seconds count too."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._began = time.perf_counter()
        self._until = self._began + seconds
        self._done = 0
        self._errors: Counter[str] = Counter()

    @property
    def goes_on(self) -> bool:
        """Whether another operation may begin."""
        return time.perf_counter() < self._until

    def right(self, operations: int = 1) -> None:
        """So many operations were answered, and rightly."""
        self._done += operations

    def wrong(self, how: str) -> None:
        """An operation failed, or was answered wrongly."""
        self._errors[how] += 1

    def check(self, is_right: bool) -> None:
        """Count an answer by whether it is what it must be."""
        if is_right:
            self.right()
        else:
            self.wrong("wrong answer")

    def turn(self, memory: int = 0) -> Turn:
        """What it came to."""
        return Turn(self._done, time.perf_counter() - self._began, dict(self._errors), memory)


def one_at_a_time(seconds: float, operation: Callable[[], bool]) -> Turn:
    """An operation again and again, which tells whether it was answered rightly; the turn is told
    as one operation that took the 99th percentile of all."""
    tally = Tally(seconds)
    taken = []
    while tally.goes_on:
        began = time.perf_counter()
        is_right = operation()
        taken.append(time.perf_counter() - began)
        tally.check(is_right)
    return Turn(1, statistics.quantiles(taken, n=100)[98], tally.turn().errors)


def configuration() -> dict[str, Any]:
    """What the bench tells a program when it starts it: its one argument, as JSON."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    return given


def say(what: Mapping[str, Any]) -> None:
    """Tell the bench."""
    print(json.dumps(what), flush=True)


def take_turns(run: Callable[..., Turn]) -> None:
    """Say that this program is ready, then run a turn for every line that comes."""
    say({"ready": True})
    for line in sys.stdin:
        say(asdict(run(**json.loads(line))))
