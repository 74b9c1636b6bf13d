"""Keep households, and in each person's record the one that the person is in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0017"
down_revision = "identity_data_0016"
branch_labels = None
depends_on = None

PLACE = (
    ("household", sa.String(64)),
    ("household_relation", sa.String(20)),
    ("household_since", sa.Date()),
    ("place_of", sa.String(64)),
)


def upgrade() -> None:
    """Create the table; nobody is in a household yet."""
    op.create_table(
        "household",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("head", sa.String(64)),
        sa.Column("dissolved_on", sa.Date()),
    )
    op.create_index("ix_household_division", "household", ["division"])
    op.create_index("ix_household_head", "household", ["head"])
    for name, kind in PLACE:
        op.add_column("person", sa.Column(name, kind))
    op.create_index("ix_person_household", "person", ["household"])


def downgrade() -> None:
    """Who was in which household is lost."""
    op.drop_index("ix_person_household", "person")
    with op.batch_alter_table("person") as person:
        for name, _ in reversed(PLACE):
            person.drop_column(name)
    op.drop_table("household")
