"""Establish posts, appoint officials to them, and let accounts be opened and closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "identity_data_0022"
down_revision = "identity_data_0021"
branch_labels = None
depends_on = None


def _record(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        *columns,
    )
    op.create_index(f"ix_{name}_division", name, ["division"])


def upgrade() -> None:
    """Create both tables; no account is closed, and no session is under a post."""
    _record(
        "post",
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(100), nullable=False, comment="principal; empty: vacant"),
        sa.Column("appointments", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_post_organ", "post", ["organ"])
    _record(
        "appointment",
        sa.Column("post", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), comment="first day on which it is over"),
        sa.Column("basis", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("basis_of_end", sa.String(200)),
        sa.Column("taken_over", Json, nullable=False),
    )
    op.create_index("ix_appointment_post", "appointment", ["post"])
    op.create_index("ix_appointment_holder", "appointment", ["holder"])
    with op.batch_alter_table("account") as account:
        account.add_column(
            sa.Column("event_sequence", sa.BigInteger(), nullable=False, server_default="0")
        )
        account.add_column(sa.Column("closed_on", sa.Date()))
    with op.batch_alter_table("account") as account:
        account.alter_column("event_sequence", server_default=None)
    with op.batch_alter_table("sign_in_session") as session:
        session.add_column(sa.Column("post", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("sign_in_session") as session:
        session.alter_column("post", server_default=None)


def downgrade() -> None:
    """Forget posts and who held them; accounts that were closed are open again."""
    with op.batch_alter_table("sign_in_session") as session:
        session.drop_column("post")
    with op.batch_alter_table("account") as account:
        account.drop_column("closed_on")
        account.drop_column("event_sequence")
    op.drop_table("appointment")
    op.drop_table("post")
