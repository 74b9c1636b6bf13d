"""The leaf measures of directives and central tasks, counted from this service's own events."""

from __future__ import annotations

from services.party_government.models import Measure, Milestone, Receipt, TaskReport
from shared.context import Context
from shared.contracts.party_government import (
    HandlingAccepted,
    MilestoneDone,
    ReceiptEscalated,
    ReceiptSigned,
    ReceivedDirectiveById,
    ReportsOfMilestone,
    TaskDutiesOfDivision,
    TaskReportGiven,
    TaskReportMissed,
)
from shared.drilldown import Shown
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope

SHOWS = {
    "Milestone": Shown(Milestone, ReportsOfMilestone),
    "Receipt": Shown(Receipt, ReceivedDirectiveById),
    "TaskReport": Shown(TaskReport, TaskDutiesOfDivision),
}
"""By which query a record that is counted here is shown."""


@subscribes(ReceiptSigned)
def count_signed(event: ReceiptSigned, envelope: Envelope, context: Context) -> None:
    """`directives_signed`, and of them `directives_signed_in_time`."""
    count(Measure, "directives_signed", envelope.divisioncode, context)
    if event.colour == "green":
        count(Measure, "directives_signed_in_time", envelope.divisioncode, context)


@subscribes(HandlingAccepted)
def count_handled(event: HandlingAccepted, envelope: Envelope, context: Context) -> None:
    """`directives_handled`, and of them `directives_handled_in_time`."""
    count(Measure, "directives_handled", envelope.divisioncode, context)
    if event.colour == "green":
        count(Measure, "directives_handled_in_time", envelope.divisioncode, context)


@subscribes(ReceiptEscalated)
def count_criticised(event: ReceiptEscalated, envelope: Envelope, context: Context) -> None:
    """`organs_criticised`: how often an organ was publicly criticised over a directive."""
    if event.rung == "criticised":
        count(Measure, "organs_criticised", envelope.divisioncode, context)


@subscribes(MilestoneDone)
def count_milestone(event: MilestoneDone, envelope: Envelope, context: Context) -> None:
    """`milestones_done`, and of them `milestones_done_in_time`."""
    count(Measure, "milestones_done", envelope.divisioncode, context)
    if event.colour == "green":
        count(Measure, "milestones_done_in_time", envelope.divisioncode, context)


@subscribes(TaskReportGiven)
def count_report(event: TaskReportGiven, envelope: Envelope, context: Context) -> None:
    """`task_reports_due`, and of them `task_reports_given`."""
    count(Measure, "task_reports_due", envelope.divisioncode, context)
    count(Measure, "task_reports_given", envelope.divisioncode, context)


@subscribes(TaskReportMissed)
def count_missed_report(event: TaskReportMissed, envelope: Envelope, context: Context) -> None:
    """`task_reports_due` where none was given."""
    count(Measure, "task_reports_due", envelope.divisioncode, context)
