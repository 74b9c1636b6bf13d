"""Keep the definitions of indicators, their editions and targets, and which event told a leaf."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0010"
down_revision = "party_government_0003"
branch_labels = None
depends_on = None


def _record(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        *columns,
    ]


def upgrade() -> None:
    """The definitions themselves are reference data, which the next load brings."""
    op.add_column(
        "measure_value", sa.Column("event_id", sa.String(64), nullable=False, server_default="")
    )
    op.create_table(
        "indicator_catalogue", *_record(sa.Column("changes", sa.BigInteger(), nullable=False))
    )
    op.create_table(
        "defined_indicator",
        *_record(
            sa.Column("event_sequence", sa.BigInteger(), nullable=False),
            sa.Column("edition", sa.BigInteger(), nullable=False),
            sa.Column("withdrawn", sa.Boolean(), nullable=False),
            sa.Column("name_zh", sa.String(60), nullable=False),
            sa.Column("name_en", sa.String(80), nullable=False),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("formula", sa.String(500)),
            sa.Column("unit", sa.String(12)),
            sa.Column("direction", sa.String(8)),
            sa.Column("period", sa.String(8), nullable=False),
            sa.Column("parent", sa.String(60)),
            sa.Column("thresholds", Json),
            sa.Column("tolerance", sa.SmallInteger(), nullable=False),
            sa.Column("source", Json),
        ),
    )
    op.create_table(
        "definition_edition",
        *_record(
            sa.Column("code", sa.String(60), nullable=False),
            sa.Column("edition", sa.BigInteger(), nullable=False),
            sa.Column("since", sa.Date(), nullable=False),
            sa.Column("reason", sa.String(200), nullable=False),
            sa.Column("terms", Json, nullable=False),
        ),
    )
    op.create_table(
        "indicator_target",
        *_record(
            sa.Column("event_sequence", sa.BigInteger(), nullable=False),
            sa.Column("code", sa.String(60), nullable=False),
            sa.Column("year", sa.SmallInteger(), nullable=False),
            sa.Column("points", Json, nullable=False),
            sa.Column("basis", sa.String(200), nullable=False),
            sa.Column("edition", sa.BigInteger(), nullable=False),
        ),
    )
    for table in (
        "indicator_catalogue",
        "defined_indicator",
        "definition_edition",
        "indicator_target",
    ):
        op.create_index(f"ix_{table}_division", table, ["division"])
    op.create_index("ix_definition_edition_code", "definition_edition", ["code"])
    op.create_index("ix_indicator_target_code", "indicator_target", ["code"])


def downgrade() -> None:
    """Know no definitions."""
    for table in (
        "indicator_target",
        "definition_edition",
        "defined_indicator",
        "indicator_catalogue",
    ):
        op.drop_table(table)
    op.drop_column("measure_value", "event_id")
