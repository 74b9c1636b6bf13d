"""Count failed sign-ins, after which an account waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0013"
down_revision = "identity_data_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of counters."""
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("waits_until", Instant()),
    )
    op.create_index("ix_failed_sign_ins_division", "failed_sign_ins", ["division"])


def downgrade() -> None:
    """Drop it; no account waits."""
    op.drop_table("failed_sign_ins")
