"""The leaf measures of the economy, counted by county and month from this service's own events."""

from __future__ import annotations

from services.digital_economy.models import Measure
from shared.context import Context
from shared.contracts.digital_economy import EnterpriseKnown, PolicyMatched
from shared.divisions import Level, lineage
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope


@subscribes(EnterpriseKnown)
def count_known_enterprise(event: EnterpriseKnown, envelope: Envelope, context: Context) -> None:
    """`enterprises_known`: enterprises that can be found for policies."""
    count(Measure, "enterprises_known", _county_of(envelope.divisioncode), context)


@subscribes(PolicyMatched)
def count_policy_match(event: PolicyMatched, envelope: Envelope, context: Context) -> None:
    """`policies_matched`: matches, in the county of the enterprise."""
    count(Measure, "policies_matched", _county_of(envelope.divisioncode), context)


def _county_of(division: str) -> str:
    """The county that a division lies in; what lies above the counties stays where it is."""
    return lineage(division)[-Level.COUNTY :][0]
