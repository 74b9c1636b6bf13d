"""Agency by mandate: one person acts in another's name (Civil Code, articles 161 to 165, 173)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.access import TokenIssued

ActionName = Annotated[str, validate.Regexp(r"[A-Z][A-Za-z]{1,59}\Z"), Label("事项", "action")]
AgencyScope = Annotated[
    tuple[ActionName, ...],
    validate.Length(min=1, max=20),
    Label("代理权限", "what the agent may do, by the names of commands and queries"),
]
EndOfAgency = Annotated[
    Literal["expired", "revoked", "renounced", "death"], Label("终止原因", "why it ended")
]


class GrantAgency(Command[Done], on="Agency", zh="委托代理"):
    """Let another person act in the caller's name, in these matters and for this time (Civil Code
    article 165).

    Both days count; it lasts a year at most. Raises `NotDelegable`, `AgencyPeriodUnlawful`,
    `AgentNotRegistered`.
    """

    agent: Annotated[Identifier, Label("代理人", "the agent, a registered person")]
    scope: AgencyScope
    valid_from: Annotated[date | None, Label("起始日期", "first day, today if left out")] = None
    valid_to: Annotated[date, Label("终止日期", "last day")]


class AgencyGranted(Event, on="Agency", key="agency_id", zh="已委托代理"):
    """`agent` may act for `person_id` in these matters, both days included."""

    agency_id: Identifier
    person_id: Identifier
    agent: Identifier
    scope: AgencyScope
    valid_from: date
    valid_to: date


class ActAsAgent(Transition[TokenIssued], on="Agency", key="agency_id", zh="以代理人身份办理"):
    """Get a token under which the caller acts for the person who granted the agency, and can do
    nothing but what it was granted for; a session of its own. Raises `AgencyNotInForce`."""

    agency_id: Identifier


class AgencyUsed(Event, on="Agency", key="agency_id", zh="已以代理人身份登录"):
    """The agent began to act for the person, in that session."""

    agency_id: Identifier
    session_id: Identifier


class RevokeAgency(Transition[Done], on="Agency", key="agency_id", zh="终止委托代理"):
    """End an agency: the person revokes it, or the agent gives it up (Civil Code article 173). Its
    tokens are refused everywhere within two seconds. Raises `AgencyOver`."""

    agency_id: Identifier


class AgencyEnded(Event, on="Agency", key="agency_id", zh="委托代理已终止"):
    """Nobody acts under this agency any more."""

    agency_id: Identifier
    reason: EndOfAgency


class Agency(Contract):
    """Who may act for whom (`owner`), in which matters, from when until when."""

    agency_id: Identifier
    version: int
    owner: Annotated[Identifier, Label("被代理人", "the person acted for")]
    agent: Annotated[Identifier, Label("代理人", "the agent")]
    scope: AgencyScope
    valid_from: date
    valid_to: date
    ended: EndOfAgency | None = None


class AgencyList(Contract):
    """The agencies that a person granted and was granted, the latest first."""

    owner: Identifier
    agencies: tuple[Agency, ...]


class MyAgencies(Query[AgencyList], on="Agency", zh="我的委托代理", personal="owner"):
    """What the caller granted, and what it was granted."""


class AgencyById(Query[Agency], on="Agency", key="agency_id", zh="查询委托代理", personal="owner"):
    """One agency, for the person and the agent."""

    agency_id: Identifier
