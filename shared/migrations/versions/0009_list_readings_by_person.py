"""List readings of personal data by the person whose they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import BigSerial, Instant

revision = "platform_0009"
down_revision = "platform_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the list; readings of before stand in the audit alone."""
    op.create_table(
        "reading",
        sa.Column("position", BigSerial, primary_key=True, autoincrement=True),
        sa.Column("owner", sa.String(64), nullable=False, comment="whose data were read"),
        sa.Column("at", Instant(), nullable=False, comment="business calendar"),
        sa.Column("act", sa.String(100), nullable=False, comment="contract"),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False, comment="the actor's"),
        sa.Column("on_behalf_of", sa.String(100), nullable=False),
        sa.Column("aggregate", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
    )
    op.create_index("reading_of_owner", "reading", ["owner", "at"])


def downgrade() -> None:
    """Drop the list; the audit keeps what was read."""
    op.drop_table("reading")
