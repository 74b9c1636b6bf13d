"""What is counted in a measure can be looked at: every kind of record says by which query."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.catalogue import folder_of, service_class
from shared.contracts.base import SERVICES, Event
from shared.contracts.party_government import OneScreen
from shared.contracts.platform import RecordsBehind
from shared.drilldown import Shown
from shared.security.access import cells_of
from shared.security.authorisation import is_permitted

COUNTING = [name for name in SERVICES if (folder_of(name) / "indicators.py").exists()]
for_each_that_counts = pytest.mark.parametrize("service", COUNTING)


def events_counted_by(service: str) -> Iterator[type[Event]]:
    for handlers in service_class(service).handlers.subscribers.values():
        for handler in handlers:
            if handler.function.__module__ == f"services.{service}.indicators":
                yield handler.message


def shows_of(service: str) -> dict[str, Shown]:
    shows: Any = importlib.import_module(f"services.{service}.indicators").SHOWS
    return dict(shows)


@for_each_that_counts
def test_every_kind_of_record_that_is_counted_is_shown_and_no_other(service: str) -> None:
    assert {event.AGGREGATE for event in events_counted_by(service)} == set(shows_of(service))


@for_each_that_counts
def test_a_record_is_shown_by_a_query_of_its_own_service(service: str) -> None:
    queries = service_class(service).handlers.queries
    for shown in shows_of(service).values():
        handler = queries[shown.query.NAME]
        # The query of one record is about the very record that it is asked for here.
        assert handler.record in (None, shown.of[0] if shown.of else shown.record)


def test_whoever_sees_the_screen_may_ask_what_is_behind_it_and_nobody_else() -> None:
    for query, other in ((OneScreen, RecordsBehind), (RecordsBehind, OneScreen)):
        for cell in cells_of(query):
            said = is_permitted(cell.caller.principal, other.NAME, other.AGGREGATE, cell.resource)
            assert said == cell.decision.permitted
