"""Register who guards whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0021"
down_revision = "identity_data_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; nobody guards anybody yet."""
    op.create_table(
        "guardianship",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("ward", sa.String(64), nullable=False),
        sa.Column("guardian", sa.String(64), nullable=False),
        sa.Column("ground", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("why_ended", sa.String(40)),
    )
    for column in ("division", "ward", "guardian"):
        op.create_index(f"ix_guardianship_{column}", "guardianship", [column])
    for column in ("guardians", "wards"):
        op.add_column("person", sa.Column(column, Json, nullable=False, server_default="[]"))
    with op.batch_alter_table("person") as person:
        for column in ("guardians", "wards"):
            person.alter_column(column, server_default=None)


def downgrade() -> None:
    """Who guarded whom is lost."""
    with op.batch_alter_table("person") as person:
        person.drop_column("wards")
        person.drop_column("guardians")
    op.drop_table("guardianship")
