"""Let policies pass on when divisions are merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_economy_0003"
down_revision = "digital_economy_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """How far the passing on has come."""
    op.create_table(
        "passage",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("moves", Json, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_passage_division", "passage", ["division"])


def downgrade() -> None:
    """Policies stay where they were passed to."""
    op.drop_table("passage")
