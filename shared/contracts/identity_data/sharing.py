"""Sharing data instead of asking for paper."""

from __future__ import annotations

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
    Transition,
)
from shared.contracts.fields import (
    DivisionCode,
    Identifier,
)
from shared.contracts.identity_data.catalogue import ItemName, ResourceCode
from shared.contracts.identity_data.terms import LegalBasis, MatterCode

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


Purpose = Annotated[str, validate.Length(min=2, max=200), Label("用途", "purpose")]
ReaderId = Annotated[
    str,
    validate.Regexp(r"(service|system):[a-z][a-z0-9_]{1,59}\Z"),
    Label("调用方", "service or system that reads"),
]
AgreementId = Annotated[Identifier, Label("授权同意书", "agreement that is consented to")]
DailyLimit = Annotated[
    int | None, validate.Range(min=1, max=10**9), Label("每日上限（次）", "readings a day")
]
ApplicationState = Annotated[
    Literal["submitted", "approved", "rejected"], Label("申请状态", "state of an application")
]
GrantState = Annotated[
    Literal["in_force", "revoked", "expired"], Label("授权状态", "state of a grant")
]
Reason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]


# Applications and grants


class AppliedItem(Contract):
    """One item that is applied for. One of level L3 or L4 is shown masked, unless it is said why
    the matter needs it in clear; that reason is kept with the grant."""

    name: ItemName
    clear_reason: Annotated[
        str | None, validate.Length(min=4, max=200), Label("明文理由", "why it is needed in clear")
    ] = None


class ApplyForData(Command[Done], on="DataApplication", zh="申请数据共享"):
    """Apply for items of a resource, in the name of `organ`, for a service or system that will read
    them for one matter and one purpose, of subjects in the division `within`, up to the day
    `until`. What is shared without conditions is granted at once; what is not shared is refused;
    of anything else the provider decides within ten working days (State Council document
    国发〔2016〕51号). With an agreement the grant serves by consent: for those alone who consented
    to its present edition; without one it serves a duty by law (Personal Information Protection
    Law article 13)."""

    organ: Annotated[Identifier, Label("申请机构", "organ that applies")]
    resource: ResourceCode
    items: Annotated[tuple[AppliedItem, ...], validate.Length(min=1, max=50)]
    reader: ReaderId
    reader_name: Annotated[
        str, validate.Length(min=2, max=60), Label("调用方名称", "its name in plain words")
    ]
    matter: MatterCode
    purpose: Purpose
    legal_basis: LegalBasis
    within: DivisionCode
    until: Annotated[date, Label("授权期限", "last day")]
    daily_limit: DailyLimit = None
    agreement_id: AgreementId | None = None


class ApproveDataApplication(
    Transition[Done], on="DataApplication", key="application_id", zh="同意数据共享申请"
):
    """Grant what was applied for."""

    application_id: Identifier


class RejectDataApplication(
    Transition[Done], on="DataApplication", key="application_id", zh="驳回数据共享申请"
):
    """Grant nothing, and say why."""

    application_id: Identifier
    reason: Reason


class RenewGrant(Transition[Done], on="DataGrant", key="grant_id", zh="续期数据共享授权"):
    """Let a grant in force end later."""

    grant_id: Identifier
    until: Annotated[date, Label("授权期限", "last day")]


class RevokeGrant(Transition[Done], on="DataGrant", key="grant_id", zh="撤销数据共享授权"):
    """End a grant; nothing is read by it any more."""

    grant_id: Identifier
    reason: Reason


class DataApplied(Event, on="DataApplication", key="application_id", zh="已申请数据共享"):
    """An application is before its provider, who answers by `due`."""

    application_id: Identifier
    resource: ResourceCode
    organ: Identifier
    applicant: Identifier
    due: datetime


class DataApplicationApproved(
    Event, on="DataApplication", key="application_id", zh="数据共享申请已同意"
):
    """An application led to a grant."""

    application_id: Identifier
    grant_id: Identifier


class DataApplicationRejected(
    Event, on="DataApplication", key="application_id", zh="数据共享申请已驳回"
):
    """An application led to nothing; the reason stays with the platform."""

    application_id: Identifier


class GrantGiven(Event, on="DataGrant", key="grant_id", zh="数据共享授权已生效"):
    """A reader may read items for a matter; `until` is the last day, None without end."""

    grant_id: Identifier
    resource: ResourceCode
    items: tuple[str, ...]
    reader: ReaderId
    matter: MatterCode
    until: date | None = None


class GrantRenewed(Event, on="DataGrant", key="grant_id", zh="数据共享授权已续期"):
    """A grant ends later."""

    grant_id: Identifier
    until: date


class GrantRevoked(Event, on="DataGrant", key="grant_id", zh="数据共享授权已撤销"):
    """A grant is over by a decision; the reason stays with the platform."""

    grant_id: Identifier
    reader: ReaderId


class GrantExpired(Event, on="DataGrant", key="grant_id", zh="数据共享授权已到期"):
    """A grant is over because its last day is."""

    grant_id: Identifier
    reader: ReaderId


class DataApplicationEntry(Contract):
    """One application; `overdue` says that it is unanswered after its day."""

    application_id: Identifier
    version: int
    state: ApplicationState
    applicant: Identifier
    resource: ResourceCode
    items: tuple[AppliedItem, ...]
    reader: ReaderId
    reader_name: Annotated[str, validate.Length(max=60)]
    matter: MatterCode
    purpose: Purpose
    legal_basis: LegalBasis
    within: DivisionCode
    until: date
    daily_limit: DailyLimit = None
    agreement_id: AgreementId | None = None
    due: datetime
    overdue: bool
    reason: Annotated[str, validate.Length(max=500)] = ""
    grant_id: Annotated[str, validate.Length(max=64)] = ""


class DataApplicationList(Contract):
    """Applications, those that are due first first."""

    applications: tuple[DataApplicationEntry, ...]


class DataApplications(Query[DataApplicationList], on="DataApplication", zh="查询数据共享申请"):
    """The applications for the resources of an organ that are not answered yet."""

    organ: Annotated[Identifier, Label("信息资源提供方", "organ that provides")]


class DataGrantEntry(Contract):
    """One grant; of its items those with a reason are shown in clear."""

    grant_id: Identifier
    version: int
    state: GrantState
    applicant: Annotated[str, validate.Length(max=64)]
    resource: ResourceCode
    items: tuple[AppliedItem, ...]
    reader: ReaderId
    reader_name: Annotated[str, validate.Length(max=60)]
    matter: MatterCode
    purpose: Purpose
    legal_basis: LegalBasis
    within: DivisionCode
    until: date | None = None
    daily_limit: DailyLimit = None
    agreement_id: AgreementId | None = None


class DataGrantList(Contract):
    """Grants, by id."""

    grants: tuple[DataGrantEntry, ...]


class GrantsOfOrgan(Query[DataGrantList], on="DataGrant", zh="查询数据共享授权"):
    """All grants of the resources of an organ, whatever their state."""

    organ: Annotated[Identifier, Label("信息资源提供方", "organ that provides")]


# Reading


class SharedFact(Contract):
    """One fact with its source; of a masked one the value shows a part alone."""

    name: FactName
    value: Annotated[str, validate.Length(max=200)]
    source: Annotated[str, validate.Length(max=200), Label("来源", "source")]
    as_of: datetime
    masked: bool = False


class SharedFacts(Contract):
    """What was shared, the ledger entry that says so, and the grant that permits it."""

    ledger_id: Identifier
    facts: tuple[SharedFact, ...]
    grant_id: Annotated[str, validate.Length(max=64)] = ""


class FetchSharedData(Command[SharedFacts], on="SharedData", zh="调用共享数据"):
    """Read facts of a person or enterprise for the handling of a matter, and enter it in the
    ledger that the person can read (Data Security Law art. 38; Zhejiang Public Data Regulations
    2022, art. 24). Refused unless a grant in force permits the caller these facts of this subject,
    for this matter and purpose."""

    subject: Identifier
    facts: Annotated[tuple[FactName, ...], validate.Length(min=1, max=20)]
    purpose: Purpose
    matter: MatterCode
    case_id: Identifier
    official: Annotated[
        Identifier | None, Label("调用人", "the official for whom a service reads, if one did")
    ] = None


class DataShared(Event, on="SharedData", key="ledger_id", zh="数据已共享"):
    """Somebody read facts of a subject; which ones, never their values. `official` is the one for
    whom the reader read, where it said so."""

    ledger_id: Identifier
    subject: Identifier
    facts: tuple[str, ...]
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    reader: Annotated[str, validate.Length(max=100)]
    grant_id: Annotated[str, validate.Length(max=64)] = ""
    official: Identifier | None = None


class LedgerEntry(Contract):
    """One reading of somebody's data, with the grant that permitted it: `reader_name` is who read
    in plain words, `labels` are the facts in Chinese, `legal_basis` is the grant's."""

    ledger_id: Identifier
    at: datetime
    reader: Annotated[str, validate.Length(max=100)]
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    purpose: Annotated[str, validate.Length(max=200)]
    matter: MatterCode
    facts: tuple[str, ...]
    subject: Annotated[str, validate.Length(max=64)] = ""
    reader_name: Annotated[str, validate.Length(max=60)] = ""
    labels: tuple[str, ...] = ()
    legal_basis: Annotated[str, validate.Length(max=200)] = ""
    grant_id: Annotated[str, validate.Length(max=64)] = ""


class Ledger(Contract):
    """Who read a subject's data, newest first."""

    entries: tuple[LedgerEntry, ...]


class ReadersOfMyData(
    Query[Ledger], on="Person", key="owner", zh="谁看过我的数据", personal="owner"
):
    """Who read this person's data, and those of the enterprises it leads, when and what for; for
    the person and its guardians."""

    owner: Annotated[Identifier, Label("本人", "the person")]


class ReadersOfEnterprise(
    Query[Ledger],
    on="Enterprise",
    key="enterprise_id",
    zh="谁看过我企业的数据",
    personal="enterprise_id",
):
    """Who read an enterprise's data, when and what for; for its legal representative of today,
    whoever led it then."""

    enterprise_id: Identifier
