"""The theory of the reform as officials read it: concepts, practices, the best applications."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from services.party_government.domain.practices import FORMULA, PracticeState, Score, score_of
from services.party_government.models import Adoption, Concept, Practice, ResearchTopic
from shared.context import Context
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    BestApplication,
    BestApplicationList,
    BestApplications,
    ConceptList,
    Concepts,
    ConceptTrace,
    PracticeEvidence,
    PracticeList,
    PracticeReview,
    Practices,
    TraceConcept,
)
from shared.handling import answers

MOST_CONCEPTS = 500
MOST_PRACTICES = 50
MOST_TOPICS = 100
MOST_ADOPTIONS = 100
MOST_COMPARED = 1000
"""So many published practices are compared; there are 90 counties."""


@answers(Concepts)
def concepts(query: Concepts, context: Context) -> ConceptList:
    """By code."""
    found = context.unit.find_all(Concept, limit=MOST_CONCEPTS)
    return ConceptList(concepts=tuple(_concept(one) for one in found))


@answers(Practices)
def practices(query: Practices, context: Context) -> PracticeList:
    """The newest fifty."""
    conditions = [Practice.division.startswith(query.division)]
    if query.concept is not None:
        conditions.append(Practice.concept == query.concept)
    if query.state is not None:
        conditions.append(Practice.state == query.state)
    found, complete = _newest(conditions, context)
    return PracticeList(practices=_told(found, context), complete=complete)


@answers(BestApplications)
def best_applications(query: BestApplications, context: Context) -> BestApplicationList:
    """Score every published practice of the division, from two readings, and rank them; equal
    scores share a place, and the next one counts all before it."""
    found = context.unit.find_all(
        Practice,
        Practice.state == PracticeState.PUBLISHED.value,
        Practice.division.startswith(query.division),
        limit=MOST_COMPARED + 1,
    )
    published = found[:MOST_COMPARED]
    adopted = _adoptions_of(published, context)
    scores = {one.id: _score(one, adopted[one.id]) for one in published}
    ranked = sorted(published, key=lambda one: (-scores[one.id].total, one.id))
    totals = [scores[one.id].total for one in ranked]
    return BestApplicationList(
        formula=FORMULA,
        applications=tuple(
            BestApplication(
                place=totals.index(scores[one.id].total) + 1,
                score=scores[one.id].total,
                practice_id=one.id,
                title=one.title,
                concept=one.concept,
                division=one.division,
                improvement=scores[one.id].improvement,
                adoption=scores[one.id].adoption,
                review=scores[one.id].review,
            )
            for one in ranked[: query.most]
        ),
        complete=len(found) <= MOST_COMPARED,
    )


@answers(TraceConcept)
def trace_concept(query: TraceConcept, context: Context) -> ConceptTrace:
    """From the concept to what was looked into and tried for it, and to the norms; raises
    `NotFound`."""
    concept = context.unit.get(Concept, query.code)
    narrower = context.unit.find_all(Concept, Concept.broader == concept.id, limit=MOST_CONCEPTS)
    topics = context.unit.find_all(
        ResearchTopic, ResearchTopic.concept == concept.id, limit=MOST_TOPICS + 1
    )
    found, complete = _newest([Practice.concept == concept.id], context)
    shown = topics[:MOST_TOPICS]
    named = [concept.norms, *(one.norms for one in shown), *(one.norms for one in found)]
    return ConceptTrace(
        concept=_concept(concept),
        narrower=tuple(one.id for one in narrower),
        topics=tuple(_topic(one) for one in shown),
        practices=_told(found, context),
        norms=tuple(dict.fromkeys(norm for norms in named for norm in norms)),
        complete=complete and len(topics) <= MOST_TOPICS,
    )


def _newest(
    conditions: Iterable[sa.ColumnElement[bool]], context: Context
) -> tuple[list[Practice], bool]:
    """The newest practices that meet the conditions, and whether these are all."""
    newest = sa.select(Practice.id).where(*conditions)
    ordered = newest.order_by(Practice.created_at.desc(), Practice.id).limit(MOST_PRACTICES + 1)
    ids = [row.id for row in context.unit.rows(ordered)]
    kept = ids[:MOST_PRACTICES]
    found = {one.id: one for one in context.unit.find_all(Practice, Practice.id.in_(kept))}
    return [found[key] for key in kept if key in found], len(ids) <= MOST_PRACTICES


def _adoptions_of(found: Sequence[Practice], context: Context) -> dict[str, list[Adoption]]:
    by_practice: dict[str, list[Adoption]] = {one.id: [] for one in found}
    for adoption in context.unit.find_all(Adoption, Adoption.practice.in_(list(by_practice))):
        by_practice[adoption.practice].append(adoption)
    return by_practice


def _score(practice: Practice, adopted: Iterable[Adoption]) -> Score:
    going_on = [one.improvement for one in adopted if not one.is_ended]
    return score_of(practice.improvement, going_on, practice.grades)


def _told(found: Sequence[Practice], context: Context) -> tuple[contract.Practice, ...]:
    adopted = _adoptions_of(found, context)
    return tuple(_practice(one, adopted[one.id]) for one in found)


def _practice(one: Practice, adopted: Sequence[Adoption]) -> contract.Practice:
    return contract.Practice(
        practice_id=one.id,
        version=one.version,
        state=one.state,  # type: ignore[arg-type]
        concept=one.concept,
        title=one.title,
        division=one.division,
        organ=one.organ,
        problem=one.problem,
        approach=one.approach,
        norms=tuple(one.norms),
        evidence=tuple(PracticeEvidence.load(each) for each in one.evidence),
        reviews=tuple(PracticeReview.load(each) for each in one.reviews),
        adoptions=tuple(
            contract.Adoption(
                adoption_id=each.id,
                version=each.version,
                division=each.division,
                state=each.state,  # type: ignore[arg-type]
                evidence=tuple(PracticeEvidence.load(shown) for shown in each.evidence),
            )
            for each in adopted[:MOST_ADOPTIONS]
        ),
        improvement=one.improvement,
        score=_score(one, adopted).total,
    )


def _concept(one: Concept) -> contract.Concept:
    return contract.Concept(
        code=one.id,
        version=one.version,
        name_zh=one.name_zh,
        name_en=one.name_en,
        definition=one.definition,
        source=one.source,
        norms=tuple(one.norms),
        broader=one.broader,
        edition=one.edition,
    )


def _topic(one: ResearchTopic) -> contract.ResearchTopic:
    return contract.ResearchTopic(
        topic_id=one.id,
        version=one.version,
        state=one.state,  # type: ignore[arg-type]
        concept=one.concept,
        title=one.title,
        question=one.question,
        division=one.division,
        organ=one.organ,
        finding=one.finding,
        norms=tuple(one.norms),
    )
