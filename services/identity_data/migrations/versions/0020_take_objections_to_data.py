"""Take objections to shared data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0020"
down_revision = "identity_data_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "data_objection",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("item", sa.String(100), nullable=False),
        sa.Column("claim", sa.String(500), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("wrong_since", sa.Date()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_data_objection_division", "data_objection", ["division"])
    op.create_index("ix_data_objection_owner", "data_objection", ["owner"])
    op.create_index("data_objection_of_organ", "data_objection", ["organ", "state", "due"])
    op.create_index("data_objection_of_subject", "data_objection", ["subject", "item"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("data_objection")
