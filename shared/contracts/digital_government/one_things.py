"""Several matters applied for with one form: what such a thing consists of, and how far one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.applications import MaterialOfItem
from shared.contracts.digital_government.items import ItemLegalBasis, ItemReason
from shared.contracts.digital_government.terms import Days
from shared.contracts.fields import DivisionCode, Identifier, LongText, Money
from shared.contracts.identity_data import EnterpriseName, Industry, MatterCode
from shared.contracts.succession import PassedOn

ThingCode = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_]{1,58}\Z"), Label("“一件事”编码", "code of a one-thing")
]
ThingName = Annotated[str, validate.Length(min=2, max=100), Label("名称", "name")]

# What it consists of


class ThingMatter(Contract):
    """One matter of a one-thing. It begins when those `after` which it stands are granted, and is
    part of it where `when` holds for the answers. What was granted is undone where one of those
    that it `stands_with` is not granted after all."""

    matter: MatterCode
    after: Annotated[tuple[MatterCode, ...], Label("前置事项", "matters granted before")] = ()
    stands_with: Annotated[
        tuple[MatterCode, ...], Label("同成同撤事项", "matters without which it is undone")
    ] = ()
    when: Annotated[str | None, validate.Length(min=1, max=300), Label("适用条件", "condition")] = (
        None
    )


class ThingDefinition(Contract):
    """Items of the catalogue, of whatever departments and levels, that people meet as one thing.

    `promised_days` working days are promised for the whole, from the application to the last
    decision. Their forms become one, in which nothing stands twice; a document that several of
    them need is handed in once.
    """

    name: ThingName
    name_en: Annotated[str, validate.Length(min=2, max=150)]
    legal_basis: ItemLegalBasis
    promised_days: Annotated[Days, Label("承诺期限（工作日）", "promised working days")]
    matters: Annotated[tuple[ThingMatter, ...], validate.Length(min=2, max=30)]
    form: Annotated[
        Mapping[str, object], Label("附加问题", "what is asked besides, as JSON Schema")
    ] = field(default_factory=dict)


class DefineOneThing(Command[Done], on="ThingCatalogue", zh="编制“一件事”"):
    """Compose a one-thing of items that are in force; it can be applied for at once, in every
    division that offers all its matters."""

    code: ThingCode
    division: DivisionCode = "33"
    definition: ThingDefinition


class ReviseOneThing(Transition[Done], on="ThingCatalogue", key="code", zh="修订“一件事”"):
    """Compose it anew; those that run go on as they were begun."""

    code: ThingCode
    definition: ThingDefinition
    reason: ItemReason


class OneThingDefined(Event, on="ThingCatalogue", key="code", zh="“一件事”已编制"):
    """An edition of a one-thing is in force."""

    code: ThingCode
    edition: int
    name: ThingName
    matters: tuple[MatterCode, ...]


class ThingSummary(Contract):
    """A one-thing among others."""

    code: ThingCode
    name: ThingName
    name_en: Annotated[str, validate.Length(max=150)]
    promised_days: int
    matters: tuple[MatterCode, ...]


class ThingList(Contract):
    """All one-things, by code."""

    things: tuple[ThingSummary, ...]


class OneThingsOffered(Query[ThingList], on="PublicItem", zh="查询“一件事”"):
    """What can be applied for as one thing; anybody may ask."""


class ThingDetail(Contract):
    """One edition of a one-thing with its one form, and every document that it needs, once."""

    code: ThingCode
    edition: int
    version: int
    definition: ThingDefinition
    form: Annotated[Mapping[str, object], Label("合并表单", "the one form, as JSON Schema")] = (
        field(default_factory=dict)
    )
    materials: tuple[MaterialOfItem, ...] = ()


class OneThingByCode(Query[ThingDetail], on="PublicItem", zh="查看“一件事”"):
    """What a one-thing consists of and asks for; anybody may ask."""

    code: ThingCode


# Applying for one


class StartupForm(Contract):
    """What the form of enterprise start-up asks: only what government does not know yet. For who
    writes it in Python; any other form is a mapping as well."""

    reservation_id: Annotated[Identifier, Label("名称保留编号", "name reservation")]
    name: EnterpriseName
    industry: Industry
    registered_capital: Money
    address: Annotated[str, validate.Length(min=5, max=200), Label("住所", "registered address")]
    employees: Annotated[
        int, validate.Range(min=0, max=100_000), Label("员工人数", "employees")
    ] = 0
    bank: Annotated[str, validate.Length(min=2, max=100), Label("预约银行", "bank")] = (
        "中国农业银行"
    )


class SubmitOneThing(Command[Done], on="OneThing", zh="申请“一件事”", delegable=True):
    """Apply for several matters at once with one form, in one step: where no document has to be
    handed in.

    Residents apply for themselves; a system that applies for a person must name the `applicant`.
    """

    thing: ThingCode
    division: DivisionCode
    form: Annotated[Mapping[str, object], validate.Length(max=200), Label("表单", "answers")]
    applicant: Annotated[
        Identifier | None, Label("申请人", "the person whom a system applies for")
    ] = None

    @property
    def owner(self) -> str | None:
        """Whose case it will be, where somebody is named; what a policy may ask."""
        return self.applicant


class OpenOneThing(Command[Done], on="Application", zh="填写“一件事”申请", delegable=True):
    """Begin an application for several matters at once: its one form arrives filled with what
    government knows, and goes on as every application does."""

    thing: ThingCode
    division: DivisionCode
    enterprise: Annotated[Identifier | None, Label("申请企业", "the enterprise that it is for")] = (
        None
    )
    applicant: Annotated[
        Identifier | None, Label("申请人", "the person for whom another applies")
    ] = None

    @property
    def owner(self) -> str | None:
        """Whose application it will be, where somebody is named; what a policy may ask."""
        return self.applicant


class OneThingSubmitted(Event, on="OneThing", key="one_thing_id", zh="“一件事”已申请"):
    """A one-thing began; its matters follow as cases."""

    one_thing_id: Identifier
    thing: ThingCode
    division: DivisionCode
    applicant: Identifier
    matters: tuple[MatterCode, ...]


class MatterUndone(Event, on="OneThing", key="one_thing_id", zh="“一件事”事项应予撤销"):
    """What was granted cannot stand, because a matter that it stands with was not granted."""

    one_thing_id: Identifier
    matter: MatterCode
    case_id: Identifier
    because: Annotated[MatterCode, Label("缘由事项", "the matter that was not granted")]
    reasons: LongText


class OneThingCompleted(Event, on="OneThing", key="one_thing_id", zh="“一件事”已办结"):
    """Every matter is decided; `granted` says whether all were granted."""

    one_thing_id: Identifier
    thing: ThingCode
    division: DivisionCode
    granted: bool
    visits: int
    minutes: Annotated[int, Label("历时（分钟）", "business minutes from application to the end")]


class MatterProgress(Contract):
    """How far one matter of a one-thing is. `state` is that of its case once it has one, before
    that "waiting", or "cancelled" where it will have none."""

    matter: MatterCode
    name: Annotated[str, validate.Length(max=100)]
    case_id: Identifier | None = None
    state: Annotated[str, validate.Length(max=30)]
    outcome: Annotated[str | None, validate.Length(max=20)] = None
    due: datetime | None = None
    organ: Identifier | None = None
    reasons: Annotated[str | None, validate.Length(max=2000), Label("理由", "reasons")] = None
    remedies: Annotated[str | None, validate.Length(max=500), Label("救济途径", "remedies")] = None


class OneThingState(Contract):
    """A one-thing with all its matters."""

    one_thing_id: Identifier
    version: int
    thing: ThingCode
    division: DivisionCode
    state: Literal["running", "completed", "failed"]
    due: Annotated[datetime | None, Label("承诺办结时间", "the promise for the whole")] = None
    provisional: bool = False
    matters: tuple[MatterProgress, ...]


class OneThingProgress(
    Query[OneThingState],
    on="OneThing",
    key="one_thing_id",
    zh="“一件事”进度",
    personal="one_thing_id",
    delegable=True,
):
    """How far a one-thing is; for its applicant and the officials of the division."""

    one_thing_id: Identifier


class OneThingPassedOn(PassedOn, on="OneThing", zh="“一件事”已移交"):
    """A running one-thing belongs to the successor of its division."""
