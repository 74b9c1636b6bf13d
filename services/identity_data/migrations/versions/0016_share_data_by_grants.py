"""Share data by grants that were applied for; a reading names the one that permitted it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0016"
down_revision = "identity_data_0015"
branch_labels = None
depends_on = None


def _record() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
    ]


def _terms() -> list[sa.Column[Any]]:
    """What an application and its grant both say."""
    return [
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("applicant", sa.String(64), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("resource", sa.String(60), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("reader", sa.String(100), nullable=False),
        sa.Column("reader_name", sa.String(60), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("legal_basis", sa.String(200), nullable=False),
        sa.Column("within", sa.String(12), nullable=False),
        sa.Column("daily_limit", sa.BigInteger()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
    ]


def upgrade() -> None:
    """Create applications, grants and their use by day. Readings of before were by no grant; the
    defaults are for code that does not know the columns yet."""
    op.create_table(
        "data_application",
        *_record(),
        *_terms(),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("grant_id", sa.String(64), nullable=False),
    )
    op.create_index("ix_data_application_division", "data_application", ["division"])
    op.create_index("data_application_of_organ", "data_application", ["organ", "state", "due"])
    op.create_table("data_grant", *_record(), *_terms(), sa.Column("until", sa.Date()))
    op.create_index("ix_data_grant_division", "data_grant", ["division"])
    op.create_index("ix_data_grant_organ", "data_grant", ["organ"])
    op.create_table("grant_use", *_record(), sa.Column("used", sa.BigInteger(), nullable=False))
    op.create_index("ix_grant_use_division", "grant_use", ["division"])
    with op.batch_alter_table("shared_reading") as reading:
        for name, length in (("grant_id", 64), ("legal_basis", 200)):
            reading.add_column(
                sa.Column(name, sa.String(length), nullable=False, server_default="")
            )
    op.create_index("shared_reading_of_subject", "shared_reading", ["subject", "at"])


def downgrade() -> None:
    """Drop them; of readings it is no more known by which grant they were."""
    op.drop_index("shared_reading_of_subject", "shared_reading")
    with op.batch_alter_table("shared_reading") as reading:
        reading.drop_column("legal_basis")
        reading.drop_column("grant_id")
    for table in ("grant_use", "data_grant", "data_application"):
        op.drop_table(table)
