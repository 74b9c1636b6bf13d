"""What residents apply for at once."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from services.digital_government.domain.matters import MATTERS
from services.digital_government.domain.one_things import (
    THINGS,
    AlreadyApplied,
    ApplicantNotNamed,
    ItemNotOffered,
    ThingDefinition,
    ThingState,
)
from services.digital_government.models import Implementation, OneThing, Passage
from shared.context import Context
from shared.contracts.digital_government import SubmitOneThing
from shared.divisions import Level, up_to
from shared.handling import handles


def refuse_second_application(order: SubmitOneThing, context: Context) -> AlreadyApplied | None:
    """The error where another application uses the reserved name; one that failed gave it back."""
    reservation = order.form.reservation_id
    others = context.unit.rows(
        sa.select(OneThing.id).where(
            OneThing.reservation_id == reservation, OneThing.state != ThingState.FAILED.value
        )
    )
    if not others:
        return None  # It failed in the same moment.
    return AlreadyApplied(reservation=reservation, one_thing=others[0].id)


@handles(SubmitOneThing, taken=refuse_second_application)
def submit_one_thing(order: SubmitOneThing, context: Context) -> OneThing:
    """Apply for all matters at once and begin those that depend on nothing.

    Raises `ApplicantNotNamed`, `ItemNotOffered`, `DivisionWasSplit` and `AlreadyApplied`.
    """
    applicant = order.applicant or context.actor.person
    if not applicant:
        raise ApplicantNotNamed()
    division = offering_division(THINGS[order.thing], order.division, context)
    one_thing = OneThing.submitted(
        f"t-{context.new_id()}", order.thing, division, applicant, order.form, context.now
    )
    context.unit.add(one_thing)
    start_matters(one_thing, context)
    return one_thing


def offering_division(definition: ThingDefinition, division: str, context: Context) -> str:
    """The division, or the successor of one that ended, whose county offers every matter of the
    one-thing; raises `ItemNotOffered`, and `DivisionWasSplit` where several succeeded."""
    offered = _offered_in(division, definition.matters, context)
    if not offered:
        division = Passage.certain_successor_of(division, context)
        offered = _offered_in(division, definition.matters, context)
    absent = [code for code in definition.matters if code not in offered]
    if absent:
        names = "、".join(MATTERS[code].name_zh for code in absent)
        raise ItemNotOffered(division=division, matters=names)
    return division


def start_matters(one_thing: OneThing, context: Context) -> None:
    """Open a case for every matter that can begin now."""
    startable = one_thing.startable()
    offered = _offered_in(one_thing.division, startable, context)
    if startable and not offered:
        # Its division has ended, and the passing on has not come to it yet.
        one_thing.pass_to(Passage.successor_of(one_thing.division, context))
        offered = _offered_in(one_thing.division, startable, context)
    for matter in startable:
        case_id = f"c-{context.new_id()}"
        context.unit.add(one_thing.start_matter(case_id, offered[matter], context.now))


def _offered_in(
    division: str, matters: Sequence[str], context: Context
) -> dict[str, Implementation]:
    """Those of the matters which the county of the division offers."""
    county = up_to(division, Level.COUNTY)
    found = context.unit.reference(Implementation, *[f"{county}-{matter}" for matter in matters])
    return {one.matter: one for one in found.values() if one.ended_on is None}
