"""Concepts, research topics, practice cases and their adoption: what is ordered."""

from __future__ import annotations

from typing import Any

from services.party_government.domain.practices import (
    AlreadyDefined,
    NoSuchConcept,
    NothingMeasured,
    UnfitEvidence,
    improvement,
    require_county,
    require_follows,
    require_over,
)
from services.party_government.domain.rectification import OrganElsewhere
from services.party_government.figures import Indicators, figures
from services.party_government.models import (
    Adoption,
    Concept,
    KnownOrgan,
    Practice,
    ResearchTopic,
)
from shared.context import Context
from shared.contracts.party_government import (
    AdoptPractice,
    ConcludeTopic,
    DefineConcept,
    DropTopic,
    EndAdoption,
    ProposeTopic,
    PublishPractice,
    ReportAdoption,
    ReviewPractice,
    ReviseConcept,
    SubmitPractice,
    WithdrawPractice,
)
from shared.divisions import contains
from shared.handling import handles

# Concepts


@handles(DefineConcept)
def define_concept(order: DefineConcept, context: Context) -> Concept:
    """Enter a concept; raises `AlreadyDefined`, and `NoSuchConcept` for a broader one that is
    not defined."""
    if context.unit.find(Concept, order.code) is not None:
        raise AlreadyDefined(code=order.code)
    if order.broader is not None:
        _require_concept(order.broader, context)
    concept = Concept(
        id=order.code, name_zh=order.name_zh, name_en=order.name_en, broader=order.broader
    )
    concept.word(order.definition, order.source, order.norms)
    return concept


@handles(ReviseConcept)
def revise_concept(concept: Concept, order: ReviseConcept, context: Context) -> None:
    """Put a concept in other words, or rest other norms on it."""
    concept.word(order.definition, order.source, order.norms, order.reason)


def _require_concept(code: str, context: Context) -> None:
    if context.unit.find(Concept, code) is None:
        raise NoSuchConcept(code=code)


# Research topics


@handles(ProposeTopic)
def propose_topic(order: ProposeTopic, context: Context) -> ResearchTopic:
    """Have an organ look into a question; raises `NoSuchConcept` and `OrganElsewhere`."""
    _require_concept(order.concept, context)
    organ = context.unit.find(KnownOrgan, order.organ)
    if organ is None or not organ.is_in_being(context.today):
        raise OrganElsewhere(organ=order.organ)
    if not contains(order.division, organ.division):
        raise OrganElsewhere(organ=order.organ)
    topic = ResearchTopic(
        id=f"rt-{context.new_id()}",
        division=organ.division,
        concept=order.concept,
        title=order.title,
        question=order.question,
        organ=order.organ,
    )
    topic.propose()
    return topic


@handles(ConcludeTopic)
def conclude_topic(topic: ResearchTopic, order: ConcludeTopic, context: Context) -> None:
    """Say what was found; raises `InWrongState`."""
    topic.answer(order.finding, order.norms)


@handles(DropTopic)
def drop_topic(topic: ResearchTopic, order: DropTopic, context: Context) -> None:
    """Look into it no longer; raises `InWrongState`."""
    topic.drop(order.reason)


# Practice cases


@handles(SubmitPractice)
def submit_practice(order: SubmitPractice, context: Context) -> Practice:
    """Tell what a county tried, with evidence that is computed here; raises `NotACounty`,
    `NoSuchConcept`, `UnfitPeriods`, `UnfitEvidence` and `NothingMeasured`."""
    require_county(order.division)
    _require_concept(order.concept, context)
    evidence = _measured_before(order.indicators, order.division, order.before, context)
    practice = Practice(
        id=f"pr-{context.new_id()}",
        division=order.division,
        concept=order.concept,
        organ=context.actor.organ,
        title=order.title,
        problem=order.problem,
        approach=order.approach,
        norms=list(order.norms),
        evidence=_measured_after(evidence, order.division, order.after, context),
    )
    practice.submit()
    return practice


@handles(ReviewPractice)
def review_practice(practice: Practice, order: ReviewPractice, context: Context) -> None:
    """Give another county's opinion; raises `NotACounty`, `OwnPractice` and `InWrongState`."""
    require_county(context.actor.division)
    practice.review(context.actor.division, order.grade, order.opinion)


@handles(PublishPractice)
def publish_practice(practice: Practice, order: PublishPractice, context: Context) -> None:
    """Recommend it; raises `InWrongState`, `TooFewReviews` and `ReviewedTooLow`."""
    practice.publish()


@handles(WithdrawPractice)
def withdraw_practice(practice: Practice, order: WithdrawPractice, context: Context) -> None:
    """Take it back; raises `InWrongState`."""
    practice.withdraw(order.reason)


# Adoption


@handles(AdoptPractice)
def adopt_practice(order: AdoptPractice, context: Context) -> Adoption:
    """Adopt another county's published practice, for the first time or again; raises `NotFound`,
    `NotACounty`, `InWrongState`, `OwnPractice`, `AdoptedAlready`, `UnfitPeriods`, `UnfitEvidence`
    and `NothingMeasured`."""
    require_county(order.division)
    practice = context.unit.get(Practice, order.practice_id)
    practice.require_adoptable(order.division)
    key = f"{practice.id}.{order.division}"
    adoption = context.unit.find(Adoption, key) or context.unit.add(
        Adoption(id=key, division=order.division, practice=practice.id)
    )
    indicators = tuple(one["indicator"] for one in practice.evidence)
    adoption.adopt(_measured_before(indicators, order.division, order.before, context))
    return adoption


@handles(ReportAdoption)
def report_adoption(adoption: Adoption, order: ReportAdoption, context: Context) -> None:
    """Compute what came of it; raises `InWrongState`, `UnfitPeriods`, `NothingMeasured`,
    and `NotFound` where an indicator is in force no more."""
    adoption.require_going_on()
    adoption.report(_measured_after(adoption.evidence, adoption.division, order.after, context))


@handles(EndAdoption)
def end_adoption(adoption: Adoption, order: EndAdoption, context: Context) -> None:
    """Apply it no longer; raises `InWrongState`."""
    adoption.end(order.reason)


# Evidence


def _measured_before(
    indicators: tuple[str, ...], division: str, period: str, context: Context
) -> list[dict[str, Any]]:
    """What these indicators were; raises `UnfitPeriods`, `UnfitEvidence`, `NothingMeasured`."""
    require_over("before", period, context.today)
    codes = tuple(dict.fromkeys(indicators))
    holding = {one.code: one for one in Indicators.known(context).holding_in(division)}
    directed = {code: one for code, one in holding.items() if one.direction is not None}
    if unfit := [code for code in codes if code not in directed]:
        named = ", ".join(unfit)
        raise UnfitEvidence(
            codes="、".join(unfit),
            fields={"indicators": [f"Not in force here, or without a direction: {named}."]},
        )
    return [
        {
            "indicator": code,
            "name_zh": directed[code].name_zh,
            "unit": directed[code].unit,
            "direction": directed[code].direction,
            "before_period": period,
            "before": value,
        }
        for code, value in _measured(codes, division, period, context).items()
    ]


def _measured_after(
    evidence: list[dict[str, Any]], division: str, period: str, context: Context
) -> list[dict[str, Any]]:
    """The same with what they are in the later period, and the change for the better."""
    require_follows(evidence[0]["before_period"], period)
    require_over("after", period, context.today)
    values = _measured(tuple(one["indicator"] for one in evidence), division, period, context)
    return [
        one
        | {
            "after_period": period,
            "after": values[one["indicator"]],
            "improvement": improvement(one["direction"], one["before"], values[one["indicator"]]),
        }
        for one in evidence
    ]


def _measured(
    codes: tuple[str, ...], division: str, period: str, context: Context
) -> dict[str, float]:
    found = figures(codes, (division,), period, context)
    values = {code: value for code in codes if (value := found[code, division]) is not None}
    if missing := [code for code in codes if code not in values]:
        raise NothingMeasured(codes="、".join(missing), period=period)
    return values
