"""Create the ledger of who read whose data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0005"
down_revision = "identity_data_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "shared_reading",
        *_of_every_aggregate(),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("reader", sa.String(100), nullable=False),
        sa.Column("on_behalf_of", sa.String(100), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_index("ix_shared_reading_division", "shared_reading", ["division"])
    op.create_index("shared_reading_of_owner", "shared_reading", ["owner", "at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("shared_reading")


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
