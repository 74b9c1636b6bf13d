"""Keep answers before an application is handed in, and the English names of items beside them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from shared.storage import Json

revision = "digital_government_0014"
down_revision = "digital_government_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the names out of the definitions. The defaults are for rows that code of before
    writes."""
    with op.batch_alter_table("application") as table:
        table.add_column(sa.Column("kept", Json, nullable=False, server_default="{}"))
    with op.batch_alter_table("item_edition") as table:
        table.add_column(sa.Column("name_en", sa.String(150), nullable=False, server_default=""))
    connection = op.get_bind()
    editions = sa.table(
        "item_edition",
        sa.column("id", sa.String),
        sa.column("name_en", sa.String),
        sa.column("definition", sa.Text),
    )
    names = [
        {"key": key, "named": json.loads(definition)["name_en"]}
        for key, definition in connection.execute(sa.select(editions.c.id, editions.c.definition))
    ]
    if names:
        connection.execute(
            sa.update(editions)
            .where(editions.c.id == sa.bindparam("key"))
            .values(name_en=sa.bindparam("named")),
            names,
        )


def downgrade() -> None:
    """Forget what was kept."""
    with op.batch_alter_table("item_edition") as table:
        table.drop_column("name_en")
    with op.batch_alter_table("application") as table:
        table.drop_column("kept")
