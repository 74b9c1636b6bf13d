"""The data resources that the platform itself holds, and the grants by which its services read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from services.identity_data.reference.organs import OrganKind, organ_id
from shared.contracts.identity_data import DataItem, RegisterDataResource

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


_IDENTITY: Final = "登记机关须核对申请人的身份、年龄和住所地"
_OF_AN_ENTERPRISE: Final = {
    "enterprise.name": "",
    "enterprise.credit_code": "",
    "enterprise.legal_representative": "",
}


def _of_an_enterprise(
    matter: str, kind: OrganKind, purpose: str, legal_basis: str, *others: str
) -> ReferenceGrant:
    return ReferenceGrant(
        LEGAL_ENTITIES,
        matter,
        organ_id(PROVINCE, kind),
        purpose,
        legal_basis,
        {**_OF_AN_ENTERPRISE, **dict.fromkeys(others, "")},
    )


GRANTS: Final = (
    ReferenceGrant(
        POPULATION,
        "enterprise_registration",
        organ_id(PROVINCE, OrganKind.MARKET_REGULATION),
        "办理企业设立登记",
        "《中华人民共和国市场主体登记管理条例》（国务院令第746号）第十九条",
        {
            "person.name": _IDENTITY,
            "person.birth_date": _IDENTITY,
            "person.division": _IDENTITY,
        },
    ),
    _of_an_enterprise(
        "seal_engraving",
        OrganKind.PUBLIC_SECURITY,
        "办理公章刻制备案",
        "《国务院关于第三批取消中央指定地方实施行政许可事项的决定》（国发〔2017〕7号）",
    ),
    _of_an_enterprise(
        "tax_invoices",
        OrganKind.TAXATION,
        "办理申领发票",
        "《中华人民共和国发票管理办法》第十五条",
    ),
    _of_an_enterprise(
        "social_insurance",
        OrganKind.HUMAN_RESOURCES,
        "办理员工参保登记",
        "《中华人民共和国社会保险法》第五十七条、第五十八条",
    ),
    _of_an_enterprise(
        "medical_insurance",
        OrganKind.MEDICAL_INSURANCE,
        "办理医保登记",
        "《中华人民共和国社会保险法》第二十三条、第五十七条、第五十八条",
    ),
    _of_an_enterprise(
        "housing_fund",
        OrganKind.HOUSING_FUND,
        "办理住房公积金缴存登记",
        "《住房公积金管理条例》第十四条",
    ),
    _of_an_enterprise(
        "bank_appointment",
        OrganKind.DATA_RESOURCES,
        "办理银行开户预约",
        "《企业银行结算账户管理办法》（银发〔2019〕41号）",
        "enterprise.registered_capital",
    ),
)
"""What digital_government reads for its matters, and no more (Personal Information Protection Law
article 6: the least that the purpose needs)."""
