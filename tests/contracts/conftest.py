"""What the promises of every contract are held against: each service, and all its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import service_class
from shared.testing.harness import ServiceHarness

Rows = Callable[[ServiceHarness], dict[str, int]]


@pytest.fixture(scope="module")
def standing_service(
    services_on: Callable[..., AbstractContextManager[Callable[..., ServiceHarness]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], ServiceHarness]]:
    """A service by its name, on an empty database that all tests of the module share.

    Only for messages that are refused: each test checks that it left no row behind.
    """
    running: dict[str, ServiceHarness] = {}
    with services_on(tmp_path_factory.mktemp("standing")) as make:

        def named(name: str) -> ServiceHarness:
            if name not in running:
                running[name] = make(service_class(name))
            return running[name]

        yield named


@pytest.fixture(scope="session")
def rows_of() -> Rows:
    """Counts the rows of every table of a service, the platform's included."""

    def counted(harness: ServiceHarness) -> dict[str, int]:
        tables = sa.inspect(harness.runtime.engine).get_table_names()
        counts = [
            sa.select(sa.literal(name).label("name"), sa.func.count().label("rows")).select_from(
                sa.table(name)
            )
            for name in tables
        ]
        rows: list[Any] = list(harness.rows(sa.union_all(*counts)))
        return {row.name: int(row.rows) for row in rows}

    return counted
