"""Keep what was counted in a measure, one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import BigSerial, Instant

revision = "platform_0011"
down_revision = "platform_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the list; of what was counted before, the measures alone tell."""
    op.create_table(
        "counted",
        sa.Column("position", BigSerial, primary_key=True, autoincrement=True),
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("period", sa.String(7), nullable=False, comment="month, YYYY-MM"),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("aggregate", sa.String(60), nullable=False),
        sa.Column("aggregate_id", sa.String(100), nullable=False),
        sa.Column("event", sa.String(64), nullable=False, comment="that it was counted by"),
        sa.Column("added", sa.Integer, nullable=False, comment="to the measure's value"),
        sa.Column("at", Instant(), nullable=False, comment="business calendar"),
    )
    op.create_index("counted_in_measure", "counted", ["measure", "period", "division", "position"])


def downgrade() -> None:
    """Drop the list; the measures keep their values."""
    op.drop_table("counted")
