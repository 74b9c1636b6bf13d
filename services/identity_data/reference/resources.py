"""The data resources that the platform itself holds, and the grants by which its services read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.identity_data.reference.organs import OrganKind, organ_id
from shared.contracts.identity_data import DataItem, RegisterDataResource
from shared.tables import rows

PROVINCE: Final = "33"

POPULATION: Final = RegisterDataResource(
    code="population_register",
    title="人口基础库",
    abstract="在浙江省登记的自然人的基本信息",
    organ=organ_id(PROVINCE, OrganKind.PUBLIC_SECURITY),
    update_cycle="real_time",
    sharing="conditional",
    conditions="为履行法定职责所必需，限于最小范围，并说明依据和用途",
    items=(
        DataItem(name="person.name", label="姓名", classification="L3", masking="name"),
        DataItem(name="person.birth_date", label="出生日期", classification="L3", masking="year"),
        DataItem(name="person.division", label="居住地区划", classification="L3", masking="county"),
    ),
)
LEGAL_ENTITIES: Final = RegisterDataResource(
    code="legal_entity_register",
    title="法人基础库",
    abstract="在浙江省登记的企业的公示信息",
    organ=organ_id(PROVINCE, OrganKind.MARKET_REGULATION),
    update_cycle="real_time",
    sharing="unconditional",
    # What the register makes public itself (State Council Decree 654).
    items=(
        DataItem(name="enterprise.name", label="企业名称", classification="L1"),
        DataItem(name="enterprise.credit_code", label="统一社会信用代码", classification="L1"),
        DataItem(name="enterprise.legal_representative", label="法定代表人", classification="L2"),
        DataItem(name="enterprise.registered_capital", label="注册资本", classification="L1"),
        DataItem(name="enterprise.established", label="成立日期", classification="L1"),
    ),
)
RESOURCES: Final = (POPULATION, LEGAL_ENTITIES)


@dataclass(frozen=True)
class ReferenceGrant:
    """One grant without end; `items` are by name the reasons for which they are shown in clear."""

    resource: RegisterDataResource
    matter: str
    applicant: str
    purpose: str
    legal_basis: str
    items: dict[str, str] = field(default_factory=dict)
    reader: str = "service:digital_government"
    reader_name: str = "浙江政务服务平台（数字政府）"


_IDENTITY: Final = "办理机构须核对申请人的身份、年龄和住所地"
"""Why what identifies a person is shown in clear."""

FILE: Final = Path(__file__).parent / "grants.tsv"


def _grants() -> Iterator[ReferenceGrant]:
    resources = {one.code: one for one in RESOURCES}
    for matter, resource, organ_kind, purpose, legal_basis, items in rows(FILE):
        clear = _IDENTITY if resource == POPULATION.code else ""
        yield ReferenceGrant(
            resources[resource],
            matter,
            organ_id(PROVINCE, OrganKind(organ_kind)),
            purpose,
            legal_basis,
            dict.fromkeys(items.split(), clear),
        )


GRANTS: Final = tuple(_grants())
"""What digital_government reads for its matters, and no more."""
