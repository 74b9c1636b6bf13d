"""Who can run an enterprise."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from shared.errors import InvalidInput, RuleBroken

HANDLER: Final = "authorised_handler"
LEGAL_REPRESENTATIVE: Final = "legal_representative"
LEADING: Final = frozenset({"director", "manager"})
"""Of whom one is the legal representative (Company Law 2023 article 10)."""
SUPERVISOR: Final = "supervisor"
SUPERVISED: Final = frozenset({"director", "manager", "financial_officer", LEGAL_REPRESENTATIVE})
"""Who cannot be a supervisor of the same enterprise (Company Law 2023 article 76)."""


class NotFitForOffice(RuleBroken):
    """Whoever runs an enterprise is an adult on the register (Company Law 2023 article 178); of
    whoever is not, nothing more is told."""

    zh = "任职人员须为在册成年人"
    en = "whoever runs an enterprise is an adult on the register"


class HasRoleAlready(RuleBroken):
    """A role is put on record once."""

    zh = "该任职已登记"
    en = "the person has this role already"


class HasNoSuchRole(RuleBroken):
    """Only a role that somebody has can end."""

    zh = "该人员无此项任职"
    en = "the person has no such role"


class SupervisesThemself(RuleBroken):
    """Directors and senior managers are not supervisors of their own enterprise."""

    zh = "董事、高级管理人员不得兼任监事"
    en = "a director or senior manager cannot be a supervisor as well"


class NeitherDirectorNorManager(RuleBroken):
    """A legal representative leads the enterprise."""

    zh = "法定代表人须由本企业的董事或者经理担任，须先办理任职备案"
    en = "a legal representative is a director or the manager; put that on record first"


class RepresentsAlready(RuleBroken):
    """A replacement changes something."""

    zh = "该人员已是法定代表人"
    en = "the person is the legal representative already"


def require_compatible(role: str, roles: Collection[str]) -> None:
    """Raise `HasRoleAlready`, or `SupervisesThemself`, where somebody has these roles."""
    if role in roles:
        raise HasRoleAlready()
    watched = SUPERVISED.intersection(roles)
    if (role == SUPERVISOR and watched) or (role in SUPERVISED and SUPERVISOR in roles):
        raise SupervisesThemself()


def require_period(until: date, today: date) -> None:
    """Raise `InvalidInput` for a last day that is over."""
    if until < today:
        raise InvalidInput(fields={"until": ["Is today or later."]})
