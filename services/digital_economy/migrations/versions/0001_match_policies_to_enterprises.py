"""Create policies, enterprise profiles and the matches between them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_economy_0001"
down_revision = None
branch_labels = ("digital_economy",)
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "policy",
        *_of_every_aggregate(),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("criteria", Json, nullable=False),
        sa.Column("matched_up_to", sa.String(100), nullable=False),
    )
    op.create_index("ix_policy_division", "policy", ["division"])
    op.create_table(
        "enterprise_profile",
        *_of_every_aggregate(),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("industry", sa.String(60), nullable=False),
        sa.Column("registered_capital", sa.BigInteger(), nullable=False),
        sa.Column("established", sa.Date(), nullable=False),
    )
    op.create_index("ix_enterprise_profile_division", "enterprise_profile", ["division"])
    op.create_table(
        "policy_match",
        *_of_every_aggregate(),
        sa.Column("policy_id", sa.String(64), nullable=False),
        sa.Column("enterprise_id", sa.String(64), nullable=False),
        sa.Column("reasons", Json, nullable=False),
    )
    op.create_index("ix_policy_match_division", "policy_match", ["division"])
    op.create_index("ix_policy_match_policy_id", "policy_match", ["policy_id"])
    op.create_index("ix_policy_match_enterprise_id", "policy_match", ["enterprise_id"])


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("policy_match")
    op.drop_table("enterprise_profile")
    op.drop_table("policy")


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
