"""What organs ask to have reviewed before they issue it."""

from __future__ import annotations

from services.rule_of_law.domain import reviewing_organ
from services.rule_of_law.models import LegalityReview
from shared.context import Context
from shared.contracts.party_government import LegalityReviewRequested
from shared.handling import subscribes
from shared.messaging.envelope import Envelope


@subscribes(LegalityReviewRequested)
def open_legality_review(
    event: LegalityReviewRequested, envelope: Envelope, context: Context
) -> None:
    """Lay a draft before the justice bureau of its division."""
    review = LegalityReview(
        id=f"{event.directive_id}.{event.round}",
        division=envelope.divisioncode,
        organ=reviewing_organ(envelope.divisioncode),
        directive=event.directive_id,
        round=event.round,
        asked_by=event.organ,
        title=event.title,
        text=event.text,
        basis=event.basis,
        due=event.due,
    )
    context.unit.add(review).open()
