"""What follows from events: a granted registration makes an enterprise and its licence, sessions
end with an authority, and after a merger of divisions the registers follow."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import sqlalchemy as sa

from services.identity_data.commands.agency import end
from services.identity_data.commands.guardianship import follow_guardianships
from services.identity_data.commands.licences import sign_and_keep
from services.identity_data.commands.registers import RESERVATION_ENDS
from services.identity_data.domain import (
    ReservationState,
    credit_code_of_case,
    licence_id_of,
)
from services.identity_data.domain.agency import AgencyEnd
from services.identity_data.domain.licences import LICENCE_TYPES, LicenceState
from services.identity_data.domain.posts import OPEN
from services.identity_data.models import (
    Account,
    Agency,
    Appointment,
    Consent,
    Consolidation,
    DataObjection,
    DivisionMerger,
    Enterprise,
    EnterpriseRole,
    Guardianship,
    Household,
    Licence,
    NameReservation,
    Organ,
    Passage,
    Person,
    Post,
    SharedReading,
    SignInSession,
)
from services.identity_data.registry import PASSED
from shared import consolidation, succession
from shared.clocks import machine_now
from shared.consolidation import References
from shared.context import Context
from shared.contracts.base import Contract
from shared.contracts.digital_government import CaseDecided, CasesHandedOver
from shared.contracts.fields import DivisionCode, Identifier, Money
from shared.contracts.identity_data import (
    AccountClosed,
    AppointmentEnded,
    EnterpriseName,
    Industry,
    PasswordReplaced,
    PersonDied,
)
from shared.contracts.succession import OpenWorkMoved
from shared.errors import InvalidInput
from shared.handling import subscribes
from shared.messaging.envelope import Envelope
from shared.succession import OpenWork, always

REGISTRATION = "enterprise_registration"
CODE_ATTEMPTS = 8


class EnterpriseGranted(Contract):
    """The part of a granted registration's `result` that makes the enterprise."""

    name: EnterpriseName
    division: DivisionCode
    industry: Industry
    registered_capital: Money
    legal_representative: Identifier
    address: str
    reservation_id: Identifier


@subscribes(CaseDecided)
def register_granted_enterprise(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """Register the enterprise that a case granted and issue its business licence (Company Law
    articles 29, 33).

    Raises `ReservationNotUsable` or `NotFound` where the case names a reservation or a person
    that does not serve: that is a fault of the case, and the event stays visible until it is put
    right.
    """
    if event.matter != REGISTRATION or event.outcome != "granted":
        return
    granted = _granted(event)
    leader = context.unit.get(Person, granted.legal_representative)
    reservation = context.unit.get(NameReservation, granted.reservation_id)
    reservation.use(granted.name, {event.applicant, leader.id})
    context.unit.cancel(RESERVATION_ENDS, reservation.id, context)
    enterprise = context.unit.add(
        Enterprise.registered(
            credit_code=_free_credit_code(event.case_id, granted.division, context),
            name=granted.name,
            division=granted.division,
            industry=granted.industry,
            registered_capital=granted.registered_capital,
            established=context.today,
            legal_representative=leader.id,
            address=granted.address,
            case_id=event.case_id,
        )
    )
    _issue_licence(enterprise, event, context)


def _granted(event: CaseDecided) -> EnterpriseGranted:
    known = {field.name for field in fields(EnterpriseGranted)}
    try:
        return EnterpriseGranted.load({k: v for k, v in event.result.items() if k in known})
    except InvalidInput as fault:
        # The sentence alone would not tell an operator what to put right.
        raise ValueError(f"the result of the case does not fit: {fault.fields}") from fault


def _free_credit_code(case_id: str, division: str, context: Context) -> str:
    """The first code drawn for the case that no enterprise has."""
    drawn = [credit_code_of_case(case_id, division, n) for n in range(CODE_ATTEMPTS)]
    rows = context.unit.rows(
        sa.select(Enterprise.credit_code).where(Enterprise.credit_code.in_(drawn))
    )
    taken = {row.credit_code for row in rows}
    return next(code for code in drawn if code not in taken)


def _issue_licence(enterprise: Enterprise, event: CaseDecided, context: Context) -> None:
    particulars = {
        "registered_capital": enterprise.registered_capital,
        "established": enterprise.established.isoformat(),
        "address": enterprise.address,
    }
    context.unit.add(
        sign_and_keep(
            LICENCE_TYPES["business_licence"],
            enterprise,
            context.unit.get(Organ, event.organ),
            licence_id_of(event.case_id),
            particulars,
            context,
            case_id=event.case_id,
        )
    )


# Authority that ended


@subscribes(AppointmentEnded, AccountClosed, PasswordReplaced)
def end_sessions(
    event: AppointmentEnded | AccountClosed | PasswordReplaced, envelope: Envelope, context: Context
) -> None:
    """Revoke every session of who has no longer the authority that its tokens speak of, or has
    another password.

    Not in the transaction that ended it: a session that was opened in the same moment would be
    seen by neither the one nor the other.
    """
    now = machine_now()
    in_force = (SignInSession.expires_at > now, SignInSession.revoked_at.is_(None))
    own = SignInSession.principal == event.principal
    for session in context.unit.find_all(SignInSession, own, *in_force):
        session.revoke(now)


@subscribes(CasesHandedOver)
def note_work_taken_over(event: CasesHandedOver, envelope: Envelope, context: Context) -> None:
    """Keep with an appointment how much open work its holder took over."""
    taking = context.unit.get(Appointment, event.appointment_id)
    taking.note_taken_over(event.SERVICE, event.count)


# Agencies


@subscribes(PersonDied)
def end_agencies_of_the_dead(event: PersonDied, envelope: Envelope, context: Context) -> None:
    """An agency ends with the agent and with the person (Civil Code article 173)."""
    concerned = sa.or_(Agency.owner == event.person_id, Agency.agent == event.person_id)
    for agency in context.unit.find_all(Agency, concerned, Agency.ended.is_(None)):
        end(agency, AgencyEnd.DEATH, context)


# Mergers of divisions


def _is_reserved(_: date) -> sa.ColumnElement[bool]:
    return NameReservation.state == ReservationState.RESERVED


def _is_not_over(_: date) -> sa.ColumnElement[bool]:
    return Licence.state.in_((LicenceState.IN_FORCE, LicenceState.SUSPENDED))


def _is_kept(_: date) -> sa.ColumnElement[bool]:
    return Household.dissolved_on.is_(None)


def _is_to_be_held(_: date) -> sa.ColumnElement[bool]:
    return Appointment.state.in_(OPEN)


OPEN_WORK = (
    OpenWork("people", Person, always),
    OpenWork("enterprises", Enterprise, always),
    OpenWork("households", Household, _is_kept),
    OpenWork("names", NameReservation, _is_reserved),
    OpenWork("licences", Licence, _is_not_over),
    OpenWork("accounts", Account, always),
    OpenWork("posts", Post, always),
    OpenWork("appointments", Appointment, _is_to_be_held),
)

begin_passing, pass_registers_on = succession.handlers(Passage, OPEN_WORK)


@subscribes(*PASSED)
def note_passed_work(event: OpenWorkMoved, envelope: Envelope, context: Context) -> None:
    """Keep with the merger what a service has passed on."""
    context.unit.get(DivisionMerger, event.merger_id).note_passed(event.SERVICE, event.counts)


# Mergers of two records of one person

REFERENCES = (
    References(Account, "person"),
    References(Agency, "agent"),
    References(Agency, "owner"),
    References(Enterprise, "legal_representative"),
    References(EnterpriseRole, "person"),
    References(Guardianship, "guardian"),
    References(Guardianship, "ward"),
    References(Household, "head"),
    References(Licence, "owner"),
    References(NameReservation, "owner"),
    References(Consent, "owner"),
    References(DataObjection, "owner"),
    References(DataObjection, "subject"),
    References(SharedReading, "owner"),
    References(SharedReading, "subject", found_by="owner"),
)

follow_merged_person, move_references, follow_separated_person = consolidation.handlers(
    Consolidation, REFERENCES, then=follow_guardianships
)
