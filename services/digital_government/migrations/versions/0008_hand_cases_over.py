"""Let cases have a handler, and pass on when a post changes hands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0008"
down_revision = "digital_government_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases accepted before have no handler: any case officer of the organ goes on with them."""
    op.add_column("case_", sa.Column("handler", sa.String(100)))
    op.add_column("case_", sa.Column("awaits_post", sa.String(64)))
    op.create_index("ix_case__awaits_post", "case_", ["awaits_post"])
    op.create_table(
        "handover",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(100)),
        sa.Column("appointment", sa.String(64)),
        sa.Column("leaving", Json, nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_handover_division", "handover", ["division"])


def downgrade() -> None:
    """Cases are handled by their organ alone."""
    op.drop_table("handover")
    op.drop_index("ix_case__awaits_post", "case_")
    op.drop_column("case_", "awaits_post")
    op.drop_column("case_", "handler")
