"""Let sessions be revoked, by whoever they are of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "identity_data_0012"
down_revision = "identity_data_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The sessions that there are belong to whom their accounts sign in as; the default is for code
    that does not know the column yet."""
    with op.batch_alter_table("sign_in_session") as session:
        session.add_column(
            sa.Column("principal", sa.String(100), nullable=False, server_default="")
        )
        session.add_column(sa.Column("revoked_at", Instant()))
    op.execute(
        "UPDATE sign_in_session SET principal = account.principal_id FROM account"
        " WHERE account.id = sign_in_session.account"
    )
    op.create_index("ix_sign_in_session_principal", "sign_in_session", ["principal"])


def downgrade() -> None:
    """Without whom they are of; a revoked session lives until its end again."""
    with op.batch_alter_table("sign_in_session") as session:
        session.drop_index("ix_sign_in_session_principal")
        session.drop_column("revoked_at")
        session.drop_column("principal")
