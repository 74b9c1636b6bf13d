"""Know the window that received an application, where it may be, and a case's transfer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "digital_government_0012"
down_revision = "digital_government_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; until an item's terms say otherwise it is received where it is decided."""
    with op.batch_alter_table("implementation") as table:
        table.add_column(sa.Column("across", sa.String(20), nullable=False, server_default="none"))
    with op.batch_alter_table("application") as table:
        table.add_column(sa.Column("received_by", sa.String(64)))
        table.add_column(sa.Column("received_in", sa.String(12)))
    with op.batch_alter_table("case_") as table:
        table.add_column(sa.Column("received_by", sa.String(64)))
        table.add_column(sa.Column("received_in", sa.String(12)))
        table.add_column(sa.Column("transferred", sa.String(12)))
        table.add_column(sa.Column("visits", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("one_thing") as table:
        table.add_column(sa.Column("received_by", sa.String(64)))
        table.add_column(sa.Column("received_in", sa.String(12)))
    op.create_index("ix_case__received_by", "case_", ["received_by"])


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("one_thing") as table:
        table.drop_column("received_in")
        table.drop_column("received_by")
    op.drop_index("ix_case__received_by", "case_")
    with op.batch_alter_table("case_") as table:
        table.drop_column("visits")
        table.drop_column("transferred")
        table.drop_column("received_in")
        table.drop_column("received_by")
    with op.batch_alter_table("application") as table:
        table.drop_column("received_in")
        table.drop_column("received_by")
    with op.batch_alter_table("implementation") as table:
        table.drop_column("across")
