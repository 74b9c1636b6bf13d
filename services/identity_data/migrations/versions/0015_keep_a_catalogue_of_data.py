"""Keep a catalogue of data resources, in which each item has one source."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0015"
down_revision = "identity_data_0014"
branch_labels = None
depends_on = None


def _record() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
    ]


def upgrade() -> None:
    """Create resources and items."""
    op.create_table(
        "data_resource",
        *_record(),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("abstract", sa.String(500), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("update_cycle", sa.String(20), nullable=False),
        sa.Column("sharing", sa.String(20), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("conditions", sa.String(500), nullable=False),
        sa.Column("legal_basis", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
    )
    op.create_index("ix_data_resource_division", "data_resource", ["division"])
    op.create_index("ix_data_resource_organ", "data_resource", ["organ"])
    op.create_table(
        "data_item",
        *_record(),
        sa.Column("resource", sa.String(60), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("classification", sa.String(2), nullable=False),
        sa.Column("masking", sa.String(20), nullable=False),
    )
    op.create_index("ix_data_item_division", "data_item", ["division"])
    op.create_index("ix_data_item_resource", "data_item", ["resource"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table("data_item")
    op.drop_table("data_resource")
