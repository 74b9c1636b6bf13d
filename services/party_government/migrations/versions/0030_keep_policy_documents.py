"""Keep policy documents, what they rest on, and what stands on their clauses."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0030"
down_revision = "party_government_0020"
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[Any] | sa.UniqueConstraint) -> None:
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
        "policy_document",
        _number("event_sequence"),
        _text("organ", 64),
        _text("number", 60),
        _text("title", 200),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        _text("state", 12),
        _number("edition"),
        sa.Column("ended_on", sa.Date()),
        _text("end_reason", 500),
        _text("replaced_by", 60, nullable=True),
        _number("relied_on"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_policy_document_organ", "policy_document", ["organ"])
    _table(
        "document_edition",
        _text("document", 64),
        _number("edition"),
        _text("title", 200),
        sa.Column("since", sa.Date(), nullable=False),
        _text("reason", 500),
        _json("clauses"),
    )
    op.create_index("ix_document_edition_document", "document_edition", ["document"])
    _table(
        "document_basis",
        _text("document", 64),
        _number("edition"),
        _number("place"),
        _text("number", 60, nullable=True),
        _text("title", 200, nullable=True),
        _text("clause", 40, nullable=True),
    )
    op.create_index("ix_document_basis_document", "document_basis", ["document"])
    op.create_index("ix_document_basis_number", "document_basis", ["number"])
    _table(
        "clause_link",
        _number("event_sequence"),
        _text("organ", 64),
        _text("document", 64),
        _text("clause", 40, nullable=True),
        _text("kind", 12),
        _text("target", 64),
        sa.Column("ended_on", sa.Date()),
        _text("end_reason", 500),
    )
    op.create_index("ix_clause_link_document", "clause_link", ["document"])
    op.create_index("clause_link_of_target", "clause_link", ["kind", "target"])


def downgrade() -> None:
    """Keep none of them."""
    for name in (
        "clause_link",
        "document_basis",
        "document_edition",
        "policy_document",
    ):
        op.drop_table(name)
