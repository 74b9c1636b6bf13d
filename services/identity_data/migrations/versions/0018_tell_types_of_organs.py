"""Tell organs of party and state apart by their type, and find those below one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "identity_data_0018"
down_revision = "identity_data_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now there were governments and their departments alone."""
    with op.batch_alter_table("organ") as organ:
        organ.add_column(
            sa.Column("type", sa.String(20), nullable=False, server_default="department")
        )
        organ.create_index("ix_organ_parent", ["parent"])
    op.execute("UPDATE organ SET type = 'government' WHERE kind = 'government'")
    with op.batch_alter_table("organ") as organ:
        organ.alter_column("type", server_default=None)


def downgrade() -> None:
    """Only governments and departments were known."""
    op.execute("DELETE FROM organ WHERE type NOT IN ('government', 'department')")
    with op.batch_alter_table("organ") as organ:
        organ.drop_index("ix_organ_parent")
        organ.drop_column("type")
