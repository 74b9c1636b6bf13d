"""What must be there before a service starts: secrets, migrated databases, reference data."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from deploy.catalogue import folder_of, load_module, service_class
from shared.contracts.base import SERVICES
from shared.loading import LoadStep, load
from shared.migrations import config_for, migrate
from shared.runtime import ServiceRuntime
from shared.settings import Settings
from shared.storage import open_database

Progress = Callable[[str, LoadStep, bool], None]


def ensure_secrets(folder: Path, services: Sequence[str] = SERVICES) -> None:
    """Make a secret for every service that has none, readable by this user alone.

    A folder that an operator filled may be read only; nothing is written there then.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        path = folder / service
        if not path.exists():
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(24))


def is_migrated(engine: sa.Engine, service: str) -> bool:
    """Whether the database stands at the newest revisions."""
    heads = set(ScriptDirectory.from_config(config_for(folder_of(service))).get_heads())
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


def migrate_service(settings: Settings, service: str) -> bool:
    """Bring one service's database to its newest revision; False where it was there already."""
    engine = open_database(settings.database_url_for(service))
    try:
        if is_migrated(engine, service):
            return False
        migrate(engine, folder_of(service))
        return True
    finally:
        engine.dispose()


def load_steps(settings: Settings, service: str) -> Sequence[LoadStep]:
    """The service's reference data as steps."""
    module = load_module(service)
    return list(module.steps(settings)) if module is not None else []


def load_service(settings: Settings, service: str, progress: Progress) -> int:
    """Load what is not loaded yet; returns how many rows that were."""
    runtime = ServiceRuntime(service, service_class(service).handlers, settings)
    try:
        return load(
            runtime,
            load_steps(settings, service),
            lambda step, fresh: progress(service, step, fresh),
        )
    finally:
        runtime.close()
