"""Story 1: a directive goes down from the province to every township (政令一键智达、执行一贯到底),
and whoever is late is urged, supervised and criticised until it catches up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

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
from shared.errors import QiantangError

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
HANDS = 8
"""How many organs are served at the same moment."""
FIGURES = (
    "directives_signed",
    "directives_signed_in_time_percent",
    "directives_handled",
    "directives_handled_in_time_percent",
    "organs_criticised",
)
SIGNED = "SELECT COUNT(*) FROM receipt WHERE signed_at IS NOT NULL"


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
    rollups: list[RollUp] = field(default_factory=list)
    indicators: Sequence[Indicator] = ()


def tell(stage: Stage, run: Run) -> Outcome:
    """Tell the whole story once more, on the next Monday of the calendar that is no holiday;
    raises `StoryFailed` where anything is not as it must be."""
    return _Telling(stage, run).cascade()


def _next_monday(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() != 0 or not is_working_day(day):
        day += timedelta(days=1)
    return day


class _Telling:
    def __init__(self, stage: Stage, run: Run) -> None:
        self.stage = stage
        self.day = run.plays_on(_next_monday(stage.now().astimezone(CHINA).date()))
        self.outcome = Outcome(
            title="关于开展餐饮场所燃气安全排查整治的通知",
            number=f"浙政办发〔{self.day.year}〕{100 + run.number}号",
        )
        self.directive = ""

    def cascade(self) -> Outcome:
        """From the first draft to the last township."""
        self.stage.move_calendar(datetime.combine(self.day, time(8, 30), CHINA))
        self.signed_before = self._signed()
        self._review()
        self._issue()
        self._pass_down()
        self._late_county()
        self._catch_up()
        self._report()
        self._screen()
        return self.outcome

    # The gate

    def _review(self) -> None:
        self.stage.watcher.step("起草与合法性审核 · drafted, found wanting, changed, found lawful")
        terms: dict[str, Any] = {
            "title": self.outcome.title,
            "basis": BASIS,
            "audience": Audience(within=PROVINCE, levels=("city",), types=("government",)),
        }
        self.directive = self.stage.order(
            OFFICE,
            "draft",
            DraftDirective(organ="33-government", text=TEXT.format(sanction=UNLAWFUL), **terms),
        ).id
        self._refused("issued before its review", LEADER, self._issuing(), "not-in-that-state")
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
        return IssueDirective(directive_id=self.directive, number=self.outcome.number)

    # Down

    def _issue(self) -> None:
        self.stage.watcher.step("一键签发 · issued at one press to the 11 cities")
        self.stage.order(LEADER, "issue", self._issuing())
        self.stage.settle()
        self._roll_up("签发 · issued")
        cities = self._receipts(Level.CITY)
        self.stage.check("cities that have it", 11, len(cities))
        self._sign(cities)
        self._roll_up("各市签收 · cities signed")

    def _pass_down(self) -> None:
        self.stage.watcher.step("逐级转发 · passed on to 90 counties and 1,387 townships")
        self._pass_on(self._receipts(Level.CITY), "county")
        counties = self._receipts(Level.COUNTY)
        self.stage.check("counties that have it", 90, len(counties))
        in_time = [one for one in counties if one.division != COUNTY]
        self._sign(in_time)
        self._pass_on(in_time, "township")
        self._sign(self._receipts(Level.TOWNSHIP))
        self._roll_up("县乡签收 · counties and townships signed")
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
            self.stage.move_calendar(self._morning(due, days))
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

    @staticmethod
    def _morning(due: datetime, days: int) -> datetime:
        """The morning after the deadline, so many working days later, or that of its own day."""
        if days < 0:
            return due.replace(hour=9, minute=30, second=0)
        day = due_after(due, days).instant if days else due
        return (day + timedelta(days=1)).replace(hour=8, minute=30, second=0)

    def _catch_up(self) -> None:
        self.stage.watcher.step("补签转黄 · the county catches up and is yellow for the period")
        (late,) = self._receipts(Level.COUNTY, state="delivered")
        self.stage.order(COUNTY_OFFICE, "late/sign", SignReceipt(receipt_id=late.receipt_id))
        receipt = self._receipt(late)
        self.stage.check(
            "late and caught up", ("signed", "yellow"), (receipt.state, receipt.colour)
        )
        self._pass_on([late], "township")
        self._sign(self._receipts(Level.TOWNSHIP, state="delivered"))
        self._roll_up("补签 · caught up")
        progress = self.outcome.rollups[-1].progress
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
        self._refused(
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
            self._roll_up(f"核查通过 · accepted: {level.name.lower()}")
        self.stage.order(OFFICE, "close", still_open)
        self._roll_up("办结 · closed")
        progress = self.outcome.rollups[-1].progress
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

    def _screen(self) -> None:
        self.stage.settle()
        self.outcome.indicators = [
            one
            for one in self.stage.ask(LEADER, OneScreen(division=PROVINCE)).indicators
            if one.code in FIGURES
        ]
        shown = {one.code: one.value for one in self.outcome.indicators}
        self.stage.check(
            "signed by this directive, on the screen beside an SQL count",
            (1488, shown["directives_signed"]),
            (self._signed() - self.signed_before, float(self._signed())),
        )

    # How it stands

    def _signed(self) -> int:
        return int(self.stage.count("party_government", SIGNED))

    def _roll_up(self, step: str) -> None:
        query = DirectiveProgress(directive_id=self.directive, division=PROVINCE)
        progress = self.stage.ask(LEADER, query)
        self.outcome.rollups.append(RollUp(self.stage.now(), step, progress))

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

    def _refused(self, what: str, account: str, order: Ask[Any], slug: str) -> None:
        try:
            self.stage.order(account, f"refused/{slug}", order)
        except QiantangError as refusal:
            self.stage.check(f"refused: {what}", slug, refusal.slug)
        else:
            self.stage.check(f"refused: {what}", slug, "done")
