"""What of central tasks passes to successors after a merger of divisions."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.party_government.domain.plans import (
    MilestoneState,
    PlanState,
    ReportState,
    TaskReportState,
    TaskState,
)
from services.party_government.models import (
    CentralTask,
    Milestone,
    MilestoneReport,
    PlanEdition,
    TaskReport,
)
from shared.succession import OpenWork


def _is_running(_: date) -> sa.ColumnElement[bool]:
    return CentralTask.state.in_([TaskState.REGISTERED, TaskState.IN_FORCE])


def _awaits_review(_: date) -> sa.ColumnElement[bool]:
    return PlanEdition.state == PlanState.PROPOSED


def _is_not_reached(_: date) -> sa.ColumnElement[bool]:
    return Milestone.state.in_([MilestoneState.OPEN, MilestoneState.REPORTED])


def _awaits_check(_: date) -> sa.ColumnElement[bool]:
    return MilestoneReport.state == ReportState.WAITING


def _is_owed(_: date) -> sa.ColumnElement[bool]:
    return TaskReport.state == TaskReportState.OWED


OPEN_WORK = (
    OpenWork("tasks", CentralTask, _is_running),
    OpenWork("plans", PlanEdition, _awaits_review),
    OpenWork("milestones", Milestone, _is_not_reached),
    OpenWork("milestone_reports", MilestoneReport, _awaits_check),
    OpenWork("task_reports", TaskReport, _is_owed),
)
