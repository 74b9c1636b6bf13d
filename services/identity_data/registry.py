"""What commands and queries both ask the tables: divisions as of a day, posts that are held,
names that are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from services.identity_data.domain import DivisionNotInForce, Fault, name_faults
from services.identity_data.domain.people import PersonState
from services.identity_data.domain.posts import AppointmentState, HeldPost
from services.identity_data.domain.territory import Merging
from services.identity_data.models import (
    Appointment,
    Division,
    Enterprise,
    Household,
    Organ,
    OrganRegister,
    Person,
    Post,
)
from services.identity_data.reference.divisions import Division as ReferenceDivision
from services.identity_data.reference.divisions import divisions_by_code
from services.identity_data.reference.organs import organs_of
from shared.context import Context
from shared.contracts import digital_economy, digital_government, identity_data, party_government
from shared.contracts.identity_data import TerritoryMove
from shared.divisions import DivisionWasSplit, Level, Succession, level_of, lineage, parent_of
from shared.errors import InvalidInput, NotFound

ORGAN_REGISTER: Final = "organs"


def division_known_as(code: str, context: Context) -> Division | None:
    """A division, whether in force or not; None where there never was one."""
    return context.unit.reference(Division, code).get(code)


def is_in_force(one: Division | Organ, day: date) -> bool:
    """Whether a division or an organ is in force on that day."""
    begun = one.valid_from is None or one.valid_from <= day
    return begun and (one.valid_to is None or day < one.valid_to)


def in_force_on(day: date, kind: type[Division | Organ] = Division) -> sa.ColumnElement[bool]:
    """The same as a condition of a selection."""
    begun = sa.or_(kind.valid_from.is_(None), kind.valid_from <= day)
    return sa.and_(begun, sa.or_(kind.valid_to.is_(None), kind.valid_to > day))


def in_force_today(code: str, context: Context) -> str:
    """The code itself, or today's of the division that it went into.

    Raises `InvalidInput` for a division that never was, `DivisionNotInForce` for one that has not
    begun or went nowhere, `DivisionWasSplit` where it went into several.
    """
    division = division_known_as(code, context)
    if division is None:
        raise InvalidInput(fields={"division": ["No such division."]})
    while not is_in_force(division, context.today):
        ended = division.valid_to is not None and division.valid_to <= context.today
        if not (ended and division.successors):
            raise DivisionNotInForce(code=code, day=context.today.isoformat())
        if len(division.successors) > 1:
            raise DivisionWasSplit(code=code, successors="、".join(division.successors))
        followed = division_known_as(division.successors[0], context)
        if followed is None:
            raise NotFound(what="Division", id=division.successors[0])
        division = followed
    return division.id


# Posts


def posts_held(holder: str, context: Context) -> Sequence[HeldPost]:
    """The posts that a principal holds today, those first that it does not only act for, then the
    longest held. The day is asked as well as the state, so that a timer that is late leaves nobody
    an authority that is over."""
    rows = context.unit.rows(
        sa.select(Post.id, Post.organ, Post.division, Post.roles)
        .join(Appointment, Appointment.post == Post.id)
        .where(
            Appointment.holder == holder,
            Appointment.state == AppointmentState.IN_FORCE.value,
            sa.or_(Appointment.valid_to.is_(None), Appointment.valid_to > context.today),
        )
        .order_by(Appointment.kind.desc(), Appointment.valid_from, Appointment.id)
    )
    return [HeldPost(row.id, row.organ, row.division, tuple(row.roles)) for row in rows]


# Mergers

PASSED: Final = (
    identity_data.OpenWorkPassed,
    digital_government.OpenWorkPassed,
    digital_economy.OpenWorkPassed,
    party_government.OpenWorkPassed,
)
"""What every service with open work tells when it has passed it on."""


def services_with_open_work() -> frozenset[str]:
    """The services that a merger waits for."""
    return frozenset(event.SERVICE for event in PASSED)


def merging_of(
    division: str, moves: Sequence[TerritoryMove], effective: date, context: Context
) -> Merging:
    """The moves with what the register holds around them, the day before they take effect."""
    before = {move.from_code for move in moves}
    named = before | {move.to_code for move in moves}
    around = named | {code for one in named for code in lineage(one)}
    rows = list(_rows_of(sa.or_(Division.id.in_(around), Division.parent.in_(before)), context))
    succession = Succession.of((move.from_code, move.to_code) for move in moves)
    villages = [row.id for row in rows if level_of(row.id) is Level.VILLAGE]
    if villages:
        rows += _rows_of(Division.id.in_(map(succession.successor, villages)), context)
    in_force = {
        row.id: row.name
        for row in rows
        if (row.valid_from is None or row.valid_from < effective)
        and (row.valid_to is None or row.valid_to > effective)
    }
    used = frozenset(row.id for row in rows) - in_force.keys()
    return Merging(division, tuple(moves), in_force, used)


def _rows_of(condition: sa.ColumnElement[bool], context: Context) -> Sequence[Any]:
    return context.unit.rows(
        sa.select(Division.id, Division.name, Division.valid_from, Division.valid_to).where(
            condition
        )
    )


def english_name_of(code: str, name: str) -> str | None:
    """The English name on record of a division, None for one that has another name now."""
    known = divisions_by_code().get(code)
    return known.name_en if known is not None and known.name == name else None


def organs_for(code: str, name: str) -> Iterator[Organ]:
    """The organs that a division of this code and name has, none of them kept yet."""
    english = english_name_of(code, name)
    named = ReferenceDivision(code, name, level_of(code), parent_of(code), name_en=english)
    for made in organs_of(named):
        yield Organ(
            id=made.id,
            division=made.division,
            name=made.name_zh,
            name_en=made.name_en,
            kind=made.kind.value,
            type=made.type.value,
            parent=made.parent_id,
        )


def organ_register(context: Context) -> OrganRegister:
    """What tells other services of organs."""
    known = context.unit.find(OrganRegister, ORGAN_REGISTER)
    return known or context.unit.add(OrganRegister(id=ORGAN_REGISTER))


def _names_around(code: str, context: Context) -> Mapping[str, str]:
    """Names of the division, of those above it, and of the other counties there today, by code."""
    own = lineage(code)
    counties = sa.and_(
        Division.level == Level.COUNTY, Division.parent.in_(own), in_force_on(context.today)
    )
    rows = context.unit.rows(
        sa.select(Division.id, Division.name).where(sa.or_(Division.id.in_(own), counties))
    )
    return {row.id: row.name for row in rows}


def unlawful_in_name(name: str, division: str, context: Context) -> tuple[Fault, ...]:
    """What the rules of names say against this one in this division."""
    return name_faults(name, division, _names_around(division, context))


def is_registered(name: str, context: Context) -> bool:
    """Whether an enterprise has the name (Decree 734 article 17).

    The whole name is compared; that no trade name be repeated within one industry is left to the
    registering organ.
    """
    return bool(context.unit.rows(sa.select(Enterprise.id).where(Enterprise.name == name)))


# Households


def is_member_of(household_id: str) -> sa.ColumnElement[bool]:
    """Selects the members of a household: a record that was merged into another keeps its place,
    for when they are separated, but is nobody's meanwhile."""
    return sa.and_(Person.household == household_id, Person.state == PersonState.REGISTERED.value)


def members_of(
    household: Household, context: Context, limit: int | None = None
) -> dict[str, Person]:
    """The members of a household, or the first of them, by their ids."""
    found = context.unit.find_all(Person, is_member_of(household.id), limit=limit)
    return {one.id: one for one in found}


def head_of(household: Household, context: Context) -> Person | None:
    """Who heads the household, None where nobody does: a head is a member."""
    head = context.unit.find(Person, household.head) if household.head else None
    if head is None or head.household != household.id or head.state != PersonState.REGISTERED:
        return None
    return head
