"""What districts owe when they end, in story 7: a directive that they have not handled and the
milestones of a central task. Their successors go on where they stood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from deploy.stories.stage import Stage, envelope_of
from services.identity_data.reference.systems import DOCUMENT_EXCHANGE
from shared.contracts.party_government import (
    Audience,
    CheckFeedback,
    CheckMilestone,
    CloseDirective,
    DraftDirective,
    IssueDirective,
    MilestoneEntry,
    PlannedMilestone,
    PlannedPart,
    ProposePlan,
    Receipt,
    ReceivedDirectiveById,
    RegisterTask,
    ReportHandling,
    ReportMilestone,
    RequestLegalityReview,
    ReviewPlan,
    SignReceipt,
    TaskEvidence,
    TaskPlan,
    TaskTimetable,
)
from shared.contracts.rule_of_law import AnswerLegalityReview, LegalityReviewsOfOrgan
from shared.divisions import Level, Succession, up_to

PROVINCE = "33"
OFFICE, LEADER, REVIEWER, INSPECTOR = "office.33", "leader", "legal_reviewer", "inspector"
TASK_OFFICE, EXCHANGE = "office.party", DOCUMENT_EXCHANGE.account
DIRECTIVE = "关于做好企业年报公示工作的通知"
NUMBER_OF_DIRECTIVE = "浙政办发〔2021〕20号"
TASK = "企业开办便利化专项行动"
LEAD, SUPERVISING, POST = "33-party_committee", "33-government", "主要负责人"
ADDRESSED = ("330103", "330104", "330104005", "330104010", "330105")
"""Districts that end, two townships of one of them, and a district that grows."""
SIGNED_BEFORE = ("330104", "330105")
"""Who signs before the change; the others leave that to their successors."""
DISTRICTS = ("330103", "330104")
"""Whose market regulators have a milestone to reach."""
BEGINS, DEADLINE = date(2021, 4, 6), date(2021, 4, 30)
PASSED = {
    "ReceiptPassedOn": ("政令 · receipt", "receipt"),
    "TaskPassedOn": ("任务 · part", "central_task"),
    "MilestonePassedOn": ("节点 · milestone", "milestone"),
}
"""By the event that tells it: what passed on, and the table where it stands."""


@dataclass(frozen=True)
class PassedDuty:
    """A duty that passed on: whose it was and became, and how it stands now."""

    kind: str
    former: str
    successor: str
    state: str


class DutiesTelling:
    """Tells of what is owed over the merger."""

    def __init__(self, stage: Stage, succession: Succession) -> None:
        self.stage = stage
        self.succession = succession
        self.directive = self.task = ""

    # Before the change

    def prepare(self) -> None:
        """Plan a task whose milestones two districts owe, and have a directive found lawful."""
        self.stage.watcher.step("重大任务、政令 · a task and a directive for the districts")
        self._plan()
        draft = DraftDirective(
            organ=SUPERVISING,
            title=DIRECTIVE,
            text="请各地做好2020年度企业年报公示工作，确保应报尽报。",
            basis="《企业信息公示暂行条例》",
            audience=Audience(organs=tuple(f"{one}-government" for one in ADDRESSED)),
        )
        self.directive = self.stage.order(OFFICE, "directive/draft", draft).id
        asked = RequestLegalityReview(directive_id=self.directive)
        self.stage.order(OFFICE, "directive/ask", asked)
        review = f"{self.directive}.1"
        self.stage.until("the review is before the justice department", lambda: self._has(review))
        lawful = AnswerLegalityReview(review_id=review, opinion="lawful")
        self.stage.order(REVIEWER, "directive/answer", lawful)
        self.stage.settle()

    def _has(self, review: str) -> bool | None:
        asked = LegalityReviewsOfOrgan(organ="33-justice", open_only=False)
        found = self.stage.ask(REVIEWER, asked).reviews
        return any(one.review_id == review for one in found) or None

    def _plan(self) -> None:
        registered = RegisterTask(
            division=PROVINCE,
            title=TASK,
            aim="企业开办一日办结、零跑动",
            basis="省政府年度重点工作",
            begins=BEGINS,
            lead=LEAD,
            responsible=LEAD,
            supervising=SUPERVISING,
            post=POST,
        )
        self.task = self.stage.order(TASK_OFFICE, "task/register", registered).id
        organs = {one: f"{one}-market_regulation" for one in DISTRICTS}
        parts = tuple(
            PlannedPart(
                key=f"in_{one}",
                title=f"{one}专项",
                weight=50,
                lead=organ,
                responsible=organ,
                supervising=SUPERVISING,
                post=POST,
            )
            for one, organ in organs.items()
        )
        milestones = tuple(
            PlannedMilestone(
                key=f"online_{one}", part=f"in_{one}", title=f"{one}全程网办", due=DEADLINE
            )
            for one in organs
        )
        plan = TaskPlan(parts=parts, milestones=milestones)
        proposed = ProposePlan(task_id=self.task, plan=plan, reason="两区先行")
        edition = self.stage.order(TASK_OFFICE, "task/propose", proposed).id
        adopted = ReviewPlan(edition_id=edition, verdict="adopt", opinion="同意")
        self.stage.order(INSPECTOR, "task/review", adopted)

    def issue(self) -> None:
        """Issue the directive on the last day of the districts; two of those addressed sign."""
        issued = IssueDirective(directive_id=self.directive, number=NUMBER_OF_DIRECTIVE)
        self.stage.order(LEADER, "directive/issue", issued)
        self.stage.settle()
        for division in SIGNED_BEFORE:
            self._sign(division)
        self.due = {division: self._receipt(division).due for division in ADDRESSED}

    def _sign(self, division: str) -> None:
        receipt = SignReceipt(receipt_id=self._id(division))
        self.stage.order(EXCHANGE, f"directive/sign/{division}", receipt)

    def _id(self, division: str) -> str:
        return f"{self.directive}.{division}-government"

    def _receipt(self, division: str) -> Receipt:
        asked = ReceivedDirectiveById(receipt_id=self._id(division))
        return self.stage.ask(OFFICE, asked).receipt

    # After it

    def go_on(self) -> None:
        """The successors sign, handle and reach what passed to them."""
        self.stage.watcher.step("承接政令、任务 · successors sign, handle and report what passed")
        for division in ADDRESSED:
            successor = self.succession.successor(division)
            receipt = self._receipt(division)
            self.stage.check(
                f"政令 {division} → {successor}, its clock as it was",
                (f"{successor}-government", self.due[division]),
                (receipt.organ, receipt.due),
            )
            if division not in SIGNED_BEFORE:
                self._sign(division)
            self._handle(division)
        self.stage.order(OFFICE, "directive/close", CloseDirective(directive_id=self.directive))
        for division in DISTRICTS:
            self._reach(division)

    def _handle(self, division: str) -> None:
        report = ReportHandling(
            receipt_id=self._id(division), text="年报公示已完成。", evidence=("年报公示名录",)
        )
        self.stage.order(EXCHANGE, f"directive/report/{division}", report)
        accepted = CheckFeedback(receipt_id=self._id(division), accepted=True)
        self.stage.order(OFFICE, f"directive/check/{division}", accepted)

    def _reach(self, division: str) -> None:
        district = up_to(self.succession.successor(division), Level.COUNTY)
        milestone = self._milestone(division)
        self.stage.check(
            f"任务节点 {division} → {district}, its deadline as it was",
            (f"{district}-market_regulation", DEADLINE),
            (milestone.organ, milestone.due),
        )
        report = ReportMilestone(
            milestone_id=milestone.milestone_id,
            text="已全程网办。",
            evidence=(TaskEvidence(reference=f"办件台账 {division}", title="全程网办办件台账"),),
        )
        account = f"official.market_regulation.{district}"
        reported = self.stage.order(account, f"task/report/{division}", report).id
        confirmed = CheckMilestone(report_id=reported, verdict="confirm", opinion="佐证属实")
        self.stage.order(INSPECTOR, f"task/check/{division}", confirmed)

    def _milestone(self, division: str) -> MilestoneEntry:
        timetable = self.stage.ask(LEADER, TaskTimetable(task_id=self.task))
        return next(one for one in timetable.milestones if one.title.startswith(division))


def passed_duties(stage: Stage) -> list[PassedDuty]:
    """What passed on, as the events tell it and as it stands now, read past the service."""
    found = []
    for event, (kind, table) in PASSED.items():
        now = {
            row.id: row
            for row in stage.sql("party_government", f"SELECT id, organ, state FROM {table}")
        }
        told = stage.sql(
            "party_government",
            "SELECT envelope FROM outbox WHERE type = :event ORDER BY position",
            event=event,
        )
        for row in told:
            moved = envelope_of(row.envelope)["data"]
            organ, state = now[moved["id"]].organ, now[moved["id"]].state
            former = f"{moved['from_division']}-{organ.partition('-')[2]}"
            found.append(PassedDuty(kind, former, organ, state))
    return found
