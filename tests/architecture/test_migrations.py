"""A migrated database is what the models say, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from deploy.catalogue import folder_of, service_class
from shared.contracts.base import SERVICES
from shared.messaging.tables import INBOX, METADATA, READING
from shared.migrations import config_for, migrate
from shared.storage import open_database
from shared.testing.harness import ServiceHarness

MakeService = Callable[..., ServiceHarness]
every_service = pytest.mark.parametrize("service", SERVICES)


def difference(connection: sa.Connection, metadata: sa.MetaData) -> list[Any]:
    """What alembic would still have to change; comments on columns are only for readers."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    changes: list[Any] = []
    for change in compare_metadata(context, metadata):
        changes += change if isinstance(change, list) else [change]
    return [change for change in changes if "comment" not in change[0]]


def everything(service: str) -> sa.MetaData:
    """The tables of the platform and those of the service."""
    whole = sa.MetaData()
    for metadata in (METADATA, service_class(service).metadata):
        for table in metadata.tables.values():
            table.to_metadata(whole)
    return whole


@every_service
def test_a_migrated_database_is_what_the_models_say(
    make_service: MakeService, service: str
) -> None:
    harness = make_service(service_class(service))
    with harness.runtime.engine.connect() as connection:
        assert difference(connection, everything(service)) == []


def test_a_column_that_is_not_migrated_is_found(make_service: MakeService) -> None:
    harness = make_service(service_class("identity_data"))
    wanted = everything("identity_data")
    wanted.tables["person"].append_column(sa.Column("nickname", sa.String(20)))
    wanted.tables["person"].c.number.type = sa.String(19)
    with harness.runtime.engine.connect() as connection:
        found = {change[0] for change in difference(connection, wanted)}
    assert found == {"add_column", "modify_type"}


@every_service
def test_migrating_again_changes_nothing(make_service: MakeService, service: str) -> None:
    harness = make_service(service_class(service))
    migrate(harness.runtime.engine, folder_of(service))
    with harness.runtime.engine.connect() as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    assert current == set(ScriptDirectory.from_config(config_for(folder_of(service))).get_heads())


def test_an_inbox_keeps_its_events_and_indexes_when_its_key_grows(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/rule_of_law.sqlite3")
    migrate(engine, folder_of("rule_of_law"), "platform_0001")
    column = ", ".join(c.name for c in INBOX.c if c.name != "reason")
    row = "7, 'e-1', 'gateway', 'A', 'a-1', 1, 'T', '{}', 'ready', 0, '2026', '2026'"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO inbox ({column}) VALUES ({row})")
    migrate(engine, folder_of("rule_of_law"))
    with engine.begin() as connection:
        other = row.replace("7, ", "8, ").replace("gateway", "identity_data")
        connection.exec_driver_sql(f"INSERT INTO inbox ({column}) VALUES ({other})")
        kept = connection.exec_driver_sql("SELECT position, producer FROM inbox ORDER BY 1").all()
        index = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'inbox_open'"
        ).scalar()
    engine.dispose()
    assert [tuple(one) for one in kept] == [(7, "gateway"), (8, "identity_data")]
    assert "WHERE state IN ('ready', 'waiting', 'retrying')" in str(index)


def test_a_process_of_before_goes_on_telling_readings_after_the_migration(
    make_service: MakeService,
) -> None:
    harness = make_service(service_class("rule_of_law"))
    of_before = [column.name for column in READING.c if column.name not in ("position", "day")]
    columns = ", ".join(of_before)
    row = "'p-1', '2026-03-02T15:30:00.000000+00:00', 'A', 'official', '', '', 'Case', 'c-1'"
    with harness.runtime.engine.begin() as connection:
        for _ in range(2):
            connection.exec_driver_sql(f"INSERT INTO reading ({columns}) VALUES ({row})")
    assert len(harness.rows(sa.select(READING.c.position))) == 2


@every_service
def test_no_table_of_a_service_has_the_name_of_one_of_the_platform(service: str) -> None:
    assert not set(METADATA.tables) & set(service_class(service).metadata.tables)


@every_service
def test_every_service_has_one_line_of_revisions_under_its_name(service: str) -> None:
    script = ScriptDirectory.from_config(config_for(folder_of(service)))
    labels = {label for revision in script.walk_revisions() for label in revision.branch_labels}
    own = {service} if service_class(service).metadata.tables else set()
    assert labels == {"platform", *own}
    assert len(script.get_heads()) == 1 + len(own)
