"""Let divisions be merged: divisions and organs change, and open work passes to successors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0008"
down_revision = "identity_data_0007"
branch_labels = None
depends_on = None


def guarded(*, of_division: bool) -> list[sa.Column[object]]:
    """The columns of a record that is written under the guard of its version."""
    columns: list[sa.Column[object]] = [
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
    ]
    if of_division:
        columns.append(sa.Column("division", sa.String(12), nullable=False, server_default="33"))
    return columns


def upgrade() -> None:
    """What was reference data until now keeps its rows, as version 1."""
    with op.batch_alter_table("division") as division:
        division.alter_column("id", type_=sa.String(100))
        for column in guarded(of_division=True):
            division.add_column(column)
    op.execute("UPDATE division SET division = id")
    with op.batch_alter_table("division") as division:
        division.alter_column("version", server_default=None)
        division.alter_column("division", server_default=None)
        division.create_index("ix_division_division", ["division"])
    with op.batch_alter_table("organ") as organ:
        organ.alter_column("id", type_=sa.String(100))
        for column in guarded(of_division=False):
            organ.add_column(column)
        organ.add_column(sa.Column("valid_from", sa.Date()))
        organ.add_column(sa.Column("valid_to", sa.Date()))
        organ.add_column(sa.Column("successor", sa.String(64)))
    with op.batch_alter_table("organ") as organ:
        organ.alter_column("version", server_default=None)
    op.create_table(
        "division_merger",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("moves", Json, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("passed", Json, nullable=False),
    )
    op.create_index("ix_division_merger_division", "division_merger", ["division"])
    op.create_table(
        "passage",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("moves", Json, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_passage_division", "passage", ["division"])


def downgrade() -> None:
    """Divisions and organs are reference data again; what changed in them stays."""
    op.drop_table("passage")
    op.drop_table("division_merger")
    with op.batch_alter_table("organ") as organ:
        for name in ("version", "created_at", "changed_at", "valid_from", "valid_to", "successor"):
            organ.drop_column(name)
        organ.alter_column("id", type_=sa.String(64))
    with op.batch_alter_table("division") as division:
        division.drop_index("ix_division_division")
        for name in ("version", "created_at", "changed_at", "division"):
            division.drop_column(name)
        division.alter_column("id", type_=sa.String(12))
