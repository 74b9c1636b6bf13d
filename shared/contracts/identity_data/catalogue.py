"""The catalogue of data resources: which there are, who answers for them, how they are shared."""

from __future__ import annotations

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
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.terms import LegalBasis

ItemName = Annotated[
    str,
    validate.Regexp(r"[a-z][a-z_]{0,29}\.[a-z][a-z_]{0,39}\Z"),
    Label("信息项", "item, such as person.birth_date"),
]
ResourceCode = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_-]{1,59}\Z"), Label("信息资源代码", "code of a resource")
]
SharingAttribute = Annotated[
    Literal["unconditional", "conditional", "not_shared"],
    Label("共享属性", "sharing attribute"),
]
Classification = Annotated[
    Literal["L1", "L2", "L3", "L4"], Label("数据分级", "level: L1 public to L4 most sensitive")
]
MaskingRule = Annotated[
    Literal["none", "name", "number", "phone", "year", "county", "all"],
    Label("脱敏规则", "how a value is masked"),
]
ResourceState = Annotated[
    Literal["draft", "published", "withdrawn"], Label("目录状态", "state of a resource")
]
UpdateCycle = Annotated[
    Literal["real_time", "daily", "weekly", "monthly", "quarterly", "yearly"],
    Label("更新周期", "how often it is renewed"),
]
Conditions = Annotated[str, validate.Length(min=2, max=500), Label("共享条件", "conditions")]


class DataItem(Contract):
    """One item of a resource (GB/T 21063): its label, how sensitive it is, and how it is masked.
    Without a masking rule only L1 and L2 can be."""

    name: ItemName
    label: Annotated[str, validate.Length(min=1, max=60), Label("信息项名称", "label")]
    classification: Classification
    masking: MaskingRule = "none"


class DataResource(Contract):
    """A resource of the catalogue (GB/T 21063): `organ` answers for its items, and nobody else
    does. `legal_basis` says why it is not shared, `conditions` under which it is."""

    code: ResourceCode
    version: int
    title: Annotated[str, validate.Length(max=100)]
    abstract: Annotated[str, validate.Length(max=500)]
    organ: Identifier
    update_cycle: UpdateCycle
    sharing: SharingAttribute
    state: ResourceState
    items: tuple[DataItem, ...]
    conditions: Annotated[str, validate.Length(max=500)] = ""
    legal_basis: Annotated[str, validate.Length(max=200)] = ""


class RegisterDataResource(Command[Done], on="DataResource", zh="编制信息资源目录"):
    """Enter a resource as a draft (State Council document 国发〔2016〕51号; Zhejiang Public Data
    Regulations 2022). What is not shared says by which law, what is shared under conditions says
    which. Each item has one source: one that another resource has is refused."""

    code: ResourceCode
    title: Annotated[str, validate.Length(min=2, max=100), Label("信息资源名称", "title")]
    abstract: Annotated[str, validate.Length(min=2, max=500), Label("信息资源摘要", "abstract")]
    organ: Annotated[Identifier, Label("信息资源提供方", "organ that answers for it")]
    update_cycle: UpdateCycle
    sharing: SharingAttribute
    items: Annotated[tuple[DataItem, ...], validate.Length(min=1, max=50)]
    conditions: Conditions | None = None
    legal_basis: LegalBasis | None = None


class PublishDataResource(Transition[Done], on="DataResource", key="code", zh="发布信息资源"):
    """Let a draft stand in the catalogue, so that it can be applied for."""

    code: ResourceCode


class WithdrawDataResource(Transition[Done], on="DataResource", key="code", zh="撤销信息资源"):
    """Take a resource out of the catalogue; nothing is read of it any more, and another resource
    may register its items."""

    code: ResourceCode
    reason: Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]


class ReclassifyItem(Transition[Done], on="DataResource", key="code", zh="调整数据分级"):
    """Say anew how sensitive an item is and how it is masked; holds for every grant at once."""

    code: ResourceCode
    item: ItemName
    classification: Classification
    masking: MaskingRule


class DataResourceRegistered(Event, on="DataResource", key="code", zh="信息资源已编目"):
    """A resource stands in the catalogue as a draft."""

    code: ResourceCode
    organ: Identifier
    items: tuple[str, ...]


class DataResourcePublished(Event, on="DataResource", key="code", zh="信息资源已发布"):
    """A resource can be applied for."""

    code: ResourceCode
    organ: Identifier
    sharing: SharingAttribute


class DataResourceWithdrawn(Event, on="DataResource", key="code", zh="信息资源已撤销"):
    """A resource is no more in the catalogue."""

    code: ResourceCode
    organ: Identifier


class ItemReclassified(Event, on="DataResource", key="code", zh="数据分级已调整"):
    """An item is of another level, or is masked otherwise."""

    code: ResourceCode
    item: ItemName
    classification: Classification
    masking: MaskingRule


class DataResourceList(Contract):
    """Resources, by code."""

    resources: tuple[DataResource, ...]


class DataCatalogue(Query[DataResourceList], on="PublicDataResource", zh="查询信息资源目录"):
    """All published resources with their items; for whoever signed in."""


class DataResourceById(Query[DataResource], on="PublicDataResource", zh="查询信息资源"):
    """One resource, whatever its state."""

    code: ResourceCode
