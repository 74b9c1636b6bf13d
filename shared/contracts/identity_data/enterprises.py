"""Enterprises, their names, and who runs them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Transition,
)
from shared.contracts.fields import (
    CreditCode,
    DivisionCode,
    Identifier,
    Money,
    PersonName,
)
from shared.contracts.identity_data.terms import Basis, EnterpriseName, Industry


class NameAvailability(Contract):
    """Whether a name could be reserved now, and if not why."""

    name: EnterpriseName
    available: bool
    reasons: tuple[str, ...] = ()


class CheckEnterpriseName(Query[NameAvailability], on="EnterpriseName", zh="企业名称查重"):
    """Whether an enterprise name is free in its division (Provisions on the Administration of
    Enterprise Name Registration, State Council Decree 734, art. 17)."""

    name: EnterpriseName
    division: DivisionCode


class ReserveEnterpriseName(
    Command[Done], on="EnterpriseName", zh="企业名称自主申报", delegable=True
):
    """Reserve a free name for two months (Decree 734, art. 18)."""

    name: EnterpriseName
    division: DivisionCode


class ReleaseEnterpriseName(
    Transition[Done], on="EnterpriseName", key="reservation_id", zh="放弃保留名称", delegable=True
):
    """Give a reserved name up before its time is over, so that it can be chosen again."""

    reservation_id: Identifier


class EnterpriseNameReserved(Event, on="EnterpriseName", key="reservation_id", zh="企业名称已保留"):
    """The name is kept for the applicant until `until`."""

    reservation_id: Identifier
    name: EnterpriseName
    division: DivisionCode
    until: date


class EnterpriseNameReleased(Event, on="EnterpriseName", key="reservation_id", zh="企业名称已释放"):
    """The reservation ended without a registration."""

    reservation_id: Identifier
    name: EnterpriseName


class EnterpriseRegistered(Event, on="Enterprise", key="enterprise_id", zh="企业已登记"):
    """An enterprise exists; `case_id` is the case that granted it, if there was one."""

    enterprise_id: Identifier
    credit_code: CreditCode
    name: EnterpriseName
    division: DivisionCode
    industry: Industry
    registered_capital: Money
    established: date
    legal_representative: Identifier
    case_id: Identifier | None = None


class Enterprise(Contract):
    """A registered enterprise; these facts are public (Interim Regulations on Enterprise
    Information Publicity, State Council Decree 654)."""

    enterprise_id: Identifier
    version: int
    credit_code: CreditCode
    name: EnterpriseName
    division: DivisionCode
    industry: Industry
    registered_capital: Money
    established: date


class EnterpriseByCreditCode(Query[Enterprise], on="PublicEnterprise", zh="查询企业"):
    """The public facts of one enterprise."""

    credit_code: CreditCode


# Who runs an enterprise

Office = Annotated[
    Literal["director", "supervisor", "manager", "financial_officer"],
    Label("职务", "office in the enterprise"),
]
RoleHeld = Annotated[
    Literal[
        "legal_representative",
        "director",
        "supervisor",
        "manager",
        "financial_officer",
        "authorised_handler",
    ],
    Label("任职", "what somebody is in the enterprise"),
]


class ReplaceLegalRepresentative(
    Transition[Done], on="Enterprise", key="enterprise_id", zh="变更法定代表人"
):
    """Register another legal representative, who is a director or the manager of the enterprise
    (Company Law 2023, articles 10 and 35). Its licences are that one's to show from then on; they
    still state the name they were signed with."""

    enterprise_id: Identifier
    legal_representative: Annotated[Identifier, Label("新法定代表人", "the new one")]
    basis: Basis


class LegalRepresentativeChanged(
    Event, on="Enterprise", key="enterprise_id", zh="法定代表人已变更"
):
    """Somebody else represents the enterprise."""

    enterprise_id: Identifier
    former: Identifier
    legal_representative: Identifier


class AppointToEnterprise(Transition[Done], on="Enterprise", key="enterprise_id", zh="任职备案"):
    """Put on record that somebody holds an office in the enterprise."""

    enterprise_id: Identifier
    person: Identifier
    role: Office
    basis: Basis


class EndEnterpriseRole(Transition[Done], on="Enterprise", key="enterprise_id", zh="免职备案"):
    """Put on record that somebody holds an office no more."""

    enterprise_id: Identifier
    person: Identifier
    role: Office
    basis: Basis


class AuthoriseHandler(Transition[Done], on="Enterprise", key="enterprise_id", zh="授权经办人"):
    """Let somebody handle the enterprise's affairs up to a day, that day included; by its legal
    representative."""

    enterprise_id: Identifier
    person: Identifier
    until: Annotated[date, Label("授权截止日", "last day")]


class WithdrawHandler(Transition[Done], on="Enterprise", key="enterprise_id", zh="撤销经办授权"):
    """Let somebody handle the enterprise's affairs no more."""

    enterprise_id: Identifier
    person: Identifier


class EnterpriseRoleBegun(Event, on="Enterprise", key="enterprise_id", zh="企业任职已开始"):
    """Somebody holds an office in the enterprise, or handles its affairs."""

    enterprise_id: Identifier
    person_id: Identifier
    role: RoleHeld


class EnterpriseRoleEnded(Event, on="Enterprise", key="enterprise_id", zh="企业任职已终止"):
    """Somebody holds an office, or handles the enterprise's affairs, no more."""

    enterprise_id: Identifier
    person_id: Identifier
    role: RoleHeld


class RoleHolder(Contract):
    """Somebody who runs an enterprise; `since` is not known of a legal representative."""

    person_id: Identifier
    name: PersonName
    role: RoleHeld
    since: date | None = None
    until: date | None = None


class EnterprisePeople(Contract):
    """Who runs an enterprise, its legal representative first; a thousand at most."""

    people: tuple[RoleHolder, ...]


class PeopleOfEnterprise(
    Query[EnterprisePeople],
    on="Enterprise",
    key="enterprise_id",
    zh="查询企业任职人员",
    personal="enterprise_id",
):
    """Who runs the enterprise, for its legal representative and the organ that registered it."""

    enterprise_id: Identifier


class EnterpriseRole(Contract):
    """What somebody is in an enterprise; `since` is not known of a legal representative."""

    enterprise_id: Identifier
    name: EnterpriseName
    role: RoleHeld
    since: date | None = None
    until: date | None = None


class EnterpriseRoleList(Contract):
    """What one person is in enterprises, by enterprise; a thousand at most."""

    roles: tuple[EnterpriseRole, ...]


class RolesOfPerson(
    Query[EnterpriseRoleList],
    on="Person",
    key="person_id",
    zh="我的企业任职",
    personal="person_id",
):
    """What a person is in which enterprises, for the person."""

    person_id: Identifier
