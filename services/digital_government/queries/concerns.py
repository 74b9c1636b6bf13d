"""Concerns, for who raised them, who has to answer, and anybody."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from services.digital_government.models import Concern
from services.digital_government.models.concerns import is_unanswered
from shared.context import Context
from shared.contracts.digital_government import (
    AnswerList,
    ConcernById,
    ConcernDetail,
    ConcernList,
    ConcernsOfOrgan,
    ConcernsOfPerson,
    PublishedAnswer,
    PublishedAnswers,
)
from shared.handling import answers
from shared.succession import within

MOST = 1000
MOST_OWN = 200
MOST_PUBLISHED = 100


@answers(ConcernById)
def concern_by_id(concern: Concern, query: ConcernById, context: Context) -> ConcernDetail:
    """One concern and what came of it."""
    return _detail(concern)


@answers(ConcernsOfOrgan)
def concerns_of_organ(query: ConcernsOfOrgan, context: Context) -> ConcernList:
    """What the organ has to answer: what is due first stands first."""
    found = context.unit.find_all(
        Concern, Concern.organ == query.organ, is_unanswered(context.today), limit=MOST
    )
    return _listed(sorted(found, key=lambda one: (one.due is None, one.due or one.raised_at)))


@answers(ConcernsOfPerson)
def concerns_of_person(query: ConcernsOfPerson, context: Context) -> ConcernList:
    """What the person raised, the latest first."""
    found = context.unit.find_all(Concern, Concern.owner == query.owner)
    return _listed(sorted(found, key=lambda one: one.raised_at, reverse=True)[:MOST_OWN])


def _listed(concerns: Sequence[Concern]) -> ConcernList:
    return ConcernList(concerns=tuple(_detail(one) for one in concerns))


def _detail(concern: Concern) -> ConcernDetail:
    return ConcernDetail.load(
        {
            "concern_id": concern.id,
            "version": concern.version,
            "kind": concern.kind,
            "division": concern.division,
            "organ": concern.organ,
            "about": concern.about,
            "item": concern.item,
            "case_id": concern.case_id,
            "words": concern.words,
            "state": concern.state,
            "raised_at": concern.raised_at.isoformat(),
            "due": None if concern.due is None else concern.due.isoformat(),
            "escalations": concern.escalations,
            "question": concern.question,
            "added": concern.added,
            "answer": concern.answer,
            "answered_at": concern.answered_at.isoformat() if concern.answered_at else None,
        }
    )


@answers(PublishedAnswers)
def published_answers(query: PublishedAnswers, context: Context) -> AnswerList:
    """What was answered before for all to read."""
    columns = (
        Concern.kind,
        Concern.item,
        Concern.organ,
        Concern.published.label("words"),
        Concern.answer,
        Concern.answered_at,
    )
    chosen = (
        sa.select(*columns)
        .where(within(Concern, [query.division]), Concern.published.is_not(None))
        .order_by(Concern.answered_at.desc())
        .limit(MOST_PUBLISHED)
    )
    if query.item is not None:
        chosen = chosen.where(Concern.item == query.item)
    if query.words is not None:
        chosen = chosen.where(Concern.published.contains(query.words, autoescape=True))
    return AnswerList(
        answers=tuple(PublishedAnswer(**row._mapping) for row in context.unit.rows(chosen))
    )
