"""The three colours and the ladder (催办、督办、通报): what is done about a duty that comes due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.clocks import CHINA
from shared.deadlines import due_after, is_working_day
from shared.errors import InvalidInput

REMINDER_TIME: Final = time(9, 0)
"""When, on a working day before the last one, the organ is prompted."""


class Urgency(StrEnum):
    """How much time there is; each has a ladder of its own."""

    ROUTINE = "routine"  # 平件
    URGENT = "urgent"  # 急件
    EMERGENCY = "emergency"  # 特急


class Rung(StrEnum):
    """The rungs, lowest first; a duty climbs them one after the other until it is met."""

    PROMPTED = "prompted"  # 临期提示
    URGED = "urged"  # 催办
    SUPERVISED = "supervised"  # 督办
    CRITICISED = "criticised"  # 通报


ORDER: Final = {rung: number for number, rung in enumerate(("", *Rung))}

RUNG_ZH: Final = {
    Rung.PROMPTED: "临期提示",
    Rung.URGED: "催办",
    Rung.SUPERVISED: "督办",
    Rung.CRITICISED: "通报",
}


class Colour(StrEnum):
    """How a duty stands in its period."""

    GREEN = "green"  # in time
    YELLOW = "yellow"  # late, and caught up
    RED = "red"  # late


class Told(StrEnum):
    """Who is told of a step: the organ itself, also the one above it, or also whoever gave the
    duty, before all others whom it was given."""

    ORGAN = "organ"
    SUPERIOR = "superior"
    ISSUER = "issuer"


class UnfitLadder(InvalidInput):
    """The steps of a ladder do not follow each other; `fields` says where."""

    zh = "督办规则的各级步骤不合要求，请按提示更正"
    en = "the steps of the ladder do not fit; correct each as its message says"


@dataclass(frozen=True)
class Step:
    """One rung: so many working days and minutes after the deadline, or before it where they are
    negative, and who is told."""

    rung: Rung
    days: int = 0
    minutes: int = 0
    tells: Told = Told.ORGAN

    def at(self, due: datetime) -> datetime:
        """The instant of the step for a duty due then."""
        moved = due + timedelta(minutes=self.minutes)
        if self.days > 0:
            return due_after(moved, self.days).instant
        if self.days < 0:
            day = _working_day_before(moved.date(), -self.days)
            return datetime.combine(day, REMINDER_TIME, CHINA)
        return moved

    @property
    def offset(self) -> tuple[int, int]:
        """To compare steps of one ladder: in days, then in minutes."""
        return self.days, self.minutes


def _working_day_before(day: date, count: int) -> date:
    while count:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day


@dataclass(frozen=True)
class Ladder:
    """The steps about a duty, in the order of the rungs.

    One is at the deadline itself: there the duty turns red.
    """

    steps: tuple[Step, ...]

    def faults(self) -> dict[str, list[str]]:
        """What is wrong, by step; nothing where it can be used."""
        faults: dict[str, list[str]] = {}
        # In one unit, because which of a day and some hours comes later hangs on the calendar.
        late = [(step.days != 0, step.minutes != 0) for step in self.steps if step.offset > (0, 0)]
        for number, step in enumerate(self.steps):
            if step.days and step.minutes:
                faults[str(number)] = ["Working days or minutes, not both."]
        if len(set(late)) > 1:
            faults["_schema"] = ["All steps after the deadline count in days, or all in minutes."]
        for number, (before, after) in enumerate(zip(self.steps, self.steps[1:], strict=False), 1):
            if ORDER[after.rung] <= ORDER[before.rung]:
                faults[str(number)] = ["Rungs come once, in their order."]
            elif after.offset <= before.offset:
                faults[str(number)] = ["A higher rung comes later."]
        if not any(step.rung is Rung.URGED and step.offset == (0, 0) for step in self.steps):
            faults["_schema"] = ["The duty is urged at its deadline: days 0, minutes 0."]
        if any(step.offset >= (0, 0) for step in self.steps if step.rung is Rung.PROMPTED):
            faults["0"] = ["The organ is prompted before the deadline."]
        return faults

    def require_sound(self) -> None:
        """Raise `UnfitLadder` where it cannot be used."""
        if faults := self.faults():
            raise UnfitLadder(fields={"steps": faults})

    def instants(self, due: datetime) -> Iterator[tuple[datetime, Step]]:
        """When each step is, for a duty due then."""
        for step in self.steps:
            yield step.at(due), step

    def next_after(self, due: datetime, instant: datetime) -> datetime | None:
        """When the next step after an instant is, None after the last."""
        return min((at for at, _ in self.instants(due) if at > instant), default=None)

    def step_at(self, due: datetime, instant: datetime) -> Step | None:
        """The highest step reached by then, None before the first."""
        reached = [step for at, step in self.instants(due) if at <= instant]
        return reached[-1] if reached else None

    def to_json(self) -> list[Any]:
        """As data, for a column."""
        return [
            {
                "rung": step.rung.value,
                "days": step.days,
                "minutes": step.minutes,
                "tells": step.tells.value,
            }
            for step in self.steps
        ]

    @classmethod
    def of(cls, steps: Iterable[Mapping[str, Any]]) -> Ladder:
        """From data, as `to_json` or a contract gives it."""
        return cls(
            tuple(
                Step(Rung(one["rung"]), one["days"], one["minutes"], Told(one["tells"]))
                for one in steps
            )
        )


def _usual(*steps: Sequence[Any]) -> Ladder:
    return Ladder(tuple(Step(*step) for step in steps))


LADDERS: Final[Mapping[Urgency, Ladder]] = {
    Urgency.ROUTINE: _usual(
        (Rung.PROMPTED, -1),
        (Rung.URGED,),
        (Rung.SUPERVISED, 3, 0, Told.SUPERIOR),
        (Rung.CRITICISED, 7, 0, Told.ISSUER),
    ),
    Urgency.URGENT: _usual(
        (Rung.PROMPTED, 0, -240),
        (Rung.URGED,),
        (Rung.SUPERVISED, 1, 0, Told.SUPERIOR),
        (Rung.CRITICISED, 3, 0, Told.ISSUER),
    ),
    Urgency.EMERGENCY: _usual(
        (Rung.PROMPTED, 0, -15),
        (Rung.URGED,),
        (Rung.SUPERVISED, 0, 30, Told.SUPERIOR),
        (Rung.CRITICISED, 0, 120, Told.ISSUER),
    ),
}
"""What holds where no division adopted another."""
