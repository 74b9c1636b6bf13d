"""Posts, who may be appointed to them, and which roles an administrator may give with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.divisions import contains
from shared.errors import RuleBroken


class PostState(StrEnum):
    """Whether there is a post."""

    ESTABLISHED = "established"  # 已设立
    ABOLISHED = "abolished"  # 已撤销


class AppointmentKind(StrEnum):
    """As what somebody holds a post."""

    SUBSTANTIVE = "substantive"  # 任职
    ACTING = "acting"  # 代理、主持工作


class AppointmentState(StrEnum):
    """What became of an appointment."""

    ANNOUNCED = "announced"  # 已公布
    IN_FORCE = "in_force"  # 在任
    ENDED = "ended"  # 已免职或离任
    WITHDRAWN = "withdrawn"  # 未到任即撤回


OPEN: Final = (AppointmentState.ANNOUNCED, AppointmentState.IN_FORCE)
"""The states that something leads out of."""


class RoleNotGrantable(RuleBroken):
    """An administrator gives only roles that are meant to be given, where they belong."""

    zh = "不能授予下列角色：{roles}"
    en = "these roles cannot be given here: {roles}"


class PostWasAbolished(RuleBroken):
    """Nobody is appointed to a post that is no more."""

    zh = "职位“{title}”已撤销"
    en = "the post “{title}” was abolished"


class PostStillHeld(RuleBroken):
    """A post is abolished when nobody holds it or is to hold it."""

    zh = "职位“{title}”尚有在任或拟任人员，请先办理免职"
    en = "somebody holds the post “{title}” or is to hold it; end the appointment first"


class PostNotVacant(RuleBroken):
    """A post has one holder at a time, and one who acts for it."""

    zh = "职位“{title}”在此期间已有任职人员；只有其缺位或缺勤时才可代理"
    en = "the post “{title}” has a holder then; somebody acts only for one who is absent"


class TermNotPossible(RuleBroken):
    """An appointment begins today or later and ends after it began; who acts does so for a time."""

    zh = "任期不成立：不得早于今天开始，终止日应当晚于开始日，代理须写明终止日"
    en = "the term cannot be: it begins today at the earliest and ends later; acting needs an end"


class NotAppointable(RuleBroken):
    """Only accounts of officials that are open hold posts."""

    zh = "账号“{account}”不是在用的公职人员账号"
    en = "account “{account}” is not an open account of an official"


class SelfAppointment(RuleBroken):
    """Nobody gives themselves authority."""

    zh = "不能任命本人"
    en = "nobody appoints themselves"


class AppointmentOver(RuleBroken):
    """What ended or was withdrawn cannot end again, and an end that is set can only come nearer."""

    zh = "该任职已终止，或将在更早的日期终止"
    en = "the appointment is over, or ends before that day already"


class PostNotHeld(RuleBroken):
    """Who signs in acts under a post of their own."""

    zh = "您今天不在职位“{post}”上"
    en = "you do not hold the post “{post}” today"


class AccountNameTaken(RuleBroken):
    """An account name is one official's."""

    zh = "账号名“{account}”已被使用或不可用"
    en = "the account name “{account}” is taken or cannot be used"


class AccountHoldsPosts(RuleBroken):
    """Whoever leaves is relieved of their posts before."""

    zh = "账号“{account}”尚有任职，请先办理免职"
    en = "account “{account}” holds posts; end the appointments first"


# Roles

ADMINISTRATOR: Final = "administrator"
GRANTABLE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "case_officer": frozenset(),
        "leader": frozenset(),
        "policy_officer": frozenset(),
        # Household Registration Regulations 1958 article 3: public security keeps the register.
        "household_registrar": frozenset({"public_security"}),
    }
)
"""The roles that a post may come with, and the kinds of organs it may be in; an empty set means
all."""


def is_grantable(role: str, *, division: str, within: str) -> bool:
    """Whether an administrator of `within` may give the role in that division; that of an
    administrator only strictly below its own."""
    if role == ADMINISTRATOR:
        return division != within and contains(within, division)
    return role in GRANTABLE and contains(within, division)


def require_grantable(roles: Iterable[str], organ_kind: str, *, division: str, within: str) -> None:
    """Raise `RoleNotGrantable`, naming the roles, unless an administrator of `within` may give each
    of them in an organ of this kind in that division."""
    refused = sorted(
        role
        for role in roles
        if not is_grantable(role, division=division, within=within)
        or organ_kind not in (GRANTABLE.get(role) or {organ_kind})
    )
    if refused:
        raise RoleNotGrantable(roles=", ".join(refused))


# Terms


@dataclass(frozen=True)
class Term:
    """As what and from when on somebody holds a post, up to but not on `valid_to`; None: without
    end."""

    kind: AppointmentKind
    valid_from: date
    valid_to: date | None

    def overlaps(self, other: Term) -> bool:
        """Whether there is a day that belongs to both."""
        begins, ends = other.valid_from, other.valid_to
        before_its_end = ends is None or self.valid_from < ends
        return before_its_end and (self.valid_to is None or begins < self.valid_to)


def require_possible(term: Term, today: date) -> None:
    """Raise `TermNotPossible` unless it begins today or later, ends after that, and ends at all
    where somebody acts."""
    endless = term.valid_to is None
    if (
        term.valid_from < today
        or (endless and term.kind is AppointmentKind.ACTING)
        or (term.valid_to is not None and term.valid_to <= term.valid_from)
    ):
        raise TermNotPossible()


def require_vacant(term: Term, others: Iterable[Term], title: str, *, absent: bool) -> None:
    """Raise `PostNotVacant` where another of its kind holds the post at some time of the term, or
    somebody is to act for a holder who is not said to be absent.

    A holder may come while somebody acts: who acts for nobody then ends.
    """
    for other in others:
        same = other.kind is term.kind
        for_present_holder = term.kind is AppointmentKind.ACTING and not absent
        if term.overlaps(other) and (same or for_present_holder):
            raise PostNotVacant(title=title)


# Acting under a post


@dataclass(frozen=True)
class HeldPost:
    """A post that somebody holds today."""

    id: str
    organ: str
    division: str
    roles: tuple[str, ...]


def require_held(post: str, held: Iterable[HeldPost]) -> None:
    """Raise `PostNotHeld` unless the post is among those."""
    if all(one.id != post for one in held):
        raise PostNotHeld(post=post)


@dataclass(frozen=True)
class Standing:
    """What a token says of the authority of its caller."""

    division: str
    organ: str
    roles: tuple[str, ...]


def acting_under(held: Sequence[HeldPost], chosen: str, own: Standing) -> Standing:
    """The authority of an official who holds these posts, under the chosen one, else the first.

    A token is of one organ. It has the roles of all posts in that organ, and the account's own
    where the organ is its own: a role says nothing in an organ for which it was not given. Whoever
    has neither post nor organ belongs to no division. Raises `PostNotHeld`.
    """
    if chosen:
        require_held(chosen, held)
    if not held:
        return own if own.organ else Standing("", "", own.roles)
    under = next((one for one in held if one.id == chosen), held[0])
    given = [one.roles for one in held if one.organ == under.organ]
    if own.organ == under.organ:
        given.append(own.roles)
    roles = tuple(sorted({role for roles in given for role in roles}))
    return Standing(under.division, under.organ, roles)
