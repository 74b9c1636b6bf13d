"""The item catalogue: what the province defines (基本目录) and what each division offers of it
(实施清单)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.terms import Across, Days, Key, OrganKind
from shared.contracts.fields import DivisionCode, Identifier, LongText, Money
from shared.contracts.identity_data import FactName, LicenceKind, MatterCode

ItemKind = Annotated[
    Literal[
        "administrative_licence",
        "administrative_confirmation",
        "administrative_payment",
        "administrative_adjudication",
        "administrative_reward",
        "administrative_levy",
        "other_power",
        "public_service",
    ],
    Label("事项类型", "kind of item"),
]
ItemLevel = Annotated[
    Literal["province", "city", "county", "township"], Label("行使层级", "level that handles it")
]
ItemSubject = Annotated[Literal["person", "enterprise"], Label("服务对象", "whom it is for")]
ItemLegalBasis = Annotated[
    str,
    validate.Length(min=4, max=2000),
    validate.Regexp(r"[^\n]*《[^\n]+》[^\n]*\Z", error="Name the law, as 《…》, and its clause."),
    Label("法律依据", "legal basis: law and clause"),
]
ItemName = Annotated[str, validate.Length(min=2, max=100), Label("事项名称", "name of the item")]
Visits = Annotated[int, validate.Range(min=0, max=10), Label("到现场次数", "visits")]
OnlineDepth = Annotated[
    int,
    validate.Range(min=1, max=4),
    Label("网办深度", "online depth: 1 information, 2 application, 3 preliminary review, 4 all"),
]
ItemReason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
ImplementationId = Annotated[str, validate.Length(min=1, max=100)]

# How an item is handled


class Material(Contract):
    """A material that an item needs, and where it comes from: from the applicant, from the
    `facts` that are shared, or from an electronic `licence`."""

    key: Key
    name: Annotated[str, validate.Length(min=2, max=100), Label("材料名称", "material")]
    document: Annotated[Key, Label("文书种类", "kind of document, as in the list of documents")]
    source: Annotated[
        Literal["applicant", "shared_data", "licence"], Label("来源渠道", "where it comes from")
    ]
    facts: tuple[FactName, ...] = ()
    licence: LicenceKind | None = None
    tolerable: Annotated[bool, Label("可容缺", "may follow after acceptance")] = False


class ProcedureStep(Contract):
    """One step of a procedure.

    It is open when all that stand in `after` are done or left out; it is left out where `when`
    does not hold, or where all that it comes after were. `organ_kind` names another organ of the
    division that takes part (联办); `by` "rule" leaves it to the item's decision table.
    """

    key: Key
    name: Annotated[str, validate.Length(min=2, max=60), Label("环节名称", "step")]
    stage: Annotated[
        Literal["application", "acceptance", "review", "decision", "delivery"],
        Label("阶段", "stage"),
    ]
    by: Annotated[
        Literal["applicant", "case_officer", "leader", "rule"], Label("办理角色", "who does it")
    ]
    after: Annotated[tuple[Key, ...], Label("前置环节", "steps that come before")] = ()
    organ_kind: OrganKind | None = None
    when: Annotated[
        str | None, validate.Length(min=1, max=300), Label("适用条件", "condition of the branch")
    ] = None
    days: Annotated[
        int | None,
        validate.Range(min=1, max=730),
        Label("环节时限（工作日）", "working days of the step"),
    ] = None


class DecisionColumn(Contract):
    """What a decision table looks at: `field` is `answers.<key>`, `facts.<fact>` or `today`."""

    key: Key
    label: Annotated[str, validate.Length(min=1, max=60), Label("条件", "condition")]
    field: Annotated[str, validate.Length(min=1, max=100), Label("取值", "value looked at")]


class DecisionRow(Contract):
    """One row: a test for each column that it looks at, what follows, and the reason that the
    applicant is given. "manual" leaves the decision to an official."""

    when: Mapping[str, str] = field(default_factory=dict)
    outcome: Literal["granted", "refused", "manual"]
    reason: Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]


class DecisionTable(Contract):
    """The first row whose tests all hold decides."""

    columns: Annotated[tuple[DecisionColumn, ...], validate.Length(min=1, max=30)]
    rows: Annotated[tuple[DecisionRow, ...], validate.Length(min=1, max=500)]


class ItemDefinition(Contract):
    """What the province lays down for an item everywhere (基本要素).

    `statutory_days` are working days; where the law sets none, the promise stands as the limit.
    `form` is a JSON Schema (2020-12) of an object; each property says by `x-source` where its
    value comes from, "applicant" or the name of a fact. `facts` are what the handling needs to
    know besides. Without `procedure` an official accepts and decides. `deemed_approval` says that
    what is not decided in time counts as granted (Administrative Licensing Law article 50). What
    `establishes` an enterprise is applied for as part of a one-thing, whose form describes it.
    """

    name: ItemName
    name_en: Annotated[str, validate.Length(min=2, max=150)]
    kind: ItemKind
    organ_kind: OrganKind
    theme: Annotated[Key, Label("主题", "theme")]
    levels: Annotated[tuple[ItemLevel, ...], validate.Length(min=1, max=4)]
    subject: ItemSubject
    handling: Annotated[
        Literal["on_the_spot", "promised"], Label("办件类型", "done on the spot, or promised")
    ]
    statutory_days: Days
    legal_basis: ItemLegalBasis
    facts: Annotated[tuple[FactName, ...], validate.Length(max=20)] = ()
    materials: Annotated[tuple[Material, ...], validate.Length(max=50)] = ()
    form: Annotated[Mapping[str, object], Label("表单", "form, as JSON Schema")] = field(
        default_factory=dict
    )
    procedure: Annotated[tuple[ProcedureStep, ...], validate.Length(max=50)] = ()
    decision: DecisionTable | None = None
    establishes: Annotated[
        Literal["enterprise"] | None, Label("办理结果", "what a grant brings into being")
    ] = None
    tolerance_days: Annotated[
        int, validate.Range(min=0, max=60), Label("容缺期限（工作日）", "days for what may follow")
    ] = 0
    deemed_approval: Annotated[bool, Label("默示许可", "deemed approval")] = False
    fee: Annotated[Money, Label("收费（分）", "fee in fen")] = 0
    fee_basis: Annotated[str | None, validate.Length(min=4, max=500)] = None


# The basic catalogue


class DefineItem(Command[Done], on="BasicItem", zh="编制基本目录事项"):
    """Define an item for the whole province, in force from its planned day on."""

    code: MatterCode
    division: DivisionCode = "33"
    definition: ItemDefinition
    effective: Annotated[date, Label("计划生效日", "planned day of effect")]
    cancels: Annotated[date | None, Label("计划取消日", "planned day of cancellation")] = None


class ItemDefined(Event, on="BasicItem", key="code", zh="基本目录事项已编制"):
    """An edition of an item stands in the catalogue; it takes effect on its day."""

    code: MatterCode
    edition: int
    name: ItemName
    kind: ItemKind
    organ_kind: OrganKind
    statutory_days: Days
    effective: date
    cancels: date | None = None


class ReviseItem(Transition[Done], on="BasicItem", key="code", zh="修订基本目录事项"):
    """Give an item its next edition. Cases go on under the edition that they were filed under."""

    code: MatterCode
    definition: ItemDefinition
    effective: Annotated[date, Label("计划生效日", "planned day of effect")]
    reason: ItemReason


class ItemTookEffect(Event, on="BasicItem", key="code", zh="基本目录事项已生效"):
    """An edition is in force from today on."""

    code: MatterCode
    edition: int


class CancelItem(Transition[Done], on="BasicItem", key="code", zh="取消基本目录事项"):
    """Plan the end of an item: from that day on nobody offers it, and open cases are decided as
    they were filed."""

    code: MatterCode
    on_day: Annotated[date, Label("计划取消日", "planned day of cancellation")]
    reason: ItemReason


class ItemCancellationPlanned(Event, on="BasicItem", key="code", zh="基本目录事项拟取消"):
    """The item ends on that day."""

    code: MatterCode
    on_day: date
    reason: ItemReason


class ItemCancelled(Event, on="BasicItem", key="code", zh="基本目录事项已取消"):
    """The item is no longer in the catalogue."""

    code: MatterCode


ItemStanding = Literal["planned", "in_force", "cancelled"]


class ItemEditionDetail(Contract):
    """One edition of an item, whole."""

    code: MatterCode
    edition: int
    version: int
    state: ItemStanding
    in_force: Annotated[int | None, Label("现行版本", "edition that is in force")] = None
    effective: date
    cancels: date | None = None
    reason: Annotated[str, validate.Length(max=500)] = ""
    definition: ItemDefinition


class ItemByCode(Query[ItemEditionDetail], on="PublicItem", zh="查询基本目录事项"):
    """An item with its form, materials, procedure and decision table; anybody may ask. Without an
    edition, the one in force or else the next."""

    code: MatterCode
    edition: Annotated[int | None, validate.Range(min=1, max=100_000)] = None


class ProcedureDrawing(Contract):
    """A procedure as a BPMN 2.0 document with its layout, for people to look at."""

    code: MatterCode
    edition: int
    bpmn: Annotated[str, validate.Length(min=1, max=500_000)]


class DrawingOfProcedure(Query[ProcedureDrawing], on="PublicItem", zh="查看办理流程图"):
    """The procedure of an item's edition as BPMN 2.0; anybody may ask."""

    code: MatterCode
    edition: Annotated[int | None, validate.Range(min=1, max=100_000)] = None


# Implementation lists


class ImplementationTerms(Contract):
    """What a division may lay down itself for an item that it claims."""

    promised_days: Annotated[Days, Label("承诺期限（工作日）", "promised working days")]
    visits: Visits = 0
    online_depth: OnlineDepth = 4
    address: Annotated[
        str | None, validate.Length(min=4, max=200), Label("办理地点", "where it is handled")
    ] = None
    enquiry_line: Annotated[
        str | None, validate.Length(min=5, max=30), Label("咨询电话", "telephone")
    ] = None
    across: Across = "none"


class ClaimItem(Command[Done], on="Implementation", zh="认领事项"):
    """Claim an item of the basic catalogue for a division, as a draft that is published later."""

    code: MatterCode
    division: DivisionCode
    organ: Identifier
    terms: ImplementationTerms


class ItemClaimed(Event, on="Implementation", key="implementation_id", zh="事项已认领"):
    """A division drafts its implementation of an item."""

    implementation_id: ImplementationId
    matter: MatterCode
    organ: Identifier


class ReviseTerms(
    Transition[Done], on="Implementation", key="implementation_id", zh="修订实施清单"
):
    """Draft other terms for a claimed item; what is published stands until the draft is."""

    implementation_id: ImplementationId
    terms: ImplementationTerms


class TermsRevised(Event, on="Implementation", key="implementation_id", zh="实施清单已修订"):
    """A draft of the next edition is there."""

    implementation_id: ImplementationId


class PublishItem(
    Transition[Done], on="Implementation", key="implementation_id", zh="发布实施清单"
):
    """Offer a claimed item to the public as drafted, under the edition of the basic catalogue that
    is in force."""

    implementation_id: ImplementationId


class ItemPublished(Event, on="Implementation", key="implementation_id", zh="实施清单已发布"):
    """A division offers an item: its promised days, visits and whether it is online. `again` says
    that it was offered before, and what of it was counted then."""

    implementation_id: ImplementationId
    matter: MatterCode
    division: DivisionCode
    organ: Identifier
    statutory_days: Days
    promised_days: Days
    visits: Visits
    online: bool
    edition: int = 1
    item_edition: Annotated[str, validate.Length(max=80)] = ""
    again: bool = False
    was_online: bool = False
    visits_before: Visits = 0
    statutory_days_before: Annotated[int, validate.Range(min=0)] = 0
    promised_days_before: Annotated[int, validate.Range(min=0)] = 0


class ItemsGenerated(Event, on="Implementation", key="implementation_id", zh="示例事项已生成"):
    """A division's list was filled with items that are made up; one event stands for all of them,
    and the first is named."""

    implementation_id: ImplementationId
    division: DivisionCode
    number: int


class WithdrawItem(
    Transition[Done], on="Implementation", key="implementation_id", zh="停用实施清单"
):
    """Offer an item no more; open cases are decided as they were filed."""

    implementation_id: ImplementationId
    reason: ItemReason


class ItemWithdrawn(Event, on="Implementation", key="implementation_id", zh="实施清单已停用"):
    """A division offers the item no more."""

    implementation_id: ImplementationId
    division: DivisionCode
    visits: Annotated[int, validate.Range(min=0, max=20)]
    online: bool
    statutory_days: Annotated[int, validate.Range(min=0)] = 0
    promised_days: Annotated[int, validate.Range(min=0)] = 0


class Implementation(Contract):
    """An item as one division offers it (实施清单)."""

    implementation_id: ImplementationId
    matter: MatterCode
    name: Annotated[str, validate.Length(max=100)]
    name_en: Annotated[str, validate.Length(max=150)] = ""
    theme: Annotated[str, validate.Length(max=40)] = ""
    division: DivisionCode
    organ: Identifier
    statutory_days: Days
    promised_days: Days
    visits: int
    online: bool
    legal_basis: LongText
    online_depth: int = 4
    edition: int = 1
    item_edition: Annotated[str, validate.Length(max=80)] = ""
    address: Annotated[str | None, validate.Length(max=200)] = None
    enquiry_line: Annotated[str | None, validate.Length(max=30)] = None
    across: Across = "none"


class ImplementationList(Contract):
    """The items of one division; `next_after` is where the next page begins, if there is one."""

    items: tuple[Implementation, ...]
    next_after: Annotated[str | None, validate.Length(max=100)] = None


class ItemsOffered(Query[ImplementationList], on="PublicItem", zh="查询服务事项"):
    """The service items that a division offers, by the words of their names in either language and
    their theme, 200 a page; anybody may ask. What was generated to fill the catalogue is shown
    where it is asked for."""

    division: DivisionCode
    words: Annotated[str | None, validate.Length(min=1, max=40), Label("检索词", "words")] = None
    theme: Key | None = None
    after: Annotated[str | None, validate.Length(max=100), Label("起始", "begins after")] = None
    generated: Annotated[bool, Label("含生成事项", "generated items too")] = False


# What government holds


class DeclareHeldDocument(Command[Done], on="HeldDocument", zh="登记政府已掌握的材料"):
    """Say of a kind of document that government holds it, as facts that are shared or as an
    electronic licence: it can be demanded of nobody from then on (Regulations on Optimising the
    Business Environment, State Council Decree 722, article 37)."""

    document: Key
    division: DivisionCode = "33"
    name: Annotated[str, validate.Length(min=2, max=100), Label("材料名称", "document")]
    facts: Annotated[tuple[FactName, ...], validate.Length(max=20)] = ()
    licence: LicenceKind | None = None


class HeldDocumentDeclared(Event, on="HeldDocument", key="document", zh="政府已掌握的材料已登记"):
    """Nobody has to bring this document any more."""

    document: Key
    name: Annotated[str, validate.Length(max=100)]
