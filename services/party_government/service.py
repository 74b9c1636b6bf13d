"""The table of contents of party_government: every handler, by name."""

from __future__ import annotations

from services.party_government.commands import ladders
from services.party_government.models import Model
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
    why_this_number = screen_queries.why_this_number
    indicator_trend = screen_queries.indicator_trend

    know_organs = organs.know_organs

    keep_measure = screen_subscribers.keep_measure
    know_merger = screen_subscribers.know_merger
