"""Find dead letters without reading what was taken long ago."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0004"
down_revision = "platform_0003"
branch_labels = None
depends_on = None

DEAD = sa.text("state = 'dead'")


def upgrade() -> None:
    """What is not dead is in neither index, so they cost a command and an event nothing."""
    for table, columns in (("inbox", ["position"]), ("timer", ["due"])):
        op.create_index(f"{table}_dead", table, columns, postgresql_where=DEAD, sqlite_where=DEAD)


def downgrade() -> None:
    """Counting dead letters reads the whole tables again."""
    for table in ("inbox", "timer"):
        op.drop_index(f"{table}_dead", table_name=table)
