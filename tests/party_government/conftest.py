"""Fixtures of the tests of this service."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from shared.testing.harness import ServiceHarness


@pytest.fixture
def statements() -> Callable[[ServiceHarness], list[str]]:
    """A list that grows with every statement that reads in the service's database."""

    def watched(harness: ServiceHarness) -> list[str]:
        seen: list[str] = []
        for engine in {
            id(one): one for one in (harness.runtime.read, harness.runtime.engine)
        }.values():
            sa.event.listen(
                engine,
                "before_cursor_execute",
                lambda connection, cursor, statement, *rest: (
                    seen.append(statement)
                    if statement.lstrip().upper().startswith(("SELECT", "WITH"))
                    else None
                ),
            )
        return seen

    return watched
