"""Know who runs an enterprise, and which organ keeps that on record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0023"
down_revision = "identity_data_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of roles; an enterprise was registered by its county's organ."""
    op.create_table(
        "enterprise_role",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("enterprise", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("ended_on", sa.Date()),
    )
    for column in ("division", "enterprise", "person"):
        op.create_index(f"ix_enterprise_role_{column}", "enterprise_role", [column])
    op.add_column(
        "enterprise", sa.Column("organ", sa.String(64), nullable=False, server_default="")
    )
    op.execute("UPDATE enterprise SET organ = substr(division, 1, 6) || '-market_regulation'")
    with op.batch_alter_table("enterprise") as enterprise:
        enterprise.alter_column("organ", server_default=None)


def downgrade() -> None:
    """Who had which role is lost."""
    with op.batch_alter_table("enterprise") as enterprise:
        enterprise.drop_column("organ")
    op.drop_table("enterprise_role")
