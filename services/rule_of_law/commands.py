"""Answering legality reviews."""

from __future__ import annotations

from services.rule_of_law.models import LegalityReview
from shared.context import Context
from shared.contracts.rule_of_law import AnswerLegalityReview
from shared.handling import handles


@handles(AnswerLegalityReview)
def answer_legality_review(
    review: LegalityReview, order: AnswerLegalityReview, context: Context
) -> None:
    """Say whether a text is lawful; raises `ReviewAnswered`, `FindingsMissing`."""
    review.answer(order.opinion, order.findings)
