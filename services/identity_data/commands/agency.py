"""Agencies: granted, used, ended."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from services.identity_data.commands.access import opened, token_of_session
from services.identity_data.domain.agency import (
    AgencyEnd,
    AgentNotRegistered,
    NotDelegable,
    require_period,
)
from services.identity_data.domain.people import PersonState
from services.identity_data.models import Account, Agency, Person, SignInSession
from shared.clocks import CHINA, machine_now
from shared.context import Context
from shared.contracts.identity_data import ActAsAgent, GrantAgency, RevokeAgency, TokenIssued
from shared.errors import InvalidInput, NotAllowed
from shared.handling import handles, on_timer
from shared.security.authorisation import delegable

AGENCY_ENDS = "agency_ends"


@handles(GrantAgency)
def grant_agency(order: GrantAgency, context: Context) -> Agency:
    """Let another person act for the caller; raises `NotDelegable`, `AgencyPeriodUnlawful`,
    `AgentNotRegistered`."""
    if order.agent == context.actor.person:
        raise InvalidInput(fields={"agent": ["Names another person."]})
    if never := sorted(set(order.scope) - delegable()):
        raise NotDelegable(actions=", ".join(never), delegable=", ".join(sorted(delegable())))
    begins = order.valid_from or context.today
    require_period(begins, order.valid_to, context.today)
    agent = context.unit.find(Person, order.agent)
    if agent is None or agent.state != PersonState.REGISTERED:
        raise AgentNotRegistered()
    agency = Agency(
        id=context.new_id(),
        division=context.actor.division,
        owner=context.actor.person,
        agent=agent.id,
        scope=sorted(set(order.scope)),
        valid_from=begins,
        valid_to=order.valid_to,
    )
    agency.grant()
    over = datetime.combine(order.valid_to + timedelta(days=1), time(), CHINA)
    context.unit.arm(AGENCY_ENDS, agency.id, over, context)
    return agency


@handles(ActAsAgent, present=token_of_session)
def act_as_agent(agency: Agency, order: ActAsAgent, context: Context) -> TokenIssued:
    """Open a session of the agent's account under the agency, as sure as the one it asks in."""
    mine = Account.person == agency.agent, Account.principal_id == context.actor.id
    found = context.unit.find_all(Account, *mine, limit=1)
    if not found:
        raise NotAllowed(action=order.ZH)
    reply = opened(found[0], context, context.actor.assurance, agency=agency.id)
    agency.act(reply.token, context.today)
    return reply


@handles(RevokeAgency)
def revoke_agency(agency: Agency, order: RevokeAgency, context: Context) -> None:
    """End it, by the person or the agent."""
    is_own = agency.owner == context.actor.person
    end(agency, AgencyEnd.REVOKED if is_own else AgencyEnd.RENOUNCED, context)
    context.unit.cancel(AGENCY_ENDS, agency.id, context)


@on_timer(AGENCY_ENDS)
def let_agency_expire(agency: Agency, context: Context) -> None:
    """Its last day is over; what ended before stays as it ended."""
    if agency.ended is None:
        end(agency, AgencyEnd.EXPIRED, context)


def end(agency: Agency, reason: AgencyEnd, context: Context) -> None:
    """End an agency, and every session under it, everywhere; raises `AgencyOver`."""
    agency.end(reason)
    now = machine_now()
    for session in context.unit.find_all(
        SignInSession,
        SignInSession.agency == agency.id,
        SignInSession.expires_at > now,
        SignInSession.revoked_at.is_(None),
    ):
        session.revoke(now)
