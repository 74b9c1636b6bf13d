"""What this service does when something happened: it keeps leaf measures and mergers."""

from __future__ import annotations

from services.party_government.models import KnownMerger, MeasureValue
from services.party_government.models.screen import Series
from services.party_government.totals import add_to_totals
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
    """Keep the newest value and what it makes of the sums above it; what comes late or again
    changes nothing."""
    series = Series(envelope.producer, event.measure, event.period)
    key = series.id_in(event.division)
    kept = context.unit.find(MeasureValue, key) or context.unit.add(
        MeasureValue(id=key, division=event.division, **series._asdict())
    )
    before = kept.rollup
    if kept.take(event, envelope.id):
        add_to_totals(kept, kept.rollup.since(before), context)


@subscribes(DivisionsMerged)
def know_merger(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
    """Keep which division follows which, and from when."""
    context.unit.add(KnownMerger(id=event.merger_id)).take(event, envelope.id)
