"""What must be there before a service starts: secrets, migrated databases, reference data."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from deploy.catalogue import BROKER_USERS, folder_of, load_module, service_class
from deploy.system_packages import SetupFault
from services.digital_government.load import generated_steps
from services.digital_government.reference.items import ITEMS
from services.identity_data.importing import Imported, import_people
from services.identity_data.rotation import Rotation, rotate_token_key
from shared.loading import LoadStep, load
from shared.migrations import config_for, migrate
from shared.runtime import ServiceRuntime
from shared.settings import Settings
from shared.storage import is_outage, open_database

Progress = Callable[[str, LoadStep, bool], None]
LOOK_AGAIN_AFTER = 1.0
IDENTITY = "identity_data"
GOVERNMENT = "digital_government"


def ensure_secrets(folder: Path, names: Sequence[str] = BROKER_USERS) -> None:
    """Make a secret for every service and system outside that has none, readable by this user
    alone.

    A folder that an operator filled may be read only; nothing is written there then.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        path = folder / name
        if not path.exists():
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(24))


def is_migrated(engine: sa.Engine, service: str) -> bool:
    """Whether the database stands at the newest revisions."""
    heads = set(ScriptDirectory.from_config(config_for(folder_of(service))).get_heads())
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


def await_migrated(settings: Settings, service: str, seconds: float) -> None:
    """Wait until somebody has migrated the service's database as far as this code needs.

    A database that stands further than this code knows will do, because every migration works
    with the code before it: a replica that restarts during a roll-out must find it so. Raises
    `SetupFault` when the time is up.
    """
    script = ScriptDirectory.from_config(config_for(folder_of(service)))
    heads, known = set(script.get_heads()), {one.revision for one in script.walk_revisions()}
    engine = open_database(settings.database_url_for(service))
    until = time.monotonic() + seconds
    try:
        while True:
            try:
                with engine.connect() as connection:
                    current = set(MigrationContext.configure(connection).get_current_heads())
                missing = f"stands at {sorted(current)}, not at {sorted(heads)}"
                if heads <= current or not current <= known:
                    return
            except sa.exc.DBAPIError as fault:
                if not is_outage(fault):
                    raise
                missing = f"does not answer: {fault.orig}"
            if time.monotonic() > until:
                raise SetupFault(f"The database of {service} {missing}")
            time.sleep(LOOK_AGAIN_AFTER)
    finally:
        engine.dispose()


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


def generate_items(
    settings: Settings,
    number: int,
    divisions: Sequence[str],
    progress: Callable[[LoadStep, bool], None],
) -> int:
    """Fill the catalogue with generated items up to that number, and the lists of these divisions;
    returns how many rows are new."""
    runtime = ServiceRuntime(GOVERNMENT, service_class(GOVERNMENT).handlers, settings)
    try:
        return load(runtime, generated_steps(number - len(ITEMS), divisions), progress)
    finally:
        runtime.close()


def import_file(
    settings: Settings, file: Path, rejects: Path, progress: Callable[[int], None]
) -> Imported:
    """Take people over from a file, as identity_data; raises `FaultyFile`."""
    runtime = ServiceRuntime(IDENTITY, service_class(IDENTITY).handlers, settings)
    try:
        return import_people(runtime, file, rejects, progress)
    finally:
        runtime.close()


def rotate_key(settings: Settings, delay: timedelta) -> Rotation:
    """Replace the key that signs tokens, as identity_data; raises `RotationUnderWay`."""
    runtime = ServiceRuntime(IDENTITY, service_class(IDENTITY).handlers, settings)
    try:
        return rotate_token_key(runtime, delay)
    finally:
        runtime.close()
