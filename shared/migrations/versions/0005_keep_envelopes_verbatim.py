"""Keep the envelopes of events as the text that they were written as."""

from __future__ import annotations

from alembic import op

revision = "platform_0005"
down_revision = "platform_0004"
branch_labels = None
depends_on = None


def change_to(kind: str) -> None:
    """SQLite keeps text either way."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("outbox", "inbox"):
            op.execute(
                f"ALTER TABLE {table} ALTER COLUMN envelope TYPE {kind} USING envelope::{kind}"
            )


def upgrade() -> None:
    """To JSON, which PostgreSQL gives out as it came in."""
    change_to("json")


def downgrade() -> None:
    """To JSONB, which it takes apart and puts together."""
    change_to("jsonb")
