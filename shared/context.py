"""Who asks, when and within which scenario: what travels with every message and into every rule."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from shared import jsontext
from shared.contracts.base import Ask, Reply

if TYPE_CHECKING:
    from shared.messaging.envelope import Envelope
    from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Principal:
    """A caller as the token describes it; the division bounds what it may see and do.

    `assurance` is how surely it is the caller: 1 by a password, 2 by more than what a person can
    choose and give away. With `agency` it acts for `person`, which is another than its own. One
    that has `scopes` may do nothing else, whatever its kind and roles.
    """

    id: str
    kind: str = "anonymous"
    division: str = ""
    organ: str = ""
    roles: tuple[str, ...] = ()
    person: str = ""
    assurance: int = 1
    agency: str = ""
    scopes: tuple[str, ...] = ()


ANONYMOUS = Principal(id="anonymous")


def service_principal(service: str) -> Principal:
    """The service itself, when it acts on an event or a timer."""
    return Principal(
        id=f"service:{service}", kind="service", division="33", roles=("service",), assurance=2
    )


# In characters, as the columns and the envelope attributes that they end in.
LONGEST_HEADER = {"authorization": 4096, "causationid": 200}
LONGEST_OTHER_HEADER = 100


@dataclass(frozen=True)
class Headers:
    """What a message carries beside its content. Names on the wire are the field names."""

    requestid: str = ""
    scenarioid: str = ""
    causationid: str = ""
    traceparent: str = ""
    authorization: str = ""
    language: str = "zh"

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Headers:
        """Take the known headers from a message; anything that is no short, printable text is
        left out, because it would stop every reader of the events that carry it on."""
        known = {
            name: value
            for name in cls.__dataclass_fields__
            if isinstance(value := raw.get(name), str)
            and len(value) <= LONGEST_HEADER.get(name, LONGEST_OTHER_HEADER)
            and value.isprintable()
        }
        return cls(**known)

    def to_wire(self) -> dict[str, str]:
        """The headers that are set, by their names on the wire."""
        return {n: v for n in self.__dataclass_fields__ if (v := getattr(self, n))}


def new_id() -> str:
    """A random identifier of 32 hexadecimal digits."""
    return os.urandom(16).hex()


def new_traceparent() -> str:
    """A W3C Trace Context header that starts a trace (version 00, sampled)."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


@dataclass(frozen=True)
class Context:
    """What a command, a subscriber or a timer may ask for besides its own aggregate.

    `now` and `today` are the business calendar's, fixed for the whole unit of work.
    `facts` is what the handler's `gather` function fetched before the transaction, `event` the
    event that a subscriber is given, None elsewhere.
    """

    actor: Principal
    headers: Headers
    now: datetime
    unit: UnitOfWork
    facts: Any = None
    on_behalf_of: str = ""
    event: Envelope | None = None
    new_id: Callable[[], str] = field(default=new_id, repr=False)
    ask_remote: Callable[[Any, Headers, str], Any] | None = field(default=None, repr=False)
    keep_apart: Callable[[Callable[[Context], Any]], None] | None = field(default=None, repr=False)

    @property
    def today(self) -> date:
        """The business day of `now`."""
        return self.now.date()

    def ask(self, message: Ask[Reply], *, service: str = "") -> Reply:
        """Ask another service, as this service; only a `gather` function may. It is the contract's
        own unless the contract belongs to all of them.

        The request id is derived from the cause and the question, so that a repeat of the cause
        asks nothing twice. It is derived from the actor too: two callers may use one request id,
        but the other service sees this service alone.
        """
        if self.ask_remote is None:
            raise RuntimeError("fetch remote facts in `gather`, before the transaction")
        route = f"{service or message.SERVICE}.{message.NAME}"
        cause = [self.actor.id, self.headers.requestid, route, message.dump()]
        headers = replace(
            self.headers,
            authorization="",
            requestid=hashlib.sha256(jsontext.canonical(cause)).hexdigest(),
            causationid=self.headers.requestid,
        )
        reply: Reply = self.ask_remote(message, headers, service)
        return reply

    def keep(self, work: Callable[[Context], Any]) -> None:
        """Write the record that `work` changes in a transaction of its own, at once, whatever
        becomes of the order: what a refused order leaves behind. Only a command's `gather` may.

        It is audited as the order's refusal, without its content. `work` is called again where
        another process changed the record meanwhile; raises `Conflict` where it does so for long.
        """
        if self.keep_apart is None:
            raise RuntimeError("what must outlive a refusal is kept in `gather`")
        self.keep_apart(work)

    def decided_with(self, facts: Any) -> Context:
        """The context of the transaction: with what was gathered, and no way to ask for more."""
        return replace(self, facts=facts, ask_remote=None, keep_apart=None)
