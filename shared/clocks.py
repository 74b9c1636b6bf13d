"""The two clocks: the business calendar, which may be simulated, and the machine's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
# A Monday and a working day: where a simulated calendar stands before it is first moved.
SIMULATION_BEGINS = datetime(2026, 3, 2, 8, 30, tzinfo=CHINA)


class BusinessCalendar:
    """What day it is for deadlines, ages and periods, in China Standard Time.

    It follows the machine unless it is simulated; then it stands still where `stands_at` says, so
    that a run of a story has the same dates each time. That is asked anew each time, because all
    processes of a service have one calendar, and any one of them may have moved it.
    """

    def __init__(self, stands_at: Callable[[], datetime] | None = None) -> None:
        self._stands_at = stands_at

    def now(self) -> datetime:
        """The present business instant, aware, in China Standard Time."""
        if self._stands_at is None:
            return datetime.now(CHINA)
        return self._stands_at().astimezone(CHINA)

    def today(self) -> date:
        """The present business day."""
        return self.now().date()


def machine_now() -> datetime:
    """The machine's wall clock, for tokens, retries and leases; never for a deadline."""
    return datetime.fromtimestamp(time.time(), UTC)
