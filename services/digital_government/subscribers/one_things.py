"""How one-things go on when one of their matters is settled."""

from __future__ import annotations

from services.digital_government.commands.one_things import start_matters
from services.digital_government.domain.cases import CaseState
from services.digital_government.domain.one_things import MatterState
from services.digital_government.models import Case, OneThing
from shared.context import Context
from shared.contracts.digital_government import (
    CaseDecided,
    CaseDeclined,
    CaseRevoked,
    CaseWithdrawn,
    MatterUndone,
)
from shared.contracts.identity_data import EnterpriseRegistered
from shared.handling import subscribes
from shared.messaging.envelope import Envelope


@subscribes(CaseDecided)
def settle_decided_matter(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """Record the decision in the case's one-thing and begin what waited for it alone."""
    if event.one_thing_id is None:
        return
    one_thing = context.unit.get(OneThing, event.one_thing_id)
    reasons = None
    if event.outcome == "refused":
        reasons = context.unit.get(Case, event.case_id).reasons
    one_thing.settle_matter(event.matter, MatterState(event.outcome), envelope.at, reasons)
    start_matters(one_thing, context)


@subscribes(CaseWithdrawn, CaseDeclined)
def settle_withdrawn_matter(
    event: CaseWithdrawn | CaseDeclined, envelope: Envelope, context: Context
) -> None:
    """Record the withdrawal, or that it was not accepted, in the case's one-thing."""
    if event.one_thing_id is None:
        return
    one_thing = context.unit.get(OneThing, event.one_thing_id)
    was_declined = isinstance(event, CaseDeclined)
    state = MatterState.REFUSED if was_declined else MatterState.WITHDRAWN
    one_thing.settle_matter(event.matter, state, envelope.at)
    start_matters(one_thing, context)


@subscribes(MatterUndone)
def revoke_undone_matter(event: MatterUndone, envelope: Envelope, context: Context) -> None:
    """Revoke what was granted for a matter that cannot stand without another."""
    case = context.unit.get(Case, event.case_id)
    if case.state == CaseState.DECIDED:
        case.revoke(event.reasons)


@subscribes(CaseRevoked)
def settle_revoked_matter(event: CaseRevoked, envelope: Envelope, context: Context) -> None:
    """Record in the one-thing that it is undone."""
    if event.one_thing_id is not None:
        one_thing = context.unit.get(OneThing, event.one_thing_id)
        one_thing.know_revoked(event.matter, envelope.at)


@subscribes(EnterpriseRegistered)
def begin_matters_of_enterprise(
    event: EnterpriseRegistered, envelope: Envelope, context: Context
) -> None:
    """Begin the matters that are about the enterprise, now that its facts can be fetched.

    An enterprise registered without a case is nobody's one-thing.
    """
    if event.case_id is None:
        return
    case = context.unit.get(Case, event.case_id)
    if case.one_thing_id is None:
        return
    one_thing = context.unit.get(OneThing, case.one_thing_id)
    one_thing.know_enterprise(event.enterprise_id, case.id, case.closed_at or context.now)
    start_matters(one_thing, context)
