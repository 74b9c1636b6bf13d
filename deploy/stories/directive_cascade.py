"""Story 1: a central task is decomposed, and a directive goes down from the province to every
township (政令一键智达、执行一贯到底); whoever is late is urged, supervised and criticised until it
catches up, a matter between two bureaus is decided with one application, and the cities are
evaluated by what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from deploy.stories.central_task import SCREEN, TaskOutcome, TaskTelling
from deploy.stories.city_evaluation import EvaluationOutcome, EvaluationTelling
from deploy.stories.organ_matter import MatterTelling
from deploy.stories.stage import Run, Stage
from services.identity_data.reference.systems import DOCUMENT_EXCHANGE
from shared.clocks import CHINA
from shared.contracts.base import Ask
from shared.contracts.party_government import (
    Audience,
    CheckFeedback,
    CloseDirective,
    CriticisedOrgans,
    DirectiveById,
    DirectiveProgress,
    DraftDirective,
    Indicator,
    IndicatorByDivision,
    InternalMatterFile,
    IssueDirective,
    OneScreen,
    PassDirectiveOn,
    Progress,
    Receipt,
    ReceiptsOfDirective,
    ReceivedDirectiveById,
    ReportHandling,
    RequestLegalityReview,
    ReviseDraft,
    SignReceipt,
)
from shared.contracts.rule_of_law import AnswerLegalityReview, Finding, LegalityReviewsOfOrgan
from shared.deadlines import due_after, is_working_day
from shared.divisions import Level, level_of

NUMBER = 1
TITLE = "政令贯通 · a directive from the province down to every township"
SETTING: Mapping[str, Any] = {}
"""It can be told on any platform."""

PROVINCE, CITY, COUNTY = "33", "3301", "330106"
OFFICE, CITY_OFFICE, COUNTY_OFFICE = "office.33", "office.3301", "office.330106"
LEADER, REVIEWER = "leader", "legal_reviewer"
EXCHANGE = DOCUMENT_EXCHANGE.account
BASIS = "《浙江省燃气管理条例》"
TEXT = (
    "各市、县（市、区）人民政府，各乡镇（街道）：\n"
    "一、对餐饮场所的燃气使用逐户排查，建立台账。\n"
    "二、发现隐患的，立即整改；不能立即整改的，停止使用。\n"
    "三、逾期未完成的，{sanction}。"
)
UNLAWFUL, LAWFUL = "处五万元罚款", "按有关规定予以通报"
"""What the first draft says goes beyond what a notice can lay down (行政处罚法 article 16)."""
BEGINS = time(8, 30)
HANDS = 8
"""How many organs are served at the same moment."""
FIGURES = (
    "directives_signed",
    "directives_handled",
    "directives_signed_in_time_percent",
    "directives_handled_in_time_percent",
    "organs_criticised",
)
SIGNED = "SELECT COUNT(*) FROM receipt WHERE signed_at IS NOT NULL"
HANDLED = "SELECT COUNT(*) FROM receipt WHERE state = 'closed'"


@dataclass(frozen=True)
class RollUp:
    """How the directive stands after a step."""

    when: datetime
    step: str
    progress: Progress


@dataclass
class Outcome:
    """What the story leaves to be shown."""

    title: str
    number: str
    task: TaskOutcome
    rollups: Sequence[RollUp]
    matter: InternalMatterFile
    indicators: Sequence[Indicator]
    evaluation: EvaluationOutcome


def tell(stage: Stage, run: Run) -> Outcome:
    """Tell the whole story once more, on the next Monday of the calendar that is no holiday and
    leaves time for all of it in one month; raises `StoryFailed` where anything is not as it must
    be."""
    return _Telling(stage, run).cascade()


def _next_monday(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() != 0 or not is_working_day(day) or _criticised_on(day).month != day.month:
        day += timedelta(days=1)
    return day


def _criticised_on(day: date) -> date:
    """When whoever does not sign what was issued on that day is criticised: after two working days
    to sign, and seven more."""
    begun = datetime.combine(day, BEGINS, CHINA)
    return _morning(due_after(begun, 2).instant.astimezone(CHINA), 7).date()


def _morning(due: datetime, days: int) -> datetime:
    """The morning after the deadline, so many working days later, or that of its own day."""
    if days < 0:
        return due.replace(hour=9, minute=30, second=0)
    day = due_after(due, days).instant.astimezone(CHINA) if days else due
    return (day + timedelta(days=1)).replace(hour=8, minute=30, second=0)


class _Telling:
    def __init__(self, stage: Stage, run: Run) -> None:
        self.stage = stage
        self.day = run.plays_on(_next_monday(stage.now().astimezone(CHINA).date()))
        self.task = TaskTelling(stage, self.day)
        self.title = "关于开展餐饮场所燃气安全排查整治的通知"
        self.number = f"浙政办发〔{self.day.year}〕{100 + run.number}号"
        self.rollups: list[RollUp] = []
        self.directive = ""

    def cascade(self) -> Outcome:
        """From the plan of the task and the first draft to the last township, and to how the cities
        are evaluated."""
        self.stage.move_calendar(datetime.combine(self.day, BEGINS, CHINA))
        self.signed_before = self._signed()
        self.task.decompose()
        self._review()
        self._issue()
        self._pass_down()
        self.task.first_results()
        self._late_county()
        self._catch_up()
        self.task.late_results()
        self._report()
        matter = MatterTelling(self.stage).hand_over()
        indicators = self._screen()
        evaluation = EvaluationTelling(self.stage, self.day).cities(self._late_event)
        task = self.task.outcome
        return Outcome(self.title, self.number, task, self.rollups, matter, indicators, evaluation)

    # The gate

    def _review(self) -> None:
        self.stage.watcher.step("起草与合法性审核 · drafted, found wanting, changed, found lawful")
        terms: dict[str, Any] = {
            "title": self.title,
            "basis": BASIS,
            "audience": Audience(within=PROVINCE, levels=("city",), types=("government",)),
            "tasks": (self.task.task,),
        }
        self.directive = self.stage.order(
            OFFICE,
            "draft",
            DraftDirective(organ="33-government", text=TEXT.format(sanction=UNLAWFUL), **terms),
        ).id
        self.stage.refused("issued before its review", LEADER, self._issuing(), "not-in-that-state")
        self._ask_and_answer(
            1,
            "to_be_changed",
            Finding(
                clause="三",
                problem="通知不得设定行政处罚",
                basis="《中华人民共和国行政处罚法》第十六条",
            ),
        )
        draft = self.stage.ask(OFFICE, DirectiveById(directive_id=self.directive))
        self.stage.check("it sets the task going", (self.task.task,), draft.tasks)
        self.stage.check(
            "a draft again, with what was found", ("draft", 1), (draft.state, len(draft.findings))
        )
        self.stage.order(
            OFFICE,
            "revise",
            ReviseDraft(directive_id=self.directive, text=TEXT.format(sanction=LAWFUL), **terms),
        )
        self._ask_and_answer(2, "lawful")

    def _ask_and_answer(self, round: int, opinion: Any, *findings: Finding) -> None:
        asked = RequestLegalityReview(directive_id=self.directive)
        self.stage.order(OFFICE, f"ask/{round}", asked)
        review = f"{self.directive}.{round}"
        self.stage.until("the review is before the justice department", lambda: self._has(review))
        answer = AnswerLegalityReview(review_id=review, opinion=opinion, findings=findings)
        self.stage.order(REVIEWER, f"answer/{round}", answer)
        self.stage.settle()

    def _has(self, review: str) -> bool | None:
        # Answered in an earlier try of this run it is no more among the open ones.
        asked = LegalityReviewsOfOrgan(organ="33-justice", open_only=False)
        found = self.stage.ask(REVIEWER, asked).reviews
        return any(one.review_id == review for one in found) or None

    def _issuing(self) -> IssueDirective:
        return IssueDirective(directive_id=self.directive, number=self.number)

    # Down

    def _issue(self) -> None:
        self.stage.watcher.step("一键签发 · issued at one press to the 11 cities")
        self.stage.order(LEADER, "issue", self._issuing())
        self.stage.settle()
        self._roll_up("签发 · issued")
        cities = self._receipts(Level.CITY)
        self.stage.check("cities that have it", 11, len(cities))
        self._sign(cities)
        self._roll_up("市签收 · cities signed")

    def _pass_down(self) -> None:
        self.stage.watcher.step("逐级转发 · passed on to 90 counties and 1,387 townships")
        self._pass_on(self._receipts(Level.CITY), "county")
        counties = self._receipts(Level.COUNTY)
        self.stage.check("counties that have it", 90, len(counties))
        self._roll_up("到县 · sent to counties")
        in_time = [one for one in counties if one.division != COUNTY]
        self._sign(in_time)
        self._roll_up("县签收 · counties signed")
        self._pass_on(in_time, "township")
        self._roll_up("到乡镇 · sent to townships")
        self._sign(self._receipts(Level.TOWNSHIP))
        self._roll_up("乡镇签收 · townships signed")
        unsigned = ReceiptsOfDirective(
            directive_id=self.directive, division=PROVINCE, state="delivered"
        )
        names = [one.organ for one in self.stage.ask(OFFICE, unsigned).receipts]
        self.stage.check("who has not signed, in one question", [f"{COUNTY}-government"], names)

    def _pass_on(self, receipts: Iterable[Receipt], level: Any) -> None:
        self._each(
            EXCHANGE,
            f"pass-on/{level}",
            receipts,
            lambda one: PassDirectiveOn(
                receipt_id=one.receipt_id,
                audience=Audience(within=one.division, levels=(level,), types=("government",)),
            ),
        )
        self.stage.settle()

    def _sign(self, receipts: Iterable[Receipt]) -> None:
        self._each(EXCHANGE, "sign", receipts, lambda one: SignReceipt(receipt_id=one.receipt_id))

    # Late

    def _late_county(self) -> None:
        self.stage.watcher.step(
            "催办、督办、通报 · one county is late: urged, supervised, criticised"
        )
        (late,) = self._receipts(Level.COUNTY, state="delivered")
        assert late.due is not None
        due = late.due.astimezone(CHINA)
        found = []
        for name, days in (
            ("临期 · near due", -1),
            ("催办 · urged", 0),
            ("督办 · supervised", 3),
            ("通报 · criticised", 7),
        ):
            self.stage.move_calendar(_morning(due, days))
            self._roll_up(name)
            receipt = self._receipt(late)
            found.append((receipt.rung, receipt.colour))
        self.stage.check(
            "the late county's steps",
            [("prompted", "green"), ("urged", "red"), ("supervised", "red"), ("criticised", "red")],
            found,
        )
        criticised = self.stage.ask(COUNTY_OFFICE, CriticisedOrgans(division=PROVINCE)).organs
        self.stage.check(
            "criticised before all",
            [late.organ],
            [one.organ for one in criticised if one.directive_id == self.directive],
        )

    def _catch_up(self) -> None:
        self.stage.watcher.step("补签转黄 · the county catches up and is yellow for the period")
        (late,) = self._receipts(Level.COUNTY, state="delivered")
        self.stage.order(COUNTY_OFFICE, "late/sign", SignReceipt(receipt_id=late.receipt_id))
        receipt = self._receipt(late)
        self.stage.check(
            "late and caught up", ("signed", "yellow"), (receipt.state, receipt.colour)
        )
        self._roll_up("补签 · the county signed")
        self._pass_on([late], "township")
        self._sign(self._receipts(Level.TOWNSHIP, state="delivered"))
        self._roll_up("补签 · its townships signed")
        progress = self.rollups[-1].progress
        levels = {one.of: one.signed for one in progress.levels}
        self.stage.check(
            "signed, at every level", {"city": 11, "county": 90, "township": 1387}, levels
        )

    # Up again

    def _report(self) -> None:
        self.stage.watcher.step("反馈与核查 · handled with evidence, checked from below upwards")
        (first,) = self._receipts(Level.CITY, division=CITY)
        hollow = ReportHandling(receipt_id=first.receipt_id, text="已按要求完成")
        self.stage.order(CITY_OFFICE, "hollow", hollow)
        self.stage.check(
            "a report without evidence comes back", "signed", self._receipt(first).state
        )
        still_open = CloseDirective(directive_id=self.directive)
        self.stage.refused(
            "closed before all have handled it", OFFICE, still_open, "receipts-still-open"
        )
        for level in (Level.TOWNSHIP, Level.COUNTY, Level.CITY):
            receipts = self._receipts(level, state="signed")
            self._each(EXCHANGE, "report", receipts, self._handled)
            self._each(
                EXCHANGE,
                "check",
                receipts,
                lambda one: CheckFeedback(receipt_id=one.receipt_id, accepted=True),
            )
            self._roll_up(f"核查 · accepted: {level.name.lower()}")
        self.stage.order(OFFICE, "close", still_open)
        self._roll_up("办结 · closed")
        progress = self.rollups[-1].progress
        self.stage.check("the directive", "closed", progress.state)
        self.stage.check(
            "in colours: in time, late and caught up, late",
            (1487, 1, 0),
            (progress.total.green, progress.total.yellow, progress.total.red),
        )

    @staticmethod
    def _handled(receipt: Receipt) -> ReportHandling:
        return ReportHandling(
            receipt_id=receipt.receipt_id,
            text="已完成排查整治",
            evidence=(f"燃气安全排查台账（{receipt.organ_name}）",),
        )

    def _screen(self) -> Sequence[Indicator]:
        counted = (float(self._signed()), float(self.stage.count("party_government", HANDLED)))
        indicators = self.stage.until("the screen to have all of it", lambda: self._shown(counted))
        self.stage.check("signed by this directive", 1488, self._signed() - self.signed_before)
        self.stage.check(
            "signed and handled, on the screen beside an SQL count",
            counted,
            tuple(one.value for one in indicators if one.code in FIGURES[:2]),
        )
        return indicators

    def _shown(self, counted: tuple[float, float]) -> Sequence[Indicator] | None:
        """The figures of the screen, once they have come to these."""
        shown = {
            one.code: one for one in self.stage.ask(LEADER, OneScreen(division=PROVINCE)).indicators
        }
        found = [shown[code] for code in FIGURES]
        return found if tuple(one.value for one in found[:2]) == counted else None

    def _late_event(self) -> None:
        """A milestone that was due long ago is done only now."""
        self.stage.watcher.step(
            "迟到事件 · a milestone done after the freezing moves live figures only"
        )
        before = self._milestones_done()
        self.task.report(SCREEN)
        self.stage.settle()
        self.task.roll_up("定格后补报 · after the freezing")
        self.stage.check("Hangzhou's milestones, live", before + 1, self._milestones_done())

    def _milestones_done(self) -> float:
        asked = IndicatorByDivision(code="milestones_done", division=PROVINCE, level="city")
        cities = self.stage.ask(LEADER, asked).divisions
        return next(one.value or 0 for one in cities if one.division == CITY)

    # How it stands

    def _signed(self) -> int:
        return int(self.stage.count("party_government", SIGNED))

    def _roll_up(self, step: str) -> None:
        query = DirectiveProgress(directive_id=self.directive, division=PROVINCE)
        progress = self.stage.ask(LEADER, query)
        self.rollups.append(RollUp(self.stage.now(), step, progress))

    def _receipt(self, receipt: Receipt) -> Receipt:
        return self.stage.ask(OFFICE, ReceivedDirectiveById(receipt_id=receipt.receipt_id)).receipt

    def _receipts(
        self, level: Level, *, state: Any = None, division: str = PROVINCE
    ) -> list[Receipt]:
        found: list[Receipt] = []
        after = None
        while True:
            page = self.stage.ask(
                OFFICE,
                ReceiptsOfDirective(
                    directive_id=self.directive, division=division, state=state, after=after
                ),
            )
            found += [one for one in page.receipts if level_of(one.division) is level]
            if not page.more:
                return found
            after = page.receipts[-1].organ

    def _each(
        self,
        account: str,
        step: str,
        receipts: Iterable[Receipt],
        order: Callable[[Receipt], Ask[Any]],
    ) -> None:
        """The same for many organs, several at a moment as they would be."""
        self.stage.caller(account)
        with ThreadPoolExecutor(HANDS) as hands:
            for done in [
                hands.submit(self.stage.order, account, f"{step}/{one.organ}", order(one))
                for one in receipts
            ]:
                done.result()
