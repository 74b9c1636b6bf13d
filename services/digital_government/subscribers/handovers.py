"""What is open follows its handler's post."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_government.models import Case, Handover
from services.digital_government.models.cases import is_undecided
from shared import succession
from shared.context import Context
from shared.contracts.identity_data import PostChangedHands
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope

HANDING_OVER = "hand_cases_over"


@subscribes(PostChangedHands)
def hear_of_new_holder(event: PostChangedHands, envelope: Envelope, context: Context) -> None:
    """Begin to pass on what the former holder handled."""
    known = context.unit.find(Handover, event.post_id) or context.unit.add(
        Handover(id=event.post_id, division=envelope.divisioncode, organ=event.organ)
    )
    known.hear(event, envelope.sequence)
    context.unit.arm(HANDING_OVER, known.id, context.now, context)


@on_timer(HANDING_OVER)
def hand_cases_over(handover: Handover, context: Context) -> None:
    """Pass the next cases on and go on at once, as after a merger of divisions."""
    left = sa.and_(Case.organ == handover.organ, Case.handler.in_(handover.leaving))
    if handover.holder is not None:
        left = sa.or_(left, Case.awaits_post == handover.id)
    cases = context.unit.find_all(Case, is_undecided(context.today), left, limit=succession.BATCH)
    handover.pass_on(cases)
    if cases:
        context.unit.arm(HANDING_OVER, handover.id, context.now, context)
