"""Enrol second factors by a code that is handed over in person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0028"
down_revision = "identity_data_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Factors in use stay so. A secret that waits to be confirmed was drawn for a password alone
    and counts no more. The default is for rows that code of before writes."""
    with op.batch_alter_table("second_factor") as table:
        table.add_column(sa.Column("invitation", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("invited_until", Instant()))
    op.execute("UPDATE second_factor SET state = 'removed' WHERE state = 'pending'")


def downgrade() -> None:
    """Forget codes that were handed over; who was invited has no secret, and no factor either."""
    op.execute("DELETE FROM second_factor WHERE state = 'invited'")
    with op.batch_alter_table("second_factor") as table:
        table.drop_column("invited_until")
        table.drop_column("invitation")
