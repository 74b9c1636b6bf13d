"""The table of contents of digital_economy: every handler, by name."""

from __future__ import annotations

from services.digital_economy import commands, indicators, queries, subscribers
from services.digital_economy.models import Model
from shared.service import service


@service(Model, shows=indicators.SHOWS)
class DigitalEconomy:
    """数字经济: enterprises as the economy knows them, and the policies that fit them."""

    name = "digital_economy"

    publish_policy = commands.publish_policy

    policies_for = queries.policies_for

    know_enterprise = subscribers.know_enterprise
    match_enterprise = subscribers.match_enterprise
    match_policy = subscribers.match_policy
    follow_enterprise = subscribers.follow_enterprise
    follow_legal_representative = subscribers.follow_legal_representative
    begin_passing = subscribers.begin_passing
    pass_policies_on = subscribers.pass_policies_on
    follow_merged_person = subscribers.follow_merged_person
    follow_separated_person = subscribers.follow_separated_person
    move_references = subscribers.move_references

    count_known_enterprise = indicators.count_known_enterprise
    count_policy_match = indicators.count_policy_match
