"""Keep schemes of evaluation, what they came to, and appeals."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0031"
down_revision = "party_government_0030"
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[Any]) -> None:
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


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, Json, nullable=False)


def upgrade() -> None:
    """All tables begin empty."""
    _table(
        "evaluation_scheme",
        _number("event_sequence"),
        _text("organ", 64),
        _json("terms"),
        _text("state", 12),
        _text("basis", 200),
    )
    _table("scheme_in_force", _text("scheme", 64))
    _table(
        "evaluation",
        _number("event_sequence"),
        _text("scheme", 64),
        _text("answerer", 64),
        _text("period", 7),
        _json("terms"),
        _text("state", 12),
        _number("number"),
        _number("published_number", nullable=True),
        _number("frozen_number", nullable=True),
        sa.Column("appeals_until", Instant()),
        _number("open_appeals"),
    )
    op.create_index("ix_evaluation_scheme", "evaluation", ["scheme"])
    _table(
        "evaluation_version",
        _text("evaluation", 64),
        _number("number"),
        sa.Column("made_at", Instant(), nullable=False),
        _text("made_by", 100),
        _text("reason", 1000),
        _text("appeal", 100, nullable=True),
        _json("changes"),
    )
    op.create_index("ix_evaluation_version_evaluation", "evaluation_version", ["evaluation"])
    _table(
        "evaluation_result",
        _text("evaluation", 64),
        _number("number"),
        _text("organ", 64),
        _text("name", 100),
        _number("score", nullable=True),
        _number("rank", nullable=True),
        _text("band", 8, nullable=True),
        _json("lines"),
    )
    op.create_index(
        "evaluation_result_of_version", "evaluation_result", ["evaluation", "number", "rank"]
    )
    _table(
        "evaluation_appeal",
        _number("event_sequence"),
        _text("organ", 64),
        sa.Column("due", Instant()),
        _text("rung", 12),
        _text("colour", 8),
        _text("evaluation", 64),
        _text("appellant", 64),
        _text("reason", 1000),
        sa.Column("raised_at", Instant(), nullable=False),
        _json("ladder_steps"),
        _text("state", 12),
        _text("answer", 1000),
    )
    op.create_index("ix_evaluation_appeal_organ", "evaluation_appeal", ["organ"])
    op.create_index("ix_evaluation_appeal_evaluation", "evaluation_appeal", ["evaluation"])


def downgrade() -> None:
    """Keep none of them."""
    for name in (
        "evaluation_appeal",
        "evaluation_result",
        "evaluation_version",
        "evaluation",
        "scheme_in_force",
        "evaluation_scheme",
    ):
        op.drop_table(name)
