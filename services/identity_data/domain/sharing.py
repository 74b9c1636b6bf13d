"""How data are catalogued and shared: attributes, levels, masking, grants and their rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.divisions import Level, up_to
from shared.errors import InvalidInput, RuleBroken

# The catalogue


class Sharing(StrEnum):
    """How a resource is shared (国发〔2016〕51号)."""

    UNCONDITIONAL = "unconditional"  # 无条件共享
    CONDITIONAL = "conditional"  # 有条件共享
    NOT_SHARED = "not_shared"  # 不予共享


class ResourceState(StrEnum):
    """Where a resource stands in the catalogue."""

    DRAFT = "draft"  # 草稿
    PUBLISHED = "published"  # 已发布
    WITHDRAWN = "withdrawn"  # 已撤销


class ResourceVerb(StrEnum):
    """What can be done with a resource."""

    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    RECLASSIFY = "reclassify"
    APPLY = "apply for"


class ResourceInWrongState(RuleBroken):
    """The verb does not apply to a resource in this state."""

    zh = "信息资源处于“{state_zh}”状态，不能{verb_zh}"
    en = "a resource that is {state} does not allow: {verb}"


class ResourceCodeTaken(RuleBroken):
    """A code stands for one resource, for ever."""

    zh = "信息资源代码“{code}”已被使用，请另选代码"
    en = "the code “{code}” is another resource's; choose another"


class ItemHasAnotherSource(RuleBroken):
    """Each item has one source (一数一源, Zhejiang Public Data Regulations 2022)."""

    zh = "一数一源：信息项“{item}”已由“{organ}”在资源“{resource}”中提供"
    en = "one item, one source: “{item}” is provided by “{organ}” in “{resource}” already"


class SensitiveItemsShared(RuleBroken):
    """What concerns persons closely is shared with those alone who were granted it."""

    zh = "三级以上信息项不能无条件共享：{items}"
    en = "items of level 3 and above cannot be shared without conditions: {items}"


class MaskingNeeded(RuleBroken):
    """What is shown masked needs a rule that says how."""

    zh = "三级以上信息项应当规定脱敏规则：{items}"
    en = "items of level 3 and above need a masking rule: {items}"


_RESOURCE_ALLOWED: Final[Mapping[ResourceVerb, frozenset[ResourceState]]] = MappingProxyType(
    {
        ResourceVerb.PUBLISH: frozenset({ResourceState.DRAFT}),
        ResourceVerb.WITHDRAW: frozenset({ResourceState.DRAFT, ResourceState.PUBLISHED}),
        ResourceVerb.RECLASSIFY: frozenset({ResourceState.DRAFT, ResourceState.PUBLISHED}),
        ResourceVerb.APPLY: frozenset({ResourceState.PUBLISHED}),
    }
)
_RESOURCE_STATES_ZH: Final = {
    ResourceState.DRAFT: "草稿",
    ResourceState.PUBLISHED: "已发布",
    ResourceState.WITHDRAWN: "已撤销",
}
_RESOURCE_VERBS_ZH: Final = {
    ResourceVerb.PUBLISH: "发布",
    ResourceVerb.WITHDRAW: "撤销",
    ResourceVerb.RECLASSIFY: "调整分级",
    ResourceVerb.APPLY: "申请共享",
}


def require_resource_allows(verb: ResourceVerb, state: ResourceState) -> None:
    """Raise `ResourceInWrongState` unless a resource in this state allows the verb."""
    if state not in _RESOURCE_ALLOWED[verb]:
        raise ResourceInWrongState(
            state=state.value,
            state_zh=_RESOURCE_STATES_ZH[state],
            verb=verb.value,
            verb_zh=_RESOURCE_VERBS_ZH[verb],
        )


def require_attribute_explained(
    sharing: Sharing, conditions: str | None, legal_basis: str | None
) -> None:
    """Raise `InvalidInput` for a resource that is not shared without saying by which law, or is
    shared under conditions without saying which."""
    if sharing is Sharing.NOT_SHARED and not legal_basis:
        raise InvalidInput(fields={"legal_basis": ["What is not shared says by which law."]})
    if sharing is Sharing.CONDITIONAL and not conditions:
        raise InvalidInput(fields={"conditions": ["What has conditions says which."]})


# Levels and masking

SENSITIVE: Final = frozenset({"L3", "L4"})
"""The levels that are shown masked, unless a grant says for what reason they are not."""


@dataclass(frozen=True)
class ItemTraits:
    """What decides how an item may be shared."""

    name: str
    classification: str
    masking: str

    @property
    def is_sensitive(self) -> bool:
        """Whether it is shown masked by default."""
        return self.classification in SENSITIVE


def require_items_fit(sharing: Sharing, items: Iterable[ItemTraits]) -> None:
    """Raise `MaskingNeeded` or `SensitiveItemsShared` unless every item can be shared so."""
    sensitive = [item for item in items if item.is_sensitive]
    unmasked = [item.name for item in sensitive if item.masking == "none"]
    if unmasked:
        raise MaskingNeeded(items=", ".join(unmasked))
    if sensitive and sharing is Sharing.UNCONDITIONAL:
        raise SensitiveItemsShared(items=", ".join(item.name for item in sensitive))


_NUMBER_SHOWN: Final = (10, 4)
_PHONE_SHOWN: Final = (3, 4)


def _ends_shown(value: str, shown: tuple[int, int]) -> str:
    first, last = shown
    if len(value) <= first + last:
        return "*" * len(value)
    return f"{value[:first]}{'*' * (len(value) - first - last)}{value[-last:]}"


def _county(value: str) -> str:
    return up_to(value, Level.COUNTY)


_MASKS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "none": lambda value: value,
        "name": lambda value: value[:1] + "*" * (len(value) - 1) if len(value) > 1 else "*",
        "number": lambda value: _ends_shown(value, _NUMBER_SHOWN),
        "phone": lambda value: _ends_shown(value, _PHONE_SHOWN),
        "year": lambda value: value[:4],
        "county": _county,
        "all": lambda _: "***",
    }
)


def masked(value: str, rule: str) -> str:
    """The value as the rule leaves it: of a name the first character, of a number the first ten
    and last four, of a phone the first three and last four, of a date the year, of a division its
    county."""
    return _MASKS[rule](value)


# Applications

DAYS_TO_ANSWER: Final = 10
"""Working days in which the provider answers an application (国发〔2016〕51号)."""


class NotShared(RuleBroken):
    """Some data are shared with nobody, by law."""

    zh = "资源“{resource}”不予共享，依据：{legal_basis}"
    en = "“{resource}” is not shared with anybody, by {legal_basis}"


class ItemNotOfResource(RuleBroken):
    """An application asks for what the resource has."""

    zh = "资源“{resource}”没有信息项：{items}"
    en = "“{resource}” has no such items: {items}"


class ApplicationDecided(RuleBroken):
    """An application is answered once."""

    zh = "申请已{state_zh}，不能再次审核"
    en = "the application was {state} already"


class AlreadyGranted(RuleBroken):
    """For one matter a reader has one grant of a resource."""

    zh = "该调用方就此事项已获授权“{grant}”，请先续期或撤销"
    en = "the reader has grant “{grant}” for this matter; renew or revoke that"


class ApplicationState(StrEnum):
    """How an application was answered."""

    SUBMITTED = "submitted"  # 待审核
    APPROVED = "approved"  # 已同意
    REJECTED = "rejected"  # 已驳回


_APPLICATION_STATES_ZH: Final = {
    ApplicationState.SUBMITTED: "提交",
    ApplicationState.APPROVED: "同意",
    ApplicationState.REJECTED: "驳回",
}


def require_undecided(state: ApplicationState) -> None:
    """Raise `ApplicationDecided` for an application that was answered."""
    if state is not ApplicationState.SUBMITTED:
        raise ApplicationDecided(state=state.value, state_zh=_APPLICATION_STATES_ZH[state])


# Grants


class GrantState(StrEnum):
    """What became of a grant."""

    IN_FORCE = "in_force"  # 有效
    REVOKED = "revoked"  # 已撤销
    EXPIRED = "expired"  # 已到期


class GrantVerb(StrEnum):
    """What can be done with a grant."""

    SERVE = "serve"
    RENEW = "renew"
    REVOKE = "revoke"
    EXPIRE = "expire"


class GrantInWrongState(RuleBroken):
    """The verb does not apply to a grant in this state; nothing is read by one that is over."""

    zh = "数据共享授权{state_zh}，不能{verb_zh}，请重新申请"
    en = "a grant that is {state} does not allow: {verb}; apply anew"


class GrantEndsTooEarly(InvalidInput):
    """A grant is in force for a day at least, and a renewal prolongs it."""

    zh = "授权期限应当在今天或以后，续期应当晚于原期限"
    en = "a grant ends today or later, and a renewal after the day before"


class NoGrant(RuleBroken):
    """Whoever reads data was granted it for that matter."""

    zh = "“{reader}”就事项“{matter}”没有资源“{resource}”的共享授权，请先申请"
    en = "“{reader}” has no grant of “{resource}” for matter “{matter}”; apply for one"


class PurposeNotGranted(RuleBroken):
    """Data are read for the purpose alone that they were granted for (Personal Information
    Protection Law article 6)."""

    zh = "用途“{purpose}”不在授权范围内；授权用途为“{granted}”"
    en = "purpose “{purpose}” is not the granted one, which is “{granted}”"


class ItemNotGranted(RuleBroken):
    """A matter gets only the items it needs (Personal Information Protection Law article 6)."""

    zh = "授权不含信息项：{items}"
    en = "the grant does not hold: {items}"


class SubjectOutsideGrant(RuleBroken):
    """A grant may be for the subjects of one division."""

    zh = "该主体不在授权的行政区划“{within}”内"
    en = "the subject is outside of division “{within}”, which the grant is for"


class NoSource(RuleBroken):
    """What no resource of the catalogue provides is shared with nobody."""

    zh = "信息项没有数据源：{items}"
    en = "no resource provides: {items}"


class ItemsOfSeveralResources(RuleBroken):
    """Each reading is by one grant, and a grant is of one resource."""

    zh = "所需信息项分属不同资源（{resources}），请分次调用"
    en = "the items are of several resources ({resources}); read each by itself"


class DailyLimitReached(RuleBroken):
    """A grant may limit the readings of a day."""

    zh = "今日调用已达上限{limit}次，{again}起可再次调用"
    en = "the limit of {limit} readings a day is reached; read again from {again} on"


_GRANT_ALLOWED: Final[Mapping[GrantVerb, frozenset[GrantState]]] = MappingProxyType(
    {verb: frozenset({GrantState.IN_FORCE}) for verb in GrantVerb}
)
_GRANT_STATES_ZH: Final = {
    GrantState.IN_FORCE: "有效",
    GrantState.REVOKED: "已撤销",
    GrantState.EXPIRED: "已到期",
}
_GRANT_VERBS_ZH: Final = {
    GrantVerb.SERVE: "调用数据",
    GrantVerb.RENEW: "续期",
    GrantVerb.REVOKE: "撤销",
    GrantVerb.EXPIRE: "到期",
}


def grant_allows(verb: GrantVerb, state: GrantState) -> bool:
    """Whether a grant in this state allows the verb; one that is over is given anew."""
    return state in _GRANT_ALLOWED[verb]


def require_grant_allows(verb: GrantVerb, state: GrantState) -> None:
    """Raise `GrantInWrongState` unless a grant in this state allows the verb."""
    if not grant_allows(verb, state):
        raise GrantInWrongState(
            state=state.value,
            state_zh=_GRANT_STATES_ZH[state],
            verb=verb.value,
            verb_zh=_GRANT_VERBS_ZH[verb],
        )


def grant_id_of(reader: str, matter: str, resource: str) -> str:
    """The id of the grant of a resource to a reader for a matter: there is one, and whoever reads
    finds it by its key."""
    digest = hashlib.sha256(f"{reader}/{matter}/{resource}".encode()).hexdigest()
    return f"g-{digest[:24]}"


LIMIT_SHARES: Final = 32
"""Into how many counters a daily limit is divided, so that readings at the same moment seldom meet
at one of them."""


def share_of_limit(limit: int, number: int) -> int:
    """How many readings the counter of that number may count; all shares together are the limit."""
    return limit // LIMIT_SHARES + (number < limit % LIMIT_SHARES)


def one_resource(items: Iterable[str], sources: Mapping[str, str]) -> str:
    """The resource that provides all the items; `sources` are the resources by item.

    Raises `NoSource`, `ItemsOfSeveralResources`.
    """
    names = tuple(items)
    absent = [name for name in names if not sources.get(name)]
    if absent:
        raise NoSource(items=", ".join(absent))
    found = sorted({sources[name] for name in names})
    if len(found) > 1:
        raise ItemsOfSeveralResources(resources=", ".join(found))
    return found[0]


# Consent


class AgreementIsAnothers(RuleBroken):
    """Who provides the items asks for the consent to their reading."""

    zh = "同意书“{agreement}”或其信息项由其他机构负责，不能由本机构发布"
    en = "agreement “{agreement}” or one of its items is another organ's to answer for"


class PurposeOfAgreementStays(RuleBroken):
    """Another purpose needs another consent (Personal Information Protection Law article 14)."""

    zh = "同意书的用途“{purpose}”不能更改，请另行发布同意书"
    en = "the agreement is for “{purpose}”; publish another for another purpose"


class AgreementDoesNotCover(RuleBroken):
    """A grant by consent is for what was consented to."""

    zh = "同意书“{agreement}”的发布机构、用途或信息项与申请不符"
    en = "agreement “{agreement}” is of another organ, for another purpose or not about all items"


class EditionSuperseded(RuleBroken):
    """Consent is given to the text that is in force."""

    zh = "同意书第{edition}版不是现行版本，请阅读并同意第{present}版"
    en = "edition {edition} is not the present one; read and consent to edition {present}"


class ConsentNotInForce(RuleBroken):
    """Only what stands can be taken back."""

    zh = "该同意已撤回"
    en = "the consent was withdrawn already"


class NoConsent(RuleBroken):
    """Without consent nothing is read that needs it (Personal Information Protection Law articles
    13, 15)."""

    zh = "该主体未同意授权书“{agreement}”第{edition}版，或已撤回同意"
    en = "the subject did not consent to edition {edition} of “{agreement}”, or withdrew it"


def consent_id_of(agreement: str, person: str) -> str:
    """The id of what a person said to an agreement."""
    digest = hashlib.sha256(f"{agreement}/{person}".encode()).hexdigest()
    return f"k-{digest[:24]}"


def require_items_of_persons(items: Iterable[str]) -> None:
    """Raise `InvalidInput` for items to whose reading no person can consent."""
    if not all(item.startswith("person.") for item in items):
        raise InvalidInput(fields={"items": ["Persons consent to items of persons."]})
