"""Take one application only for a reserved name, also of two at the same moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "digital_government_0004"
down_revision = "digital_government_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put a unique index in the place of the one that only helped to look."""
    not_failed = sa.text("state <> 'failed'")
    op.create_index(
        "one_thing_reservation",
        "one_thing",
        ["reservation_id"],
        unique=True,
        postgresql_where=not_failed,
        sqlite_where=not_failed,
    )
    op.drop_index("ix_one_thing_reservation_id", "one_thing")


def downgrade() -> None:
    """Only help to look again."""
    op.create_index("ix_one_thing_reservation_id", "one_thing", ["reservation_id"])
    op.drop_index("one_thing_reservation", "one_thing")
