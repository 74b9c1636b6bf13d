"""The rules of items, cases and one-things: what each verb needs and what depends on what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Final

from shared.clocks import CHINA
from shared.contracts.identity_data import FactName
from shared.errors import InvalidInput, RuleBroken

LOWEST_GOOD_GRADE: Final = 3
"""Of the five grades the lowest two are bad (GB/T 39735-2020)."""

REMINDER_TIME: Final = time(9, 0)
"""When, on the day on which a case is due, its organ is reminded."""


class CaseState(StrEnum):
    """Where a case stands, in the terms of the province's case standards."""

    PENDING = "pending"  # 待受理
    ACCEPTED = "accepted"  # 已受理
    AWAITING_SUPPLEMENT = "awaiting_supplement"  # 待补正
    SUSPENDED = "suspended"  # 暂停
    DECIDED = "decided"  # 办结
    WITHDRAWN = "withdrawn"  # 撤回


class CaseVerb(StrEnum):
    """What can be done with a case."""

    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    SUSPEND = "suspend"
    RESUME = "resume"
    DECIDE = "decide"
    WITHDRAW = "withdraw"


class MatterState(StrEnum):
    """Where one matter of a one-thing stands."""

    WAITING = "waiting"
    RUNNING = "running"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class ThingState(StrEnum):
    """Where a one-thing stands; it is completed only when every matter was granted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class CaseInWrongState(RuleBroken):
    """The verb does not apply to a case in this state."""

    zh = "办件处于“{state_zh}”状态，不能{verb_zh}"
    en = "a case that is {state} does not allow: {verb}"


class SupplementAlreadyRequested(RuleBroken):
    """What is missing is told once and completely (Administrative Licensing Law article 32(4))."""

    zh = "需要补正的全部内容应当一次告知，本办件已告知过"
    en = "all that is missing is told at once, and this case's applicant was told before"


class RefusalNeedsReasons(RuleBroken):
    """A refusal gives its reasons in writing (Administrative Licensing Law article 38)."""

    zh = "作出不予许可的决定应当说明理由"
    en = "a refusal needs its reasons"


class ApplicantNotNamed(InvalidInput):
    """Who is no resident applies for one, and must say for whom."""

    zh = "代为申请时应当写明申请人"
    en = "who applies for a person must name that applicant"

    def __init__(self) -> None:
        super().__init__(fields={"applicant": ["Name the person whom you apply for."]})


class ItemNotOffered(RuleBroken):
    """The division does not offer every matter of the one-thing."""

    zh = "“{division}”未开通下列事项：{matters}"
    en = "“{division}” does not offer: {matters}"


class AlreadyApplied(RuleBroken):
    """A reserved name serves one enterprise, so also one application at a time."""

    zh = "名称保留“{reservation}”已用于另一件申请“{one_thing}”"
    en = "name reservation “{reservation}” is used by application “{one_thing}” already"


class NotFinishedYet(RuleBroken):
    """Only what is finished can be rated (GB/T 39735-2020)."""

    zh = "“一件事”尚未办结，暂不能评价"
    en = "a one-thing that still runs cannot be rated"


class AlreadyRated(RuleBroken):
    """One service is rated once (一事一评, GB/T 39734-2020)."""

    zh = "已经评价过，不能重复评价"
    en = "it was rated before and is rated once only"


# Cases

_ALLOWED: Final[Mapping[CaseVerb, frozenset[CaseState]]] = MappingProxyType(
    {
        CaseVerb.ACCEPT: frozenset({CaseState.PENDING}),
        CaseVerb.REQUEST_SUPPLEMENT: frozenset({CaseState.PENDING, CaseState.ACCEPTED}),
        CaseVerb.SUPPLEMENT: frozenset({CaseState.AWAITING_SUPPLEMENT}),
        CaseVerb.SUSPEND: frozenset({CaseState.ACCEPTED}),
        CaseVerb.RESUME: frozenset({CaseState.SUSPENDED}),
        CaseVerb.DECIDE: frozenset({CaseState.ACCEPTED}),
        CaseVerb.WITHDRAW: frozenset(CaseState) - {CaseState.DECIDED, CaseState.WITHDRAWN},
    }
)
_STATES_ZH: Final[Mapping[CaseState, str]] = MappingProxyType(
    {
        CaseState.PENDING: "待受理",
        CaseState.ACCEPTED: "已受理",
        CaseState.AWAITING_SUPPLEMENT: "待补正",
        CaseState.SUSPENDED: "暂停",
        CaseState.DECIDED: "办结",
        CaseState.WITHDRAWN: "撤回",
    }
)
_VERBS_ZH: Final[Mapping[CaseVerb, str]] = MappingProxyType(
    {
        CaseVerb.ACCEPT: "受理",
        CaseVerb.REQUEST_SUPPLEMENT: "告知补正",
        CaseVerb.SUPPLEMENT: "补正",
        CaseVerb.SUSPEND: "进入特别程序",
        CaseVerb.RESUME: "恢复办理",
        CaseVerb.DECIDE: "决定",
        CaseVerb.WITHDRAW: "撤回",
    }
)


def require_allowed(verb: CaseVerb, state: CaseState) -> None:
    """Raise `CaseInWrongState` unless a case in this state allows the verb."""
    if state not in _ALLOWED[verb]:
        raise CaseInWrongState(
            state=state.value.replace("_", " "),
            state_zh=_STATES_ZH[state],
            verb=verb.value.replace("_", " "),
            verb_zh=_VERBS_ZH[verb],
        )


def is_in_time(decided: datetime, due: datetime) -> bool:
    """Whether a decision keeps a deadline, which lasts to the end of its day in China (Civil Code
    article 203)."""
    return decided.astimezone(CHINA).date() <= due.astimezone(CHINA).date()


def reminder_of(due: datetime) -> datetime:
    """When an organ is reminded of a case: in the morning of the day on which it is due."""
    return datetime.combine(due.astimezone(CHINA).date(), REMINDER_TIME, CHINA)


def minutes_between(begin: datetime, end: datetime) -> int:
    """Whole minutes of the business calendar, nights and holidays included."""
    return int((end - begin).total_seconds() // 60)


def is_bad(grade: int) -> bool:
    """Whether a rating is one of the two that must be put right (GB/T 39735-2020)."""
    return grade < LOWEST_GOOD_GRADE


# The basic catalogue


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


# One-things


@dataclass(frozen=True)
class ThingDefinition:
    """Several matters applied for as one, each after those that it depends on.

    Raises ValueError for a matter that the catalogue does not know, and for a circle. The order of
    `depends_on` is the order in which matters are shown; `promised_days` working days are promised
    for the whole, from application to the last decision.
    """

    code: str
    name_zh: str
    name_en: str
    promised_days: int
    depends_on: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        named = {*self.depends_on, *(d for needed in self.depends_on.values() for d in needed)}
        unknown = sorted(named - MATTERS.keys())
        if unknown:
            raise ValueError(f"{self.code}: no such matters: {', '.join(unknown)}")
        absent = sorted(named - self.depends_on.keys())
        if absent:
            raise ValueError(f"{self.code}: depends on what is no part of it: {', '.join(absent)}")
        try:
            TopologicalSorter(self.depends_on).prepare()
        except CycleError as fault:
            raise ValueError(f"{self.code}: matters wait for each other: {fault.args[1]}") from None

    @property
    def matters(self) -> tuple[str, ...]:
        """The codes of its matters, in their order."""
        return tuple(self.depends_on)

    def startable(
        self, states: Mapping[str, MatterState], *, enterprise_known: bool
    ) -> tuple[str, ...]:
        """The waiting matters whose dependencies are all granted, and whose enterprise is known
        where they are about one."""
        return tuple(
            code
            for code, needed in self.depends_on.items()
            if states[code] is MatterState.WAITING
            and all(states[dependency] is MatterState.GRANTED for dependency in needed)
            and (enterprise_known or not MATTERS[code].of_enterprise)
        )


def state_of_thing(states: Mapping[str, MatterState]) -> ThingState:
    """What the states of its matters make of a one-thing: it runs while any of them is open."""
    found = set(states.values())
    if found & {MatterState.WAITING, MatterState.RUNNING}:
        return ThingState.RUNNING
    return ThingState.COMPLETED if found == {MatterState.GRANTED} else ThingState.FAILED


ENTERPRISE_STARTUP: Final = ThingDefinition(
    code="enterprise_startup",
    name_zh="企业开办“一件事”",
    name_en="Enterprise start-up as one thing",
    promised_days=1,
    depends_on=MappingProxyType(
        {
            "enterprise_registration": (),
            "seal_engraving": ("enterprise_registration",),
            "tax_invoices": ("enterprise_registration",),
            "social_insurance": ("enterprise_registration",),
            "medical_insurance": ("enterprise_registration",),
            "housing_fund": ("enterprise_registration",),
            "bank_appointment": ("enterprise_registration",),
        }
    ),
)
THINGS: Final[Mapping[str, ThingDefinition]] = MappingProxyType(
    {ENTERPRISE_STARTUP.code: ENTERPRISE_STARTUP}
)
