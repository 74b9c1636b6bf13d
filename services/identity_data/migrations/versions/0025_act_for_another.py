"""Let one person act for another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0025"
down_revision = "identity_data_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of agencies, and let a session name the one that it is under."""
    op.create_table(
        "agency",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("scope", Json, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("ended", sa.String(20)),
        sa.Column("uses", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_agency_division", "agency", ["division"])
    op.create_index("ix_agency_owner", "agency", ["owner"])
    op.create_index("ix_agency_agent", "agency", ["agent"])
    with op.batch_alter_table("sign_in_session") as table:
        table.add_column(sa.Column("agency", sa.String(64)))
        table.create_index("ix_sign_in_session_agency", ["agency"])


def downgrade() -> None:
    """Drop both; nobody acts for another."""
    with op.batch_alter_table("sign_in_session") as table:
        table.drop_index("ix_sign_in_session_agency")
        table.drop_column("agency")
    op.drop_table("agency")
