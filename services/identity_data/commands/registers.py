"""Registering people, and reserving names for enterprises."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from services.identity_data import keys
from services.identity_data.domain import (
    NameTaken,
    NameUnlawful,
    PersonAlreadyRegistered,
    ReservationState,
    reservation_id_of,
    told,
)
from services.identity_data.models import (
    NameReservation,
    Person,
)
from services.identity_data.registry import in_force_today, is_registered, unlawful_in_name
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    RegisterPerson,
    ReleaseEnterpriseName,
    ReserveEnterpriseName,
)
from shared.handling import handles, on_timer

RESERVATION_ENDS = "name_reservation_ends"


def refuse_second_registration(
    order: RegisterPerson, context: Context
) -> PersonAlreadyRegistered | None:
    """The error where a person is registered under the number already."""
    known = context.unit.find(Person, keys.person_id(order.number))
    return PersonAlreadyRegistered() if known is not None else None


@handles(RegisterPerson, taken=refuse_second_registration)
def register_person(order: RegisterPerson, context: Context) -> Person:
    """Register a person once under the resident number; raises `PersonAlreadyRegistered`.

    Under the code of a division that ended, the person is registered in the successor.
    """
    division = in_force_today(order.division, context)
    return Person.registered(order.number, order.name, division, order.phone)


# Enterprise names


@handles(ReserveEnterpriseName)
def reserve_enterprise_name(order: ReserveEnterpriseName, context: Context) -> NameReservation:
    """Keep a lawful, free name for two months (Decree 734 articles 16 to 18); raises
    `NameUnlawful`, `NameTaken`."""
    division = in_force_today(order.division, context)
    faults = unlawful_in_name(order.name, division, context)
    if faults:
        raise NameUnlawful(name=order.name, **told(faults))
    if is_registered(order.name, context):
        raise NameTaken(name=order.name)
    reservation_id = reservation_id_of(order.name)
    reservation = context.unit.find(NameReservation, reservation_id) or NameReservation(
        id=reservation_id, name=order.name, until=context.today
    )
    reservation.reserve(context.actor.person, division, context.today)
    ends = datetime.combine(reservation.until + timedelta(days=1), time(), CHINA)
    context.unit.arm(RESERVATION_ENDS, reservation.id, ends, context)
    return reservation


@handles(ReleaseEnterpriseName)
def release_enterprise_name(
    reservation: NameReservation, order: ReleaseEnterpriseName, context: Context
) -> None:
    """Free the name and its timer; the applicant's own reservation only."""
    reservation.release()
    context.unit.cancel(RESERVATION_ENDS, reservation.id, context)


@on_timer(RESERVATION_ENDS)
def release_reserved_name(reservation: NameReservation, context: Context) -> None:
    """The time is over; a name that was used meanwhile stays."""
    if reservation.state == ReservationState.RESERVED:
        reservation.release()
