"""The measures this service owns: enterprises registered, readings of data."""

from __future__ import annotations

from services.identity_data.models import Measure
from shared.context import Context
from shared.contracts.identity_data import DataShared, EnterpriseRegistered
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope

COUNTY = 6


@subscribes(EnterpriseRegistered)
def count_enterprise(event: EnterpriseRegistered, envelope: Envelope, context: Context) -> None:
    """`enterprises_registered`: in the county of their seat."""
    count(Measure, "enterprises_registered", event.division[:COUNTY], context)


@subscribes(DataShared)
def count_reading(event: DataShared, envelope: Envelope, context: Context) -> None:
    """`data_shared`: times that facts were fetched instead of papers, in the subject's county."""
    count(Measure, "data_shared", envelope.divisioncode[:COUNTY], context)
