"""Know the sessions that were revoked, until their last token has expired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant

revision = "platform_0006"
down_revision = "platform_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with an index of those that count still."""
    op.create_table(
        "revoked_session",
        sa.Column("id", sa.String(64), primary_key=True, comment="the tokens' sid"),
        sa.Column("until", Instant(), nullable=False, comment="machine clock"),
    )
    op.create_index("revoked_session_until", "revoked_session", ["until"])


def downgrade() -> None:
    """Drop it; tokens of revoked sessions are good until they expire."""
    op.drop_table("revoked_session")
