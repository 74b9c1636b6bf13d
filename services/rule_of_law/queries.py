"""What is to be reviewed."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from services.rule_of_law.models import LegalityReview
from shared.context import Context
from shared.contracts import rule_of_law as told
from shared.contracts.rule_of_law import LegalityReviewList, LegalityReviewsOfOrgan
from shared.handling import answers

MOST: Final = 200


@answers(LegalityReviewsOfOrgan)
def legality_reviews_of_organ(
    query: LegalityReviewsOfOrgan, context: Context
) -> LegalityReviewList:
    """The first due first."""
    wanted = [LegalityReview.organ == query.organ]
    if query.open_only:
        wanted.append(LegalityReview.opinion.is_(None))
    first = context.unit.rows(
        sa.select(LegalityReview.id).where(*wanted).order_by(LegalityReview.due).limit(MOST)
    )
    found = context.unit.find_all(LegalityReview, LegalityReview.id.in_([row.id for row in first]))
    reviews = sorted(found, key=lambda review: (review.due, review.id))
    return LegalityReviewList(reviews=tuple(_told(review, context) for review in reviews))


def _told(review: LegalityReview, context: Context) -> told.LegalityReview:
    return told.LegalityReview.load(
        {
            "review_id": review.id,
            "directive_id": review.directive,
            "round": review.round,
            "division": review.division,
            "organ": review.organ,
            "asked_by": review.asked_by,
            "title": review.title,
            "text": review.text,
            "basis": review.basis,
            "due": review.due.isoformat(),
            "overdue": review.opinion is None and context.now > review.due,
            "opinion": review.opinion,
            "findings": review.findings,
            "version": review.version,
        }
    )
