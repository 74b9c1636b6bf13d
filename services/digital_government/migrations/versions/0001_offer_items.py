"""Create the basic catalogue and the implementation lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "digital_government_0001"
down_revision = None
branch_labels = ("digital_government",)
depends_on = None


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "basic_item",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(100), nullable=False),
        sa.Column("organ_kind", sa.String(60), nullable=False),
        sa.Column("statutory_days", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(2000), nullable=False),
    )
    op.create_index("ix_basic_item_division", "basic_item", ["division"])
    op.create_table(
        "implementation",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("statutory_days", sa.BigInteger(), nullable=False),
        sa.Column("promised_days", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_implementation_division", "implementation", ["division"])
    op.create_index("ix_implementation_matter", "implementation", ["matter"])


def downgrade() -> None:
    """Drop the two tables."""
    op.drop_table("implementation")
    op.drop_table("basic_item")
