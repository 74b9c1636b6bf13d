"""The leaf measures of the economy, counted from this service's own events."""

from __future__ import annotations

from services.digital_economy.models import Measure
from shared.context import Context
from shared.contracts.digital_economy import EnterpriseKnown, PolicyMatched
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope


@subscribes(EnterpriseKnown)
def count_known_enterprise(event: EnterpriseKnown, envelope: Envelope, context: Context) -> None:
    """`enterprises_known`: enterprises that can be found for policies."""
    count(Measure, "enterprises_known", envelope.divisioncode, context)


@subscribes(PolicyMatched)
def count_policy_match(event: PolicyMatched, envelope: Envelope, context: Context) -> None:
    """`policies_matched`: matches, in the township of the enterprise."""
    count(Measure, "policies_matched", envelope.divisioncode, context)
