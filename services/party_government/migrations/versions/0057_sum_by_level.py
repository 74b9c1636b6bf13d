"""Keep the totals of measures by the level of the divisions where something was counted."""

from __future__ import annotations

from collections import Counter, defaultdict

import sqlalchemy as sa
from alembic import op

from shared.divisions import level_of, lineage
from shared.storage import Json

revision = "party_government_0057"
down_revision = "party_government_0056"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000


def upgrade() -> None:
    """Add the column, and sum up what is known already."""
    with op.batch_alter_table("measure_total") as table:
        table.add_column(sa.Column("by_level", Json, nullable=False, server_default="{}"))
    _sum_up(op.get_bind())


def _sum_up(connection: sa.Connection) -> None:
    leaves = sa.table(
        "measure_value",
        *(sa.column(name) for name in ("owner", "measure", "division", "period", "value")),
    )
    by_level: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in connection.execute(sa.select(leaves)):
        level = str(int(level_of(row.division)))
        for place in lineage(row.division):
            by_level[f"{row.owner}.{row.measure}.{place}.{row.period}"][level] += row.value
    totals = sa.table("measure_total", sa.column("id"), sa.column("by_level", Json))
    statement = (
        sa.update(totals)
        .where(totals.c.id == sa.bindparam("total"))
        .values(by_level=sa.bindparam("levels", type_=Json))
    )
    rows = [{"total": key, "levels": dict(+levels)} for key, levels in by_level.items()]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(statement, rows[first : first + ROWS_AT_ONCE])


def downgrade() -> None:
    """Keep the totals alone."""
    with op.batch_alter_table("measure_total") as table:
        table.drop_column("by_level")
