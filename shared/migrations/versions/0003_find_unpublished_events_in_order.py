"""Find the events still to be published in their order over all partitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0003"
down_revision = "platform_0002"
branch_labels = None
depends_on = None

UNPUBLISHED = sa.text("published_at IS NULL")


def index(*columns: str) -> None:
    """The small index of what is still to be sent, by these columns."""
    op.drop_index("outbox_unpublished", "outbox")
    op.create_index(
        "outbox_unpublished",
        "outbox",
        list(columns),
        postgresql_where=UNPUBLISHED,
        sqlite_where=UNPUBLISHED,
    )


def upgrade() -> None:
    """A relay takes windows over all the partitions that it holds."""
    index("position")


def downgrade() -> None:
    """A relay takes windows of one partition."""
    index("partition", "position")
