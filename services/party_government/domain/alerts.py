"""What supervisors are alerted to (预警规则): each rule a short function with its threshold and its
reason in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from services.party_government.domain.ladder import ORDER, RUNG_ZH, Rung
from shared.clocks import CHINA
from shared.deadlines import is_working_day
from shared.errors import InvalidInput, NotFound, RuleBroken

# States of an alert


class AlertState(StrEnum):
    """How far an alert is: open, then closed by way of an order, or dismissed."""

    OPEN = "open"  # 待核查
    ORDERED = "ordered"  # 已下达监督指令
    ANSWERED = "answered"  # 已回复待认可
    CLOSED = "closed"  # 已办结
    DISMISSED = "dismissed"  # 已排除


UNDER_WAY: Final = (AlertState.OPEN, AlertState.ORDERED, AlertState.ANSWERED)

_STATE_ZH: Final = {
    "open": "待核查",
    "ordered": "已下达监督指令",
    "answered": "已回复待认可",
    "closed": "已办结",
    "dismissed": "已排除",
    "withdrawn": "已撤回",
}


class AlertInWrongState(RuleBroken):
    """The alert is not in a state in which that can be done."""

    zh = "预警当前状态为“{state_zh}”，不能执行此操作"
    en = "the alert is “{state}”, which does not allow this"

    def __init__(self, state: str) -> None:
        super().__init__(state=state, state_zh=_STATE_ZH[state])


class UnfitTerms(InvalidInput):
    """The numbers of a rule do not fit it; `fields` says which."""

    zh = "预警规则的参数不合要求，请按提示更正"
    en = "the numbers do not fit the rule; correct each as its message says"


# Rules

Finding = Mapping[str, Any]
"""The numbers of what was found, for the reason in words."""


@dataclass(frozen=True)
class Terms:
    """With which numbers a rule is applied, if it is."""

    threshold: float
    least: int
    enabled: bool = True


@dataclass(frozen=True)
class Rule:
    """What a rule is called, what its numbers mean, and its reason with places for what was
    found. `most` is what the threshold stays below."""

    code: str
    name_zh: str
    name_en: str
    because_zh: str
    because_en: str
    terms: Terms
    threshold_means: str
    least_means: str
    most: float

    def why(self, finding: Finding) -> tuple[str, str]:
        """The reason in Chinese and in English."""
        return self.because_zh.format(**finding), self.because_en.format(**finding)

    def tuned(self, *, enabled: bool, threshold: float | None, least: int | None) -> Terms:
        """Its terms with these numbers instead; raises `UnfitTerms`."""
        threshold = self.terms.threshold if threshold is None else threshold
        if not 0 <= threshold < self.most:
            raise UnfitTerms(fields={"threshold": [f"At least 0 and below {self.most:g}."]})
        return Terms(threshold, self.terms.least if least is None else least, enabled)


RULES: Final[dict[str, Rule]] = {}
_UNUSED: Final = "不用 / not used"


def _rule(
    name_zh: str,
    name_en: str,
    because_zh: str,
    because_en: str,
    *,
    threshold: float = 0.0,
    threshold_means: str = _UNUSED,
    least: int = 1,
    least_means: str = _UNUSED,
    most: float = 1.0,
) -> Callable[[Callable[..., Finding | None]], Callable[..., Finding | None]]:
    """Declare a rule; its function has the rule's code for a name and `terms` for its first
    parameter, and finds something or None."""

    def declare(function: Callable[..., Finding | None]) -> Callable[..., Finding | None]:
        code = function.__name__
        RULES[code] = Rule(
            code,
            name_zh,
            name_en,
            because_zh,
            because_en,
            Terms(threshold, least),
            threshold_means,
            least_means,
            most,
        )
        return function

    return declare


@_rule(
    "办件超期",
    "case overdue",
    "承诺办结时限 {due} 已过，办件仍未办结",
    "the case was not decided by {due}, as was promised",
)
def overdue(terms: Terms, due: datetime) -> Finding | None:
    """The promised deadline of a case passed."""
    return {"due": _day(due)}


@_rule(
    "逾期升级",
    "escalated",
    "应于 {due} 前完成，逾期未完成，已升级至“{rung_zh}”",
    "what was due by {due} was not done and has climbed to “{rung}”",
    least=ORDER[Rung.SUPERVISED],
    least_means="督办阶段序号（1至4） / number of the rung, 1 to 4",
)
def escalated(terms: Terms, rung: str, due: datetime) -> Finding | None:
    """A duty climbed so high a rung."""
    if ORDER[rung] < terms.least:
        return None
    return {"due": _day(due), "rung": rung, "rung_zh": RUNG_ZH[Rung(rung)]}


@_rule(
    "环节缺失",
    "jumped step",
    "办件未经受理即作出决定",
    "the case was decided and had never been accepted",
)
def jumped_step(terms: Terms, accepted_at: datetime | None) -> Finding | None:
    """A case was decided without acceptance (Administrative Licensing Law article 32)."""
    return {} if accepted_at is None else None


@_rule(
    "受理与审批未分离",
    "accepted and decided by one",
    "同一人员于 {accepted} 受理并于 {decided} 作出决定",
    "one official accepted it on {accepted} and decided it on {decided}",
)
def same_hand(
    terms: Terms, accepted_by: str, accepted_at: datetime | None, decided_by: str, now: datetime
) -> Finding | None:
    """Whoever accepted a case also decided it."""
    if accepted_at is None or accepted_by != decided_by:
        return None
    return {"accepted": _day(accepted_at), "decided": _day(now)}


@dataclass(frozen=True)
class Tally:
    """So many cases decided, of these refused, and their minutes from application to decision:
    the sum, and the sum of the squares."""

    cases: int
    refused: int = 0
    minutes: int = 0
    squares: int = 0

    @property
    def mean(self) -> float:
        """Minutes a case."""
        return self.minutes / self.cases

    @property
    def error_squared(self) -> float:
        """The square of the standard error of the mean."""
        variance = max(0.0, self.squares / self.cases - self.mean**2)
        return variance / self.cases


PEERS_LEAST: Final = 100
"""Of how many cases of others one must know to compare somebody with them."""


@_rule(
    "不予许可率异常",
    "unusual rate of refusals",
    "该人员本年办结 {cases} 件，其中不予许可 {refused} 件（{rate:.0%}），同事项其他人员为 "
    "{peer_rate:.0%}；若无差别，出现此偏差的概率低于 {threshold:g}",
    "the official refused {refused} of {cases} cases this year ({rate:.0%}), all others "
    "{peer_rate:.0%} of the same matter; without a difference that had a probability below "
    "{threshold:g}",
    threshold=0.001,
    threshold_means="无差别时的概率上限（二项分布，双侧） / probability without a difference",
    least=30,
    least_means="该人员本年办结件数 / cases of the official in the year",
    most=0.5,
)
def refusal_rate(terms: Terms, own: Tally, peers: Tally) -> Finding | None:
    """An official refuses far more or far fewer of a matter's cases than all others together.

    The exact binomial test, two-sided by doubling the smaller tail. The rate of the others has one
    case of each outcome added (Laplace's rule of succession), so that it is neither 0 nor 1.
    """
    if own.cases < terms.least or peers.cases < PEERS_LEAST:
        return None
    expected = (peers.refused + 1) / (peers.cases + 2)
    more = binomial_tail(own.refused, own.cases, expected)
    fewer = binomial_tail(own.cases - own.refused, own.cases, 1 - expected)
    if 2 * min(more, fewer) >= terms.threshold:
        return None
    return {
        "cases": own.cases,
        "refused": own.refused,
        "rate": own.refused / own.cases,
        "peer_rate": peers.refused / peers.cases,
        "threshold": terms.threshold,
    }


FAR: Final = 2.0
"""How many times longer or shorter a mean must be to matter, however surely it differs."""


@_rule(
    "办理时长异常",
    "unusual handling time",
    "该人员本年办结 {cases} 件，平均用时 {mean:.0f} 分钟，同事项其他人员平均 {peer_mean:.0f} 分钟，"
    "相差 {errors:.1f} 个标准误",
    "the official took {mean:.0f} minutes a case over {cases} cases this year, all others "
    "{peer_mean:.0f} minutes for the same matter, which is {errors:.1f} standard errors apart",
    threshold=4.0,
    threshold_means="相差的标准误个数 / standard errors apart",
    least=30,
    least_means="该人员本年办结件数 / cases of the official in the year",
    most=100.0,
)
def handling_time(terms: Terms, own: Tally, peers: Tally) -> Finding | None:
    """An official takes far longer or far shorter for a matter than all others together: the
    difference of the means in standard errors, as Welch's test has them, and at least twice."""
    if own.cases < terms.least or peers.cases < PEERS_LEAST:
        return None
    shorter, longer = sorted((own.mean, peers.mean))
    if longer < FAR * max(shorter, 1.0):
        return None
    error = math.sqrt(own.error_squared + peers.error_squared)
    errors = (longer - shorter) / error if error else math.inf
    if errors < terms.threshold:
        return None
    found = {"cases": own.cases, "mean": own.mean, "peer_mean": peers.mean}
    # Where nothing varied there is no error to count in; JSON has no infinity.
    return {**found, "errors": min(errors, 999.0)}


OFFICE_BEGINS: Final = time(8, 30)
OFFICE_ENDS: Final = time(17, 30)


@_rule(
    "非工作时间查阅数据",
    "data read outside working hours",
    "{day} 在工作时间以外查阅数据 {readings} 次，最近一次在 {at}",
    "data were read {readings} times outside working hours on {day}, last at {at}",
    threshold=120.0,
    threshold_means="上班前或下班后仍视为工作时间的分钟数 / minutes of tolerance at both ends",
    least=3,
    least_means="当日次数 / readings in the day",
    most=721.0,
)
def reading_after_hours(terms: Terms, at: datetime, readings: int) -> Finding | None:
    """Data were read on a day off, or long before or after office hours, more than once or
    twice; `readings` is the count of the day with this one."""
    if not is_after_hours(at, terms.threshold) or readings < terms.least:
        return None
    return {"day": _day(at), "readings": readings, "at": f"{at.astimezone(CHINA):%H:%M}"}


def is_after_hours(at: datetime, tolerance: float) -> bool:
    """Whether government is off then, with so many minutes of tolerance at both ends of a working
    day, whose hours are 8:30 to 17:30."""
    local = at.astimezone(CHINA)
    if not is_working_day(local.date()):
        return True
    spare = timedelta(minutes=tolerance)
    begins = datetime.combine(local.date(), OFFICE_BEGINS, CHINA) - spare
    ends = datetime.combine(local.date(), OFFICE_ENDS, CHINA) + spare
    return not begins <= local <= ends


PEER_DAYS: Final = 30
"""How many days back others are compared with, and of how many days of readers one must know."""


@_rule(
    "查阅对象数量异常",
    "unusually many subjects read",
    "{day} 查阅 {subjects} 个对象的数据，同事项其他人员近30日日均 {peer_mean:.1f} 个；若无差别，"
    "出现此偏差的概率低于 {threshold:g}",
    "data of {subjects} subjects were read on {day}, by others {peer_mean:.1f} a day for the same "
    "matter in the last 30 days; without a difference that had a probability below {threshold:g}",
    threshold=1e-6,
    threshold_means="无差别时的概率上限（泊松分布） / probability without a difference",
    least=20,
    least_means="当日查阅对象数 / subjects in the day",
    most=0.5,
)
def many_subjects(
    terms: Terms, day: date, subjects: int, peer_days: int, peer_subjects: int
) -> Finding | None:
    """Somebody reads the data of far more people or enterprises in a day than others do for the
    same matter: the upper tail of a Poisson distribution with their mean, and at least twice."""
    if subjects < terms.least or peer_days < PEER_DAYS:
        return None
    mean = peer_subjects / peer_days
    if subjects < FAR * mean or poisson_tail(subjects, mean) >= terms.threshold:
        return None
    found = {"day": day.isoformat(), "subjects": subjects, "peer_mean": mean}
    return {**found, "threshold": terms.threshold}


# Probabilities


def binomial_tail(least: int, trials: int, chance: float) -> float:
    """The probability of at least so many successes; `chance` lies between 0 and 1."""
    if least <= 0:
        return 1.0
    first = (
        math.lgamma(trials + 1)
        - math.lgamma(least + 1)
        - math.lgamma(trials - least + 1)
        + least * math.log(chance)
        + (trials - least) * math.log1p(-chance)
    )
    odds = chance / (1 - chance)
    term, total = 1.0, 0.0
    for successes in range(least, trials + 1):
        total += term
        term *= (trials - successes) / (successes + 1) * odds
    return min(1.0, math.exp(first + math.log(total)))


def poisson_tail(least: int, mean: float) -> float:
    """The probability of at least so many events where `mean`, above 0, are expected."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    first = least * math.log(mean) - mean - math.lgamma(least + 1)
    term, total, number = 1.0, 0.0, least
    # Beyond the mean the terms shrink; below it they grow until they reach it.
    while number <= mean or term > total * 1e-16:
        total += term
        number += 1
        term *= mean / number
    return min(1.0, math.exp(first + math.log(total)))


def _day(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d}"


def rule_of(code: str) -> Rule:
    """The rule of that code; raises `NotFound`."""
    if code not in RULES:
        raise NotFound(what="alert rule", id=code)
    return RULES[code]
