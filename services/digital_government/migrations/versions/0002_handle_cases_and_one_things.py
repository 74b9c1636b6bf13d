"""Create one-things and the cases of their matters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0002"
down_revision = "digital_government_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "one_thing",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("thing", sa.String(60), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("reservation_id", sa.String(64), nullable=False),
        sa.Column("form", Json, nullable=False),
        sa.Column("matters", Json, nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("enterprise_id", sa.String(64)),
        sa.Column("settled_at", Instant()),
        sa.Column("grade", sa.BigInteger()),
        sa.Column("comment", sa.String(500)),
    )
    op.create_index("ix_one_thing_division", "one_thing", ["division"])
    op.create_index("ix_one_thing_owner", "one_thing", ["owner"])
    op.create_index("ix_one_thing_reservation_id", "one_thing", ["reservation_id"])
    op.create_table(
        "case_",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("promised_days", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("establishes", Json, nullable=False),
        sa.Column("one_thing_id", sa.String(64)),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("reasons", sa.String(2000)),
        sa.Column("closed_at", Instant()),
        sa.Column("clock", Json),
        sa.Column("due", Instant()),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("missing", Json, nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("facts", Json, nullable=False),
    )
    op.create_index("ix_case__division", "case_", ["division"])
    op.create_index("ix_case__organ", "case_", ["organ"])
    op.create_index("ix_case__one_thing_id", "case_", ["one_thing_id"])


def downgrade() -> None:
    """Drop the two tables."""
    op.drop_table("case_")
    op.drop_table("one_thing")
