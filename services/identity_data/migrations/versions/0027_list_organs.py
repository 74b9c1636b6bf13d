"""Keep how much was told of organs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0027"
down_revision = "identity_data_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row tells of all organs, in order."""
    op.create_table(
        "organ_register",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_organ_register_division", "organ_register", ["division"])


def downgrade() -> None:
    """Nobody is told."""
    op.drop_table("organ_register")
