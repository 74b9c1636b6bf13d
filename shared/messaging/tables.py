"""The rows that the platform keeps in every service's database beside the service's own."""

from __future__ import annotations

import sqlalchemy as sa

from shared.classification import CASE_FILE, EVIDENCE, L1, L2, L3, OPERATION, PERMANENT, kept
from shared.storage import BigSerial, Instant, Json, Verbatim

METADATA = sa.MetaData()

REQUEST = sa.Table(
    "request",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True, comment="actor and request id", info=L2),
    sa.Column("contract", sa.String(100), nullable=False, info=L1),
    sa.Column("digest", sa.String(64), nullable=False, comment="of contract and content", info=L2),
    sa.Column("reply", Json, nullable=False, info=L3),
    sa.Column("at", Instant, nullable=False, info=L1),
    info=kept(CASE_FILE),
)

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("position", BigSerial, primary_key=True, autoincrement=True, info=L1),
    sa.Column("id", sa.String(64), nullable=False, info=L1),
    sa.Column("partition", sa.SmallInteger, nullable=False, info=L1),
    sa.Column("aggregate", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Column("sequence", sa.BigInteger, nullable=False, info=L1),
    sa.Column("type", sa.String(100), nullable=False, info=L1),
    sa.Column("scenario", sa.String(100), nullable=False, info=L2),
    sa.Column("at", Instant, nullable=False, info=L1),
    sa.Column("envelope", Verbatim, nullable=False, info=L3),
    sa.Column("committed_at", Instant, nullable=False, comment="machine clock", info=L1),
    sa.Column("published_at", Instant, comment="machine clock; NULL until confirmed", info=L1),
    sa.UniqueConstraint("aggregate", "aggregate_id", "sequence"),
    info=kept(PERMANENT),
)
# Only what is still to be sent is in this index, so it stays small however much is kept.
sa.Index(
    "outbox_unpublished",
    OUTBOX.c.position,
    postgresql_where=OUTBOX.c.published_at.is_(None),
    sqlite_where=OUTBOX.c.published_at.is_(None),
)
# Most commands belong to no scenario; who looks for one says so, for SQLite to see it.
sa.Index(
    "outbox_scenario",
    OUTBOX.c.scenario,
    postgresql_where=OUTBOX.c.scenario != "",
    sqlite_where=OUTBOX.c.scenario != "",
)

RELAY = sa.Table(
    "relay_partition",
    METADATA,
    sa.Column("partition", sa.SmallInteger, primary_key=True, info=L1),
    sa.Column(
        "drained",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="embedded transport only: up to here everything reached an inbox",
        info=L1,
    ),
    info=kept(OPERATION),
)

INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("position", BigSerial, primary_key=True, autoincrement=True, info=L1),
    sa.Column("id", sa.String(64), nullable=False, comment="given by the producer", info=L1),
    sa.Column("producer", sa.String(40), nullable=False, info=L1),
    sa.Column("aggregate", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Column("sequence", sa.BigInteger, nullable=False, info=L1),
    sa.Column("type", sa.String(100), nullable=False, info=L1),
    sa.Column("envelope", Verbatim, nullable=False, info=L3),
    sa.Column(
        "state", sa.String(10), nullable=False, comment="ready waiting retrying dead done", info=L1
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0", info=L1),
    sa.Column("due_at", Instant, nullable=False, comment="machine clock; not before this", info=L1),
    sa.Column("received_at", Instant, nullable=False, comment="machine clock", info=L1),
    sa.Column("reason", sa.Text, comment="why it waits, is retried or is dead", info=L2),
    # An id is its producer's own: nobody can keep another's event out by using its id first.
    sa.UniqueConstraint("producer", "id"),
    info=kept(CASE_FILE),
)
sa.Index(
    "inbox_open",
    INBOX.c.due_at,
    INBOX.c.position,
    postgresql_where=INBOX.c.state.in_(("ready", "waiting", "retrying")),
    sqlite_where=INBOX.c.state.in_(("ready", "waiting", "retrying")),
)
sa.Index(
    "inbox_dead",
    INBOX.c.position,
    postgresql_where=INBOX.c.state == "dead",
    sqlite_where=INBOX.c.state == "dead",
)
sa.Index("inbox_aggregate", INBOX.c.producer, INBOX.c.aggregate_id, INBOX.c.sequence)

PROGRESS = sa.Table(
    "inbox_progress",
    METADATA,
    sa.Column(
        "id", sa.String(220), primary_key=True, comment="producer, aggregate and its id", info=L2
    ),
    sa.Column(
        "sequence", sa.BigInteger, nullable=False, comment="last event taken in order", info=L1
    ),
    info=kept(PERMANENT),
)

UNDECODABLE = sa.Table(
    "undecodable",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True, comment="digest of the bytes", info=L1),
    sa.Column("received_at", Instant, nullable=False, info=L1),
    sa.Column("reason", sa.Text, nullable=False, info=L2),
    sa.Column("headers", Json, nullable=False, info=L3),
    sa.Column("body", sa.LargeBinary, nullable=False, info=L3),
    info=kept(OPERATION),
)

TIMER = sa.Table(
    "timer",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True, comment="name and aggregate id", info=L2),
    sa.Column("name", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Column("due", Instant, nullable=False, comment="business calendar", info=L1),
    sa.Column(
        "state", sa.String(10), nullable=False, comment="armed fired cancelled dead", info=L1
    ),
    sa.Column(
        "arming", sa.BigInteger, nullable=False, comment="counts the times it was set", info=L1
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0", info=L1),
    sa.Column("retry_at", Instant, comment="machine clock", info=L1),
    sa.Column("reason", sa.Text, info=L2),
    sa.Column("headers", Json, nullable=False, info=L2),
    info=kept(CASE_FILE),
)
sa.Index(
    "timer_armed",
    TIMER.c.due,
    TIMER.c.id,
    postgresql_where=TIMER.c.state == "armed",
    sqlite_where=TIMER.c.state == "armed",
)
sa.Index(
    "timer_dead",
    TIMER.c.due,
    postgresql_where=TIMER.c.state == "dead",
    sqlite_where=TIMER.c.state == "dead",
)

AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False, info=L1),
    sa.Column("at", Instant, nullable=False, comment="business calendar", info=L1),
    sa.Column("recorded_at", Instant, nullable=False, comment="machine clock", info=L1),
    sa.Column("actor", sa.String(100), nullable=False, info=L3),
    sa.Column("on_behalf_of", sa.String(100), nullable=False, info=L3),
    sa.Column("act", sa.String(100), nullable=False, comment="contract, event or timer", info=L1),
    sa.Column(
        "cause", sa.String(200), nullable=False, comment="request, event or timer id", info=L2
    ),
    sa.Column("aggregate", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Column("division", sa.String(12), nullable=False, info=L2),
    sa.Column("scenario", sa.String(100), nullable=False, info=L2),
    sa.Column(
        "digest", sa.String(64), nullable=False, comment="of the content, not the content", info=L2
    ),
    sa.Column("events", Json, nullable=False, info=L2),
    sa.Column("hash", sa.String(64), nullable=False, info=L1),
    info=kept(EVIDENCE),
)
sa.Index(
    "audit_scenario",
    AUDIT.c.scenario,
    postgresql_where=AUDIT.c.scenario != "",
    sqlite_where=AUDIT.c.scenario != "",
)

# Beside the audit, because that cannot be asked by person: it names what was read, not whose it is.
# A reader who asks the same again on one business day adds nothing here, only to the audit.
READING = sa.Table(
    "reading",
    METADATA,
    sa.Column("position", BigSerial, primary_key=True, autoincrement=True, info=L1),
    sa.Column("owner", sa.String(64), nullable=False, comment="whose data were read", info=L3),
    sa.Column("day", sa.Date, comment="business day; NULL where each is told", info=L1),
    sa.Column("at", Instant, nullable=False, comment="the first time on that day", info=L1),
    sa.Column("act", sa.String(100), nullable=False, comment="contract", info=L1),
    sa.Column("actor", sa.String(100), nullable=False, info=L3),
    sa.Column("organ", sa.String(64), nullable=False, comment="the actor's", info=L1),
    sa.Column("on_behalf_of", sa.String(100), nullable=False, info=L3),
    sa.Column("aggregate", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Index(
        "reading_once_a_day",
        "owner",
        "day",
        "actor",
        "act",
        "aggregate_id",
        "aggregate",
        "organ",
        "on_behalf_of",
        unique=True,
    ),
    info=kept(EVIDENCE),
)

# What was counted in a measure, one by one, so that a figure leads down to its records. A measure
# stays with the division and month in which it was counted, whatever becomes of the record.
COUNTED = sa.Table(
    "counted",
    METADATA,
    sa.Column("position", BigSerial, primary_key=True, autoincrement=True, info=L1),
    sa.Column("measure", sa.String(60), nullable=False, info=L1),
    sa.Column("period", sa.String(7), nullable=False, comment="month, YYYY-MM", info=L1),
    sa.Column("division", sa.String(12), nullable=False, info=L1),
    sa.Column("aggregate", sa.String(60), nullable=False, info=L1),
    sa.Column("aggregate_id", sa.String(100), nullable=False, info=L2),
    sa.Column("event", sa.String(64), nullable=False, comment="that it was counted by", info=L1),
    sa.Column("added", sa.Integer, nullable=False, comment="to the measure's value", info=L1),
    sa.Column("at", Instant, nullable=False, comment="business calendar", info=L1),
    sa.Index("counted_in_measure", "measure", "period", "division", "position"),
    info=kept(PERMANENT),
)

AUDIT_HEAD = sa.Table(
    "audit_head",
    METADATA,
    sa.Column("id", sa.SmallInteger, primary_key=True, info=L1),
    sa.Column("sequence", sa.BigInteger, nullable=False, info=L1),
    sa.Column("hash", sa.String(64), nullable=False, info=L1),
    info=kept(EVIDENCE),
)

TRUSTED_KEY = sa.Table(
    "trusted_key",
    METADATA,
    sa.Column(
        "id", sa.String(64), primary_key=True, comment="the event that told of the key", info=L1
    ),
    sa.Column("jwk", Json, nullable=False, comment="public part only", info=L1),
    sa.Column("purpose", sa.String(20), nullable=False, comment="token or licence", info=L1),
    sa.Column("valid_from", Instant, nullable=False, info=L1),
    sa.Column("valid_to", Instant, info=L1),
    sa.Column("kid", sa.String(64), comment="NULL where it is the id", info=L1),
    info=kept(PERMANENT),
)

# A row says nothing any more when all tokens of the session have expired. It stays, as every row
# that came by event does, and the index leads past it.
REVOKED_SESSION = sa.Table(
    "revoked_session",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True, comment="the tokens' sid", info=L2),
    sa.Column("until", Instant, nullable=False, comment="machine clock", info=L1),
    sa.Index("revoked_session_until", "until"),
    info=kept(CASE_FILE),
)

CALENDAR = sa.Table(
    "simulated_calendar",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True, comment="the event that moved it", info=L1),
    sa.Column("instant", Instant, nullable=False, info=L1),
    info=kept(PERMANENT),
)
