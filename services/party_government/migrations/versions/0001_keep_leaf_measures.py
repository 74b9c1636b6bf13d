"""Create the newest values of the leaf measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0001"
down_revision = None
branch_labels = ("party_government",)
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "measure_value",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("distribution", Json, nullable=False),
        sa.Column("measure_version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_measure_value_division", "measure_value", ["division"])
    op.create_index("ix_measure_value_measure", "measure_value", ["measure"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("measure_value")
