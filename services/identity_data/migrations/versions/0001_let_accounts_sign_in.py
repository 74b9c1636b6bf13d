"""Create accounts, their sessions, and the keys that sign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0001"
down_revision = None
branch_labels = ("identity_data",)
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "account",
        *_of_every_record(),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("principal_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("roles", Json, nullable=False),
    )
    op.create_index("ix_account_division", "account", ["division"])
    op.create_table(
        "sign_in_session",
        *_of_every_aggregate(),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
    )
    op.create_index("ix_sign_in_session_division", "sign_in_session", ["division"])
    op.create_index("ix_sign_in_session_account", "sign_in_session", ["account"])
    op.create_table(
        "signing_key",
        *_of_every_aggregate(),
        sa.Column("jwk", Json, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_to", Instant()),
    )
    op.create_index("ix_signing_key_division", "signing_key", ["division"])


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("signing_key")
    op.drop_table("sign_in_session")
    op.drop_table("account")


def _of_every_record() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
    ]


def _of_every_aggregate() -> list[sa.Column[object]]:
    return [
        *_of_every_record(),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
    ]
