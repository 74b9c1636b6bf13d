"""What is asked: people, names, enterprises, licences, readings of data, divisions, organs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.identity_data import keys, models
from services.identity_data.domain import NameTaken, number_warnings, reservation_id_of
from services.identity_data.models import DIVISION, ORGAN, SharedReading, SigningKey
from services.identity_data.registry import (
    division_row,
    in_force_on,
    is_registered,
    require_in_force,
    unlawful_in_name,
)
from shared.context import Context
from shared.contracts.identity_data import (
    CheckEnterpriseName,
    Division,
    DivisionList,
    DivisionsBelow,
    Enterprise,
    EnterpriseByCreditCode,
    Ledger,
    LedgerEntry,
    Licence,
    LicenceById,
    LicenceOfCase,
    LicenceVerdict,
    NameAvailability,
    Organ,
    OrganById,
    Person,
    PersonById,
    ReadersOfMyData,
    VerifyLicence,
)
from shared.errors import NotFound
from shared.handling import answers
from shared.identifiers import first_registered_division

MOST_ENTRIES = 1000


@answers(PersonById)
def person_by_id(person: models.Person, query: PersonById, context: Context) -> Person:
    """The person's data, with a warning where the number's district code is unknown or gone."""
    registered = division_row(first_registered_division(person.number), context)
    known = (registered.name, registered.valid_to) if registered is not None else None
    return Person(
        person_id=person.id,
        version=person.version,
        number=person.number,
        name=person.name,
        birth_date=person.birth_date,
        division=person.division,
        warnings=number_warnings(person.number, known, context.today),
    )


@answers(CheckEnterpriseName)
def check_enterprise_name(query: CheckEnterpriseName, context: Context) -> NameAvailability:
    """All that stands against the name, in the caller's language."""
    require_in_force(query.division, context)
    language = "en" if context.headers.language.startswith("en") else "zh"
    faults = unlawful_in_name(query.name, query.division, context)
    reasons = [fault.en if language == "en" else fault.zh for fault in faults]
    reservation = context.unit.find(models.NameReservation, reservation_id_of(query.name))
    held = reservation is not None and reservation.holds_on(context.today)
    if held or is_registered(query.name, context):
        reasons.append(NameTaken(name=query.name).sentences[language])
    return NameAvailability(name=query.name, available=not reasons, reasons=tuple(reasons))


@answers(EnterpriseByCreditCode)
def enterprise_by_credit_code(query: EnterpriseByCreditCode, context: Context) -> Enterprise:
    """The public facts; who leads it is not among them here."""
    code = models.Enterprise.credit_code == query.credit_code
    for enterprise in context.unit.find_all(models.Enterprise, code):
        return Enterprise(
            enterprise_id=enterprise.id,
            version=enterprise.version,
            credit_code=enterprise.credit_code,
            name=enterprise.name,
            division=enterprise.division,
            industry=enterprise.industry,
            registered_capital=enterprise.registered_capital,
            established=enterprise.established,
        )
    raise NotFound(what="Enterprise", id=query.credit_code)


# Licences


def _shown(licence: models.Licence) -> Licence:
    return Licence(
        licence_id=licence.id,
        version=licence.version,
        kind=licence.kind,
        holder=licence.holder,
        content=licence.content,
        signed=licence.signed,
        revoked=licence.revoked,
    )


@answers(LicenceById)
def licence_by_id(licence: models.Licence, query: LicenceById, context: Context) -> Licence:
    """The licence, signature included."""
    return _shown(licence)


@answers(LicenceOfCase)
def licence_of_case(query: LicenceOfCase, context: Context) -> Licence:
    """The licence of the case; one that is not the named owner's is not found."""
    for licence in context.unit.find_all(models.Licence, models.Licence.case_id == query.case_id):
        if query.owner in (None, licence.owner):
            return _shown(licence)
    raise NotFound(what="Licence", id=query.case_id)


@answers(VerifyLicence)
def verify_licence(query: VerifyLicence, context: Context) -> LicenceVerdict:
    """Check the signature against our licence keys, then whether the licence still stands.

    A key that is used no longer still proves what it signed while it was.
    """
    public = context.unit.find_all(SigningKey, SigningKey.purpose == "licence")
    content = keys.read_licence(query.signed, [key.jwk for key in public])
    if content is None:
        reason = "签名无效，内容可能被篡改 / the signature is not valid"
        return LicenceVerdict(genuine=False, in_force=False, reason=reason)
    licence = context.unit.find(models.Licence, str(content.get("licence_id", "")))
    if licence is None or licence.revoked:
        reason = "证照已吊销或注销 / the licence is no longer in force"
        return LicenceVerdict(genuine=True, in_force=False, reason=reason, content=content)
    return LicenceVerdict(genuine=True, in_force=True, content=content)


# Sharing data


@answers(ReadersOfMyData)
def readers_of_my_data(query: ReadersOfMyData, context: Context) -> Ledger:
    """The newest thousand readings of the person's data and of the enterprises it leads."""
    table = SharedReading.__table__.c
    rows = context.unit.rows(
        sa.select(SharedReading.__table__)
        .where(table.owner == query.owner)
        .order_by(table.at.desc(), table.id)
        .limit(MOST_ENTRIES)
    )
    return Ledger(
        entries=tuple(
            LedgerEntry(
                ledger_id=row.id,
                at=row.at,
                reader=row.reader,
                on_behalf_of=row.on_behalf_of,
                purpose=row.purpose,
                matter=row.matter,
                facts=tuple(row.facts),
            )
            for row in rows
        )
    )


# Divisions and organs


def _division(row: Any) -> Division:
    return Division(
        code=row.id,
        name=row.name,
        level=row.level,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        predecessors=tuple(row.predecessors),
        successors=tuple(row.successors),
    )


@answers(DivisionsBelow)
def divisions_below(query: DivisionsBelow, context: Context) -> DivisionList:
    """The division first, whenever it was in force, then those below it on the day, by code."""
    row = division_row(query.code, context)
    if row is None:
        raise NotFound(what="Division", id=query.code)
    below = context.unit.rows(
        sa.select(DIVISION)
        .where(DIVISION.c.parent == query.code, in_force_on(query.as_of or context.today))
        .order_by(DIVISION.c.id)
    )
    return DivisionList(divisions=tuple(_division(one) for one in (row, *below)))


@answers(OrganById)
def organ_by_id(query: OrganById, context: Context) -> Organ:
    """One organ, with the organ it answers to."""
    rows = context.unit.rows(sa.select(ORGAN).where(ORGAN.c.id == query.organ_id))
    if not rows:
        raise NotFound(what="Organ", id=query.organ_id)
    row = rows[0]
    return Organ(
        organ_id=row.id, name=row.name, division=row.division, kind=row.kind, parent=row.parent
    )
