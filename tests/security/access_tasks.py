"""Messages about central tasks, their plans, milestones and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from services.party_government.domain.cadence import Period
from services.party_government.domain.plans import MilestoneState, TaskState
from services.party_government.models import (
    CentralTask,
    KnownOrgan,
    Milestone,
    MilestoneReport,
    PlanEdition,
    TaskReport,
)
from services.party_government.models.tasks import edition_id, report_id
from shared.context import Context
from tests.security.databases import Databases, Payload, Resource, only

SUPERVISING = "33-government"


def _know(databases: Databases, *organs: str) -> None:
    def keep(context: Context) -> None:
        for organ in organs:
            if context.unit.find(KnownOrgan, organ) is None:
                place = organ.partition("-")[0]
                division = place if place.isdigit() else "330106"
                context.unit.add(KnownOrgan(id=organ, division=division, name=organ))

    databases.act("party_government", keep)


def _task(databases: Databases, resource: Resource) -> CentralTask:
    """A whole task in force, led by the resource's organ in its division."""
    key = f"task-{databases.number()}"
    organ = resource.get("organ", "330106-government")
    _know(databases, organ, SUPERVISING)
    return CentralTask(
        id=key,
        root=key,
        division=resource.get("division", "330106"),
        title="重大任务",
        organ=organ,
        responsible=organ,
        supervising=SUPERVISING,
        post="局长",
        state=TaskState.IN_FORCE.value,
        begins=databases.now.date(),
    )


def on_task(more: Mapping[str, Any], databases: Databases, resource: Resource) -> Payload:
    """One in force."""
    task = _task(databases, resource)
    databases.add("party_government", task)
    return {"task_id": task.id, **more}


def _edition(databases: Databases, task: CentralTask, organ: str) -> PlanEdition:
    return PlanEdition(
        id=edition_id(task.id, 1),
        division="33",
        task=task.id,
        number=1,
        organ=organ,
        plan={"parts": [], "milestones": [], "mechanism": None},
        changes=[],
        reason="首次编制",
        proposed_by="account.office",
        proposed_at=databases.now,
    )


def withdraw_plan(databases: Databases, resource: Resource) -> Payload:
    """One waits."""
    task = _task(databases, resource)
    task.proposals = 1
    databases.add("party_government", task, _edition(databases, task, SUPERVISING))
    return {"task_id": task.id}


def review_plan(databases: Databases, resource: Resource) -> Payload:
    """One waits for that organ."""
    task = _task(databases, {})
    edition = _edition(databases, task, resource.get("organ", SUPERVISING))
    databases.add("party_government", task, edition)
    return {"edition_id": edition.id, "verdict": "adopt", "opinion": "同意"}


def _milestone(
    databases: Databases, resource: Resource, state: MilestoneState
) -> tuple[Milestone, MilestoneReport]:
    task = _task(databases, resource)
    one = Milestone(
        id=f"{task.id}.m1",
        division=task.division,
        organ=task.responsible,
        root=task.id,
        task=task.id,
        planned_by=task.id,
        key="online",
        supervising=SUPERVISING,
        planned=databases.now.date(),
        title="功能上线",
        state=state.value,
    )
    if state is not MilestoneState.OPEN:
        one.reports, one.reported_at = 1, databases.now
    report = MilestoneReport(
        id=report_id(one.id, 1),
        division="33",
        milestone=one.id,
        root=task.id,
        organ=SUPERVISING,
        text="已上线",
        evidence=[],
        reported_by="account.office",
        reported_at=databases.now,
    )
    databases.add("party_government", task, one)
    return one, report


def on_milestone(
    state: MilestoneState, more: Mapping[str, Any], databases: Databases, resource: Resource
) -> Payload:
    """One that such an organ owes."""
    one, report = _milestone(databases, resource, state)
    if state is not MilestoneState.OPEN:
        databases.add("party_government", report)
    return {"milestone_id": one.id, **more}


def close_task(databases: Databases, resource: Resource) -> Payload:
    """One whose only milestone is done."""
    one, _ = _milestone(databases, resource, MilestoneState.DONE)
    return {"task_id": one.task, "opinion": "目标达成"}


def check_milestone(databases: Databases, resource: Resource) -> Payload:
    """A report before that organ."""
    _, report = _milestone(databases, {}, MilestoneState.REPORTED)
    report.organ = resource.get("organ", SUPERVISING)
    databases.add("party_government", report)
    return {"report_id": report.id, "verdict": "confirm", "opinion": "已核"}


def give_task_report(databases: Databases, resource: Resource) -> Payload:
    """One that such an organ owes."""
    task = _task(databases, resource)
    period = Period.holding("monthly", databases.now.date() + timedelta(days=31))
    report = TaskReport.of(task, "report", period)
    databases.add("party_government", task, report)
    return {"report_id": report.id, "text": "进展顺利"}


def register_task(databases: Databases, resource: Resource) -> Payload:
    """Its organs are known."""
    division = resource["division"]
    organ = f"{division}-data_resources"
    _know(databases, organ, SUPERVISING)
    return {
        "division": division,
        "title": "重大任务",
        "aim": "目标",
        "basis": "工作部署",
        "begins": databases.now.date().isoformat(),
        "lead": organ,
        "responsible": organ,
        "supervising": SUPERVISING,
        "post": "局长",
    }


PLAN = {"plan": {"mechanism": {"reports": "monthly"}}, "reason": "首次编制"}
EVIDENCE = {"text": "已上线", "evidence": [{"reference": "验收1号", "title": "验收报告"}]}

CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "RegisterTask": register_task,
    "ProposePlan": partial(on_task, PLAN),
    "WithdrawPlan": withdraw_plan,
    "ReviewPlan": review_plan,
    "CloseTask": close_task,
    "EndTask": partial(on_task, {"reason": "不再需要"}),
    "ReportMilestone": partial(on_milestone, MilestoneState.OPEN, EVIDENCE),
    "WithdrawMilestoneReport": partial(on_milestone, MilestoneState.REPORTED, {}),
    "CheckMilestone": check_milestone,
    "GiveTaskReport": give_task_report,
    "TasksOfDivision": only(),
    "TaskTree": partial(on_task, {}),
    "TaskTimetable": partial(on_task, {}),
    "RouteMap": partial(on_task, {}),
    "PlanEditions": partial(on_task, {}),
    "ReportsOfMilestone": partial(on_milestone, MilestoneState.REPORTED, {}),
    "TaskDutiesOfDivision": only(),
}
