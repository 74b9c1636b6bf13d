"""Keep ratings by themselves, with what is put right; those of one-things become such."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "digital_government_0010"
down_revision = "digital_government_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and move what one-things have there; what was rated badly before there were
    corrections needs none."""
    op.create_table(
        "rating",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("of", sa.String(20), nullable=False),
        sa.Column("rated", sa.String(64), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("grade", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.String(500)),
        sa.Column("publishable", sa.Boolean(), nullable=False),
        sa.Column("rated_at", Instant(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("correction", sa.String(20), nullable=False),
        sa.Column("rounds", sa.BigInteger(), nullable=False),
        sa.Column("clock", Json),
        sa.Column("due", Instant()),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("found", sa.String(2000)),
        sa.Column("done", sa.String(2000)),
        sa.Column("reported_in_time", sa.Boolean()),
        sa.Column("satisfied", sa.Boolean()),
        sa.Column("said", sa.String(2000)),
        sa.Column("appeal", sa.String(2000)),
        sa.Column("appeal_decision", sa.String(2000)),
    )
    for column in ("division", "organ", "owner", "period"):
        op.create_index(f"ix_rating_{column}", "rating", [column])
    _move()
    with op.batch_alter_table("one_thing") as table:
        table.drop_column("grade")
        table.drop_column("comment")


def _move() -> None:
    connection = op.get_bind()
    things = sa.table(
        "one_thing",
        *(sa.column(name) for name in ("id", "division", "thing", "owner", "grade", "comment")),
        sa.column("changed_at", Instant()),
    )
    for row in connection.execute(sa.select(things).where(things.c.grade.is_not(None))).all():
        values = _rating_of(row)
        ratings = sa.table("rating", *(sa.column(name) for name in values))
        connection.execute(sa.insert(ratings).values(**values))


def _rating_of(row: Any) -> dict[str, Any]:
    # When it was rated is not kept; a one-thing changes no more after that.
    at = row.changed_at
    return {
        "id": f"r-{row.id}",
        "division": row.division,
        "version": 1,
        "created_at": at,
        "changed_at": at,
        "event_sequence": 0,
        "of": "one_thing",
        "rated": row.id,
        "matter": row.thing,
        "organ": f"{row.division[:6]}-data_resources",
        "owner": row.owner,
        "grade": row.grade,
        "comment": row.comment,
        "publishable": False,
        "rated_at": at,
        "period": f"{at:%Y-%m}",
        "excluded": False,
        "correction": "none",
        "rounds": 0,
        "overdue": False,
    }


def downgrade() -> None:
    """Give one-things their ratings back; those of cases go."""
    with op.batch_alter_table("one_thing") as table:
        table.add_column(sa.Column("grade", sa.BigInteger()))
        table.add_column(sa.Column("comment", sa.String(500)))
    op.execute(
        "UPDATE one_thing SET grade = (SELECT grade FROM rating WHERE rated = one_thing.id),"
        " comment = (SELECT comment FROM rating WHERE rated = one_thing.id)"
    )
    op.drop_table("rating")
