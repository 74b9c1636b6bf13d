"""Create the leaf measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0003"
down_revision = "digital_government_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "measure",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("distribution", Json, nullable=False),
    )
    op.create_index("ix_measure_division", "measure", ["division"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("measure")
