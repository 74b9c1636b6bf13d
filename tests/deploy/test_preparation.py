"""That a service takes its secrets from wherever they are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.preparation import ensure_secrets
from shared.settings import load_settings
from shared.testing.harness import settings_for


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
