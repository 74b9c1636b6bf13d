"""Keep second factors, and how surely a session's caller is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0024"
down_revision = "identity_data_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of factors; sessions of before were opened by password alone."""
    op.create_table(
        "second_factor",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("sealed", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_second_factor_division", "second_factor", ["division"])
    with op.batch_alter_table("sign_in_session") as table:
        table.add_column(
            sa.Column("assurance", sa.BigInteger(), nullable=False, server_default="1")
        )


def downgrade() -> None:
    """Drop both; nobody is asked for a code."""
    with op.batch_alter_table("sign_in_session") as table:
        table.drop_column("assurance")
    op.drop_table("second_factor")
