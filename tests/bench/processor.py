"""How much processor time each part of a running system used, from /proc."""

from __future__ import annotations

from collections.abc import Mapping

import psutil


def seconds_of(pid: int) -> float:
    """Processor seconds of a process and all below it, including those that have ended."""
    root = psutil.Process(pid)
    total = 0.0
    for one in [root, *root.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue  # Its parent has its times now.
        total += times.user + times.system + times.children_user + times.children_system
    return total


def reading(pids: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds of each part so far."""
    return {name: seconds_of(pid) for name, pid in pids.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was spent between two readings."""
    return {name: after[name] - before.get(name, 0.0) for name in after}
