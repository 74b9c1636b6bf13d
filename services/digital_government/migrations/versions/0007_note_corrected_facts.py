"""Note on a case which of its facts were put right since they were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Json

revision = "digital_government_0007"
down_revision = "digital_government_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of the cases that there are none is known; the default is for code that does not know the
    column yet."""
    with op.batch_alter_table("case_") as case:
        case.add_column(sa.Column("corrections", Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("case_") as case:
        case.drop_column("corrections")
