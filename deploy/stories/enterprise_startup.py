"""Story 2: an enterprise is set up as one thing (企业开办“一件事”): one form, seven matters, no
visit, one working day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from deploy.stories.one_window import Heard, OneWindow, one_window
from deploy.stories.recounts import compare_the_screen
from deploy.stories.stage import Run, Stage, StoryFailed, envelope_of
from shared.clocks import CHINA, SIMULATION_BEGINS
from shared.contracts.digital_economy import MatchList, PoliciesFor
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseDetail,
    DecideCase,
    OneThingProgress,
    OneThingState,
    RateOneThing,
    RequestSupplement,
    ResumeCase,
    StartupForm,
    SubmitOneThing,
    SupplementCase,
    SuspendCase,
)
from shared.contracts.identity_data import (
    CheckEnterpriseName,
    Ledger,
    Licence,
    LicenceOfCase,
    ReadersOfMyData,
    ReserveEnterpriseName,
    VerifyLicence,
)
from shared.contracts.party_government import (
    Explanation,
    Indicator,
    MeasureValue,
    OneScreen,
    RebuildProgress,
    RebuildScreen,
    ScreenRebuilds,
    WhyThisNumber,
)
from shared.contracts.platform import CountedRecord, CountedRecords, RecordsBehind
from shared.deadlines import is_working_day
from shared.errors import QiantangError

NUMBER = 2
TITLE = "企业开办“一件事” · enterprise start-up as one thing"
SETTING: Mapping[str, Any] = {}
"""It can be told on any platform."""

DIVISION = "330106"
REGISTRATION = "enterprise_registration"
RESIDENT = "resident"
ELSEWHERE = "office.330203"
DRILLED = "cases_decided"
LONGEST_REBUILD = 300.0
"""Seconds; it is of all that was ever counted, in the other stories too."""
# Trade names of two characters, so that more than two thousand runs have names of their own.
SYLLABLES = (
    "潮信澜涛汐浪汇源清江湖海云帆星河月明春和景安泰"
    "恒远达盛昌隆瑞祥福禄吉庆嘉禾丰华茂林森松柏梅兰竹菊荷"
)


@dataclass
class Outcome:
    """What the story leaves to be shown."""

    one_thing: OneThingState
    licence: Licence
    policies: MatchList
    ledger: Ledger
    heard: Sequence[Heard] = ()
    indicators: Sequence[Indicator] = ()
    recounts: dict[str, float] = field(default_factory=dict)
    behind: dict[str, tuple[int, int]] = field(default_factory=dict)
    """For each account how many records it sees behind the figure, and how many it does not."""
    rebuilt: tuple[int, int] = (0, 0)
    """How many kept events were read to make the screen anew, and how many rows compared."""


def name_of_run(number: int) -> str:
    """The enterprise name of the n-th run."""
    count = len(SYLLABLES)
    first, second = divmod(number - 1, count)
    trade_name = SYLLABLES[first % count] + SYLLABLES[(first + second + 1) % count]
    return f"杭州{trade_name}软件有限公司"


def next_working_day(day: date) -> date:
    """The first working day after this one."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def tell(stage: Stage, run: Run) -> Outcome:
    """Tell the whole story on the next working day, as `tell_on` does."""
    today = max(stage.now(), SIMULATION_BEGINS).date()
    return tell_on(stage, run.plays_on(next_working_day(today)), run.number)


def tell_on(stage: Stage, day: date, number: int) -> Outcome:
    """Tell the whole story on this working day; raises `StoryFailed` where anything is not as it
    must be.

    Where other systems can connect, the resident applies at a window of one.
    """
    with one_window(stage.settings) as window:
        return _Telling(stage, day, number, window).whole()


class _Telling:
    def __init__(self, stage: Stage, day: date, number: int, window: OneWindow | None) -> None:
        self.stage = stage
        self.window = window
        self.day = day
        self.name = name_of_run(number)
        self.one_thing_id = ""

    def whole(self) -> Outcome:
        reservation = self._choose_a_name()
        self._apply(reservation)
        self._register()
        self._handle_the_six()
        state = self._completed()
        heard = self._hear_at_the_window(state)
        licence = self._licence()
        policies = self._policies(licence)
        ledger = self._who_read_my_data()
        self._rate()
        outcome = Outcome(state, licence, policies, ledger, heard)
        self._compare_the_screen(outcome)
        self._drill_down(outcome)
        self._rebuild(outcome)
        self._verify_the_audit()
        return outcome

    def _at(self, hour: int, minute: int = 0) -> None:
        self.stage.move_calendar(datetime.combine(self.day, time(hour, minute), CHINA))

    # One form

    def _choose_a_name(self) -> str:
        self.stage.watcher.step("名称自主申报 · the resident reserves an enterprise name")
        self._at(9)
        query = CheckEnterpriseName(name=self.name, division=DIVISION)
        if not self.stage.ask(RESIDENT, query).available:
            # Only where this run was killed after its reservation, which is then repeated.
            self.stage.settle()
        order = ReserveEnterpriseName(name=self.name, division=DIVISION)
        return self.stage.order(RESIDENT, "reserve-name", order).id

    def _apply(self, reservation: str) -> None:
        self.stage.watcher.step("一表申请 · one form for seven matters")
        form = StartupForm(
            reservation_id=reservation,
            name=self.name,
            industry="软件和信息技术服务业",
            registered_capital=100_000_000,
            address="浙江省杭州市西湖区灵隐街道示范路1号",
            employees=8,
        )
        order = SubmitOneThing(thing="enterprise_startup", division=DIVISION, form=form.dump())
        if self.window is None:
            self.one_thing_id = self.stage.order(RESIDENT, "submit", order).id
        else:
            self.one_thing_id = self._apply_at(self.window, order)
        self._case_of(REGISTRATION)

    def _apply_at(self, window: OneWindow, order: SubmitOneThing) -> str:
        """Let another system apply for the resident, and be away while the cases are handled."""
        self.stage.watcher.step("一窗受理 · a one-window system applies for the resident by RPC")
        window.start()
        at_window = replace(order, applicant=self.stage.person_of(RESIDENT))
        request = f"{self.stage.scenario}/submit"
        first = window.submit(at_window, request, self.stage.scenario)
        again = window.submit(at_window, request, self.stage.scenario)
        self.stage.check("重复提交只受理一次 · sent twice, taken once", first.id, again.id)
        window.stop()
        return first.id

    def _progress(self) -> OneThingState:
        return self.stage.ask(RESIDENT, OneThingProgress(one_thing_id=self.one_thing_id))

    def _case_of(self, matter: str) -> CaseDetail:
        def find() -> CaseDetail | None:
            for one in self._progress().matters:
                if one.matter == matter and one.case_id:
                    return self.stage.ask(RESIDENT, CaseById(case_id=one.case_id))
            return None

        return self.stage.until(f"the case of {matter}", find)

    @staticmethod
    def _official(case: CaseDetail) -> str:
        return f"official.{case.organ.partition('-')[2]}"

    # Seven matters

    def _register(self) -> None:
        self.stage.watcher.step("企业登记 · market regulation accepts and registers")
        self._at(9, 30)
        case = self._accept(REGISTRATION)
        self.stage.check(
            "公民未被要求提交材料 · materials asked of the resident", 0, case.materials_asked
        )
        self._at(10)
        self._decide(case)

    def _handle_the_six(self) -> None:
        self.stage.watcher.step("六事并行 · six departments in parallel")
        followers = [one.matter for one in self._progress().matters if one.matter != REGISTRATION]
        self._at(10, 20)
        cases = {matter: self._accept(matter) for matter in followers}
        for case in cases.values():
            shared = {fact["name"]: fact["value"] for fact in case.facts}
            self.stage.check(
                f"{case.matter}：企业名称来自共享数据", self.name, shared["enterprise.name"]
            )
        self._at(11)
        self._supplement(cases["social_insurance"])
        self._special_procedure(cases["tax_invoices"])
        for hour, matter in zip((14, 14, 15, 15, 16, 16), sorted(followers), strict=True):
            self._at(hour)
            self._decide(cases[matter])

    def _accept(self, matter: str) -> CaseDetail:
        case = self._case_of(matter)
        self.stage.order(self._official(case), f"accept/{matter}", AcceptCase(case_id=case.case_id))
        return self._case_of(matter)

    def _decide(self, case: CaseDetail) -> None:
        order = DecideCase(case_id=case.case_id, outcome="granted")
        self.stage.order(self._official(case), f"decide/{case.matter}", order)

    def _supplement(self, case: CaseDetail) -> None:
        self.stage.watcher.step("一次性告知补正 · told once what is missing; the clock stands")
        missing = ("参保员工的社会保障卡开户行",)
        order = RequestSupplement(case_id=case.case_id, missing=missing)
        self.stage.order(self._official(case), f"supplement/{case.matter}", order)
        self._check_no_deadline(case)
        answer = SupplementCase(
            case_id=case.case_id, answers={missing[0]: "中国农业银行杭州西湖支行"}
        )
        self.stage.order(RESIDENT, f"supplemented/{case.matter}", answer)

    def _special_procedure(self, case: CaseDetail) -> None:
        self.stage.watcher.step("特别程序 · an inspection stops the clock of the tax matter")
        official = self._official(case)
        order = SuspendCase(case_id=case.case_id, procedure="inspection", days_needed=1)
        self.stage.order(official, f"suspend/{case.matter}", order)
        self._check_no_deadline(case)
        self._at(13, 30)
        self.stage.order(official, f"resume/{case.matter}", ResumeCase(case_id=case.case_id))

    def _check_no_deadline(self, case: CaseDetail) -> None:
        # A run that is told again may find the case decided already, which has no deadline either.
        found = self.stage.ask(RESIDENT, CaseById(case_id=case.case_id))
        if found.state in ("awaiting_supplement", "suspended"):
            self.stage.check(f"{case.matter}：时限已暂停 · no deadline runs", None, found.due)

    # What came of it

    def _completed(self) -> OneThingState:
        self.stage.watcher.step("一件事办结 · all seven matters end together")

        def completed() -> OneThingState | None:
            state = self._progress()
            return state if state.state != "running" else None

        state = self.stage.until("the one-thing to end", completed)
        self.stage.check("一件事状态 · state", "completed", state.state)
        granted = [one.outcome for one in state.matters]
        self.stage.check("七个事项 · matters granted", ["granted"] * 7, granted)
        told = self.stage.count(
            "digital_government",
            "SELECT envelope FROM outbox WHERE type = 'OneThingCompleted' AND aggregate_id = :id",
            id=self.one_thing_id,
        )
        ended = envelope_of(told)["data"]
        self.stage.check("跑动次数 · visits", 0, ended["visits"])
        self.stage.check(
            "当日办结 · minutes, within one working day", True, ended["minutes"] < 1440
        )
        return state

    def _hear_at_the_window(self, state: OneThingState) -> Sequence[Heard]:
        if self.window is None:
            return ()
        self.stage.watcher.step("一窗受理系统恢复 · the one-window system is back and hears of it")
        self.window.start()
        decided = sorted((one.matter, one.case_id, one.outcome) for one in state.matters)
        heard = self.stage.until("what was decided meanwhile", lambda: self._heard_all(decided))
        self.window.stop()
        self.stage.check(
            "离线期间的决定各收到一次 · each decision in its ledger once",
            decided,
            [(one.matter, one.case_id, one.outcome) for one in heard],
        )
        return heard

    def _heard_all(self, decided: Sequence[object]) -> Sequence[Heard] | None:
        assert self.window is not None
        heard = self.window.heard(self.one_thing_id)
        return heard if len(heard) >= len(decided) else None

    def _licence(self) -> Licence:
        self.stage.watcher.step("电子营业执照 · the signed electronic licence")
        case = self._case_of(REGISTRATION)
        person = self.stage.person_of(RESIDENT)
        licence = self.stage.until(
            "the licence",
            lambda: self.stage.ask(RESIDENT, LicenceOfCase(case_id=case.case_id, owner=person)),
        )
        anyone = self.stage.ask(RESIDENT, VerifyLicence(signed=licence.signed))
        self.stage.check(
            "执照签名有效 · genuine and in force", (True, True), (anyone.genuine, anyone.in_force)
        )
        forged = self.stage.ask(
            RESIDENT, VerifyLicence(signed=_with_another_capital(licence.signed))
        )
        self.stage.check("改动一处即失效 · a changed copy is refused", False, forged.genuine)
        return licence

    def _policies(self, licence: Licence) -> MatchList:
        self.stage.watcher.step("政策匹配 · the economy knows the enterprise and matches policies")
        self.stage.settle()
        query = PoliciesFor(enterprise_id=licence.holder)
        matches = self.stage.until(
            "matched policies", lambda: _if_any(self.stage.ask(RESIDENT, query))
        )
        self.stage.check("企业名称 · the same enterprise", self.name, matches.name)
        return matches

    def _who_read_my_data(self) -> Ledger:
        self.stage.watcher.step("谁看过我的数据 · the resident sees who read which data")
        ledger = self.stage.ask(RESIDENT, ReadersOfMyData(owner=self.stage.person_of(RESIDENT)))
        of_this_run = [
            entry for entry in ledger.entries if entry.at.astimezone(CHINA).date() == self.day
        ]
        self.stage.check("七次共享均有记录 · readings in the ledger", 7, len(of_this_run))
        return ledger

    def _rate(self) -> None:
        self.stage.watcher.step("好差评 · the resident rates")
        self._at(17)
        order = RateOneThing(one_thing_id=self.one_thing_id, grade=5, comment="一天办好，没有跑腿")
        self.stage.order(RESIDENT, "rate", order)
        self.stage.settle()

    # The one screen, and what stands behind it

    def _compare_the_screen(self, outcome: Outcome) -> None:
        outcome.indicators, outcome.recounts = compare_the_screen(self.stage)

    def _drill_down(self, outcome: Outcome) -> None:
        self.stage.watcher.step("数据下钻 · from a figure of the screen down to its records")
        why = WhyThisNumber(code=DRILLED, division=DIVISION, period=f"{self.day:%Y-%m}")
        answer = self.stage.ask("leader", why)
        case = self._case_of(REGISTRATION)
        official = self._official(case)
        seen, withheld = self._behind("leader", answer)
        own, others = self._behind(official, answer)
        outcome.behind = {"leader": (len(seen), withheld), official: (len(own), others)}
        self.stage.check(
            "指标值即记录数 · as many records as the figure says", answer.value, len(seen)
        )
        self.stage.check("省级领导均可见 · nothing is withheld from the leader", 0, withheld)
        self.stage.check(
            "承办人仅见本机构办件 · an official sees those of the own organ",
            [one.id for one in seen if one.organ == case.organ],
            [one.id for one in own],
        )
        self.stage.check(
            "其中有本次办件 · this run's among them", True, case.case_id in {one.id for one in own}
        )
        self.stage.check("其余只计数 · the others are counted", len(seen), len(own) + others)
        self.stage.check(
            "外地官员被拒绝 · an official of another place is refused",
            "NotAllowed",
            self._refusal_behind(ELSEWHERE, answer),
        )

    def _behind(self, account: str, answer: Explanation) -> tuple[list[CountedRecord], int]:
        """The records behind the leaf values, as this account sees them, and how many others."""
        seen: list[CountedRecord] = []
        withheld = 0
        for leaf in answer.leaves:
            pages = self._pages(account, leaf)
            if pages[0].total != leaf.value:
                raise StoryFailed(f"{leaf.measure} is {leaf.value}, not {pages[0].total}")
            seen += [record for page in pages for record in page.records]
            withheld += sum(page.withheld for page in pages)
        return seen, withheld

    def _pages(self, account: str, leaf: MeasureValue) -> list[CountedRecords]:
        query = RecordsBehind(measure=leaf.measure, division=leaf.division, period=leaf.period)
        pages = [self.stage.ask(account, query, service=leaf.owner)]
        while pages[-1].next is not None:
            query = replace(query, after=pages[-1].next)
            pages.append(self.stage.ask(account, query, service=leaf.owner))
        return pages

    def _refusal_behind(self, account: str, answer: Explanation) -> str:
        try:
            self._behind(account, answer)
        except QiantangError as refusal:
            return refusal.kind
        raise StoryFailed(f"RecordsBehind by {account} was not refused")

    def _rebuild(self, outcome: Outcome) -> None:
        self.stage.watcher.step("重建一屏 · the screen made anew from the events that were kept")
        order = RebuildScreen(reason="核对一屏数据")
        rebuild = self.stage.order("operator", "rebuild", order).rebuild_id
        done = self.stage.until(
            "the rebuild to end", lambda: self._ended(rebuild), patience=LONGEST_REBUILD
        )
        self.stage.check("重建完成 · it came to its end", ("done", 100), (done.state, done.percent))
        self.stage.check("逐行一致 · no row was other than the events say", 0, done.put_right)
        outcome.rebuilt = (done.read, done.compared)
        screen = self.stage.ask("leader", OneScreen(division="33"))
        found = [one for one in screen.indicators if one.code in outcome.recounts]
        self.stage.check("指标值不变 · the same figures", outcome.indicators, found)

    def _ended(self, rebuild: str) -> RebuildProgress | None:
        rebuilds = self.stage.ask("operator", ScreenRebuilds()).rebuilds
        (found,) = [one for one in rebuilds if one.rebuild_id == rebuild]
        return None if found.state == "running" else found

    def _verify_the_audit(self) -> None:
        self.stage.watcher.step("审计核验 · every service's audit chain")
        for state in self.stage.audits():
            self.stage.check(
                f"{state.service}：{state.rows} 行审计链完整 · intact", True, state.intact
            )


def _if_any(matches: MatchList) -> MatchList | None:
    return matches if matches.matches else None


def _with_another_capital(signed: str) -> str:
    """The same licence with one letter of its content changed."""
    header, content, signature = signed.split(".")
    changed = "A" if content[10] != "A" else "B"
    return ".".join((header, content[:10] + changed + content[11:], signature))
