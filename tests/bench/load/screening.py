"""Reads the one screen of the province again and again, over what so many cases came to."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from services.identity_data.reference.divisions import all_divisions
from services.party_government.load import steps
from services.party_government.service import PartyGovernment
from services.party_government.subscribers.screen import keep_measure
from shared import logs
from shared.context import Context, Principal
from shared.contracts.digital_government import MeasureChanged
from shared.contracts.party_government import OneScreen
from shared.loading import load
from shared.measures import as_kept
from shared.settings import load_settings
from shared.testing.harness import ServiceHarness
from tests.bench.turns import configuration, one_at_a_time, take_turns

__all__ = ["green"]

LEADER = Principal("leader", "official", "33", roles=("leader",))
MONTHS = [f"2025-{month:02}" for month in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]
LONGEST = 15 * 24 * 60
AT_ONCE = 2_000


def events_of(cases: int) -> Iterator[MeasureChanged]:
    """The last event of each measure, township and month, after so many cases anywhere in a year.

    A measure is a running total, so that only its last event has an effect.
    """
    chance = random.Random(cases)
    townships = [one.code for one in all_divisions() if len(one.code) == 9]
    totals: Counter[tuple[str, str, str]] = Counter()
    minutes: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for _ in range(cases):
        place, month = chance.choice(townships), chance.choice(MONTHS)
        taken = min(LONGEST, int(chance.lognormvariate(7, 1.2)))
        for measure in ("cases_submitted", "cases_decided", "cases_in_time", "ratings"):
            totals[measure, place, month] += 1
        totals["case_minutes", place, month] += taken
        minutes["case_minutes", place, month][str(as_kept(taken))] += 1
    for key, value in totals.items():
        measure, place, month = key
        yield MeasureChanged(
            measure=measure,
            division=place,
            period=month,
            value=value,
            version=1,
            distribution=dict(minutes.get(key, {})),
        )


def take(events: list[MeasureChanged], context: Context) -> None:
    """As the service takes them."""
    for event in events:
        envelope = harness.envelope(event, division=event.division)
        keep_measure(event, envelope, context)


def read_screen() -> bool:
    """The province's of the last month."""
    screen = harness.execute(OneScreen(division="33", period=MONTHS[-1]), as_=LEADER)
    values = {one.code: one.value for one in screen.indicators}
    return bool(values["cases_decided"])


logs.configure("warning")
given = configuration()
settings = replace(load_settings(profile="distributed"), database_url=given["database_url"])
harness = ServiceHarness(PartyGovernment, settings)
load(harness.runtime, steps(settings))
events = events_of(given["cases"])
while some := list(islice(events, AT_ONCE)):
    harness.act(partial(take, some))
take_turns(lambda seconds: one_at_a_time(seconds, read_screen))
