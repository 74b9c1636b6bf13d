"""What applicants think of it."""

from __future__ import annotations

from services.digital_government.models import OneThing
from shared.context import Context
from shared.contracts.digital_government import RateOneThing
from shared.handling import handles


@handles(RateOneThing)
def rate_one_thing(one_thing: OneThing, order: RateOneThing, context: Context) -> None:
    """Rate a finished one-thing once (GB/T 39735-2020)."""
    one_thing.rate(order.grade, order.comment)
