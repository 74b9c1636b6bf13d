"""Fixtures of every test: a service on a real database of either profile, and real servers."""

from __future__ import annotations

import inspect
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import sqlalchemy as sa
from psycopg2 import sql

from deploy.catalogue import BROKER_USERS, edges_of, outside_edges
from deploy.preparation import ensure_secrets
from deploy.servers import PrivateBroker, PrivateDatabase, keep_audit_apart
from shared.contracts.base import SERVICES
from shared.messaging.topology import Edges, Topology, topology_of
from shared.migrations import migrate
from shared.settings import Settings
from shared.storage import open_database
from shared.testing.harness import ServiceHarness, settings_for
from shared.testing.probe import Probe
from shared.unit_of_work import digest_of

# Ids of persons are keyed with a secret; tests that name them at import need it by then.
os.environ["QIANTANG_PERSON_SECRET"] = "known to tests only"

MakeService = Callable[..., ServiceHarness]
WithAllRights = Callable[[ServiceHarness], AbstractContextManager[sa.Engine]]
ServicesOn = Callable[[Path], AbstractContextManager[MakeService]]


# What takes minutes goes first, so that no worker is left alone with it at the end.
LONGEST = ("security/test_access_table.py", "journeys/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; that of the tests in one stays."""
    items.sort(key=lambda item: not any(f"tests/{one}" in item.nodeid for one in LONGEST))


class CleanDatabases:
    """Databases of one PostgreSQL, each a copy of a migrated template that nobody else uses.

    A copy costs a few hundredths of a second; migrating anew would cost a hundred times that.
    """

    def __init__(self, server: PrivateDatabase, passwords: dict[str, str]) -> None:
        self._server = server
        self._passwords = passwords
        self._templates: dict[tuple[str, Path], str] = {}
        self._count = 0

    def new(self, service: str, folder: Path) -> str:
        """The address of a new migrated database of this service, for the service's own role."""
        template = self._templates.get((service, folder))
        if template is None:
            template = f"{service}_template_{len(self._templates)}"
            self._make_template(service, template, folder)
            self._templates[service, folder] = template
        self._count += 1
        name = f"{service}_{self._count}"
        self._run("CREATE DATABASE {} OWNER {} TEMPLATE {}", name, service, template)
        # What such a test commits need not survive a crash of the server.
        return f"{self._url(service, name)}?options=-csynchronous_commit%3Doff"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _make_template(self, service: str, template: str, folder: Path) -> None:
        if service not in self._passwords:
            self._passwords[service] = f"password-of-{service}"
            self._server.create({service: self._passwords[service]})
        self._run("CREATE DATABASE {} OWNER {}", template, service)
        keep_audit_apart(self._server.admin_url, template, service)
        engine = open_database(self._url(service, template))
        try:
            migrate(engine, folder)
        finally:
            engine.dispose()

    def _url(self, service: str, database: str) -> str:
        password = self._passwords[service]
        return f"postgresql://{service}:{password}@127.0.0.1:{self._server.port}/{database}"

    def _run(self, command: str, *names: str) -> None:
        with closing(psycopg2.connect(self._server.admin_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


class MigratedFiles:
    """SQLite databases by service, each a copy of a migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, service_class: Any, state: Path) -> None:
        """Put a migrated database of the service into the state folder, unless one is there."""
        source = Path(inspect.getfile(service_class)).parent
        name = service_class.name
        target = state / f"{name}.sqlite3"
        if target.exists():
            return
        file = self._folder / f"{name}-{digest_of(str(source))[:8]}.sqlite3"
        if not file.exists():
            engine = open_database(f"sqlite:///{file}")
            migrate(engine, source)
            # The last connection to close brings the write-ahead log into the file.
            engine.dispose()
        shutil.copyfile(file, target)


@dataclass(frozen=True)
class RealServers:
    """A RabbitMQ and a PostgreSQL of this test session, with every service's user and right.

    `settings` are those of a distributed process; each service's password is in its state. The
    services' own databases are there, and empty until somebody migrates them.
    """

    broker: PrivateBroker
    database: PrivateDatabase
    settings: Settings
    passwords: dict[str, str]


@pytest.fixture(scope="session")
def real_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a secret for every service, system outside and the probe."""
    state = tmp_path_factory.mktemp("state")
    ensure_secrets(state / "secrets")
    (state / "secrets" / Probe.name).write_text("password-of-probe")
    return state


@pytest.fixture(scope="session")
def passwords(real_state: Path) -> dict[str, str]:
    """Every service's secret, by its name."""
    settings = settings_for(real_state)
    return {service: settings.secret_of(service) for service in (*SERVICES, Probe.name)}


@pytest.fixture(scope="session")
def real_database(passwords: dict[str, str]) -> Iterator[PrivateDatabase]:
    """One private PostgreSQL for the whole session, with a role and a database per service."""
    with PrivateDatabase() as server:
        server.create(passwords)
        yield server


@pytest.fixture(scope="session")
def declared(real_state: Path) -> Topology:
    """What set-up declares on the broker, and what the probe needs, with every user's password."""
    settings = settings_for(real_state)
    probe = Edges(Probe.name, Probe.handlers.subscriptions(), (Probe.name,))  # type: ignore[attr-defined]
    secrets = {name: settings.secret_of(name) for name in (*BROKER_USERS, Probe.name)}
    return topology_of([*map(edges_of, SERVICES), probe], secrets, outside_edges())


@pytest.fixture(scope="session")
def real_broker(declared: Topology) -> Iterator[PrivateBroker]:
    """One private RabbitMQ for the whole session, with the platform's topology and users, and
    those of the probe."""
    with PrivateBroker(declared) as server:
        yield server


@pytest.fixture(scope="session")
def real_servers(
    real_broker: PrivateBroker,
    real_database: PrivateDatabase,
    real_state: Path,
    passwords: dict[str, str],
) -> RealServers:
    """Both servers and the settings of a process that uses them."""
    url = re.sub(
        r"//[^@]+@([^/]+)/.*", r"//{service}:{password}@\1/{service}", real_database.admin_url
    )
    settings = settings_for(
        real_state,
        profile="distributed",
        database_url=url,
        amqp_url=f"amqp://{{service}}:{{password}}@127.0.0.1:{real_broker.port}//",
    )
    return RealServers(real_broker, real_database, settings, passwords)


@pytest.fixture(scope="session")
def clean_databases(real_database: PrivateDatabase, passwords: dict[str, str]) -> CleanDatabases:
    """Makes and drops databases of services on the session's PostgreSQL."""
    return CleanDatabases(real_database, dict(passwords))


@pytest.fixture(
    scope="session",
    params=["embedded", pytest.param("distributed", marks=pytest.mark.distributed)],
)
def profile(request: pytest.FixtureRequest) -> str:
    """Each test that uses it runs on SQLite and on PostgreSQL."""
    return str(request.param)


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> MigratedFiles:
    """Copies migrated SQLite databases, each migrated once in the session."""
    return MigratedFiles(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def services_on(
    profile: str, request: pytest.FixtureRequest, migrated_files: MigratedFiles
) -> ServicesOn:
    """Opens services of the profile on databases of their own, in a state folder, for a while.

    Two harnesses of one service are two processes on the same database.
    """

    @contextmanager
    def opened(state: Path) -> Iterator[MakeService]:
        made: list[ServiceHarness] = []
        urls: dict[str, str] = {}
        # Nothing is published by a harness, so no broker is started for it on either profile.
        settings = replace(settings_for(state), profile=profile)
        databases: CleanDatabases | None = None
        if profile == "distributed":
            databases = request.getfixturevalue("clean_databases")

        def make(service_class: Any) -> ServiceHarness:
            of_service = settings
            if databases is not None:
                name = service_class.name
                if name not in urls:
                    urls[name] = databases.new(name, Path(inspect.getfile(service_class)).parent)
                of_service = replace(settings, database_url=urls[name])
            else:
                migrated_files.copy(service_class, state)
            harness = ServiceHarness(service_class, of_service)
            made.append(harness)
            return harness

        yield make
        for harness in made:
            harness.close()
        if databases is not None:
            for url in urls.values():
                databases.drop(url)

    return opened


@pytest.fixture
def make_service(
    services_on: ServicesOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeService]:
    """Makes harnesses of services whose databases end with the test."""
    monkeypatch.setenv("QIANTANG_STATE", str(tmp_path))
    monkeypatch.setenv("QIANTANG_SIMULATED_CALENDAR", "true")
    with services_on(tmp_path) as make:
        yield make


@pytest.fixture
def with_all_rights(profile: str, request: pytest.FixtureRequest) -> WithAllRights:
    """The database of a service as somebody reaches it who may do everything with it."""

    @contextmanager
    def opened(harness: ServiceHarness) -> Iterator[sa.Engine]:
        url = harness.runtime.engine.url
        if profile == "distributed":
            server: PrivateDatabase = request.getfixturevalue("real_database")
            admin = sa.make_url(server.admin_url)
            url = url.set(username=admin.username, password=admin.password)
        engine = open_database(url.render_as_string(hide_password=False))
        yield engine
        engine.dispose()

    return opened
