"""The central task of story 1 (责任单、时间表、路线图): decomposed over levels and organs by
weight, its milestones on working days, reported with evidence and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from deploy.stories.stage import Stage
from shared.clocks import CHINA
from shared.contracts.party_government import (
    CheckMilestone,
    MilestoneEntry,
    PlannedMilestone,
    PlannedPart,
    ProposePlan,
    RegisterTask,
    ReportMilestone,
    ReviewPlan,
    RouteMap,
    RouteMapReply,
    TaskEvidence,
    TaskPlan,
    TaskTimetable,
    TaskTree,
    TaskTreeReply,
)
from shared.deadlines import due_after, is_working_day

PROVINCE = "33"
LEAD_OFFICE, SUPERVISOR, LEADER = "office.party", "inspector", "leader"
LEAD, SUPERVISING, POST = "33-party_committee", "33-government", "主要负责人"
TITLE = "城镇燃气安全专项整治"

STANDARDS, SCREEN, ACCEPTED = "排查整治标准印发", "监管场景上线", "省级验收"
XIHU, HAISHU, TONGXIANG = "西湖区排查到户", "海曙区排查到户", "桐乡市排查到户"
REPORTERS = {
    STANDARDS: "steward.market_regulation",
    XIHU: "office.330106",
    HAISHU: "office.330203",
    TONGXIANG: "office.330483",
    SCREEN: "office.3301",
}
"""Who reports each milestone: an official of the responsible organ."""


@dataclass(frozen=True)
class TaskRollUp:
    """How the task stands after a step."""

    when: datetime
    step: str
    tree: TaskTreeReply

    @property
    def colours(self) -> tuple[int, int, int]:
        """All milestones that are green, yellow and red."""
        counts = [one.colours for one in self.tree.nodes]
        return (
            sum(one.green for one in counts),
            sum(one.yellow for one in counts),
            sum(one.red for one in counts),
        )


@dataclass
class TaskOutcome:
    """What is left of it to be shown: the route map as planned, and the roll-up of each step."""

    title: str
    route: RouteMapReply
    rollups: list[TaskRollUp] = field(default_factory=list)


class TaskTelling:
    """Tells of the task as the story goes on; it begins on this day."""

    def __init__(self, stage: Stage, day: date) -> None:
        self.stage = stage
        self.day = day
        self.outcome = TaskOutcome(TITLE, RouteMapReply(stops=(), critical_path=(), ends=None))
        self.task = ""

    def decompose(self) -> None:
        """Register the task, have its plan refused, then reviewed and put in force."""
        self.stage.watcher.step("任务分解 · a central task, decomposed over levels and organs")
        self.task = self.stage.order(
            LEAD_OFFICE,
            "task/register",
            RegisterTask(
                division=PROVINCE,
                title=TITLE,
                aim="全省餐饮场所燃气隐患排查到户、整改清零，监管场景上线运行",
                basis="《浙江省燃气管理条例》",
                begins=self.day,
                lead=LEAD,
                responsible=LEAD,
                supervising=SUPERVISING,
                post=POST,
            ),
        ).id
        self._refuse_the_unsound()
        proposed = self.stage.order(LEAD_OFFICE, "task/propose", self._proposal(35, self._on(4)))
        adopted = ReviewPlan(edition_id=proposed.id, verdict="adopt", opinion="权重、期限合理")
        self.stage.order(SUPERVISOR, "task/review", adopted)
        self.outcome.route = self.stage.ask(LEADER, RouteMap(task_id=self.task))
        titles = {one.milestone_id: one.title for one in self.outcome.route.stops}
        self.stage.check(
            "the critical path, computed",
            [STANDARDS, XIHU, SCREEN, ACCEPTED],
            [titles[one] for one in self.outcome.route.critical_path],
        )
        self.roll_up("分解下达 · decomposed")

    def _refuse_the_unsound(self) -> None:
        saturday = self.day + timedelta(days=(5 - self.day.weekday()) % 7)
        while is_working_day(saturday):
            saturday += timedelta(days=7)
        refusal = self.stage.refused(
            "weights that sum to 99, a deadline on a Saturday",
            LEAD_OFFICE,
            self._proposal(34, saturday),
            "unfit-plan",
        )
        faults = refusal.fields["plan"]
        self.stage.check(
            "what was wrong with the plan",
            (["The weights of its parts sum to 99, not to 100."], ["It is no working day."]),
            (faults["parts"]["_schema"]["weight"], faults["milestones"]["1"]["due"]),
        )

    def _on(self, working_days: int) -> date:
        begun = datetime.combine(self.day, time(8, 30), CHINA)
        return due_after(begun, working_days).instant.astimezone(CHINA).date()

    def _proposal(self, hangzhou: int, checked: date) -> ProposePlan:
        """The plan with this weight of Hangzhou, and this deadline of what counties check."""
        parts = (
            _part("standards", "省级标准", 20, LEAD, responsible="33-market_regulation"),
            _part("hangzhou", "杭州市", hangzhou, "3301-government"),
            _part("xihu", "西湖区", 60, "330106-government", under="hangzhou"),
            _part("screen", "市级监管场景", 40, "3301-government", under="hangzhou"),
            _part("ningbo", "宁波市", 25, "3302-government"),
            _part("haishu", "海曙区", 100, "330203-government", under="ningbo"),
            _part("jiaxing", "嘉兴市", 20, "3304-government"),
            _part("tongxiang", "桐乡市", 100, "330483-government", under="jiaxing"),
        )
        milestones = (
            _milestone("standards_issued", "standards", STANDARDS, self._on(1), 1),
            _milestone("xihu_checked", "xihu", XIHU, checked, 3, "standards_issued"),
            _milestone("haishu_checked", "haishu", HAISHU, checked, 2, "standards_issued"),
            _milestone("tongxiang_checked", "tongxiang", TONGXIANG, checked, 2, "standards_issued"),
            _milestone("screen_online", "screen", SCREEN, self._on(12), 5, "xihu_checked"),
            _milestone(
                "accepted",
                None,
                ACCEPTED,
                self._on(15),
                1,
                *("screen_online", "haishu_checked", "tongxiang_checked"),
            ),
        )
        return ProposePlan(
            task_id=self.task,
            plan=TaskPlan(parts=parts, milestones=milestones),
            reason="按层级和单位分解",
        )

    # Milestones

    def first_results(self) -> None:
        """The next working day two milestones are reported with evidence, and confirmed."""
        self.stage.watcher.step("节点核验 · milestones reported with evidence, and confirmed")
        self.stage.move_calendar(datetime.combine(self._on(1), time(10), CHINA))
        self.report(STANDARDS)
        self.report(TONGXIANG)
        self.roll_up("首批节点 · first milestones")
        self._check_progress("20 by the province, 20 by Jiaxing", 40)

    def late_results(self) -> None:
        """Two milestones are late by now; they are caught up."""
        self.stage.watcher.step("节点逾期补报 · milestones that are late, and caught up")
        self.roll_up("节点逾期 · milestones late")
        self.stage.check("milestones in colours: two late", (4, 0, 2), self._last().colours)
        self.report(XIHU)
        self.report(HAISHU)
        self.roll_up("逾期补报 · caught up")
        self._check_progress("and 60 % of Hangzhou's 35, and Ningbo's 25", 86)
        self.stage.check("in colours: two caught up", (4, 2, 0), self._last().colours)

    def report(self, title: str) -> None:
        """The responsible organ reports this milestone with evidence; the supervisor confirms."""
        milestone = self.milestone(title)
        report = ReportMilestone(
            milestone_id=milestone.milestone_id,
            text=f"{title}，已完成。",
            evidence=(TaskEvidence(reference=f"台账 {milestone.organ}", title=f"{title}台账"),),
        )
        reported = self.stage.order(REPORTERS[title], f"report/{milestone.milestone_id}", report)
        confirmed = CheckMilestone(report_id=reported.id, verdict="confirm", opinion="佐证属实")
        self.stage.order(SUPERVISOR, f"check/{reported.id}", confirmed)
        self.stage.check(f"{title}: confirmed", "done", self.milestone(title).state)

    def milestone(self, title: str) -> MilestoneEntry:
        """How a milestone stands."""
        timetable = self.stage.ask(LEADER, TaskTimetable(task_id=self.task))
        return next(one for one in timetable.milestones if one.title == title)

    # How it stands

    def roll_up(self, step: str) -> None:
        """Keep how the whole tree stands after a step."""
        tree = self.stage.ask(LEADER, TaskTree(task_id=self.task))
        self.outcome.rollups.append(TaskRollUp(self.stage.now(), step, tree))

    def _last(self) -> TaskRollUp:
        return self.outcome.rollups[-1]

    def _check_progress(self, what: str, percent: float) -> None:
        whole = self._last().tree.nodes[0]
        self.stage.check(f"progress: {what}", percent, round(whole.progress, 2))


def _part(
    key: str, title: str, weight: int, lead: str, *, responsible: str = "", under: str | None = None
) -> PlannedPart:
    return PlannedPart(
        key=key,
        under=under,
        title=title,
        weight=weight,
        lead=lead,
        responsible=responsible or lead,
        supervising=SUPERVISING,
        post=POST,
    )


def _milestone(
    key: str, part: str | None, title: str, due: date, days: int, *after: str
) -> PlannedMilestone:
    return PlannedMilestone(key=key, part=part, title=title, due=due, days=days, after=after)
