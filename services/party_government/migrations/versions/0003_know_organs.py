"""Know the organs that directives and tasks are addressed to, and the ladders of duties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0003"
down_revision = "party_government_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """identity_data tells them; databases of before are told with the next load."""
    op.create_table(
        "known_organ",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("successor", sa.String(64)),
    )
    op.create_index("ix_known_organ_division", "known_organ", ["division"])
    op.create_table(
        "adopted_ladder",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("urgency", sa.String(12), nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
    )
    op.create_index("ix_adopted_ladder_division", "adopted_ladder", ["division"])
    op.create_index("ix_known_organ_parent", "known_organ", ["parent"])


def downgrade() -> None:
    """Know none."""
    op.drop_table("adopted_ladder")
    op.drop_table("known_organ")
