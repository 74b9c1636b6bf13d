"""Keep service halls, their days and who visits them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0013"
down_revision = "digital_government_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _table("hall", _sequence(), sa.Column("periods", Json, nullable=False))
    _table(
        "hall_day",
        sa.Column("periods", Json, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("called", sa.BigInteger(), nullable=False),
    )
    _table(
        "visit",
        _sequence(),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("begins", Instant()),
        sa.Column("ends", Instant()),
        sa.Column("item", sa.String(60)),
        sa.Column("number", sa.String(10)),
        sa.Column("called_to", sa.BigInteger()),
        sa.Column("numbered_at", Instant()),
        sa.Column("called_at", Instant()),
    )
    op.create_index("ix_visit_owner", "visit", ["owner"])
    op.create_index("ix_visit_day", "visit", ["day"])


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        *columns,
    )
    op.create_index(f"ix_{name}_division", name, ["division"])


def _sequence() -> sa.Column[object]:
    return sa.Column("event_sequence", sa.BigInteger(), nullable=False)


def downgrade() -> None:
    """Drop them."""
    for name in ("visit", "hall_day", "hall"):
        op.drop_table(name)
