"""Objections to shared data, and telling those who read a wrong value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

import sqlalchemy as sa

from services.identity_data.domain.objections import (
    OPEN,
    NotTheirData,
    NotWhatWasObjected,
    ObjectionOpen,
    ObjectionState,
    ObjectionVerb,
    hands_out,
    require_allowed,
    require_item_of,
)
from services.identity_data.models import (
    DataItem,
    DataObjection,
    Enterprise,
    Person,
    SharedReading,
)
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    CorrectFact,
    CorrectPerson,
    RaiseDataObjection,
    ReadingOfWrongFact,
    VerifyObjection,
)
from shared.errors import InvalidInput, NotFound
from shared.handling import handles


@handles(RaiseDataObjection)
def raise_data_objection(order: RaiseDataObjection, context: Context) -> DataObjection:
    """Put an objection before the organ that provides the item; raises `NotTheirData` and
    `ObjectionOpen`."""
    owner = context.actor.person
    if order.subject != owner:
        led = context.unit.find(Enterprise, order.subject)
        if led is None or led.legal_representative != owner:
            raise NotTheirData()
    require_item_of(order.subject, order.item)
    item = context.unit.find(DataItem, order.item)
    if item is None or not item.resource:
        raise NotFound(what="DataItem", id=order.item)
    if order.wrong_since is not None and order.wrong_since > context.today:
        raise InvalidInput(fields={"wrong_since": ["Lies before tomorrow."]})
    same = (DataObjection.subject == order.subject, DataObjection.item == order.item)
    for one in context.unit.find_all(DataObjection, *same, DataObjection.state.in_(OPEN), limit=1):
        raise ObjectionOpen(objection=one.id)
    return DataObjection.raised(f"do-{context.new_id()}", order, owner, item, context.now)


@handles(VerifyObjection)
def verify_objection(objection: DataObjection, order: VerifyObjection, context: Context) -> None:
    """Uphold or reject an objection; raises `ObjectionInWrongState`."""
    objection.verify(order)


@handles(CorrectFact)
def correct_fact(objection: DataObjection, order: CorrectFact, context: Context) -> None:
    """Note that the fact was put right at its source; raises `ObjectionInWrongState`."""
    settle_objection(objection, order.note, context)


def settle_by_correction(person: Person, order: CorrectPerson, context: Context) -> None:
    """Settle the objection that a correction names, if it names one; raises `NotWhatWasObjected`
    for one that is about something else, and `ObjectionInWrongState`."""
    if order.objection_id is None:
        return
    objection = context.unit.get(DataObjection, order.objection_id)
    given = {"person.name": order.name, "person.phone": order.phone}
    if objection.subject != person.id or given.get(objection.item) is None:
        raise NotWhatWasObjected(objection=objection.id)
    settle_objection(objection, order.basis, context)


def settle_objection(objection: DataObjection, note: str, context: Context) -> None:
    """The fact is put right; tell all who read the wrong value. Raises `ObjectionInWrongState`."""
    require_allowed(ObjectionVerb.CORRECT, ObjectionState(objection.state))
    objection.correct(note, _readings_of_wrong_fact(objection, context))


def _readings_of_wrong_fact(
    objection: DataObjection, context: Context
) -> Sequence[ReadingOfWrongFact]:
    """The readings since the fact was wrong, the oldest first."""
    whose = sa.or_(
        SharedReading.subject == objection.subject, SharedReading.owner == objection.subject
    )
    if objection.wrong_since is not None:
        begins = datetime.combine(objection.wrong_since, time(), CHINA)
        whose = sa.and_(whose, SharedReading.at >= begins)
    rows = context.unit.rows(
        sa.select(SharedReading.__table__).where(whose).order_by(SharedReading.at, SharedReading.id)
    )
    return [
        ReadingOfWrongFact(
            ledger_id=row.id,
            reader=row.reader,
            matter=row.matter,
            case_id=row.case_id,
            grant_id=row.grant_id,
        )
        for row in rows
        if hands_out(objection.item, objection.subject, row.subject, row.facts)
    ]
