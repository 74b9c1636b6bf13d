"""Tell which accounts have the password that whoever opened them knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "identity_data_0026"
down_revision = "identity_data_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Accounts of before keep their authority."""
    with op.batch_alter_table("account") as table:
        table.add_column(
            sa.Column("first_password", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("account") as table:
        table.drop_column("first_password")
