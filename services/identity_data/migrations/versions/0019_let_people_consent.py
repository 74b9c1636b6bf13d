"""Let people consent to the reading of their data, and withdraw that."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0019"
down_revision = "identity_data_0018"
branch_labels = None
depends_on = None


def _aggregate() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    """Create agreements and consents; the grants that there are serve a duty by law."""
    op.create_table(
        "consent_agreement",
        *_aggregate(),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("editions", Json, nullable=False),
    )
    op.create_index("ix_consent_agreement_division", "consent_agreement", ["division"])
    op.create_table(
        "consent",
        *_aggregate(),
        sa.Column("agreement_id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", Instant()),
    )
    op.create_index("ix_consent_division", "consent", ["division"])
    op.create_index("ix_consent_owner", "consent", ["owner"])
    for table in ("data_application", "data_grant"):
        with op.batch_alter_table(table) as altered:
            altered.add_column(sa.Column("agreement_id", sa.String(64)))


def downgrade() -> None:
    """Drop them; a grant by consent would serve without it, so it goes too."""
    op.execute("DELETE FROM data_grant WHERE agreement_id IS NOT NULL")
    for table in ("data_application", "data_grant"):
        with op.batch_alter_table(table) as altered:
            altered.drop_column("agreement_id")
    op.drop_table("consent")
    op.drop_table("consent_agreement")
