"""Reporting milestones and checking the reports; giving the reports of a period."""

from __future__ import annotations

from services.party_government.commands.deadlines import catch_up
from services.party_government.commands.tasks import organs_in_being
from services.party_government.models import Milestone, MilestoneReport, TaskReport
from services.party_government.models.tasks import report_id
from shared.context import Context
from shared.contracts.party_government import (
    CheckMilestone,
    GiveTaskReport,
    ReportMilestone,
    WithdrawMilestoneReport,
)
from shared.handling import handles


@handles(ReportMilestone)
def report_milestone(
    milestone: Milestone, order: ReportMilestone, context: Context
) -> MilestoneReport:
    """Report a milestone as done to its supervising organ; raises `MilestoneAlreadyReported`."""
    key = milestone.report(context.now)
    checks = organs_in_being([milestone.supervising], context)[milestone.supervising]
    report = context.unit.add(
        MilestoneReport(
            id=key,
            division=checks.division,
            milestone=milestone.id,
            root=milestone.root,
            organ=checks.id,
            text=order.text,
            evidence=[one.dump() for one in order.evidence],
            reported_by=context.actor.id,
            reported_at=context.now,
        )
    )
    report.submit()
    return report


@handles(WithdrawMilestoneReport)
def withdraw_milestone_report(
    milestone: Milestone, order: WithdrawMilestoneReport, context: Context
) -> None:
    """Take the report back; raises `NothingToWithdraw`. The ladder goes on where it would be."""
    milestone.reopen()
    context.unit.get(MilestoneReport, report_id(milestone.id, milestone.reports)).take_back()
    catch_up(milestone, context)


@handles(CheckMilestone)
def check_milestone(report: MilestoneReport, order: CheckMilestone, context: Context) -> None:
    """Confirm a milestone, or open it again with its deadline; raises `NothingToCheck`."""
    milestone = context.unit.get(Milestone, report.milestone)
    if report.check(order.verdict, order.opinion, context.actor.id):
        milestone.confirm()
    else:
        milestone.reopen()
        catch_up(milestone, context)


@handles(GiveTaskReport)
def give_task_report(report: TaskReport, order: GiveTaskReport, context: Context) -> None:
    """Give the report of a period, or the minutes of its meeting; raises `ReportNotOwed`."""
    report.give(order.text, context.actor.id, context.now)
