"""The table of contents of party_government: every handler, by name."""

from __future__ import annotations

from services.party_government import queries, subscribers
from services.party_government.models import Model
from shared.service import service


@service(Model)
class PartyGovernment:
    """党政机关整体智治: the indicators of the whole and the one screen that shows them."""

    name = "party_government"

    one_screen = queries.one_screen
    why_this_number = queries.why_this_number
    indicator_trend = queries.indicator_trend

    keep_measure = subscribers.keep_measure
    know_merger = subscribers.know_merger
