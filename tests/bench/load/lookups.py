"""Looks people up one after the other, and tells the 99th percentile of what each took."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import statistics
import time
from dataclasses import replace
from itertools import cycle

from services.identity_data import keys
from services.identity_data.service import IdentityData
from shared import logs
from shared.context import Principal
from shared.contracts.identity_data import PersonById
from shared.settings import load_settings
from shared.testing.harness import ServiceHarness
from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]


def run(seconds: float) -> Turn:
    """One at a time; the turn is told as one operation that took the 99th percentile of all."""
    tally = Tally(seconds)
    taken = []
    while tally.goes_on:
        number = next(numbers)
        person = keys.person_id(number)
        caller = Principal("resident", "resident", number[:6], person=person)
        began = time.perf_counter()
        found = harness.execute(PersonById(person_id=person), as_=caller)
        taken.append(time.perf_counter() - began)
        tally.check(found.number == number)
    counted = tally.turn()
    return Turn(1, statistics.quantiles(taken, n=100)[98], counted.errors)


logs.configure("warning")
given = configuration()
numbers = cycle(given["numbers"])
settings = replace(load_settings(profile="distributed"), database_url=given["database_url"])
harness = ServiceHarness(IdentityData, settings)
take_turns(run)
