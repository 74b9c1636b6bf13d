"""Systems outside Qiantang that are registered with it, and all that each of them may do.

The broker's user with its rights, the queue with its bindings and the service account follow from
an entry here; nothing else lets a system in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.context import Principal
from shared.contracts.base import Ask, Event
from shared.contracts.digital_government import CaseDecided, ItemsOffered, SubmitOneThing
from shared.contracts.identity_data import SignIn
from shared.contracts.party_government import (
    CheckFeedback,
    DirectiveDelivered,
    DirectiveWithdrawn,
    PassDirectiveOn,
    ReportHandling,
    SignReceipt,
)

KIND = "system"
PREFIX = "system:"


@dataclass(frozen=True)
class OutsideSystem:
    """One system of a department or a city.

    `name` is its broker user, the beginning of its queues' names, and the file in
    `<state>/secrets` with the secret of user and account alike. `calls` are the contracts it may
    send, on whatever way: the broker's rights and its tokens' scopes follow from them.
    `subscribes` are the events that its queue is given. `roles` are what the policies ask for.
    """

    name: str
    title_zh: str
    title_en: str
    division: str
    roles: tuple[str, ...]
    calls: tuple[type[Ask[Any]], ...]
    subscribes: tuple[type[Event], ...]

    @property
    def account(self) -> str:
        """The account with which it signs in."""
        return f"system.{self.name}"

    @property
    def principal(self) -> Principal:
        """Who it is to every service."""
        return Principal(
            f"{PREFIX}{self.name}",
            KIND,
            self.division,
            roles=self.roles,
            assurance=2,
            scopes=tuple(message.NAME for message in self.calls),
        )

    @property
    def routes(self) -> tuple[str, ...]:
        """The routing keys under which it may send."""
        return tuple(message.route() for message in self.calls)

    @property
    def subscriptions(self) -> tuple[tuple[str, str], ...]:
        """Producer and routing key of every binding of its queue."""
        return tuple(
            (event.SERVICE, f"{event.AGGREGATE}.{event.NAME}") for event in self.subscribes
        )


ONE_WINDOW = OutsideSystem(
    name="hangzhou_one_window",
    title_zh="杭州市“一窗受理”系统",
    title_en="Hangzhou's one-window acceptance system",
    division="3301",
    roles=("one_window",),
    calls=(SignIn, ItemsOffered, SubmitOneThing),
    subscribes=(CaseDecided,),
)

DOCUMENT_EXCHANGE = OutsideSystem(
    name="document_exchange",
    title_zh="全省公文交换系统",
    title_en="the province's exchange of official documents",
    division="33",
    roles=("document_exchange",),
    calls=(SignIn, SignReceipt, PassDirectiveOn, ReportHandling, CheckFeedback),
    subscribes=(DirectiveDelivered, DirectiveWithdrawn),
)
"""Through which organs that work in office systems of their own receive, sign, pass on, report and
check directives."""

SYSTEMS = {system.name: system for system in (ONE_WINDOW, DOCUMENT_EXCHANGE)}
"""Every registered system by its name."""


def scopes_of(principal: Principal) -> tuple[str, ...]:
    """What a system's tokens are bounded to, by its entry as it stands now; nothing for any other
    caller. A system that is registered no more may sign in and do nothing else."""
    if principal.kind != KIND:
        return ()
    system = SYSTEMS.get(principal.id.removeprefix(PREFIX))
    return system.principal.scopes if system is not None else (SignIn.NAME,)
