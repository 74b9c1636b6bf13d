"""The databases of a running platform, where a message finds what it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from deploy.catalogue import service_class
from services.identity_data import keys
from shared.context import Context, Principal, new_id
from shared.contracts.base import SERVICES
from shared.runtime import ServiceRuntime
from shared.security import tokens
from shared.settings import Settings
from shared.storage import Aggregate

Resource = Mapping[str, Any]
Payload = dict[str, Any]


class Databases:
    """The databases of services that run elsewhere: what a message needs is put there before it is
    sent, past the service but through its own committer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtimes = {
            name: ServiceRuntime(name, service_class(name).handlers, settings) for name in SERVICES
        }
        self._key = keys.ensure_signing_key(settings, "token", "made at set-up")
        self._number = count(1)
        # Of one calendar, because a clock that begins after the calendar's instant is none.
        self.now = self.runtimes["identity_data"].calendar.now()

    def token_of(self, principal: Principal) -> str:
        """A token that the platform's own key signed for this caller."""
        return tokens.issue(self._key, principal, "session")

    def number(self) -> int:
        """Another one each time."""
        return next(self._number)

    def later(self) -> str:
        """Where the calendar may be moved to: a second after the last time."""
        return (self.now + timedelta(seconds=self.number())).isoformat()

    def act(self, service: str, work: Callable[[Context], None]) -> None:
        """Write as the service."""
        self.runtimes[service].act_as_service(f"access/{new_id()}", work)

    def add(self, service: str, *aggregates: Aggregate) -> None:
        """Keep aggregates, without the events that brought them into their state."""

        def work(context: Context) -> None:
            for one in aggregates:
                one.take_told()
                context.unit.add(one)

        self.act(service, work)

    def value(self, service: str, statement: Any) -> Any:
        """The first value that a selection finds."""
        with self.runtimes[service].read.connect() as connection:
            return connection.scalar(statement)

    def close(self) -> None:
        """Close the connections."""
        for runtime in self.runtimes.values():
            runtime.close()


def only(**fields: Any) -> Callable[[Databases, Resource], Payload]:
    """A message that needs nothing to be there: these fields, and the resource's attributes."""
    return lambda databases, resource: {**fields, **resource}
