"""Create the business calendar's one row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0002"
down_revision = "identity_data_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "calendar",
        *_of_every_aggregate(),
        sa.Column("instant", Instant()),
    )
    op.create_index("ix_calendar_division", "calendar", ["division"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("calendar")


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
