"""What officials order: publishing policies."""

from __future__ import annotations

from datetime import datetime, time

from services.digital_economy.domain import PolicyAlreadyPublished, policy_id_of, require_sound
from services.digital_economy.models import Policy
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.digital_economy import PublishPolicy
from shared.handling import handles

MATCHING = "policy_matching"


@handles(PublishPolicy)
def publish_policy(order: PublishPolicy, context: Context) -> Policy:
    """Publish a policy once under its number, and have known enterprises matched as soon as it is
    in force; raises `UnfitPolicyTerms` and `PolicyAlreadyPublished`."""
    policy = Policy(
        id=policy_id_of(order.number),
        division=order.division,
        title=order.title,
        number=order.number,
        valid_from=order.valid_from,
        valid_to=order.valid_to,
        amount=order.amount,
        criteria=[criterion.dump() for criterion in order.criteria],
    )
    require_sound(policy.terms)
    if context.unit.find(Policy, policy.id) is not None:
        raise PolicyAlreadyPublished(number=order.number)
    policy.publish()
    in_force = datetime.combine(order.valid_from, time(), CHINA)
    context.unit.arm(MATCHING, policy.id, max(context.now, in_force), context)
    return policy
