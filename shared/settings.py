"""What a process is told from outside: environment variables, all beginning with QIANTANG_."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from environs import Env


@dataclass(frozen=True)
class Settings:
    """The settings of one process.

    `profile` is `embedded` (one process, SQLite, the embedded transport) or `distributed` (one
    process per service, PostgreSQL, RabbitMQ). URLs may hold `{service}`, replaced by each
    service's own name, and `{password}`, replaced by that service's own secret. `replicas` says how
    many processes of each service a fleet starts.
    """

    profile: str
    state: Path
    database_url: str
    amqp_url: str
    http_host: str
    http_port: int
    simulated_calendar: bool
    rpc_timeout: float
    workers: int
    log_level: str
    replicas: int = 1

    def database_url_for(self, service: str) -> str:
        """The database of one service; a service never gets the URL of another's."""
        return self.database_url.format(service=service, password=self.secret_of(service))

    def amqp_url_for(self, service: str) -> str:
        """The broker address with the service's own user."""
        return self.amqp_url.format(service=service, password=self.secret_of(service))

    def secret_of(self, name: str) -> str:
        """The secret of a service or account, from `<state>/secrets/<name>`; made by set-up."""
        path = self.state / "secrets" / name
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
    }
    return Settings(**{**values, **overrides})  # type: ignore[arg-type]
