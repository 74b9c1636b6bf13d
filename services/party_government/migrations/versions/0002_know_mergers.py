"""Know mergers of divisions, so that trends can be compared over them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0002"
down_revision = "party_government_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "known_merger",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("moves", Json, nullable=False),
    )
    op.create_index("ix_known_merger_division", "known_merger", ["division"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("known_merger")
