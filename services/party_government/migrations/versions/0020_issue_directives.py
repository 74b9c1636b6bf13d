"""Keep directives, how they were sent on, what each organ owes, what is counted, what passed on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0020"
down_revision = "party_government_0010"
branch_labels = None
depends_on = None

TABLES = ("directive", "dispatch", "receipt", "measure", "passage")


def _aggregate(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        *columns,
    ]


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "directive",
        *_aggregate(
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("terms", Json, nullable=False),
            sa.Column("round", sa.BigInteger(), nullable=False),
            sa.Column("findings", Json, nullable=False),
            sa.Column("number", sa.String(60)),
            sa.Column("issued_at", Instant()),
            sa.Column("handle_by", Instant()),
            sa.Column("superseded_by", sa.String(64)),
            sa.Column("reason", sa.String(500)),
            sa.Column("withdrawn_up_to", sa.String(100), nullable=False),
        ),
    )
    op.create_index("ix_directive_organ", "directive", ["organ"])
    op.create_table(
        "dispatch",
        *_aggregate(
            sa.Column("directive", sa.String(64), nullable=False),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("audience", Json, nullable=False),
            sa.Column("supersedes", sa.String(64)),
            sa.Column("sign_by", Instant(), nullable=False),
            sa.Column("handle_by", Instant(), nullable=False),
            sa.Column("steps", Json, nullable=False),
            sa.Column("delivered_up_to", sa.String(64)),
        ),
    )
    op.create_index("ix_dispatch_directive", "dispatch", ["directive"])
    op.create_table(
        "receipt",
        *_aggregate(
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("due", Instant()),
            sa.Column("rung", sa.String(12), nullable=False),
            sa.Column("colour", sa.String(8), nullable=False),
            sa.Column("directive", sa.String(64), nullable=False),
            sa.Column("dispatch", sa.String(100), nullable=False),
            sa.Column("sender", sa.String(64), nullable=False),
            sa.Column("delivered_at", Instant(), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("signed_at", Instant()),
            sa.Column("signed_by", sa.String(100)),
            sa.Column("passed_on", sa.Boolean(), nullable=False),
            sa.Column("reported_at", Instant()),
            sa.Column("report", sa.String(2000)),
            sa.Column("evidence", Json, nullable=False),
            sa.Column("remark", sa.String(500)),
        ),
    )
    op.create_index("ix_receipt_organ", "receipt", ["organ"])
    op.create_index("ix_receipt_directive", "receipt", ["directive"])
    op.create_index("ix_receipt_dispatch", "receipt", ["dispatch"])
    op.create_table(
        "measure",
        *_aggregate(
            sa.Column("measure", sa.String(60), nullable=False),
            sa.Column("period", sa.String(7), nullable=False),
            sa.Column("value", sa.BigInteger(), nullable=False),
            sa.Column("distribution", Json, nullable=False),
        ),
    )
    op.create_table(
        "passage",
        *_aggregate(
            sa.Column("effective", sa.Date(), nullable=False),
            sa.Column("moves", Json, nullable=False),
            sa.Column("counts", Json, nullable=False),
            sa.Column("complete", sa.Boolean(), nullable=False),
        ),
    )
    for table in TABLES:
        op.create_index(f"ix_{table}_division", table, ["division"])


def downgrade() -> None:
    """Know of none."""
    for table in TABLES:
        op.drop_table(table)
