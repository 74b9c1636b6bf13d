"""What this service does when something happened: one-things go on, cases fall due, and what is
open follows its division and its handler's post."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from services.digital_government.commands import NEARLY_DUE, OVERDUE, start_matters
from services.digital_government.domain import CaseState, MatterState, ThingState
from services.digital_government.models import (
    Case,
    Consolidation,
    Handover,
    Implementation,
    OneThing,
    Passage,
)
from shared import consolidation, succession
from shared.consolidation import References
from shared.context import Context, service_principal
from shared.contracts.digital_government import CaseDecided, CaseWithdrawn
from shared.contracts.identity_data import (
    DivisionsMerged,
    EnterpriseRegistered,
    PostChangedHands,
    SharedDataCorrected,
)
from shared.divisions import Succession
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.succession import OpenWork

THIS_READER = service_principal("digital_government").id
"""Under which name this service stands in the ledger of readings."""


@subscribes(CaseDecided)
def settle_decided_matter(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """Record the decision in the case's one-thing and begin what waited for it alone."""
    if event.one_thing_id is None:
        return
    one_thing = context.unit.get(OneThing, event.one_thing_id)
    one_thing.settle_matter(event.matter, MatterState(event.outcome), _time_of(envelope))
    start_matters(one_thing, context)


@subscribes(CaseWithdrawn)
def settle_withdrawn_matter(event: CaseWithdrawn, envelope: Envelope, context: Context) -> None:
    """Record the withdrawal in the case's one-thing, which ends failed."""
    if event.one_thing_id is None:
        return
    one_thing = context.unit.get(OneThing, event.one_thing_id)
    one_thing.settle_matter(event.matter, MatterState.WITHDRAWN, _time_of(envelope))


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


@subscribes(SharedDataCorrected)
def note_corrected_fact(event: SharedDataCorrected, envelope: Envelope, context: Context) -> None:
    """Note on every open case that was given the wrong value that it was put right; a case that is
    decided or withdrawn stays as it is."""
    given = {one.case_id for one in event.readings if one.reader == THIS_READER}
    for case in context.unit.find_all(Case, Case.id.in_(given), _is_undecided(context.today)):
        case.note_correction(event.item, event.objection_id, _time_of(envelope))


@on_timer(NEARLY_DUE)
def remind_of_case(case: Case, context: Context) -> None:
    """Remind the organ on the morning of the day on which the case is due."""
    case.remind_of_due()


@on_timer(OVERDUE)
def mark_case_overdue(case: Case, context: Context) -> None:
    """The deadline has come and the case is not decided."""
    case.become_overdue()


def _time_of(envelope: Envelope) -> datetime:
    return datetime.fromisoformat(envelope.time)


# Mergers of divisions


def _is_running(_: date) -> sa.ColumnElement[bool]:
    return OneThing.state == ThingState.RUNNING.value


def _is_undecided(_: date) -> sa.ColumnElement[bool]:
    return Case.state.not_in([CaseState.DECIDED.value, CaseState.WITHDRAWN.value])


# One-things first: what they begin meanwhile is the successor's at once.
OPEN_WORK = (
    OpenWork("one_things", OneThing, _is_running),
    OpenWork("cases", Case, _is_undecided),
)

begin_passing, pass_open_work_on = succession.handlers(Passage, OPEN_WORK)


@subscribes(DivisionsMerged)
def follow_items(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
    """The counties that ended offer nothing any more, those that begin what their first
    predecessor offered."""
    followed = Succession.of((move.from_code, move.to_code) for move in event.moves)
    sources = {move.to_code: move.from_code for move in reversed(event.moves)}
    concerned = {*followed.left(), *sources, *sources.values()}
    items = context.unit.find_all(
        Implementation, Implementation.ended_on.is_(None), Implementation.division.in_(concerned)
    )
    offering = {item.division for item in items}
    for item in items:
        for successor, source in sources.items():
            if source == item.division and successor not in offering:
                context.unit.add(item.taken_over_by(successor)).publish()
        if followed.successor(item.division) != item.division:
            item.withdraw(event.effective)


# Posts that change hands

HANDING_OVER = "hand_cases_over"


@subscribes(PostChangedHands)
def hear_of_new_holder(event: PostChangedHands, envelope: Envelope, context: Context) -> None:
    """Begin to pass on what the former holder handled."""
    known = context.unit.find(Handover, event.post_id) or context.unit.add(
        Handover(id=event.post_id, division=envelope.divisioncode, organ=event.organ)
    )
    known.hear(event, envelope.sequence)
    context.unit.arm(HANDING_OVER, known.id, context.now, context)


@on_timer(HANDING_OVER)
def hand_cases_over(handover: Handover, context: Context) -> None:
    """Pass the next cases on and go on at once, as after a merger of divisions."""
    left = sa.and_(Case.organ == handover.organ, Case.handler.in_(handover.leaving))
    if handover.holder is not None:
        left = sa.or_(left, Case.awaits_post == handover.id)
    cases = context.unit.find_all(Case, _is_undecided(context.today), left, limit=succession.BATCH)
    handover.pass_on(cases)
    if cases:
        context.unit.arm(HANDING_OVER, handover.id, context.now, context)


# Mergers of two records of one person

REFERENCES = (
    References(Case, "owner"),
    References(Case, "subject", found_by="owner"),
    References(OneThing, "owner"),
)

follow_merged_person, move_references, follow_separated_person = consolidation.handlers(
    Consolidation, REFERENCES
)
