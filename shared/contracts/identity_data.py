"""identity_data: people, enterprises, divisions, organs, licences, data sharing, access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Secret,
    Transition,
)
from shared.contracts.fields import (
    CreditCode,
    DivisionCode,
    Identifier,
    Money,
    PersonName,
    ResidentNumber,
)
from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved, PassedOn

AccountName = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_.-]{1,59}\Z"), Label("账号", "account name")
]
Phone = Annotated[
    str, validate.Regexp(r"1[0-9]{10}\Z", error="Not a phone number."), Label("手机", "phone")
]
EnterpriseName = Annotated[
    str, validate.Length(min=4, max=100), Label("企业名称", "enterprise name")
]
Basis = Annotated[str, validate.Length(min=4, max=200), Label("依据", "what it is based on")]
Industry = Annotated[str, validate.Length(min=1, max=60), Label("行业", "industry")]
MatterCode = Annotated[
    str, validate.Regexp(r"[a-z][a-z_]{1,58}\Z"), Label("事项编码", "matter code")
]
PersonState = Annotated[
    Literal["registered", "dead", "deregistered", "merged"], Label("状态", "state")
]
FactName = Literal[
    "person.name",
    "person.birth_date",
    "person.division",
    "enterprise.name",
    "enterprise.credit_code",
    "enterprise.legal_representative",
    "enterprise.registered_capital",
    "enterprise.established",
]


# Access


class TokenIssued(Contract):
    """A signed token and when it ends (machine clock)."""

    token: Annotated[str, validate.Length(min=1, max=4096)]
    expires_at: datetime


class SignIn(Command[TokenIssued], on="Session", zh="登录"):
    """Open a session with an account's password and get a token of at most ten minutes.

    After five failures in a row an account waits a minute, doubling to an hour. An unknown
    account, a wrong password and an account that waits get the same answer, in the same time.
    """

    account: AccountName
    password: Annotated[str, validate.Length(min=1, max=200), Secret(), Label("密码", "password")]


class SessionOpened(Event, on="Session", key="session_id", zh="会话已建立"):
    """An account signed in."""

    session_id: Identifier
    account: AccountName
    expires_at: datetime


class SignInsSuspended(Event, on="FailedSignIns", key="account", zh="登录已暂停"):
    """So many sign-ins in a row failed that the account waits `until` (machine clock).

    Names that no account has share groups, `UNKNOWN-` and a number, so that nothing tells what was
    typed in the place of a name.
    """

    account: Identifier
    failures: int
    until: datetime


class Session(Contract):
    """A session in force: its tokens end with it at the latest (machine clock)."""

    session_id: Identifier
    version: int
    account: AccountName
    expires_at: datetime


class SessionList(Contract):
    """Sessions in force, the one that ends last first."""

    sessions: tuple[Session, ...]


class MySessions(Query[SessionList], on="Session", zh="我的会话"):
    """The caller's own sessions in force, to see whether somebody else has signed in too."""


class SessionsOfAccount(Query[SessionList], on="Session", zh="查询账号会话"):
    """The sessions in force of one account, for operators."""

    account: AccountName


class RevokeSession(Transition[Done], on="Session", key="session_id", zh="撤销会话"):
    """End a session before its time: every service refuses its tokens within two seconds."""

    session_id: Identifier


class SessionRevoked(Event, on="Session", key="session_id", zh="会话已撤销"):
    """No token of the session is to be accepted any more; all have expired by `until`."""

    session_id: Identifier
    until: datetime


class SigningKeyPublished(Event, on="SigningKey", key="kid", zh="签名公钥已发布"):
    """A public key (RFC 7517) that signs tokens or licences from `valid_from` on; told again with
    `valid_to` when another takes its place."""

    kid: Identifier
    jwk: Mapping[str, object]
    purpose: Literal["token", "licence"]
    valid_from: datetime
    valid_to: datetime | None = None


class MoveCalendar(Transition[Done], on="Calendar", key="calendar_id", zh="推进模拟日历"):
    """Move the simulated business calendar forward, everywhere; refused unless it is simulated."""

    calendar_id: Literal["calendar"] = "calendar"
    instant: datetime


class CalendarMoved(Event, on="Calendar", key="calendar_id", zh="模拟日历已推进"):
    """The simulated business calendar stands at this instant now."""

    calendar_id: str
    instant: datetime


# People and enterprises


class RegisterPerson(Command[Done], on="Person", zh="登记自然人"):
    """Register a natural person under the resident number.

    A district code in the number that was abolished since is no fault: it tells where the person
    was first registered.
    """

    number: ResidentNumber
    name: PersonName
    division: DivisionCode
    phone: Phone | None = None


class PersonRegistered(Event, on="Person", key="person_id", zh="自然人已登记"):
    """A person is known; the event carries no number and no name."""

    person_id: Identifier
    division: DivisionCode


class Person(Contract):
    """A registered natural person, as its own data or as an official may see it."""

    person_id: Identifier
    version: int
    number: ResidentNumber
    name: PersonName
    birth_date: date
    division: DivisionCode
    warnings: Annotated[tuple[str, ...], Label("提示", "warnings")] = ()
    state: Annotated[
        Literal["registered", "dead", "deregistered", "merged"], Label("状态", "state")
    ] = "registered"
    died_on: date | None = None


class CorrectPerson(Transition[Done], on="Person", key="person_id", zh="更正自然人信息"):
    """Correct what was registered wrongly or has lawfully changed; what is left out stays
    (Household Registration Regulations 1958, articles 17 and 18)."""

    person_id: Identifier
    basis: Basis
    name: PersonName | None = None
    phone: Phone | None = None


class PersonCorrected(Event, on="Person", key="person_id", zh="自然人信息已更正"):
    """Which of a person's data were corrected, never their values."""

    person_id: Identifier
    fields: tuple[str, ...]


class MovePerson(Transition[Done], on="Person", key="person_id", zh="迁入登记"):
    """Register that a person lives in another division, by the registrar there (the same
    Regulations, article 13)."""

    person_id: Identifier
    division: DivisionCode
    basis: Basis


class PersonMoved(Event, on="Person", key="person_id", zh="自然人已迁移"):
    """A person lives in another division."""

    person_id: Identifier
    from_division: DivisionCode
    division: DivisionCode


class RegisterDeath(Transition[Done], on="Person", key="person_id", zh="死亡登记"):
    """Register a death (the same Regulations, article 8)."""

    person_id: Identifier
    died_on: Annotated[date, Label("死亡日期", "day of death")]
    basis: Basis


class PersonDied(Event, on="Person", key="person_id", zh="自然人已死亡"):
    """A person died on that day."""

    person_id: Identifier
    died_on: date


class DeregisterPerson(Transition[Done], on="Person", key="person_id", zh="注销户口"):
    """Take a living person off the register."""

    person_id: Identifier
    reason: Annotated[Literal["settled_abroad", "foreign_nationality"], Label("注销原因", "why")]
    basis: Basis


class PersonDeregistered(Event, on="Person", key="person_id", zh="户口已注销"):
    """A person is on the register no more."""

    person_id: Identifier
    reason: str


class RestorePerson(Transition[Done], on="Person", key="person_id", zh="恢复户口"):
    """Put back who was registered as dead or taken off by mistake, or has come back."""

    person_id: Identifier
    basis: Basis


class PersonRestored(Event, on="Person", key="person_id", zh="户口已恢复"):
    """A person is on the register again, as before."""

    person_id: Identifier


class ScorePart(Contract):
    """What two records have in common, and how many of 100 points that is worth."""

    what: Literal["name", "birth_date", "phone", "number"]
    points: int


class PossibleDuplicate(Contract):
    """A record that may be of the same person; `score` is the sum of the parts."""

    person_id: Identifier
    score: int
    parts: tuple[ScorePart, ...]


class DuplicateList(Contract):
    """Possible duplicates, the most likely first."""

    candidates: tuple[PossibleDuplicate, ...]


class PossibleDuplicates(
    Query[DuplicateList], on="Person", key="person_id", zh="疑似重复人员", personal="person_id"
):
    """Other records that may be of this person, each with what speaks for it."""

    person_id: Identifier


class MergePersons(Transition[Done], on="Person", key="person_id", zh="合并重复人员"):
    """Say that a record is of the same person as another, `into`, which stands for both from now
    on: every reference to the one is to the other, in all services."""

    person_id: Identifier
    into: Identifier
    basis: Basis


class PersonsMerged(Event, on="Person", key="person_id", zh="重复人员已合并"):
    """What refers to `person_id` refers to `into` from now on."""

    person_id: Identifier
    into: Identifier


class SeparatePersons(Transition[Done], on="Person", key="person_id", zh="撤销人员合并"):
    """Take a merger of two records back: they are of two people after all. What referred to
    `person_id` before does so again."""

    person_id: Identifier
    basis: Basis


class PersonsSeparated(Event, on="Person", key="person_id", zh="人员合并已撤销"):
    """What referred to `person_id` before its merger into the other does so again."""

    person_id: Identifier
    into: Identifier


class PersonById(
    Query[Person], on="Person", key="person_id", zh="查询自然人", personal="person_id"
):
    """The registered data of one person."""

    person_id: Identifier


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


# Licences

LicenceKind = Annotated[
    Literal["business_licence", "food_operation_licence"], Label("证照类型", "type of licence")
]
LicenceStanding = Annotated[
    Literal["in_force", "suspended", "revoked", "expired"], Label("证照状态", "state of a licence")
]
LicenceReason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
LegalBasis = Annotated[str, validate.Length(min=4, max=200), Label("法律依据", "legal basis")]


class LicenceType(Contract):
    """One type of licence (GB/T 36902-2018): who holds it, which kind of organ issues it, for how
    many years it is in force (None: without end), what it states besides its holder's data, and
    the law behind it."""

    code: LicenceKind
    title: str
    title_en: str
    holder: Annotated[str, Label("持证主体类别", "kind of holder")]
    organ_kind: Annotated[str, Label("发证机关类别", "kind of issuing organ")]
    years: Annotated[int | None, Label("有效期限（年）", "years in force")] = None
    particulars: tuple[str, ...] = ()
    basis: str


class LicenceTypeList(Contract):
    """Types of licences."""

    types: tuple[LicenceType, ...]


class LicenceCatalogue(Query[LicenceTypeList], on="PublicLicenceType", zh="查询证照类型目录"):
    """The catalogue of the types of licences; anybody may ask."""


class IssueLicence(Command[Done], on="Licence", zh="颁发电子证照"):
    """Issue a licence to an enterprise, in the name of `organ` (Administrative Licensing Law
    article 39); `particulars` are those that the type states besides its holder's. A business
    licence is not issued by this but follows from the registration."""

    kind: Annotated[Literal["food_operation_licence"], Label("证照类型", "type of licence")]
    organ: Annotated[Identifier, Label("发证机关", "issuing organ")]
    enterprise_id: Annotated[Identifier, Label("持证企业", "enterprise that holds it")]
    particulars: Annotated[
        Mapping[str, str], validate.Length(max=20), Label("载明事项", "what it states")
    ]


class SuspendLicence(Transition[Done], on="Licence", key="licence_id", zh="暂扣电子证照"):
    """Withhold a licence for a time (Administrative Penalty Law article 9 (3)); its period goes
    on."""

    licence_id: Identifier
    reason: LicenceReason
    legal_basis: LegalBasis


class ResumeLicence(Transition[Done], on="Licence", key="licence_id", zh="恢复电子证照"):
    """Give a suspended licence back."""

    licence_id: Identifier


class RevokeLicence(Transition[Done], on="Licence", key="licence_id", zh="吊销电子证照"):
    """Take a licence away for good (Administrative Penalty Law article 9 (3))."""

    licence_id: Identifier
    reason: LicenceReason
    legal_basis: LegalBasis


class LicenceIssued(Event, on="Licence", key="licence_id", zh="电子证照已签发"):
    """An electronic licence was signed (GB/T 36901-2018); the content stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    case_id: Identifier | None = None


class LicenceSuspended(Event, on="Licence", key="licence_id", zh="电子证照已暂扣"):
    """A licence is not in force until it is given back; the reason stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    legal_basis: LegalBasis


class LicenceResumed(Event, on="Licence", key="licence_id", zh="电子证照已恢复"):
    """A licence is in force again."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier


class LicenceRevoked(Event, on="Licence", key="licence_id", zh="电子证照已吊销"):
    """A licence is over by a decision; the reason stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    legal_basis: LegalBasis


class LicenceExpired(Event, on="Licence", key="licence_id", zh="电子证照已届满"):
    """A licence is over because its last day is (Administrative Licensing Law article 70 (1))."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier


class LicencePassedOn(PassedOn, on="Licence", zh="电子证照区划已变更"):
    """Another division is responsible for a licence now, and the organ that took its organ over."""


class Licence(Contract):
    """An electronic licence: `signed` is a JWS (RFC 7515) over its content, Ed25519.

    `last_day` is the last on which it is in force, None without end; `reason` and `legal_basis`
    are those of its suspension or revocation.
    """

    licence_id: Identifier
    version: int
    kind: str
    holder: Identifier
    content: Mapping[str, object]
    signed: Annotated[str, validate.Length(min=1, max=20_000)]
    revoked: bool = False
    state: LicenceStanding = "in_force"
    organ: Annotated[str, validate.Length(max=64), Label("发证机关", "issuing organ")] = ""
    last_day: date | None = None
    reason: Annotated[str, validate.Length(max=500), Label("理由", "reason")] = ""
    legal_basis: Annotated[str, validate.Length(max=200), Label("法律依据", "legal basis")] = ""


class LicenceById(
    Query[Licence], on="Licence", key="licence_id", zh="查询电子证照", personal="licence_id"
):
    """A licence with its signature; for its holder's people and for officials."""

    licence_id: Identifier


class LicenceOfCase(Query[Licence], on="Licence", zh="查询办件证照", personal="licence_id"):
    """The licence that a case led to."""

    case_id: Identifier
    owner: Annotated[Identifier | None, Label("申请人", "the applicant, whose own case it is")] = (
        None
    )


class LicenceVerdict(Contract):
    """What a check of a presented licence found; `state` is the present one of a genuine licence
    that is known."""

    genuine: bool
    in_force: bool
    reason: Annotated[str, validate.Length(max=200)] = ""
    content: Mapping[str, object] = field(default_factory=dict)
    state: LicenceStanding | None = None


class VerifyLicence(Query[LicenceVerdict], on="PublicLicence", zh="核验电子证照"):
    """Whether a whole licence or a presentation is genuine, in time and still in force; anybody
    may ask. Of a presentation only the items that it shows are answered."""

    signed: Annotated[str, validate.Length(min=1, max=20_000)]


class LicencePresentation(Contract):
    """Chosen items of a licence as a signed text (JWS), and the same as a QR code in SVG; neither
    holds from `expires_at` on."""

    presentation: Annotated[str, validate.Length(min=1, max=2000)]
    expires_at: datetime
    qr: Annotated[str, validate.Length(min=1, max=200_000), Label("二维码", "QR code as SVG")]


class PresentLicence(
    Query[LicencePresentation],
    on="Licence",
    key="licence_id",
    zh="出示电子证照",
    personal="licence_id",
):
    """Show these items of a licence in force, and no others, for five minutes; for its holder's
    people. What is always shown: its id, its type and its last day."""

    licence_id: Identifier
    items: Annotated[
        tuple[Annotated[str, validate.Length(min=1, max=60)], ...],
        validate.Length(min=1, max=30),
        Label("出示事项", "names of items of its content"),
    ]


class LicenceKeySet(Contract):
    """The public keys of licences, as a JWK Set (RFC 7517 section 5)."""

    keys: tuple[Mapping[str, object], ...]


class LicenceKeys(Query[LicenceKeySet], on="PublicKey", zh="查询证照公钥"):
    """All public keys that licences were ever signed with, for checking without this platform;
    anybody may ask."""


# Sharing data instead of asking for paper


class SharedFact(Contract):
    """One fact with its source."""

    name: FactName
    value: Annotated[str, validate.Length(max=200)]
    source: Annotated[str, validate.Length(max=200), Label("来源", "source")]
    as_of: datetime


class SharedFacts(Contract):
    """What was shared, and the ledger entry that says so."""

    ledger_id: Identifier
    facts: tuple[SharedFact, ...]


class FetchSharedData(Command[SharedFacts], on="SharedData", zh="调用共享数据"):
    """Read facts of a person or enterprise for the handling of a matter, and enter it in the
    ledger that the person can read (Data Security Law art. 38; Zhejiang Public Data Regulations
    2022, art. 24). Refused where the matter has no need of a fact."""

    subject: Identifier
    facts: Annotated[tuple[FactName, ...], validate.Length(min=1, max=20)]
    purpose: Annotated[str, validate.Length(min=2, max=200), Label("用途", "purpose")]
    matter: MatterCode
    case_id: Identifier


class DataShared(Event, on="SharedData", key="ledger_id", zh="数据已共享"):
    """Somebody read facts of a subject; which ones, never their values."""

    ledger_id: Identifier
    subject: Identifier
    facts: tuple[str, ...]
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    reader: Annotated[str, validate.Length(max=100)]


class LedgerEntry(Contract):
    """One reading of somebody's data."""

    ledger_id: Identifier
    at: datetime
    reader: Annotated[str, validate.Length(max=100)]
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    facts: tuple[str, ...]


class Ledger(Contract):
    """Who read a subject's data, newest first."""

    entries: tuple[LedgerEntry, ...]


class ReadersOfMyData(Query[Ledger], on="SharedData", zh="谁看过我的数据", personal="owner"):
    """Who read this person's data, when and what for; for the person."""

    owner: Annotated[Identifier, Label("本人", "the person")]


# Divisions and organs


class Division(Contract):
    """An administrative division as of a day (GB/T 2260)."""

    code: DivisionCode
    name: Annotated[str, validate.Length(max=100)]
    level: Annotated[int, validate.Range(min=1, max=5)]
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


class DivisionList(Contract):
    """A division and those directly below it."""

    divisions: tuple[Division, ...]


class DivisionsBelow(Query[DivisionList], on="PublicDivision", zh="查询行政区划"):
    """A division and those directly below it, as of a day; without one, today."""

    code: DivisionCode
    as_of: date | None = None


class TerritoryMove(Contract):
    """Territory of `from_code` that belongs to `to_code` from the day on, codes of one level.

    A code moved into itself goes on, with what the other moves leave it. Where a code has several
    moves and no township tells which, it keeps the matter if it goes on, else the first takes over.
    """

    from_code: DivisionCode
    to_code: DivisionCode
    name: Annotated[
        str | None,
        validate.Length(min=2, max=100),
        Label("名称", "name of `to_code` from then on, where it is new or changes"),
    ] = None


Moves = Annotated[
    tuple[TerritoryMove, ...], validate.Length(min=1, max=2000), Label("区划变动", "moves")
]


class MergeDivisions(Command[Done], on="DivisionMerger", zh="行政区划变更"):
    """Merge, split or rename divisions, or pass townships on to another county, from the beginning
    of a day (Regulations on the Administration of Administrative Divisions, State Council Decree
    704, articles 6 to 9). `division` is the one within which all of it happens."""

    division: DivisionCode
    basis: Basis
    effective: date
    moves: Moves


class WithdrawMerger(Transition[Done], on="DivisionMerger", key="merger_id", zh="撤回区划变更"):
    """Take an announced merger back before it takes effect."""

    merger_id: Identifier


class MergerAnnounced(Event, on="DivisionMerger", key="merger_id", zh="区划变更已公布"):
    """Divisions will change on that day."""

    merger_id: Identifier
    basis: Basis
    effective: date


class MergerWithdrawn(Event, on="DivisionMerger", key="merger_id", zh="区划变更已撤回"):
    """What was announced does not happen."""

    merger_id: Identifier


class DivisionsMerged(Event, on="DivisionMerger", key="merger_id", zh="区划变更已生效"):
    """From the beginning of this day on the territory belongs where the moves say; every service
    passes its open work on to the successors."""

    merger_id: Identifier
    division: DivisionCode
    effective: date
    moves: Moves


class OpenWorkPassed(OpenWorkMoved, zh="登记数据已移交"):
    """People, enterprises, reserved names and accounts belong to the successors."""


class PersonPassedOn(PassedOn, on="Person", zh="自然人区划已变更"):
    """A person lives where another division is responsible now."""


class EnterprisePassedOn(PassedOn, on="Enterprise", zh="企业区划已变更"):
    """An enterprise has its seat where another division is responsible now."""


class NamePassedOn(PassedOn, on="EnterpriseName", zh="保留名称区划已变更"):
    """A reserved name belongs to another division now."""


class PassedWork(Contract):
    """What one service passed on after a merger."""

    service: str
    counts: Annotated[Mapping[str, int], Label("移交数", "passed on")]


class Merger(Contract):
    """A merger of divisions, and how far the services have come with it."""

    merger_id: Identifier
    version: int
    basis: Basis
    effective: date
    state: Annotated[Literal["announced", "in_force", "withdrawn"], Label("状态", "state")]
    moves: Moves
    passed: tuple[PassedWork, ...]
    complete: Annotated[bool, Label("移交完毕", "all services have passed their open work on")]


class MergerById(Query[Merger], on="DivisionMerger", key="merger_id", zh="查询区划变更"):
    """One merger, with what has passed on after it."""

    merger_id: Identifier


class Organ(Contract):
    """A party or government organ; `valid_to` is the first day on which it is no more."""

    organ_id: Identifier
    name: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    kind: str
    parent: Annotated[str | None, Label("上级", "superior organ")] = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Annotated[str | None, Label("承接机构", "organ that took its work over")] = None


class OrganById(Query[Organ], on="PublicOrgan", zh="查询机构"):
    """One organ."""

    organ_id: Identifier


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Enterprises registered and data readings, by division and month."""
