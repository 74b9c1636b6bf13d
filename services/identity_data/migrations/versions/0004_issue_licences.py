"""Create electronic licences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0004"
down_revision = "identity_data_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "licence",
        *_of_every_aggregate(),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(64), unique=True),
        sa.Column("content", Json, nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_licence_division", "licence", ["division"])
    op.create_index("ix_licence_holder", "licence", ["holder"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("licence")


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
