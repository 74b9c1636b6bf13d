"""What is ordered: signing in, moving the calendar, registering, reserving names, sharing data."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from services.identity_data import keys, passwords
from services.identity_data.domain import (
    NameTaken,
    NameUnlawful,
    PersonAlreadyRegistered,
    ReservationState,
    SessionEnded,
    WrongCredentials,
    require_facts_of,
    require_need,
    reservation_id_of,
    told,
)
from services.identity_data.models import (
    Account,
    Calendar,
    Enterprise,
    NameReservation,
    Person,
    SharedReading,
    SignInSession,
)
from services.identity_data.registry import in_force_today, is_registered, unlawful_in_name
from shared.clocks import CHINA, machine_now
from shared.context import Context
from shared.contracts.identity_data import (
    FetchSharedData,
    MoveCalendar,
    RegisterPerson,
    ReleaseEnterpriseName,
    ReserveEnterpriseName,
    SharedFact,
    SharedFacts,
    SignIn,
    TokenIssued,
)
from shared.errors import NotFound
from shared.handling import handles, on_timer
from shared.security import tokens

RESERVATION_ENDS = "name_reservation_ends"
POPULATION_REGISTER = "人口基础库 / population register"
ENTERPRISE_REGISTER = "法人基础库 / register of legal entities"


# Access


def check_password(order: SignIn, context: Context) -> None:
    """Raise `WrongCredentials` unless the password is the account's, in the same time whether
    there is such an account or not; before every answer, also one that was given before."""
    account = context.unit.find(Account, order.account)
    expected = account.password_hash if account is not None else passwords.NOBODY
    if not passwords.matches(expected, order.password) or account is None:
        raise WrongCredentials()


def token_of_session(reply: TokenIssued, context: Context) -> TokenIssued:
    """Sign the session's token; what is stored names the session only.

    It lives as long as the session, so a repeated sign-in gives no longer access than the first.
    """
    session = context.unit.get(SignInSession, reply.token)
    account = context.unit.get(Account, session.account)
    left = session.expires_at - machine_now()
    if left < timedelta(seconds=1):
        raise SessionEnded()
    token = tokens.issue(keys.signing_key("token"), account.principal, session.id, left)
    return TokenIssued(token=token, expires_at=session.expires_at)


@handles(SignIn, gather=check_password, present=token_of_session)
def sign_in(order: SignIn, context: Context) -> TokenIssued:
    """Open a session; `check_password` let only the account's holder come this far."""
    account = context.unit.get(Account, order.account)
    expires = (machine_now() + tokens.LIFETIME).replace(microsecond=0)
    session = context.unit.add(SignInSession.opened(context.new_id(), account, expires))
    return TokenIssued(token=session.id, expires_at=expires)


@handles(MoveCalendar)
def move_calendar(calendar: Calendar, order: MoveCalendar, context: Context) -> None:
    """Move the simulated calendar forward; raises `CalendarNotSimulated`, `CalendarGoesBack`."""
    calendar.move(order.instant, simulated=keys.is_calendar_simulated())


# People


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


# Sharing data


@handles(FetchSharedData)
def fetch_shared_data(order: FetchSharedData, context: Context) -> SharedFacts:
    """Hand out the facts that the matter needs and enter the reading in the ledger (Data Security
    Law article 38); raises `FactNotOfSubject`, `NotNeeded`."""
    require_need(order.matter, order.facts)
    require_facts_of(order.subject, order.facts)
    subject, values, source = _subject_of(order.subject, context)
    reading = SharedReading(
        id=context.new_id(),
        division=subject.division,
        owner=subject.owner,
        subject=subject.id,
        facts=list(dict.fromkeys(order.facts)),
        purpose=order.purpose,
        matter=order.matter,
        case_id=order.case_id,
        reader=context.actor.id,
        on_behalf_of=context.on_behalf_of,
        at=context.now,
    )
    context.unit.add(reading).enter()
    as_of = subject.changed_at or context.now
    facts = tuple(
        SharedFact(name=name, value=values[name], source=source, as_of=as_of)
        for name in dict.fromkeys(order.facts)
    )
    return SharedFacts(ledger_id=reading.id, facts=facts)


def _subject_of(
    subject_id: str, context: Context
) -> tuple[Person | Enterprise, dict[str, str], str]:
    """The person or enterprise, its facts by name, and the register that they stand in."""
    if subject_id.startswith("p-"):
        person = context.unit.get(Person, subject_id)
        return person, _facts_of_person(person), POPULATION_REGISTER
    if subject_id.startswith("e-"):
        enterprise = context.unit.get(Enterprise, subject_id)
        leader = context.unit.get(Person, enterprise.legal_representative)
        return enterprise, _facts_of_enterprise(enterprise, leader), ENTERPRISE_REGISTER
    raise NotFound(what="subject", id=subject_id)


def _facts_of_person(person: Person) -> dict[str, str]:
    return {
        "person.name": person.name,
        "person.birth_date": person.birth_date.isoformat(),
        "person.division": person.division,
    }


def _facts_of_enterprise(enterprise: Enterprise, leader: Person) -> dict[str, str]:
    """The capital is in fen; the legal representative stands by name, as forms ask for it."""
    return {
        "enterprise.name": enterprise.name,
        "enterprise.credit_code": enterprise.credit_code,
        "enterprise.legal_representative": leader.name,
        "enterprise.registered_capital": str(enterprise.registered_capital),
        "enterprise.established": enterprise.established.isoformat(),
    }
