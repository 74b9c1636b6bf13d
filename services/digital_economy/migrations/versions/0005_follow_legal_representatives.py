"""Follow who represents an enterprise, by the number of the event that told it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "digital_economy_0005"
down_revision = "digital_economy_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what is known already any change is news."""
    profile = "enterprise_profile"
    op.add_column(
        profile, sa.Column("owner_told", sa.BigInteger(), nullable=False, server_default="0")
    )
    with op.batch_alter_table(profile) as table:
        table.alter_column("owner_told", server_default=None)


def downgrade() -> None:
    """Without the number."""
    with op.batch_alter_table("enterprise_profile") as table:
        table.drop_column("owner_told")
