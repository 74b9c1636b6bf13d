"""Create the rows that the platform keeps in every service's database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.audit import GENESIS
from shared.storage import PARTITIONS, BigSerial, Instant, Json

revision = "platform_0001"
down_revision = None
branch_labels = ("platform",)
depends_on = None

OPEN = ("ready", "waiting", "retrying")


def upgrade() -> None:
    """Create the tables, the partitions of the relay and the head of the audit chain."""
    op.create_table(
        "request",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("contract", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reply", Json, nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("position", BigSerial, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("partition", sa.SmallInteger, nullable=False),
        sa.Column("aggregate", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("scenario", sa.String(100), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("envelope", Json, nullable=False),
        sa.Column("committed_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.UniqueConstraint("aggregate", "aggregate_id", "sequence"),
    )
    unpublished = sa.text("published_at IS NULL")
    op.create_index(
        "outbox_unpublished",
        "outbox",
        ["partition", "position"],
        postgresql_where=unpublished,
        sqlite_where=unpublished,
    )
    op.create_index("outbox_scenario", "outbox", ["scenario"])
    relay = op.create_table(
        "relay_partition",
        sa.Column("partition", sa.SmallInteger, primary_key=True),
        sa.Column("drained", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.bulk_insert(relay, [{"partition": number} for number in range(PARTITIONS)])
    op.create_table(
        "inbox",
        sa.Column("position", BigSerial, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("producer", sa.String(40), nullable=False),
        sa.Column("aggregate", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("envelope", Json, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text),
    )
    still_open = sa.text("state IN ('ready', 'waiting', 'retrying')")
    op.create_index(
        "inbox_open",
        "inbox",
        ["due_at", "position"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index("inbox_aggregate", "inbox", ["producer", "aggregate_id", "sequence"])
    op.create_table(
        "inbox_progress",
        sa.Column("id", sa.String(220), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "undecodable",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("arming", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("retry_at", Instant()),
        sa.Column("reason", sa.Text),
        sa.Column("headers", Json, nullable=False),
    )
    armed = sa.text("state = 'armed'")
    op.create_index(
        "timer_armed", "timer", ["due", "id"], postgresql_where=armed, sqlite_where=armed
    )
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("on_behalf_of", sa.String(100), nullable=False),
        sa.Column("act", sa.String(100), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("aggregate", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("scenario", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("events", Json, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_scenario", "audit", ["scenario"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": GENESIS}])
    op.create_table(
        "trusted_key",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("jwk", Json, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_to", Instant()),
    )
    op.create_table(
        "simulated_calendar",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("instant", Instant(), nullable=False),
    )


def downgrade() -> None:
    """Drop everything; an operator who runs this has exported the audit chain before."""
    for table in (
        "simulated_calendar",
        "trusted_key",
        "audit_head",
        "audit",
        "timer",
        "undecodable",
        "inbox_progress",
        "inbox",
        "relay_partition",
        "outbox",
        "request",
    ):
        op.drop_table(table)
