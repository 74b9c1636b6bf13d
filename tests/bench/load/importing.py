"""Takes files of people over as `qiantang import` does."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from pathlib import Path

import psutil

from deploy.catalogue import service_class
from services.identity_data.importing import import_people
from shared import logs
from shared.runtime import ServiceRuntime
from shared.settings import load_settings
from tests.bench.turns import Tally, Turn, take_turns

__all__ = ["green"]


def run(file: str) -> Turn:
    """Take one file over; whoever is refused is an error."""
    tally = Tally()
    rejects = Path(f"{file}.rejects.csv")
    found = import_people(runtime, Path(file), rejects, lambda _: None)
    tally.right(found.accepted)
    for _ in range(found.rejected):
        tally.wrong("row refused")
    return tally.turn(memory=psutil.Process().memory_info().rss)


logs.configure("warning")
runtime = ServiceRuntime(
    "identity_data", service_class("identity_data").handlers, load_settings(profile="distributed")
)
take_turns(run)
