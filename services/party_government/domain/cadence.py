"""The periods in which reports and meetings come round (工作机制)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from shared.clocks import CHINA
from shared.deadlines import is_working_day

_END_OF_DAY = time(23, 59, 59)
_MONTHS = {"monthly": 1, "quarterly": 3}


def end_of(day: date) -> datetime:
    """The instant at which a time limit of that day ends (Civil Code article 203)."""
    return datetime.combine(day, _END_OF_DAY, CHINA)


@dataclass(frozen=True)
class Period:
    """A week, month or quarter: its first day and the first day of the next."""

    cadence: str
    first: date
    next: date

    @classmethod
    def holding(cls, cadence: str, day: date) -> Self:
        """The period of that cadence in which a day lies."""
        if cadence == "weekly":
            first = day - timedelta(days=day.weekday())
            return cls(cadence, first, first + timedelta(days=7))
        length = _MONTHS[cadence]
        month = (day.month - 1) // length * length + 1
        year, rest = divmod(day.year * 12 + month - 1 + length, 12)
        return cls(cadence, date(day.year, month, 1), date(year, rest + 1, 1))

    @property
    def name(self) -> str:
        """`2026-W10` (ISO 8601), `2026-03` or `2026-Q1`."""
        if self.cadence == "weekly":
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02}"
        if self.cadence == "monthly":
            return f"{self.first:%Y-%m}"
        return f"{self.first.year}-Q{(self.first.month + 2) // 3}"

    @property
    def last_working_day(self) -> date | None:
        """Its last working day; None where it has none, as a week of holidays."""
        day = self.next - timedelta(days=1)
        while day >= self.first:
            if is_working_day(day):
                return day
            day -= timedelta(days=1)
        return None

    @property
    def ends_at(self) -> datetime:
        """The instant at which the next period begins."""
        return datetime.combine(self.next, time(), CHINA)
