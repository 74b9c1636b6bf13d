"""Keep central tasks, the editions of their plans, milestones, reports and deadlines."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json

revision = "party_government_0050"
down_revision = "party_government_0041"
branch_labels = None
depends_on = None

TABLES = (
    "central_task",
    "plan_edition",
    "milestone",
    "milestone_report",
    "task_report",
    "task_deadline",
)


def _record(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        *columns,
    ]


def _aggregate(*columns: sa.Column[Any]) -> list[sa.Column[Any]]:
    return _record(sa.Column("event_sequence", sa.BigInteger(), nullable=False), *columns)


def upgrade() -> None:
    """Create their tables; the first task is reference data, which the next load brings."""
    op.create_table(
        "central_task",
        *_aggregate(
            sa.Column("root", sa.String(64), nullable=False),
            sa.Column("parent", sa.String(64)),
            sa.Column("planned_by", sa.String(64)),
            sa.Column("key", sa.String(30), nullable=False),
            sa.Column("title", sa.String(100), nullable=False),
            sa.Column("weight", sa.Float(), nullable=False),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("responsible", sa.String(64), nullable=False),
            sa.Column("supervising", sa.String(64), nullable=False),
            sa.Column("post", sa.String(60), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("edition", sa.BigInteger(), nullable=False),
            sa.Column("proposals", sa.BigInteger(), nullable=False),
            sa.Column("aim", sa.String(2000), nullable=False),
            sa.Column("basis", sa.String(200), nullable=False),
            sa.Column("begins", sa.Date()),
            sa.Column("urgency", sa.String(12), nullable=False),
            sa.Column("reports", sa.String(12)),
            sa.Column("meetings", sa.String(12)),
            sa.Column("numbered", sa.BigInteger(), nullable=False),
            sa.Column("adoptions", sa.BigInteger(), nullable=False),
        ),
    )
    op.create_index("ix_central_task_organ", "central_task", ["organ"])
    op.create_index("ix_central_task_planned_by", "central_task", ["planned_by"])
    op.create_index("ix_central_task_root", "central_task", ["root"])
    op.create_table(
        "plan_edition",
        *_aggregate(
            sa.Column("task", sa.String(64), nullable=False),
            sa.Column("number", sa.BigInteger(), nullable=False),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("plan", Json, nullable=False),
            sa.Column("changes", Json, nullable=False),
            sa.Column("reason", sa.String(500), nullable=False),
            sa.Column("proposed_by", sa.String(100), nullable=False),
            sa.Column("proposed_at", Instant(), nullable=False),
            sa.Column("reviewed_by", sa.String(100), nullable=False),
            sa.Column("reviewed_at", Instant()),
            sa.Column("opinion", sa.String(500), nullable=False),
        ),
    )
    op.create_index("ix_plan_edition_organ", "plan_edition", ["organ"])
    op.create_index("ix_plan_edition_task", "plan_edition", ["task"])
    op.create_table(
        "milestone",
        *_aggregate(
            sa.Column("root", sa.String(64), nullable=False),
            sa.Column("task", sa.String(64), nullable=False),
            sa.Column("planned_by", sa.String(64), nullable=False),
            sa.Column("key", sa.String(30), nullable=False),
            sa.Column("supervising", sa.String(64), nullable=False),
            sa.Column("planned", sa.Date(), nullable=False),
            sa.Column("title", sa.String(100), nullable=False),
            sa.Column("days", sa.BigInteger()),
            sa.Column("after", Json, nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("clocked", sa.Boolean(), nullable=False),
            sa.Column("reports", sa.BigInteger(), nullable=False),
            sa.Column("reported_at", Instant()),
            sa.Column("done_on", sa.Date()),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("due", Instant()),
            sa.Column("rung", sa.String(12), nullable=False),
            sa.Column("colour", sa.String(8), nullable=False),
        ),
    )
    op.create_index("ix_milestone_organ", "milestone", ["organ"])
    op.create_index("ix_milestone_planned_by", "milestone", ["planned_by"])
    op.create_index("ix_milestone_root", "milestone", ["root"])
    op.create_index("ix_milestone_task", "milestone", ["task"])
    op.create_table(
        "milestone_report",
        *_aggregate(
            sa.Column("milestone", sa.String(64), nullable=False),
            sa.Column("root", sa.String(64), nullable=False),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("text", sa.String(2000), nullable=False),
            sa.Column("evidence", Json, nullable=False),
            sa.Column("reported_by", sa.String(100), nullable=False),
            sa.Column("reported_at", Instant(), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("checked_by", sa.String(100), nullable=False),
            sa.Column("opinion", sa.String(500), nullable=False),
        ),
    )
    op.create_index("ix_milestone_report_milestone", "milestone_report", ["milestone"])
    op.create_index("ix_milestone_report_organ", "milestone_report", ["organ"])
    op.create_index("ix_milestone_report_root", "milestone_report", ["root"])
    op.create_table(
        "task_report",
        *_aggregate(
            sa.Column("root", sa.String(64), nullable=False),
            sa.Column("task", sa.String(64), nullable=False),
            sa.Column("supervising", sa.String(64), nullable=False),
            sa.Column("kind", sa.String(12), nullable=False),
            sa.Column("period", sa.String(12), nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("text", sa.String(2000), nullable=False),
            sa.Column("given_by", sa.String(100), nullable=False),
            sa.Column("given_at", Instant()),
            sa.Column("organ", sa.String(64), nullable=False),
            sa.Column("due", Instant()),
            sa.Column("rung", sa.String(12), nullable=False),
            sa.Column("colour", sa.String(8), nullable=False),
        ),
    )
    op.create_index("ix_task_report_organ", "task_report", ["organ"])
    op.create_index("ix_task_report_root", "task_report", ["root"])
    op.create_index("ix_task_report_task", "task_report", ["task"])
    op.create_table(
        "task_deadline",
        *_record(
            sa.Column("root", sa.String(64), nullable=False),
            sa.Column("due", Instant(), nullable=False),
            sa.Column("steps", Json, nullable=False),
        ),
    )
    for table in TABLES:
        op.create_index(f"ix_{table}_division", table, ["division"])


def downgrade() -> None:
    """Know no tasks."""
    for table in reversed(TABLES):
        op.drop_table(table)
