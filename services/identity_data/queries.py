"""What is asked: sessions, people, names, enterprises, licences, readings, divisions, organs,
posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
import structlog

from services.identity_data import keys, models
from services.identity_data.domain import NameTaken, number_warnings, reservation_id_of
from services.identity_data.domain.enterprises import HANDLER, LEGAL_REPRESENTATIVE
from services.identity_data.domain.households import HEAD, HouseholdState
from services.identity_data.domain.licences import (
    LICENCE_TYPES,
    STATES_ZH,
    LicenceState,
    chosen,
    require_presentable,
)
from services.identity_data.domain.objections import OPEN
from services.identity_data.domain.people import LIKELY, PersonState, in_common
from services.identity_data.domain.posts import AppointmentKind, AppointmentState, PostState
from services.identity_data.domain.sharing import ApplicationState, ResourceState
from services.identity_data.models import (
    DataApplication,
    DataGrant,
    DataObjection,
    DivisionMerger,
    SharedReading,
    SigningKey,
    SignInSession,
)
from services.identity_data.qr import svg_of
from services.identity_data.registry import (
    division_known_as,
    head_of,
    in_force_on,
    in_force_today,
    is_registered,
    members_of,
    posts_held,
    services_with_open_work,
    unlawful_in_name,
)
from shared.clocks import machine_now
from shared.context import Context
from shared.contracts.identity_data import (
    Agency,
    AgencyById,
    AgencyList,
    ApplicantStanding,
    AppointmentsOfPost,
    CheckEnterpriseName,
    ConsentAgreement,
    ConsentAgreementById,
    ConsentEntry,
    ConsentList,
    DataApplicationEntry,
    DataApplicationList,
    DataApplications,
    DataCatalogue,
    DataGrantEntry,
    DataGrantList,
    DataObjectionEntry,
    DataObjectionList,
    DataResource,
    DataResourceById,
    DataResourceList,
    Division,
    DivisionList,
    DivisionsBelow,
    DuplicateList,
    Enterprise,
    EnterpriseByCreditCode,
    EnterprisePeople,
    EnterpriseRole,
    EnterpriseRoleList,
    GrantsOfOrgan,
    Holding,
    Household,
    HouseholdById,
    Ledger,
    LedgerEntry,
    Licence,
    LicenceById,
    LicenceCatalogue,
    LicenceKeys,
    LicenceKeySet,
    LicenceList,
    LicenceOfCase,
    LicencePresentation,
    LicencesOfPerson,
    LicenceType,
    LicenceTypeList,
    LicenceVerdict,
    Merger,
    MergerById,
    MyAgencies,
    MyConsents,
    MyHousehold,
    MyObjections,
    MyPosts,
    MySessions,
    NameAvailability,
    ObjectionsOfOrgan,
    Organ,
    OrganById,
    OrganList,
    OrgansBelow,
    PeopleOfEnterprise,
    Person,
    PersonById,
    PossibleDuplicate,
    PossibleDuplicates,
    Post,
    PostList,
    PostsOfOrgan,
    PresentLicence,
    ReadersOfEnterprise,
    ReadersOfMyData,
    RoleHolder,
    RolesOfPerson,
    ScorePart,
    Session,
    SessionList,
    SessionsOfAccount,
    StandingOfApplicant,
    VerifyLicence,
)
from shared.errors import NotFound
from shared.handling import answers
from shared.identifiers import first_registered_division
from shared.licences import LIFETIME, Refusal, check, presented

log = structlog.get_logger(__name__)

MOST_ENTRIES = 1000
MOST_DUPLICATES = 200
MOST_MEMBERS = 1000
MOST_LICENCES = 200


# Access


def _sessions_in_force(whose: sa.ColumnElement[bool], context: Context) -> SessionList:
    in_force = (SignInSession.expires_at > machine_now(), SignInSession.revoked_at.is_(None))
    found = context.unit.find_all(SignInSession, whose, *in_force, limit=MOST_ENTRIES)
    latest_first = sorted(found, key=lambda session: session.expires_at, reverse=True)
    return SessionList(
        sessions=tuple(
            Session(
                session_id=session.id,
                version=session.version,
                account=session.account,
                expires_at=session.expires_at,
                assurance=session.assurance,
                agency=session.agency,
            )
            for session in latest_first
        )
    )


@answers(MySessions)
def my_sessions(query: MySessions, context: Context) -> SessionList:
    """A thousand at most, of the caller that the token names."""
    return _sessions_in_force(SignInSession.principal == context.actor.id, context)


@answers(SessionsOfAccount)
def sessions_of_account(query: SessionsOfAccount, context: Context) -> SessionList:
    """A thousand at most; an account that is not there has none."""
    return _sessions_in_force(SignInSession.account == query.account, context)


def _agency(agency: models.Agency) -> Agency:
    return Agency.load(
        {
            "agency_id": agency.id,
            "version": agency.version,
            "owner": agency.owner,
            "agent": agency.agent,
            "scope": agency.scope,
            "valid_from": agency.valid_from.isoformat(),
            "valid_to": agency.valid_to.isoformat(),
            "ended": agency.ended,
        }
    )


@answers(MyAgencies)
def my_agencies(query: MyAgencies, context: Context) -> AgencyList:
    """A thousand at most, the one that lasts longest first."""
    person = context.actor.person
    mine = sa.or_(models.Agency.owner == person, models.Agency.agent == person)
    found = context.unit.find_all(models.Agency, mine, limit=MOST_ENTRIES)
    found.sort(key=lambda agency: agency.valid_to, reverse=True)
    return AgencyList(owner=person, agencies=tuple(map(_agency, found)))


@answers(AgencyById)
def agency_by_id(agency: models.Agency, query: AgencyById, context: Context) -> Agency:
    """The agency as it stands, over or not."""
    return _agency(agency)


# People, names and enterprises


@answers(PersonById)
def person_by_id(person: models.Person, query: PersonById, context: Context) -> Person:
    """The person's data, with a warning where the number's district code is unknown or gone."""
    registered = division_known_as(first_registered_division(person.number), context)
    known = (registered.name, registered.valid_to) if registered is not None else None
    return Person(
        person_id=person.id,
        version=person.version,
        number=person.number,
        name=person.name,
        birth_date=person.birth_date,
        division=person.division,
        warnings=number_warnings(person.number, known, context.today),
        state=PersonState(person.state).value,
        died_on=person.died_on,
        guardians=tuple(person.guardians),
        wards=tuple(person.wards),
    )


@answers(PossibleDuplicates)
def possible_duplicates(
    person: models.Person, query: PossibleDuplicates, context: Context
) -> DuplicateList:
    """Others born on the same day under the same name, or with the same phone, that score enough;
    found by indexes, so that it costs the same in a large register."""
    same_birth = sa.and_(
        models.Person.birth_date == person.birth_date, models.Person.name == person.name
    )
    alike = [same_birth]
    if person.phone is not None:
        alike.append(models.Person.phone == person.phone)
    others = context.unit.find_all(
        models.Person, sa.or_(*alike), models.Person.id != person.id, limit=MOST_DUPLICATES
    )
    found = [(other.id, in_common(person.traits, other.traits)) for other in others]
    found.sort(key=lambda one: (-sum(one[1].values()), one[0]))
    return DuplicateList(
        candidates=tuple(
            PossibleDuplicate(
                person_id=other,
                score=sum(parts.values()),
                parts=tuple(ScorePart(what=what, points=n) for what, n in parts.items()),
            )
            for other, parts in found
            if sum(parts.values()) >= LIKELY
        )
    )


@answers(HouseholdById)
def household_by_id(
    household: models.Household, query: HouseholdById, context: Context
) -> Household:
    """The household with its members."""
    return _household(household, context)


@answers(MyHousehold)
def my_household(person: models.Person, query: MyHousehold, context: Context) -> Household:
    """The same of whichever household the person is in; raises `NotFound` for who is in none."""
    if person.household is None:
        raise NotFound(what="Household", id=person.id)
    return _household(context.unit.get(models.Household, person.household), context)


def _household(household: models.Household, context: Context) -> Household:
    members = members_of(household, context, limit=MOST_MEMBERS)
    head = head_of(household, context)
    shown = [
        {
            "person_id": key,
            "name": one.name,
            "relation": HEAD if one is head else one.household_relation,
            "since": str(one.household_since),
        }
        for key, one in members.items()
    ]
    return Household.load(
        {
            "household_id": household.id,
            "version": household.version,
            "division": household.division,
            "address": household.address,
            "kind": household.kind,
            "state": _state_of(household, head).value,
            "members": sorted(shown, key=lambda one: (one["relation"] != HEAD, one["person_id"])),
        }
    )


def _state_of(household: models.Household, head: models.Person | None) -> HouseholdState:
    if household.dissolved_on is not None:
        return HouseholdState.DISSOLVED
    return HouseholdState.WITHOUT_HEAD if head is None else HouseholdState.HEADED


@answers(CheckEnterpriseName)
def check_enterprise_name(query: CheckEnterpriseName, context: Context) -> NameAvailability:
    """All that stands against the name, in the caller's language."""
    division = in_force_today(query.division, context)
    language = "en" if context.headers.language.startswith("en") else "zh"
    faults = unlawful_in_name(query.name, division, context)
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


@answers(PeopleOfEnterprise)
def people_of_enterprise(
    enterprise: models.Enterprise, query: PeopleOfEnterprise, context: Context
) -> EnterprisePeople:
    """The legal representative, then whoever has a role today, by role."""
    role = models.EnterpriseRole
    held = (
        sa.select(role.person, models.Person.name, role.role, role.since, role.until)
        .join(models.Person, models.Person.id == role.person)
        .where(role.enterprise == enterprise.id, role.held_on(context.today))
        .order_by(role.role, role.person)
        .limit(MOST_ENTRIES - 1)
    )
    leader = context.unit.get(models.Person, enterprise.legal_representative)
    rows = context.unit.rows(held)
    context.unit.concern(*(row.person for row in rows))
    others = [
        RoleHolder(
            person_id=row.person, name=row.name, role=row.role, since=row.since, until=row.until
        )
        for row in rows
    ]
    leading = RoleHolder(person_id=leader.id, name=leader.name, role=LEGAL_REPRESENTATIVE)
    return EnterprisePeople(people=(leading, *others))


@answers(StandingOfApplicant)
def standing_of_applicant(query: StandingOfApplicant, context: Context) -> ApplicantStanding:
    """The state of the record, and whether the person represents the enterprise or handles its
    affairs today; raises `NotFound` for a person who was never on the register."""
    person = context.unit.get(models.Person, query.person)
    role = None
    if query.enterprise is not None:
        role = _acts_as(person, query.enterprise, context)
    standing = {"person": person.id, "person_state": person.state, "role": role}
    return ApplicantStanding.load(standing)


def _acts_as(person: models.Person, enterprise_id: str, context: Context) -> str | None:
    enterprise = context.unit.find(models.Enterprise, enterprise_id)
    if enterprise is not None and enterprise.owner == person.id:
        return LEGAL_REPRESENTATIVE
    role = models.EnterpriseRole
    held = context.unit.rows(
        sa.select(role.role).where(
            role.enterprise == enterprise_id,
            role.person == person.id,
            role.role == HANDLER,
            role.held_on(context.today),
        )
    )
    return HANDLER if held else None


@answers(RolesOfPerson)
def roles_of_person(
    person: models.Person, query: RolesOfPerson, context: Context
) -> EnterpriseRoleList:
    """What the person is today: the enterprises it represents, then its roles, by enterprise."""
    enterprise, role = models.Enterprise, models.EnterpriseRole
    led = (
        sa.select(enterprise.id, enterprise.name)
        .where(enterprise.legal_representative == person.id)
        .order_by(enterprise.id)
        .limit(MOST_ENTRIES)
    )
    roles = [
        EnterpriseRole(enterprise_id=row.id, name=row.name, role=LEGAL_REPRESENTATIVE)
        for row in context.unit.rows(led)
    ]
    held = (
        sa.select(enterprise.id, enterprise.name, role.role, role.since, role.until)
        .join(enterprise, enterprise.id == role.enterprise)
        .where(role.person == person.id, role.held_on(context.today))
        .order_by(enterprise.id, role.role)
        .limit(MOST_ENTRIES - len(roles))
    )
    roles += [
        EnterpriseRole(
            enterprise_id=row.id, name=row.name, role=row.role, since=row.since, until=row.until
        )
        for row in context.unit.rows(held)
    ]
    return EnterpriseRoleList(roles=tuple(roles))


# Licences


def _shown(licence: models.Licence) -> Licence:
    return Licence(
        licence_id=licence.id,
        version=licence.version,
        kind=licence.kind,
        holder=licence.holder,
        content=licence.content,
        signed=licence.signed,
        revoked=licence.state == LicenceState.REVOKED,
        state=LicenceState(licence.state).value,
        organ=licence.organ,
        last_day=licence.last_day,
        reason=licence.reason,
        legal_basis=licence.legal_basis,
    )


@answers(LicenceById)
def licence_by_id(licence: models.Licence, query: LicenceById, context: Context) -> Licence:
    """The licence, signature included."""
    return _shown(licence)


@answers(LicencesOfPerson)
def licences_of_person(query: LicencesOfPerson, context: Context) -> LicenceList:
    """The person's licences, those in force first, then by their ids."""
    found = context.unit.find_all(models.Licence, models.Licence.owner == query.owner)
    shown = sorted(map(_shown, found), key=lambda one: (one.state != "in_force", one.licence_id))
    return LicenceList(licences=tuple(shown[:MOST_LICENCES]))


@answers(LicenceOfCase)
def licence_of_case(query: LicenceOfCase, context: Context) -> Licence:
    """The licence of the case; one that is not the named owner's is not found."""
    for licence in context.unit.find_all(models.Licence, models.Licence.case_id == query.case_id):
        if query.owner in (None, licence.owner):
            return _shown(licence)
    raise NotFound(what="Licence", id=query.case_id)


@answers(LicenceCatalogue)
def licence_catalogue(query: LicenceCatalogue, context: Context) -> LicenceTypeList:
    """Every type, by the order of the catalogue."""
    types = tuple(LicenceType.load(asdict(kind)) for kind in LICENCE_TYPES.values())
    return LicenceTypeList(types=types)


@answers(PresentLicence)
def present_licence(
    licence: models.Licence, query: PresentLicence, context: Context
) -> LicencePresentation:
    """Sign the chosen items for a few minutes; raises `LicenceNotInForce`, `ItemsNotOfLicence`,
    `TooMuchForOneCode`."""
    state = licence.state_on(context.today)
    require_presentable(state)
    payload = presented(chosen(licence.content, query.items), state.value, context.now)
    text = keys.sign_presentation(payload)
    ends = context.now.replace(microsecond=0) + LIFETIME
    return LicencePresentation(presentation=text, expires_at=ends, qr=svg_of(text))


@answers(LicenceKeys)
def licence_keys(query: LicenceKeys, context: Context) -> LicenceKeySet:
    """The public keys; one that is used no longer still proves what it signed while it was."""
    return LicenceKeySet(keys=tuple(_public_keys(context)))


def _public_keys(context: Context) -> list[dict[str, Any]]:
    return [key.jwk for key in context.unit.find_all(SigningKey, SigningKey.purpose == "licence")]


WHY_REFUSED = {
    Refusal.NOT_GENUINE: "签名无效，内容可能被篡改 / the signature is not valid",
    Refusal.NOT_YET: "签发时间晚于当前时间 / it was signed later than now",
    Refusal.OVER: "出示时限已过，请重新出示 / the presentation is over; present it anew",
    Refusal.EXPIRED: "证照已届满 / the licence is expired",
}


@answers(VerifyLicence)
def verify_licence(query: VerifyLicence, context: Context) -> LicenceVerdict:
    """Check what was shown by itself, then whether the licence still stands; what is refused is
    logged, without its content."""
    found = check(query.signed, _public_keys(context), context.now)
    licence_id = str(found.content.get("licence_id", ""))
    licence = context.unit.find(models.Licence, licence_id) if licence_id else None
    state = licence.state_on(context.today) if licence else None
    why = _why_refused(found.refusal, state)
    if why:
        log.warning("licence_refused", licence=licence_id, refusal=found.refusal, state=state)
    return LicenceVerdict(
        genuine=found.refusal is not Refusal.NOT_GENUINE,
        in_force=not why,
        reason=why,
        content=found.content,
        state=state.value if state else None,
    )


def _why_refused(refusal: Refusal | None, state: LicenceState | None) -> str:
    """What stands against what was shown, of a licence in this state; an empty text if nothing."""
    if refusal is not None:
        return WHY_REFUSED[refusal]
    if state is None:
        return "没有此证照 / there is no such licence"
    if state is not LicenceState.IN_FORCE:
        return f"证照已{STATES_ZH[state]} / the licence is {state.value}"
    return ""


# Sharing data


def _data_resource(row: models.DataResource, items: Iterable[models.DataItem]) -> DataResource:
    return DataResource.load(
        {
            "code": row.id,
            "version": row.version,
            "title": row.title,
            "abstract": row.abstract,
            "organ": row.organ,
            "update_cycle": row.update_cycle,
            "sharing": row.sharing,
            "state": row.state,
            "conditions": row.conditions,
            "legal_basis": row.legal_basis,
            "items": [
                {
                    "name": item.id,
                    "label": item.label,
                    "classification": item.classification,
                    "masking": item.masking,
                }
                for item in items
            ],
        }
    )


@answers(DataCatalogue)
def data_catalogue(query: DataCatalogue, context: Context) -> DataResourceList:
    """A thousand at most, each with its items by name."""
    resources = context.unit.find_all(
        models.DataResource,
        models.DataResource.state == ResourceState.PUBLISHED,
        limit=MOST_ENTRIES,
    )
    items = context.unit.find_all(
        models.DataItem, models.DataItem.resource.in_([one.id for one in resources])
    )
    return DataResourceList(
        resources=tuple(
            _data_resource(one, [item for item in items if item.resource == one.id])
            for one in resources
        )
    )


@answers(DataResourceById)
def data_resource_by_id(query: DataResourceById, context: Context) -> DataResource:
    """One resource; of one that is withdrawn the items have another source by now, or none."""
    resource = context.unit.get(models.DataResource, query.code)
    return _data_resource(
        resource, context.unit.find_all(models.DataItem, models.DataItem.resource == resource.id)
    )


def _applied(items: Mapping[str, str]) -> list[dict[str, str | None]]:
    return [{"name": name, "clear_reason": reason or None} for name, reason in items.items()]


@answers(DataApplications)
def data_applications(query: DataApplications, context: Context) -> DataApplicationList:
    """A thousand at most that wait for an answer, the one due first first."""
    found = context.unit.find_all(
        DataApplication,
        DataApplication.organ == query.organ,
        DataApplication.state == ApplicationState.SUBMITTED,
        limit=MOST_ENTRIES,
    )
    return DataApplicationList(
        applications=tuple(
            DataApplicationEntry.load(
                {
                    **_terms(one),
                    "application_id": one.id,
                    "due": one.due.isoformat(),
                    "overdue": one.is_overdue(context.now),
                    "grant_id": one.grant_id,
                    "reason": one.reason,
                }
            )
            for one in sorted(found, key=lambda one: (one.due, one.id))
        )
    )


def _terms(one: DataApplication | DataGrant) -> dict[str, Any]:
    """What an application and a grant both say."""
    return {
        "version": one.version,
        "state": one.state,
        "applicant": one.applicant,
        "resource": one.resource,
        "items": _applied(one.items),
        "reader": one.reader,
        "reader_name": one.reader_name,
        "matter": one.matter,
        "purpose": one.purpose,
        "legal_basis": one.legal_basis,
        "within": one.within,
        "until": one.until.isoformat() if one.until is not None else None,
        "daily_limit": one.daily_limit,
        "agreement_id": one.agreement_id,
    }


@answers(GrantsOfOrgan)
def grants_of_organ(query: GrantsOfOrgan, context: Context) -> DataGrantList:
    """A thousand at most; the state is that of today, be a timer late or not."""
    found = context.unit.find_all(DataGrant, DataGrant.organ == query.organ, limit=MOST_ENTRIES)
    return DataGrantList(
        grants=tuple(
            DataGrantEntry.load(
                {**_terms(one), "grant_id": one.id, "state": one.state_on(context.today).value}
            )
            for one in found
        )
    )


@answers(ConsentAgreementById)
def consent_agreement_by_id(query: ConsentAgreementById, context: Context) -> ConsentAgreement:
    """An agreement with all its editions."""
    one = context.unit.get(models.ConsentAgreement, query.agreement_id)
    return ConsentAgreement.load(
        {
            "agreement_id": one.id,
            "version": one.version,
            "organ": one.organ,
            "purpose": one.purpose,
            "edition": one.edition,
            "editions": one.editions,
        }
    )


@answers(MyConsents)
def my_consents(query: MyConsents, context: Context) -> ConsentList:
    """A thousand at most, those that were withdrawn or are to an earlier edition too."""
    found = context.unit.find_all(
        models.Consent, models.Consent.owner == query.owner, limit=MOST_ENTRIES
    )
    keys = {one.agreement_id for one in found}
    agreements = context.unit.find_all(
        models.ConsentAgreement, models.ConsentAgreement.id.in_(keys)
    )
    by_id = {one.id: one for one in agreements}
    return ConsentList(
        consents=tuple(
            ConsentEntry(
                consent_id=one.id,
                version=one.version,
                agreement_id=one.agreement_id,
                purpose=by_id[one.agreement_id].purpose,
                edition=one.edition,
                given_at=one.given_at,
                withdrawn_at=one.withdrawn_at,
                in_force=one.is_to(by_id[one.agreement_id]),
            )
            for one in found
        )
    )


def _objections(which: Sequence[sa.ColumnElement[bool]], context: Context) -> DataObjectionList:
    """A thousand at most, those due first first."""
    found = context.unit.find_all(DataObjection, *which, limit=MOST_ENTRIES)
    items = context.unit.reference(models.DataItem, *{one.item for one in found})
    return DataObjectionList(
        objections=tuple(
            DataObjectionEntry.load(
                {
                    "objection_id": one.id,
                    "version": one.version,
                    "state": one.state,
                    "subject": one.subject,
                    "item": one.item,
                    "label": items[one.item].label if one.item in items else one.item,
                    "organ": one.organ,
                    "claim": one.claim,
                    "wrong_since": one.wrong_since.isoformat() if one.wrong_since else None,
                    "raised_at": one.raised_at.isoformat(),
                    "due": one.due.isoformat(),
                    "overdue": one.is_overdue(context.now),
                    "reason": one.reason,
                    "note": one.note,
                    "readings": one.readings,
                }
            )
            for one in sorted(found, key=lambda one: (one.due, one.id))
        )
    )


@answers(MyObjections)
def my_objections(query: MyObjections, context: Context) -> DataObjectionList:
    """What this person objected to, in every state."""
    return _objections([DataObjection.owner == query.owner], context)


@answers(ObjectionsOfOrgan)
def objections_of_organ(query: ObjectionsOfOrgan, context: Context) -> DataObjectionList:
    """What waits for the organ's verdict, or for the correction that follows."""
    return _objections([DataObjection.organ == query.organ, DataObjection.state.in_(OPEN)], context)


def _ledger(whose: sa.ColumnElement[bool], context: Context) -> Ledger:
    """The newest thousand readings, in words that who is concerned understands."""
    table = SharedReading.__table__.c
    rows = context.unit.rows(
        sa.select(SharedReading.__table__)
        .where(whose)
        .order_by(table.at.desc(), table.id)
        .limit(MOST_ENTRIES)
    )
    grants = context.unit.reference(DataGrant, *{row.grant_id for row in rows})
    items = context.unit.reference(models.DataItem, *{fact for row in rows for fact in row.facts})
    return Ledger(
        entries=tuple(
            LedgerEntry(
                ledger_id=row.id,
                at=row.at,
                reader=row.reader,
                reader_name=grants[row.grant_id].reader_name if row.grant_id in grants else "",
                on_behalf_of=row.on_behalf_of,
                purpose=row.purpose,
                matter=row.matter,
                facts=tuple(row.facts),
                labels=tuple(items[fact].label for fact in row.facts if fact in items),
                subject=row.subject,
                legal_basis=row.legal_basis,
                grant_id=row.grant_id,
            )
            for row in rows
        )
    )


@answers(ReadersOfMyData)
def readers_of_my_data(person: models.Person, query: ReadersOfMyData, context: Context) -> Ledger:
    """The newest thousand readings of the person's data and of the enterprises it led then."""
    return _ledger(SharedReading.owner == person.id, context)


@answers(ReadersOfEnterprise)
def readers_of_enterprise(
    enterprise: models.Enterprise, query: ReadersOfEnterprise, context: Context
) -> Ledger:
    """The newest thousand readings of the enterprise's data."""
    return _ledger(SharedReading.subject == enterprise.id, context)


# Divisions and organs


def _division(row: models.Division) -> Division:
    return Division(
        code=row.id,
        name=row.name,
        level=row.level,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        predecessors=tuple(row.predecessors),
        successors=tuple(row.successors),
        name_en=row.name_en or "",
    )


@answers(DivisionsBelow)
def divisions_below(query: DivisionsBelow, context: Context) -> DivisionList:
    """The division first, whenever it was in force, then those below it on the day, by code."""
    above = division_known_as(query.code, context)
    if above is None:
        raise NotFound(what="Division", id=query.code)
    below = context.unit.find_all(
        models.Division,
        models.Division.parent == query.code,
        in_force_on(query.as_of or context.today),
    )
    return DivisionList(divisions=tuple(_division(one) for one in (above, *below)))


@answers(MergerById)
def merger_by_id(merger: DivisionMerger, query: MergerById, context: Context) -> Merger:
    """The merger as it was decided, and what services have passed on after it."""
    return Merger.load(
        {
            "merger_id": merger.id,
            "version": merger.version,
            "basis": merger.basis,
            "effective": merger.effective.isoformat(),
            "state": merger.state,
            "moves": merger.moves,
            "passed": [
                {"service": service, "counts": counts}
                for service, counts in sorted(merger.passed.items())
            ],
            "complete": set(merger.passed) >= services_with_open_work(),
        }
    )


@answers(OrganById)
def organ_by_id(query: OrganById, context: Context) -> Organ:
    """One organ, with the organ it answers to."""
    return context.unit.get(models.Organ, query.organ_id).to_contract()


@answers(OrgansBelow)
def organs_below(query: OrgansBelow, context: Context) -> OrganList:
    """The organ first, whenever it was in being, then those below it on the day, by id."""
    above = context.unit.get(models.Organ, query.organ_id)
    conditions = [
        models.Organ.parent == above.id,
        in_force_on(query.as_of or context.today, models.Organ),
    ]
    if query.type is not None:
        conditions.append(models.Organ.type == query.type)
    below = context.unit.find_all(models.Organ, *conditions)
    return OrganList(organs=tuple(one.to_contract() for one in (above, *below)))


# Posts


def _post(post: models.Post, holdings: Iterable[models.Appointment]) -> Post:
    return Post(
        post_id=post.id,
        version=post.version,
        division=post.division,
        organ=post.organ,
        title=post.title,
        roles=tuple(post.roles),
        state=PostState(post.state).value,
        holdings=tuple(_holding(one) for one in holdings),
    )


def _holding(one: models.Appointment) -> Holding:
    return Holding(
        appointment_id=one.id,
        version=one.version,
        holder=one.holder,
        kind=AppointmentKind(one.kind).value,
        state=AppointmentState(one.state).value,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        reason=one.reason,
        taken_over=one.taken_over,
    )


def _with_holders(posts: Sequence[models.Post], context: Context) -> PostList:
    """These posts, each with who holds it now."""
    in_force = context.unit.find_all(
        models.Appointment,
        models.Appointment.post.in_([post.id for post in posts]),
        models.Appointment.state == AppointmentState.IN_FORCE.value,
    )
    return PostList(
        posts=tuple(_post(post, (one for one in in_force if one.post == post.id)) for post in posts)
    )


@answers(PostsOfOrgan)
def posts_of_organ(query: PostsOfOrgan, context: Context) -> PostList:
    """The first thousand that are established, by title."""
    found = context.unit.find_all(
        models.Post,
        models.Post.organ == query.organ,
        models.Post.state == PostState.ESTABLISHED.value,
        limit=MOST_ENTRIES,
    )
    return _with_holders(sorted(found, key=lambda post: (post.title, post.id)), context)


@answers(MyPosts)
def my_posts(query: MyPosts, context: Context) -> PostList:
    """By the same rule and in the same order as a sign-in finds them."""
    held = [one.id for one in posts_held(context.actor.id, context)]
    found = context.unit.find_all(models.Post, models.Post.id.in_(held))
    return _with_holders(sorted(found, key=lambda post: held.index(post.id)), context)


@answers(AppointmentsOfPost)
def appointments_of_post(post: models.Post, query: AppointmentsOfPost, context: Context) -> Post:
    """The post with its newest thousand appointments."""
    table = models.Appointment.__table__.c
    rows = context.unit.rows(
        sa.select(table.id)
        .where(table.post == post.id)
        .order_by(table.valid_from.desc(), table.created_at.desc())
        .limit(MOST_ENTRIES)
    )
    order = [row.id for row in rows]
    found = context.unit.find_all(models.Appointment, models.Appointment.id.in_(order))
    return _post(post, sorted(found, key=lambda one: order.index(one.id)))
