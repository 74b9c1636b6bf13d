"""What a process is told from outside: environment variables, all beginning with QIANTANG_."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

from environs import Env

from shared.clocks import SIMULATION_BEGINS


@dataclass(frozen=True)
class Settings:
    """The settings of one process.

    `profile` is `embedded` (one process, SQLite, the embedded transport) or `distributed` (one
    process per service, PostgreSQL, RabbitMQ). URLs may hold `{service}`, replaced by each
    service's own name, and `{password}`, replaced by that service's own secret. `replicas` says how
    many processes of each service a fleet starts. `secrets` is the folder of files that hold one
    secret each: `<state>/secrets`, unless an operator keeps them.

    `calendar_begins` is where a simulated calendar stands before it is first moved. With
    `divisions_as_of` the divisions are loaded as a register held them on that day, for later
    changes to come by command; without it, as they are today.
    """

    profile: str
    state: Path
    secrets: Path
    database_url: str
    amqp_url: str
    http_host: str
    http_port: int
    simulated_calendar: bool
    rpc_timeout: float
    workers: int
    log_level: str
    replicas: int = 1
    calendar_begins: datetime = SIMULATION_BEGINS
    divisions_as_of: date | None = None

    def database_url_for(self, service: str) -> str:
        """The database of one service; a service never gets the URL of another's."""
        return self._filled(self.database_url, service)

    def amqp_url_for(self, service: str) -> str:
        """The broker address with the service's own user."""
        return self._filled(self.amqp_url, service)

    def _filled(self, url: str, service: str) -> str:
        # A secret that somebody else made may hold what means something else in a URL.
        return url.format(service=service, password=quote(self.secret_of(service), safe=""))

    def secret_of(self, name: str) -> str:
        """The secret of a service or account, from the file of that name; made by set-up."""
        path = self.secrets / name
        return path.read_text().strip() if path.exists() else ""


def load_settings(**overrides: object) -> Settings:
    """Read the environment; a value that cannot be read raises `environs.EnvError`, naming it."""
    env = Env(prefix="QIANTANG_")
    state = Path(str(overrides.pop("state", env.str("STATE", ".state")))).absolute()
    profile = str(overrides.pop("profile", env.str("PROFILE", "embedded")))
    embedded = profile == "embedded"
    values: dict[str, object] = {
        "profile": profile,
        "state": state,
        "secrets": Path(env.str("SECRETS", "") or state / "secrets").absolute(),
        "database_url": env.str("DATABASE_URL", "")
        or (f"sqlite:///{state}/{{service}}.sqlite3" if embedded else ""),
        "amqp_url": env.str("AMQP_URL", "") or ("embedded://" if embedded else ""),
        "http_host": env.str("HTTP_HOST", "127.0.0.1"),
        "http_port": env.int("HTTP_PORT", 8000),
        "simulated_calendar": env.bool("SIMULATED_CALENDAR", False),
        "rpc_timeout": env.float("RPC_TIMEOUT", 20.0),
        "workers": env.int("WORKERS", 64),
        "log_level": env.str("LOG_LEVEL", "info"),
        "replicas": env.int("REPLICAS", 1),
        "calendar_begins": env.datetime("CALENDAR_BEGINS", SIMULATION_BEGINS),
        "divisions_as_of": env.date("DIVISIONS_AS_OF", None),
    }
    return Settings(**{**values, **overrides})  # type: ignore[arg-type]
