"""Central tasks: plans, milestones with their ladder, reports and meetings, route maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from services.identity_data.load import ORGANS_ON
from services.identity_data.reference.organs import organs_on
from services.party_government.domain.plans import (
    CircularParts,
    MilestoneAlreadyReported,
    NoSuchOrgan,
    NothingProposed,
    NothingToCheck,
    NothingToWithdraw,
    ReportNotOwed,
    TaskNotDone,
    TaskNotInForce,
    UnfitPlan,
    WholeTaskOnly,
)
from services.party_government.domain.routes import CircularRoute
from services.party_government.load import steps
from services.party_government.models import KnownOrgan, Measure
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.contracts.party_government import (
    CheckMilestone,
    CloseTask,
    EndTask,
    GiveTaskReport,
    MilestoneDone,
    MilestoneEscalated,
    MilestonePassedOn,
    MilestoneSet,
    PlanEditions,
    PlannedMilestone,
    PlannedPart,
    ProposePlan,
    RegisterTask,
    ReportMilestone,
    ReportsOfMilestone,
    ReviewPlan,
    RouteMap,
    TaskAssigned,
    TaskDutiesOfDivision,
    TaskEnded,
    TaskEvidence,
    TaskPlan,
    TaskReportEscalated,
    TaskReportMissed,
    TasksOfDivision,
    TaskTimetable,
    TaskTree,
    WithdrawMilestoneReport,
    WithdrawPlan,
    WorkingMechanism,
)
from shared.divisions import level_of
from shared.errors import NotAllowed
from shared.loading import load
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured, records_behind

OFFICE = Principal("office", "official", "33", "33-data_resources", ("general_office",))
CITY = Principal("office.3301", "official", "3301", "3301-government", ("general_office",))
DOER = Principal("doer", "official", "3301", "3301-data_resources")
INSPECTOR = Principal("inspector", "official", "33", "33-government", ("inspector",))
LEADER = Principal("leader", "official", "33", "33-government", ("leader",))

MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)
ORGANS = {
    "33-government": None,
    "33-data_resources": "33-government",
    "33-justice": "33-government",
    "3301-government": "33-government",
    "3301-data_resources": "3301-government",
    "330106-government": "3301-government",
    "330106-justice": "330106-government",
}


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    harness = make_service(PartyGovernment)
    harness.move_calendar(MONDAY)

    def know(context: Context) -> None:
        for code, parent in ORGANS.items():
            division, _, kind = code.partition("-")
            context.unit.add(
                KnownOrgan(
                    id=code,
                    division=division,
                    name=code,
                    kind=kind,
                    level=int(level_of(division)),
                    parent=parent,
                )
            )

    harness.act(know)
    return harness


REGISTRATION = RegisterTask(
    division="33",
    title="数字化改革",
    aim="全部功能上线",
    basis="工作部署",
    begins=date(2026, 3, 2),
    lead="33-data_resources",
    responsible="33-data_resources",
    supervising="33-government",
    post="局长",
)
EVIDENCE = (TaskEvidence(reference="浙改〔2026〕1号", title="验收报告"),)


def part(key: str, weight: float, **terms: Any) -> PlannedPart:
    given: dict[str, Any] = {
        "key": key,
        "title": f"部分{key}",
        "weight": weight,
        "lead": "3301-government",
        "responsible": "3301-data_resources",
        "supervising": "33-government",
        "post": "处长",
        **terms,
    }
    return PlannedPart(**given)


def milestone(key: str, day: date, **terms: Any) -> PlannedMilestone:
    return PlannedMilestone(key=key, title=f"节点{key}", due=day, **terms)


# Deadlines of March 2026, a Friday each.
FIRST, SECOND, THIRD = date(2026, 3, 6), date(2026, 3, 13), date(2026, 3, 20)
PLAN = TaskPlan(
    parts=(part("city", 60), part("law", 40, lead="33-justice", responsible="33-justice")),
    milestones=(
        milestone("ready", FIRST, part="city"),
        milestone("online", SECOND, part="city", after=("ready",)),
        milestone("norms", THIRD, part="law"),
    ),
)


def registered(harness: ServiceHarness) -> str:
    return harness.execute(REGISTRATION, OFFICE).id


def proposed(harness: ServiceHarness, task: str, plan: TaskPlan, by: Principal = OFFICE) -> str:
    return harness.execute(ProposePlan(task_id=task, plan=plan, reason="任务分解"), by).id


def adopt(harness: ServiceHarness, edition: str) -> None:
    harness.execute(ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意"), INSPECTOR)


def in_force(harness: ServiceHarness, plan: TaskPlan = PLAN) -> str:
    task = registered(harness)
    adopt(harness, proposed(harness, task, plan))
    return task


def ids(harness: ServiceHarness, task: str) -> dict[str, str]:
    """Milestones by the last letters of their titles."""
    found = harness.execute(TaskTimetable(task_id=task), INSPECTOR).milestones
    return {one.title.removeprefix("节点"): one.milestone_id for one in found}


def report(harness: ServiceHarness, milestone_id: str, by: Principal = DOER) -> str:
    order = ReportMilestone(milestone_id=milestone_id, text="已上线", evidence=EVIDENCE)
    return harness.execute(order, by).id


def check(harness: ServiceHarness, report_id: str, verdict: Any = "confirm") -> None:
    order = CheckMilestone(report_id=report_id, verdict=verdict, opinion="已核")
    harness.execute(order, INSPECTOR)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=CHINA)


# From registration to a colour


def test_a_task_is_decomposed_reported_checked_and_rolled_up_by_weight(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness)
    assigned = {event.task_id: event for event in harness.told(TaskAssigned)}
    assert [event.weight for event in assigned.values()] == [100, 60, 40]
    check(harness, report(harness, ids(harness, task)["ready"]))
    tree = harness.execute(TaskTree(task_id=task), INSPECTOR)
    assert [(one.key, one.share, one.progress) for one in tree.nodes] == [
        (None, 100, 30),
        ("city", 60, 50),
        ("law", 40, 0),
    ]
    assert [(one.level, one.tasks, one.progress) for one in tree.levels] == [(1, 2, 30), (2, 1, 50)]
    (done,) = harness.told(MilestoneDone)
    assert done.colour == "green"
    harness.settle()
    assert counted(harness) == measured(harness, Measure)
    seen, _ = records_behind(harness, DOER, "milestones_done", "3301", "2026-03")
    assert [(one.kind, one.id) for one in seen] == [("Milestone", done.id)]


def test_a_milestone_climbs_turns_red_and_yellow_once_it_is_caught_up(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness)
    ready = ids(harness, task)["ready"]
    harness.at(datetime(2026, 3, 12, tzinfo=CHINA))
    steps = [(one.rung, one.told) for one in harness.told(MilestoneEscalated)]
    assert steps == [
        ("prompted", ()),
        ("urged", ()),
        ("supervised", ("33-government", "3301-government")),
    ]
    assert _colours(harness, "3301") == {"green": 1, "yellow": 0, "red": 1}
    harness.at(datetime(2026, 3, 18, tzinfo=CHINA))
    last = [one for one in harness.told(MilestoneEscalated) if one.id == ready][-1]
    assert (last.rung, last.told) == (
        "criticised",
        ("33-government", "3301-government", "33-data_resources"),
    )
    check(harness, report(harness, ready))
    (done,) = harness.told(MilestoneDone)
    assert done.colour == "yellow"
    assert _colours(harness, "3301") == {"green": 0, "yellow": 1, "red": 1}


def _colours(harness: ServiceHarness, division: str) -> dict[str, int]:
    order = TaskDutiesOfDivision(division=division)
    return dict(harness.execute(order, INSPECTOR).by_colour)


# Bad plans


def refused(harness: ServiceHarness, plan: TaskPlan) -> Any:
    """What a plan's refusal says of its fields."""
    task = registered(harness)
    with pytest.raises(UnfitPlan) as refusal:
        proposed(harness, task, plan)
    assert harness.execute(PlanEditions(task_id=task), OFFICE).editions == ()
    return refusal.value.fields["plan"]


def test_weights_that_do_not_sum_to_100_are_refused_at_every_level(
    harness: ServiceHarness,
) -> None:
    parts = (part("a", 60), part("b", 39.99), part("c", 70, under="a"))
    faults = refused(harness, TaskPlan(parts=parts))["parts"]
    assert faults == {
        "_schema": {"weight": ["The weights of its parts sum to 99.99, not to 100."]},
        "0": {"weight": ["The weights of its parts sum to 70, not to 100."]},
    }


def test_an_orphan_is_refused(harness: ServiceHarness) -> None:
    parts = (part("a", 100), part("b", 100, under="nobody"))
    faults = refused(harness, TaskPlan(parts=parts))["parts"]
    assert faults["1"]["under"] == ["No part of this plan has this key."]


def test_a_part_of_itself_is_refused_with_the_circle(harness: ServiceHarness) -> None:
    task = registered(harness)
    parts = (part("a", 100), part("b", 100, under="c"), part("c", 100, under="b"))
    with pytest.raises(CircularParts, match="b → c → b"):
        proposed(harness, task, TaskPlan(parts=parts))


def test_a_deadline_on_no_working_day_is_refused(harness: ServiceHarness) -> None:
    # 2026-04-06 is the Monday of Tomb-sweeping Day, 2026-02-28 a working Saturday.
    days = (date(2026, 3, 7), date(2026, 4, 6), date(2026, 2, 28), date(2026, 3, 2))
    plan = TaskPlan(milestones=tuple(milestone(f"m{n}", day) for n, day in enumerate(days)))
    faults = refused(harness, plan)["milestones"]
    assert {number: one["due"] for number, one in faults.items()} == {
        "0": ["It is no working day."],
        "1": ["It is no working day."],
        "2": ["It is before the first day of the task."],
    }


def test_a_deadline_that_has_passed_is_refused(harness: ServiceHarness) -> None:
    task = registered(harness)
    harness.at(datetime(2026, 3, 9, 9, tzinfo=CHINA))
    with pytest.raises(UnfitPlan) as refusal:
        proposed(harness, task, PLAN)
    assert refusal.value.fields == {"plan": {"milestones": {"0": {"due": ["It has passed."]}}}}


def test_a_route_in_a_circle_is_refused(harness: ServiceHarness) -> None:
    task = registered(harness)
    stages = (milestone("a", FIRST, after=("b",)), milestone("b", FIRST, after=("a",)))
    with pytest.raises(CircularRoute, match=r"[ab] → [ab] → [ab]"):
        proposed(harness, task, TaskPlan(milestones=stages))


def test_a_milestone_due_before_what_must_come_first_is_refused(harness: ServiceHarness) -> None:
    stages = (milestone("a", SECOND), milestone("b", FIRST, after=("a", "c")))
    faults = refused(harness, TaskPlan(milestones=stages))["milestones"]
    assert faults["1"]["after"] == ["Neither in this plan nor in this task: c."]
    stages = (milestone("a", SECOND), milestone("b", FIRST, after=("a",)))
    faults = refused(harness, TaskPlan(milestones=stages))["milestones"]
    assert faults["1"]["due"] == ["What comes before it is due later: a."]


def test_a_deadline_that_the_working_days_do_not_allow_is_refused(
    harness: ServiceHarness,
) -> None:
    stages = (milestone("a", FIRST, days=4), milestone("b", SECOND, days=6, after=("a",)))
    faults = refused(harness, TaskPlan(milestones=stages))["milestones"]
    assert faults == {"1": {"due": ["It cannot be done before 2026-03-16."]}}


def test_a_sheet_names_organs_that_can_do_what_they_are_named_for(
    harness: ServiceHarness,
) -> None:
    parts = (
        part("a", 50, supervising="3301-government"),
        part("b", 30, responsible="330106-justice"),
        part("c", 20, supervising="330106-government"),
        part("d", 100, under="a", lead="33-justice", responsible="33-justice"),
    )
    faults = refused(harness, TaskPlan(parts=parts))["parts"]
    assert {number: list(one) for number, one in faults.items()} == {
        "0": ["supervising"],
        "1": ["responsible"],
        "2": ["supervising"],
        "3": ["lead"],
    }
    task = registered(harness)
    nobody = TaskPlan(parts=(part("a", 100, lead="3301-nobody"),))
    with pytest.raises(NoSuchOrgan):
        proposed(harness, task, nobody)


def test_a_plan_that_changes_nothing_is_refused(harness: ServiceHarness) -> None:
    task = in_force(harness)
    with pytest.raises(UnfitPlan):
        proposed(harness, task, PLAN)


# Levels


def test_the_lead_of_a_part_plans_it_further_and_progress_reaches_the_top(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness, replace(PLAN, milestones=PLAN.milestones[2:]))
    city = harness.execute(TasksOfDivision(division="3301"), CITY).tasks[0].task_id
    below = part(
        "county",
        100,
        lead="330106-government",
        responsible="330106-justice",
        supervising="3301-government",
    )
    norms = ids(harness, task)["norms"]
    plan = TaskPlan(
        parts=(below,), milestones=(milestone("street", THIRD, part="county", after=(norms,)),)
    )
    edition = proposed(harness, city, plan, CITY)
    adopt(harness, edition)
    county = replace(DOER, division="330106", organ="330106-justice")
    street = ids(harness, city)["street"]
    watch = replace(INSPECTOR, division="3301", organ="3301-government")
    order = CheckMilestone(
        report_id=report(harness, street, county), verdict="confirm", opinion="已核"
    )
    with pytest.raises(NotAllowed):
        harness.execute(order, INSPECTOR)
    harness.execute(order, watch)
    tree = harness.execute(TaskTree(task_id=task), INSPECTOR)
    assert [(one.key, one.depth, one.progress) for one in tree.nodes] == [
        (None, 0, 60),
        ("city", 1, 100),
        ("county", 2, 100),
        ("law", 1, 0),
    ]
    assert [(one.level, one.progress) for one in tree.levels] == [(1, 60), (2, 100), (3, 100)]


def test_a_circle_through_the_plans_of_two_organs_is_refused(harness: ServiceHarness) -> None:
    task = in_force(harness, replace(PLAN, milestones=PLAN.milestones[2:]))
    city = harness.execute(TasksOfDivision(division="3301"), CITY).tasks[0].task_id
    norms = ids(harness, task)["norms"]
    adopt(
        harness,
        proposed(
            harness, city, TaskPlan(milestones=(milestone("x", THIRD, after=(norms,)),)), CITY
        ),
    )
    x = ids(harness, city)["x"]
    circle = (replace(PLAN.milestones[2], after=(x,)),)
    with pytest.raises(CircularRoute):
        proposed(harness, task, replace(PLAN, milestones=circle))


def test_a_city_sees_its_part_and_not_the_whole(harness: ServiceHarness) -> None:
    task = in_force(harness)
    part_of_city = harness.execute(TasksOfDivision(division="3301"), CITY).tasks[0].task_id
    assert harness.execute(TaskTree(task_id=part_of_city), CITY).nodes[0].key == "city"
    with pytest.raises(NotAllowed):
        harness.execute(TaskTree(task_id=task), CITY)


# Editions


def test_a_new_edition_keeps_the_one_before_and_says_who_changed_what_and_why(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness)
    later = replace(PLAN.milestones[2], due=date(2026, 3, 27))
    parts = (replace(PLAN.parts[0], weight=100.0),)
    moved = replace(PLAN.milestones[1], due=date(2026, 3, 27))
    plan = replace(PLAN, parts=parts, milestones=(PLAN.milestones[0], moved))
    order = ProposePlan(task_id=task, plan=plan, reason="上级部署调整")
    adopt(harness, harness.execute(order, OFFICE).id)
    newest, first = harness.execute(PlanEditions(task_id=task), OFFICE).editions
    assert (first.plan, first.state, newest.plan) == (PLAN, "adopted", plan)
    assert (newest.proposed_by, newest.reason, newest.reviewed_by) == (
        "office",
        "上级部署调整",
        "inspector",
    )
    assert [(one.what, one.key, one.field, one.before, one.after) for one in newest.changes] == [
        ("part", "city", "weight", "60", "100"),
        ("part", "law", None, "部分law", None),
        ("milestone", "online", "due", "2026-03-13", "2026-03-27"),
        ("milestone", "norms", None, "节点norms", None),
    ]
    assert [one.title for one in harness.told(MilestoneSet)][3:] == ["节点online"]
    assert [one.reason for one in harness.told(TaskEnded)] == ["上级部署调整"]
    assert later.key not in ids(harness, task)


def test_a_later_deadline_is_met_by_a_clock_of_its_own(harness: ServiceHarness) -> None:
    task = in_force(harness)
    harness.at(datetime(2026, 3, 9, 9, tzinfo=CHINA))
    moved = replace(PLAN.milestones[0], due=SECOND)
    plan = replace(PLAN, milestones=(moved, *PLAN.milestones[1:]))
    adopt(harness, proposed(harness, task, plan))
    ready = ids(harness, task)["ready"]
    harness.at(datetime(2026, 3, 14, 9, tzinfo=CHINA))
    rungs = [one.rung for one in harness.told(MilestoneEscalated) if one.id == ready]
    assert rungs == ["prompted", "urged", "prompted", "urged"]
    check(harness, report(harness, ready))
    assert harness.told(MilestoneDone)[0].colour == "yellow"


def test_what_is_done_stays_in_the_plan(harness: ServiceHarness) -> None:
    task = in_force(harness)
    check(harness, report(harness, ids(harness, task)["ready"]))
    without = replace(PLAN, milestones=(replace(PLAN.milestones[1], after=()),))
    with pytest.raises(UnfitPlan) as refusal:
        proposed(harness, task, without)
    assert refusal.value.fields["plan"]["milestones"]["_schema"] == {
        "key": ["These are done and stay: ready."]
    }


def test_a_returned_plan_changes_nothing_and_the_next_one_is_another_edition(
    harness: ServiceHarness,
) -> None:
    task = registered(harness)
    order = ReviewPlan(edition_id="", verdict="return", opinion="权重不合理")
    edition = proposed(harness, task, PLAN)
    harness.execute(replace(order, edition_id=edition), LEADER)
    assert ids(harness, task) == {}
    with pytest.raises(NothingProposed):
        adopt(harness, edition)
    adopt(harness, proposed(harness, task, PLAN))
    states = [one.state for one in harness.execute(PlanEditions(task_id=task), OFFICE).editions]
    assert states == ["adopted", "returned"]


def test_a_proposal_is_withdrawn_or_replaced_before_its_review(harness: ServiceHarness) -> None:
    task = registered(harness)
    first = proposed(harness, task, PLAN)
    harness.execute(WithdrawPlan(task_id=task), OFFICE)
    with pytest.raises(NothingProposed):
        harness.execute(WithdrawPlan(task_id=task), OFFICE)
    second = proposed(harness, task, PLAN)
    third = proposed(harness, task, replace(PLAN, milestones=PLAN.milestones[:2]))
    for edition in (first, second):
        with pytest.raises(NothingProposed):
            adopt(harness, edition)
    adopt(harness, third)
    assert set(ids(harness, task)) == {"ready", "online"}


def test_only_the_supervising_organ_reviews(harness: ServiceHarness) -> None:
    edition = proposed(harness, registered(harness), PLAN)
    order = ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意")
    for by in (OFFICE, replace(INSPECTOR, organ="33-justice"), replace(INSPECTOR, roles=())):
        with pytest.raises(NotAllowed):
            harness.execute(order, by)


# Milestones


def test_a_returned_report_leaves_the_deadline_and_the_milestone_late(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness)
    ready = ids(harness, task)["ready"]
    first = report(harness, ready)
    harness.at(datetime(2026, 3, 12, 9, tzinfo=CHINA))
    assert [one for one in harness.told(MilestoneEscalated) if one.id == ready] == []
    check(harness, first, "return")
    (step,) = [one for one in harness.told(MilestoneEscalated) if one.id == ready]
    assert step.rung == "supervised"
    check(harness, report(harness, ready))
    assert harness.told(MilestoneDone)[0].colour == "yellow"
    entries = harness.execute(ReportsOfMilestone(milestone_id=ready), DOER).reports
    assert [one.state for one in entries] == ["returned", "confirmed"]
    assert entries[1].evidence == EVIDENCE
    with pytest.raises(NothingToCheck):
        check(harness, first)


def test_a_report_in_time_is_green_however_late_it_is_checked(harness: ServiceHarness) -> None:
    ready = ids(harness, in_force(harness))["ready"]
    first = report(harness, ready)
    harness.at(datetime(2026, 3, 30, 9, tzinfo=CHINA))
    check(harness, first)
    assert harness.told(MilestoneDone)[0].colour == "green"


def test_a_report_is_withdrawn_before_its_check_and_not_twice(harness: ServiceHarness) -> None:
    ready = ids(harness, in_force(harness))["ready"]
    first = report(harness, ready)
    with pytest.raises(MilestoneAlreadyReported):
        report(harness, ready)
    harness.execute(WithdrawMilestoneReport(milestone_id=ready), DOER)
    with pytest.raises(NothingToWithdraw):
        harness.execute(WithdrawMilestoneReport(milestone_id=ready), DOER)
    with pytest.raises(NothingToCheck):
        check(harness, first)
    check(harness, report(harness, ready))


def test_nobody_reports_for_another_organ(harness: ServiceHarness) -> None:
    ready = ids(harness, in_force(harness))["ready"]
    with pytest.raises(NotAllowed):
        report(harness, ready, CITY)


def test_what_an_organ_owes_is_listed_red_first_then_what_waits_for_its_check(
    harness: ServiceHarness,
) -> None:
    task = in_force(harness)
    found = ids(harness, task)
    harness.at(datetime(2026, 3, 9, 9, tzinfo=CHINA))
    report(harness, found["online"])
    proposed(harness, task, replace(PLAN, mechanism=WorkingMechanism(reports="weekly")))
    owed = harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR)
    assert [(one.kind, one.organ, one.colour) for one in owed.duties] == [
        ("milestone", "3301-data_resources", "red"),
        ("milestone", "33-justice", "green"),
        ("check", "33-government", None),
        ("review", "33-government", None),
    ]
    order = TaskDutiesOfDivision(division="33", organ="33-justice")
    assert [one.id for one in harness.execute(order, INSPECTOR).duties] == [found["norms"]]


# Reports and meetings


MECHANISM = replace(PLAN, mechanism=WorkingMechanism(reports="weekly", meetings="monthly"))


def test_every_responsible_organ_owes_a_report_and_the_lead_a_meeting(
    harness: ServiceHarness,
) -> None:
    in_force(harness, MECHANISM)
    harness.settle()
    owed = harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR).duties
    reports = {one.organ: (one.title, one.due) for one in owed if one.kind == "report"}
    organs = ("33-data_resources", "3301-data_resources", "33-justice")
    assert reports == dict.fromkeys(organs, ("2026-W10", end_of(FIRST)))
    assert [(one.organ, one.title, one.due) for one in owed if one.kind == "meeting"] == [
        ("33-data_resources", "2026-03", end_of(date(2026, 3, 31)))
    ]


def test_a_report_is_given_or_missed_when_the_next_week_begins(harness: ServiceHarness) -> None:
    task = in_force(harness, MECHANISM)
    harness.settle()
    given = f"{task}.report.2026-W10"
    harness.execute(GiveTaskReport(report_id=given, text="进展顺利"), OFFICE)
    with pytest.raises(ReportNotOwed):
        harness.execute(GiveTaskReport(report_id=given, text="进展顺利"), OFFICE)
    harness.at(datetime(2026, 3, 16, 9, tzinfo=CHINA))
    missed = {(one.organ, one.period) for one in harness.told(TaskReportMissed)}
    assert missed == {
        ("3301-data_resources", "2026-W10"),
        ("33-justice", "2026-W10"),
        ("33-data_resources", "2026-W11"),
        ("3301-data_resources", "2026-W11"),
        ("33-justice", "2026-W11"),
    }
    late = {one.rung for one in harness.told(TaskReportEscalated)}
    assert late == {"prompted", "urged"}
    harness.settle()
    assert counted(harness) == measured(harness, Measure)
    due, _ = records_behind(harness, INSPECTOR, "task_reports_due", "33", "2026-03")
    assert {one.kind for one in due} == {"TaskReport"}
    assert len(due) == len(missed) + 1
    seen, _ = records_behind(harness, INSPECTOR, "task_reports_given", "33", "2026-03")
    assert [one.id for one in seen] == [given]


def test_a_cadence_that_is_changed_drops_what_is_not_due_yet(harness: ServiceHarness) -> None:
    task = in_force(harness, MECHANISM)
    harness.settle()
    quarterly = replace(PLAN, mechanism=WorkingMechanism(reports="quarterly"))
    adopt(harness, proposed(harness, task, quarterly))
    harness.settle()
    owed = harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR).duties
    assert {(one.kind, one.title) for one in owed if one.kind == "report"} == {
        ("report", "2026-Q1")
    }
    assert harness.told(TaskReportMissed) == []


def test_without_a_mechanism_nothing_is_owed_any_more(harness: ServiceHarness) -> None:
    task = in_force(harness, MECHANISM)
    harness.settle()
    adopt(harness, proposed(harness, task, PLAN))
    harness.settle()
    owed = harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR).duties
    assert {one.kind for one in owed} == {"milestone"}
    harness.at(datetime(2026, 4, 30, 9, tzinfo=CHINA))
    assert harness.told(TaskReportMissed) == []


# Route map


def test_the_critical_path_has_dates_and_what_can_slip(harness: ServiceHarness) -> None:
    plan = replace(
        PLAN,
        milestones=(
            milestone("ready", FIRST, part="city", days=3),
            milestone("online", SECOND, part="city", days=4, after=("ready",)),
            milestone("norms", THIRD, part="law", days=2),
        ),
    )
    task = in_force(harness, plan)
    found = harness.execute(RouteMap(task_id=task), INSPECTOR)
    named = {milestone_id: key for key, milestone_id in ids(harness, task).items()}
    assert [named[one] for one in found.critical_path] == ["ready", "online"]
    assert found.ends == date(2026, 3, 11)
    stops = {named[one.milestone_id]: one for one in found.stops}
    assert [
        (key, stops[key].starts, stops[key].finishes, stops[key].slack, stops[key].margin)
        for key in ("ready", "online", "norms")
    ] == [
        ("ready", date(2026, 3, 3), date(2026, 3, 5), 0, 1),
        ("online", date(2026, 3, 6), date(2026, 3, 11), 0, 2),
        ("norms", date(2026, 3, 3), date(2026, 3, 4), 5, 12),
    ]


def test_the_route_map_follows_what_was_done_and_what_is_late(harness: ServiceHarness) -> None:
    task = in_force(harness)
    check(harness, report(harness, ids(harness, task)["norms"], replace(DOER, organ="33-justice")))
    harness.at(datetime(2026, 3, 10, 9, tzinfo=CHINA))
    found = harness.execute(RouteMap(task_id=task), INSPECTOR)
    stops = {one.title.removeprefix("节点"): one for one in found.stops}
    assert (stops["norms"].done, stops["norms"].finishes) == (True, date(2026, 3, 2))
    assert (stops["ready"].finishes, stops["ready"].margin) == (date(2026, 3, 10), -2)
    assert (stops["online"].finishes, stops["online"].margin) == (date(2026, 3, 17), -2)


# Ends


def test_a_task_is_closed_when_every_milestone_is_done(harness: ServiceHarness) -> None:
    task = in_force(harness, MECHANISM)
    found = ids(harness, task)
    order = CloseTask(task_id=task, opinion="目标达成")
    for key in ("ready", "online"):
        check(harness, report(harness, found[key]))
    with pytest.raises(TaskNotDone):
        harness.execute(order, OFFICE)
    check(harness, report(harness, found["norms"], replace(DOER, organ="33-justice")))
    harness.execute(order, OFFICE)
    harness.settle()
    nodes = harness.execute(TaskTree(task_id=task), INSPECTOR).nodes
    assert {(one.state, one.progress) for one in nodes} == {("closed", 100)}
    assert harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR).duties == ()
    with pytest.raises(TaskNotInForce):
        proposed(harness, task, PLAN)


def test_a_part_without_milestones_keeps_a_task_open(harness: ServiceHarness) -> None:
    task = in_force(harness, replace(PLAN, milestones=()))
    with pytest.raises(TaskNotDone) as refusal:
        harness.execute(CloseTask(task_id=task, opinion="目标达成"), OFFICE)
    assert refusal.value.params["count"] == 2


def test_of_an_ended_task_nothing_is_owed_any_more(harness: ServiceHarness) -> None:
    task = in_force(harness, MECHANISM)
    harness.settle()
    waiting = report(harness, ids(harness, task)["ready"])
    proposed(harness, task, PLAN)
    harness.execute(EndTask(task_id=task, reason="任务并入其他任务"), LEADER)
    harness.settle()
    assert harness.execute(TaskDutiesOfDivision(division="33"), INSPECTOR).duties == ()
    with pytest.raises(NothingToCheck):
        check(harness, waiting)
    before = len(harness.told())
    harness.at(datetime(2026, 6, 1, 9, tzinfo=CHINA))
    assert len(harness.told()) == before


def test_a_part_is_closed_or_ended_with_the_whole_alone(harness: ServiceHarness) -> None:
    in_force(harness)
    city = harness.execute(TasksOfDivision(division="3301"), CITY).tasks[0].task_id
    with pytest.raises(WholeTaskOnly):
        harness.execute(CloseTask(task_id=city, opinion="目标达成"), CITY)
    with pytest.raises(WholeTaskOnly):
        harness.execute(EndTask(task_id=city, reason="不再需要"), LEADER)


# Scale and disorder


def test_more_duties_than_a_batch_climb_together(harness: ServiceHarness) -> None:
    first = [milestone(f"m{number}", FIRST) for number in range(400)]
    task = in_force(harness, TaskPlan(parts=(part("city", 100),), milestones=tuple(first)))
    city = harness.execute(TasksOfDivision(division="3301"), CITY).tasks[0].task_id
    adopt(harness, proposed(harness, city, TaskPlan(milestones=tuple(first)), CITY))
    harness.at(datetime(2026, 3, 7, 9, tzinfo=CHINA))
    rungs = [one.rung for one in harness.told(MilestoneEscalated)]
    assert (rungs.count("prompted"), rungs.count("urged")) == (800, 800)
    assert harness.execute(TaskTree(task_id=task), INSPECTOR).nodes[1].colours.red == 400


# The reform itself


def loaded(harness: ServiceHarness, instant: datetime) -> None:
    harness.move_calendar(instant)
    load(harness.runtime, steps(harness.runtime.settings))


def test_the_reform_is_the_first_task_loaded_with_sheet_timetable_and_route_map(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    harness = make_service(PartyGovernment)
    loaded(harness, datetime(2021, 2, 22, 9, tzinfo=CHINA))
    loaded(harness, datetime(2021, 2, 23, 9, tzinfo=CHINA))
    tree = harness.execute(TaskTree(task_id="digital-reform"), LEADER)
    assert [one.weight for one in tree.nodes] == [100, 20, 12, 12, 12, 12, 12, 10, 10]
    organs = {organ.id for organ in organs_on(ORGANS_ON)}
    for one in tree.nodes:
        assert {one.lead, one.responsible, one.supervising} <= organs
    timetable = harness.execute(TaskTimetable(task_id="digital-reform"), LEADER).milestones
    assert Counter(one.due.year for one in timetable) == {2021: 11, 2022: 1, 2025: 1}
    assert {one.colour for one in timetable} == {"green"}
    route = harness.execute(RouteMap(task_id="digital-reform"), LEADER)
    titles = {one.milestone_id: one.title for one in route.stops}
    assert [titles[one] for one in route.critical_path] == [
        "公共数据平台支撑五个综合应用",
        "全部功能上线",
        "省市县全贯通",
        "掌上办事、掌上办公、掌上治理之省",
        "全球数字变革高地",
    ]
    assert route.ends == date(2025, 12, 31)


def test_loaded_years_later_what_has_passed_has_no_clock(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    harness = make_service(PartyGovernment)
    loaded(harness, MONDAY)
    harness.at(datetime(2026, 9, 1, 9, tzinfo=CHINA))
    timetable = harness.execute(TaskTimetable(task_id="digital-reform"), LEADER).milestones
    assert {(one.state, one.colour) for one in timetable} == {("open", None)}
    assert harness.told(MilestoneEscalated) == []
    ready = timetable[0].milestone_id
    doer = replace(DOER, division="33", organ=timetable[0].organ)
    with pytest.raises(NoSuchOrgan):
        report(harness, ready, doer)


# After a merger


def test_a_task_of_a_county_that_ends_is_its_successors_with_all_that_is_owed(
    harness: ServiceHarness,
) -> None:
    order = replace(
        REGISTRATION,
        division="330106",
        lead="330106-government",
        responsible="330106-justice",
        supervising="3301-government",
    )
    office = replace(CITY, division="330106", organ="330106-government")
    task = harness.execute(order, office).id
    watch = replace(INSPECTOR, division="3301", organ="3301-government")
    edition = proposed(harness, task, TaskPlan(milestones=(milestone("a", FIRST),)), office)
    harness.execute(ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意"), watch)
    waiting = replace(PLAN, parts=(), milestones=(milestone("b", SECOND),))
    proposed(harness, task, waiting, office)
    moves = (TerritoryMove(from_code="330106", to_code="330105"),)
    harness.deliver(
        DivisionsMerged(
            merger_id="merger-1",
            division="3301",
            effective=MONDAY.date(),
            moves=moves,
        )
    )
    harness.settle()
    passed = harness.told(MilestonePassedOn)
    assert [(one.from_division, one.division) for one in passed] == [("330106", "330105")]
    harness.at(datetime(2026, 3, 9, 9, tzinfo=CHINA))
    late = harness.told(MilestoneEscalated)
    assert {one.organ for one in late} == {"330105-justice"}
    owed = harness.execute(TaskDutiesOfDivision(division="330105"), LEADER).duties
    assert [(one.kind, one.organ) for one in owed] == [("milestone", "330105-justice")]
