"""The leaf measures of directives, central tasks and matters between organs, counted from this
service's own events."""

from __future__ import annotations

from services.party_government.models import (
    InternalMatter,
    MatterHandling,
    Measure,
    Milestone,
    Receipt,
    TaskReport,
)
from shared.context import Context
from shared.contracts.party_government import (
    HandlingAccepted,
    InternalMatterById,
    InternalMatterDecided,
    InternalMatterSubmitted,
    MatterHandlingById,
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
    "InternalMatter": Shown(InternalMatter, InternalMatterById),
    "MatterHandling": Shown(MatterHandling, MatterHandlingById),
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


@subscribes(InternalMatterSubmitted)
def count_submitted_matter(
    event: InternalMatterSubmitted, envelope: Envelope, context: Context
) -> None:
    """`internal_matters_submitted`, in the division of whoever submitted it."""
    count(Measure, "internal_matters_submitted", envelope.divisioncode, context)


@subscribes(InternalMatterDecided)
def count_decided_matter(
    event: InternalMatterDecided, envelope: Envelope, context: Context
) -> None:
    """`internal_matters_decided`, and of them `internal_matters_in_time`, in the division of the
    organ that decided it."""
    count(Measure, "internal_matters_decided", envelope.divisioncode, context)
    if event.in_time:
        count(Measure, "internal_matters_in_time", envelope.divisioncode, context)
