"""Orders of supervisors (监督指令): their states, and what is refused about them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.errors import InvalidInput, RuleBroken


class OrderState(StrEnum):
    """How far an order is."""

    ORDERED = "ordered"  # 待回复
    ANSWERED = "answered"  # 已回复
    CLOSED = "closed"  # 已办结
    WITHDRAWN = "withdrawn"  # 已撤回


OPEN: Final = (OrderState.ORDERED, OrderState.ANSWERED)

_STATE_ZH: Final = {
    OrderState.ORDERED: "待回复",
    OrderState.ANSWERED: "已回复",
    OrderState.CLOSED: "已办结",
    OrderState.WITHDRAWN: "已撤回",
}


class OrderInWrongState(RuleBroken):
    """The order is not in a state in which that can be done."""

    zh = "监督指令当前状态为“{state_zh}”，不能执行此操作"
    en = "the order is “{state}”, which does not allow this"

    def __init__(self, state: str) -> None:
        super().__init__(state=state, state_zh=_STATE_ZH[OrderState(state)])


class OrderAboutNothing(InvalidInput):
    """An order is about an alert or a matter."""

    zh = "监督指令须指明所涉预警或场景编号"
    en = "say which alert or matter the order is about"


class OrganElsewhere(RuleBroken):
    """The organ does not lie in the division that was named, or is not there any more."""

    zh = "机构“{organ}”不在所述行政区划内，或已撤销；请核对机构与区划"
    en = "organ “{organ}” does not lie in that division or has ended; check organ and division"


class AlertElsewhere(RuleBroken):
    """The alert does not lie in the division that was named, or there is none of that id."""

    zh = "预警“{alert}”不在所述行政区划内或不存在；请核对预警与区划"
    en = "alert “{alert}” does not lie in that division or does not exist; check both"


class NotTheIssuer(RuleBroken):
    """Only the organ that gave an order says whether its answer suffices, or takes it back."""

    zh = "只有下达该监督指令的机构“{issuer}”才能认可、退回或撤回"
    en = "only “{issuer}”, which gave the order, can accept or return its answer or withdraw it"


class AnswersForOneself(RuleBroken):
    """Whoever an order is about does not answer it."""

    zh = "监督指令涉及本人，须由本机构其他人员回复"
    en = "the order is about you; somebody else of the organ must answer it"
