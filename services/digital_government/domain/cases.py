"""The rules of cases: what each verb needs, and what is in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.clocks import CHINA
from shared.errors import RuleBroken

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
    DECLINED = "declined"  # 不予受理
    REVOKED = "revoked"  # 已撤销


CLOSED: Final = frozenset(
    {CaseState.DECIDED, CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.REVOKED}
)
"""The states in which nothing is left to be handled."""

AGAINST: Final = frozenset({CaseState.DECLINED, CaseState.REVOKED})
"""The states against which there are remedies, besides a refusal."""

REMEDIES: Final = (
    "对本决定不服的，可以自收到之日起六十日内向同级人民政府申请行政复议"
    "（《中华人民共和国行政复议法》第二十条），"
    "或者自知道之日起六个月内向人民法院提起行政诉讼"
    "（《中华人民共和国行政诉讼法》第四十六条）。"
)
"""What an applicant is told of the remedies with a refusal (Administrative Licensing Law article
38)."""

DEEMED: Final = "逾期未作决定，视为准予（《中华人民共和国行政许可法》第五十条）"
"""The reason of a grant that nobody decided."""


class CaseVerb(StrEnum):
    """What can be done with a case."""

    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    SUSPEND = "suspend"
    RESUME = "resume"
    DECIDE = "decide"
    WITHDRAW = "withdraw"
    DELIVER = "deliver"
    REVOKE = "revoke"
    TRANSFER = "transfer"


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


class StepsOutstanding(RuleBroken):
    """A case is decided when the steps before the decision are done."""

    zh = "下列环节尚未完成：{steps}"
    en = "these steps are not done yet: {steps}"


class NotTheStepsRole(RuleBroken):
    """A step is done by who has the role that the procedure names."""

    zh = "该环节应当由“{role}”办理"
    en = "this step is done by a {role}"


class MaterialsOutstanding(RuleBroken):
    """Nothing is granted before all that might follow has come (容缺受理)."""

    zh = "容缺材料尚未补齐，不能作出准予决定"
    en = "what might follow has not come yet, so nothing can be granted"


class NotAwaited(RuleBroken):
    """After an application was handed in, only what was asked for is taken."""

    zh = "当前不需要补交这份材料"
    en = "this material is not awaited"


class DeliveredAlready(RuleBroken):
    """A result is delivered once."""

    zh = "办理结果已送达"
    en = "the result was delivered already"


class TransferredBefore(RuleBroken):
    """A case is handed to another division once."""

    zh = "该办件已移送过一次，不得再次移送"
    en = "it was transferred before, and is once only"


class TransferredToItself(RuleBroken):
    """It is handed to another organ than its own."""

    zh = "该办件本就由该机构办理"
    en = "it is that organ's already"


class BoundToItsOneThing(RuleBroken):
    """The matters of a one-thing stay where the one-thing is handled."""

    zh = "“一件事”的办件不能单独移送"
    en = "a matter of a one-thing is not transferred by itself"


class ReviewOver(RuleBroken):
    """A step of review is done once, while its case is open."""

    zh = "该审查环节已完成或已终止"
    en = "this review is done or no longer needed"


_ALLOWED: Final[Mapping[CaseVerb, frozenset[CaseState]]] = MappingProxyType(
    {
        CaseVerb.ACCEPT: frozenset({CaseState.PENDING}),
        CaseVerb.DECLINE: frozenset({CaseState.PENDING}),
        CaseVerb.REQUEST_SUPPLEMENT: frozenset({CaseState.PENDING, CaseState.ACCEPTED}),
        CaseVerb.SUPPLEMENT: frozenset({CaseState.AWAITING_SUPPLEMENT}),
        CaseVerb.SUSPEND: frozenset({CaseState.ACCEPTED}),
        CaseVerb.RESUME: frozenset({CaseState.SUSPENDED}),
        CaseVerb.DECIDE: frozenset({CaseState.ACCEPTED}),
        CaseVerb.WITHDRAW: frozenset(CaseState) - CLOSED,
        CaseVerb.DELIVER: frozenset({CaseState.DECIDED}),
        CaseVerb.REVOKE: frozenset({CaseState.DECIDED}),
        CaseVerb.TRANSFER: frozenset({CaseState.PENDING, CaseState.ACCEPTED}),
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
        CaseState.DECLINED: "不予受理",
        CaseState.REVOKED: "已撤销",
    }
)

_VERBS_ZH: Final[Mapping[CaseVerb, str]] = MappingProxyType(
    {
        CaseVerb.ACCEPT: "受理",
        CaseVerb.DECLINE: "不予受理",
        CaseVerb.REQUEST_SUPPLEMENT: "告知补正",
        CaseVerb.SUPPLEMENT: "补正",
        CaseVerb.SUSPEND: "进入特别程序",
        CaseVerb.RESUME: "恢复办理",
        CaseVerb.DECIDE: "决定",
        CaseVerb.WITHDRAW: "撤回",
        CaseVerb.DELIVER: "送达",
        CaseVerb.REVOKE: "撤销",
        CaseVerb.TRANSFER: "移送",
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


def is_early(decided: datetime, due: datetime) -> bool:
    """Whether a decision comes on a day before the deadline's."""
    return decided.astimezone(CHINA).date() < due.astimezone(CHINA).date()


def reminder_of(due: datetime) -> datetime:
    """When an organ is reminded of a case: in the morning of the day on which it is due."""
    return datetime.combine(due.astimezone(CHINA).date(), REMINDER_TIME, CHINA)


def minutes_between(begin: datetime, end: datetime) -> int:
    """Whole minutes of the business calendar, nights and holidays included."""
    return int((end - begin).total_seconds() // 60)
