"""How long a loop lets more come before its next transaction."""

from __future__ import annotations

import time

EACH = 0.01
LONGEST = 0.1


def collect(began: float, taken: int) -> None:
    """Sleep until 10 ms for each that the last transaction took, 100 ms at most, have passed since
    it `began` (`time.monotonic`): one that comes alone hardly waits, and many cost less together.
    """
    time.sleep(max(0.0, began + min(LONGEST, taken * EACH) - time.monotonic()))
