"""Service halls with their timetables, their days, and who visits them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.cases import minutes_between
from services.digital_government.domain.visits import (
    EARLY,
    OPEN,
    CheckInOutOfTime,
    FullyBooked,
    NoSuchPeriod,
    TooLateToCancel,
    VisitState,
    require_fit,
    require_state,
)
from services.digital_government.models.base import Model, Passage
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L3, PERMANENT
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.digital_government import (
    HallPeriod,
    NumberTaken,
    TimetablePublished,
    VisitBooked,
    VisitCancelled,
    VisitEnded,
    VisitMissed,
    VisitorCalled,
    VisitPassedOn,
)
from shared.storage import Json


class Hall(storage.Aggregate, Model, kw_only=True, eq=False):
    """The service hall of a division, under `hall-<division>`, with the periods of its days."""

    __tablename__ = "hall"
    retention = PERMANENT

    periods: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)

    def publish(self, periods: tuple[HallPeriod, ...]) -> None:
        """Be visited in these periods from now on; raises `PeriodsUnfit`."""
        require_fit(periods)
        self.periods = [one.dump() for one in periods]
        self.tell(TimetablePublished(hall_id=self.id, periods=periods))


class HallDay(storage.Record, Model, kw_only=True, eq=False):
    """One day of a hall, under `<division>.<day>`: its periods with how many places are `taken`,
    and how many numbers of each kind were given and called.

    Everything that takes a place, gives a number or calls one changes this row, whose version the
    database guards: nothing is sold twice, and no two windows call the same visitor.
    """

    __tablename__ = "hall_day"
    retention = CASE_FILE

    periods: Mapped[list[Any]] = mapped_column(Json, info=L1)
    given: Mapped[dict[str, int]] = mapped_column(Json, default_factory=dict, info=L1)
    called: Mapped[int] = mapped_column(default=0, info=L1)

    @classmethod
    def of(cls, hall: Hall, day: date) -> HallDay:
        """A day on which nobody comes yet."""
        return cls(
            id=day_id(hall.division, day),
            division=hall.division,
            periods=[{**one, "taken": 0} for one in hall.periods],
        )

    def take(self, begins: str) -> dict[str, Any]:
        """Take a place of the period that begins then; raises `NoSuchPeriod` and `FullyBooked`."""
        (period,) = [one for one in self.periods if one["begins"] == begins] or [None]
        if period is None:
            raise NoSuchPeriod(begins=begins)
        if period["taken"] >= period["places"]:
            raise FullyBooked()
        self._count(begins, 1)
        return dict(period)

    def give_back(self, begins: str) -> None:
        """Have a place free again."""
        self._count(begins, -1)

    def _count(self, begins: str, by: int) -> None:
        self.periods = [
            {**one, "taken": one["taken"] + by} if one["begins"] == begins else one
            for one in self.periods
        ]

    def next_number(self, kind: str) -> str:
        """The next number of those with a booking, A, or of those without, B."""
        number = self.given.get(kind, 0) + 1
        self.given = {**self.given, kind: number}
        return f"{kind}{number:03}"


class Visit(storage.Aggregate, Model, kw_only=True, eq=False):
    """Somebody's visit to a hall: booked for a period or not, with a number from when they came.

    `numbered_at` is when the number was given, `called_at` when it was called, to the window
    `called_to`.
    """

    __tablename__ = "visit"
    retention = CASE_FILE

    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    day: Mapped[date] = mapped_column(index=True, info=L2)
    state: Mapped[str] = mapped_column(sa.String(20), info=L1)
    begins: Mapped[datetime | None] = mapped_column(default=None, info=L2)
    ends: Mapped[datetime | None] = mapped_column(default=None, info=L2)
    item: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)
    number: Mapped[str | None] = mapped_column(sa.String(10), default=None, info=L1)
    called_to: Mapped[int | None] = mapped_column(default=None, info=L1)
    numbered_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    called_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    def book(self) -> None:
        """Be expected in its period."""
        assert self.begins is not None  # It is for a period.
        assert self.ends is not None
        told = VisitBooked(
            visit_id=self.id, division=self.division, begins=self.begins, ends=self.ends
        )
        self.tell(told, self.owner)

    def cancel(self, now: datetime) -> None:
        """Be expected no more; raises `VisitInWrongState` and `TooLateToCancel`."""
        require_state(VisitState(self.state), VisitState.BOOKED)
        assert self.begins is not None  # It was booked.
        if now >= self.begins:
            raise TooLateToCancel()
        self.state = VisitState.CANCELLED.value
        self.tell(VisitCancelled(visit_id=self.id), self.owner)

    def check_in(self, number: str, now: datetime) -> None:
        """Wait with a number; raises `VisitInWrongState` and `CheckInOutOfTime`."""
        require_state(VisitState(self.state), VisitState.BOOKED)
        assert self.begins is not None  # It was booked.
        assert self.ends is not None
        if not self.begins - EARLY <= now <= self.ends:
            raise CheckInOutOfTime(
                begins=f"{(self.begins - EARLY).astimezone(CHINA):%Y-%m-%d %H:%M}",
                ends=f"{self.ends.astimezone(CHINA):%H:%M}",
            )
        self.wait(number, now)

    def wait(self, number: str, now: datetime) -> None:
        """Have a number from now on."""
        self.state = VisitState.WAITING.value
        self.number, self.numbered_at = number, now
        told = NumberTaken(visit_id=self.id, division=self.division, number=number)
        self.tell(told, self.owner)

    def call(self, window: int, now: datetime) -> None:
        """Be called to a window."""
        assert self.number is not None  # It waits.
        self.state = VisitState.CALLED.value
        self.called_to, self.called_at = window, now
        self.tell(VisitorCalled(visit_id=self.id, number=self.number, window=window), self.owner)

    def end(self) -> None:
        """Be over, served; raises `VisitInWrongState`."""
        require_state(VisitState(self.state), VisitState.CALLED)
        assert self.numbered_at is not None  # It was called.
        assert self.called_at is not None
        self.state = VisitState.SERVED.value
        waited = minutes_between(self.numbered_at, self.called_at)
        self.tell(VisitEnded(visit_id=self.id, division=self.division, waited=waited), self.owner)

    def miss(self, *expected: VisitState) -> None:
        """Be over, because nobody came; raises `VisitInWrongState`."""
        require_state(VisitState(self.state), *expected)
        self.state = VisitState.MISSED.value
        self.tell(VisitMissed(visit_id=self.id, division=self.division), self.owner)

    def close(self) -> None:
        """Be over with the day, where nobody was called or nobody said what came of it."""
        if self.state in (VisitState.WAITING, VisitState.CALLED):
            self.state = VisitState.CANCELLED.value
            self.tell(VisitCancelled(visit_id=self.id, hall_closed=True), self.owner)

    def pass_to(self, division: str) -> None:
        """Be cancelled, because the hall's division ended; it is told to whoever follows it."""
        told = VisitPassedOn(id=self.id, from_division=self.division, division=division)
        self.division = division
        self.state = VisitState.CANCELLED.value
        self.tell(told, self.owner)
        self.tell(VisitCancelled(visit_id=self.id, hall_closed=True), self.owner)


def hall_id(division: str) -> str:
    """The id of a division's hall."""
    return f"hall-{division}"


def day_id(division: str, day: date) -> str:
    """The id of a day of a hall."""
    return f"{division}.{day.isoformat()}"


def is_to_come(_: date) -> sa.ColumnElement[bool]:
    """Which visits are not over, whatever the day."""
    return Visit.state.in_([state.value for state in OPEN])


def open_hall(division: str, context: Context) -> Hall | None:
    """The hall of a division that has one and did not end."""
    hall = context.unit.find(Hall, hall_id(division))
    if hall is None or Passage.successor_of(division, context) != division:
        return None
    return hall


def waiting_in(division: str, context: Context) -> list[Visit]:
    """Who waits in a hall today."""
    return _standing_at(VisitState.WAITING, division, context)


def called_in(division: str, context: Context) -> list[Visit]:
    """Who was called in a hall today, and is not over."""
    return _standing_at(VisitState.CALLED, division, context)


def _standing_at(state: VisitState, division: str, context: Context) -> list[Visit]:
    return context.unit.find_all(
        Visit,
        Visit.day == context.today,
        Visit.division == division,
        Visit.state == state.value,
    )


def turn_of(visit: Visit, now: datetime) -> tuple[int, str]:
    """Whose turn comes first: of those who wait, who booked and whose period has begun, then the
    others as they came."""
    assert visit.numbered_at is not None  # It waits.
    has_begun = visit.begins is not None and visit.begins <= now
    return (0 if has_begun else 1, f"{visit.numbered_at.isoformat()} {visit.number}")
