"""Migrations: the platform's own tables and, in the same run, those of one service."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

HERE = Path(__file__).parent


def config_for(service_folder: Path) -> Config:
    """Alembic's configuration for one service: the platform's branch and the service's own."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    locations = [HERE / "versions", service_folder / "migrations" / "versions"]
    existing = "\n".join(str(location) for location in locations if location.is_dir())
    config.set_main_option("version_locations", existing)
    return config


def migrate(engine: sa.Engine, service_folder: Path, revision: str = "heads") -> None:
    """Bring the database to the newest revision of both branches; what is there is left alone."""
    config = config_for(service_folder)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
