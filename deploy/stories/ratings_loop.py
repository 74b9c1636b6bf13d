"""The ratings loop in story 8 (好差评): a bad rating is put right, called back and published; one
that is held to be malicious is appealed against and stands."""

from __future__ import annotations

from deploy.stories.stage import Stage
from shared.contracts.digital_government import (
    AppealRating,
    CaseDetail,
    DecideRatingAppeal,
    PublishedRatings,
    RateCase,
    RatingById,
    RatingReport,
    RatingsToCallBack,
    RatingsToCorrect,
    RecordCallBack,
    ReportCorrection,
)

COUNTY = "330106"
BUREAU, CHIEF, OFFICE = "official.public_security", "leader.330106", f"office.{COUNTY}"
ORGAN = f"{COUNTY}-public_security"


class RatingTelling:
    """Tells of it in a month."""

    def __init__(self, stage: Stage, period: str) -> None:
        self.stage = stage
        self.period = period

    def whole(self, refused: CaseDetail) -> RatingReport:
        """What the applicant of a refused case thinks of it, to the publication."""
        self.stage.watcher.step("差评 · a bad rating opens a correction of 15 working days")
        rate = RateCase(
            case_id=refused.case_id,
            grade=1,
            comment="没有人解释为什么户口在本市就不能申领",
            publishable=True,
        )
        self.stage.refused("rated by another", "stranger", rate, "not-allowed")
        self.stage.order("resident", "rating/give", rate)
        again = RateCase(case_id=refused.case_id, grade=5)
        self.stage.refused("rated twice", "resident", again, "already-rated")
        rating = f"r-{refused.case_id}"
        open_ = self._state(rating)
        self.stage.check("整改已启动 · the correction is open", "open", open_)
        self._appeal(rating)
        self._correct(rating)
        return self._published()

    def _appeal(self, rating: str) -> None:
        self.stage.watcher.step("申诉 · the bureau appeals, the government's office rejects it")
        appeal = AppealRating(rating_id=rating, reasons="决定依法作出，评价不实")
        self.stage.refused("appealed by an official alone", BUREAU, appeal, "not-allowed")
        self.stage.order(CHIEF, "rating/appeal", appeal)
        reject = DecideRatingAppeal(
            rating_id=rating, upheld=False, reasons="评价针对的是未作解释，属实"
        )
        self.stage.order(OFFICE, "rating/reject", reject)
        self.stage.check("整改继续 · the correction goes on", "open", self._state(rating))

    def _correct(self, rating: str) -> None:
        self.stage.watcher.step("整改回访 · put right, and called back by another organ")
        mine = self.stage.ask(BUREAU, RatingsToCorrect(division=COUNTY, organ=ORGAN))
        self.stage.check(
            "待整改 · the bureau's list", True, rating in {one.rating_id for one in mine.ratings}
        )
        report = ReportCorrection(
            rating_id=rating,
            found="秒批结果页只显示结论",
            done="结果页增加决定依据和政策咨询入口，并已电话向申请人解释",
        )
        self.stage.order(BUREAU, "rating/report", report)
        waiting = self.stage.ask(OFFICE, RatingsToCallBack(division=COUNTY))
        self.stage.check(
            "待回访 · the office's list",
            True,
            rating in {one.rating_id for one in waiting.ratings},
        )
        call = RecordCallBack(rating_id=rating, satisfied=True, words="已明白，没有意见")
        self.stage.refused("called back by the rated", BUREAU, call, "not-allowed")
        self.stage.order(OFFICE, "rating/call-back", call)
        self.stage.check("整改办结 · closed", "closed", self._state(rating))

    def _published(self) -> RatingReport:
        self.stage.watcher.step("公示 · ratings published, without a name")
        query = PublishedRatings(division=COUNTY, period=self.period)
        report = self.stage.ask("stranger", query)
        organ = next(one for one in report.organs if one.organ == ORGAN)
        self.stage.check(
            "差评均按期整改 · all put right in time",
            organ.corrections,
            organ.corrected_in_time,
        )
        self.stage.check(
            "评语附整改反馈 · with what was done", True, bool(report.comments[0].answer)
        )
        return report

    def _state(self, rating: str) -> str:
        return self.stage.ask("resident", RatingById(rating_id=rating)).correction
