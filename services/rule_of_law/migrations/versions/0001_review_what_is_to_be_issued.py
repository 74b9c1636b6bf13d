"""Keep legality reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "rule_of_law_0001"
down_revision = None
branch_labels = ("rule_of_law",)
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "legality_review",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("directive", sa.String(64), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(500), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("opinion", sa.String(20)),
        sa.Column("findings", Json, nullable=False),
    )
    op.create_index("ix_legality_review_division", "legality_review", ["division"])
    op.create_index("ix_legality_review_organ", "legality_review", ["organ"])


def downgrade() -> None:
    """Keep none."""
    op.drop_table("legality_review")
