"""Keep matters between organs and what each organ has to do about them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0060"
down_revision = "party_government_0057"
branch_labels = None
depends_on = None

TABLES = ("internal_matter", "matter_handling")


def _aggregate(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        *columns,
    ]


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "internal_matter",
        *_aggregate(
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("kind", sa.String(40), nullable=False),
            sa.Column("title", sa.String(100), nullable=False),
            sa.Column("content", sa.String(2000), nullable=False),
            sa.Column("materials", Json, nullable=False),
            sa.Column("submitted_at", Instant(), nullable=False),
            sa.Column("state", sa.String(20), nullable=False),
            sa.Column("wanted", Json, nullable=False),
            sa.Column("accepted_by", sa.String(100), nullable=False),
            sa.Column("accepted_at", Instant()),
            sa.Column("outcome", sa.String(12)),
            sa.Column("reasons", sa.String(2000)),
            sa.Column("closed_at", Instant()),
            sa.Column("history", Json, nullable=False),
        ),
    )
    op.create_table(
        "matter_handling",
        *_aggregate(
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("due", Instant()),
            sa.Column("rung", sa.String(12), nullable=False),
            sa.Column("colour", sa.String(8), nullable=False),
            sa.Column("matter", sa.String(64), nullable=False),
            sa.Column("role", sa.String(12), nullable=False),
            sa.Column("days", sa.BigInteger(), nullable=False),
            sa.Column("steps", Json, nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("clock", Json),
            sa.Column("agreed", sa.Boolean()),
            sa.Column("opinion", sa.String(2000)),
        ),
    )
    op.create_index("ix_matter_handling_matter", "matter_handling", ["matter"])
    for table in TABLES:
        op.create_index(f"ix_{table}_organ", table, ["organ"])
        op.create_index(f"ix_{table}_division", table, ["division"])


def downgrade() -> None:
    """Know no matters between organs."""
    for table in reversed(TABLES):
        op.drop_table(table)
