"""What enterprises and officials ask: the policies that fit."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_economy.models import EnterpriseProfile, Match, Policy
from shared.context import Context
from shared.contracts.digital_economy import MatchList, PoliciesFor, PolicyMatch
from shared.handling import answers

MOST_MATCHES = 1000


@answers(PoliciesFor)
def policies_for(profile: EnterpriseProfile, query: PoliciesFor, context: Context) -> MatchList:
    """The matches with policies that are in force today, the largest amount first.

    A match stays what it was found to be; age counts on the day on which the policy was matched.
    """
    rows = context.unit.rows(
        sa.select(Policy.id, Policy.title, Policy.number, Policy.amount, Match.reasons)
        .join(Match, Match.policy_id == Policy.id)
        .where(
            Match.enterprise_id == profile.id,
            sa.or_(Policy.valid_to.is_(None), Policy.valid_to >= context.today),
        )
        .order_by(Policy.amount.desc(), Policy.id)
        .limit(MOST_MATCHES)
    )
    return MatchList(
        enterprise_id=profile.id,
        name=profile.name,
        industry=profile.industry,
        matches=tuple(
            PolicyMatch(
                policy_id=row.id,
                title=row.title,
                number=row.number,
                amount=row.amount,
                reasons=tuple(row.reasons),
            )
            for row in rows
        ),
    )
