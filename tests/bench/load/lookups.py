"""Looks people up one after the other, and tells the 99th percentile of what each took."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from dataclasses import replace
from itertools import cycle

from services.identity_data import keys
from services.identity_data.service import IdentityData
from shared import logs
from shared.context import Principal
from shared.contracts.identity_data import PersonById
from shared.settings import load_settings
from shared.testing.harness import ServiceHarness
from tests.bench.turns import configuration, one_at_a_time, take_turns

__all__ = ["green"]


def look_up() -> bool:
    """The person of the next number, who asks for it."""
    number = next(numbers)
    person = keys.person_id(number)
    caller = Principal("resident", "resident", number[:6], person=person)
    return bool(harness.execute(PersonById(person_id=person), as_=caller).number == number)


logs.configure("warning")
given = configuration()
numbers = cycle(given["numbers"])
settings = replace(load_settings(profile="distributed"), database_url=given["database_url"])
harness = ServiceHarness(IdentityData, settings)
take_turns(lambda seconds: one_at_a_time(seconds, look_up))
