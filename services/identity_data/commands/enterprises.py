"""Who runs an enterprise: its legal representative, its officers, whoever handles its affairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from services.identity_data.domain.enterprises import (
    HANDLER,
    LEADING,
    LEGAL_REPRESENTATIVE,
    HasNoSuchRole,
    NeitherDirectorNorManager,
    NotFitForOffice,
    require_compatible,
    require_period,
)
from services.identity_data.models import Enterprise, EnterpriseRole, Licence, Person
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    AppointToEnterprise,
    AuthoriseHandler,
    EndEnterpriseRole,
    ReplaceLegalRepresentative,
    WithdrawHandler,
)
from shared.errors import NotAllowed
from shared.handling import handles, on_timer

AUTHORITY_ENDS = "handlers_authority_ends"


@handles(ReplaceLegalRepresentative)
def replace_legal_representative(
    enterprise: Enterprise, order: ReplaceLegalRepresentative, context: Context
) -> None:
    """Register another legal representative, whose the licences are from then on; raises
    `RepresentsAlready`, `NotFitForOffice`, `NeitherDirectorNorManager`, and `NotAllowed` where that
    one orders it."""
    _require_unconcerned(order.legal_representative, order.ZH, context)
    person = _fit(order.legal_representative, context)
    if LEADING.isdisjoint(_roles_of(person, enterprise, context)):
        raise NeitherDirectorNorManager()
    enterprise.be_represented_by(person.id)
    for licence in context.unit.find_all(Licence, Licence.holder == enterprise.id):
        licence.owner = person.id


@handles(AppointToEnterprise)
def appoint_to_enterprise(
    enterprise: Enterprise, order: AppointToEnterprise, context: Context
) -> None:
    """Put an office on record; raises `NotFitForOffice`, `HasRoleAlready`, `SupervisesThemself`,
    and `NotAllowed` where the appointed one orders it."""
    _require_unconcerned(order.person, order.ZH, context)
    _begin(enterprise, order.person, order.role, None, context)


@handles(EndEnterpriseRole)
def end_enterprise_role(enterprise: Enterprise, order: EndEnterpriseRole, context: Context) -> None:
    """Put on record that an office ended; raises `HasNoSuchRole`, and `NotAllowed` where the one
    who held it orders it."""
    _require_unconcerned(order.person, order.ZH, context)
    _end_of(enterprise, order.person, order.role, context)


@handles(AuthoriseHandler)
def authorise_handler(enterprise: Enterprise, order: AuthoriseHandler, context: Context) -> None:
    """Let somebody handle the enterprise's affairs up to a day; raises `NotFitForOffice`,
    `HasRoleAlready`, and `InvalidInput` for a day that is over."""
    require_period(order.until, context.today)
    role = _begin(enterprise, order.person, HANDLER, order.until, context)
    ends = datetime.combine(order.until + timedelta(days=1), time(), CHINA)
    context.unit.arm(AUTHORITY_ENDS, role.id, ends, context)


@handles(WithdrawHandler)
def withdraw_handler(enterprise: Enterprise, order: WithdrawHandler, context: Context) -> None:
    """Let somebody handle the enterprise's affairs no more; raises `HasNoSuchRole`."""
    _end_of(enterprise, order.person, HANDLER, context)


@on_timer(AUTHORITY_ENDS)
def end_authority(role: EnterpriseRole, context: Context) -> None:
    """The last day is over; what ended before stays as it is."""
    if role.ended_on is None:
        _end([role], context)


def end_roles_of(person: Person, context: Context) -> None:
    """End what a dead person was in enterprises."""
    _end(_held_by(person, context), context)


def end_authority_of(person: Person, context: Context) -> None:
    """End what somebody who is on the register no more handled for enterprises. An office is the
    enterprise's to fill, also with somebody abroad."""
    _end((one for one in _held_by(person, context) if one.role == HANDLER), context)


def _held_by(person: Person, context: Context) -> list[EnterpriseRole]:
    held = (EnterpriseRole.person == person.id, EnterpriseRole.held_on(context.today))
    return context.unit.find_all(EnterpriseRole, *held)


def _require_unconcerned(person: str, action: str, context: Context) -> None:
    """Who is concerned in a matter does not handle it (Civil Servant Law article 76)."""
    if person == context.actor.person:
        raise NotAllowed(action=action)


def _fit(person_id: str, context: Context) -> Person:
    person = context.unit.find(Person, person_id)
    if person is None or not person.is_fit_on(context.today):
        raise NotFitForOffice()
    return person


def _held(enterprise: Enterprise, person: str, context: Context) -> list[EnterpriseRole]:
    return context.unit.find_all(
        EnterpriseRole,
        EnterpriseRole.enterprise == enterprise.id,
        EnterpriseRole.person == person,
        EnterpriseRole.held_on(context.today),
    )


def _roles_of(person: Person, enterprise: Enterprise, context: Context) -> set[str]:
    roles = {one.role for one in _held(enterprise, person.id, context)}
    return roles | {LEGAL_REPRESENTATIVE} if enterprise.owner == person.id else roles


def _begin(
    enterprise: Enterprise, person_id: str, role: str, until: date | None, context: Context
) -> EnterpriseRole:
    person = _fit(person_id, context)
    require_compatible(role, _roles_of(person, enterprise, context))
    enterprise.note_role(person.id, role)
    return context.unit.add(
        EnterpriseRole(
            id=f"r-{context.new_id()}",
            division=enterprise.division,
            enterprise=enterprise.id,
            person=person.id,
            role=role,
            since=context.today,
            until=until,
        )
    )


def _end_of(enterprise: Enterprise, person: str, role: str, context: Context) -> None:
    ending = [one for one in _held(enterprise, person, context) if one.role == role]
    if not ending:
        raise HasNoSuchRole()
    _end(ending, context)


def _end(roles: Iterable[EnterpriseRole], context: Context) -> None:
    ending = list(roles)
    ids = {one.enterprise for one in ending}
    found = context.unit.find_all(Enterprise, Enterprise.id.in_(ids)) if ids else []
    enterprises = {one.id: one for one in found}
    for one in ending:
        one.ended_on = context.today
        enterprises[one.enterprise].note_end_of_role(one.person, one.role)
        if one.until is not None and one.until >= context.today:
            context.unit.cancel(AUTHORITY_ENDS, one.id, context)
