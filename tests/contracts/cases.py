"""For each command a state in which it succeeds: who orders what, after which set-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa

from services.digital_government.load import steps as government_steps
from services.digital_government.models import Case
from services.digital_government.reference.items import ITEMS
from services.identity_data import keys, passwords
from services.identity_data.domain.second_factor import code_at
from services.identity_data.keys import person_id
from services.identity_data.load import ORGANS_ON, append_organs, append_shared_data
from services.identity_data.models import (
    Account,
    Calendar,
    DataGrant,
    Division,
    Enterprise,
    Organ,
    Person,
    SignInSession,
)
from services.identity_data.reference.divisions import all_divisions
from services.identity_data.reference.organs import organs_on
from services.identity_data.reference.resources import POPULATION
from shared.clocks import machine_now
from shared.context import ANONYMOUS, Context, Principal
from shared.contracts.digital_economy import Criterion, PublishPolicy
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    RateOneThing,
    RequestSupplement,
    ResumeCase,
    StartupForm,
    SubmitOneThing,
    SupplementCase,
    SuspendCase,
    WithdrawCase,
)
from shared.contracts.identity_data import (
    AbolishPost,
    ActAsAgent,
    AddHouseholdMember,
    AppliedItem,
    ApplyForData,
    AppointOfficial,
    AppointToEnterprise,
    ApproveDataApplication,
    AuthoriseHandler,
    CloseAccount,
    ConfirmSecondFactor,
    CorrectFact,
    CorrectPerson,
    DataItem,
    DeregisterPerson,
    EndAppointment,
    EndEnterpriseRole,
    EndGuardianship,
    EnrolSecondFactor,
    EstablishHousehold,
    EstablishPost,
    FetchSharedData,
    GiveConsent,
    GrantAgency,
    IssueEnrolmentCode,
    IssueLicence,
    MemberRelation,
    MergeDivisions,
    MergePersons,
    MoveCalendar,
    MovePerson,
    NameHouseholdHead,
    OpenAccount,
    PublishConsentAgreement,
    PublishDataResource,
    RaiseDataObjection,
    ReclassifyItem,
    RegisterDataResource,
    RegisterDeath,
    RegisterGuardianship,
    RegisterPerson,
    RejectDataApplication,
    ReleaseEnterpriseName,
    RemoveHouseholdMember,
    RemoveSecondFactor,
    RenewGrant,
    RenewSession,
    ReplaceLegalRepresentative,
    ReplacePassword,
    ReserveEnterpriseName,
    RestorePerson,
    ResumeLicence,
    RevokeAgency,
    RevokeGrant,
    RevokeLicence,
    RevokeSession,
    SeparatePersons,
    SharedFact,
    SharedFacts,
    SignIn,
    SplitHousehold,
    SuspendLicence,
    TerritoryMove,
    VerifyObjection,
    WithdrawConsent,
    WithdrawDataResource,
    WithdrawHandler,
    WithdrawMerger,
)
from shared.contracts.platform import ReplayDeadLetter
from shared.divisions import lineage
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.loading import load
from shared.messaging.tables import INBOX
from shared.testing.harness import ServiceHarness
from tests.contracts import (
    cases_concerns,
    cases_directives,
    cases_evaluation,
    cases_indicators,
    cases_internal_matters,
    cases_items,
    cases_policy_documents,
    cases_ratings,
    cases_screen,
    cases_supervision,
    cases_tasks,
    cases_theory,
    cases_visits,
)
from tests.contracts.ready import MONDAY, Ready, on_existing

COUNTY = "330106"
REGISTRATION = "enterprise_registration"

APPLICANT = Principal("account.applicant", "resident", f"{COUNTY}001001", person="p-applicant")
OFFICIAL = Principal("account.official", "official", "3301", roles=("policy_officer",))
OPERATOR = Principal("account.operator", "operator", "33", roles=("operator",), assurance=2)
REGISTRAR_OF_DIVISIONS = Principal(
    "account.divisions", "official", "33", "33-civil_affairs", ("division_registrar",)
)
HOUSEHOLD_REGISTRAR = Principal(
    "account.household",
    "official",
    "3301",
    "3301-public_security",
    ("household_registrar",),
    assurance=2,
)
ADMINISTRATOR = Principal(
    "account.administrator", "official", "3301", "3301-government", ("administrator",)
)
GOVERNMENT = Principal("service:digital_government", "service", "33", roles=("service",))
POPULATION_STEWARD = Principal(
    "account.population", "official", "33", "33-public_security", ("data_steward",)
)
MARKET_STEWARD = Principal(
    "account.market", "official", "33", "33-market_regulation", ("data_steward",)
)
REGISTRAR = Principal(
    "account.registrar",
    "official",
    COUNTY,
    f"{COUNTY}-{ITEMS[REGISTRATION].organ_kind}",
    ("case_officer",),
)


# Every service


def dead_letter(harness: ServiceHarness) -> Ready:
    """An event that was set aside as dead."""
    row = {
        "id": "event-1",
        "producer": "identity_data",
        "aggregate": "Person",
        "aggregate_id": "p-1",
        "sequence": 1,
        "type": "PersonRegistered",
        "envelope": {},
        "state": "dead",
        "attempts": 20,
        "due_at": MONDAY,
        "received_at": MONDAY,
        "reason": "a fault that is mended by now",
    }
    harness.act(lambda context: context.unit.append(INBOX, row))
    order = ReplayDeadLetter(id="identity_data/event-1", reason="故障已排除")
    return Ready(order, OPERATOR, replace(order, reason="另一原因"))


# identity_data


def _divisions(context: Context) -> None:
    wanted = set(lineage(COUNTY))
    for one in all_divisions():
        if one.code in wanted:
            context.unit.add(
                Division(
                    id=one.code,
                    division=one.code,
                    name=one.name,
                    level=int(one.level),
                    parent=one.parent,
                )
            )


def _account(name: str, password: str) -> Account:
    return Account(
        id=name, password_hash=passwords.hashed(password), principal_id=name, kind="resident"
    )


def sign_in(harness: ServiceHarness) -> Ready:
    """Two accounts with passwords, and a key that signs tokens."""
    keys.ensure_signing_key(harness.runtime.settings, "token", "key-1")

    def open_accounts(context: Context) -> None:
        for name in ("first", "second"):
            context.unit.add(_account(name, f"password of {name}"))

    harness.act(open_accounts)
    return Ready(
        SignIn(account="first", password="password of first"),
        ANONYMOUS,
        SignIn(account="second", password="password of second"),
    )


def revoke_session(harness: ServiceHarness) -> Ready:
    """A session that its account's holder opened."""
    signing_in = sign_in(harness)
    harness.execute(signing_in.order, signing_in.by)
    ((session, principal),) = harness.rows(sa.select(SignInSession.id, SignInSession.principal))
    return on_existing(RevokeSession(session_id=session), Principal(principal, "resident"))


def renew_session(harness: ServiceHarness) -> Ready:
    """A session that its account's holder opened."""
    ready = revoke_session(harness)
    session: str = ready.order.session_id  # type: ignore[attr-defined]
    return on_existing(RenewSession(session_id=session), ready.by)


def issue_enrolment_code(harness: ServiceHarness) -> Ready:
    """An account without a second factor."""
    sign_in(harness)
    return on_existing(IssueEnrolmentCode(account="first"), OPERATOR)


def enrol_second_factor(harness: ServiceHarness) -> Ready:
    """A caller without a second factor, to whom a code was handed over."""
    account = _account(APPLICANT.id, "password of the applicant")
    harness.act(lambda context: context.unit.add(account) and None)
    code = harness.execute(IssueEnrolmentCode(account=account.id), OPERATOR).code
    order = EnrolSecondFactor(label="applicant", enrolment_code=code)
    return Ready(order, APPLICANT, EnrolSecondFactor(label="another"))


def confirm_second_factor(harness: ServiceHarness) -> Ready:
    """A secret that was drawn for the caller."""
    offered = harness.execute(enrol_second_factor(harness).order, APPLICANT)
    code = code_at(offered.secret, machine_now())
    return on_existing(ConfirmSecondFactor(factor_id=offered.factor_id, code=code), APPLICANT)


def replace_password(harness: ServiceHarness) -> Ready:
    """The account of the first, who knows its password."""
    sign_in(harness)
    order = ReplacePassword(
        account="first", password="password of first", new_password="another of the first"
    )
    return on_existing(order, replace(APPLICANT, id="first"))


def remove_second_factor(harness: ServiceHarness) -> Ready:
    """Somebody who lost the authenticator."""
    ready = confirm_second_factor(harness)
    factor = harness.execute(ready.order, ready.by).id
    return on_existing(RemoveSecondFactor(factor_id=factor, reason="手机遗失"), OPERATOR)


def grant_agency(harness: ServiceHarness) -> Ready:
    """Somebody registered who may act for the applicant."""
    order = GrantAgency(
        agent=_person(harness), scope=("CaseById",), valid_to=MONDAY.date() + timedelta(days=30)
    )
    return Ready(order, APPLICANT, replace(order, scope=("SupplementCase",)))


def act_as_agent(harness: ServiceHarness) -> Ready:
    """An agency, its agent's account, and a key that signs tokens."""
    keys.ensure_signing_key(harness.runtime.settings, "token", "key-1")
    ready = grant_agency(harness)
    agency = harness.execute(ready.order, ready.by).id
    agent = ready.order.agent  # type: ignore[attr-defined]
    account = _account("agent", "password of agent")
    account.person = agent
    harness.act(lambda context: context.unit.add(account) and None)
    by = Principal("agent", "resident", COUNTY, person=agent)
    return on_existing(ActAsAgent(agency_id=agency), by)


def revoke_agency(harness: ServiceHarness) -> Ready:
    """An agency that the applicant granted."""
    ready = grant_agency(harness)
    agency = harness.execute(ready.order, ready.by).id
    return on_existing(RevokeAgency(agency_id=agency), APPLICANT)


def move_calendar(harness: ServiceHarness) -> Ready:
    """The calendar, standing before the instant."""
    harness.act(lambda context: context.unit.add(Calendar(id="calendar")))
    harness.at(MONDAY)
    return on_existing(MoveCalendar(instant=MONDAY + timedelta(days=1)), OPERATOR)


def register_person(harness: ServiceHarness) -> Ready:
    """A division and nobody in it."""
    harness.act(_divisions)
    number = resident_number_from(COUNTY, date(1985, 6, 1), 1)
    order = RegisterPerson(number=number, name="潮生", division=COUNTY)
    return Ready(order, OFFICIAL, replace(order, name="潮平"))


def _person(harness: ServiceHarness) -> str:
    """Somebody who lives in the county; the id."""
    harness.at(MONDAY)
    harness.act(_divisions)
    person = Person.registered(
        resident_number_from(COUNTY, date(1985, 6, 1), 1), "潮生", COUNTY, None
    )
    harness.act(lambda context: context.unit.add(person))
    return person.id


def correct_person(harness: ServiceHarness) -> Ready:
    """Somebody whose name was written wrongly."""
    order = CorrectPerson(person_id=_person(harness), basis="户口登记申请书", name="潮升")
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def move_person(harness: ServiceHarness) -> Ready:
    """Somebody who lives elsewhere in the same city."""
    order = MovePerson(person_id=_person(harness), division=COUNTY[:4], basis="户口迁移证")
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def register_death(harness: ServiceHarness) -> Ready:
    """Somebody who lives."""
    order = RegisterDeath(
        person_id=_person(harness), died_on=date(2026, 3, 1), basis="死亡医学证明"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def deregister_person(harness: ServiceHarness) -> Ready:
    """Somebody on the register."""
    order = DeregisterPerson(person_id=_person(harness), reason="settled_abroad", basis="定居证明")
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def restore_person(harness: ServiceHarness) -> Ready:
    """Somebody registered as dead by mistake."""
    ready = register_death(harness)
    person = harness.execute(ready.order, ready.by).id
    return on_existing(RestorePerson(person_id=person, basis="更正申请"), HOUSEHOLD_REGISTRAR)


def merge_persons(harness: ServiceHarness) -> Ready:
    """Two records that share name, birth date and phone."""
    first = _person(harness)
    number = resident_number_from(COUNTY, date(1985, 6, 1), 3)
    other = Person.registered(number, "潮生", COUNTY, None)
    harness.act(lambda context: context.unit.add(other))
    order = MergePersons(person_id=other.id, into=first, basis="核查报告")
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def separate_persons(harness: ServiceHarness) -> Ready:
    """A record that was merged into another."""
    ready = merge_persons(harness)
    merged = harness.execute(ready.order, ready.by).id
    return on_existing(SeparatePersons(person_id=merged, basis="核查报告"), HOUSEHOLD_REGISTRAR)


def establish_household(harness: ServiceHarness) -> Ready:
    """Somebody in no household."""
    order = EstablishHousehold(
        division=COUNTY, address="文三路1号", kind="family", head=_person(harness)
    )
    return Ready(order, HOUSEHOLD_REGISTRAR, replace(order, address="文三路2号"))


def _household(harness: ServiceHarness) -> tuple[str, str, str]:
    """A household, its head, and somebody else who lives there; their ids."""
    ready = establish_household(harness)
    household = harness.execute(ready.order, ready.by).id
    number = resident_number_from(COUNTY, date(1990, 6, 1), 2)
    other = Person.registered(number, "潮平", COUNTY, None)
    harness.act(lambda context: context.unit.add(other))
    assert isinstance(ready.order, EstablishHousehold)
    return household, ready.order.head, other.id


def add_household_member(harness: ServiceHarness) -> Ready:
    """A household, and somebody who is in none."""
    household, _, other = _household(harness)
    order = AddHouseholdMember(
        household_id=household, person=other, relation="spouse", basis="结婚登记证明"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def remove_household_member(harness: ServiceHarness) -> Ready:
    """A household of its head alone."""
    household, head, _ = _household(harness)
    order = RemoveHouseholdMember(household_id=household, person=head, basis="户口登记申请书")
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def _couple(harness: ServiceHarness) -> tuple[str, str, str]:
    """A household of two, its head and the other; their ids."""
    household, head, other = _household(harness)
    order = AddHouseholdMember(
        household_id=household, person=other, relation="spouse", basis="结婚登记证明"
    )
    harness.execute(order, HOUSEHOLD_REGISTRAR)
    return household, head, other


def name_household_head(harness: ServiceHarness) -> Ready:
    """A household of two."""
    household, head, other = _couple(harness)
    relations = (MemberRelation(person=head, relation="spouse"),)
    order = NameHouseholdHead(
        household_id=household, head=other, relations=relations, basis="户口登记申请书"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def split_household(harness: ServiceHarness) -> Ready:
    """A household of two."""
    household, _, other = _couple(harness)
    order = SplitHousehold(
        household_id=household, address="文三路2号", head=other, relations=(), basis="离婚登记证明"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def register_guardianship(harness: ServiceHarness) -> Ready:
    """A child and an adult."""
    guardian = _person(harness)
    child = Person.registered(
        resident_number_from(COUNTY, date(2015, 6, 1), 1), "潮平", COUNTY, None
    )
    harness.act(lambda context: context.unit.add(child))
    order = RegisterGuardianship(
        ward=child.id, guardian=guardian, ground="minor", origin="law", basis="出生医学证明"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def end_guardianship(harness: ServiceHarness) -> Ready:
    """A child whom somebody guards."""
    ready = register_guardianship(harness)
    harness.execute(ready.order, ready.by)
    assert isinstance(ready.order, RegisterGuardianship)
    order = EndGuardianship(
        ward=ready.order.ward, guardian=ready.order.guardian, why="revoked", basis="法院判决书"
    )
    return on_existing(order, HOUSEHOLD_REGISTRAR)


def reserve_enterprise_name(harness: ServiceHarness) -> Ready:
    """A division and no enterprise in it."""
    harness.act(_divisions)
    order = ReserveEnterpriseName(name="杭州潮起科技有限公司", division=COUNTY)
    return Ready(order, APPLICANT, replace(order, name="杭州潮落科技有限公司"))


def release_enterprise_name(harness: ServiceHarness) -> Ready:
    """A name that its applicant reserved."""
    reserved = reserve_enterprise_name(harness)
    name_id = harness.execute(reserved.order, reserved.by).id
    return on_existing(ReleaseEnterpriseName(reservation_id=name_id), APPLICANT)


def fetch_shared_data(harness: ServiceHarness) -> Ready:
    """A person whose name a matter needs."""
    number = resident_number_from(COUNTY, date(1985, 6, 1), 1)
    person = Person.registered(number, "潮生", COUNTY, None)
    harness.act(lambda context: context.unit.add(person))
    harness.act(append_shared_data)
    order = FetchSharedData(
        subject=person_id(number),
        facts=("person.name",),
        purpose=f"办理{ITEMS[REGISTRATION].definition.name}",
        matter=REGISTRATION,
        case_id="c-1",
    )
    return Ready(order, GOVERNMENT, replace(order, case_id="c-2"))


def _province_organs(harness: ServiceHarness) -> None:
    """What the platform holds, and the organs that answer for it and apply for it."""
    harness.at(MONDAY)
    organs = [one for one in organs_on(ORGANS_ON) if one.division == "33"]
    harness.act(lambda context: append_organs(organs, context))
    harness.act(append_shared_data)


def register_data_resource(harness: ServiceHarness) -> Ready:
    """An organ, and items that no resource has."""
    _province_organs(harness)
    item = DataItem(name="enterprise.address", label="住所", classification="L1")
    order = RegisterDataResource(
        code="enterprise_addresses",
        title="企业住所",
        abstract="企业登记的住所",
        organ=MARKET_STEWARD.organ,
        update_cycle="daily",
        sharing="unconditional",
        items=(item,),
    )
    return Ready(order, MARKET_STEWARD, replace(order, title="企业住所信息"))


def publish_data_resource(harness: ServiceHarness) -> Ready:
    """A draft."""
    ready = register_data_resource(harness)
    code = harness.execute(ready.order, ready.by).id
    return on_existing(PublishDataResource(code=code), MARKET_STEWARD)


def withdraw_data_resource(harness: ServiceHarness) -> Ready:
    """A published resource."""
    _province_organs(harness)
    order = WithdrawDataResource(code=POPULATION.code, reason="停止提供")
    return on_existing(order, POPULATION_STEWARD)


def reclassify_item(harness: ServiceHarness) -> Ready:
    """An item of a published resource."""
    _province_organs(harness)
    order = ReclassifyItem(
        code=POPULATION.code, item="person.name", classification="L4", masking="all"
    )
    return on_existing(order, POPULATION_STEWARD)


def apply_for_data(harness: ServiceHarness) -> Ready:
    """A resource that is shared under conditions."""
    _province_organs(harness)
    order = ApplyForData(
        organ=MARKET_STEWARD.organ,
        resource=POPULATION.code,
        items=(AppliedItem(name="person.name"),),
        reader="system:hangzhou_one_window",
        reader_name="杭州市“一窗受理”系统",
        matter="individual_business",
        purpose="办理个体工商户登记",
        legal_basis="《促进个体工商户发展条例》",
        within=COUNTY,
        until=date(2026, 12, 31),
    )
    return Ready(order, MARKET_STEWARD, replace(order, purpose="另一用途"))


def approve_data_application(harness: ServiceHarness) -> Ready:
    """An application before its provider."""
    ready = apply_for_data(harness)
    key = harness.execute(ready.order, ready.by).id
    return on_existing(ApproveDataApplication(application_id=key), POPULATION_STEWARD)


def reject_data_application(harness: ServiceHarness) -> Ready:
    """An application before its provider."""
    ready = apply_for_data(harness)
    key = harness.execute(ready.order, ready.by).id
    order = RejectDataApplication(application_id=key, reason="用途不明")
    return on_existing(order, POPULATION_STEWARD)


def _granted(harness: ServiceHarness) -> str:
    ready = approve_data_application(harness)
    harness.execute(ready.order, ready.by)
    ((grant,),) = harness.rows(sa.select(DataGrant.id).where(DataGrant.until.is_not(None)))
    return str(grant)


def renew_grant(harness: ServiceHarness) -> Ready:
    """A grant in force up to a day."""
    order = RenewGrant(grant_id=_granted(harness), until=date(2027, 12, 31))
    return on_existing(order, POPULATION_STEWARD)


def revoke_grant(harness: ServiceHarness) -> Ready:
    """A grant in force."""
    order = RevokeGrant(grant_id=_granted(harness), reason="用途已变更")
    return on_existing(order, POPULATION_STEWARD)


def publish_consent_agreement(harness: ServiceHarness) -> Ready:
    """Items of the organ that publishes it."""
    _province_organs(harness)
    order = PublishConsentAgreement(
        agreement_id="credit-check",
        organ=POPULATION_STEWARD.organ,
        purpose="核验信用贷款申请人身份",
        items=("person.name",),
        text="本人同意为上述用途提供姓名。",
    )
    return Ready(order, POPULATION_STEWARD, replace(order, text="本人同意提供姓名。"))


def give_consent(harness: ServiceHarness) -> Ready:
    """An agreement in its first edition."""
    ready = publish_consent_agreement(harness)
    agreement = harness.execute(ready.order, ready.by).id
    order = GiveConsent(agreement_id=agreement, edition=1)
    return Ready(order, APPLICANT, replace(order, edition=2))


def withdraw_consent(harness: ServiceHarness) -> Ready:
    """A consent that stands."""
    ready = give_consent(harness)
    consent = harness.execute(ready.order, ready.by).id
    return on_existing(WithdrawConsent(consent_id=consent), APPLICANT)


def raise_data_objection(harness: ServiceHarness) -> Ready:
    """Somebody whose name is wrong."""
    _province_organs(harness)
    person = Person.registered(
        resident_number_from(COUNTY, date(1985, 6, 1), 1), "潮生", COUNTY, None
    )
    harness.act(lambda context: context.unit.add(person))
    order = RaiseDataObjection(subject=person.id, item="person.name", claim="应为潮升")
    own = Principal("account.self", "resident", COUNTY, person=person.id)
    return Ready(order, own, replace(order, item="person.birth_date"))


def verify_objection(harness: ServiceHarness) -> Ready:
    """An objection before the organ that provides the item."""
    ready = raise_data_objection(harness)
    objection = harness.execute(ready.order, ready.by).id
    order = VerifyObjection(objection_id=objection, verdict="upheld", reason="与户口簿不符")
    return on_existing(order, POPULATION_STEWARD)


def correct_fact(harness: ServiceHarness) -> Ready:
    """An upheld objection."""
    ready = verify_objection(harness)
    objection = harness.execute(ready.order, ready.by).id
    order = CorrectFact(objection_id=objection, note="已按户口簿更正")
    return on_existing(order, POPULATION_STEWARD)


def issue_licence(harness: ServiceHarness) -> Ready:
    """An enterprise, the organ that issues it a licence, and a key that signs licences."""
    keys.ensure_signing_key(harness.runtime.settings, "licence", "key-1")
    harness.at(MONDAY)
    leader = Person.registered(
        resident_number_from(COUNTY, date(1985, 6, 1), 1), "潮生", COUNTY, None
    )
    enterprise = Enterprise.registered(
        credit_code=credit_code_from("9", "1", COUNTY, organisation_code_from("AAAAAAAA")),
        name="杭州潮味餐饮有限公司",
        division=COUNTY,
        industry="餐饮业",
        registered_capital=100_000_000,
        established=date(2026, 1, 5),
        legal_representative=leader.id,
    )
    organ = Organ(
        id=REGISTRAR.organ,
        division=COUNTY,
        name="杭州市西湖区市场监督管理局",
        name_en="Administration for Market Regulation of Xihu District",
        kind="market_regulation",
    )

    def keep(context: Context) -> None:
        for record in (leader, enterprise, organ):
            context.unit.add(record)

    harness.act(keep)
    order = IssueLicence(
        kind="food_operation_licence",
        organ=organ.id,
        enterprise_id=enterprise.id,
        particulars={"premises": "文三路1号", "scope": "热食类食品制售"},
    )
    other = {"premises": "文三路2号", "scope": "热食类食品制售"}
    return Ready(order, REGISTRAR, replace(order, particulars=other))


def _enterprise(harness: ServiceHarness) -> tuple[str, Principal, str]:
    """An enterprise, who leads it, and somebody else; the ids of enterprise and other."""
    ready = issue_licence(harness)
    assert isinstance(ready.order, IssueLicence)
    number = resident_number_from(COUNTY, date(1990, 6, 1), 2)
    other = Person.registered(number, "潮平", COUNTY, None)
    harness.act(lambda context: context.unit.add(other))
    leader = person_id(resident_number_from(COUNTY, date(1985, 6, 1), 1))
    return (
        ready.order.enterprise_id,
        Principal("account.leader", "resident", COUNTY, person=leader),
        other.id,
    )


def appoint_to_enterprise(harness: ServiceHarness) -> Ready:
    """An enterprise, and somebody without a role in it."""
    enterprise, _, other = _enterprise(harness)
    order = AppointToEnterprise(
        enterprise_id=enterprise, person=other, role="manager", basis="股东会决议"
    )
    return on_existing(order, REGISTRAR)


def _with_manager(harness: ServiceHarness) -> AppointToEnterprise:
    ready = appoint_to_enterprise(harness)
    harness.execute(ready.order, ready.by)
    assert isinstance(ready.order, AppointToEnterprise)
    return ready.order


def end_enterprise_role(harness: ServiceHarness) -> Ready:
    """An enterprise with a manager."""
    held = _with_manager(harness)
    order = EndEnterpriseRole(
        enterprise_id=held.enterprise_id, person=held.person, role=held.role, basis="股东会决议"
    )
    return on_existing(order, REGISTRAR)


def replace_legal_representative(harness: ServiceHarness) -> Ready:
    """An enterprise whose manager is not its legal representative."""
    held = _with_manager(harness)
    order = ReplaceLegalRepresentative(
        enterprise_id=held.enterprise_id, legal_representative=held.person, basis="股东会决议"
    )
    return on_existing(order, REGISTRAR)


def authorise_handler(harness: ServiceHarness) -> Ready:
    """An enterprise, and somebody who has no role in it."""
    enterprise, leader, other = _enterprise(harness)
    order = AuthoriseHandler(enterprise_id=enterprise, person=other, until=date(2026, 12, 31))
    return on_existing(order, leader)


def withdraw_handler(harness: ServiceHarness) -> Ready:
    """Somebody who handles an enterprise's affairs."""
    ready = authorise_handler(harness)
    harness.execute(ready.order, ready.by)
    assert isinstance(ready.order, AuthoriseHandler)
    order = WithdrawHandler(enterprise_id=ready.order.enterprise_id, person=ready.order.person)
    return on_existing(order, ready.by)


def suspend_licence(harness: ServiceHarness) -> Ready:
    """A licence in force."""
    ready = issue_licence(harness)
    licence = harness.execute(ready.order, ready.by).id
    order = SuspendLicence(
        licence_id=licence, reason="后厨卫生不合格", legal_basis="食品安全法第一百二十六条"
    )
    return on_existing(order, REGISTRAR)


def resume_licence(harness: ServiceHarness) -> Ready:
    """A suspended licence."""
    ready = suspend_licence(harness)
    licence = harness.execute(ready.order, ready.by).id
    return on_existing(ResumeLicence(licence_id=licence), REGISTRAR)


def revoke_licence(harness: ServiceHarness) -> Ready:
    """A licence in force."""
    suspension = suspend_licence(harness).order
    assert isinstance(suspension, SuspendLicence)
    order = RevokeLicence(
        licence_id=suspension.licence_id,
        reason=suspension.reason,
        legal_basis=suspension.legal_basis,
    )
    return on_existing(order, REGISTRAR)


def merge_divisions(harness: ServiceHarness) -> Ready:
    """A county that can be given another name from tomorrow on."""
    harness.at(MONDAY)
    harness.act(_divisions)
    order = MergeDivisions(
        division=COUNTY[:4],
        basis="国函〔2026〕1号",
        effective=MONDAY.date() + timedelta(days=1),
        moves=(TerritoryMove(from_code=COUNTY, to_code=COUNTY, name="钱江区"),),
    )
    return Ready(order, REGISTRAR_OF_DIVISIONS, replace(order, basis="国函〔2026〕2号"))


def withdraw_merger(harness: ServiceHarness) -> Ready:
    """A merger that is announced for tomorrow."""
    ready = merge_divisions(harness)
    merger = harness.execute(ready.order, ready.by).id
    return on_existing(WithdrawMerger(merger_id=merger), REGISTRAR_OF_DIVISIONS)


def _official(name: str) -> Account:
    """An account of an official of the county, opened without an event."""
    account = Account.opened(name, COUNTY, "-")
    account.take_told()
    return account


def establish_post(harness: ServiceHarness) -> Ready:
    """An organ without posts, and two officials."""
    harness.at(MONDAY)
    harness.act(_divisions)
    organ = Organ(
        id=f"{COUNTY}-government",
        division=COUNTY,
        name="杭州市西湖区人民政府",
        name_en="People's Government of Xihu District",
        kind="government",
        type="government",
    )

    def keep(context: Context) -> None:
        for record in (organ, _official("first.official"), _official("second.official")):
            context.unit.add(record)

    harness.act(keep)
    order = EstablishPost(
        division=COUNTY, organ=organ.id, title="办公室主任", roles=("case_officer",)
    )
    return Ready(order, ADMINISTRATOR, replace(order, title="办公室副主任"))


def abolish_post(harness: ServiceHarness) -> Ready:
    """A post that nobody holds."""
    ready = establish_post(harness)
    post = harness.execute(ready.order, ready.by).id
    return on_existing(AbolishPost(post_id=post), ADMINISTRATOR)


def appoint_official(harness: ServiceHarness) -> Ready:
    """A vacant post."""
    ready = establish_post(harness)
    post = harness.execute(ready.order, ready.by).id
    order = AppointOfficial(post_id=post, account="first.official", basis="杭任〔2026〕1号")
    return Ready(order, ADMINISTRATOR, replace(order, account="second.official"))


def end_appointment(harness: ServiceHarness) -> Ready:
    """A post with its holder."""
    ready = appoint_official(harness)
    appointment = harness.execute(ready.order, ready.by).appointment_id
    order = EndAppointment(appointment_id=appointment, reason="relieved", basis="杭任〔2026〕2号")
    return on_existing(order, ADMINISTRATOR)


def open_account(harness: ServiceHarness) -> Ready:
    """A division, and nobody of that name."""
    establish_post(harness)
    order = OpenAccount(account="third.official", division=COUNTY)
    return Ready(order, ADMINISTRATOR, replace(order, account="fourth.official"))


def close_account(harness: ServiceHarness) -> Ready:
    """An official who holds no post."""
    establish_post(harness)
    return on_existing(CloseAccount(account="first.official"), ADMINISTRATOR)


# digital_government


def _share(order: FetchSharedData) -> SharedFacts:
    facts = [SharedFact(name=f, value="值", source="人口库", as_of=MONDAY) for f in order.facts]
    return SharedFacts(ledger_id="l-1", facts=tuple(facts))


def _apply(harness: ServiceHarness, name: str = "杭州潮起科技有限公司") -> SubmitOneThing:
    form = StartupForm(
        reservation_id="n-1",
        name=name,
        industry="软件和信息技术服务业",
        registered_capital=100_000_000,
        address="杭州市西湖区文三路1号",
    )
    return SubmitOneThing(thing="enterprise_startup", division=COUNTY, form=form.dump())


def submit_one_thing(harness: ServiceHarness) -> Ready:
    """A county that offers every matter."""
    harness.at(MONDAY)
    harness.remote[FetchSharedData] = _share
    load(harness.runtime, government_steps(harness.runtime.settings))
    order = _apply(harness)
    return Ready(order, APPLICANT, _apply(harness, "杭州潮落科技有限公司"))


def _submitted(harness: ServiceHarness) -> tuple[str, str]:
    """Apply; the ids of the one-thing and of its first case."""
    ready = submit_one_thing(harness)
    one_thing = harness.execute(ready.order, ready.by).id
    (row,) = harness.rows(sa.select(Case.id).where(Case.matter == REGISTRATION))
    return one_thing, str(row.id)


def _accepted(harness: ServiceHarness) -> str:
    _, case_id = _submitted(harness)
    harness.execute(AcceptCase(case_id=case_id), REGISTRAR)
    return case_id


def accept_case(harness: ServiceHarness) -> Ready:
    """A case that waits for acceptance."""
    return on_existing(AcceptCase(case_id=_submitted(harness)[1]), REGISTRAR)


def request_supplement(harness: ServiceHarness) -> Ready:
    """A case that waits for acceptance."""
    _, case_id = _submitted(harness)
    return on_existing(RequestSupplement(case_id=case_id, missing=("租赁合同",)), REGISTRAR)


def supplement_case(harness: ServiceHarness) -> Ready:
    """A case that waits for its applicant."""
    ready = request_supplement(harness)
    case_id = harness.execute(ready.order, ready.by).id
    return on_existing(SupplementCase(case_id=case_id, answers={"租赁合同": "已补"}), APPLICANT)


def suspend_case(harness: ServiceHarness) -> Ready:
    """An accepted case."""
    order = SuspendCase(case_id=_accepted(harness), procedure="hearing", days_needed=10)
    return on_existing(order, REGISTRAR)


def resume_case(harness: ServiceHarness) -> Ready:
    """A case in a special procedure."""
    ready = suspend_case(harness)
    case_id = harness.execute(ready.order, ready.by).id
    return on_existing(ResumeCase(case_id=case_id), REGISTRAR)


def decide_case(harness: ServiceHarness) -> Ready:
    """An accepted case."""
    return on_existing(DecideCase(case_id=_accepted(harness), outcome="granted"), REGISTRAR)


def withdraw_case(harness: ServiceHarness) -> Ready:
    """A case that is not decided."""
    _, case_id = _submitted(harness)
    return on_existing(WithdrawCase(case_id=case_id, reason="不再开办"), APPLICANT)


def rate_one_thing(harness: ServiceHarness) -> Ready:
    """A one-thing that ended, because its registration was refused."""
    one_thing, case_id = _submitted(harness)
    harness.execute(AcceptCase(case_id=case_id), REGISTRAR)
    refusal = DecideCase(case_id=case_id, outcome="refused", reasons="住所不符合条件")
    harness.execute(refusal, REGISTRAR)
    harness.settle()
    return on_existing(RateOneThing(one_thing_id=one_thing, grade=5), APPLICANT)


# digital_economy


def publish_policy(harness: ServiceHarness) -> Ready:
    """No policy of that number."""
    harness.at(MONDAY)
    criterion = Criterion(test="division_within", value=COUNTY, clause="第三条")
    order = PublishPolicy(
        title="初创企业扶持办法",
        number="西政〔2026〕1号",
        division=COUNTY,
        valid_from=date(2026, 1, 1),
        amount=100_000,
        criteria=(criterion,),
    )
    return Ready(order, OFFICIAL, replace(order, amount=200_000))


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "ReplayDeadLetter": dead_letter,
    "SignIn": sign_in,
    "IssueEnrolmentCode": issue_enrolment_code,
    "EnrolSecondFactor": enrol_second_factor,
    "ConfirmSecondFactor": confirm_second_factor,
    "RemoveSecondFactor": remove_second_factor,
    "GrantAgency": grant_agency,
    "ActAsAgent": act_as_agent,
    "RevokeAgency": revoke_agency,
    "RenewSession": renew_session,
    "RevokeSession": revoke_session,
    "MoveCalendar": move_calendar,
    "RegisterPerson": register_person,
    "CorrectPerson": correct_person,
    "MovePerson": move_person,
    "RegisterDeath": register_death,
    "DeregisterPerson": deregister_person,
    "RestorePerson": restore_person,
    "MergePersons": merge_persons,
    "SeparatePersons": separate_persons,
    "EstablishHousehold": establish_household,
    "AddHouseholdMember": add_household_member,
    "RemoveHouseholdMember": remove_household_member,
    "NameHouseholdHead": name_household_head,
    "SplitHousehold": split_household,
    "RegisterGuardianship": register_guardianship,
    "EndGuardianship": end_guardianship,
    "ReserveEnterpriseName": reserve_enterprise_name,
    "ReleaseEnterpriseName": release_enterprise_name,
    "FetchSharedData": fetch_shared_data,
    "RegisterDataResource": register_data_resource,
    "PublishDataResource": publish_data_resource,
    "WithdrawDataResource": withdraw_data_resource,
    "ReclassifyItem": reclassify_item,
    "ApplyForData": apply_for_data,
    "ApproveDataApplication": approve_data_application,
    "RejectDataApplication": reject_data_application,
    "RenewGrant": renew_grant,
    "RevokeGrant": revoke_grant,
    "PublishConsentAgreement": publish_consent_agreement,
    "GiveConsent": give_consent,
    "WithdrawConsent": withdraw_consent,
    "RaiseDataObjection": raise_data_objection,
    "VerifyObjection": verify_objection,
    "CorrectFact": correct_fact,
    "IssueLicence": issue_licence,
    "AppointToEnterprise": appoint_to_enterprise,
    "EndEnterpriseRole": end_enterprise_role,
    "ReplaceLegalRepresentative": replace_legal_representative,
    "AuthoriseHandler": authorise_handler,
    "WithdrawHandler": withdraw_handler,
    "SuspendLicence": suspend_licence,
    "ResumeLicence": resume_licence,
    "RevokeLicence": revoke_licence,
    "MergeDivisions": merge_divisions,
    "WithdrawMerger": withdraw_merger,
    "EstablishPost": establish_post,
    "AbolishPost": abolish_post,
    "AppointOfficial": appoint_official,
    "EndAppointment": end_appointment,
    "OpenAccount": open_account,
    "CloseAccount": close_account,
    "ReplacePassword": replace_password,
    "SubmitOneThing": submit_one_thing,
    "AcceptCase": accept_case,
    "RequestSupplement": request_supplement,
    "SupplementCase": supplement_case,
    "SuspendCase": suspend_case,
    "ResumeCase": resume_case,
    "DecideCase": decide_case,
    "WithdrawCase": withdraw_case,
    "RateOneThing": rate_one_thing,
    "PublishPolicy": publish_policy,
    **cases_concerns.CASES,
    **cases_directives.CASES,
    **cases_policy_documents.CASES,
    **cases_screen.CASES,
    **cases_evaluation.CASES,
    **cases_indicators.CASES,
    **cases_internal_matters.CASES,
    **cases_items.CASES,
    **cases_ratings.CASES,
    **cases_supervision.CASES,
    **cases_theory.CASES,
    **cases_tasks.CASES,
    **cases_visits.CASES,
}
