"""Let a service hear more than once of one signing key: that it begins, and when it ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0007"
down_revision = "platform_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row of before has its key's id as its own, and code of before writes such rows still."""
    with op.batch_alter_table("trusted_key") as key:
        key.add_column(sa.Column("kid", sa.String(64)))


def downgrade() -> None:
    """One row for each key again, the first that came; those with an end that came later go."""
    op.execute("DELETE FROM trusted_key WHERE valid_to IS NOT NULL AND kid IS NOT NULL")
    op.execute("UPDATE trusted_key SET id = kid WHERE kid IS NOT NULL")
    with op.batch_alter_table("trusted_key") as key:
        key.drop_column("kid")
