"""What this service does when something happened: it keeps leaf measures and mergers."""

from __future__ import annotations

from services.party_government.models import KnownMerger, MeasureValue
from shared.context import Context
from shared.contracts import digital_economy, digital_government, identity_data, party_government
from shared.contracts.identity_data import DivisionsMerged
from shared.contracts.measures import MeasureChange
from shared.handling import subscribes
from shared.messaging.envelope import Envelope


@subscribes(
    identity_data.MeasureChanged,
    digital_government.MeasureChanged,
    digital_economy.MeasureChanged,
    party_government.MeasureChanged,
)
def keep_measure(event: MeasureChange, envelope: Envelope, context: Context) -> None:
    """Keep the newest value; what comes late or again changes nothing."""
    row_id = f"{envelope.producer}.{event.measure}.{event.division}.{event.period}"
    kept = context.unit.find(MeasureValue, row_id) or context.unit.add(
        MeasureValue(
            id=row_id,
            division=event.division,
            owner=envelope.producer,
            measure=event.measure,
            period=event.period,
        )
    )
    kept.take(event, envelope.id)


@subscribes(DivisionsMerged)
def know_merger(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
    """Keep which division follows which, and from when."""
    context.unit.add(
        KnownMerger(
            id=event.merger_id,
            division=event.division,
            effective=event.effective,
            moves=[move.dump() for move in event.moves],
        )
    )
