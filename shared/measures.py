"""Leaf measures: what a service counts of its own events, one row a division and month, and beside
it one row for each time that something was counted."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared.classification import L1, PERMANENT, Retention
from shared.context import Context
from shared.contracts.measures import MeasureChange
from shared.divisions import Level, up_to
from shared.messaging.tables import COUNTED
from shared.storage import Aggregate, Json

SIGNIFICANT_BITS = 7


def as_kept(observed: int) -> int:
    """The value at which a distribution keeps an observation: rounded, half up, to seven
    significant bits, so exact up to 127 and nowhere off by more than 1/128.

    So a distribution has at most 64 values more each time that what is observed doubles, however
    often it was observed, and one that spans a month in minutes some 600. The buckets are those of
    G. Tene's HdrHistogram.
    """
    shift = max(0, abs(observed).bit_length() - SIGNIFICANT_BITS)
    return (observed + (1 << shift >> 1)) >> shift << shift


class Measure(Aggregate, kw_only=True, eq=False):
    """Mixin of a service's measure table; the service names its own event class in `event`.

    `value` is the running total, `distribution` the number of observations of each value, as it is
    kept, for medians and percentiles. Its id is `<measure>/<division>/<period>`.
    """

    event: ClassVar[type[MeasureChange]]
    retention: ClassVar[Retention | None] = PERMANENT

    measure: Mapped[str] = mapped_column(sa.String(60), info=L1)
    period: Mapped[str] = mapped_column(sa.String(7), info=L1)
    value: Mapped[int] = mapped_column(default=0, info=L1)
    distribution: Mapped[dict[str, int]] = mapped_column(Json, default_factory=dict, info=L1)

    def changed(self, by: int, observed: int | None, times: int = 1) -> None:
        """Add to the totals; they are told once, when the unit of work ends."""
        self.value += by
        if observed is not None:
            kept = str(as_kept(observed))
            seen = self.distribution.get(kept, 0) + times
            self.distribution = {**self.distribution, kept: seen}

    def conclude(self) -> None:
        """Tell the new totals: one event however many observations the unit of work held."""
        self.tell(
            self.event(
                measure=self.measure,
                division=self.division,
                period=self.period,
                value=self.value,
                version=self.event_sequence + 1,
                distribution=self.distribution,
            )
        )


def _change(
    kind: type[Measure],
    name: str,
    division: str,
    context: Context,
    by: int,
    observed: int | None,
    times: int = 1,
) -> None:
    period = context.now.strftime("%Y-%m")
    # Townships are what a merger of counties passes on whole; only so can a figure of before it
    # be told for the divisions of after it.
    division = up_to(division, Level.TOWNSHIP)
    row_id = f"{name}/{division}/{period}"
    row = context.unit.find(kind, row_id) or context.unit.add(
        kind(id=row_id, division=division, measure=name, period=period)
    )
    row.changed(by, observed, times)
    if context.event is None:
        raise RuntimeError("measures are counted by subscribers, from an event")
    context.unit.append(
        COUNTED,
        {
            "measure": name,
            "period": period,
            "division": division,
            "aggregate": context.event.aggregate,
            "aggregate_id": context.event.aggregate_id,
            "event": context.event.id,
            "added": by,
            "at": context.now,
        },
    )


def count(kind: type[Measure], name: str, division: str, context: Context, by: int = 1) -> None:
    """Count something that happened in a division, in the month of the event; `by` may be
    negative where a compensating event takes it back."""
    _change(kind, name, division, context, by, None)


def observe(kind: type[Measure], name: str, division: str, context: Context, value: int) -> None:
    """Count an observation and keep its value: the total grows by `value`, the distribution by
    one at that value (`as_kept`)."""
    _change(kind, name, division, context, value, value)


def unobserve(kind: type[Measure], name: str, division: str, context: Context, value: int) -> None:
    """Take an observation back, in the month of the event that takes it back: the total shrinks by
    `value`, the distribution by one at that value."""
    _change(kind, name, division, context, -value, value, -1)
