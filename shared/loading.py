"""Loading reference data: steps that are each one unit of work, done once, resumable anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.context import Context
from shared.runtime import ServiceRuntime


@dataclass(frozen=True)
class LoadStep:
    """A part of a service's reference data; `size` counts its rows, for the progress display."""

    name: str
    title_zh: str
    size: int
    run: Callable[[Context], None]


def load(
    runtime: ServiceRuntime,
    steps: Iterable[LoadStep],
    progress: Callable[[LoadStep, bool], None] = lambda step, fresh: None,
) -> int:
    """Run the steps in order; one done before is passed over. Returns the rows newly loaded.

    Killed anywhere, a step was written whole or not at all, and the next run continues with it.
    """
    rows = 0
    for step in steps:
        fresh = runtime.act_as_service(f"load/{step.name}", step.run)
        rows += step.size if fresh else 0
        progress(step, fresh)
    return rows
