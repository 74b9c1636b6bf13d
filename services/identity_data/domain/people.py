"""What can happen to a registered person, and how likely two records are of one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from shared.errors import InvalidInput, RuleBroken


class PersonState(StrEnum):
    """Where a person stands in the register."""

    REGISTERED = "registered"  # 在册
    DEAD = "dead"  # 死亡
    DEREGISTERED = "deregistered"  # 已注销
    MERGED = "merged"  # 已合并


_STATES_ZH: Final = {
    PersonState.REGISTERED: "在册",
    PersonState.DEAD: "已死亡登记",
    PersonState.DEREGISTERED: "已注销",
    PersonState.MERGED: "已并入另一记录",
}


class PersonNotOnRegister(RuleBroken):
    """Only who is on the register can move, die or be taken off it."""

    zh = "该人员{state_zh}，不能办理"
    en = "the person is {state} and not on the register"


class NotTakenOff(RuleBroken):
    """Only who died or was taken off the register can be put back."""

    zh = "该人员未作死亡登记或注销，无须恢复"
    en = "the person neither died nor was taken off the register"


class NotMerged(RuleBroken):
    """Only what was merged can be separated."""

    zh = "该记录未被合并"
    en = "the record was not merged"


class MergedOnward(RuleBroken):
    """Mergers are taken back in the reverse of their order, so that each gives back its own."""

    zh = "所并入的记录已再并入另一记录，须先撤销后一次合并"
    en = "the record it was merged into was merged into another since; take that back first"


class TooLittleInCommon(RuleBroken):
    """Two records that share nothing rare are of two people."""

    zh = "两条记录相同之处不足（{score}分，须{needed}分），不能合并"
    en = "the records have too little in common ({score} points of {needed}) to be merged"


class NothingToCorrect(RuleBroken):
    """A correction changes something."""

    zh = "没有需要更正的内容"
    en = "the correction changes nothing"


class NoDayOfDeath(InvalidInput):
    """Nobody dies before birth, and no death is registered before it happened."""

    zh = "死亡日期应在出生日期与今天之间"
    en = "the day of death lies between birth and today"


class MovesNowhere(RuleBroken):
    """Who moves lives elsewhere afterwards."""

    zh = "该人员已登记在此区划"
    en = "the person is registered in this division already"


def require_on_register(state: PersonState) -> None:
    """Raise `PersonNotOnRegister` for who died or was taken off."""
    if state is not PersonState.REGISTERED:
        raise PersonNotOnRegister(state=state.value, state_zh=_STATES_ZH[state])


def require_day_of_death(died_on: date, born: date, today: date) -> None:
    """Raise `NoDayOfDeath` for a day before birth or one still to come."""
    if not born <= died_on <= today:
        raise NoDayOfDeath(fields={"died_on": ["Lies between birth and today."]})


# Duplicates

What = Literal["name", "birth_date", "phone", "number"]
POINTS: Final[dict[What, int]] = {"name": 30, "birth_date": 30, "phone": 20, "number": 20}
"""What each thing in common is worth, of 100. A number is in common where it differs as numbers do
that were typed wrongly: two people never have the same one."""

LIKELY: Final = 50
"""From this score on two records may be of one person: a name and a birth date are in common, or
one of the two with something that few people share."""


@dataclass(frozen=True)
class Traits:
    """What records are compared by."""

    number: str
    name: str
    birth_date: date
    phone: str | None


def in_common(one: Traits, other: Traits) -> dict[What, int]:
    """What two records have in common, with its points."""
    return {what: POINTS[what] for what in _common(one, other)}


def _common(one: Traits, other: Traits) -> Iterator[What]:
    if one.name == other.name:
        yield "name"
    if one.birth_date == other.birth_date:
        yield "birth_date"
    if one.phone is not None and one.phone == other.phone:
        yield "phone"
    if is_mistyped(one.number, other.number):
        yield "number"


def require_alike(one: Traits, other: Traits) -> None:
    """Raise `TooLittleInCommon` for records that are hardly of one person."""
    score = sum(in_common(one, other).values())
    if score < LIKELY:
        raise TooLittleInCommon(score=score, needed=LIKELY)


def is_mistyped(one: str, other: str) -> bool:
    """Whether two resident numbers differ by one character, or two neighbours changed places; the
    last one, which is the check character, is not looked at."""
    places = [place for place in range(17) if one[place] != other[place]]
    if len(places) == 1:
        return True
    if len(places) != 2 or places[1] != places[0] + 1:
        return False
    first, second = places
    return one[first] == other[second] and one[second] == other[first]
