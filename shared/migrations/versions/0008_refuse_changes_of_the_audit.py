"""Refuse to change or remove an audit row, and give the audit away where somebody keeps it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "platform_0008"
down_revision = "platform_0007"
branch_labels = None
depends_on = None

REFUSAL = "audit rows are neither changed nor removed"

# For each statement, not for each row: it also refuses what would meet no row, and TRUNCATE; an
# insertion is not looked at and costs what it did. ALWAYS holds for a session that replicates too.
ON_POSTGRESQL = (
    f"""
    CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege'; END $$
    """,
    """
    CREATE TRIGGER audit_is_only_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()
    """,
    "ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_is_only_appended",
)
ON_SQLITE = tuple(
    f"CREATE TRIGGER audit_refuses_{act} BEFORE {act} ON audit"
    f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for act in ("update", "delete")
)


def upgrade() -> None:
    """Make the triggers; `keep_audit` is made by whoever makes databases (`deploy/servers.py`).

    From then on a migration of this role cannot alter these two tables either: one that must is
    for the database's administrator.
    """
    connection = op.get_bind()
    on_postgresql = connection.dialect.name == "postgresql"
    for statement in ON_POSTGRESQL if on_postgresql else ON_SQLITE:
        op.execute(statement)
    if on_postgresql and connection.scalar(sa.text("SELECT to_regproc('public.keep_audit')")):
        op.execute("SELECT public.keep_audit()")


def downgrade() -> None:
    """Refused by the database where the audit was given away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_is_only_appended ON audit")
        op.execute("DROP FUNCTION refuse_change_of_audit()")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_refuses_{act}")
