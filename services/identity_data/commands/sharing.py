"""Sharing data instead of asking for paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import structlog

from services.identity_data.commands.consents import require_agreement_covers, require_consent
from services.identity_data.domain import require_facts_of
from services.identity_data.domain.sharing import (
    LIMIT_SHARES,
    DailyLimitReached,
    ItemNotOfResource,
    NoGrant,
    NotShared,
    ResourceVerb,
    Sharing,
    grant_id_of,
    masked,
    one_resource,
    share_of_limit,
)
from services.identity_data.models import (
    DataApplication,
    DataGrant,
    DataItem,
    DataResource,
    Enterprise,
    GrantTerms,
    GrantUse,
    Organ,
    Person,
    SharedReading,
)
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import (
    ApplyForData,
    ApproveDataApplication,
    FactName,
    FetchSharedData,
    RejectDataApplication,
    RenewGrant,
    RevokeGrant,
    SharedFact,
    SharedFacts,
)
from shared.errors import InvalidInput, NotFound, QiantangError
from shared.handling import handles, on_timer

log = structlog.get_logger(__name__)

POPULATION_REGISTER = "人口基础库 / population register"
ENTERPRISE_REGISTER = "法人基础库 / register of legal entities"

GRANT_ENDS = "grant_ends"


# Applications and grants


@handles(ApplyForData)
def apply_for_data(order: ApplyForData, context: Context) -> DataApplication:
    """Put an application before the provider, or grant it at once where nothing stands against it.

    Raises `ResourceInWrongState`, `NotShared`, `ItemNotOfResource`, `AgreementDoesNotCover`, and
    `GrantEndsTooEarly` or `AlreadyGranted` for what is granted at once.
    """
    context.unit.get(Organ, order.organ)
    resource = context.unit.get(DataResource, order.resource)
    resource.require_allows(ResourceVerb.APPLY)
    if resource.sharing == Sharing.NOT_SHARED:
        raise NotShared(resource=resource.title, legal_basis=resource.legal_basis)
    names = [item.name for item in order.items]
    if len(set(names)) < len(names):
        raise InvalidInput(fields={"items": ["Each item is named once."]})
    beyond = sorted(set(names) - set(resource.items))
    if beyond:
        raise ItemNotOfResource(resource=resource.title, items=", ".join(beyond))
    require_agreement_covers(order, resource, context)
    application = context.unit.add(
        DataApplication.submitted(f"da-{context.new_id()}", order, resource, context.now)
    )
    if resource.sharing == Sharing.UNCONDITIONAL:
        _grant(application, context)
    return application


@handles(ApproveDataApplication)
def approve_data_application(
    application: DataApplication, order: ApproveDataApplication, context: Context
) -> None:
    """Grant what was applied for; raises `ApplicationDecided`, `AlreadyGranted`,
    `GrantEndsTooEarly`, and `ResourceInWrongState` for a resource withdrawn meanwhile."""
    context.unit.get(DataResource, application.resource).require_allows(ResourceVerb.APPLY)
    _grant(application, context)


def _grant(application: DataApplication, context: Context) -> None:
    terms = GrantTerms(
        applicant=application.applicant,
        items=application.items,
        reader_name=application.reader_name,
        purpose=application.purpose,
        legal_basis=application.legal_basis,
        within=application.within,
        until=application.until,
        daily_limit=application.daily_limit,
        agreement_id=application.agreement_id,
    )
    grant = grant_of(application.reader, application.matter, application.resource, context)
    application.approve(grant)
    grant.give(terms, context.today)
    _end_after(application.until, grant, context)


def grant_of(reader: str, matter: str, resource: str, context: Context) -> DataGrant:
    """The grant of a resource to a reader for a matter; a new one is not in force yet."""
    provided = context.unit.get(DataResource, resource)
    key = grant_id_of(reader, matter, resource)
    return context.unit.find(DataGrant, key) or context.unit.add(
        DataGrant(
            id=key,
            division=provided.division,
            organ=provided.organ,
            resource=resource,
            reader=reader,
            matter=matter,
        )
    )


@handles(RejectDataApplication)
def reject_data_application(
    application: DataApplication, order: RejectDataApplication, context: Context
) -> None:
    """Grant nothing; raises `ApplicationDecided`."""
    application.reject(order.reason)


@handles(RenewGrant)
def renew_grant(grant: DataGrant, order: RenewGrant, context: Context) -> None:
    """Let a grant end later; raises `GrantInWrongState`, `GrantEndsTooEarly`."""
    grant.renew(order.until, context.today)
    _end_after(order.until, grant, context)


@handles(RevokeGrant)
def revoke_grant(grant: DataGrant, order: RevokeGrant, context: Context) -> None:
    """End a grant by a decision, and its timer; raises `GrantInWrongState`."""
    grant.revoke(order.reason, context.today)
    if grant.until is not None:
        context.unit.cancel(GRANT_ENDS, grant.id, context)


@on_timer(GRANT_ENDS)
def expire_grant(grant: DataGrant, context: Context) -> None:
    """The last day is over; a grant that ended or was renewed before stays as it is."""
    grant.expire(context.today)


def _end_after(last_day: date, grant: DataGrant, context: Context) -> None:
    ends = datetime.combine(last_day + timedelta(days=1), time(), CHINA)
    context.unit.arm(GRANT_ENDS, grant.id, ends, context)


# Reading


@handles(FetchSharedData)
def fetch_shared_data(order: FetchSharedData, context: Context) -> SharedFacts:
    """Hand out the facts that a grant permits and enter the reading in the ledger (Data Security
    Law article 38); what is refused is logged.

    Raises `FactNotOfSubject`, `NoSource`, `ItemsOfSeveralResources`, `NoGrant`,
    `GrantInWrongState`, `PurposeNotGranted`, `ItemNotGranted`, `SubjectOutsideGrant`,
    `NoConsent`, `DailyLimitReached`.
    """
    try:
        return _fetch(order, context)
    except QiantangError as refusal:
        log.warning(
            "shared_data_refused",
            reason=refusal.slug,
            reader=context.actor.id,
            matter=order.matter,
            subject=order.subject,
            facts=order.facts,
        )
        raise


def _fetch(order: FetchSharedData, context: Context) -> SharedFacts:
    names = tuple(dict.fromkeys(order.facts))
    require_facts_of(order.subject, names)
    items = context.unit.reference(DataItem, *names)
    grant = _grant_in_force(order, names, items, context)
    subject, values, source = _subject_of(order.subject, context)
    grant.require_holds(subject.division)
    require_consent(grant, subject.id, names, context)
    if grant.daily_limit is not None:
        _count(grant, grant.daily_limit, context)
    reading = SharedReading(
        id=context.new_id(),
        division=subject.division,
        owner=subject.owner,
        subject=subject.id,
        facts=list(names),
        purpose=order.purpose,
        matter=order.matter,
        case_id=order.case_id,
        reader=context.actor.id,
        on_behalf_of=context.on_behalf_of,
        at=context.now,
        grant_id=grant.id,
        legal_basis=grant.legal_basis,
    )
    context.unit.add(reading).enter(order.official)
    as_of = subject.changed_at or context.now
    facts = tuple(
        _shown(name, values[name], items[name], grant, source, as_of)
        for name in dict.fromkeys(order.facts)
    )
    return SharedFacts(ledger_id=reading.id, facts=facts, grant_id=grant.id)


def _grant_in_force(
    order: FetchSharedData, names: Sequence[str], items: dict[str, DataItem], context: Context
) -> DataGrant:
    resource = one_resource(names, {name: item.resource for name, item in items.items()})
    key = grant_id_of(context.actor.id, order.matter, resource)
    grant = context.unit.find(DataGrant, key)
    if grant is None:
        raise NoGrant(reader=context.actor.id, matter=order.matter, resource=resource)
    grant.require_serves(names, order.purpose, context.today)
    return grant


def _count(grant: DataGrant, limit: int, context: Context) -> None:
    """Count one reading by a counter that is not full, any of these; raises `DailyLimitReached`
    where all are."""
    keys = [f"{grant.id}.{context.today.isoformat()}.{number}" for number in range(LIMIT_SHARES)]
    known = {one.id: one for one in context.unit.find_all(GrantUse, GrantUse.id.in_(keys))}
    used = [known[key].used if key in known else 0 for key in keys]
    free = [number for number, so_far in enumerate(used) if so_far < share_of_limit(limit, number)]
    if not free:
        again = context.today + timedelta(days=1)
        raise DailyLimitReached(limit=limit, again=again.isoformat())
    key = keys[free[int(context.new_id(), 16) % len(free)]]
    counter = known.get(key) or context.unit.add(GrantUse(id=key, division=grant.division))
    counter.used += 1


def _shown(
    name: FactName, value: str, item: DataItem, grant: DataGrant, source: str, as_of: datetime
) -> SharedFact:
    hidden = grant.is_masked(item.traits)
    value = masked(value, item.masking) if hidden else value
    return SharedFact(name=name, value=value, source=source, as_of=as_of, masked=hidden)


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
