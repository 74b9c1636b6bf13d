"""Let people be corrected, move, die and be taken off the register, and find duplicates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "identity_data_0009"
down_revision = "identity_data_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever was registered is on the register."""
    op.add_column(
        "person",
        sa.Column("state", sa.String(20), nullable=False, server_default="registered"),
    )
    op.add_column("person", sa.Column("died_on", sa.Date()))
    with op.batch_alter_table("person") as person:
        person.alter_column("state", server_default=None)
    op.create_index("person_born", "person", ["birth_date", "name"])
    op.create_index("ix_person_phone", "person", ["phone"])


def downgrade() -> None:
    """Who died or left is on the register again."""
    op.drop_index("ix_person_phone", "person")
    op.drop_index("person_born", "person")
    with op.batch_alter_table("person") as person:
        person.drop_column("died_on")
        person.drop_column("state")
