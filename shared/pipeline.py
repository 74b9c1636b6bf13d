"""The one path of a state change: every command of every service goes through here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import Any, cast

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.clocks import BusinessCalendar
from shared.committer import Committer, Outcome, give_way
from shared.context import ANONYMOUS, Context, Headers, Principal, new_id, new_traceparent
from shared.contracts.base import Ask, Command, Contract, Done, Message, Query
from shared.errors import (
    Conflict,
    Incident,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QiantangError,
    RequestIdReused,
    Unavailable,
)
from shared.handling import Handler, Handlers
from shared.messaging.tables import READING, REQUEST
from shared.security.authorisation import permit, resource_of
from shared.security.tokens import TokenVerifier
from shared.storage import Record, is_outage
from shared.unit_of_work import Effects, UnitOfWork, audit_row, digest_of

log = structlog.get_logger(__name__)

# Another process changed the aggregate between our read and our write: decided afresh for so many
# seconds, which is well within a caller's patience. A number of attempts would be used up at once
# where many orders meet on one aggregate.
STALE_PATIENCE = 5.0
LONGEST_REQUEST_ID = 100
NOTHING_BUT_DONE = {one.name for one in fields(Done)}


@dataclass(frozen=True)
class Answer:
    """What a caller gets: a reply, or an error; never both."""

    reply: dict[str, Any] | None = None
    error: QiantangError | None = None
    incident: str = ""

    def to_wire(self) -> dict[str, Any]:
        """As JSON data for the RPC reply."""
        if self.error is not None:
            return {"error": self.error.to_wire()}
        return {"reply": self.reply}


class _Locks:
    """One lock per aggregate, so that commands of this process on one aggregate take turns and
    only another process can make a version stale."""

    def __init__(self) -> None:
        self._held: dict[str, list[Any]] = {}

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        if not key:
            yield
            return
        entry = self._held.setdefault(key, [threading.Lock(), 0])
        entry[1] += 1
        try:
            with entry[0]:
                yield
        finally:
            entry[1] -= 1
            if not entry[1]:
                self._held.pop(key, None)


class Pipeline:
    """Carries out commands and answers queries of one service.

    Read from top to bottom, `_carry_out` is the whole story: caller, schema, permission, load,
    the function, commit. Authorisation comes after the load but speaks first: to a caller that
    may not see it, an aggregate that exists and one that does not are refused alike.
    """

    def __init__(
        self,
        service: str,
        handlers: Handlers,
        read: sa.Engine,
        committer: Committer,
        verifier: TokenVerifier,
        calendar: BusinessCalendar,
        ask: Callable[[Any, Headers, str], Any],
    ) -> None:
        self._ask = ask
        self.service = service
        self.handlers = handlers
        self._read = read
        self._committer = committer
        self._verifier = verifier
        self._calendar = calendar
        self._locks = _Locks()

    # One door for RPC, HTTP and the command line

    def answer(self, name: str, payload: Any, headers: Headers) -> Answer:
        """Answer one message by its contract's name; never raises.

        A bug is logged whole with an incident id, and the caller learns the id alone.
        """
        started = time.perf_counter()
        outcome = "ok"
        try:
            reply = self.execute(name, payload, headers)
            return Answer(reply=reply)
        except QiantangError as refusal:
            outcome = refusal.kind
            return Answer(error=refusal)
        except Exception as fault:
            outcome = "Unavailable" if is_outage(fault) else "Incident"
            return Answer(error=self._fault_of(fault, name, headers))
        finally:
            known = name in self.handlers.commands or name in self.handlers.queries
            label = name if known else "unknown"
            seconds = time.perf_counter() - started
            metrics.MESSAGES.labels(self.service, label, outcome).inc()
            metrics.MESSAGE_SECONDS.labels(self.service, label).observe(seconds)
            log.info(
                "message",
                service=self.service,
                contract=label,
                outcome=outcome,
                milliseconds=round(seconds * 1000, 2),
                scenario=headers.scenarioid,
                trace=headers.traceparent,
            )

    def _fault_of(self, fault: Exception, name: str, headers: Headers) -> QiantangError:
        if is_outage(fault):
            log.warning("database_unavailable", service=self.service, contract=name)
            return Unavailable(service=self.service)
        incident = new_id()[:12]
        log.exception("incident", incident=incident, service=self.service, contract=name)
        return Incident(incident=incident)

    def execute(self, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Like `answer`, but raises what goes wrong and returns the reply alone."""
        principal = self._verifier.principal_of(headers.authorization)
        handler = self.handlers.commands.get(name) or self.handlers.queries.get(name)
        if handler is None:
            raise NotFound(what="contract", id=f"{self.service}.{name}"[:100])
        if not headers.traceparent:
            headers = Headers(**{**headers.__dict__, "traceparent": new_traceparent()})
        message = handler.message.load(payload)
        if isinstance(message, Query):
            return self._answer_query(handler, message, principal, headers).dump()
        assert isinstance(message, Command)
        return self._carry_out(handler, message, principal, headers)

    def _context(self, principal: Principal, headers: Headers) -> Context:
        """A fresh context that may still ask other services."""
        unit = UnitOfWork(self._read, self.service)
        return Context(principal, headers, self._calendar.now(), unit, ask_remote=self._ask)

    # Queries

    def _answer_query(
        self, handler: Handler, query: Query[Any], principal: Principal, headers: Headers
    ) -> Contract:
        context = self._context(principal, headers)
        record = self._load(handler, query, context)
        self._permit(handler, query, principal, record)
        subject = [self._existing(handler, query, record)] if handler.record else []
        facts = handler.gather(query, context) if handler.gather is not None else None
        reply: Contract = handler.function(*subject, query, context.decided_with(facts))
        if query.PERSONAL:
            self._record_reading(query, reply, context, record)
        return reply

    def _record_reading(
        self, query: Query[Any], reply: Contract, context: Context, record: Record | None
    ) -> None:
        """Audit that personal data were read, in a unit of its own that waits for others like any.

        Raises what the database raises, or `Conflict`: a reading that is not recorded is not
        answered.
        """
        source = reply if hasattr(reply, query.PERSONAL) else query
        about = resource_of(query, record)
        division = about.get("division") or context.actor.division
        # A guardian reads for the ward, as the owner that a message names is asked for.
        is_guardian = context.actor.person in about.get("guardians", ())
        behalf = about.get("owner", "") if is_guardian else _behalf_of(query, context.actor)
        row = audit_row(
            replace(context, on_behalf_of=behalf),
            query.NAME,
            # Our own clients give every question an id; of another's the trace is known.
            headers_cause(context.headers) or context.headers.traceparent,
            query.dump_without_secrets(),
            f"{query.AGGREGATE}/{getattr(source, query.PERSONAL)}",
            division,
        )
        effects = Effects(audit=[row], appended=_readings(row, context))
        if self._committer.commit(effects) is not Outcome.WRITTEN:
            raise Conflict(id=query.NAME)

    # Commands

    def _carry_out(
        self, handler: Handler, order: Command[Any], principal: Principal, headers: Headers
    ) -> dict[str, Any]:
        content = order.dump_without_secrets()
        request = _request_row(order, content, principal, headers)
        behalf = _behalf_of(order, principal)
        facts = None
        if handler.gather is not None:
            record = self._permit_before_gathering(handler, order, principal, headers)
            try:
                if handler.record:
                    self._existing(handler, order, record)
                facts = handler.gather(order, self._gathering(order, principal, headers, request))
            except (NotAuthenticated, NotAllowed):
                raise
            except QiantangError:
                # A repeat needs nothing of others any more, be they away or of another mind.
                stored = self._stored_reply(request)
                if stored is None:
                    raise
                return self._present_again(handler, stored, principal, headers)
        with self._locks.of(_lock_key(order)):
            until = time.monotonic() + STALE_PATIENCE
            for attempt in count():
                unit = UnitOfWork(self._read, self.service)
                now = self._calendar.now()
                context = Context(principal, headers, now, unit, facts, behalf)
                record = self._load(handler, order, context)
                try:
                    self._permit(handler, order, principal, record)
                except NotAllowed:
                    # Who handed it on by this very order may not act on it any more.
                    stored = self._done_before(request, principal)
                    if stored is None:
                        raise
                    return self._present_again(handler, stored, principal, headers)
                try:
                    reply = self._decide(handler, order, content, context, record)
                except QiantangError:
                    # The same order again often breaks a rule that its first run made true.
                    stored = self._stored_reply(request)
                    if stored is None:
                        raise
                    return self._present_again(handler, stored, principal, headers)
                effects = context.unit.pending
                effects.request = {**request, "reply": reply, "at": context.now}
                outcome = self._committer.commit(effects)
                if outcome is Outcome.WRITTEN:
                    return self._present(handler, reply, context)
                if outcome is not Outcome.STALE or handler.taken is not None:
                    # What a repeat makes is often taken as well, by what its first run made.
                    stored = self._stored_reply(request)
                    if stored is not None:
                        return self._present_again(handler, stored, principal, headers)
                if handler.taken is not None:
                    refusal = handler.taken(order, self._context(principal, headers))
                    if refusal is not None:
                        raise refusal
                elif outcome is Outcome.TAKEN:
                    break
                if time.monotonic() > until:
                    break
                give_way(attempt)
        raise Conflict(id=_lock_key(order) or order.NAME)

    def _gathering(
        self,
        order: Command[Any],
        principal: Principal,
        headers: Headers,
        request: Mapping[str, Any],
    ) -> Context:
        """The context in which a command gathers: what it keeps there stays where it is refused."""

        def keep(work: Callable[[Context], Record]) -> None:
            if self._is_own_repeat(request, principal):
                return  # It is answered as before, whatever it finds now.
            until = time.monotonic() + STALE_PATIENCE
            for attempt in count():
                context = self._context(principal, headers).decided_with(None)
                kept = work(context)
                target = f"{type(kept).__name__}/{kept.id}"
                cause = headers_cause(headers)
                context.unit.settle(context, f"{order.NAME}Refused", cause, {}, target)
                effects = context.unit.effects(context.now)
                if self._committer.commit(effects) is Outcome.WRITTEN:
                    return
                if time.monotonic() > until:
                    raise Conflict(id=kept.id)
                give_way(attempt)

        return replace(self._context(principal, headers), keep_apart=keep)

    def _is_own_repeat(self, request: Mapping[str, Any], principal: Principal) -> bool:
        """Whether this caller had the same carried out before. All who have not signed in share
        their request ids, so that theirs prove nothing: failures under them are kept."""
        try:
            return principal != ANONYMOUS and self._stored_reply(request) is not None
        except RequestIdReused:
            return False

    def _done_before(
        self, request: Mapping[str, Any], principal: Principal
    ) -> dict[str, Any] | None:
        """The reply to this caller's same order, where it tells nothing but that it was done."""
        if principal == ANONYMOUS:
            return None
        stored = self._stored_reply(request)
        return stored if stored is not None and stored.keys() == NOTHING_BUT_DONE else None

    def _load(self, handler: Handler, message: Message, context: Context) -> Record | None:
        if handler.record is None:
            return None
        return context.unit.find(handler.record, str(getattr(message, message.KEY)))

    def _permit(
        self, handler: Handler, message: Message, principal: Principal, record: Record | None
    ) -> None:
        # A missing aggregate offers no attributes, so only who may act everywhere learns that.
        if handler.record is not None and record is None:
            attributes: Mapping[str, Any] = {}
        else:
            attributes = resource_of(message, record)
        try:
            permit(principal, type(message), attributes, getattr(message, "purpose", "") or "")
        except NotAllowed:
            if principal.kind == "anonymous":
                raise NotAuthenticated() from None
            raise

    def _permit_before_gathering(
        self, handler: Handler, order: Command[Any], principal: Principal, headers: Headers
    ) -> Record | None:
        # Nobody may make this service call others on its own authority without a permission.
        record = self._load(handler, order, self._context(principal, headers))
        self._permit(handler, order, principal, record)
        return record

    @staticmethod
    def _existing(handler: Handler, message: Message, record: Record | None) -> Record:
        if record is None:
            raise NotFound(what=message.AGGREGATE, id=str(getattr(message, message.KEY)))
        expected = getattr(message, "expected_version", None)
        if expected is not None and expected != record.version:
            raise Conflict(id=record.id)
        return record

    def _decide(
        self,
        handler: Handler,
        order: Command[Any],
        content: dict[str, Any],
        context: Context,
        record: Record | None,
    ) -> dict[str, Any]:
        subject = [self._existing(handler, order, record)] if handler.record else []
        result = handler.function(*subject, order, context)
        changed = record
        if isinstance(result, Record):
            changed = context.unit.add(result)
        target = changed.id if changed is not None else ""
        context.unit.settle(
            context,
            order.NAME,
            headers_cause(context.headers),
            content,
            f"{order.AGGREGATE}/{target}",
        )
        context.unit.effects(context.now)
        if isinstance(result, Contract):
            return result.dump()
        if changed is None:
            raise TypeError(f"{handler.function.__name__} returned neither aggregate nor reply")
        return Done(id=changed.id, version=changed.version).dump()

    @staticmethod
    def _present(handler: Handler, reply: dict[str, Any], context: Context) -> dict[str, Any]:
        if handler.present is None:
            return reply
        order_type = cast("type[Command[Any]]", handler.message)
        presented: Contract = handler.present(order_type.RETURNS.load(reply), context)
        return presented.dump()

    def _present_again(
        self, handler: Handler, stored: dict[str, Any], principal: Principal, headers: Headers
    ) -> dict[str, Any]:
        # What the repeat itself changed was not written, so it is presented by what is.
        return self._present(handler, stored, self._context(principal, headers))

    def _stored_reply(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The reply given to this request before; raises `RequestIdReused` for other content."""
        with self._read.connect() as connection:
            row = connection.execute(
                sa.select(REQUEST.c.digest, REQUEST.c.reply).where(REQUEST.c.id == request["id"])
            ).first()
        if row is None:
            return None
        if row.digest != request["digest"]:
            raise RequestIdReused(id=str(request["id"]).partition("/")[2])
        reply: dict[str, Any] = row.reply
        return reply


def headers_cause(headers: Headers) -> str:
    """What an event's `causationid` says of a command: its request id."""
    return headers.causationid or headers.requestid


def _behalf_of(message: Ask[Any], principal: Principal) -> str:
    """The person whom somebody else orders or asks for; audit and events name both."""
    if principal.agency:
        return principal.person
    owner: str = getattr(message, "owner", None) or ""
    return owner if owner != principal.person else ""


def _readings(row: Mapping[str, Any], context: Context) -> dict[sa.Table, list[dict[str, Any]]]:
    """The reading that this audit row tells, for everybody whose data were read by another; where
    one like it was told on that day, the committer keeps the first."""
    actor = context.actor
    owners = context.unit.owners_read()
    if not actor.agency:
        owners.discard(actor.person)
    told = ("at", "act", "actor", "on_behalf_of", "aggregate", "aggregate_id")
    same = {name: row[name] for name in told} | {"organ": actor.organ, "day": context.today}
    return {READING: [same | {"owner": owner} for owner in sorted(owners)]} if owners else {}


def _lock_key(order: Command[Any]) -> str:
    return f"{order.AGGREGATE}/{getattr(order, order.KEY)}" if order.KEY else ""


def _request_row(
    order: Command[Any], content: dict[str, Any], principal: Principal, headers: Headers
) -> dict[str, Any]:
    request_id = headers.requestid
    if not request_id or len(request_id) > LONGEST_REQUEST_ID or not request_id.isprintable():
        raise InvalidInput(fields={"requestid": ["A request id of 1 to 100 characters is needed."]})
    return {
        # The caller is part of the key: nobody can fetch another's reply with a guessed id.
        "id": f"{principal.id}/{request_id}",
        "contract": order.NAME,
        "digest": digest_of(order.route(), content),
    }
