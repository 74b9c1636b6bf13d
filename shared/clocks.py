"""The two clocks: the business calendar, which may be simulated, and the machine's own."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
# A Monday and a working day: where a simulated calendar stands before it is first moved.
SIMULATION_BEGINS = datetime(2026, 3, 2, 8, 30, tzinfo=CHINA)


class BusinessCalendar:
    """What day it is for deadlines, ages and periods, in China Standard Time.

    It follows the machine unless a simulated instant was set; then it stands still there until it
    is set again, so that a run of a story has the same dates each time.
    """

    def __init__(self) -> None:
        self._simulated: datetime | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether time stands where it was last set."""
        return self._simulated is not None

    def now(self) -> datetime:
        """The present business instant, aware, in China Standard Time."""
        return self._simulated or datetime.now(CHINA)

    def today(self) -> date:
        """The present business day."""
        return self.now().date()

    def set(self, instant: datetime) -> None:
        """Stand at this instant; a simulated calendar never goes back."""
        if instant.tzinfo is None:
            raise ValueError("a business instant needs its time zone")
        if self._simulated is None or instant > self._simulated:
            self._simulated = instant.astimezone(CHINA)


def machine_now() -> datetime:
    """The machine's wall clock, for tokens, retries and leases; never for a deadline."""
    return datetime.fromtimestamp(time.time(), UTC)
