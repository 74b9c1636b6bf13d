"""Let cases and one-things follow when two records of one person are merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0006"
down_revision = "digital_government_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is changed for each merger, and indexes to find what names a person."""
    op.create_index("ix_case__owner", "case_", ["owner"])
    op.create_table(
        "consolidation",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("into", sa.String(64), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("again_at", Instant()),
        sa.Column("moved", Json, nullable=False),
    )
    op.create_index("ix_consolidation_division", "consolidation", ["division"])


def downgrade() -> None:
    """What was moved stays moved."""
    op.drop_table("consolidation")
    op.drop_index("ix_case__owner", "case_")
