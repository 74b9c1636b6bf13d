"""What befalls a case: its deadline comes, a fact that it was given is corrected."""

from __future__ import annotations

from services.digital_government.commands.cases import NEARLY_DUE, OVERDUE, decide_overdue
from services.digital_government.models import Case
from services.digital_government.models.cases import is_undecided
from shared.context import Context, service_principal
from shared.contracts.identity_data import SharedDataCorrected
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope

THIS_READER = service_principal("digital_government").id
"""Under which name this service stands in the ledger of readings."""


@subscribes(SharedDataCorrected)
def note_corrected_fact(event: SharedDataCorrected, envelope: Envelope, context: Context) -> None:
    """Note on every open case that was given the wrong value that it was put right; a case that is
    decided or withdrawn stays as it is."""
    given = {one.case_id for one in event.readings if one.reader == THIS_READER}
    for case in context.unit.find_all(Case, Case.id.in_(given), is_undecided(context.today)):
        case.note_correction(event.item, event.objection_id, envelope.at)


@on_timer(NEARLY_DUE)
def remind_of_case(case: Case, context: Context) -> None:
    """Remind the organ on the morning of the day on which the case is due."""
    case.remind_of_due()


@on_timer(OVERDUE)
def mark_case_overdue(case: Case, context: Context) -> None:
    """The deadline has come and the case is not decided; some items count as granted then."""
    decide_overdue(case, context)
