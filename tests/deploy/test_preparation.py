"""That a service waits for its migration, and takes its secrets from wherever they are kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.preparation import await_migrated, ensure_secrets, migrate_service
from deploy.system_packages import SetupFault
from shared.settings import load_settings
from shared.storage import open_database
from shared.testing.harness import settings_for


def test_a_database_that_nobody_migrated_is_waited_for_in_vain_and_named(tmp_path: Path) -> None:
    with pytest.raises(SetupFault, match=r"The database of rule_of_law stands at \[\], not at"):
        await_migrated(settings_for(tmp_path), "rule_of_law", 0)


def test_waiting_ends_when_somebody_else_has_migrated(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    migrating = threading.Timer(0.2, migrate_service, (settings, "rule_of_law"))
    migrating.start()
    await_migrated(settings, "rule_of_law", 60)
    migrating.join()
    assert migrate_service(settings, "rule_of_law") is False


def test_a_database_of_a_later_version_will_do_for_a_replica_that_restarts(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    migrate_service(settings, "digital_society")
    engine = open_database(settings.database_url_for("digital_society"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'of_next_year'"))
    engine.dispose()
    await_migrated(settings, "digital_society", 0)


def test_an_unreachable_database_is_named_with_its_reason(tmp_path: Path) -> None:
    url = "postgresql://{service}:{password}@127.0.0.1:1/{service}"
    with pytest.raises(SetupFault, match=r"does not answer: .*127\.0\.0\.1"):
        await_migrated(settings_for(tmp_path, database_url=url), "rule_of_law", 0)


def test_secrets_lie_in_the_state_folder_unless_an_operator_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(state=tmp_path).secrets == tmp_path / "secrets"
    monkeypatch.setenv("QIANTANG_SECRETS", str(tmp_path / "kept"))
    assert load_settings(state=tmp_path).secrets == tmp_path / "kept"


def test_a_secret_may_hold_what_means_something_else_in_a_url(tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path,
        database_url="postgresql://{service}:{password}@database/{service}",
        amqp_url="amqp://{service}:{password}@broker//",
    )
    settings.secrets.mkdir()
    (settings.secrets / "gateway").write_text("a/b@c:d\n")
    assert sa.make_url(settings.database_url_for("gateway")).password == "a/b@c:d"
    assert settings.amqp_url_for("gateway") == "amqp://gateway:a%2Fb%40c%3Ad@broker//"


def test_secrets_that_are_there_are_neither_changed_nor_added_to(tmp_path: Path) -> None:
    (tmp_path / "gateway").write_text("given")
    ensure_secrets(tmp_path, ["gateway"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"gateway": "given"}
