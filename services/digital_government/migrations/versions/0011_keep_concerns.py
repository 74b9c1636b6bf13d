"""Keep advice, complaints and suggestions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0011"
down_revision = "digital_government_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "concern",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("about", sa.String(64)),
        sa.Column("item", sa.String(60)),
        sa.Column("case_id", sa.String(64)),
        sa.Column("publishable", sa.Boolean(), nullable=False),
        sa.Column("published", sa.String(2000)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("clock", Json),
        sa.Column("due", Instant()),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("in_time", sa.Boolean()),
        sa.Column("passes", sa.BigInteger(), nullable=False),
        sa.Column("escalations", sa.BigInteger(), nullable=False),
        sa.Column("reopened", sa.Boolean(), nullable=False),
        sa.Column("question", sa.String(2000)),
        sa.Column("added", sa.String(2000)),
        sa.Column("answer", sa.String(2000)),
        sa.Column("answered_at", Instant()),
    )
    for column in ("division", "organ", "owner"):
        op.create_index(f"ix_concern_{column}", "concern", [column])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("concern")
