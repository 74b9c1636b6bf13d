"""Let sessions be renewed until they end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0029"
down_revision = "identity_data_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions of before end with their token, as they did."""
    with op.batch_alter_table("sign_in_session") as table:
        table.add_column(sa.Column("ends_at", Instant()))


def downgrade() -> None:
    """A session that was renewed ends with its last token."""
    with op.batch_alter_table("sign_in_session") as table:
        table.drop_column("ends_at")
