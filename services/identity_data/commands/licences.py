"""Electronic licences: issued, suspended, resumed, revoked, and expired after their last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from services.identity_data.domain.licences import LICENCE_TYPES, LicenceType
from services.identity_data.keys import sign_licence
from services.identity_data.models import Enterprise, Licence, Organ, Person
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    IssueLicence,
    ResumeLicence,
    RevokeLicence,
    SuspendLicence,
)
from shared.handling import handles, on_timer

LICENCE_ENDS = "licence_ends"


@handles(IssueLicence)
def issue_licence(order: IssueLicence, context: Context) -> Licence:
    """Issue a licence of one of the types in the catalogue; raises `NotTheIssuingOrgan`,
    `ParticularsDoNotFit`, and `NotFound` for an enterprise or organ that is not registered."""
    kind = LICENCE_TYPES[order.kind]
    organ = context.unit.get(Organ, order.organ)
    kind.require_organ(organ.name, organ.kind)
    kind.require_particulars(order.particulars)
    enterprise = context.unit.get(Enterprise, order.enterprise_id)
    licence_id = f"l-{context.new_id()}"
    return sign_and_keep(kind, enterprise, organ, licence_id, order.particulars, context)


def sign_and_keep(
    kind: LicenceType,
    enterprise: Enterprise,
    organ: Organ,
    licence_id: str,
    particulars: Mapping[str, object],
    context: Context,
    *,
    case_id: str | None = None,
) -> Licence:
    """Sign what the licence states, and let it end with its last day if it has one; it belongs
    where the organ is that issues it. `case_id` is the case that led to it, if one did."""
    last_day = kind.last_day(context.today)
    content = {
        "licence_id": licence_id,
        "kind": kind.code,
        "title": kind.title,
        "credit_code": enterprise.credit_code,
        "name": enterprise.name,
        "legal_representative": context.unit.get(Person, enterprise.legal_representative).name,
        **particulars,
        "issuing_organ": organ.name,
        "issued_on": context.today.isoformat(),
    }
    if last_day is not None:
        content["last_day"] = last_day.isoformat()
        ends = datetime.combine(last_day + timedelta(days=1), time(), CHINA)
        context.unit.arm(LICENCE_ENDS, licence_id, ends, context)
    return Licence.issued(
        kind,
        enterprise,
        licence_id=licence_id,
        organ=organ,
        content=content,
        signed=sign_licence(content),
        last_day=last_day,
        case_id=case_id,
    )


@handles(SuspendLicence)
def suspend_licence(licence: Licence, order: SuspendLicence, context: Context) -> None:
    """Withhold a licence for a time; raises `LicenceInWrongState`."""
    licence.suspend(order.reason, order.legal_basis)


@handles(ResumeLicence)
def resume_licence(licence: Licence, order: ResumeLicence, context: Context) -> None:
    """Give a suspended licence back; raises `LicenceInWrongState`."""
    licence.resume()


@handles(RevokeLicence)
def revoke_licence(licence: Licence, order: RevokeLicence, context: Context) -> None:
    """End a licence by a decision, and its timer; raises `LicenceInWrongState`."""
    licence.revoke(order.reason, order.legal_basis)
    if licence.last_day is not None:
        context.unit.cancel(LICENCE_ENDS, licence.id, context)


@on_timer(LICENCE_ENDS)
def expire_licence(licence: Licence, context: Context) -> None:
    """The last day is over; a licence that ended before stays as it is."""
    licence.expire()
