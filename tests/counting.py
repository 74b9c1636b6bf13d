"""What was counted one by one, beside the measures that it adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from shared.context import Principal
from shared.contracts.platform import CountedRecord, CountedRecords, RecordsBehind
from shared.measures import Measure
from shared.messaging.tables import COUNTED

Place = tuple[str, str, str]


def counted(harness: Any) -> Mapping[Place, int]:
    """By measure, division and month what the records come to that were counted there."""
    places = (COUNTED.c.measure, COUNTED.c.division, COUNTED.c.period)
    rows = harness.rows(sa.select(*places, sa.func.sum(COUNTED.c.added)).group_by(*places))
    return {(row[0], row[1], row[2]): int(row[3]) for row in rows}


def measured(harness: Any, kind: type[Measure]) -> Mapping[Place, int]:
    """By measure, division and month its value."""
    values = sa.select(kind.measure, kind.division, kind.period, kind.value)
    return {(row[0], row[1], row[2]): int(row[3]) for row in harness.rows(values)}


def pages_behind(
    harness: Any, viewer: Principal, measure: str, division: str, period: str
) -> list[CountedRecords]:
    """Every page of the records behind a measure, as this caller sees them."""
    pages: list[CountedRecords] = []
    after: str | None = None
    while not pages or after is not None:
        query = RecordsBehind(measure=measure, division=division, period=period, after=after)
        pages.append(harness.execute(query, viewer))
        after = pages[-1].next
    return pages


def records_behind(
    harness: Any, viewer: Principal, measure: str, division: str, period: str
) -> tuple[list[CountedRecord], int]:
    """The records behind a measure that this caller sees, and how many others there are."""
    pages = pages_behind(harness, viewer, measure, division, period)
    seen = [record for page in pages for record in page.records]
    return seen, sum(page.withheld for page in pages)
