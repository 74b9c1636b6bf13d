"""The basic catalogue of the province (基本目录)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.contracts.identity_data import FactName


@dataclass(frozen=True, slots=True)
class Matter:
    """An item of the province's basic catalogue (基本目录).

    Days are working days. Where the law sets the organ no limit, the promise stands as the limit.
    `facts` is what its handling needs to know; of an item `of_enterprise` they are the
    enterprise's and else the applicant's.
    """

    code: str
    name_zh: str
    name_en: str
    organ_kind: str
    statutory_days: int
    promised_days: int
    legal_basis: str
    facts: tuple[FactName, ...]
    of_enterprise: bool = True
    visits: int = 0
    online: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.promised_days <= self.statutory_days:
            raise ValueError(f"{self.code}: the promise is longer than the law allows")
        subject = "enterprise." if self.of_enterprise else "person."
        if not all(fact.startswith(subject) for fact in self.facts):
            raise ValueError(f"{self.code}: a fact is not of the matter's subject")


_OF_AN_ENTERPRISE: Final[tuple[FactName, ...]] = (
    "enterprise.name",
    "enterprise.credit_code",
    "enterprise.legal_representative",
)

_CATALOGUE: Final = (
    Matter(
        code="enterprise_registration",
        name_zh="企业设立登记",
        name_en="Registration of an enterprise",
        organ_kind="market_regulation",
        statutory_days=3,
        promised_days=1,
        legal_basis="《中华人民共和国市场主体登记管理条例》（国务院令第746号）第十九条",
        facts=("person.name", "person.birth_date", "person.division"),
        of_enterprise=False,
    ),
    Matter(
        code="seal_engraving",
        name_zh="公章刻制备案",
        name_en="Filing of an engraved seal",
        organ_kind="public_security",
        statutory_days=1,
        promised_days=1,
        legal_basis="《国务院关于第三批取消中央指定地方实施行政许可事项的决定》（国发〔2017〕7号）："
        "取消公章刻制审批，实行公章刻制备案管理",
        facts=_OF_AN_ENTERPRISE,
    ),
    Matter(
        code="tax_invoices",
        name_zh="申领发票",
        name_en="First supply of tax invoices",
        organ_kind="taxation",
        statutory_days=5,
        promised_days=1,
        legal_basis="《中华人民共和国发票管理办法》第十五条",
        facts=_OF_AN_ENTERPRISE,
    ),
    # The Social Insurance Law gives the agency fifteen days, not working days, for both
    # insurances; outside public holidays they hold ten working days at the least.
    Matter(
        code="social_insurance",
        name_zh="员工参保登记",
        name_en="Social insurance registration of employees",
        organ_kind="human_resources",
        statutory_days=10,
        promised_days=1,
        legal_basis="《中华人民共和国社会保险法》第五十七条、第五十八条",
        facts=_OF_AN_ENTERPRISE,
    ),
    Matter(
        code="medical_insurance",
        name_zh="医保登记",
        name_en="Medical insurance registration",
        organ_kind="medical_insurance",
        statutory_days=10,
        promised_days=1,
        legal_basis="《中华人民共和国社会保险法》第二十三条、第五十七条、第五十八条",
        facts=_OF_AN_ENTERPRISE,
    ),
    Matter(
        code="housing_fund",
        name_zh="住房公积金缴存登记",
        name_en="Housing provident fund registration",
        organ_kind="housing_fund",
        statutory_days=1,
        promised_days=1,
        legal_basis="《住房公积金管理条例》第十四条",
        facts=_OF_AN_ENTERPRISE,
    ),
    # No bank is an organ: the platform's own organ passes the booking on.
    Matter(
        code="bank_appointment",
        name_zh="银行开户预约",
        name_en="Appointment for a bank account",
        organ_kind="data_resources",
        statutory_days=1,
        promised_days=1,
        legal_basis="《企业银行结算账户管理办法》（银发〔2019〕41号）",
        facts=(*_OF_AN_ENTERPRISE, "enterprise.registered_capital"),
    ),
)

MATTERS: Final[Mapping[str, Matter]] = MappingProxyType({m.code: m for m in _CATALOGUE})
