"""Enterprises and their names."""

from __future__ import annotations

from datetime import date

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Query,
    Transition,
)
from shared.contracts.fields import (
    CreditCode,
    DivisionCode,
    Identifier,
    Money,
)
from shared.contracts.identity_data.terms import EnterpriseName, Industry


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


class ReserveEnterpriseName(Command[Done], on="EnterpriseName", zh="企业名称自主申报"):
    """Reserve a free name for two months (Decree 734, art. 18)."""

    name: EnterpriseName
    division: DivisionCode


class ReleaseEnterpriseName(
    Transition[Done], on="EnterpriseName", key="reservation_id", zh="放弃保留名称"
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
