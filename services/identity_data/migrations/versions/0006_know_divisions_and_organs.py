"""Create divisions and organs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Json

revision = "identity_data_0006"
down_revision = "identity_data_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "division",
        sa.Column("id", sa.String(12), primary_key=True, comment="code"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(100)),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent", sa.String(12)),
        sa.Column("valid_from", sa.Date(), comment="NULL: since before the records"),
        sa.Column("valid_to", sa.Date(), comment="first day on which it is over; NULL: in force"),
        sa.Column("predecessors", Json, nullable=False),
        sa.Column("successors", Json, nullable=False),
    )
    op.create_index("ix_division_parent", "division", ["parent"])
    op.create_table(
        "organ",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parent", sa.String(64)),
    )
    op.create_index("ix_organ_division", "organ", ["division"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("organ")
    op.drop_table("division")
