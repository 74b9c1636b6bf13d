"""Who guards whom, and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from shared.errors import RuleBroken

AGE_OF_MAJORITY: Final = 18
"""From which on somebody is an adult (Civil Code article 17)."""

MOST_GUARDIANS: Final = 2
"""A minor's two parents; whoever takes the place of one comes after that one."""

MINOR: Final = "minor"


class GuardsThemself(RuleBroken):
    """A guardian is somebody else."""

    zh = "本人不能担任自己的监护人"
    en = "nobody is their own guardian"


class NotFitToGuard(RuleBroken):
    """A guardian is a living adult on the register who needs no guardian; of whoever is not,
    nothing more is told."""

    zh = "监护人须为在册且具有监护能力的成年人"
    en = "a guardian is an adult on the register who has no guardian"


class GroundDoesNotFit(RuleBroken):
    """Minors are guarded because they are minors, and nobody else is."""

    zh = "监护原因与被监护人年龄不符"
    en = "the ground does not fit the ward's age"


class GuardsAlready(RuleBroken):
    """A guardian is registered once for each ward."""

    zh = "该监护已登记"
    en = "the guardian is registered for this ward already"


class EnoughGuardians(RuleBroken):
    """A ward has two guardians at most."""

    zh = "被监护人已有两名监护人，须先终止其中一项监护"
    en = "the ward has two guardians; end what one of them has first"


class GuardsNot(RuleBroken):
    """Only what is in force can end."""

    zh = "没有此项有效监护"
    en = "there is no such guardianship in force"


class GuardianAndWard(RuleBroken):
    """Two records cannot be of one person where one guards the other."""

    zh = "两条记录互为监护人与被监护人，须先终止监护"
    en = "one record guards the other; end that first"


def comes_of_age(born: date) -> date:
    """The eighteenth birthday; of who was born on 29 February, in a common year 1 March."""
    year = born.year + AGE_OF_MAJORITY
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def is_adult(born: date, day: date) -> bool:
    """Whether somebody is eighteen on that day."""
    return comes_of_age(born) <= day


def require_ground(ground: str, born: date, day: date) -> None:
    """Raise `GroundDoesNotFit` where minority is the ground for an adult, or is not for a minor."""
    if (ground == MINOR) == is_adult(born, day):
        raise GroundDoesNotFit()


def require_room(guardian: str, guardians: Collection[str]) -> None:
    """Raise `GuardsAlready` or `EnoughGuardians` where a ward has these."""
    if guardian in guardians:
        raise GuardsAlready()
    if len(guardians) >= MOST_GUARDIANS:
        raise EnoughGuardians()
