"""Let licences be suspended, revoked and expire, by the organ that issued them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "identity_data_0011"
down_revision = "identity_data_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A revoked licence stays revoked; the organ is the one whose name a licence bears. One whose
    organ is known no more has none, and nobody can decide on it."""
    with op.batch_alter_table("licence") as licence:
        licence.add_column(sa.Column("organ", sa.String(64), nullable=False, server_default=""))
        licence.add_column(
            sa.Column("state", sa.String(20), nullable=False, server_default="in_force")
        )
        licence.add_column(sa.Column("last_day", sa.Date()))
        for name, size in (("reason", 500), ("legal_basis", 200)):
            licence.add_column(sa.Column(name, sa.String(size), nullable=False, server_default=""))
    op.execute("UPDATE licence SET state = 'revoked' WHERE revoked")
    op.execute(
        "UPDATE licence SET organ = COALESCE((SELECT MAX(organ.id) FROM organ"
        " WHERE organ.name = licence.content ->> 'issuing_organ'), '')"
    )
    with op.batch_alter_table("licence") as licence:
        licence.drop_column("revoked")
        for name in ("organ", "state", "reason", "legal_basis"):
            licence.alter_column(name, server_default=None)


def downgrade() -> None:
    """What was suspended or expired is in force again."""
    with op.batch_alter_table("licence") as licence:
        licence.add_column(
            sa.Column("revoked", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(sa.text("UPDATE licence SET revoked = (state = 'revoked')"))
    with op.batch_alter_table("licence") as licence:
        licence.alter_column("revoked", server_default=None)
        for name in ("organ", "state", "last_day", "reason", "legal_basis"):
            licence.drop_column(name)
