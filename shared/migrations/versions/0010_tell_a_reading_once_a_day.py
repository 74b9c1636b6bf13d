"""Tell a reading once a business day: the same reader, the same question, the same person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0010"
down_revision = "platform_0009"
branch_labels = None
depends_on = None

ONCE = ["owner", "day", "actor", "act", "aggregate_id", "aggregate", "organ", "on_behalf_of"]


def upgrade() -> None:
    """Readings of before, and those that code of before still writes, have no day, and rows
    without one are never alike."""
    op.add_column(
        "reading", sa.Column("day", sa.Date, comment="business day; NULL where each is told")
    )
    op.create_index("reading_once_a_day", "reading", ONCE, unique=True)
    op.drop_index("reading_of_owner", "reading")


def downgrade() -> None:
    """Without the day; what was left out stands in the audit alone."""
    op.create_index("reading_of_owner", "reading", ["owner", "at"])
    op.drop_index("reading_once_a_day", "reading")
    with op.batch_alter_table("reading") as reading:
        reading.drop_column("day")
