"""The measures this service owns: enterprises registered, readings of data."""

from __future__ import annotations

from services.identity_data.models import Enterprise, Measure, Person, SharedReading
from shared.context import Context
from shared.contracts.identity_data import (
    DataShared,
    EnterpriseByCreditCode,
    EnterpriseRegistered,
    ReadersOfMyData,
)
from shared.drilldown import Shown
from shared.handling import subscribes
from shared.measures import count
from shared.messaging.envelope import Envelope

SHOWS = {
    "Enterprise": Shown(Enterprise, EnterpriseByCreditCode),
    "SharedData": Shown(SharedReading, ReadersOfMyData, of=(Person, "owner")),
}
"""By which query a record that is counted here is shown."""


@subscribes(EnterpriseRegistered)
def count_enterprise(event: EnterpriseRegistered, envelope: Envelope, context: Context) -> None:
    """`enterprises_registered`: where their seat is."""
    count(Measure, "enterprises_registered", event.division, context)


@subscribes(DataShared)
def count_reading(event: DataShared, envelope: Envelope, context: Context) -> None:
    """`data_shared`: times that facts were fetched instead of papers, where the subject is."""
    count(Measure, "data_shared", envelope.divisioncode, context)
