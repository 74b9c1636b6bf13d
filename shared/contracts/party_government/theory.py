"""The theory of the reform: concepts, research topics, and what counties tried, with evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.measures import MeasureName
from shared.contracts.party_government.indicators import DirectionName, MonthOrYear, UnitName

ConceptCode = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_-]{1,58}\Z"), Label("概念编码", "concept code")
]
_Title = Annotated[str, validate.Length(min=2, max=100), Label("标题", "title")]
_Source = Annotated[
    str,
    validate.Length(min=4, max=200),
    Label("出处", "document that says so, with its number or date"),
]
_Norms = Annotated[
    tuple[Annotated[str, validate.Length(min=2, max=200)], ...],
    validate.Length(max=20),
    Label("制度规范", "norms: title and number of each"),
]
_Indicators = Annotated[
    tuple[MeasureName, ...], validate.Length(min=1, max=10), Label("佐证指标", "indicators")
]
_Reason = Annotated[LongText, Label("理由", "reason")]
TopicState = Literal["open", "concluded", "dropped"]
PracticeState = Literal["submitted", "published", "withdrawn"]
AdoptionState = Literal["adopted", "reported", "ended"]

# Concepts


class DefineConcept(Command[Done], on="Concept", zh="定义概念"):
    """Enter a concept of the reform with the document that it comes from and the norms that rest on
    it; `broader` is the concept that it belongs to."""

    code: ConceptCode
    name_zh: Annotated[str, validate.Length(min=2, max=40), Label("名称", "name")]
    name_en: Annotated[str, validate.Length(min=2, max=80), Label("英文名称", "name in English")]
    definition: Annotated[LongText, Label("定义", "definition")]
    source: _Source
    norms: _Norms = ()
    broader: ConceptCode | None = None


class ReviseConcept(Transition[Done], on="Concept", key="code", zh="修订概念"):
    """Put a concept in other words or rest other norms on it, with the reason."""

    code: ConceptCode
    definition: Annotated[LongText, Label("定义", "definition")]
    source: _Source
    norms: _Norms = ()
    reason: _Reason


class ConceptDefined(Event, on="Concept", key="code", zh="概念已定义"):
    """The concept reads so from now on; `edition` counts from 1, `reason` says why it was
    revised."""

    code: ConceptCode
    name_zh: str
    definition: LongText
    source: str
    norms: tuple[str, ...]
    edition: int
    reason: Annotated[str | None, validate.Length(max=2000)] = None


class Concept(Contract):
    """A concept and the document that it comes from."""

    code: ConceptCode
    version: int
    name_zh: str
    name_en: str
    definition: LongText
    source: str
    norms: tuple[str, ...]
    broader: ConceptCode | None = None
    edition: int


class ConceptList(Contract):
    """Concepts by code."""

    concepts: Annotated[tuple[Concept, ...], validate.Length(max=500)]


class Concepts(Query[ConceptList], on="ConceptList", zh="概念清单"):
    """Every concept; for officials."""


# Research topics


class ProposeTopic(Command[Done], on="ResearchTopic", zh="提出研究课题"):
    """Propose to look into a question about a concept; the responsible organ concludes it."""

    division: DivisionCode
    concept: ConceptCode
    title: _Title
    question: Annotated[LongText, Label("研究问题", "question")]
    organ: Annotated[Identifier, Label("责任机构", "responsible organ")]


class TopicProposed(Event, on="ResearchTopic", key="topic_id", zh="研究课题已提出"):
    """The organ looks into it."""

    topic_id: Identifier
    concept: ConceptCode
    organ: Identifier
    title: str


class ConcludeTopic(Transition[Done], on="ResearchTopic", key="topic_id", zh="课题结题"):
    """Say what was found, and which norms came of it."""

    topic_id: Identifier
    finding: Annotated[LongText, Label("研究结论", "finding")]
    norms: _Norms = ()


class TopicConcluded(Event, on="ResearchTopic", key="topic_id", zh="研究课题已结题"):
    """The question is answered."""

    topic_id: Identifier
    organ: Identifier
    norms: tuple[str, ...]


class DropTopic(Transition[Done], on="ResearchTopic", key="topic_id", zh="终止课题"):
    """Look into it no longer."""

    topic_id: Identifier
    reason: _Reason


class TopicDropped(Event, on="ResearchTopic", key="topic_id", zh="研究课题已终止"):
    """It ended without an answer."""

    topic_id: Identifier
    organ: Identifier
    reason: LongText


class ResearchTopic(Contract):
    """A research topic and how it stands."""

    topic_id: Identifier
    version: int
    state: TopicState
    concept: ConceptCode
    title: str
    question: LongText
    division: DivisionCode
    organ: Identifier
    finding: Annotated[str | None, validate.Length(max=2000)] = None
    norms: tuple[str, ...] = ()


# Practice cases


class PracticeEvidence(Contract):
    """An indicator of the county before and after, as this platform computed it; `improvement` is
    the change in percent of the value before, positive where it is for the better by the
    `direction`, None where the value before was 0."""

    indicator: MeasureName
    name_zh: Annotated[str, validate.Length(max=60)]
    unit: UnitName
    direction: DirectionName
    before_period: MonthOrYear
    before: float
    after_period: MonthOrYear | None = None
    after: float | None = None
    improvement: float | None = None


class SubmitPractice(Command[Done], on="Practice", zh="报送实践案例"):
    """A county tells what it tried for a concept. The evidence is not told but computed: these
    indicators of the county in a period before and one after, both over. An indicator must say
    whether higher or lower values are better."""

    division: DivisionCode
    concept: ConceptCode
    title: _Title
    problem: Annotated[LongText, Label("问题", "problem")]
    approach: Annotated[LongText, Label("做法", "approach")]
    indicators: _Indicators
    before: Annotated[MonthOrYear, Label("实施前周期", "period before")]
    after: Annotated[MonthOrYear, Label("实施后周期", "period after")]
    norms: _Norms = ()


class PracticeSubmitted(Event, on="Practice", key="practice_id", zh="实践案例已报送"):
    """It awaits the review of other counties."""

    practice_id: Identifier
    concept: ConceptCode
    division: DivisionCode
    organ: Identifier
    title: str


class ReviewPractice(Transition[Done], on="Practice", key="practice_id", zh="评议实践案例"):
    """Say as an official of another county how good it is, 5 the best; a county's later review
    takes the place of its earlier one."""

    practice_id: Identifier
    grade: Annotated[int, validate.Range(min=1, max=5), Label("评分", "grade, 5 the best")]
    opinion: Annotated[LongText, Label("评议意见", "opinion")]


class PracticeReviewed(Event, on="Practice", key="practice_id", zh="实践案例已评议"):
    """Another county gave its opinion."""

    practice_id: Identifier
    county: DivisionCode
    grade: int


class PublishPractice(Transition[Done], on="Practice", key="practice_id", zh="发布实践案例"):
    """Recommend it to all; two other counties must have reviewed it, with 3 or better on
    average."""

    practice_id: Identifier


class PracticePublished(Event, on="Practice", key="practice_id", zh="实践案例已发布"):
    """Other counties can adopt it."""

    practice_id: Identifier
    concept: ConceptCode
    division: DivisionCode
    title: str


class WithdrawPractice(Transition[Done], on="Practice", key="practice_id", zh="撤回实践案例"):
    """Take back what was submitted or published; adoptions stay as they are."""

    practice_id: Identifier
    reason: _Reason


class PracticeWithdrawn(Event, on="Practice", key="practice_id", zh="实践案例已撤回"):
    """It is no example any more."""

    practice_id: Identifier
    reason: LongText


class AdoptPractice(Command[Done], on="Adoption", zh="推广应用实践案例"):
    """Another county adopts a published practice, or adopts it again after it had ended; its own
    indicators in a period before are computed now, those of after when it reports."""

    practice_id: Identifier
    division: DivisionCode
    before: Annotated[MonthOrYear, Label("应用前周期", "period before")]


class PracticeAdopted(Event, on="Adoption", key="adoption_id", zh="实践案例已推广应用"):
    """A county adopted it."""

    adoption_id: Identifier
    practice_id: Identifier
    division: DivisionCode


class ReportAdoption(Transition[Done], on="Adoption", key="adoption_id", zh="报告应用成效"):
    """Compute the county's indicators in a period after, which shows what came of it; a later
    report takes the place of an earlier one."""

    adoption_id: Identifier
    after: Annotated[MonthOrYear, Label("应用后周期", "period after")]


class AdoptionReported(Event, on="Adoption", key="adoption_id", zh="应用成效已报告"):
    """The evidence of the adopting county is known; `improvement` in percent."""

    adoption_id: Identifier
    practice_id: Identifier
    improvement: float | None = None


class EndAdoption(Transition[Done], on="Adoption", key="adoption_id", zh="停止应用"):
    """Apply it no longer."""

    adoption_id: Identifier
    reason: _Reason


class AdoptionEnded(Event, on="Adoption", key="adoption_id", zh="已停止应用"):
    """The county applies it no longer, and it counts for nothing any more."""

    adoption_id: Identifier
    practice_id: Identifier
    reason: LongText


class Adoption(Contract):
    """What a practice came to in another county."""

    adoption_id: Identifier
    version: int
    division: DivisionCode
    state: AdoptionState
    evidence: Annotated[tuple[PracticeEvidence, ...], validate.Length(max=10)]


class PracticeReview(Contract):
    """What another county thinks of it."""

    county: DivisionCode
    grade: int
    opinion: LongText


class Practice(Contract):
    """A practice case, with what speaks for it; `score` is that of the list of best applications,
    `improvement` the mean of its evidence in percent."""

    practice_id: Identifier
    version: int
    state: PracticeState
    concept: ConceptCode
    title: str
    division: DivisionCode
    organ: Identifier
    problem: LongText
    approach: LongText
    norms: tuple[str, ...]
    evidence: Annotated[tuple[PracticeEvidence, ...], validate.Length(max=10)]
    reviews: Annotated[tuple[PracticeReview, ...], validate.Length(max=100)]
    adoptions: Annotated[tuple[Adoption, ...], validate.Length(max=100)]
    improvement: float | None
    score: float


class PracticeList(Contract):
    """Practices, the newest first; not `complete` where there are more of them."""

    practices: Annotated[tuple[Practice, ...], validate.Length(max=50)]
    complete: bool = True


class Practices(Query[PracticeList], on="PracticeList", zh="实践案例清单"):
    """The practices of a division and below, for one concept or all, in one state or in all; for
    officials."""

    division: DivisionCode
    concept: ConceptCode | None = None
    state: PracticeState | None = None


class BestApplication(Contract):
    """One of the best applications: its place, ties sharing one, and what its score is made of,
    each from 0 to 1."""

    place: int
    score: float
    practice_id: Identifier
    title: str
    concept: ConceptCode
    division: DivisionCode
    improvement: Annotated[float, Label("成效", "part for improvement")]
    adoption: Annotated[float, Label("推广", "part for adoptions that improved something")]
    review: Annotated[float, Label("评议", "part for reviews")]


class BestApplicationList(Contract):
    """The best applications, and the formula of their score; not `complete` where there are more
    published practices than are compared."""

    formula: Annotated[str, validate.Length(max=500)]
    applications: Annotated[tuple[BestApplication, ...], validate.Length(max=100)]
    complete: bool = True


class BestApplications(Query[BestApplicationList], on="BestApplicationList", zh="最佳应用"):
    """The published practices with the best evidence, in a division and below; for officials."""

    division: DivisionCode
    most: Annotated[int, validate.Range(min=1, max=100), Label("数量", "how many")] = 20


class ConceptTrace(Contract):
    """From a concept to what belongs to it: narrower concepts, what is looked into, what was tried
    with which evidence, and all norms that concept, topics and practices name. Not `complete`
    where there are more topics or practices than one answer holds."""

    concept: Concept
    narrower: tuple[ConceptCode, ...]
    topics: Annotated[tuple[ResearchTopic, ...], validate.Length(max=100)]
    practices: Annotated[tuple[Practice, ...], validate.Length(max=50)]
    norms: tuple[str, ...]
    complete: bool = True


class TraceConcept(Query[ConceptTrace], on="ConceptTrace", zh="概念溯源"):
    """A concept with its topics, practices, their evidence and the norms; for officials."""

    code: ConceptCode
