"""Story 7: districts of Hangzhou are merged in April 2021 (区划调整): open cases, directives and
tasks pass to the successors, history keeps its old codes, and an indicator stays comparable over
the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from deploy.stories.merged_duties import (
    NUMBER_OF_DIRECTIVE,
    DutiesTelling,
    PassedDuty,
    passed_duties,
)
from deploy.stories.stage import Run, Stage, StoryFailed, envelope_of
from services.identity_data.reference.divisions import (
    all_divisions,
    division_changes,
    divisions_as_known_on,
)
from shared.clocks import CHINA
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseDetail,
    DecideCase,
    StartupForm,
    SubmitOneThing,
)
from shared.contracts.digital_government import Outcome as Decision
from shared.contracts.identity_data import (
    DivisionsBelow,
    MergeDivisions,
    Merger,
    MergerById,
    ReserveEnterpriseName,
    TerritoryMove,
)
from shared.contracts.party_government import Divisions, IndicatorTrend, Trend
from shared.divisions import DivisionWasSplit, Level, Succession, up_to
from shared.errors import NotAllowed, QiantangError

NUMBER = 7
TITLE = "区划调整 · a district merger: Hangzhou, April 2021"
SETTING = {
    "calendar_begins": datetime(2020, 1, 2, 8, 30, tzinfo=CHINA),
    "divisions_as_of": date(2020, 1, 1),
}
"""Where the story begins: the register as it was before the change, which comes by command."""

CITY = "3301"
EFFECTIVE = date(2021, 4, 9)
MONTH = (EFFECTIVE.year, EFFECTIVE.month)
RESIDENT = "resident"
REGISTRAR = "registrar.divisions"
REGISTRATION = "enterprise_registration"
SYLLABLES = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"

XIASHA, KAIXUAN = "330104010", "330104005"
BEFORE = ("330103", "330103", "330103", KAIXUAN, KAIXUAN, XIASHA, XIASHA, "330105", "330102")
"""Where people applied in 2020; townships where they named them."""
OPEN = ("330103", "330103", "330103", KAIXUAN, KAIXUAN, XIASHA, XIASHA, "330104", "330105")
"""Where they applied in the weeks before the change; one named the district alone."""
AFTER = ("330105", "330105", "330105", "330102", "330102", "330114", "330114", "330114")
"""Where they applied in 2022."""
NAMES = {
    "330102": "上城区",
    "330103": "下城区",
    "330104": "江干区",
    "330105": "拱墅区",
    "330114": "钱塘区",
}
OPEN_DUTIES = (
    "SELECT COUNT(*) FROM (SELECT division FROM receipt WHERE state IN ('delivered', 'signed',"
    " 'reported') UNION ALL SELECT division FROM milestone WHERE state IN ('open', 'reported'))"
    " AS duty WHERE division LIKE '330103%' OR division LIKE '330104%'"
)
SUCCESSORS = ("330105", "330102", "330114")


@dataclass
class Outcome:
    """What the story leaves to be shown: cases that passed on, as rows of successor and former
    division, directives and tasks that did, and trends by district, under the code of the time and
    comparable."""

    merger: Merger
    passed: Counter[tuple[str, str]]
    duties: list[PassedDuty]
    trends: dict[str, tuple[Trend, Trend]] = field(default_factory=dict)


def tell(stage: Stage, run: Run) -> Outcome:
    """Tell the whole story, or look again at what an earlier telling left, because history happens
    once; raises `StoryFailed` where anything is not as it must be."""
    telling = _Telling(stage)
    if run.number == 1:
        telling.history()
    return telling.consequences()


def true_moves() -> tuple[TerritoryMove, ...]:
    """What the notice of the provincial government moved (浙政发〔2021〕7号)."""
    names = {one.code: one.name for one in all_divisions()}
    known = {one.code for one in divisions_as_known_on(date(2021, 4, 8))}
    return tuple(
        TerritoryMove(
            from_code=change.from_code,
            to_code=change.to_code,
            name=None if change.to_code in known else names[change.to_code],
        )
        for change in division_changes()
        if change.effective == EFFECTIVE
    )


class _Telling:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.moves = true_moves()
        self.succession = Succession.of((one.from_code, one.to_code) for one in self.moves)
        self.duties = DutiesTelling(stage, self.succession)
        self._names = 0

    def _at(self, day: date, hour: int, minute: int = 0) -> None:
        self.stage.move_calendar(datetime.combine(day, time(hour, minute), CHINA))

    # What happened

    def history(self) -> None:
        """From 2020 to 2022."""
        if self.stage.now().date() > EFFECTIVE and not self._mergers():
            raise StoryFailed(
                "the calendar of this state stands after April 2021; give an empty --state"
            )
        self._a_year(date(2020, 6, 15), "2020", BEFORE)
        cases = self._apply_before_the_change()
        self.duties.prepare()
        merger = self._announce()
        self._await_the_day(merger, cases)
        cases.append(self._new_applications())
        self._decide_what_passed(cases)
        self.duties.go_on()
        self._a_year(date(2022, 6, 15), "2022", AFTER)

    def _a_year(self, day: date, year: str, places: Sequence[str]) -> None:
        self.stage.watcher.step(f"{year}年申请 · applications of {year}, each decided")
        self._at(day, 9)
        cases = [self._apply(place, f"{year}-{n}") for n, place in enumerate(places)]
        self._at(day, 10)
        for case in cases:
            self._accept(case)
        self._at(day, 14)
        for case in cases:
            self._decide(case, "refused")
        self.stage.settle()

    def _apply(self, place: str, step: str) -> CaseDetail:
        self._names += 1
        first, second = divmod(self._names, len(SYLLABLES))
        name = f"杭州{SYLLABLES[first]}{SYLLABLES[second]}商贸有限公司"
        county = up_to(place, Level.COUNTY)
        reservation = self.stage.order(
            RESIDENT, f"{step}/name", ReserveEnterpriseName(name=name, division=county)
        )
        form = StartupForm(
            reservation_id=reservation.id,
            name=name,
            industry="批发和零售业",
            registered_capital=50_000_000,
            address=f"浙江省杭州市{NAMES[county]}示范路{self._names}号",
            employees=3,
        )
        order = SubmitOneThing(thing="enterprise_startup", division=place, form=form.dump())
        one_thing = self.stage.order(RESIDENT, f"{step}/submit", order).id
        (row,) = self.stage.sql(
            "digital_government",
            "SELECT id FROM case_ WHERE one_thing_id = :id AND matter = :matter",
            id=one_thing,
            matter=REGISTRATION,
        )
        return self._case(row.id)

    def _case(self, case_id: str) -> CaseDetail:
        return self.stage.ask(RESIDENT, CaseById(case_id=case_id))

    def _official(self, case: CaseDetail) -> str:
        return f"official.market_regulation.{case.organ.partition('-')[0]}"

    def _accept(self, case: CaseDetail) -> None:
        """By the organ that the case is with; not again where a killed run had come further,
        because the case may be with another by now."""
        case = self._case(case.case_id)
        if case.state == "pending":
            order = AcceptCase(case_id=case.case_id)
            self.stage.order(self._official(case), f"accept/{case.case_id}", order)

    def _decide(self, case: CaseDetail, outcome: Decision) -> None:
        case = self._case(case.case_id)
        if case.state == "decided":
            return
        reasons = "住所不符合登记条件（示例）" if outcome == "refused" else None
        order = DecideCase(case_id=case.case_id, outcome=outcome, reasons=reasons)
        self.stage.order(self._official(case), f"decide/{case.case_id}", order)

    def _apply_before_the_change(self) -> list[CaseDetail]:
        self.stage.watcher.step("在办 · applications that are open when the districts end")
        self._at(date(2021, 3, 29), 9)
        return [self._apply(place, f"open-{n}") for n, place in enumerate(OPEN)]

    def _announce(self) -> str:
        self.stage.watcher.step("公布 · the province announces the change for 9 April")
        self._at(date(2021, 4, 1), 9)
        order = MergeDivisions(
            division=CITY,
            basis="国函〔2021〕29号，浙政发〔2021〕7号",
            effective=EFFECTIVE,
            moves=self.moves,
        )
        merger = self.stage.order(REGISTRAR, "announce", order).id
        self.stage.check(
            "县级以外无权变更区划 · nobody else may",
            NotAllowed,
            self._refused(f"official.market_regulation.{OPEN[0]}", order),
        )
        return merger

    def _refused(self, account: str, order: MergeDivisions | SubmitOneThing) -> type[QiantangError]:
        try:
            self.stage.order(account, f"refused/{account}/{order.division}", order)
        except QiantangError as refusal:
            return type(refusal)
        raise StoryFailed(f"{order.NAME} by {account} was not refused")

    def _await_the_day(self, merger: str, cases: Iterable[CaseDetail]) -> None:
        first = next(iter(cases))
        self._at(date(2021, 4, 8), 15)
        self._accept(first)
        due = self._case(first.case_id).due
        self.duties.issue()
        self.stage.watcher.step("生效 · the day: districts end and begin, open work passes on")
        self._at(EFFECTIVE, 0, 1)
        self.stage.until("every service to pass its work on", lambda: self._completed(merger))
        # Signed in again: the account of an official whose organ ended belongs to the successor.
        self.stage.sign_out()
        for case in cases:
            self._check_successor(case)
        self.stage.check(
            "承诺时限不变 · the running clock is as it was", due, self._case(first.case_id).due
        )
        before, now = self._districts(date(2021, 4, 8)), self._districts(EFFECTIVE)
        self.stage.check(
            "前一日与当日的区划 · districts of the day before and of the day",
            ({"330103", "330104"}, {"330113", "330114"}),
            (before - now, now - before),
        )

    def _completed(self, merger: str) -> Merger | None:
        found = self.stage.ask(REGISTRAR, MergerById(merger_id=merger))
        return found if found.complete else None

    def _check_successor(self, case: CaseDetail) -> None:
        successor = self.succession.successor(case.division)
        found = self._case(case.case_id)
        self.stage.check(
            f"{case.division} → {successor}",
            (successor, f"{up_to(successor, Level.COUNTY)}-market_regulation"),
            (found.division, found.organ),
        )

    def _districts(self, day: date) -> set[str]:
        found = self.stage.ask(RESIDENT, DivisionsBelow(code=CITY, as_of=day))
        return {one.code for one in found.divisions[1:]}

    def _new_applications(self) -> CaseDetail:
        self.stage.watcher.step(
            "旧代码 · what is ordered under an old code follows, or is asked back"
        )
        self._at(EFFECTIVE, 9)
        case = self._apply("330103", "old-code")
        self.stage.check("下城 → 拱墅 · the one successor", "330105", case.division)
        order = SubmitOneThing(
            thing="enterprise_startup",
            division="330104",
            form=StartupForm(
                reservation_id="n-never",
                name="杭州未定商贸有限公司",
                industry="批发和零售业",
                registered_capital=50_000_000,
                address="浙江省杭州市江干区示范路1号",
            ).dump(),
        )
        self.stage.check(
            "江干已分入两区，须写明街道 · which of two is asked",
            DivisionWasSplit,
            self._refused(RESIDENT, order),
        )
        return case

    def _decide_what_passed(self, cases: Sequence[CaseDetail]) -> None:
        self.stage.watcher.step("接续办理 · the successors decide what passed to them")
        self._at(EFFECTIVE, 10)
        for case in cases[1:]:
            self._accept(case)
        self._at(EFFECTIVE, 14)
        self._decide(cases[0], "granted")
        for case in cases[1:]:
            self._decide(case, "refused")
        self.stage.settle()
        seat = self.stage.count(
            "identity_data",
            "SELECT division FROM enterprise WHERE case_id = :id",
            id=cases[0].case_id,
        )
        self.stage.check("新企业登记在承接区 · registered in the successor", "330105", seat)

    # What it left

    def consequences(self) -> Outcome:
        """Counted past the services, in their own records."""
        self.stage.watcher.step("清点 · nothing is lost, history keeps its codes: counted in SQL")
        (merger,) = self._mergers()
        found = self.stage.until("the merger", lambda: self._completed(merger))
        outcome = Outcome(found, self._passed(), passed_duties(self.stage))
        self.stage.check(
            "旧代码下已无在办件 · open cases under codes that ended",
            0,
            self.stage.count(
                "digital_government",
                "SELECT COUNT(*) FROM case_ WHERE state NOT IN ('decided', 'withdrawn')"
                " AND (division LIKE '330103%' OR division LIKE '330104%')",
            ),
        )
        moved = [place for place in OPEN if self.succession.successor(place) != place]
        counts = next(p.counts for p in found.passed if p.service == "digital_government")
        self.stage.check("在办件如数移交 · cases passed on", len(moved), counts["cases"])
        self.stage.check("移交事件 · one event each", len(moved), sum(outcome.passed.values()))
        decided = self.stage.count(
            "digital_government",
            "SELECT COUNT(*) FROM case_ WHERE state = 'decided'"
            " AND (division LIKE '330103%' OR division LIKE '330104%')",
        )
        self.stage.check(
            "2020年办结件保留旧代码 · decided cases keep their codes",
            sum(place.startswith(("330103", "330104")) for place in BEFORE),
            decided,
        )
        self.stage.check(
            "旧代码下已无未办政令、节点 · directives and milestones open under codes that ended",
            0,
            self.stage.count("party_government", OPEN_DUTIES),
        )
        self._compare(outcome)
        return outcome

    def _mergers(self) -> list[str]:
        rows = self.stage.sql("identity_data", "SELECT id FROM division_merger")
        return [row.id for row in rows]

    def _passed(self) -> Counter[tuple[str, str]]:
        rows = self.stage.sql(
            "digital_government", "SELECT envelope FROM outbox WHERE type = 'CasePassedOn'"
        )
        data = [envelope_of(row.envelope)["data"] for row in rows]
        return Counter((one["division"][:6], one["from_division"]) for one in data)

    def _compare(self, outcome: Outcome) -> None:
        self.stage.watcher.step("可比趋势 · the trend of 2020 to 2022, of the time and comparable")
        submitted = Counter[tuple[str, str]]()
        comparable = Counter[tuple[str, str]]()
        rows = self.stage.sql(
            "digital_government", "SELECT envelope FROM outbox WHERE type = 'CaseSubmitted'"
        )
        for row in rows:
            envelope = envelope_of(row.envelope)
            at, year = envelope["time"][:10], envelope["time"][:4]
            place = envelope["divisioncode"]
            now = self.succession.successor(place) if at < EFFECTIVE.isoformat() else place
            submitted[place[:6], year] += 1
            comparable[now[:6], year] += 1
        for district in (*SUCCESSORS, "330103", "330104"):
            trends = (self._trend(district, "of_the_time"), self._trend(district, "present"))
            outcome.trends[district] = trends
            for trend, counted in zip(trends, (submitted, comparable), strict=True):
                told = {point.period: point.value for point in trend.points}
                wanted = {y: float(n) for (d, y), n in sorted(counted.items()) if d == district}
                self.stage.check(
                    f"{NAMES[district]} {trend.divisions} = SQL", wanted, _known(told, wanted)
                )

        self._compare_directives()

    def _compare_directives(self) -> None:
        """Every receipt that was signed is told once, before and after the change."""
        counted = float(
            self.stage.count(
                "party_government",
                "SELECT COUNT(*) FROM receipt WHERE signed_at IS NOT NULL"
                " AND directive IN (SELECT id FROM directive WHERE number = :number)",
                number=NUMBER_OF_DIRECTIVE,
            )
        )
        for divisions in ("of_the_time", "present"):
            trends = (self._trend(one, divisions, "directives_signed") for one in NAMES)
            told = sum(
                point.value or 0
                for trend in trends
                for point in trend.points
                if point.period == "2021"
            )
            self.stage.check(f"政令签收数 {divisions} = SQL", counted, told)

    def _trend(self, district: str, divisions: Divisions, code: str = "cases_submitted") -> Trend:
        query = IndicatorTrend(
            code=code,
            division=district,
            first="2020-01",
            last="2022-12",
            by="year",
            divisions=divisions,
        )
        return self.stage.ask("leader", query)


def _known(told: dict[str, float | None], wanted: dict[str, float]) -> dict[str, float | None]:
    """What the trend tells of the years: one of nothing may be told as nothing or as 0."""
    return {year: value for year, value in told.items() if value or year in wanted}
