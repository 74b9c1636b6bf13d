"""Cases of central tasks, their plans, milestones and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from services.party_government.models import KnownOrgan
from shared.context import Context, Principal
from shared.contracts.party_government import (
    CheckMilestone,
    CloseTask,
    EndTask,
    GiveTaskReport,
    PlannedMilestone,
    ProposePlan,
    RegisterTask,
    ReportMilestone,
    ReviewPlan,
    TaskEvidence,
    TaskPlan,
    WithdrawMilestoneReport,
    WithdrawPlan,
    WorkingMechanism,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready, on_existing

OFFICE = Principal("account.office", "official", "33", "33-data_resources", ("general_office",))
LEADER = Principal("account.leader", "official", "33", "33-government", ("leader",))
REGISTRATION = RegisterTask(
    division="33",
    title="重大任务",
    aim="目标",
    basis="工作部署",
    begins=date(2026, 3, 2),
    lead="33-data_resources",
    responsible="33-data_resources",
    supervising="33-government",
    post="局长",
)
PLAN = TaskPlan(
    milestones=(PlannedMilestone(key="online", title="功能上线", due=date(2026, 3, 20)),),
    mechanism=WorkingMechanism(reports="monthly"),
)
REPORT = ReportMilestone(
    milestone_id="",
    text="已上线",
    evidence=(TaskEvidence(reference="验收〔2026〕1号", title="验收报告"),),
)


def _know_organs(harness: ServiceHarness) -> None:
    def keep(context: Context) -> None:
        for kind in ("government", "data_resources"):
            context.unit.add(
                KnownOrgan(id=f"33-{kind}", division="33", name=kind, kind=kind, level=1)
            )

    harness.act(keep)


def _registered(harness: ServiceHarness) -> str:
    _know_organs(harness)
    return harness.execute(REGISTRATION, OFFICE).id


def _proposed(harness: ServiceHarness) -> tuple[str, str]:
    task = _registered(harness)
    order = ProposePlan(task_id=task, plan=PLAN, reason="首次编制")
    return task, harness.execute(order, OFFICE).id


def _in_force(harness: ServiceHarness) -> str:
    task, edition = _proposed(harness)
    harness.execute(ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意"), LEADER)
    return task


def _reported(harness: ServiceHarness) -> tuple[str, str]:
    task = _in_force(harness)
    milestone = f"{task}.m1"
    return task, harness.execute(replace(REPORT, milestone_id=milestone), OFFICE).id


def register_task(harness: ServiceHarness) -> Ready:
    """Its organs are known."""
    _know_organs(harness)
    return Ready(REGISTRATION, OFFICE, replace(REGISTRATION, title="另一任务"))


def propose_plan(harness: ServiceHarness) -> Ready:
    """It is registered."""
    order = ProposePlan(task_id=_registered(harness), plan=PLAN, reason="首次编制")
    return on_existing(order, OFFICE)


def withdraw_plan(harness: ServiceHarness) -> Ready:
    """A proposal waits."""
    return on_existing(WithdrawPlan(task_id=_proposed(harness)[0]), OFFICE)


def review_plan(harness: ServiceHarness) -> Ready:
    """A proposal waits."""
    edition = _proposed(harness)[1]
    return on_existing(ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意"), LEADER)


def report_milestone(harness: ServiceHarness) -> Ready:
    """It is to be reached."""
    return on_existing(replace(REPORT, milestone_id=f"{_in_force(harness)}.m1"), OFFICE)


def withdraw_milestone_report(harness: ServiceHarness) -> Ready:
    """It was reported."""
    task = _reported(harness)[0]
    return on_existing(WithdrawMilestoneReport(milestone_id=f"{task}.m1"), OFFICE)


def check_milestone(harness: ServiceHarness) -> Ready:
    """It was reported."""
    report = _reported(harness)[1]
    order = CheckMilestone(report_id=report, verdict="confirm", opinion="已核")
    return on_existing(order, LEADER)


def give_task_report(harness: ServiceHarness) -> Ready:
    """The month began."""
    task = _in_force(harness)
    harness.settle()
    order = GiveTaskReport(report_id=f"{task}.report.2026-03", text="进展顺利")
    return on_existing(order, OFFICE)


def close_task(harness: ServiceHarness) -> Ready:
    """Its only milestone is done."""
    task, report = _reported(harness)
    harness.execute(CheckMilestone(report_id=report, verdict="confirm", opinion="已核"), LEADER)
    return on_existing(CloseTask(task_id=task, opinion="目标达成"), OFFICE)


def end_task(harness: ServiceHarness) -> Ready:
    """It is in force."""
    return on_existing(EndTask(task_id=_in_force(harness), reason="不再需要"), LEADER)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "RegisterTask": register_task,
    "ProposePlan": propose_plan,
    "WithdrawPlan": withdraw_plan,
    "ReviewPlan": review_plan,
    "ReportMilestone": report_milestone,
    "WithdrawMilestoneReport": withdraw_milestone_report,
    "CheckMilestone": check_milestone,
    "GiveTaskReport": give_task_report,
    "CloseTask": close_task,
    "EndTask": end_task,
}
