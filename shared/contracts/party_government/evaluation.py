"""Evaluation (评价体系): schemes of weighted criteria, results of a period, appeals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier
from shared.contracts.measures import MeasureName
from shared.contracts.party_government.duties import ColourName, DutyEscalated, DutyMet
from shared.contracts.party_government.indicators import BandName, DirectionName

EvaluationPeriod = Annotated[
    str,
    validate.Regexp(r"20[0-9]{2}(-(0[1-9]|1[0-2]))?\Z", error="Neither a year nor a month."),
    Label("评价周期", "year YYYY or month YYYY-MM"),
]
OrganTypeName = Annotated[
    Literal[
        "party",
        "congress",
        "government",
        "cppcc",
        "supervision",
        "court",
        "procuratorate",
        "department",
    ],
    Label("机构类型", "type of organ"),
]
EvaluatedLevel = Annotated[
    Literal["city", "county", "township"], Label("层级", "city, county or township")
]
Why = Annotated[str, validate.Length(min=2, max=1000), Label("理由", "reason")]
Value = Annotated[
    float | None,
    validate.Range(min=-1e15, max=1e15),
    Label("数值", "value in the indicator's unit; None where there is none, which is not 0"),
]
VersionNumber = Annotated[
    int | None, validate.Range(min=1, max=10_000), Label("版本", "version; None for the present")
]
MOST_ORGANS = 5000


class EvaluationCriterion(Contract):
    """An indicator with its weight and how its value becomes points, of which 100 are the whole.

    `target`: the value in percent of the target, without one here of that which each division was
    given. `min_max`: in proportion between the worst and the best of the peers. `rank`: by its
    place among them. `cap` is the most points. Without a value a criterion is `left_out`, its
    weight shared among the others in proportion, or brings `no_points`.
    """

    code: MeasureName
    weight: Annotated[int, validate.Range(min=1, max=100), Label("权重", "weight, percent")]
    direction: DirectionName = "higher"
    method: Annotated[
        Literal["target", "min_max", "rank"], Label("计分方法", "target, min_max or rank")
    ]
    target: Annotated[
        float | None, validate.Range(min=0, max=1e15), Label("目标值", "target value")
    ] = None
    cap: Annotated[int, validate.Range(min=1, max=150), Label("得分上限", "most points")] = 100
    missing: Annotated[
        Literal["left_out", "no_points"], Label("缺数处理", "what a missing value counts")
    ] = "left_out"


class SchemeTerms(Contract):
    """Who is evaluated, how often, by which criteria; working days to appeal and to answer.

    Evaluated are the organs of a type and level, each by the figures of its division; of the
    departments those of one `organ_kind`, such as `market_regulation`.
    """

    title: Annotated[str, validate.Length(min=2, max=100), Label("名称", "title")]
    organ_type: OrganTypeName
    organ_kind: Annotated[
        str | None, validate.Regexp(r"[a-z_]{2,40}\Z"), Label("机构类别", "kind of organ")
    ] = None
    level: EvaluatedLevel
    cycle: Annotated[Literal["month", "year"], Label("评价频次", "month or year")]
    criteria: Annotated[
        tuple[EvaluationCriterion, ...], validate.Length(min=1, max=50), Label("指标", "criteria")
    ]
    appeal_days: Annotated[
        int, validate.Range(min=1, max=60), Label("申诉期限", "working days to appeal")
    ] = 5
    answer_days: Annotated[
        int, validate.Range(min=1, max=60), Label("答复期限", "working days to answer")
    ] = 5


class DraftScheme(Command[Done], on="EvaluationScheme", zh="拟定评价方案"):
    """Draft a scheme for the organs of a division; it can be simulated before it is adopted."""

    division: DivisionCode
    terms: SchemeTerms


class ReviseScheme(Transition[Done], on="EvaluationScheme", key="scheme_id", zh="修改评价方案草案"):
    """Give a draft other terms."""

    scheme_id: Identifier
    terms: SchemeTerms


class AdoptScheme(Transition[Done], on="EvaluationScheme", key="scheme_id", zh="采用评价方案"):
    """Put a draft in force, in place of the scheme for the same organs and cycle. Evaluations that
    were opened go on under the terms that they began with."""

    scheme_id: Identifier
    basis: Annotated[str, validate.Length(min=2, max=200), Label("依据", "basis")]


class SchemeDrafted(Event, on="EvaluationScheme", key="scheme_id", zh="评价方案已拟定"):
    """A draft was made, or has other terms."""

    scheme_id: Identifier
    division: DivisionCode
    title: str


class SchemeAdopted(Event, on="EvaluationScheme", key="scheme_id", zh="评价方案已采用"):
    """The scheme is in force, in place of `replaces`."""

    scheme_id: Identifier
    division: DivisionCode
    title: str
    basis: str
    replaces: str | None = None


class SchemeReplaced(Event, on="EvaluationScheme", key="scheme_id", zh="评价方案已被替代"):
    """Another scheme is in force in its place."""

    scheme_id: Identifier
    replaced_by: Identifier


class EvaluationScheme(Contract):
    """A scheme and its state; `organ` drafted it and answers appeals."""

    scheme_id: Identifier
    division: DivisionCode
    organ: str
    state: Annotated[
        Literal["draft", "adopted", "replaced"], Label("状态", "draft, adopted or replaced")
    ]
    basis: str | None = None
    terms: SchemeTerms


class SchemeList(Contract):
    """Schemes, the newest first; at most a hundred."""

    schemes: Annotated[tuple[EvaluationScheme, ...], validate.Length(max=100)]


class SchemesInForce(Query[SchemeList], on="SchemeList", zh="现行评价方案"):
    """By which schemes a division evaluates at present."""

    division: DivisionCode


class EvaluationSchemes(Query[SchemeList], on="SchemeList", zh="评价方案"):
    """All schemes of a division, drafts and those of before included."""

    division: DivisionCode


class SimulatedRank(Contract):
    """One organ under a draft and under the scheme in force; None where it has no score or rank,
    or no scheme is in force."""

    organ: Identifier
    name: str
    division: DivisionCode
    score: float | None
    rank: int | None
    present_score: float | None = None
    present_rank: int | None = None


class Simulation(Contract):
    """What a ranking would be, the best under the draft first. `present` is the scheme in force;
    `final` is false while the period is not over."""

    scheme_id: Identifier
    present: str | None
    period: EvaluationPeriod
    final: bool
    organs: Annotated[tuple[SimulatedRank, ...], validate.Length(max=MOST_ORGANS)]


class SimulateScheme(Query[Simulation], on="EvaluationScheme", key="scheme_id", zh="试算评价方案"):
    """The ranking of a period under a scheme beside that under the one in force; changes nothing.
    Any period will do, also one that is not over."""

    scheme_id: Identifier
    period: EvaluationPeriod


# Evaluations


class OpenEvaluation(Transition[Done], on="EvaluationScheme", key="scheme_id", zh="开展评价"):
    """Begin the evaluation of a period under a scheme in force; the reply is the evaluation's."""

    scheme_id: Identifier
    period: EvaluationPeriod


class ComputeEvaluation(Transition[Done], on="Evaluation", key="evaluation_id", zh="计算评价结果"):
    """Compute the scores of a period that is over; again as often as needed until they are
    published, each time as another version."""

    evaluation_id: Identifier


class PublishEvaluation(Transition[Done], on="Evaluation", key="evaluation_id", zh="公布评价结果"):
    """Show the results to all officials of those evaluated; the time for appeals begins."""

    evaluation_id: Identifier


class CorrectedValue(Contract):
    """What the value of an indicator should have been."""

    code: MeasureName
    value: Value


Corrections = Annotated[
    tuple[CorrectedValue, ...], validate.Length(max=50), Label("更正", "corrected values")
]


class CorrectEvaluation(Transition[Done], on="Evaluation", key="evaluation_id", zh="更正评价结果"):
    """Put wrong values of an organ right in published results, frozen ones too: all scores are
    computed again as another version, and the earlier versions stay as they are."""

    evaluation_id: Identifier
    organ: Identifier
    corrections: Annotated[
        tuple[CorrectedValue, ...],
        validate.Length(min=1, max=50),
        Label("更正", "corrected values"),
    ]
    reason: Why


class AppealEvaluation(Command[Done], on="EvaluationAppeal", zh="提出评价申诉"):
    """Appeal against published results, as an organ that was evaluated, before the deadline; once
    for each evaluation."""

    evaluation_id: Identifier
    organ: Annotated[Identifier, Label("申诉机构", "organ that appeals")]
    reason: Why


class WithdrawAppeal(Command[Done], on="EvaluationAppeal", zh="撤回评价申诉"):
    """Take an appeal back before it is answered."""

    evaluation_id: Identifier
    organ: Annotated[Identifier, Label("申诉机构", "organ that appealed")]


class AnswerAppeal(Transition[Done], on="EvaluationAppeal", key="appeal_id", zh="答复评价申诉"):
    """Answer an appeal. Upheld, it says the values that are right, and all scores are computed
    again as another version; rejected, it says none."""

    appeal_id: Identifier
    verdict: Annotated[Literal["upheld", "rejected"], Label("结论", "upheld or rejected")]
    reason: Why
    corrections: Corrections = ()


class EvaluationOpened(Event, on="Evaluation", key="evaluation_id", zh="评价已开展"):
    """The evaluation of a period began under a scheme."""

    evaluation_id: Identifier
    scheme_id: Identifier
    period: EvaluationPeriod


class EvaluationComputed(Event, on="Evaluation", key="evaluation_id", zh="评价结果已计算"):
    """The scores of so many organs were computed; nobody evaluated sees them yet."""

    evaluation_id: Identifier
    number: int
    organs: int


class EvaluationPublished(Event, on="Evaluation", key="evaluation_id", zh="评价结果已公布"):
    """The results are known; appeals are possible until `appeals_until`."""

    evaluation_id: Identifier
    scheme_id: Identifier
    period: EvaluationPeriod
    number: int
    appeals_until: datetime


class ChangedValue(Contract):
    """One value that another version corrected."""

    organ: Identifier
    code: MeasureName
    before: Value
    after: Value


class EvaluationCorrected(Event, on="Evaluation", key="evaluation_id", zh="评价结果已更正"):
    """Another version is the present one: what changed and why, and by which appeal."""

    evaluation_id: Identifier
    number: int
    changes: tuple[ChangedValue, ...]
    reason: Why
    appeal_id: str | None = None


class EvaluationFrozen(Event, on="Evaluation", key="evaluation_id", zh="评价结果已定格"):
    """The time for appeals is over and all are answered; this version is final."""

    evaluation_id: Identifier
    scheme_id: Identifier
    period: EvaluationPeriod
    number: int


class AppealRaised(Event, on="EvaluationAppeal", key="appeal_id", zh="评价申诉已提出"):
    """An organ appealed; `answered_by` has to answer by then."""

    appeal_id: Identifier
    evaluation_id: Identifier
    organ: Identifier
    answered_by: Identifier
    due: datetime


class AppealAnswered(Event, on="EvaluationAppeal", key="appeal_id", zh="评价申诉已答复"):
    """The appeal was upheld or rejected."""

    appeal_id: Identifier
    evaluation_id: Identifier
    organ: Identifier
    verdict: Literal["upheld", "rejected"]
    reason: Why


class AppealWithdrawn(Event, on="EvaluationAppeal", key="appeal_id", zh="评价申诉已撤回"):
    """The organ took its appeal back."""

    appeal_id: Identifier
    evaluation_id: Identifier
    organ: Identifier


class AppealEscalated(DutyEscalated, on="EvaluationAppeal", zh="评价申诉答复已督办升级"):
    """The answer to an appeal comes due or is late."""


class AppealDutyMet(DutyMet, on="EvaluationAppeal", zh="评价申诉答复已办结"):
    """The answer to an appeal was given, in time or late."""


# What is asked


class Evaluation(Contract):
    """The evaluation of a period; `number` is its present version, 0 before the first, and
    `frozen_number` the version that was frozen."""

    evaluation_id: Identifier
    scheme_id: Identifier
    division: DivisionCode
    title: str
    period: EvaluationPeriod
    state: Annotated[
        Literal["open", "computed", "published", "appealed", "frozen"],
        Label("状态", "open, computed, published, appealed or frozen"),
    ]
    number: int
    appeals_until: datetime | None = None
    open_appeals: int = 0
    frozen_number: int | None = None


class EvaluationList(Contract):
    """Evaluations, the newest period first; at most a hundred."""

    evaluations: Annotated[tuple[Evaluation, ...], validate.Length(max=100)]


class EvaluationsOfDivision(Query[EvaluationList], on="EvaluationList", zh="评价列表"):
    """Which evaluations of a division there are."""

    division: DivisionCode


class ScoreLine(Contract):
    """One criterion of a score: the value, its points out of 100, the weight of the scheme, and
    the share of the score in percent, which is more where others are left out. `points` and
    `share` are None where it is left out itself.

    `source` is the indicator of the division and period, which `WhyThisNumber` explains further,
    or a `correction`, told in version `corrected_in`.
    """

    code: MeasureName
    value: Value
    points: float | None
    weight: int
    share: float | None
    method: Literal["target", "min_max", "rank"]
    direction: DirectionName
    target: float | None = None
    source: Annotated[Literal["indicator", "correction"], Label("来源", "source")] = "indicator"
    corrected_in: int | None = None


class OrganScore(Contract):
    """The score of an organ, at most two decimals, its rank and colour; None where it has no value
    that counts. The lines are told where one organ is asked for."""

    organ: Identifier
    name: str
    division: DivisionCode
    score: float | None
    rank: int | None
    band: BandName | None = None
    lines: tuple[ScoreLine, ...] = ()


class Results(Contract):
    """A version of the results, the best first, with what it changed and why."""

    evaluation: Evaluation
    number: int
    at: datetime
    reason: str | None = None
    appeal_id: str | None = None
    changes: tuple[ChangedValue, ...] = ()
    scores: Annotated[tuple[OrganScore, ...], validate.Length(max=MOST_ORGANS)]


class EvaluationResults(Query[Results], on="Evaluation", key="evaluation_id", zh="评价结果"):
    """Published results: of all organs, or of one with every criterion of its score; in their
    present version or in an earlier published one."""

    evaluation_id: Identifier
    number: VersionNumber = None
    organ: Identifier | None = None


class ComputedResults(Query[Results], on="Evaluation", key="evaluation_id", zh="评价计算结果"):
    """The same of any version, for those who evaluate, before it is published too."""

    evaluation_id: Identifier
    number: VersionNumber = None
    organ: Identifier | None = None


class EvaluationAppeal(Contract):
    """An appeal and what came of it; `due` is when the answer is due, None when it is not needed
    any more."""

    appeal_id: Identifier
    organ: Identifier
    reason: Why
    raised_at: datetime
    state: Annotated[
        Literal["raised", "upheld", "rejected", "withdrawn"],
        Label("状态", "raised, upheld, rejected or withdrawn"),
    ]
    colour: ColourName
    due: datetime | None = None
    answer: str | None = None


class AppealList(Contract):
    """The appeals against an evaluation, the earliest first."""

    appeals: Annotated[tuple[EvaluationAppeal, ...], validate.Length(max=MOST_ORGANS)]


class AppealsOfEvaluation(Query[AppealList], on="Evaluation", key="evaluation_id", zh="评价申诉"):
    """Who appealed, why, and with what answer; all who were evaluated may know."""

    evaluation_id: Identifier
