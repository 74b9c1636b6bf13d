"""Keep alerts, rules and orders of supervisors, and what the rules count."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0040"
down_revision = "party_government_0031"
branch_labels = None
depends_on = None

TABLES = (
    "tuned_alert_rule",
    "supervision_alert",
    "rectification_order",
    "watched_case",
    "case_tally",
    "reading_day",
)


def _record() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
    ]


def _aggregate() -> list[sa.Column[Any]]:
    return [*_record(), sa.Column("event_sequence", sa.BigInteger(), nullable=False)]


def upgrade() -> None:
    """What happened before is not counted; whoever wants it counted replays it."""
    _supervision()
    _counters()
    for table in TABLES:
        op.create_index(f"ix_{table}_division", table, ["division"])


def _supervision() -> None:
    op.create_table(
        "tuned_alert_rule",
        *_aggregate(),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("least", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
    )
    op.create_table(
        "supervision_alert",
        *_aggregate(),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("organ", sa.String(64)),
        sa.Column("official", sa.String(100)),
        sa.Column("scenario", sa.String(100), nullable=False),
        sa.Column("finding", Json, nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("order_id", sa.String(64)),
    )
    op.create_index("supervision_alert_state", "supervision_alert", ["state", "raised_at"])
    op.create_table(
        "rectification_order",
        *_aggregate(),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("due", Instant()),
        sa.Column("rung", sa.String(12), nullable=False),
        sa.Column("colour", sa.String(8), nullable=False),
        sa.Column("issuer", sa.String(64), nullable=False),
        sa.Column("alert_id", sa.String(64)),
        sa.Column("scenario", sa.String(100), nullable=False),
        sa.Column("official", sa.String(100)),
        sa.Column("demand", sa.String(2000), nullable=False),
        sa.Column("urgency", sa.String(12), nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("answered", sa.String(2000)),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("returned", Json, nullable=False),
        sa.Column("remark", sa.String(2000)),
    )
    op.create_index("ix_rectification_order_organ", "rectification_order", ["organ"])


def _counters() -> None:
    op.create_table(
        "watched_case",
        *_record(),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("accepted_by", sa.String(100), nullable=False),
        sa.Column("accepted_at", Instant()),
    )
    op.create_table(
        "case_tally",
        *_record(),
        sa.Column("official", sa.String(100), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("squares", sa.BigInteger(), nullable=False),
    )
    op.create_index("case_tally_matter", "case_tally", ["matter", "year"])
    op.create_table(
        "reading_day",
        *_record(),
        sa.Column("reader", sa.String(100), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
        sa.Column("after_hours", sa.BigInteger(), nullable=False),
        sa.Column("subjects", Json, nullable=False),
        sa.Column("subject_count", sa.BigInteger(), nullable=False),
    )
    op.create_index("reading_day_matter", "reading_day", ["matter", "day"])


def downgrade() -> None:
    """Forget all of it."""
    for table in reversed(TABLES):
        op.drop_table(table)
