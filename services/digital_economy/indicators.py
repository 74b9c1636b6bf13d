"""The leaf measures of the economy, counted from this service's own events."""

from __future__ import annotations

from services.digital_economy.models import EnterpriseProfile, Match, Measure
from shared.context import Context
from shared.contracts.digital_economy import EnterpriseKnown, PoliciesFor, PolicyMatched
from shared.drilldown import Shown
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope

SHOWS = {
    "Enterprise": Shown(EnterpriseProfile, PoliciesFor),
    "Match": Shown(Match, PoliciesFor, of=(EnterpriseProfile, "enterprise_id")),
}
"""By which query a record that is counted here is shown."""


@subscribes(EnterpriseKnown)
def count_known_enterprise(event: EnterpriseKnown, envelope: Envelope, context: Context) -> None:
    """`enterprises_known`: enterprises that can be found for policies."""
    count(Measure, "enterprises_known", envelope.divisioncode, context)


@subscribes(PolicyMatched)
def count_policy_match(event: PolicyMatched, envelope: Envelope, context: Context) -> None:
    """`policies_matched`: matches, in the township of the enterprise."""
    count(Measure, "policies_matched", envelope.divisioncode, context)
