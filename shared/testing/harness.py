"""A service on a real, migrated database: commands, events and timers through the real pipeline."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import kombu
import sqlalchemy as sa

from shared.clocks import machine_now
from shared.context import Context, Headers, Principal, new_id
from shared.contracts.base import Ask, Event, Reply, events_of
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope
from shared.messaging.inbox import Receiver
from shared.messaging.tables import CALENDAR, INBOX, OUTBOX
from shared.migrations import migrate
from shared.runtime import ServiceRuntime
from shared.security.tokens import TokenVerifier
from shared.settings import Settings
from shared.storage import writing


class KnownPrincipals(TokenVerifier):
    """Takes `test <id>` for a token; everything behind the token check is real."""

    def __init__(self) -> None:
        super().__init__(dict, frozenset)
        self.principals: dict[str, Principal] = {}

    def principal_of(self, authorization: str) -> Principal:
        """The principal that the test named, or what the real check says."""
        known = self.principals.get(authorization)
        return known if known is not None else super().principal_of(authorization)

    def name(self, principal: Principal) -> str:
        """An authorization header that stands for this principal."""
        header = f"test {principal.id} {principal.division} {' '.join(principal.roles)}"
        self.principals[header] = principal
        return header


class ServiceHarness:
    """One service under test; `remote[Message]` answers what its gather functions ask, and
    `remote[Message, service]` what they ask of one service where each has the contract."""

    def __init__(self, service_class: Any, settings: Settings) -> None:
        self.runtime = ServiceRuntime(service_class.name, service_class.handlers, settings)
        if self.runtime.engine.dialect.name == "sqlite":
            sa.event.listen(self.runtime.engine, "connect", _spare_the_disk)
        migrate(self.runtime.engine, Path(inspect.getfile(service_class)).parent)
        self.remote: dict[Any, Callable[[Any], Any]] = {}
        self._returned: set[str] = set()
        self.runtime.pipeline._ask = self._answer_remote
        self.runtime.inbox._ask = self._answer_remote
        self.principals = KnownPrincipals()
        self.runtime.pipeline._verifier = self.principals
        self._receiver = Receiver(
            self.runtime.engine,
            service_class.name,
            lambda message, multiple=False: None,
            check_sender=False,
            stored=lambda: None,
        )

    def _answer_remote(self, message: Ask[Any], headers: Headers, service: str = "") -> Any:
        key = (type(message), service) if service else type(message)
        return self.remote[key](message)

    def execute(
        self,
        message: Ask[Reply],
        as_: Principal,
        *,
        request_id: str | None = None,
        scenario: str = "",
    ) -> Reply:
        """Carry out a command or answer a query as this principal; raises its error."""
        headers = Headers(
            requestid=request_id or new_id(),
            scenarioid=scenario,
            authorization=self.principals.name(as_),
        )
        reply = self.runtime.pipeline.execute(message.NAME, message.dump(), headers)
        return message.RETURNS.load(reply)  # type: ignore[return-value]

    def envelope(
        self,
        event: Event,
        *,
        division: str = "330106",
        aggregate_id: str | None = None,
        sequence: int = 1,
        scenario: str = "",
        event_id: str | None = None,
    ) -> Envelope:
        """The envelope in which the event's own service would publish it."""
        kind = type(event)
        return Envelope(
            id=event_id or new_id(),
            source=f"/{kind.SERVICE}",
            type=f"{TYPE_PREFIX}{kind.SERVICE}.{kind.NAME}",
            subject=f"{kind.AGGREGATE}/{aggregate_id or getattr(event, kind.KEY)}",
            time=self.runtime.calendar.now().isoformat(),
            data=event.dump(),
            sequence=sequence,
            divisioncode=division,
            actorid="test",
            scenarioid=scenario,
        )

    def deliver(self, event: Event, **options: Any) -> str:
        """Bring an event in through the real inbox and take it; returns its id."""
        envelope = self.envelope(event, **options)
        self.receive(envelope)
        self.take()
        return envelope.id

    def receive(self, *envelopes: Envelope) -> None:
        """Store events in the inbox as they would come from the broker."""
        self._receiver.store([self._message(envelope) for envelope in envelopes])

    def _message(self, envelope: Envelope) -> kombu.Message:
        return kombu.Message(
            body=json.dumps(envelope.to_wire()),
            content_type=CONTENT_TYPE,
            delivery_info={"exchange": f"{envelope.producer}.events"},
            properties={},
        )

    def take(self) -> None:
        """Take what is due in the inbox until nothing is."""
        while self.runtime.inbox.take_once():
            pass

    def settle(self) -> None:
        """Bring the service's own events, as far as it subscribes to them, back to it, and fire
        due timers, until all is quiet."""
        while True:
            fresh = self.envelopes(OUTBOX.c.id.not_in(self._returned))
            self._returned |= {envelope.id for envelope in fresh}
            own = [envelope for envelope in fresh if self._is_wanted(envelope)]
            self.receive(*own)
            self.take()
            fired = self.runtime.timers.fire_due()
            if not own and not fired:
                return

    def _is_wanted(self, envelope: Envelope) -> bool:
        handlers = self.runtime.handlers
        return (envelope.producer, envelope.name) in handlers.subscribers or (
            envelope.producer,
            envelope.aggregate,
        ) in handlers.followed

    def move_calendar(self, instant: datetime) -> None:
        """Move the business calendar, for every process on this database."""
        with writing(self.runtime.engine) as connection:
            connection.execute(sa.insert(CALENDAR).values(id=new_id(), instant=instant))

    def at(self, instant: datetime) -> None:
        """Move the business calendar and fire what is due by then, in order."""
        self.move_calendar(instant)
        while self.runtime.timers.fire_due():
            pass

    def envelopes(self, *conditions: sa.ColumnElement[bool]) -> list[Envelope]:
        """Every event that the service recorded, in the order of its outbox; or those which
        conditions on the outbox leave."""
        statement = sa.select(OUTBOX.c.envelope).where(*conditions).order_by(OUTBOX.c.position)
        return [Envelope.from_wire(row.envelope) for row in self.rows(statement)]

    def told(self, kind: type[Event] | None = None) -> list[Any]:
        """The events themselves, of one kind or all."""
        published = events_of(self.runtime.service)
        conditions = [] if kind is None else [OUTBOX.c.type == kind.NAME]
        return [
            published[envelope.name].load(dict(envelope.data))
            for envelope in self.envelopes(*conditions)
        ]

    def rows(self, statement: Any) -> Sequence[Any]:
        """Rows of any selection."""
        with self.runtime.read.connect() as connection:
            return connection.execute(statement).all()

    def act(self, work: Callable[[Context], None], name: str = "set-up") -> None:
        """Run a unit of work as the service, to set a test up."""
        self.runtime.act_as_service(f"{name}/{new_id()}", work)

    def make_retries_due(self) -> None:
        """Let the machine's clock have passed every pause of the inbox."""
        with self.runtime.engine.begin() as connection:
            connection.execute(
                sa.update(INBOX)
                .where(INBOX.c.state != "done")
                .values(due_at=machine_now() - timedelta(seconds=1))
            )

    def close(self) -> None:
        """Close its connections."""
        self.runtime.engine.dispose()
        self.runtime.read.dispose()


def _spare_the_disk(connection: Any, _: Any) -> None:
    """What must survive a lost power supply is no test of the harness; the fault tests kill."""
    connection.execute("PRAGMA synchronous=OFF")


def settings_for(state: Path, **overrides: Any) -> Settings:
    """Settings of a test: embedded, simulated calendar allowed, state in the given folder."""
    base = Settings(
        profile="embedded",
        state=state,
        secrets=state / "secrets",
        database_url=f"sqlite:///{state}/{{service}}.sqlite3",
        amqp_url=f"embedded://{state.name}",
        http_host="127.0.0.1",
        http_port=0,
        simulated_calendar=True,
        rpc_timeout=5.0,
        workers=16,
        log_level="warning",
    )
    return replace(base, **overrides)
