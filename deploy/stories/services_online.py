"""Story 8: services over one network (一网通办): an item that is data alone, two one-things of a
life, of which one fails half-way and undoes what was granted, what people think of it, and what a
window does for somebody from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from deploy.stories.configured_item import ConfiguredItem, ItemTelling
from deploy.stories.enterprise_startup import next_working_day
from deploy.stories.ratings_loop import RatingTelling
from deploy.stories.recounts import compare_the_screen
from deploy.stories.service_halls import Counters, CounterTelling
from deploy.stories.stage import Run, Stage
from shared.clocks import CHINA, SIMULATION_BEGINS
from shared.contracts.digital_government import (
    AcceptCase,
    AttachMaterial,
    CaseById,
    CaseDetail,
    DecideCase,
    DeliverResult,
    OneThingByCode,
    OneThingProgress,
    OneThingState,
    OpenOneThing,
    RatingReport,
    SubmitApplication,
)
from shared.contracts.party_government import Indicator

NUMBER = 8
TITLE = "一网通办 · services over one network"
SETTING: Mapping[str, Any] = {}
"""It can be told on any platform."""

COUNTY = "330106"
RESIDENT = "resident"
PAGE = base64.b64encode(b"%PDF-1.7\n1 0 obj <<>> endobj\n").decode()
"""What is handed in for a document."""

ACCOUNT = "6228480402564890018"
RETIRING: Mapping[str, object] = {
    "worked_years": 32,
    "account": ACCOUNT,
    "has_housing_fund": True,
}
BUYING: Mapping[str, object] = {
    "house": "浙江省杭州市西湖区灵隐街道示范路1号3幢201室",
    "house_price": 320_000_000,
    "seller": "示范置业有限公司",
    "account": ACCOUNT,
    "withdraws": True,
    "mortgaged": True,
    "lender": "示范银行杭州西湖支行",
    "loan": 150_000_000,
}
SEIZED = "该房屋已被人民法院依法查封，不得办理转移登记"


@dataclass
class Outcome:
    """What the story leaves to be shown."""

    item: ConfiguredItem
    things: dict[str, OneThingState] = field(default_factory=dict)
    ratings: RatingReport | None = None
    counters: Counters | None = None
    indicators: Sequence[Indicator] = ()
    recounts: dict[str, float] = field(default_factory=dict)


def tell(stage: Stage, run: Run) -> Outcome:
    """Tell the whole story on the next working day; raises `StoryFailed` where anything is not as
    it must be."""
    today = max(stage.now(), SIMULATION_BEGINS).date()
    return _Telling(stage, run.plays_on(next_working_day(today))).whole()


class _Telling:
    def __init__(self, stage: Stage, day: date) -> None:
        self.stage = stage
        self.day = day

    def whole(self) -> Outcome:
        self._at(9)
        outcome = Outcome(ItemTelling(self.stage, self.day).whole())
        outcome.things["retirement"] = self._retire()
        outcome.things["buying_a_house"] = self._buy_a_house()
        ratings = RatingTelling(self.stage, f"{self.day:%Y-%m}")
        outcome.ratings = ratings.whole(outcome.item.cases["resident"])
        outcome.counters = CounterTelling(self.stage, self.day).whole()
        self.stage.settle()
        outcome.indicators, outcome.recounts = compare_the_screen(self.stage)
        return outcome

    def _at(self, hour: int, minute: int = 0) -> None:
        self.stage.move_calendar(datetime.combine(self.day, time(hour, minute), CHINA))

    # One-things

    def _retire(self) -> OneThingState:
        self.stage.watcher.step("退休“一件事” · retirement: three departments, one form, no paper")
        self._at(10)
        one_thing = self._apply("retirement", RETIRING)
        self._decide(one_thing, "pension_approval")
        self.stage.settle()
        for matter in ("retiree_medical_benefit", "retirement_housing_fund"):
            self._decide(one_thing, matter)
        self.stage.settle()
        state = self._progress(one_thing)
        for one in state.matters:
            self._deliver(self._case_of(one_thing, one.matter))
        self.stage.check("一件事状态 · state", "completed", state.state)
        self.stage.check(
            "三个事项均准予 · matters granted",
            ["granted"] * 3,
            [one.outcome for one in state.matters],
        )
        return state

    def _buy_a_house(self) -> OneThingState:
        self.stage.watcher.step("购房“一件事” · a house: each document handed in once")
        self._at(14)
        offered = self.stage.ask(RESIDENT, OneThingByCode(code="buying_a_house"))
        documents = [one.material for one in offered.materials if not one.here]
        self.stage.check(
            "四个事项共需材料 · documents for four matters",
            ["purchase_contract", "loan_contract"],
            documents,
        )
        one_thing = self._apply("buying_a_house", BUYING, *documents)
        for matter in ("deed_tax", "housing_fund_withdrawal_purchase"):
            self._decide(one_thing, matter)
        self.stage.settle()
        granted = {one.matter: one.outcome for one in self._progress(one_thing).matters}
        self.stage.check(
            "契税与公积金已准予 · granted so far",
            ("granted", "granted"),
            (granted["deed_tax"], granted["housing_fund_withdrawal_purchase"]),
        )
        self.stage.watcher.step("过户不予登记 · the transfer is refused after two were granted")
        self._at(15)
        self._decide(one_thing, "housing_transfer_registration", SEIZED)
        self.stage.settle()
        state = self._progress(one_thing)
        self._check_undone(state)
        return state

    def _check_undone(self, state: OneThingState) -> None:
        found = {one.matter: one for one in state.matters}
        self.stage.check("一件事未办成 · state", "failed", state.state)
        self.stage.check(
            "随之撤销的事项 · undone with it",
            {"deed_tax": "revoked", "housing_fund_withdrawal_purchase": "revoked"},
            {code: one.state for code, one in found.items() if one.state == "revoked"},
        )
        self.stage.check(
            "不再办理的事项 · never begun",
            "cancelled",
            found["mortgage_registration"].state,
        )
        told = found["deed_tax"].reasons or ""
        self.stage.check("申请人看到缘由 · the applicant is told why", True, SEIZED in told)
        self.stage.check(
            "申请人看到救济途径 · and the remedies", True, found["deed_tax"].remedies is not None
        )

    def _apply(self, thing: str, answers: Mapping[str, object], *documents: str) -> str:
        opening = OpenOneThing(thing=thing, division=COUNTY)
        made = self.stage.order(RESIDENT, f"{thing}/open", opening).id
        for document in documents:
            order = AttachMaterial(
                application_id=made,
                material=document,
                file_name=f"{document}.pdf",
                content=PAGE,
            )
            self.stage.order(RESIDENT, f"{thing}/attach/{document}", order)
        handing_in = SubmitApplication(application_id=made, answers=dict(answers))
        self.stage.order(RESIDENT, f"{thing}/submit", handing_in)
        self.stage.settle()
        return made

    def _progress(self, one_thing: str) -> OneThingState:
        return self.stage.ask(RESIDENT, OneThingProgress(one_thing_id=one_thing))

    def _case_of(self, one_thing: str, matter: str) -> CaseDetail:
        cases = {one.matter: one.case_id for one in self._progress(one_thing).matters}
        return self.stage.ask(RESIDENT, CaseById(case_id=str(cases[matter])))

    def _deliver(self, case: CaseDetail) -> None:
        """Let the applicant have the result without a visit."""
        official = f"official.{case.organ.partition('-')[2]}"
        order = DeliverResult(
            case_id=case.case_id, way="electronic", reference=f"浙里办 {case.case_id}"
        )
        self.stage.order(official, f"deliver/{case.case_id}", order)

    def _decide(self, one_thing: str, matter: str, reasons: str = "") -> None:
        """Grant a matter, or refuse it for these reasons."""
        case = self._case_of(one_thing, matter)
        official = f"official.{case.organ.partition('-')[2]}"
        accept = AcceptCase(case_id=case.case_id)
        self.stage.order(official, f"accept/{case.case_id}", accept)
        order = DecideCase(
            case_id=case.case_id,
            outcome="refused" if reasons else "granted",
            reasons=reasons or None,
        )
        self.stage.order(official, f"decide/{case.case_id}", order)
