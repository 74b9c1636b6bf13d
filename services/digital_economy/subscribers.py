"""What this service does when something happened: it knows enterprises and matches policies.

An enterprise is matched when it has become known, a policy when it is in force. Each of the two
is committed before it is matched, so whichever comes second finds the other; where both find each
other at once, the id of the match lets one of them write it, and the other looks again.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.digital_economy.commands import MATCHING
from services.digital_economy.domain import EnterpriseFacts, matches
from services.digital_economy.models import (
    Consolidation,
    EnterpriseProfile,
    Match,
    Passage,
    Policy,
)
from shared import consolidation, succession
from shared.consolidation import References
from shared.context import Context
from shared.contracts.digital_economy import EnterpriseKnown
from shared.contracts.identity_data import (
    EnterprisePassedOn,
    EnterpriseRegistered,
    LegalRepresentativeChanged,
)
from shared.divisions import lineage
from shared.handling import on_timer, subscribes
from shared.messaging.envelope import Envelope
from shared.succession import OpenWork

ENTERPRISES_AT_ONCE = 500


@subscribes(EnterpriseRegistered)
def know_enterprise(event: EnterpriseRegistered, envelope: Envelope, context: Context) -> None:
    """Keep what policies ask for; an enterprise that is known already stays as it is."""
    if context.unit.find(EnterpriseProfile, event.enterprise_id) is not None:
        return
    profile = EnterpriseProfile(
        id=event.enterprise_id,
        division=event.division,
        owner=event.legal_representative,
        name=event.name,
        industry=event.industry,
        registered_capital=event.registered_capital,
        established=event.established,
    )
    profile.become_known()
    context.unit.add(profile)


@subscribes(EnterpriseKnown)
def match_enterprise(event: EnterpriseKnown, envelope: Envelope, context: Context) -> None:
    """Match an enterprise to every policy in force for its division."""
    _match_to_policies(context.unit.get(EnterpriseProfile, event.enterprise_id), context)


def _match_to_policies(profile: EnterpriseProfile, context: Context) -> None:
    """With one reading of the policies and one of the matches there are."""
    policies = context.unit.find_all(
        Policy,
        Policy.division.in_(lineage(profile.division)),
        Policy.valid_from <= context.today,
        sa.or_(Policy.valid_to.is_(None), Policy.valid_to >= context.today),
    )
    known = context.unit.rows(sa.select(Match.policy_id).where(Match.enterprise_id == profile.id))
    matched = {row.policy_id for row in known}
    for policy in policies:
        if policy.id not in matched:
            _match(policy, profile.id, profile.facts, context)


@subscribes(EnterprisePassedOn)
def follow_enterprise(event: EnterprisePassedOn, envelope: Envelope, context: Context) -> None:
    """Know an enterprise in the successor of its division, whose policies may fit it too."""
    profile = context.unit.get(EnterpriseProfile, event.id)
    profile.division = event.division
    _match_to_policies(profile, context)


@subscribes(LegalRepresentativeChanged)
def follow_legal_representative(
    event: LegalRepresentativeChanged, envelope: Envelope, context: Context
) -> None:
    """Let the new one see what fits the enterprise, unless a later one was heard of before."""
    profile = context.unit.get(EnterpriseProfile, event.enterprise_id)
    if envelope.sequence > profile.owner_told:
        profile.owner = event.legal_representative
        profile.owner_told = envelope.sequence


def _is_in_force(today: date) -> sa.ColumnElement[bool]:
    return sa.or_(Policy.valid_to.is_(None), Policy.valid_to >= today)


OPEN_WORK = (OpenWork("policies", Policy, _is_in_force),)

begin_passing, pass_policies_on = succession.handlers(Passage, OPEN_WORK)


@on_timer(MATCHING)
def match_policy(policy: Policy, context: Context) -> None:
    """Match a policy to the next known enterprises of its division, and go on at once where there
    may be more; those that become known meanwhile are matched by themselves."""
    profiles = context.unit.rows(
        sa.select(
            EnterpriseProfile.id,
            EnterpriseProfile.division,
            EnterpriseProfile.industry,
            EnterpriseProfile.registered_capital,
            EnterpriseProfile.established,
            Match.id.label("match_id"),
        )
        .outerjoin(
            Match,
            sa.and_(Match.enterprise_id == EnterpriseProfile.id, Match.policy_id == policy.id),
        )
        .where(
            EnterpriseProfile.division.startswith(policy.division),
            EnterpriseProfile.id > policy.matched_up_to,
        )
        .order_by(EnterpriseProfile.id)
        .limit(ENTERPRISES_AT_ONCE)
    )
    for row in profiles:
        if row.match_id is None:
            facts = EnterpriseFacts(
                division=row.division,
                industry=row.industry,
                registered_capital=row.registered_capital,
                established=row.established,
            )
            _match(policy, row.id, facts, context)
    if profiles:
        policy.matched_up_to = profiles[-1].id
    if len(profiles) == ENTERPRISES_AT_ONCE:
        context.unit.arm(MATCHING, policy.id, context.now, context)


def _match(policy: Policy, enterprise_id: str, facts: EnterpriseFacts, context: Context) -> None:
    reasons = matches(policy.terms, facts, context.today)
    if reasons is not None:
        context.unit.add(Match.found(policy, enterprise_id, facts.division, reasons))


# Mergers of two records of one person

REFERENCES = (References(EnterpriseProfile, "owner"),)

follow_merged_person, move_references, follow_separated_person = consolidation.handlers(
    Consolidation, REFERENCES
)
