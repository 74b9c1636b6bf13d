"""The rules of ratings (好差评, GB/T 39734-2020 and GB/T 39735-2020)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.errors import RuleBroken

LOWEST_GOOD_GRADE: Final = 3
"""Of the five grades the lowest two are bad (GB/T 39735-2020)."""

CORRECTION_DAYS: Final = 15
"""Working days in which a bad rating is put right (GB/T 39735-2020)."""

APPEAL_DAYS: Final = 5
"""Working days in which the rated organ may appeal; the platform's own rule."""

ROUNDS: Final = 2
"""How often something is put right: once more where the applicant is not satisfied."""


class CorrectionState(StrEnum):
    """How far the correction of a rating is."""

    NONE = "none"  # 无需整改
    OPEN = "open"  # 待整改
    REPORTED = "reported"  # 待回访
    APPEALED = "appealed"  # 申诉中
    CLOSED = "closed"  # 已办结


UNDER_WAY: Final = (CorrectionState.OPEN, CorrectionState.REPORTED, CorrectionState.APPEALED)
"""The states of a correction that somebody still has to do something about."""

_STATES_ZH: Final = {
    CorrectionState.NONE: "无需整改",
    CorrectionState.OPEN: "待整改",
    CorrectionState.REPORTED: "待回访",
    CorrectionState.APPEALED: "申诉中",
    CorrectionState.CLOSED: "已办结",
}


class NotFinishedYet(RuleBroken):
    """Only what is finished can be rated (GB/T 39735-2020)."""

    zh = "尚未办结，暂不能评价"
    en = "what is not finished yet cannot be rated"


class AlreadyRated(RuleBroken):
    """One service is rated once (一事一评, GB/T 39734-2020)."""

    zh = "已经评价过，不能重复评价"
    en = "it was rated before and is rated once only"


class CorrectionInWrongState(RuleBroken):
    """The step does not follow where the correction stands."""

    zh = "该评价处于“{state_zh}”状态，不能进行此操作"
    en = "the correction of this rating is {state}, so this step does not follow"


class AppealTooLate(RuleBroken):
    """An appeal comes soon or not at all."""

    zh = "应当在评价后{days}个工作日内申诉"
    en = "an appeal is made within {days} working days of the rating"


class AppealedBefore(RuleBroken):
    """A rating is appealed against once."""

    zh = "该评价已申诉过，不能再次申诉"
    en = "an appeal against this rating was decided before"


class NotByTheRated(RuleBroken):
    """Whoever is rated neither calls back nor decides about the rating."""

    zh = "被评价机构的人员不能回访或处理本机构的评价"
    en = "nobody of the rated organ calls back, or decides about its rating"


def is_bad(grade: int) -> bool:
    """Whether a rating is one of the two that must be put right (GB/T 39735-2020)."""
    return grade < LOWEST_GOOD_GRADE


def require_state(state: CorrectionState, *allowed: CorrectionState) -> None:
    """Raise `CorrectionInWrongState` unless the correction stands at one of these."""
    if state not in allowed:
        raise CorrectionInWrongState(state=state.value, state_zh=_STATES_ZH[state])
