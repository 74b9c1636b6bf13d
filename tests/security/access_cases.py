"""For each command and query a message that succeeds, if its sender may send it, about a resource
with the attributes that a cell of the access table asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from services.digital_economy.models import EnterpriseProfile
from services.digital_government.domain.forms import as_answered
from services.digital_government.domain.one_things import ThingState
from services.digital_government.models import Case, OneThing
from services.identity_data import keys, passwords
from services.identity_data.commands.catalogue import enter_resource
from services.identity_data.commands.sharing import grant_of
from services.identity_data.domain import ReservationState
from services.identity_data.domain.licences import LicenceState
from services.identity_data.domain.objections import ObjectionState
from services.identity_data.domain.people import PersonState
from services.identity_data.domain.posts import AppointmentKind, Term
from services.identity_data.domain.second_factor import (
    FactorState,
    code_at,
    enrolment_digest,
    secret_from,
)
from services.identity_data.domain.sharing import grant_id_of
from services.identity_data.load import demo_accounts
from services.identity_data.models import (
    Account,
    Agency,
    Consent,
    ConsentAgreement,
    DataApplication,
    DataItem,
    DataObjection,
    DataResource,
    DivisionMerger,
    Enterprise,
    EnterpriseRole,
    GrantTerms,
    Guardianship,
    Household,
    Licence,
    NameReservation,
    Organ,
    Person,
    Post,
    SecondFactor,
    SignInSession,
)
from shared.clocks import machine_now
from shared.context import Context, new_id
from shared.contracts.digital_government import StartupForm
from shared.contracts.identity_data import (
    ApplyForData,
    CalendarMoved,
    MergeDivisions,
    RegisterDataResource,
    TerritoryMove,
)
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.messaging.envelope import TYPE_PREFIX, Envelope
from shared.messaging.tables import INBOX
from shared.security import tokens
from shared.security.access import callers
from tests.contracts.sample_things import EDITIONS, STARTUP
from tests.security import (
    access_concerns,
    access_directives,
    access_evaluation,
    access_indicators,
    access_internal_matters,
    access_items,
    access_policy_documents,
    access_ratings,
    access_screen,
    access_supervision,
    access_tasks,
    access_theory,
    access_visits,
)
from tests.security.databases import Databases, Payload, Resource, only

COUNTY = "330106"
CHARACTERS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"
RESIDENT = next(one.principal for one in demo_accounts() if one.name == "resident")


def name_of_enterprise() -> str:
    letters = "".join(CHARACTERS[int(digit, 16)] for digit in new_id()[:10])
    return f"杭州{letters}科技有限公司"


def resident_number(databases: Databases) -> str:
    born = date(1921, 1, 1) + timedelta(days=databases.number())
    return resident_number_from(COUNTY, born, 1)


# identity_data


def sign_in(databases: Databases, _: Resource) -> Payload:
    return {"account": "resident", "password": databases.settings.secret_of("account-resident")}


def revoke_session(databases: Databases, resource: Resource) -> Payload:
    session = SignInSession(
        id=new_id(),
        account="resident",
        expires_at=machine_now() + tokens.LIFETIME,
        ends_at=machine_now() + 2 * tokens.LIFETIME,
        **resource,
    )
    databases.add("identity_data", session)
    return {"session_id": session.id}


def _factor(databases: Databases, resource: Resource, state: FactorState) -> tuple[str, str]:
    """A second factor of that caller, anew in this state; its id and the present code."""
    holder = resource["principal"]
    secret = secret_from(bytes.fromhex(new_id() + new_id()))
    sealed = keys.seal_secret(secret, holder, bytes.fromhex(new_id()), databases.settings)

    def keep(context: Context) -> None:
        factor = context.unit.find(SecondFactor, holder) or context.unit.add(
            SecondFactor(id=holder, label="caller", sealed=sealed)
        )
        factor.sealed, factor.state, factor.last_step = sealed, state.value, 0

    databases.act("identity_data", keep)
    return holder, code_at(secret, machine_now())


def issue_enrolment_code(databases: Databases, resource: Resource) -> Payload:
    account = Account(
        id=f"account-{new_id()}",
        password_hash="",
        principal_id=f"account-{new_id()}",
        kind="resident",
        division=resource.get("division", ""),
    )
    databases.add("identity_data", account)
    return {"account": account.id}


def enrol_second_factor(databases: Databases, _: Resource) -> Payload:
    """One code for whoever of the table's callers asks."""
    code = "AAAA-BBBB-CCCC-DDDD"

    def invite(context: Context) -> None:
        for holder in {one.principal.id for one in callers()}:
            factor = context.unit.find(SecondFactor, holder) or context.unit.add(
                SecondFactor(id=holder, label="caller", sealed="")
            )
            factor.state = FactorState.REMOVED.value
            factor.invite(enrolment_digest(holder, code), machine_now())

    databases.act("identity_data", invite)
    return {"label": "caller", "enrolment_code": code}


def confirm_second_factor(databases: Databases, resource: Resource) -> Payload:
    factor, code = _factor(databases, resource, FactorState.PENDING)
    return {"factor_id": factor, "code": code}


def remove_second_factor(databases: Databases, resource: Resource) -> Payload:
    factor, code = _factor(databases, resource, FactorState.CONFIRMED)
    return {"factor_id": factor, "code": code, "reason": "手机遗失"}


def grant_agency(databases: Databases, _: Resource) -> Payload:
    last = (databases.now + timedelta(days=30)).date()
    agent = _registered(databases, {})
    return {"agent": agent, "scope": ["CaseById"], "valid_to": last.isoformat()}


def agency_by_id(databases: Databases, resource: Resource) -> Payload:
    """An agency in force; a resident who may act under it has an account."""
    agency = Agency(
        id=f"a-{new_id()}",
        scope=["CaseById"],
        valid_from=databases.now.date(),
        valid_to=date(2099, 1, 1),
        **{"owner": "p-1", "agent": "p-2", **resource},
    )
    databases.add("identity_data", agency)
    name = "account.resident"
    if not databases.value("identity_data", sa.select(Account.id).where(Account.id == name)):
        account = Account(
            id=name, password_hash="-", principal_id=name, kind="resident", person="p-caller"
        )
        databases.act("identity_data", lambda context: context.unit.add(account) and None)
    return {"agency_id": agency.id}


def move_calendar(databases: Databases, _: Resource) -> Payload:
    return {"instant": databases.later()}


def register_person(databases: Databases, resource: Resource) -> Payload:
    return {"number": resident_number(databases), "name": "潮生", **resource}


def person_by_id(databases: Databases, resource: Resource) -> Payload:
    """The person whom the resource names, made the first time, with the guardians that it names."""
    owner = resource["owner"]
    if not databases.value("identity_data", sa.select(Person.id).where(Person.id == owner)):
        number = resident_number(databases)
        born = date(1985, 6, 1)
        person = Person(id=owner, number=number, name="潮生", birth_date=born, division=COUNTY)
        databases.add("identity_data", person)

    def guard(context: Context) -> None:
        context.unit.get(Person, owner).guardians = list(resource.get("guardians", ()))

    databases.act("identity_data", guard)
    return {"person_id": owner}


def standing_of_applicant(databases: Databases, resource: Resource) -> Payload:
    return {"person": person_by_id(databases, {"owner": "p-caller", **resource})["person_id"]}


def readers_of_my_data(databases: Databases, resource: Resource) -> Payload:
    return {"owner": person_by_id(databases, resource)["person_id"]}


def _registered(databases: Databases, resource: Resource, **fields: Any) -> str:
    """A person of its own who lives there; the id."""
    person = Person(
        id=f"p-{new_id()[:16]}",
        number=resident_number(databases),
        name="潮生",
        birth_date=date(1985, 6, 1),
        division=resource.get("division", COUNTY),
        **fields,
    )
    databases.add("identity_data", person)
    return person.id


def on_person(
    fields: Payload, state: PersonState, databases: Databases, resource: Resource
) -> Payload:
    """The rest of the message about a new person in that state."""
    return {"person_id": _registered(databases, resource, state=state.value), **fields}


def merge_persons(databases: Databases, resource: Resource) -> Payload:
    """Two new records that are alike."""
    into = _registered(databases, {}, phone="13000000001")
    person = _registered(databases, resource, phone="13000000001")
    return {"person_id": person, "into": into, **BASIS}


def separate_persons(databases: Databases, resource: Resource) -> Payload:
    """A record that was merged into another, of which every service has been told."""
    into = _registered(databases, {}, phone="13000000001")
    person = _registered(databases, resource, phone="13000000001")

    def merge(context: Context) -> None:
        unit = context.unit
        unit.get(Person, person).merge_into(unit.get(Person, into))

    databases.act("identity_data", merge)
    return {"person_id": person, **BASIS}


def move_person(databases: Databases, resource: Resource) -> Payload:
    """Within the county of all callers' division, which may not be where the person lives."""
    person = _registered(databases, resource)
    return {"person_id": person, "division": f"{COUNTY}002", "basis": "户口迁移证"}


def _household(databases: Databases, resource: Resource, *members: str) -> str:
    """A household that these people are in, the first its head; the id."""
    household = Household(
        id=f"h-{new_id()}",
        division=resource.get("division", COUNTY),
        address="文三路1号",
        kind="family",
        head=next(iter(members), None),
    )

    def enter(context: Context) -> None:
        for member in members:
            person = context.unit.get(Person, member)
            person.enter_household(household.id, "other", databases.now.date())

    databases.add("identity_data", household)
    databases.act("identity_data", enter)
    return household.id


def establish_household(databases: Databases, resource: Resource) -> Payload:
    address = {"address": "文三路1号", "kind": "family"}
    return {**address, "head": _registered(databases, resource), **resource}


def household_by_id(databases: Databases, resource: Resource) -> Payload:
    return {"household_id": _household(databases, resource)}


def add_household_member(databases: Databases, resource: Resource) -> Payload:
    household = _household(databases, resource, _registered(databases, resource))
    person = _registered(databases, resource)
    return {"household_id": household, "person": person, "relation": "other", **BASIS}


def remove_household_member(databases: Databases, resource: Resource) -> Payload:
    head = _registered(databases, resource)
    return {"household_id": _household(databases, resource, head), "person": head, **BASIS}


def name_household_head(databases: Databases, resource: Resource) -> Payload:
    head = _registered(databases, resource)
    household = _household(databases, resource, head)
    return {"household_id": household, "head": head, "relations": [], **BASIS}


def split_household(databases: Databases, resource: Resource) -> Payload:
    head, other = _registered(databases, resource), _registered(databases, resource)
    household = _household(databases, resource, head, other)
    fields = {"address": "文三路2号", "relations": []}
    return {"household_id": household, "head": other, **fields, **BASIS}


def my_household(databases: Databases, resource: Resource) -> Payload:
    """A person who is in a household, made the first time."""
    person = person_by_id(databases, resource)["person_id"]
    household = sa.select(Person.household).where(Person.id == person)
    if not databases.value("identity_data", household):
        _household(databases, {}, person)
    return {"person_id": person}


def register_guardianship(databases: Databases, resource: Resource) -> Payload:
    ward, guardian = _registered(databases, resource), _registered(databases, {})
    ground = {"ground": "adult_with_limited_capacity", "origin": "law"}
    return {"ward": ward, "guardian": guardian, **ground, **BASIS}


def end_guardianship(databases: Databases, resource: Resource) -> Payload:
    """What a new guardian has of a new ward, of which nobody has been told."""
    people = [_registered(databases, one) for one in (resource, {})]

    def guard(context: Context) -> None:
        ward, guardian = (context.unit.get(Person, one) for one in people)
        ground = "adult_with_limited_capacity"
        made = Guardianship.registered(
            f"g-{new_id()}", ward, guardian, ground, "law", databases.now.date()
        )
        made.take_told()
        context.unit.add(made)

    databases.act("identity_data", guard)
    return {"ward": people[0], "guardian": people[1], "why": "revoked", **BASIS}


def _enterprise(databases: Databases, resource: Resource) -> str:
    """A new enterprise that its organ and legal representative are named of; the id."""
    owner = resource.get("owner") or _registered(databases, {})
    person_by_id(databases, {"owner": owner})
    body = organisation_code_from(f"ACC{databases.number():05}")
    enterprise = Enterprise.registered(
        credit_code=credit_code_from("9", "1", COUNTY, body),
        name=name_of_enterprise(),
        division=COUNTY,
        industry="批发和零售业",
        registered_capital=1,
        established=date(2020, 1, 1),
        legal_representative=owner,
    )
    enterprise.organ = resource.get("organ", "an-organ")
    databases.add("identity_data", enterprise)
    return enterprise.id


def _role(databases: Databases, enterprise: str, role: str) -> str:
    """Somebody who has that role there; the id."""
    person = _registered(databases, {})
    held = EnterpriseRole(
        id=f"r-{new_id()}",
        enterprise=enterprise,
        person=person,
        role=role,
        since=databases.now.date(),
    )
    databases.act("identity_data", lambda context: context.unit.add(held) and None)
    return person


def on_enterprise(databases: Databases, resource: Resource) -> Payload:
    return {"enterprise_id": _enterprise(databases, resource)}


def replace_legal_representative(databases: Databases, resource: Resource) -> Payload:
    """An enterprise with a manager; the economy, which is told, knows it too."""
    enterprise = _enterprise(databases, resource)
    _profile(databases, enterprise, {"owner": "p-1"})
    person = _role(databases, enterprise, "manager")
    return {"enterprise_id": enterprise, "legal_representative": person, **BASIS}


def appoint_to_enterprise(databases: Databases, resource: Resource) -> Payload:
    person = {"person": _registered(databases, {}), "role": "director"}
    return {"enterprise_id": _enterprise(databases, resource), **person, **BASIS}


def end_enterprise_role(databases: Databases, resource: Resource) -> Payload:
    enterprise = _enterprise(databases, resource)
    person = {"person": _role(databases, enterprise, "director"), "role": "director"}
    return {"enterprise_id": enterprise, **person, **BASIS}


def authorise_handler(databases: Databases, resource: Resource) -> Payload:
    person = {"person": _registered(databases, {}), "until": "2099-12-31"}
    return {"enterprise_id": _enterprise(databases, resource), **person}


def withdraw_handler(databases: Databases, resource: Resource) -> Payload:
    enterprise = _enterprise(databases, resource)
    return {
        "enterprise_id": enterprise,
        "person": _role(databases, enterprise, "authorised_handler"),
    }


def name_in_county(_: Databases, __: Resource) -> Payload:
    return {"name": name_of_enterprise(), "division": COUNTY}


def release_name(databases: Databases, resource: Resource) -> Payload:
    reservation = NameReservation(
        id=f"n-{new_id()}",
        name=name_of_enterprise(),
        state=ReservationState.RESERVED,
        until=date(2099, 1, 1),
        **resource,
    )
    databases.add("identity_data", reservation)
    return {"reservation_id": reservation.id}


def enterprise_by_code(databases: Databases, _: Resource) -> Payload:
    return {"credit_code": databases.value("identity_data", sa.select(Enterprise.credit_code))}


def _licence(
    databases: Databases, resource: Resource, state: LicenceState = LicenceState.IN_FORCE
) -> Licence:
    licence = Licence(
        id=f"l-{new_id()}",
        kind="business_licence",
        holder="e-1",
        case_id=f"c-{new_id()}",
        content={"name": "杭州潮味餐饮有限公司"},
        signed="signed",
        state=state.value,
        **{"owner": "p-1", "organ": "an-organ", **resource},
    )
    databases.add("identity_data", licence)
    return licence


def licence_by_id(databases: Databases, resource: Resource) -> Payload:
    return {"licence_id": _licence(databases, resource).id}


def licence_of_case(databases: Databases, resource: Resource) -> Payload:
    return {"case_id": _licence(databases, resource).case_id, **resource}


def issue_licence(databases: Databases, resource: Resource) -> Payload:
    """In the name of the caller's organ, which is a market regulator, whatever it was before."""
    organ = resource.get("organ", "an-organ")

    def regulate(context: Context) -> None:
        name, kind = "市场监督管理局", "market_regulation"
        found = context.unit.find(Organ, organ)
        if found is None:
            new = Organ(id=organ, division=COUNTY, name=name, name_en=name, kind=kind)
            context.unit.add(new)
        elif found.kind != kind:
            found.name, found.kind = name, kind

    databases.act("identity_data", regulate)
    return {
        "kind": "food_operation_licence",
        "organ": organ,
        "enterprise_id": databases.value("identity_data", sa.select(Enterprise.id)),
        "particulars": {"premises": "文三路1号", "scope": "热食类食品制售"},
    }


def licence_in_state(
    state: LicenceState, fields: Payload, databases: Databases, resource: Resource
) -> Payload:
    return {"licence_id": _licence(databases, resource, state).id, **fields}


def fetch_shared_data(_: Databases, __: Resource) -> Payload:
    return {
        "subject": RESIDENT.person,
        "facts": ["person.name"],
        "purpose": "办理企业设立登记",
        "matter": "enterprise_registration",
        "case_id": "c-1",
    }


def _organ(databases: Databases, resource: Resource) -> Organ:
    """The organ that the cell asks for, made the first time."""
    key = resource.get("organ", "an-organ")
    organ = Organ(id=key, division=COUNTY, name="某局", name_en="An Organ", kind="taxation")
    if not databases.value("identity_data", sa.select(Organ.id).where(Organ.id == key)):
        databases.act("identity_data", lambda context: context.unit.add(organ) and None)
    return organ


def register_data_resource(databases: Databases, resource: Resource) -> Payload:
    """Another resource with another item each time."""
    number = databases.number()
    item = {"name": f"enterprise.{_letters(number)}", "label": "信息项", "classification": "L1"}
    return {
        "code": f"resource_{number}",
        "title": "信息资源",
        "abstract": "供试验的信息资源",
        "organ": _organ(databases, resource).id,
        "update_cycle": "daily",
        "sharing": "conditional",
        "conditions": "为履行法定职责所必需",
        "items": [item],
    }


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _data_resource(databases: Databases, resource: Resource, *, published: bool) -> Payload:
    """The message that registered a resource, which is in the state that is wanted."""
    payload = register_data_resource(databases, resource)
    order = RegisterDataResource.load(payload)

    def enter(context: Context) -> None:
        entered = context.unit.add(enter_resource(order, COUNTY, context))
        if published:
            entered.publish()

    databases.act("identity_data", enter)
    return payload


def on_resource(
    fields: Payload, published: bool, databases: Databases, resource: Resource
) -> Payload:
    """The rest of the message about a resource; a field `item` names its item."""
    payload = _data_resource(databases, resource, published=published)
    item = {"item": payload["items"][0]["name"]} if "classification" in fields else {}
    return {"code": payload["code"], **item, **fields}


def apply_for_data(databases: Databases, resource: Resource) -> Payload:
    payload = _data_resource(databases, resource, published=True)
    return {
        "organ": payload["organ"],
        "resource": payload["code"],
        "items": [{"name": payload["items"][0]["name"]}],
        "reader": "system:hangzhou_one_window",
        "reader_name": "杭州市“一窗受理”系统",
        "matter": "individual_business",
        "purpose": "办理个体工商户登记",
        "legal_basis": "《促进个体工商户发展条例》",
        "within": "33",
        "until": "2099-01-01",
    }


def on_application(fields: Payload, databases: Databases, resource: Resource) -> Payload:
    order = ApplyForData.load(apply_for_data(databases, resource))
    key = f"da-{new_id()}"

    def submit(context: Context) -> None:
        provided = context.unit.get(DataResource, order.resource)
        context.unit.add(DataApplication.submitted(key, order, provided, databases.now))

    databases.act("identity_data", submit)
    return {"application_id": key, **fields}


def on_grant(fields: Payload, databases: Databases, resource: Resource) -> Payload:
    payload = _data_resource(databases, resource, published=True)
    today = databases.now.date()
    terms = GrantTerms(
        applicant="an-organ",
        items={payload["items"][0]["name"]: ""},
        reader_name="某系统",
        purpose="办理个体工商户登记",
        legal_basis="《促进个体工商户发展条例》",
        within="33",
        until=today,
    )

    def give(context: Context) -> None:
        grant_of("system:hangzhou_one_window", "a_matter", payload["code"], context).give(
            terms, today
        )

    databases.act("identity_data", give)
    key = grant_id_of("system:hangzhou_one_window", "a_matter", payload["code"])
    return {"grant_id": key, **fields}


def _agreement(databases: Databases) -> str:
    """An agreement in its first edition; the id."""
    agreement = ConsentAgreement(
        id=f"agreement-{new_id()}",
        organ="an-organ",
        purpose="核验身份",
        items=["person.name"],
        edition=1,
        editions=[
            {
                "edition": 1,
                "published_on": "2026-01-01",
                "items": ["person.name"],
                "text": "本人同意。",
            }
        ],
    )
    databases.add("identity_data", agreement)
    return agreement.id


def publish_consent_agreement(databases: Databases, resource: Resource) -> Payload:
    """About an item that the organ of the cell provides."""
    organ = _organ(databases, resource).id
    item = DataItem(
        id=f"person.{_letters(databases.number())}",
        resource="a-resource",
        organ=organ,
        label="信息项",
        classification="L3",
        masking="all",
    )
    databases.act("identity_data", lambda context: context.unit.add(item) and None)
    return {
        "agreement_id": f"agreement-{new_id()}",
        "organ": organ,
        "purpose": "核验身份",
        "items": [item.id],
        "text": "本人同意。",
    }


def withdraw_consent(databases: Databases, resource: Resource) -> Payload:
    consent = Consent(
        id=f"k-{new_id()}",
        agreement_id=_agreement(databases),
        owner=resource.get("owner", "p-another"),
        given_at=databases.now,
        edition=1,
    )
    databases.add("identity_data", consent)
    return {"consent_id": consent.id}


def raise_data_objection(databases: Databases, _: Resource) -> Payload:
    """To another item of the caller's each time."""
    item = DataItem(
        id=f"person.{_letters(databases.number())}",
        resource="a-resource",
        organ="an-organ",
        label="信息项",
        classification="L3",
        masking="all",
    )
    databases.act("identity_data", lambda context: context.unit.add(item) and None)
    return {"subject": "p-caller", "item": item.id, "claim": "登记有误"}


def objection_in_state(
    state: ObjectionState, fields: Payload, databases: Databases, resource: Resource
) -> Payload:
    objection = DataObjection(
        id=f"do-{new_id()}",
        subject="p-1",
        item="person.name",
        claim="登记有误",
        raised_at=databases.now,
        due=databases.now,
        state=state.value,
        **{"owner": "p-1", "organ": "an-organ", **resource},
    )
    databases.add("identity_data", objection)
    return {"objection_id": objection.id, **fields}


def readers_of_enterprise(databases: Databases, resource: Resource) -> Payload:
    """An enterprise that the owner of the cell leads."""
    code = credit_code_from("9", "1", COUNTY, organisation_code_from(new_id()[:8].upper()))
    enterprise = Enterprise.registered(
        credit_code=code,
        name=name_of_enterprise(),
        division=COUNTY,
        industry="餐饮业",
        registered_capital=100,
        established=date(2026, 1, 5),
        legal_representative=resource.get("owner", "p-another"),
    )
    databases.add("identity_data", enterprise)
    return {"enterprise_id": enterprise.id}


def organ_by_id(databases: Databases, _: Resource) -> Payload:
    return {"organ_id": databases.value("identity_data", sa.select(Organ.id))}


def _merger(databases: Databases, division: str) -> MergeDivisions:
    """A new name for a county within the division, far in the future."""
    county = division if len(division) == len(COUNTY) else COUNTY
    return MergeDivisions(
        division=division,
        basis="国函〔2026〕1号",
        effective=date(2099, 1, 1),
        moves=(TerritoryMove(from_code=county, to_code=county, name="钱江区"),),
    )


def _withdraw_all(context: Context) -> None:
    """Two mergers of one division are in each other's way."""
    for merger in context.unit.find_all(DivisionMerger, DivisionMerger.state == "announced"):
        merger.withdraw()
        merger.take_told()


def merge_divisions(databases: Databases, resource: Resource) -> Payload:
    databases.act("identity_data", _withdraw_all)
    return _merger(databases, resource["division"]).dump()


def merger_by_id(databases: Databases, resource: Resource) -> Payload:
    merger = DivisionMerger.announced(f"m-{new_id()}", _merger(databases, resource["division"]))
    databases.add("identity_data", merger)
    return {"merger_id": merger.id}


def _post(databases: Databases, resource: Resource) -> Post:
    """A new post without roles in the government of the division."""
    division = resource.get("division", COUNTY)
    post = Post(
        id=f"post-{new_id()}",
        division=division,
        organ=f"{division}-government",
        title="办公室主任",
        roles=[],
    )
    databases.add("identity_data", post)
    return post


def _official(databases: Databases, division: str) -> str:
    """The account of a new official of the division."""
    account = Account.opened(f"official-{new_id()}", division, "-")
    databases.add("identity_data", account)
    return account.id


def establish_post(_: Databases, resource: Resource) -> Payload:
    return {"organ": f"{resource['division']}-government", "title": "办公室主任", **resource}


def on_post(databases: Databases, resource: Resource) -> Payload:
    return {"post_id": _post(databases, resource).id}


def appoint_official(databases: Databases, resource: Resource) -> Payload:
    post = _post(databases, resource)
    return {"post_id": post.id, "account": _official(databases, post.division), **BASIS}


def end_appointment(databases: Databases, resource: Resource) -> Payload:
    post = _post(databases, resource)
    term = Term(AppointmentKind.SUBSTANTIVE, databases.now.date(), None)
    appointment = post.appoint("nobody", term, "杭任〔2026〕1号")
    appointment.begin()
    databases.add("identity_data", appointment)
    return {"appointment_id": appointment.id, "reason": "relieved", **BASIS}


def open_account(_: Databases, resource: Resource) -> Payload:
    return {"account": f"official-{new_id()}", **resource}


def replace_password(databases: Databases, resource: Resource) -> Payload:
    """An account of the caller that the cell names."""
    account = Account(
        id=f"account-{new_id()}",
        password_hash=passwords.hashed("its present password"),
        principal_id=resource.get("principal", "another"),
        kind="resident",
    )
    databases.add("identity_data", account)
    new = {"new_password": "another password", "password": "its present password"}
    return {"account": account.id, **new}


def close_account(databases: Databases, resource: Resource) -> Payload:
    return {"account": _official(databases, resource["division"])}


# digital_government


def submit_one_thing(_: Databases, resource: Resource) -> Payload:
    applicant = {"applicant": resource["owner"]} if "owner" in resource else {}
    return {
        "thing": "enterprise_startup",
        "division": resource["division"],
        "form": _form().dump(),
        **applicant,
    }


def _form() -> StartupForm:
    return StartupForm(
        reservation_id=f"n-{new_id()}",
        name=name_of_enterprise(),
        industry="软件和信息技术服务业",
        registered_capital=100_000_000,
        address="杭州市西湖区文三路1号",
    )


def opening(
    make: Callable[[Databases, Resource], Payload], databases: Databases, resource: Resource
) -> Payload:
    """For somebody on the register."""
    for owner in {"p-caller", resource.get("owner", "p-caller")}:
        person_by_id(databases, {"owner": owner})
    return make(databases, resource)


def one_thing(databases: Databases, resource: Resource, *, ended: bool = False) -> str:
    key, now = f"t-{new_id()}", databases.now
    division = resource.get("division", COUNTY)
    one = OneThing.submitted(
        key,
        STARTUP,
        STARTUP.definition.matters,
        EDITIONS,
        now,
        division=division,
        owner=resource["owner"],
        form=as_answered(_form().dump()),
    )
    if ended:
        one.state = ThingState.FAILED.value
    databases.add("digital_government", one)
    return key


def one_thing_progress(databases: Databases, resource: Resource) -> Payload:
    return {"one_thing_id": one_thing(databases, resource)}


def rate_one_thing(databases: Databases, resource: Resource) -> Payload:
    return {"one_thing_id": one_thing(databases, resource, ended=True), "grade": 5}


def case_in_state(
    bring: Callable[[Case, datetime], None],
    fields: Payload,
    databases: Databases,
    resource: Resource,
) -> Payload:
    """A new case that was brought into its state, with the events of its way, because others
    follow cases; and the rest of the message about it."""
    case = Case(
        id=f"c-{new_id()}",
        division=resource.get("division", COUNTY),
        matter="enterprise_registration",
        organ=resource.get("organ", "an-organ"),
        owner=resource["owner"],
        subject=RESIDENT.person,
        promised_days=1,
        submitted_at=databases.now,
        establishes={},
        item_edition="enterprise_registration.1",
        received_by=resource.get("received_by"),
    )
    case.submit()
    bring(case, databases.now)
    databases.act("digital_government", lambda context: context.unit.add(case))
    return {"case_id": case.id, **fields}


def pending(_: Case, __: datetime) -> None:
    """As it was submitted."""


def accepted(case: Case, at: datetime) -> None:
    case.accept((), at)


def awaiting_supplement(case: Case, at: datetime) -> None:
    case.request_supplement(("租赁合同",), at)


def suspended(case: Case, at: datetime) -> None:
    accepted(case, at)
    case.suspend("hearing", 10, at)


# digital_economy


def publish_policy(databases: Databases, resource: Resource) -> Payload:
    return {
        "title": "初创企业扶持办法",
        "number": f"西政〔2026〕{new_id()}号",
        "valid_from": "2026-01-01",
        "amount": 100_000,
        "criteria": [{"test": "industry_is", "value": "无此行业", "clause": "第三条"}],
        **resource,
    }


def _profile(databases: Databases, enterprise: str, resource: Resource) -> None:
    """The enterprise as the economy knows it."""
    profile = EnterpriseProfile(
        id=enterprise,
        name=name_of_enterprise(),
        industry="软件和信息技术服务业",
        registered_capital=100,
        established=date(2026, 1, 1),
        **resource,
    )
    databases.add("digital_economy", profile)


def policies_for(databases: Databases, resource: Resource) -> Payload:
    enterprise = f"e-{new_id()}"
    _profile(databases, enterprise, resource)
    return {"enterprise_id": enterprise}


# Every service


def replay_dead_letter(service: str, databases: Databases, _: Resource) -> Payload:
    """A dead event that is taken when it is replayed: the calendar stood there before."""
    letter = f"dead-{new_id()}"
    instant = databases.now
    envelope = Envelope(
        id=letter,
        source="/identity_data",
        type=f"{TYPE_PREFIX}identity_data.CalendarMoved",
        subject="Calendar/calendar",
        time=instant.isoformat(),
        data=CalendarMoved(calendar_id="calendar", instant=instant).dump(),
        sequence=1,
        divisioncode="33",
        actorid="account.operator",
    )
    row = {
        "id": letter,
        "producer": "identity_data",
        "aggregate": "Calendar",
        "aggregate_id": "calendar",
        "sequence": 1,
        "type": "CalendarMoved",
        "envelope": envelope.to_wire(),
        "state": "dead",
        "attempts": 20,
        "due_at": machine_now(),
        "received_at": machine_now(),
        "reason": "a fault that is mended by now",
    }
    databases.act(service, lambda context: context.unit.append(INBOX, row))
    return {"id": f"identity_data/{letter}", "reason": "故障已排除"}


BASIS = {"basis": "户口登记申请书"}
REGISTERED = PersonState.REGISTERED
HEARING = {"procedure": "hearing", "days_needed": 10}
PENALTY = {"reason": "卫生不合格", "legal_basis": "食品安全法第一百二十六条"}
REFUSAL = {"outcome": "refused", "reasons": "住所不符合条件"}

CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "SignIn": sign_in,
    "MySessions": only(),
    "SessionsOfAccount": only(account="resident"),
    "RenewSession": revoke_session,
    "RevokeSession": revoke_session,
    "IssueEnrolmentCode": issue_enrolment_code,
    "EnrolSecondFactor": enrol_second_factor,
    "ConfirmSecondFactor": confirm_second_factor,
    "RemoveSecondFactor": remove_second_factor,
    "GrantAgency": grant_agency,
    "ActAsAgent": agency_by_id,
    "RevokeAgency": agency_by_id,
    "MyAgencies": only(),
    "AgencyById": agency_by_id,
    "MoveCalendar": move_calendar,
    "RegisterPerson": register_person,
    "PersonById": person_by_id,
    "CorrectPerson": partial(on_person, {**BASIS, "name": "潮升"}, REGISTERED),
    "MovePerson": move_person,
    "RegisterDeath": partial(on_person, {**BASIS, "died_on": "2020-01-01"}, REGISTERED),
    "DeregisterPerson": partial(on_person, {**BASIS, "reason": "settled_abroad"}, REGISTERED),
    "RestorePerson": partial(on_person, BASIS, PersonState.DEAD),
    "MergePersons": merge_persons,
    "SeparatePersons": separate_persons,
    "PossibleDuplicates": partial(on_person, {}, REGISTERED),
    "EstablishHousehold": establish_household,
    "AddHouseholdMember": add_household_member,
    "RemoveHouseholdMember": remove_household_member,
    "NameHouseholdHead": name_household_head,
    "SplitHousehold": split_household,
    "HouseholdById": household_by_id,
    "MyHousehold": my_household,
    "RegisterGuardianship": register_guardianship,
    "EndGuardianship": end_guardianship,
    "ReplaceLegalRepresentative": replace_legal_representative,
    "AppointToEnterprise": appoint_to_enterprise,
    "EndEnterpriseRole": end_enterprise_role,
    "AuthoriseHandler": authorise_handler,
    "WithdrawHandler": withdraw_handler,
    "PeopleOfEnterprise": on_enterprise,
    "RolesOfPerson": person_by_id,
    "CheckEnterpriseName": name_in_county,
    "ReserveEnterpriseName": name_in_county,
    "ReleaseEnterpriseName": release_name,
    "EnterpriseByCreditCode": enterprise_by_code,
    "LicenceById": licence_by_id,
    "LicencesOfPerson": only(),
    "LicenceOfCase": licence_of_case,
    "IssueLicence": issue_licence,
    "SuspendLicence": partial(licence_in_state, LicenceState.IN_FORCE, PENALTY),
    "ResumeLicence": partial(licence_in_state, LicenceState.SUSPENDED, {}),
    "RevokeLicence": partial(licence_in_state, LicenceState.IN_FORCE, PENALTY),
    "VerifyLicence": only(signed="not a licence"),
    "PresentLicence": partial(licence_in_state, LicenceState.IN_FORCE, {"items": ["name"]}),
    "LicenceKeys": only(),
    "LicenceCatalogue": only(),
    "FetchSharedData": fetch_shared_data,
    "RegisterDataResource": register_data_resource,
    "PublishDataResource": partial(on_resource, {}, False),
    "WithdrawDataResource": partial(on_resource, {"reason": "停止提供"}, True),
    "ReclassifyItem": partial(on_resource, {"classification": "L2", "masking": "none"}, True),
    "DataCatalogue": only(),
    "DataResourceById": only(code="population_register"),
    "ApplyForData": apply_for_data,
    "ApproveDataApplication": partial(on_application, {}),
    "RejectDataApplication": partial(on_application, {"reason": "用途不明"}),
    "RenewGrant": partial(on_grant, {"until": "2099-01-01"}),
    "RevokeGrant": partial(on_grant, {"reason": "用途已变更"}),
    "DataApplications": only(),
    "GrantsOfOrgan": only(),
    "PublishConsentAgreement": publish_consent_agreement,
    "ConsentAgreementById": lambda databases, _: {"agreement_id": _agreement(databases)},
    "GiveConsent": lambda databases, _: {"agreement_id": _agreement(databases), "edition": 1},
    "WithdrawConsent": withdraw_consent,
    "MyConsents": only(),
    "RaiseDataObjection": raise_data_objection,
    "VerifyObjection": partial(
        objection_in_state, ObjectionState.RAISED, {"verdict": "upheld", "reason": "与档案不符"}
    ),
    "CorrectFact": partial(objection_in_state, ObjectionState.UPHELD, {"note": "已更正"}),
    "MyObjections": only(),
    "ObjectionsOfOrgan": only(),
    "ReadersOfEnterprise": readers_of_enterprise,
    "StandingOfApplicant": standing_of_applicant,
    "ReadersOfMyData": readers_of_my_data,
    "DivisionsBelow": only(code=COUNTY),
    "MergeDivisions": merge_divisions,
    "WithdrawMerger": merger_by_id,
    "MergerById": merger_by_id,
    "OrganById": organ_by_id,
    "OrgansBelow": organ_by_id,
    "EstablishPost": establish_post,
    "AbolishPost": on_post,
    "AppointOfficial": appoint_official,
    "EndAppointment": end_appointment,
    "OpenAccount": open_account,
    "CloseAccount": close_account,
    "ReplacePassword": replace_password,
    "PostsOfOrgan": only(organ=f"{COUNTY}-government"),
    "MyPosts": only(),
    "AppointmentsOfPost": on_post,
    **access_directives.CASES,
    **access_policy_documents.CASES,
    **access_screen.CASES,
    **access_evaluation.CASES,
    **access_indicators.CASES,
    **access_internal_matters.CASES,
    **access_supervision.CASES,
    **access_theory.CASES,
    **access_tasks.CASES,
    "ItemsOffered": only(division=COUNTY),
    "SubmitOneThing": partial(opening, submit_one_thing),
    "OneThingProgress": one_thing_progress,
    "RateOneThing": rate_one_thing,
    "AcceptCase": partial(case_in_state, pending, {}),
    "RequestSupplement": partial(case_in_state, pending, {"missing": ["租赁合同"]}),
    "SupplementCase": partial(case_in_state, awaiting_supplement, {"answers": {"合同": "已补"}}),
    "SuspendCase": partial(case_in_state, accepted, HEARING),
    "ResumeCase": partial(case_in_state, suspended, {}),
    "DecideCase": partial(case_in_state, accepted, REFUSAL),
    "WithdrawCase": partial(case_in_state, pending, {"reason": "不再开办"}),
    "CaseById": partial(case_in_state, pending, {}),
    "CasesOfOrgan": only(),
    **access_concerns.CASES,
    **access_items.CASES,
    **access_ratings.CASES,
    **access_visits.CASES,
    "OpenApplication": partial(opening, access_items.open_application),
    "OpenOneThing": partial(opening, access_items.open_one_thing),
    "PublishPolicy": publish_policy,
    "PoliciesFor": policies_for,
    "ServiceStanding": only(),
    "ScenarioTrail": only(scenario="none"),
    "KeptEvents": only(names=["MeasureChanged"]),
    "AuditVerification": only(),
    "DirectReadings": only(),
    "DeadLetters": only(),
    "RecordsBehind": only(measure="cases_decided", period="2026-03"),
}


def case_for(service: str, name: str) -> Callable[[Databases, Resource], Payload]:
    """Makes the message of that name for that service."""
    if name == "ReplayDeadLetter":
        return partial(replay_dead_letter, service)
    return CASES[name]
