"""Let two records of one person be merged and separated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0010"
down_revision = "identity_data_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is changed for each merger, and indexes to find what names a person."""
    op.add_column("person", sa.Column("merged_into", sa.String(64)))
    op.add_column("person", sa.Column("stands_for", Json, nullable=False, server_default="[]"))
    with op.batch_alter_table("person") as person:
        person.alter_column("stands_for", server_default=None)
    op.create_index("ix_account_person", "account", ["person"])
    op.create_index("ix_enterprise_legal_representative", "enterprise", ["legal_representative"])
    op.create_index("ix_licence_owner", "licence", ["owner"])
    op.create_index("ix_name_reservation_owner", "name_reservation", ["owner"])
    op.create_table(
        "consolidation",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("into", sa.String(64), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("again_at", Instant()),
        sa.Column("moved", Json, nullable=False),
    )
    op.create_index("ix_consolidation_division", "consolidation", ["division"])


def downgrade() -> None:
    """What was moved stays moved."""
    op.drop_table("consolidation")
    op.drop_index("ix_name_reservation_owner", "name_reservation")
    op.drop_index("ix_licence_owner", "licence")
    op.drop_index("ix_enterprise_legal_representative", "enterprise")
    op.drop_index("ix_account_person", "account")
    with op.batch_alter_table("person") as person:
        person.drop_column("stands_for")
        person.drop_column("merged_into")
