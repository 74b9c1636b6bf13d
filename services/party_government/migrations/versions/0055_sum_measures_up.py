"""Keep the sums of leaf measures over divisions, and rebuild the read model of the one screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.divisions import lineage
from shared.storage import Instant, Json

revision = "party_government_0055"
down_revision = "party_government_0050"
branch_labels = None
depends_on = None

TABLES = (
    "measure_total",
    "screen_sequence",
    "rebuilt_value",
    "rebuilt_merger",
    "screen_rebuild",
)
ROWS_AT_ONCE = 1000


def _record(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        *columns,
    ]


def _figure(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return _record(
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("distribution", Json, nullable=False),
        *columns,
    )


def _merger(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return _record(
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("moves", Json, nullable=False),
        *columns,
    )


def upgrade() -> None:
    """Create the tables, and sum up what is known already."""
    with op.batch_alter_table("known_merger") as table:
        table.add_column(sa.Column("event_id", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "measure_total", *_figure(sa.Column("sequence", sa.BigInteger(), nullable=False))
    )
    op.create_index("measure_total_feed", "measure_total", ["division", "sequence"])
    op.create_table(
        "screen_sequence", *_record(sa.Column("changes", sa.BigInteger(), nullable=False))
    )
    op.create_table(
        "rebuilt_value",
        *_figure(
            sa.Column("measure_version", sa.BigInteger(), nullable=False),
            sa.Column("event_id", sa.String(64), nullable=False),
        ),
    )
    op.create_table(
        "rebuilt_merger", *_merger(sa.Column("event_id", sa.String(64), nullable=False))
    )
    op.create_table(
        "screen_rebuild",
        *_record(
            sa.Column("event_sequence", sa.BigInteger(), nullable=False),
            sa.Column("number", sa.BigInteger(), nullable=False, unique=True),
            sa.Column("reason", sa.String(2000), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("step", sa.String(40), nullable=False),
            sa.Column("after", sa.String(200), nullable=False),
            sa.Column("position", sa.BigInteger(), nullable=False),
            sa.Column("head", sa.BigInteger(), nullable=False),
            sa.Column("read", sa.BigInteger(), nullable=False),
            sa.Column("compared", sa.BigInteger(), nullable=False),
            sa.Column("put_right", sa.BigInteger(), nullable=False),
            sa.Column("wrong", Json, nullable=False),
            sa.Column("ended_at", Instant()),
        ),
    )
    for name in ("measure_total", "rebuilt_value"):
        op.create_index(f"ix_{name}_measure", name, ["measure"])
    for name in TABLES:
        op.create_index(f"ix_{name}_division", name, ["division"])
    _sum_up(op.get_bind())


def _sum_up(connection: sa.Connection) -> None:
    leaves = sa.Table("measure_value", sa.MetaData(), autoload_with=connection)
    totals = sa.table(
        "measure_total",
        *(sa.column(name) for name in ("id", "division", "version", "owner", "measure")),
        *(sa.column(name) for name in ("period", "value", "sequence")),
        sa.column("distribution", Json),
    )
    values: Counter[tuple[str, str, str, str]] = Counter()
    observed: defaultdict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    distribution = sa.type_coerce(leaves.c.distribution, Json).label("distribution")
    chosen = sa.select(
        leaves.c.owner, leaves.c.measure, leaves.c.division, leaves.c.period, leaves.c.value
    ).add_columns(distribution)
    for row in connection.execute(chosen):
        for place in lineage(row.division):
            key = (row.owner, row.measure, place, row.period)
            values[key] += row.value
            observed[key].update(row.distribution)
    changes: Counter[str] = Counter()
    rows = []
    for (owner, measure, place, period), value in sorted(values.items()):
        changes[place] += 1
        rows.append(
            {
                "id": f"{owner}.{measure}.{place}.{period}",
                "division": place,
                "version": 1,
                "owner": owner,
                "measure": measure,
                "period": period,
                "value": value,
                "distribution": dict(observed[owner, measure, place, period]),
                "sequence": changes[place],
            }
        )
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(sa.insert(totals), rows[first : first + ROWS_AT_ONCE])
    sequences = sa.table(
        "screen_sequence",
        *(sa.column(name) for name in ("id", "division", "version", "changes")),
    )
    if changes:
        connection.execute(
            sa.insert(sequences),
            [
                {"id": place, "division": place, "version": 1, "changes": number}
                for place, number in changes.items()
            ],
        )


def downgrade() -> None:
    """Sum up at each reading again."""
    for name in reversed(TABLES):
        op.drop_table(name)
    with op.batch_alter_table("known_merger") as table:
        table.drop_column("event_id")
