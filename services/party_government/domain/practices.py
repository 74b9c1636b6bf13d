"""Practice cases (实践案例): what their evidence shows, and when they are published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.party_government.domain.indicators import Direction
from shared.divisions import Level, level_of
from shared.errors import InvalidInput, RuleBroken


class TopicState(StrEnum):
    """How far a research topic is."""

    OPEN = "open"  # 研究中
    CONCLUDED = "concluded"  # 已结题
    DROPPED = "dropped"  # 已终止


class PracticeState(StrEnum):
    """How far a practice case is."""

    SUBMITTED = "submitted"  # 待评议
    PUBLISHED = "published"  # 已发布
    WITHDRAWN = "withdrawn"  # 已撤回


class AdoptionState(StrEnum):
    """How far an adoption is."""

    ADOPTED = "adopted"  # 应用中
    REPORTED = "reported"  # 已报告成效
    ENDED = "ended"  # 已停止


_STATE_ZH: Final = {
    "open": "研究中",
    "concluded": "已结题",
    "dropped": "已终止",
    "submitted": "待评议",
    "published": "已发布",
    "withdrawn": "已撤回",
    "adopted": "应用中",
    "reported": "已报告成效",
    "ended": "已停止",
}


class InWrongState(RuleBroken):
    """A topic, practice or adoption is not in a state in which that can be done."""

    zh = "当前状态为“{state_zh}”，不能执行此操作"
    en = "it is “{state}”, which does not allow this"

    def __init__(self, state: str) -> None:
        super().__init__(state=state, state_zh=_STATE_ZH[state])


class AlreadyDefined(RuleBroken):
    """A concept is defined once; afterwards it is revised."""

    zh = "概念“{code}”已定义，如需调整请修订"
    en = "concept “{code}” is defined already; revise it instead"


class NoSuchConcept(RuleBroken):
    """What is researched or tried belongs to a concept that is defined."""

    zh = "概念“{code}”尚未定义"
    en = "concept “{code}” is not defined"


class NotACounty(RuleBroken):
    """Practice cases are those of counties."""

    zh = "实践案例由县（市、区）报送、评议和应用，“{division}”不是县级"
    en = "practice cases are submitted, reviewed and adopted by counties; “{division}” is none"


class OwnPractice(RuleBroken):
    """A county neither reviews nor adopts its own practice."""

    zh = "不能评议或推广应用本县（市、区）自己的案例"
    en = "a county neither reviews nor adopts its own practice"


class TooFewReviews(RuleBroken):
    """Other counties must have reviewed a practice before it is published."""

    zh = "须有 {needed} 个其他县（市、区）评议后方可发布，目前 {count} 个"
    en = "{needed} other counties must review it before it is published; {count} did so far"


class ReviewedTooLow(RuleBroken):
    """A practice is published that other counties find good enough."""

    zh = "平均评分 {mean:.1f} 低于 {needed:.1f}，不能发布"
    en = "the mean grade of {mean:.1f} is below {needed:.1f}, with which it can be published"


class AdoptedAlready(RuleBroken):
    """A county adopts a practice once."""

    zh = "该县（市、区）已应用此案例"
    en = "the county has adopted this practice already"


class UnfitPeriods(InvalidInput):
    """The periods before and after cannot be compared; `fields` says why."""

    zh = "实施前后的统计周期不合要求，请按提示更正"
    en = "the periods do not fit; correct each as its message says"


class UnfitEvidence(InvalidInput):
    """An indicator proves something that is in force in the county and of which it is said whether
    higher or lower values are better."""

    zh = "指标“{codes}”在本县（市、区）未启用或未定方向，不能作为佐证；请选用已定方向的指标"
    en = (
        "“{codes}” is not in force in the county or has no direction; choose indicators of which "
        "higher or lower values are better"
    )


class NothingMeasured(RuleBroken):
    """Evidence is what was measured in both periods."""

    zh = "指标“{codes}”在 {period} 没有数据，不能作为佐证"
    en = "nothing was measured of “{codes}” in {period}, so that it proves nothing"


# Evidence


def require_county(division: str) -> None:
    """Raise `NotACounty` for any other level."""
    if level_of(division) != Level.COUNTY:
        raise NotACounty(division=division)


def require_over(name: str, period: str, today: date) -> None:
    """Raise `UnfitPeriods` for a month or year that is not over yet."""
    now = today.isoformat()[: len(period)]
    if period >= now:
        raise UnfitPeriods(fields={name: ["The period is not over yet."]})


def require_follows(before: str, after: str) -> None:
    """Raise `UnfitPeriods` unless both are months or both years, the second the later one."""
    if len(before) != len(after):
        raise UnfitPeriods(fields={"after": ["Both are months, or both are years."]})
    if after <= before:
        raise UnfitPeriods(fields={"after": ["It comes after the period before."]})


def improvement(direction: str, before: float, after: float) -> float | None:
    """The change in percent of the value before, positive for the better; None from 0."""
    if before == 0:
        return None
    change = (after - before) * 100 / abs(before)
    return -change if direction == Direction.LOWER else change


def mean_improvement(evidence: Iterable[dict[str, Any]]) -> float | None:
    """The mean over the indicators of which it is known, in percent; None of none."""
    known = [one["improvement"] for one in evidence if one.get("improvement") is not None]
    return sum(known) / len(known) if known else None


# Reviews and best applications

REVIEWS_NEEDED: Final = 2
GRADE_NEEDED: Final = 3.0
ADOPTIONS_FOR_ALL: Final = 5
FORMULA: Final = (
    "得分 = 50 × 成效 + 30 × 推广 + 20 × 评议。成效：佐证指标平均改善幅度，0至100%计为0至1；"
    "推广：报告改善的应用县（市、区）计1个，尚未报告的计半个，满5个计为1；"
    "评议：平均评分1至5分计为0至1。 / score = 50 × improvement + 30 × adoption + 20 × review: the "
    "mean improvement of the evidence, 0 to 100 % as 0 to 1; counties that adopted it and "
    "improved, those without a report as half, 5 as 1; the mean grade, 1 to 5 as 0 to 1"
)


def require_publishable(grades: Sequence[int]) -> None:
    """Raise `TooFewReviews` or `ReviewedTooLow`."""
    if len(grades) < REVIEWS_NEEDED:
        raise TooFewReviews(needed=REVIEWS_NEEDED, count=len(grades))
    mean = sum(grades) / len(grades)
    if mean < GRADE_NEEDED:
        raise ReviewedTooLow(mean=mean, needed=GRADE_NEEDED)


@dataclass(frozen=True)
class Score:
    """What speaks for a practice, each part from 0 to 1."""

    improvement: float
    adoption: float
    review: float

    @property
    def total(self) -> float:
        """By `FORMULA`, from 0 to 100, with one decimal, by which ties are told."""
        return round(50 * self.improvement + 30 * self.adoption + 20 * self.review, 1)


def score_of(own: float | None, adoptions: Iterable[float | None], grades: Sequence[int]) -> Score:
    """The score of a practice whose evidence improved by `own` percent; `adoptions` are the
    improvements of the counties that apply it, None where it is not known yet."""
    counted = sum(0.5 if one is None else float(one > 0) for one in adoptions)
    return Score(
        improvement=min(1.0, max(0.0, (own or 0.0) / 100)),
        adoption=min(1.0, counted / ADOPTIONS_FOR_ALL),
        review=(sum(grades) / len(grades) - 1) / 4 if grades else 0.0,
    )
