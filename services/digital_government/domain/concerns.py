"""The rules of advice, complaints and suggestions: who answers, by when, and who after that."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.divisions import Level, level_of, up_to
from shared.errors import RuleBroken

DAYS: Final = {"advice": 5, "suggestion": 15, "complaint": 15}
"""Working days in which each kind is answered; the platform's own rule, which promises what
国办发〔2020〕53号 asks for: a time for each kind, and a return where it passes."""

REPLY_DAYS: Final = 10
"""Working days for which an organ waits for what it asked back; then it answers without."""

MOST_PASSES: Final = 2
"""How often it may be passed on before somebody has to answer it."""

OFFICE: Final = "government"
"""The kind of organ that complaints go to."""

PLATFORM: Final = "data_resources"
"""The kind of organ that answers for services at large."""

ALWAYS: Final = (OFFICE, PLATFORM)
"""The kinds that answer whether they offer anything or not."""


MOST_OPEN: Final = 20
"""So many that nobody answered yet one person may have."""


class ConcernState(StrEnum):
    """Where a concern stands."""

    OPEN = "open"  # 待答复
    ASKED_BACK = "asked_back"  # 待补充
    ANSWERED = "answered"  # 已答复
    WITHDRAWN = "withdrawn"  # 已撤回


UNANSWERED: Final = (ConcernState.OPEN, ConcernState.ASKED_BACK)
_STATES_ZH: Final = {
    ConcernState.OPEN: "待答复",
    ConcernState.ASKED_BACK: "待补充",
    ConcernState.ANSWERED: "已答复",
    ConcernState.WITHDRAWN: "已撤回",
}


class ConcernInWrongState(RuleBroken):
    """The step does not follow where the concern stands."""

    zh = "诉求处于“{state_zh}”状态，不能进行此操作"
    en = "a concern that is {state} does not allow this step"


class PassedOnTooOften(RuleBroken):
    """Somebody answers in the end."""

    zh = "该诉求已转办{times}次，应当直接答复"
    en = "it was passed on {times} times; answer it"


class NotAnOrganToAnswer(RuleBroken):
    """It is passed on within its division or to one above, to who offers something there."""

    zh = "只能转给本地区或上级地区提供政务服务的机构，“{organ}”不是"
    en = "“{organ}” is no organ of this division, or of one above it, that offers anything"


class NotToWhomItIsAbout(RuleBroken):
    """A complaint is answered by another organ than the one it is about."""

    zh = "投诉不得转给被投诉机构"
    en = "a complaint is never passed to whom it is about"


class NotForPublication(RuleBroken):
    """Who raised it did not let it be published."""

    zh = "诉求人未同意公开"
    en = "who raised it did not let it be published"


class AskedBackBefore(RuleBroken):
    """What is missing is asked for once."""

    zh = "已核实过一次，不能再次核实"
    en = "what is missing was asked for before, and is asked for once"


class ReopenedBefore(RuleBroken):
    """An answer is looked at once more, not for ever."""

    zh = "该诉求已重办过一次"
    en = "it was answered anew before"


class NoSuchPlace(RuleBroken):
    """Only where services are offered is there somebody to answer."""

    zh = "“{division}”没有提供政务服务的机构"
    en = "nobody offers services in {division}"


class TooManyOpen(RuleBroken):
    """Nobody floods the offices."""

    zh = "您有{most}件诉求尚未答复，请待答复后再提"
    en = "{most} of yours are not answered yet; wait for them"


class NotYourCase(RuleBroken):
    """Only an own case can be named."""

    zh = "只能对本人的办件提出诉求"
    en = "only a case of your own can be named"


def require_state(state: ConcernState, *allowed: ConcernState) -> None:
    """Raise `ConcernInWrongState` unless the concern stands at one of these."""
    if state not in allowed:
        raise ConcernInWrongState(state=state.value.replace("_", " "), state_zh=_STATES_ZH[state])


def organ_above(organ: str) -> str:
    """The organ of the same kind one level up; that of the province itself."""
    place, _, kind = organ.partition("-")
    level = level_of(place)
    if level is Level.PROVINCE:
        return organ
    return f"{up_to(place, Level(level - 1))}-{kind}"
