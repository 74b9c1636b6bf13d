"""The table of contents of party_government: every handler, by name."""

from __future__ import annotations

from services.party_government.commands import indicators, ladders
from services.party_government.models import Model
from services.party_government.queries import indicators as indicator_queries
from services.party_government.queries import ladders as ladder_queries
from services.party_government.queries import screen as screen_queries
from services.party_government.subscribers import organs
from services.party_government.subscribers import screen as screen_subscribers
from shared.service import service


@service(Model)
class PartyGovernment:
    """党政机关整体智治: the indicators of the whole and the one screen that shows them."""

    name = "party_government"

    adopt_ladder = ladders.adopt_ladder
    ladders_in_force = ladder_queries.ladders_in_force

    one_screen = screen_queries.one_screen

    define_indicator = indicators.define_indicator
    revise_indicator = indicators.revise_indicator
    withdraw_indicator = indicators.withdraw_indicator
    assign_target = indicators.assign_target
    indicator_definitions = indicator_queries.indicator_definitions
    editions_of_indicator = indicator_queries.editions_of_indicator
    targets_of_indicator = indicator_queries.targets_of_indicator
    targets_of_division = indicator_queries.targets_of_division
    indicator_tree = indicator_queries.indicator_tree
    indicator_by_division = indicator_queries.indicator_by_division
    why_this_number = indicator_queries.why_this_number
    indicator_trend = indicator_queries.indicator_trend

    know_organs = organs.know_organs

    keep_measure = screen_subscribers.keep_measure
    know_merger = screen_subscribers.know_merger
