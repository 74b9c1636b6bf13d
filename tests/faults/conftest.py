"""The table of everything that `make faults` did, and the platform that it is done to."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.reckoning import Finding, come_to_rest
from tests.faults.turns import Platform, platform

SEED = int(os.environ.get("QIANTANG_FAULT_SEED") or random.SystemRandom().randrange(10**6))
MOST_DIFFERENCES = 20


class Report:
    """What was done, how many of it, what was expected and what was found."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, Finding]] = []
        self._failed: list[str] = []

    def note(self, fault: str, *findings: Finding) -> None:
        """Keep findings under the fault that they follow from."""
        for one in findings:
            self._lines.append((fault, one))
            if not one.holds:
                some = "\n    ".join(one.differences[:MOST_DIFFERENCES])
                line = f"{fault}: {one.what}: expected {one.expected}, found {one.found}"
                self._failed.append(f"{line}\n    {some}")

    def judge(self, *reproduce: object) -> None:
        """Fail where anything noted since the last time was not as expected; say how to get there
        again."""
        failed, self._failed = self._failed, []
        told = "\n".join(str(one) for one in reproduce)
        assert not failed, "\n".join([f"QIANTANG_FAULT_SEED={SEED}", told, *failed])

    def print(self) -> None:
        """The table."""
        table = Table(title=f"faults · QIANTANG_FAULT_SEED={SEED}")
        for column in ("fault", "what", "number", "expected", "found", ""):
            table.add_column(column)
        last = ""
        for fault, one in self._lines:
            mark = "[green]✓[/green]" if one.holds else "[red]✗[/red]"
            shown = fault if fault != last else ""
            table.add_row(shown, one.what, str(one.number), str(one.expected), str(one.found), mark)
            last = fault
        Console(width=150).print(table)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform to which it is done: one process a service, on servers of its own."""
    with platform(tmp_path_factory.mktemp("platform")) as one:
        come_to_rest(one)
        yield one


@pytest.fixture(scope="session")
def faults() -> Iterator[Report]:
    """The one table, printed at the end."""
    print(f"\nQIANTANG_FAULT_SEED={SEED}")
    report = Report()
    yield report
    report.print()
