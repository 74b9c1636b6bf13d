"""Fixtures of every test: a service on a real database of either profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.testing.harness import ServiceHarness, settings_for

MakeService = Callable[..., ServiceHarness]


@pytest.fixture
def make_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeService]:
    """Makes harnesses of services whose databases end with the test."""
    made: list[ServiceHarness] = []
    monkeypatch.setenv("QIANTANG_STATE", str(tmp_path))
    monkeypatch.setenv("QIANTANG_SIMULATED_CALENDAR", "true")

    def make(service_class: Any) -> ServiceHarness:
        harness = ServiceHarness(service_class, settings_for(tmp_path))
        made.append(harness)
        return harness

    yield make
    for harness in made:
        harness.close()
