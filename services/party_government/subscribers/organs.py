"""What follows when organs are established, renamed or come to an end."""

from __future__ import annotations

from services.party_government.models import KnownOrgan
from shared.context import Context
from shared.contracts.identity_data import OrgansListed
from shared.handling import follows
from shared.messaging.envelope import Envelope


@follows(OrgansListed)
def know_organs(event: OrgansListed, envelope: Envelope, context: Context) -> None:
    """Keep the organs as they were told last, with one reading of those known before."""
    ids = [one.organ_id for one in event.organs]
    known = {one.id: one for one in context.unit.find_all(KnownOrgan, KnownOrgan.id.in_(ids))}
    for told in event.organs:
        organ = known.get(told.organ_id) or context.unit.add(KnownOrgan(id=told.organ_id))
        organ.take(told)
