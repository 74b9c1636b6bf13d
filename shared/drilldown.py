"""From a figure down to its records (数据下钻): what was counted in a measure, as far as the caller
may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shared.context import Context
from shared.contracts.base import Query
from shared.contracts.platform import CountedRecord, CountedRecords, RecordsBehind
from shared.handling import answers
from shared.messaging.tables import COUNTED
from shared.security.authorisation import attributes_of, is_permitted
from shared.storage import Record

AT_ONCE = 100
LONGEST_CODE = 12


@dataclass(frozen=True)
class Shown:
    """By which query a record of one kind is shown: who may ask that of it may see it here.

    `of` is the record that the query is about where it is another: its class, and the field of the
    first that has its id.
    """

    record: type[Record]
    query: type[Query[Any]]
    of: tuple[type[Record], str] | None = None

    def seen_by_caller(self, record_ids: Sequence[str], context: Context) -> dict[str, Record]:
        """Those of the records that the caller may see, by id; two statements at most."""
        records = context.unit.find_each(self.record, *record_ids)
        about: Mapping[str, Record | None] = records
        if self.of is not None:
            kind, field = self.of
            ids = {key: str(getattr(one, field)) for key, one in records.items()}
            found = context.unit.find_each(kind, *set(ids.values()))
            about = {key: found.get(other) for key, other in ids.items()}
        return {key: one for key, one in records.items() if self._permits(about[key], context)}

    def _permits(self, about: Record | None, context: Context) -> bool:
        # As in the pipeline, what is not there offers no attributes.
        attributes = {} if about is None else attributes_of(about)
        return is_permitted(context.actor, self.query.NAME, self.query.AGGREGATE, attributes)


def records_behind_of(shows: Mapping[str, Shown]) -> Callable[..., CountedRecords]:
    """The answer of a service that shows these kinds of records; all others are withheld."""

    @answers(RecordsBehind)
    def records_behind(query: RecordsBehind, context: Context) -> CountedRecords:
        """One page in the order of divisions, and in each of them as it was counted."""
        rows = _counted(query, context)
        page = rows[:AT_ONCE]
        seen = _seen(page, shows, context)
        records = tuple(
            _told(row, seen[row.aggregate, row.aggregate_id])
            for row in page
            if (row.aggregate, row.aggregate_id) in seen
        )
        return CountedRecords(
            records=records,
            withheld=len(page) - len(records),
            # All rows are read for it, so it is not told with every page.
            total=_total(query, context) if query.after is None else None,
            next=f"{page[-1].division}/{page[-1].position}" if len(rows) > len(page) else None,
        )

    return records_behind


def _within(query: RecordsBehind) -> tuple[sa.ColumnElement[bool], ...]:
    # A range, because no index helps with a pattern where the database sorts by a language.
    last = query.division.ljust(LONGEST_CODE, "9")
    return (
        COUNTED.c.measure == query.measure,
        COUNTED.c.period == query.period,
        COUNTED.c.division.between(query.division, last),
    )


def _counted(query: RecordsBehind, context: Context) -> Sequence[Any]:
    """The rows of the page, and one more where it is not the last."""
    place = sa.tuple_(COUNTED.c.division, COUNTED.c.position)
    statement = sa.select(COUNTED).where(*_within(query))
    if query.after is not None:
        division, _, position = query.after.partition("/")
        statement = statement.where(place > sa.tuple_(division, int(position)))
    ordered = statement.order_by(COUNTED.c.division, COUNTED.c.position)
    return context.unit.rows(ordered.limit(AT_ONCE + 1))


def _total(query: RecordsBehind, context: Context) -> int:
    (row,) = context.unit.rows(sa.select(sa.func.sum(COUNTED.c.added)).where(*_within(query)))
    return int(row[0] or 0)


def _seen(
    page: Sequence[Any], shows: Mapping[str, Shown], context: Context
) -> dict[tuple[str, str], Record]:
    """The records of the page that the caller may see, by kind and id."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for row in page:
        ids[row.aggregate].add(row.aggregate_id)
    return {
        (kind, key): record
        for kind, of_kind in ids.items()
        if kind in shows
        for key, record in shows[kind].seen_by_caller(sorted(of_kind), context).items()
    }


def _told(row: Any, record: Record) -> CountedRecord:
    return CountedRecord(
        kind=row.aggregate,
        id=row.aggregate_id,
        division=row.division,
        organ=attributes_of(record).get("organ", ""),
        at=row.at,
        added=row.added,
        event=row.event,
    )
