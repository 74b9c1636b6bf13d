"""Evaluation: how figures become points, points a ranking, and what an evaluation goes through."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from services.party_government.domain.indicators import Direction
from services.party_government.domain.ranking import Band, bands_of, competition_ranks
from shared.errors import InvalidInput, RuleBroken

# Schemes


class Method(StrEnum):
    """How a value becomes points, of which 100 are the whole."""

    TARGET = "target"  # 目标完成率
    MIN_MAX = "min_max"  # 极差法
    RANK = "rank"  # 位次法


class Missing(StrEnum):
    """What a value that nobody has counts."""

    LEFT_OUT = "left_out"  # 不计该项，其权重由其余各项按比例分摊
    NO_POINTS = "no_points"  # 该项不得分


class SchemeState(StrEnum):
    """Where a scheme is."""

    DRAFT = "draft"  # 草案
    ADOPTED = "adopted"  # 现行
    REPLACED = "replaced"  # 已被替代


class UnfitScheme(InvalidInput):
    """The criteria of a scheme do not fit; `fields` says which."""

    zh = "评价方案的指标、权重或计分方法不合要求，请按提示更正"
    en = "criteria, weights or methods of the scheme do not fit; correct each as its message says"


class WeightsDoNotSum(UnfitScheme):
    """The weights of a scheme make a whole."""

    zh = "各项权重之和为{sum}，应为100"
    en = "the weights sum to {sum}, not to 100"


class SchemeIsNoDraft(RuleBroken):
    """A scheme is revised and adopted while it is a draft; what replaces it is drafted anew."""

    zh = "该评价方案已不是草案；如需调整，请另拟方案并予采用"
    en = "the scheme is no draft any more; draft another one and adopt that"


class SchemeNotInForce(RuleBroken):
    """Evaluations are opened under a scheme in force."""

    zh = "该评价方案不是现行方案，不能据以开展评价"
    en = "the scheme is not in force, and nothing is evaluated under it"


@dataclass(frozen=True)
class Criterion:
    """One criterion of a scheme: the indicator, its weight in percent of the whole, and how its
    value becomes points. `target` is in the indicator's unit, None where each division has its own;
    `cap` is the most points."""

    code: str
    weight: int
    direction: Direction = Direction.HIGHER
    method: Method = Method.TARGET
    target: float | None = None
    cap: int = 100
    missing: Missing = Missing.LEFT_OUT

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Criterion:
        """From data, as a contract or a column has it."""
        return cls(
            data["code"],
            data["weight"],
            Direction(data["direction"]),
            Method(data["method"]),
            data["target"],
            data["cap"],
            Missing(data["missing"]),
        )


def require_sound(criteria: Sequence[Criterion], known: Mapping[str, Direction | None]) -> None:
    """Raise `UnfitScheme` where a criterion is none of the known indicators, stands twice, or has
    another direction or target than it can have; `WeightsDoNotSum` unless the weights make 100."""
    codes = [one.code for one in criteria]
    faults = {
        str(place): [fault]
        for place, one in enumerate(criteria)
        if (fault := _fault_of(one, codes[:place], known)) is not None
    }
    if faults:
        raise UnfitScheme(fields={"terms": {"criteria": faults}})
    total = sum(one.weight for one in criteria)
    if total != 100:
        sums = [f"The weights sum to {total}, not to 100."]
        raise WeightsDoNotSum(sum=total, fields={"terms": {"criteria": sums}})


def _fault_of(
    one: Criterion, before: Sequence[str], known: Mapping[str, Direction | None]
) -> str | None:
    if one.code not in known:
        return "No such indicator holds in the division."
    if one.code in before:
        return "The indicator stands there already."
    if known[one.code] not in (None, one.direction):
        return f"The indicator is defined as better when {known[one.code]}."
    if one.target is not None and one.method is not Method.TARGET:
        return "Only the method `target` has one."
    if one.target is not None and one.target <= 0:
        return "A target is above 0; without one, that of each division counts."
    return None


# Periods


class PeriodStillOpen(RuleBroken):
    """What is not over is not evaluated."""

    zh = "评价周期“{period}”要到{last_day}才结束，不能提前评价"
    en = "the period {period} lasts until {last_day} and cannot be evaluated before"


class WrongPeriod(InvalidInput):
    """A scheme is for months or for years."""

    zh = "该评价方案按{cycle_zh}评价，周期“{period}”不符"
    en = "the scheme evaluates by {cycle}, which “{period}” is none of"


CYCLES_ZH: Final = {"month": "月", "year": "年"}


def last_day_of(period: str) -> date:
    """The last day of a month `YYYY-MM` or a year `YYYY`."""
    year, _, month = period.partition("-")
    if not month:
        return date(int(year), 12, 31)
    return date(int(year), int(month), calendar.monthrange(int(year), int(month))[1])


def require_over(period: str, today: date) -> None:
    """Raise `PeriodStillOpen` until the day after its last."""
    last_day = last_day_of(period)
    if today <= last_day:
        raise PeriodStillOpen(period=period, last_day=last_day)


def require_cycle(period: str, cycle: str) -> None:
    """Raise `WrongPeriod` for a year where months are evaluated, and the other way round."""
    if ("-" in period) != (cycle == "month"):
        raise WrongPeriod(
            period=period,
            cycle=cycle,
            cycle_zh=CYCLES_ZH[cycle],
            fields={"period": [f"A {cycle} is evaluated."]},
        )


# Points and ranks

_HUNDRED: Final = Decimal(100)
_CENT: Final = Decimal("0.01")

Value = float | None


@dataclass(frozen=True)
class Figure:
    """The value of an indicator in a division, and the target that was given to the division;
    either may be None."""

    value: Value = None
    target: Value = None


def target_of(criterion: Criterion, figure: Figure) -> Value:
    """The target that counts: the scheme's, or else the division's; None for other methods."""
    if criterion.method is not Method.TARGET:
        return None
    return figure.target if criterion.target is None else criterion.target


def points_of(criterion: Criterion, figures: Mapping[str, Figure]) -> dict[str, Decimal | None]:
    """What each one's figure is worth, from 0 to the cap, with two decimals.

    By target: the value in percent of the target, and where lower is better the target in percent
    of the value (none at all is worth the cap); a target of 0 or below is met, for 100, or not. By
    min-max: 100 for the best of the peers, 0 for the worst, in proportion between; 100 for all
    where they are equal. By rank: of n that have a value the first has 100, each further rank 100/n
    less. No value, or no target where one is needed: as the criterion says, None where it is left
    out.
    """
    worth = _WORTH[criterion.method](criterion, figures)
    absent = None if criterion.missing is Missing.LEFT_OUT else Decimal(0)
    return {
        name: _within_cap(worth[name], criterion.cap) if name in worth else absent
        for name in figures
    }


def _by_target(criterion: Criterion, figures: Mapping[str, Figure]) -> dict[str, Decimal]:
    found = {}
    for name, value in _measured(figures).items():
        target = target_of(criterion, figures[name])
        if target is not None:
            found[name] = _attained(criterion, value, _exact(target))
    return found


def _attained(criterion: Criterion, value: Decimal, target: Decimal) -> Decimal:
    higher = criterion.direction is Direction.HIGHER
    if target <= 0:
        return _HUNDRED if (value >= target if higher else value <= target) else Decimal(0)
    if higher:
        return value * _HUNDRED / target
    return target * _HUNDRED / value if value > 0 else Decimal(criterion.cap)


def _by_min_max(criterion: Criterion, figures: Mapping[str, Figure]) -> dict[str, Decimal]:
    measured = _measured(figures)
    if not measured:
        return {}
    low, high = min(measured.values()), max(measured.values())
    if low == high:
        return dict.fromkeys(measured, _HUNDRED)
    worst, best = (low, high) if criterion.direction is Direction.HIGHER else (high, low)
    return {name: (v - worst) * _HUNDRED / (best - worst) for name, v in measured.items()}


def _by_rank(criterion: Criterion, figures: Mapping[str, Figure]) -> dict[str, Decimal]:
    ranks = competition_ranks(_measured(figures), criterion.direction)
    return {name: _HUNDRED * (len(ranks) - rank + 1) / len(ranks) for name, rank in ranks.items()}


_WORTH: Final = MappingProxyType(
    {Method.TARGET: _by_target, Method.MIN_MAX: _by_min_max, Method.RANK: _by_rank}
)


def _measured(figures: Mapping[str, Figure]) -> dict[str, Decimal]:
    return {name: _exact(one.value) for name, one in figures.items() if one.value is not None}


def _exact(value: float) -> Decimal:
    # By its shortest text, so that 0.1 is a tenth and equal figures make equal points.
    return Decimal(str(value))


def _within_cap(points: Decimal, cap: int) -> Decimal:
    return max(Decimal(0), min(points, Decimal(cap))).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """One criterion of one score: the value, the target where one counts, its points, the weight
    that the scheme gives it and the share of the score that it has; points and share are None where
    it is left out."""

    criterion: Criterion
    value: Value
    target: Value
    points: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class Score:
    """The score of one organ: the points weighted, with two decimals; None where it has no value
    at all that counts. `rank` is its place among its peers, `band` its colour."""

    organ: str
    total: Decimal | None
    rank: int | None
    band: Band | None
    lines: tuple[Line, ...]


def score(
    criteria: Sequence[Criterion], figures: Mapping[str, Mapping[str, Figure]]
) -> tuple[Score, ...]:
    """The scores of organs, the best first, from their figures by indicator.

    Where criteria are left out for an organ, the others' weights are scaled up to the whole. The
    ranking is by the score as it is told, with two decimals, so that equal scores are a tie.
    """
    points = {
        one.code: points_of(one, {organ: own[one.code] for organ, own in figures.items()})
        for one in criteria
    }
    lines = {
        organ: _lines(criteria, own, {code: found[organ] for code, found in points.items()})
        for organ, own in figures.items()
    }
    totals = {organ: _total(found) for organ, found in lines.items()}
    ranks = competition_ranks(totals, Direction.HIGHER)
    bands = bands_of(ranks)
    last = len(figures) + 1
    ordered = sorted(figures, key=lambda organ: (ranks.get(organ, last), organ))
    return tuple(
        Score(one, totals[one], ranks.get(one), bands.get(one), lines[one]) for one in ordered
    )


def _lines(
    criteria: Sequence[Criterion],
    figures: Mapping[str, Figure],
    points: Mapping[str, Decimal | None],
) -> tuple[Line, ...]:
    counted = sum(one.weight for one in criteria if points[one.code] is not None)
    return tuple(
        Line(
            one,
            figures[one.code].value,
            target_of(one, figures[one.code]),
            found := points[one.code],
            None
            if found is None
            else (Decimal(one.weight) * _HUNDRED / counted).quantize(_CENT, ROUND_HALF_UP),
        )
        for one in criteria
    )


def _total(lines: Sequence[Line]) -> Decimal | None:
    counted = [(one.criterion.weight, one.points) for one in lines if one.points is not None]
    if not counted or all(one.value is None for one in lines):
        return None
    weights = sum(weight for weight, _ in counted)
    total = sum((weight * points for weight, points in counted), Decimal(0)) / weights
    return total.quantize(_CENT, ROUND_HALF_UP)


# Evaluations and appeals


class EvaluationState(StrEnum):
    """Where the evaluation of a period is."""

    OPEN = "open"  # 进行中
    COMPUTED = "computed"  # 已计算
    PUBLISHED = "published"  # 已公布
    APPEALED = "appealed"  # 有申诉
    FROZEN = "frozen"  # 已定格


class EvaluationVerb(StrEnum):
    """What is done with an evaluation."""

    COMPUTE = "compute"
    PUBLISH = "publish"
    APPEAL = "appeal"
    CORRECT = "correct"


class EvaluationInWrongState(RuleBroken):
    """The verb does not apply to an evaluation in this state."""

    zh = "评价处于“{state_zh}”状态，不能{verb_zh}"
    en = "an evaluation that is {state} does not allow: {verb}"


class EvaluationExists(RuleBroken):
    """A period is evaluated once under a scheme."""

    zh = "该方案在周期“{period}”的评价已经开展，见“{evaluation}”"
    en = "period {period} is evaluated under this scheme already, as “{evaluation}”"


class NobodyToEvaluate(RuleBroken):
    """There is no organ of the scheme's type and level."""

    zh = "没有符合该方案类型和层级的机构"
    en = "there is no organ of the type and level of the scheme"


class NotPublishedYet(RuleBroken):
    """Results are seen once they are published."""

    zh = "评价结果尚未公布"
    en = "the results are not published yet"


class NotEvaluated(RuleBroken):
    """Only who was evaluated appeals, and only such results are corrected."""

    zh = "机构“{organ}”不在此次评价范围内"
    en = "organ “{organ}” is not among those evaluated"


class AppealPeriodOver(RuleBroken):
    """An appeal has a deadline."""

    zh = "申诉期限已于{deadline}届满"
    en = "the time for appeals ended at {deadline}"


class AppealedAlready(RuleBroken):
    """An organ appeals once against the evaluation of a period."""

    zh = "该机构已就此次评价提出申诉，见“{appeal}”"
    en = "the organ appealed against this evaluation already, as “{appeal}”"


class NothingCorrected(RuleBroken):
    """A correction changes a value."""

    zh = "更正后的数值与现有数值相同，没有可更正的内容"
    en = "the corrected values are those that stand already"


class AppealState(StrEnum):
    """What came of an appeal."""

    RAISED = "raised"  # 待答复
    UPHELD = "upheld"  # 成立
    REJECTED = "rejected"  # 不成立
    WITHDRAWN = "withdrawn"  # 已撤回


class AppealIsClosed(RuleBroken):
    """An appeal is answered or withdrawn once."""

    zh = "该申诉{state_zh}，不能再作处理"
    en = "the appeal is {state} already"


APPEAL_STATES_ZH: Final = {
    AppealState.RAISED: "待答复",
    AppealState.UPHELD: "已认定成立",
    AppealState.REJECTED: "已认定不成立",
    AppealState.WITHDRAWN: "已撤回",
}
_STATES_ZH: Final = {
    EvaluationState.OPEN: "进行中",
    EvaluationState.COMPUTED: "已计算",
    EvaluationState.PUBLISHED: "已公布",
    EvaluationState.APPEALED: "有申诉",
    EvaluationState.FROZEN: "已定格",
}
_VERBS_ZH: Final = {
    EvaluationVerb.COMPUTE: "计算",
    EvaluationVerb.PUBLISH: "公布",
    EvaluationVerb.APPEAL: "申诉",
    EvaluationVerb.CORRECT: "更正",
}
_ALLOWED: Final[Mapping[EvaluationVerb, frozenset[EvaluationState]]] = MappingProxyType(
    {
        EvaluationVerb.COMPUTE: frozenset({EvaluationState.OPEN, EvaluationState.COMPUTED}),
        EvaluationVerb.PUBLISH: frozenset({EvaluationState.COMPUTED}),
        EvaluationVerb.APPEAL: frozenset({EvaluationState.PUBLISHED, EvaluationState.APPEALED}),
        EvaluationVerb.CORRECT: frozenset(
            {EvaluationState.PUBLISHED, EvaluationState.APPEALED, EvaluationState.FROZEN}
        ),
    }
)


def require_allowed(verb: EvaluationVerb, state: EvaluationState) -> None:
    """Raise `EvaluationInWrongState` unless an evaluation in this state allows the verb."""
    if state not in _ALLOWED[verb]:
        raise EvaluationInWrongState(
            state=state.value,
            state_zh=_STATES_ZH[state],
            verb=verb.value,
            verb_zh=_VERBS_ZH[verb],
        )
