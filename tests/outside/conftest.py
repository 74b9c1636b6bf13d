"""Fixtures of these tests: real services on real servers, and a system outside them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from deploy.fleet import ServiceProcess, await_ready, environment_of
from deploy.preparation import load_service, migrate_service
from services.identity_data.load import demo_accounts
from services.identity_data.reference.systems import ONE_WINDOW
from shared.client import Client
from shared.clocks import machine_now
from shared.context import Headers, new_id
from shared.contracts.digital_government import (
    AcceptCase,
    CaseDecided,
    DecideCase,
    StartupForm,
    SubmitOneThing,
)
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope
from shared.messaging.links import Outgoing, Publisher
from shared.rpc import RpcClient, ServiceToken
from shared.settings import Settings
from shared.storage import open_database
from tests.conftest import RealServers

T = TypeVar("T")
PATIENCE = 60.0
SERVING = ("identity_data", "digital_government")


def until(what: str, ask: Callable[[], T | None]) -> T:
    """Ask again until the answer is true."""
    end = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)
    return found


def decided_event() -> Envelope:
    """A case that digital_government decided, as it tells of it."""
    case = f"c-{new_id()}"
    event = CaseDecided(
        case_id=case,
        matter="enterprise_registration",
        organ="330106-market_regulation",
        applicant="p-1",
        outcome="granted",
        minutes=30,
        in_time=True,
    )
    return Envelope(
        id=new_id(),
        source="/digital_government",
        type=f"{TYPE_PREFIX}digital_government.CaseDecided",
        subject=f"Case/{case}",
        time=machine_now().isoformat(),
        data=event.dump(),
        sequence=1,
        divisioncode="330106",
        actorid="account.official",
    )


@dataclass
class Platform:
    """identity_data and digital_government, each in a process of its own."""

    settings: Settings
    processes: dict[str, ServiceProcess]

    @property
    def url(self) -> str:
        """The broker's address for the system outside."""
        return self.settings.amqp_url_for(ONE_WINDOW.name)

    @property
    def secret(self) -> str:
        """The secret of the system outside."""
        return self.settings.secret_of(ONE_WINDOW.name)

    @property
    def resident(self) -> str:
        """The id of a person whom the platform knows."""
        return next(one.principal.person for one in demo_accounts() if one.name == "resident")

    def client(self, **options: Any) -> Client:
        """The client of the system outside."""
        return Client(self.url, ONE_WINDOW.name, ONE_WINDOW.account, self.secret, **options)

    def application(self) -> SubmitOneThing:
        """An application of its own for the known resident."""
        number = new_id()
        form = StartupForm(
            reservation_id=f"n-{number}",
            name=f"杭州窗口{number[:8]}科技有限公司",
            industry="软件和信息技术服务业",
            registered_capital=100_000_000,
            address="杭州市西湖区文三路1号",
        )
        return SubmitOneThing(
            thing="enterprise_startup",
            division="330106",
            form=form.dump(),
            applicant=self.resident,
        )

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of digital_government's own database, read past the service."""
        engine = open_database(self.settings.database_url_for("digital_government"))
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement), parameters).all())
        finally:
            engine.dispose()

    def decide(self, one_thing: str) -> str:
        """Let the registrar accept and grant the registration; returns the case's id."""
        account = "official.market_regulation"
        url = self.settings.amqp_url_for("gateway")
        secret = self.settings.secret_of(f"account-{account}")
        registrar = RpcClient(url, "gateway", token=ServiceToken(account, secret))
        statement = "SELECT id FROM case_ WHERE one_thing_id = :id"
        (found,) = until("the first case", lambda: self.rows(statement, id=one_thing))
        for order in (
            AcceptCase(case_id=found.id),
            DecideCase(case_id=found.id, outcome="granted"),
        ):
            registrar.call(order, Headers(requestid=new_id()))
        registrar.stop()
        return str(found.id)

    def publish(self, *messages: Envelope | str) -> None:
        """Publish in the name of digital_government; a text is sent as it is."""
        publisher = Publisher(self.settings.amqp_url_for("digital_government"))
        publisher.publish(
            [
                Outgoing(
                    exchange="digital_government.events",
                    routing_key="Case.CaseDecided",
                    body=one if isinstance(one, str) else json.dumps(one.to_wire()),
                    content_type=CONTENT_TYPE,
                    durable=True,
                )
                for one in messages
            ]
        )
        publisher.close()


@pytest.fixture(scope="module")
def platform(
    real_servers: RealServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The two services, loaded and serving while a module's tests run: those of other folders look
    into the queues that these read."""
    settings = real_servers.settings
    logs = tmp_path_factory.mktemp("logs")
    for name in SERVING:
        migrate_service(settings, name)
        load_service(settings, name, lambda *_: None)
    with ExitStack() as ending:
        running = {}
        for name in SERVING:
            log = ending.enter_context(Path(logs / name).open("a"))
            running[name] = process = ServiceProcess(name, environment_of(settings), log)
            ending.callback(process.stop)
            process.start()
        await_ready([process.await_address() for process in running.values()])
        yield Platform(settings, running)
