"""Guardianship: registered, and ended by an order, a death, leaving the register or the eighteenth
birthday."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time
from typing import Literal

import sqlalchemy as sa

from services.identity_data.domain.guardianship import MINOR, GuardsNot, comes_of_age, is_adult
from services.identity_data.models import Guardianship, Person
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import EndGuardianship, RegisterGuardianship
from shared.errors import NotAllowed
from shared.handling import handles, on_timer

GUARDIANSHIP_ENDS = "ward_comes_of_age"


@handles(RegisterGuardianship)
def register_guardianship(ward: Person, order: RegisterGuardianship, context: Context) -> None:
    """Register a guardian of somebody; an adult who needs one can be nobody's any more.

    Raises what `Guardianship.registered` raises, and `NotAllowed` where the guardian orders it:
    who is concerned in a matter does not handle it (Civil Servant Law article 76).
    """
    if order.guardian == context.actor.person:
        raise NotAllowed(action=order.ZH)
    guardianship = Guardianship.registered(
        f"g-{context.new_id()}",
        ward,
        context.unit.find(Person, order.guardian),
        order.ground,
        order.origin,
        context.today,
    )
    context.unit.add(guardianship)
    if order.ground == MINOR:
        ends = datetime.combine(comes_of_age(ward.birth_date), time(), CHINA)
        context.unit.arm(GUARDIANSHIP_ENDS, guardianship.id, ends, context)
    elif ward.wards:
        _end(
            _in_force(context, Guardianship.guardian == ward.id), "guardian_lost_capacity", context
        )


@handles(EndGuardianship)
def end_guardianship(ward: Person, order: EndGuardianship, context: Context) -> None:
    """End what one guardian has of the ward; raises `GuardsNot`, and `NotAllowed` where that
    guardian orders it."""
    if order.guardian == context.actor.person:
        raise NotAllowed(action=order.ZH)
    if order.guardian not in ward.guardians:
        raise GuardsNot()
    between = (Guardianship.ward == ward.id, Guardianship.guardian == order.guardian)
    _end(_in_force(context, *between), order.why, context)


@on_timer(GUARDIANSHIP_ENDS)
def end_at_majority(guardianship: Guardianship, context: Context) -> None:
    """The ward is an adult; what ended before stays as it is."""
    if guardianship.ended_on is None:
        _end([guardianship], "came_of_age", context)


def end_guardianships_of(
    person: Person, fate: Literal["died", "deregistered"], context: Context
) -> None:
    """End what somebody had of wards and of guardians, who is on the register no more."""
    if person.guardians:
        _end(_in_force(context, Guardianship.ward == person.id), f"ward_{fate}", context)
    if person.wards:
        _end(_in_force(context, Guardianship.guardian == person.id), f"guardian_{fate}", context)


def _in_force(context: Context, *conditions: sa.ColumnElement[bool]) -> list[Guardianship]:
    return context.unit.find_all(Guardianship, Guardianship.ended_on.is_(None), *conditions)


def _end(guardianships: Iterable[Guardianship], why: str, context: Context) -> None:
    ending = list(guardianships)
    people = _people({key for one in ending for key in (one.ward, one.guardian)}, context)
    for one in ending:
        one.end(why, context.today)
        people[one.ward].lose_guardian(people[one.guardian])
        if one.ground == MINOR and not is_adult(people[one.ward].birth_date, context.today):
            context.unit.cancel(GUARDIANSHIP_ENDS, one.id, context)


def _people(ids: Collection[str], context: Context) -> dict[str, Person]:
    return {one.id: one for one in context.unit.find_all(Person, Person.id.in_(ids))}


def follow_guardianships(persons: Collection[str], context: Context) -> None:
    """Let records name as guardians and wards whom the guardianships in force name, after those of
    two records were moved or given back."""

    def around(ids: Collection[str]) -> list[Guardianship]:
        named = sa.or_(Guardianship.ward.in_(ids), Guardianship.guardian.in_(ids))
        return _in_force(context, named)

    concerned = {*persons, *(key for one in around(persons) for key in (one.ward, one.guardian))}
    known = around(concerned)
    for person in _people(concerned, context).values():
        person.be_named(
            guardians={one.guardian for one in known if one.ward == person.id},
            wards={one.ward for one in known if one.guardian == person.id},
        )
