"""Remember how far a file of people has been taken over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0014"
down_revision = "identity_data_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of imports."""
    op.create_table(
        "registry_import",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_registry_import_division", "registry_import", ["division"])


def downgrade() -> None:
    """Forget it; a file begun before would be read again from its beginning."""
    op.drop_table("registry_import")
