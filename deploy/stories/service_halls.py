"""At the windows in story 8 (跨域通办、预约叫号、咨询): one in Ningbo hands in what Hangzhou
decides, a hall sells no place twice, a question is answered for all to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from deploy.stories.stage import Stage
from shared.clocks import CHINA
from shared.contracts.digital_government import (
    AcceptCase,
    AnswerConcern,
    BookVisit,
    CallBoard,
    CallNext,
    CaseById,
    CaseDetail,
    CasesReceived,
    CheckIn,
    ConcernById,
    ConcernDetail,
    DecideCase,
    DeliverResult,
    EndVisit,
    FreePeriods,
    HallPeriod,
    OpenApplication,
    PublishedAnswers,
    PublishTimetable,
    RaiseConcern,
    RateVisit,
    SubmitApplication,
    VisitById,
    VisitDetail,
)

COUNTY, AFAR = "330106", "330203"
HERE, THERE = f"window.{COUNTY}", f"window.{AFAR}"
BUREAU, CATALOGUE = "official.human_resources", f"catalogue.{COUNTY}"
CARD = "social_security_card"
BEGINS, ENDS = "16:00", "17:00"


@dataclass
class Counters:
    """What it leaves to be shown."""

    afar: CaseDetail
    visit: VisitDetail
    concern: ConcernDetail


class CounterTelling:
    """Tells of it in the afternoon of a day."""

    def __init__(self, stage: Stage, day: date) -> None:
        self.stage = stage
        self.day = day

    def whole(self) -> Counters:
        """All three."""
        return Counters(self._across_regions(), self._visit(), self._ask())

    def _across_regions(self) -> CaseDetail:
        self.stage.watcher.step("跨域通办 · a window in Ningbo receives what Hangzhou decides")
        opening = OpenApplication(
            matter=CARD, division=COUNTY, applicant=self.stage.person_of("stranger")
        )
        made = self.stage.order(THERE, "afar/open", opening).id
        answers = {"card_holder": "本人", "bank_of_card": "示范银行宁波海曙支行"}
        handing_in = SubmitApplication(application_id=made, answers=answers)
        self.stage.order(THERE, "afar/submit", handing_in)
        received = self.stage.ask(
            THERE, CasesReceived(division=AFAR, organ=f"{AFAR}-data_resources")
        )
        self.stage.check(
            "窗口收件 · on the window's list", True, made in {one.case_id for one in received.cases}
        )
        self.stage.order(THERE, "afar/accept", AcceptCase(case_id=made))
        granted = DecideCase(case_id=made, outcome="granted")
        self.stage.refused("decided by the window", THERE, granted, "not-allowed")
        self.stage.order(BUREAU, "afar/decide", granted)
        delivery = DeliverResult(case_id=made, way="window", reference=f"{AFAR}-1")
        self.stage.order(THERE, "afar/deliver", delivery)
        case = self.stage.ask("stranger", CaseById(case_id=made))
        self.stage.check(
            "收件与决定分属两地 · received there, decided here",
            (f"{AFAR}-data_resources", f"{COUNTY}-human_resources", "granted"),
            (case.received_by, case.organ, case.outcome),
        )
        return case

    def _visit(self) -> VisitDetail:
        self.stage.watcher.step("预约叫号 · one place in the hall, and two who want it")
        periods = (HallPeriod(begins=BEGINS, ends=ENDS, places=1),)
        self.stage.order(
            CATALOGUE, "hall/publish", PublishTimetable(division=COUNTY, periods=periods)
        )
        booking = BookVisit(division=COUNTY, day=self.day, begins=BEGINS, item=CARD)
        booked = self.stage.order("resident", "hall/book", booking).id
        self.stage.refused("a place that is taken", "stranger", booking, "fully-booked")
        free = self.stage.ask("stranger", FreePeriods(division=COUNTY, day=self.day, days=1))
        self.stage.check("余号 · places left", [0], [one.free for one in free.periods])
        self._at(15, 50)
        self.stage.order("resident", "hall/check-in", CheckIn(visit_id=booked))
        self._at(16, 5)
        call = CallNext(division=COUNTY, window=3)
        called = self.stage.order(HERE, "hall/call", call).id
        self.stage.check("叫号 · called", booked, called)
        board = self.stage.ask("stranger", CallBoard(division=COUNTY))
        self.stage.check("叫号屏 · on the board", True, 3 in {one.window for one in board.called})
        self.stage.refused("nobody else waits", HERE, call, "nobody-waits")
        self.stage.order(HERE, "hall/end", EndVisit(visit_id=booked))
        rating = RateVisit(visit_id=booked, grade=5, comment="不用等", publishable=True)
        self.stage.refused("rated by another", "stranger", rating, "not-allowed")
        self.stage.order("resident", "hall/rate", rating)
        return self.stage.ask("resident", VisitById(visit_id=booked))

    def _ask(self) -> ConcernDetail:
        self.stage.watcher.step("咨询 · a question, answered for all to read")
        asking = RaiseConcern(
            kind="advice",
            division=COUNTY,
            words="社会保障卡可以在外地领取吗？",
            item=CARD,
            publishable=True,
        )
        asked = self.stage.order("resident", "concern/raise", asking).id
        answer = AnswerConcern(
            concern_id=asked,
            answer="可以。省内任一办事大厅均可收件，办结后由收件窗口发卡。",
            publish_as="社会保障卡可以异地领取吗？",
        )
        bureau = f"{COUNTY}-human_resources"
        self.stage.refused("answered by another organ", "official.taxation", answer, "not-allowed")
        self.stage.order(BUREAU, "concern/answer", answer)
        found = self.stage.ask("resident", ConcernById(concern_id=asked))
        self.stage.check("答复机关 · answered by", (bureau, "answered"), (found.organ, found.state))
        public = self.stage.ask("stranger", PublishedAnswers(division=COUNTY, item=CARD))
        self.stage.check(
            "公开答复 · for all to read",
            True,
            answer.publish_as in {a.words for a in public.answers},
        )
        return found

    def _at(self, hour: int, minute: int) -> None:
        self.stage.move_calendar(datetime.combine(self.day, time(hour, minute), CHINA))
