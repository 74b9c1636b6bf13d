"""Create people, reservations of names, and enterprises."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0003"
down_revision = "identity_data_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "person",
        *_of_every_aggregate(),
        sa.Column("number", sa.String(18), nullable=False, unique=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(11)),
    )
    op.create_index("ix_person_division", "person", ["division"])
    op.create_table(
        "name_reservation",
        *_of_every_aggregate(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
    )
    op.create_index("ix_name_reservation_division", "name_reservation", ["division"])
    op.create_table(
        "enterprise",
        *_of_every_aggregate(),
        sa.Column("credit_code", sa.String(18), nullable=False, unique=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("industry", sa.String(60), nullable=False),
        sa.Column("registered_capital", sa.BigInteger(), nullable=False),
        sa.Column("established", sa.Date(), nullable=False),
        sa.Column("legal_representative", sa.String(64), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("case_id", sa.String(64)),
    )
    op.create_index("ix_enterprise_division", "enterprise", ["division"])


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("enterprise")
    op.drop_table("name_reservation")
    op.drop_table("person")


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
