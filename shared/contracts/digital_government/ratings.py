"""Ratings (好差评): given once, and where they are bad, put right, called back, and published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.terms import Grade
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.succession import PassedOn

RatedKind = Literal["case", "one_thing", "visit"]
Comment = Annotated[str | None, validate.Length(max=500), Label("评语", "comment")]
Publishable = Annotated[bool, Label("同意公开评语", "the comment may be published without a name")]
CorrectionState = Literal["none", "open", "reported", "appealed", "closed"]


class RateCase(Transition[Done], on="Case", key="case_id", zh="评价办件", delegable=True):
    """Rate how a case was handled (GB/T 39735-2020): five grades, once, when it is over."""

    case_id: Identifier
    grade: Grade
    comment: Comment = None
    publishable: Publishable = False


class RateOneThing(Transition[Done], on="OneThing", key="one_thing_id", zh="评价"):
    """Rate a finished one-thing (GB/T 39735-2020): five grades, once."""

    one_thing_id: Identifier
    grade: Grade
    comment: Comment = None
    publishable: Publishable = False


class ServiceRated(Event, on="Rating", key="rating_id", zh="已评价"):
    """The applicant rated; a grade of 1 or 2 is a bad rating, whose correction is due then."""

    rating_id: Identifier
    of: RatedKind
    rated: Annotated[Identifier, Label("评价对象", "the case, one-thing or visit")]
    division: DivisionCode
    organ: Identifier
    grade: Grade
    bad: bool
    due: datetime | None = None


class ReportCorrection(Transition[Done], on="Rating", key="rating_id", zh="反馈整改情况"):
    """Say what was found behind a bad rating and what was put right, within 15 working days
    (GB/T 39735-2020; State Council General Office document 国办发〔2019〕51号)."""

    rating_id: Identifier
    found: Annotated[LongText, Label("核实情况", "what was found")]
    done: Annotated[LongText, Label("整改措施", "what was put right")]


class CorrectionReported(Event, on="Rating", key="rating_id", zh="整改已反馈"):
    """The rated organ said what it put right; the applicant is called back next."""

    rating_id: Identifier
    organ: Identifier
    in_time: bool


class CorrectionOverdue(Event, on="Rating", key="rating_id", zh="整改已超期"):
    """The 15 working days passed without a report."""

    rating_id: Identifier
    organ: Identifier
    due: datetime


class RecordCallBack(Transition[Done], on="Rating", key="rating_id", zh="登记回访结果"):
    """Say what the applicant said when called back; who is not satisfied with what was put right
    has it put right once more."""

    rating_id: Identifier
    satisfied: Annotated[bool, Label("是否满意", "satisfied now")]
    words: Annotated[LongText, Label("回访记录", "what was said")]


class CalledBack(Event, on="Rating", key="rating_id", zh="已回访"):
    """The applicant was called back; `due` is when the second correction is, where there is one."""

    rating_id: Identifier
    organ: Identifier
    satisfied: bool
    due: datetime | None = None


class AppealRating(Transition[Done], on="Rating", key="rating_id", zh="申诉差评"):
    """Hold within five working days that a bad rating is not of this service, or is malicious; the
    clock of the correction stands meanwhile."""

    rating_id: Identifier
    reasons: Annotated[LongText, Label("申诉理由", "reasons")]


class RatingAppealed(Event, on="Rating", key="rating_id", zh="差评已申诉"):
    """The rated organ appealed."""

    rating_id: Identifier
    organ: Identifier


class DecideRatingAppeal(Transition[Done], on="Rating", key="rating_id", zh="处理差评申诉"):
    """Uphold an appeal, so that the rating no longer counts, or reject it, so that the correction
    goes on."""

    rating_id: Identifier
    upheld: Annotated[bool, Label("是否采信", "upheld")]
    reasons: Annotated[LongText, Label("理由", "reasons")]


class RatingAppealRejected(Event, on="Rating", key="rating_id", zh="差评申诉不成立"):
    """The rating stands; `due` is when its correction is now."""

    rating_id: Identifier
    organ: Identifier
    due: datetime


class RatingExcluded(Event, on="Rating", key="rating_id", zh="差评不予计入"):
    """The appeal was upheld: the rating counts nowhere any more."""

    rating_id: Identifier
    division: DivisionCode
    organ: Identifier
    grade: Grade


class RatingDetail(Contract):
    """One rating and what came of it."""

    rating_id: Identifier
    version: int
    of: RatedKind
    rated: Identifier
    matter: Annotated[str, validate.Length(max=60)]
    division: DivisionCode
    organ: Identifier
    grade: Grade
    comment: Comment = None
    rated_at: datetime
    excluded: bool = False
    correction: CorrectionState = "none"
    due: datetime | None = None
    overdue: bool = False
    found: Annotated[str | None, validate.Length(max=2000)] = None
    done: Annotated[str | None, validate.Length(max=2000)] = None
    satisfied: bool | None = None
    appeal: Annotated[str | None, validate.Length(max=2000)] = None
    appeal_decision: Annotated[str | None, validate.Length(max=2000)] = None


class RatingById(
    Query[RatingDetail], on="Rating", key="rating_id", zh="查询评价", personal="rating_id"
):
    """A rating with its correction: for who gave it, the rated organ, and who calls back."""

    rating_id: Identifier


class RatingList(Contract):
    """Ratings, the correction that is due first first."""

    ratings: tuple[RatingDetail, ...]


class RatingsToCorrect(Query[RatingList], on="RatingList", zh="待整改评价", personal="organ"):
    """The bad ratings of an organ whose correction is not closed, 1,000 at most."""

    division: DivisionCode
    organ: Identifier


class RatingsToCallBack(Query[RatingList], on="RatingList", zh="待回访评价", personal="division"):
    """The bad ratings of a division whose applicants are to be called back, or whose appeals are to
    be decided, 1,000 at most."""

    division: DivisionCode


class PublishedComment(Contract):
    """A comment that its author let be published, without a name."""

    matter: Annotated[str, validate.Length(max=60)]
    grade: Grade
    comment: Annotated[str, validate.Length(max=500)]
    rated_at: datetime
    answer: Annotated[str | None, validate.Length(max=2000), Label("整改反馈", "correction")] = None


class OrgansRatings(Contract):
    """What an organ's services were given: how often each grade, and what came of the bad ones."""

    organ: Identifier
    grades: Annotated[Mapping[str, int], Label("各等级评价数", "ratings by grade")]
    satisfaction: Annotated[float, Label("满意率", "percent of grades 3 to 5")]
    corrections: Annotated[int, Label("应整改数", "corrections due")] = 0
    corrected: Annotated[int, Label("已整改数", "reported")] = 0
    corrected_in_time: Annotated[int, Label("按期整改数", "reported in time")] = 0


class RatingReport(Contract):
    """The ratings of a division and month, by organ, and the comments that may be read."""

    division: DivisionCode
    period: Annotated[str, validate.Length(equal=7)]
    organs: tuple[OrgansRatings, ...]
    comments: tuple[PublishedComment, ...]


class PublishedRatings(Query[RatingReport], on="PublicRatings", zh="查看评价公示"):
    """The ratings that a division's services were given in a month; anybody may ask. The latest 100
    comments."""

    division: DivisionCode
    period: Annotated[
        str, validate.Regexp(r"[0-9]{4}-(0[1-9]|1[0-2])\Z"), Label("月份", "month, as 2026-03")
    ]


class RatingPassedOn(PassedOn, on="Rating", zh="评价整改已移交"):
    """A correction that is not closed is the successor organ's now."""
