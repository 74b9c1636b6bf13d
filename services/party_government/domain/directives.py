"""What a directive may do when, and how long its recipients have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from services.party_government.domain.ladder import Urgency
from shared.clocks import CHINA
from shared.deadlines import due_after, is_working_day
from shared.errors import InvalidInput, NotAllowed, RuleBroken


class State(StrEnum):
    """How far a directive is."""

    DRAFT = "draft"  # 草稿
    IN_REVIEW = "in_review"  # 审核中
    REVIEWED = "reviewed"  # 审核通过
    ISSUED = "issued"  # 已签发
    CLOSED = "closed"  # 已办结
    RECALLED = "recalled"  # 已撤回
    SUPERSEDED = "superseded"  # 已被替代


class ReceiptState(StrEnum):
    """How far one recipient is."""

    DELIVERED = "delivered"  # 待签收
    SIGNED = "signed"  # 办理中
    REPORTED = "reported"  # 待核查
    CLOSED = "closed"  # 已办结
    RECALLED = "recalled"  # 已撤回
    SUPERSEDED = "superseded"  # 已被替代


OPEN: Final = (ReceiptState.DELIVERED, ReceiptState.SIGNED, ReceiptState.REPORTED)
"""Receipts about which something is still to be done."""

NO_EVIDENCE: Final = "没有佐证材料，请补充后重新反馈 (no evidence: add it and report again)"
SHORTEST_REVIEW: Final = 5
"""Working days that a legality review takes at least, but in an emergency (国办发〔2018〕115号)."""


class NotInThatState(RuleBroken):
    """A directive or a receipt is not where this can be done with it."""

    zh = "当前状态为“{state}”，不能{act}"
    en = "it cannot be done in the state “{state}”: {act}"


class DirectiveNotInForce(RuleBroken):
    """A directive was recalled, superseded or closed: nothing is to be done about it."""

    zh = "该政令已{zh_state}，无需再签收、转发或反馈"
    en = "the directive is {state}: there is nothing to sign, pass on or report any more"


class NobodyAddressed(InvalidInput):
    """No organ in being meets what the audience asks for."""

    zh = "没有符合条件的接收机构，请检查层级、类别、区划和名单"
    en = "no organ meets the audience: check levels, kinds, division and list"


class OrganNotKnown(InvalidInput):
    """A named organ is not there, or is no more."""

    zh = "机构“{organs}”不存在或已撤销"
    en = "there are no such organs, or they are no more: {organs}"


class BeyondOwnDivision(NotAllowed):
    """An organ sends to its own division and below it alone."""

    zh = "只能发给本行政区划及其下级的机构"
    en = "directives are sent to one's own division and below it"


class DeadlineNotPossible(InvalidInput):
    """A deadline on no working day, or one that is over before it can be met."""

    zh = "办结期限 {day} 不是今天之后的工作日"
    en = "the deadline {day} is no working day after today"


class ReviewTooShort(InvalidInput):
    """A legality review takes its time but in an emergency."""

    zh = "合法性审核时限不少于{days}个工作日，特急政令除外"
    en = "a legality review takes {days} working days at least, but for an emergency"


class NothingToSupersede(InvalidInput):
    """The directive to be replaced is not in force, or another organ's."""

    zh = "被替代的政令“{directive}”不是本机关正在施行的政令"
    en = "“{directive}” is no directive in force of this organ, so it cannot be superseded"


class AlreadyPassedOn(RuleBroken):
    """An organ passes a directive on once, to all that it means."""

    zh = "本机关已转发该政令"
    en = "this organ has passed the directive on"


class ReceiptsStillOpen(RuleBroken):
    """Not every organ has done what the directive asks for."""

    zh = "还有{count}个机构未办结，不能办结政令"
    en = "{count} organs are not done with the directive, so it cannot be closed"


class RemarkMissing(InvalidInput):
    """Who sends a report back says why."""

    zh = "退回反馈须说明意见"
    en = "say in a remark why the report is sent back"


@dataclass(frozen=True)
class Limit:
    """So many working days from an instant, or else so many minutes."""

    working_days: int = 0
    minutes: int = 0

    def after(self, instant: datetime) -> datetime:
        """When it ends."""
        if self.minutes:
            return instant + timedelta(minutes=self.minutes)
        return due_after(instant, self.working_days).instant


TO_SIGN: Final = {
    Urgency.ROUTINE: Limit(working_days=2),
    Urgency.URGENT: Limit(minutes=240),
    Urgency.EMERGENCY: Limit(minutes=30),
}
TO_HANDLE: Final = {
    Urgency.ROUTINE: Limit(working_days=10),
    Urgency.URGENT: Limit(working_days=3),
    Urgency.EMERGENCY: Limit(minutes=240),
}
"""How long there is where the directive names no day."""


def require_possible(day: date | None, today: date) -> None:
    """Raise `DeadlineNotPossible` unless it is a working day after today."""
    if day is not None and not (day > today and is_working_day(day)):
        raise DeadlineNotPossible(day=day.isoformat())


def handling_ends(day: date | None, urgency: Urgency, issued: datetime) -> datetime:
    """When a directive issued then is to be handled by."""
    if day is None:
        return TO_HANDLE[urgency].after(issued)
    return datetime.combine(day, time(23, 59, 59), CHINA)


def receipt_id_of(directive: str, organ: str) -> str:
    """One for each organ, so that nobody has the same directive before it twice."""
    return f"{directive}.{organ}"
