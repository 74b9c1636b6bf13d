"""Keep concepts, research topics, practices and their adoptions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0041"
down_revision = "party_government_0040"
branch_labels = None
depends_on = None

TABLES = ("concept", "research_topic", "practice", "adoption")


def _aggregate() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    """The concepts come with the next load."""
    op.create_table(
        "concept",
        *_aggregate(),
        sa.Column("name_zh", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("definition", sa.String(2000), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("norms", Json, nullable=False),
        sa.Column("broader", sa.String(60)),
        sa.Column("edition", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_concept_broader", "concept", ["broader"])
    op.create_table(
        "research_topic",
        *_aggregate(),
        sa.Column("concept", sa.String(60), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("question", sa.String(2000), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("finding", sa.String(2000)),
        sa.Column("norms", Json, nullable=False),
        sa.Column("reason", sa.String(2000)),
    )
    op.create_index("ix_research_topic_concept", "research_topic", ["concept"])
    op.create_table(
        "practice",
        *_aggregate(),
        sa.Column("concept", sa.String(60), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("problem", sa.String(2000), nullable=False),
        sa.Column("approach", sa.String(2000), nullable=False),
        sa.Column("norms", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("reviews", Json, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(2000)),
    )
    op.create_index("ix_practice_concept", "practice", ["concept"])
    op.create_table(
        "adoption",
        *_aggregate(),
        sa.Column("practice", sa.String(64), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(2000)),
    )
    op.create_index("ix_adoption_practice", "adoption", ["practice"])

    for table in TABLES:
        op.create_index(f"ix_{table}_division", table, ["division"])


def downgrade() -> None:
    """Forget all of it."""
    for table in reversed(TABLES):
        op.drop_table(table)
