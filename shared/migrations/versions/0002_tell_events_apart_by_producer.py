"""Tell the events of an inbox apart by producer and id; an id alone is its producer's own."""

from __future__ import annotations

from alembic import op

revision = "platform_0002"
down_revision = "platform_0001"
branch_labels = None
depends_on = None

# What PostgreSQL calls these by itself; SQLite has no names for them.
NAMES = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}


def upgrade() -> None:
    """Every inbox that was unique by id is unique by both."""
    with op.batch_alter_table("inbox", naming_convention=NAMES) as inbox:
        inbox.drop_constraint("inbox_id_key", type_="unique")
        inbox.create_unique_constraint("inbox_producer_id_key", ["producer", "id"])


def downgrade() -> None:
    """Refused by the database where two producers used one id."""
    with op.batch_alter_table("inbox", naming_convention=NAMES) as inbox:
        inbox.drop_constraint("inbox_producer_id_key", type_="unique")
        inbox.create_unique_constraint("inbox_id_key", ["id"])
