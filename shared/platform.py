"""What every service handles beside its own: its standing, its trail, its dead letters, and the
keys, the revoked sessions and the calendar that identity_data publishes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from shared import audit
from shared.clocks import machine_now
from shared.consolidation import records_of_one_person
from shared.context import Context
from shared.contracts.base import Event, Message, Query, all_messages
from shared.contracts.identity_data import (
    CalendarMoved,
    SessionRevoked,
    SigningKeyPublished,
)
from shared.contracts.platform import (
    AuditState,
    AuditVerification,
    DeadLetter,
    DeadLetterList,
    DeadLetters,
    DirectReading,
    DirectReadingList,
    DirectReadings,
    KeptEvent,
    KeptEventPage,
    KeptEvents,
    Recorded,
    ReplayDeadLetter,
    ScenarioTrail,
    ServiceStanding,
    Standing,
    Trail,
)
from shared.drilldown import Shown, records_behind_of
from shared.errors import NotFound, RuleBroken
from shared.handling import answers, handles, subscribes
from shared.messaging.envelope import Envelope
from shared.messaging.tables import (
    AUDIT,
    CALENDAR,
    INBOX,
    OUTBOX,
    READING,
    REVOKED_SESSION,
    TIMER,
    TRUSTED_KEY,
    UNDECODABLE,
)
from shared.standing import PILES, piles_of

MOST_LETTERS = 1000
MOST_READINGS = 1000


class NotDead(RuleBroken):
    """Only what was set aside as dead can be taken again."""

    zh = "“{id}”不是可重放的死信"
    en = "“{id}” is not a dead letter that can be taken again"


@answers(ServiceStanding)
def service_standing(query: ServiceStanding, context: Context) -> Standing:
    """Counts over the partial indexes of what is open, so it costs the same in a large history."""
    due = context.unit.rows(
        sa.select(TIMER.c.due).where(TIMER.c.state == "armed").order_by(TIMER.c.due).limit(1)
    )
    piles = piles_of(context.unit.rows(PILES))
    return Standing(
        service=context.unit.service,
        calendar=context.now,
        outbox=piles.unpublished,
        inbox=sum(piles.inbox.values()),
        dead=piles.dead_events + piles.dead_timers,
        undecodable=piles.undecodable,
        next_due=due[0].due if due else None,
    )


TRAIL_AT_ONCE = 5_000


@answers(ScenarioTrail)
def scenario_trail(query: ScenarioTrail, context: Context) -> Trail:
    """Merge audit and outbox by the instants at which the machine recorded them."""
    acts = _recorded(AUDIT, AUDIT.c.recorded_at, query, context)
    events = _recorded(OUTBOX, OUTBOX.c.committed_at, query, context)
    service = context.unit.service
    by_id = {row.id: row for row in events}
    records = [_act_record(service, row, by_id) for row in acts]
    records += [_event_record(service, row) for row in events]
    records.sort(key=lambda record: (record.recorded_at, record.kind == "event"))
    kept, whole = first_whole_instants(records, TRAIL_AT_ONCE)
    return Trail(records=tuple(kept), more=not whole)


def _recorded(
    table: sa.Table, recorded_at: sa.Column[Any], query: ScenarioTrail, context: Context
) -> Sequence[Any]:
    conditions = [table.c.scenario != "", table.c.scenario == query.scenario]
    if query.after is not None:
        conditions.append(recorded_at > query.after)
    statement = sa.select(table).where(*conditions).order_by(recorded_at)
    return context.unit.rows(statement.limit(TRAIL_AT_ONCE + 1))


def first_whole_instants(records: Sequence[Recorded], most: int) -> tuple[Sequence[Recorded], bool]:
    """The first of these, which are in order, and whether that is all. They end with an instant of
    which none is left out, so that whoever asks for what comes after it misses nothing."""
    if len(records) <= most:
        return records, True
    cut = records[most].recorded_at
    whole = [record for record in records[:most] if record.recorded_at < cut]
    # Where all are of one instant there is no earlier one to end with.
    return whole or records[:most], False


def _act_record(service: str, row: Any, events: Mapping[str, Any]) -> Recorded:
    told = [events[one] for one in row.events if one in events]
    return Recorded(
        service=service,
        kind=_kind_of(row.cause, row.act),
        name=row.act,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of.partition("/")[0],
        agency=row.on_behalf_of.partition("/")[2],
        division=row.division,
        at=row.at,
        recorded_at=row.recorded_at,
        subject=f"{row.aggregate}/{row.aggregate_id}",
        organ=next((organ for one in told if (organ := _organ_of(one))), ""),
        caused=tuple(dict.fromkeys(one.type for one in told)),
    )


def _event_record(service: str, row: Any) -> Recorded:
    return Recorded(
        service=service,
        kind="event",
        name=row.type,
        actor=row.envelope["actorid"],
        on_behalf_of=row.envelope.get("onbehalfof", ""),
        agency=row.envelope.get("agencyid", ""),
        division=row.envelope["divisioncode"],
        at=row.at,
        recorded_at=row.committed_at,
        subject=row.envelope["subject"],
        organ=_organ_of(row),
    )


def _organ_of(event: Any) -> str:
    organ = event.envelope["data"].get("organ")
    return organ if isinstance(organ, str) else ""


@cache
def _names_of(kind: type[Message]) -> frozenset[str]:
    return frozenset(message.NAME for message in all_messages() if issubclass(message, kind))


def _kind_of(cause: str, act: str) -> str:
    if cause.startswith("timer/"):
        return "timer"
    if act in _names_of(Query):
        return "reading"
    return "reaction" if act in _names_of(Event) else "command"


KEPT_AT_ONCE = 500


@answers(KeptEvents)
def kept_events(query: KeptEvents, context: Context) -> KeptEventPage:
    """Read on in the outbox, which keeps what it sent."""
    found = context.unit.rows(
        sa.select(OUTBOX.c.position, OUTBOX.c.envelope)
        .where(OUTBOX.c.position > query.after, OUTBOX.c.type.in_(query.names))
        .order_by(OUTBOX.c.position)
        .limit(KEPT_AT_ONCE + 1)
    )
    head = context.unit.rows(sa.select(sa.func.coalesce(sa.func.max(OUTBOX.c.position), 0)))
    told = found[:KEPT_AT_ONCE]
    return KeptEventPage(
        events=tuple(KeptEvent(position=row.position, envelope=row.envelope) for row in told),
        last=told[-1].position if told else query.after,
        head=head[0][0],
        more=len(found) > len(told),
    )


def _readings_of_a_service_with(tables: Collection[sa.Table]) -> Callable[..., DirectReadingList]:
    @answers(DirectReadings)
    def direct_readings(query: DirectReadings, context: Context) -> DirectReadingList:
        """The newest thousand, those of merged records among them; what the same reader asked again
        on one day is told once."""
        return _direct_readings(records_of_one_person(query.owner, tables), context)

    return direct_readings


def _direct_readings(owners: sa.Select[str], context: Context) -> DirectReadingList:
    rows = context.unit.rows(
        sa.select(READING)
        .where(READING.c.owner.in_(owners))
        .order_by(READING.c.at.desc(), READING.c.position.desc())
        .limit(MOST_READINGS)
    )
    return DirectReadingList(
        readings=tuple(
            DirectReading(
                at=row.at,
                title=_titles().get(row.act, row.act),
                reader=row.actor,
                organ=row.organ,
                on_behalf_of=row.on_behalf_of.partition("/")[0],
                subject=f"{row.aggregate}/{row.aggregate_id}",
            )
            for row in rows
        )
    )


@cache
def _titles() -> dict[str, str]:
    return {message.NAME: message.ZH for message in all_messages()}


@answers(AuditVerification)
def audit_verification(query: AuditVerification, context: Context) -> AuditState:
    """The chain as it stands now."""
    verdict = audit.verify(context.unit.engine)
    return AuditState(
        service=context.unit.service,
        rows=verdict.rows,
        intact=verdict.intact,
        head=verdict.head,
        broken_at=verdict.broken_at,
        reason=verdict.reason,
    )


@answers(DeadLetters)
def dead_letters(query: DeadLetters, context: Context) -> DeadLetterList:
    """Dead events, dead timers and undecodable messages, the oldest thousand of each."""
    events = context.unit.rows(
        sa.select(INBOX)
        .where(INBOX.c.state == "dead")
        .order_by(INBOX.c.position)
        .limit(MOST_LETTERS)
    )
    timers = context.unit.rows(
        sa.select(TIMER).where(TIMER.c.state == "dead").order_by(TIMER.c.due).limit(MOST_LETTERS)
    )
    strange = context.unit.rows(
        sa.select(UNDECODABLE).order_by(UNDECODABLE.c.received_at).limit(MOST_LETTERS)
    )
    letters = [_event_letter(row) for row in events]
    letters += [_timer_letter(row) for row in timers]
    letters += [
        DeadLetter(
            id=row.id,
            kind="undecodable",
            name=row.headers.get("content_type", "")[:200],
            subject="",
            attempts=1,
            reason=row.reason[:4000],
            since=row.received_at,
        )
        for row in strange
    ]
    return DeadLetterList(letters=tuple(letters))


def _event_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=f"{row.producer}/{row.id}",
        kind="event",
        name=row.type,
        subject=f"{row.aggregate}/{row.aggregate_id}",
        attempts=row.attempts,
        reason=row.reason or "",
        since=row.received_at,
    )


def _timer_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        kind="timer",
        name=row.name,
        subject=row.aggregate_id,
        attempts=row.attempts,
        reason=row.reason or "",
        since=row.due,
    )


@handles(ReplayDeadLetter)
def replay_dead_letter(order: ReplayDeadLetter, context: Context) -> DeadLetter:
    """Put the row back to its first attempt; the loop that failed takes it within a second."""
    producer, _, event_id = order.id.partition("/")
    events = context.unit.rows(
        sa.select(INBOX).where(INBOX.c.producer == producer, INBOX.c.id == event_id)
    )
    timers = context.unit.rows(sa.select(TIMER).where(TIMER.c.id == order.id))
    if not events and not timers:
        raise NotFound(what="dead letter", id=order.id)
    row = (events or timers)[0]
    if row.state != "dead":
        raise NotDead(id=order.id)
    if events:
        values = {"state": "ready", "due_at": machine_now()}
        context.unit.revive(INBOX.c.position, row.position, values)
        return _event_letter(row)
    context.unit.revive(TIMER.c.id, order.id, {"state": "armed", "retry_at": None})
    return _timer_letter(row)


@subscribes(SigningKeyPublished)
def trust_signing_key(event: SigningKeyPublished, envelope: Envelope, context: Context) -> None:
    """From now on this service accepts what that key signed, up to its end. A row for each event,
    so that it does not matter whether a key's beginning or its end is heard of first."""
    context.unit.append(
        TRUSTED_KEY,
        {
            "id": envelope.id,
            "kid": event.kid,
            "jwk": dict(event.jwk),
            "purpose": event.purpose,
            "valid_from": event.valid_from,
            "valid_to": event.valid_to,
        },
    )


@subscribes(SessionRevoked)
def refuse_session(event: SessionRevoked, envelope: Envelope, context: Context) -> None:
    """From now on this service accepts no token of that session."""
    context.unit.append(REVOKED_SESSION, {"id": event.session_id, "until": event.until})


@subscribes(CalendarMoved)
def follow_calendar(event: CalendarMoved, envelope: Envelope, context: Context) -> None:
    """Stand where identity_data says; every process of this service reads it here."""
    context.unit.append(CALENDAR, {"id": envelope.id, "instant": event.instant})


HANDLERS = (
    service_standing,
    scenario_trail,
    kept_events,
    audit_verification,
    dead_letters,
    replay_dead_letter,
    trust_signing_key,
    refuse_session,
    follow_calendar,
)


def handlers_beside(
    tables: Collection[sa.Table], shows: Mapping[str, Shown]
) -> tuple[Callable[..., Any], ...]:
    """All of these for a service that has these tables of its own and shows these records."""
    return (*HANDLERS, _readings_of_a_service_with(tables), records_behind_of(shows))
