"""Find what an organ received of a directive by both."""

from __future__ import annotations

from alembic import op

revision = "party_government_0056"
down_revision = "party_government_0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index in place of that of directives alone."""
    op.create_index("receipt_of_directive", "receipt", ["directive", "organ"])
    op.drop_index("ix_receipt_directive", "receipt")


def downgrade() -> None:
    """As before."""
    op.create_index("ix_receipt_directive", "receipt", ["directive"])
    op.drop_index("receipt_of_directive", "receipt")
