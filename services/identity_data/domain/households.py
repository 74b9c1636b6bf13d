"""Who can be in a household, and what must be said of its members."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from shared.errors import InvalidInput, RuleBroken

HEAD = "head"
"""What the head of a household is to itself (GB/T 4761)."""


class HouseholdState(StrEnum):
    """Where a household stands."""

    HEADED = "headed"  # 有户主
    WITHOUT_HEAD = "without_head"  # 暂无户主
    DISSOLVED = "dissolved"  # 已销户


class NotRegisteredThere(RuleBroken):
    """Members of a household live in its division; of whoever does not, nothing more is told."""

    zh = "本户所在区划没有此在册人员；户口在别处的，须先办理迁入登记"
    en = "nobody of that id is registered in the household's division; who lives elsewhere moves in"


class InHouseholdAlready(RuleBroken):
    """A person is in one household at a time."""

    zh = "该人员已在一户内，须先出户"
    en = "the person is in a household already and leaves it first"


class NotAMember(RuleBroken):
    """Only a member can leave a household or head it."""

    zh = "该人员不是本户成员"
    en = "the person is no member of this household"


class WithoutHead(RuleBroken):
    """What somebody is to the head cannot be said where there is none."""

    zh = "本户暂无户主，须先确定户主"
    en = "the household has no head; name one first"


class HouseholdIsDissolved(RuleBroken):
    """A household without members is over."""

    zh = "该户已销户"
    en = "the household is dissolved"


class NobodyStays(RuleBroken):
    """A household is split, not moved: somebody stays."""

    zh = "分户后原户须留有成员"
    en = "somebody stays in a household that is split"


class RelationsDoNotFit(InvalidInput):
    """What each other member is to the head must be told, once."""


def require_relations(told: Sequence[str], others: Collection[str]) -> None:
    """Raise `RelationsDoNotFit` unless exactly the other members are told of, each once."""
    if sorted(told) != sorted(others):
        raise RelationsDoNotFit(fields={"relations": ["Names each other member once."]})


def require_some_leave(leaving: Collection[str], members: Collection[str]) -> None:
    """Raise `NotAMember` for who is none, and `NobodyStays` where all would leave."""
    if not set(leaving) <= set(members):
        raise NotAMember()
    if set(leaving) == set(members):
        raise NobodyStays()
