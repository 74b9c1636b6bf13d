"""Write less for each event: an index nobody reads goes, two others keep what is looked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0003"
down_revision = "platform_0002"
branch_labels = None
depends_on = None

UNPUBLISHED = sa.text("published_at IS NULL")
OF_A_SCENARIO = sa.text("scenario <> ''")
# What PostgreSQL calls it by itself; SQLite has no name for it.
NAMES = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}


def unpublished(*columns: str) -> None:
    """The small index of what is still to be sent, by these columns."""
    op.drop_index("outbox_unpublished", "outbox")
    op.create_index(
        "outbox_unpublished",
        "outbox",
        list(columns),
        postgresql_where=UNPUBLISHED,
        sqlite_where=UNPUBLISHED,
    )


def scenarios(condition: sa.TextClause | None) -> None:
    """The indexes by which a scenario is followed."""
    for table in ("outbox", "audit"):
        op.drop_index(f"{table}_scenario", table)
        op.create_index(
            f"{table}_scenario",
            table,
            ["scenario"],
            postgresql_where=condition,
            sqlite_where=condition,
        )


def upgrade() -> None:
    """A relay takes windows over all the partitions that it holds; an event's id is drawn at
    random and never looked up; most commands belong to no scenario."""
    unpublished("position")
    scenarios(OF_A_SCENARIO)
    with op.batch_alter_table("outbox", naming_convention=NAMES) as outbox:
        outbox.drop_constraint("outbox_id_key", type_="unique")


def downgrade() -> None:
    """As it was."""
    with op.batch_alter_table("outbox", naming_convention=NAMES) as outbox:
        outbox.create_unique_constraint("outbox_id_key", ["id"])
    scenarios(None)
    unpublished("partition", "position")
