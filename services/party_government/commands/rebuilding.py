"""Making the read model of the one screen anew: begun by an operator, carried on step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from services.party_government.domain.rebuilding import (
    CLEAR,
    MERGERS,
    OWN,
    SOURCES,
    VALUES,
    Stretch,
)
from services.party_government.domain.rollups import Rollup
from services.party_government.models import (
    KnownMerger,
    MeasureTotal,
    MeasureValue,
    RebuiltMerger,
    RebuiltValue,
    ScreenRebuild,
)
from services.party_government.models.screen import Series
from services.party_government.totals import totals_to_change
from shared.context import Context
from shared.contracts.base import Event
from shared.contracts.identity_data import DivisionsMerged
from shared.contracts.party_government import (
    AbandonScreenRebuild,
    RebuildBegun,
    RebuildScreen,
    ScreenRebuildAdvanced,
    ScreenRebuildBegun,
)
from shared.contracts.platform import KeptEventPage, KeptEvents
from shared.divisions import lineage
from shared.errors import RuleBroken
from shared.handling import handles, subscribes
from shared.messaging.envelope import Envelope
from shared.messaging.tables import INBOX
from shared.platform import kept_events
from shared.storage import Record

ROWS_AT_ONCE = 500
R = TypeVar("R", bound=Record)


class RebuildRuns(RuleBroken):
    """There is one read model, so it is made anew by one at a time."""

    zh = "重建“{rebuild}”正在进行；请等待其完成，或先中止"
    en = "rebuild “{rebuild}” is running; wait until it is done, or abandon it first"


@handles(RebuildScreen)
def rebuild_screen(order: RebuildScreen, context: Context) -> RebuildBegun:
    """Begin; raises `RebuildRuns`."""
    newest = context.unit.rows(
        sa.select(ScreenRebuild.id, ScreenRebuild.number, ScreenRebuild.state)
        .order_by(ScreenRebuild.number.desc())
        .limit(1)
    )
    if newest and newest[0].state == "running":
        raise RebuildRuns(rebuild=newest[0].id)
    # Numbered on, so that of two that begin at the same moment one finds its id taken.
    number = newest[0].number + 1 if newest else 1
    rebuild = context.unit.add(
        ScreenRebuild(id=f"rebuild-{number}", number=number, reason=order.reason)
    )
    rebuild.begin()
    return RebuildBegun(rebuild_id=rebuild.id)


@handles(AbandonScreenRebuild)
def abandon_screen_rebuild(
    rebuild: ScreenRebuild, order: AbandonScreenRebuild, context: Context
) -> None:
    """Stop after the stretch in hand."""
    rebuild.abandon(context.now)


# One stretch after the other


def next_kept_events(event: Event, context: Context) -> KeptEventPage | None:
    """The next of the kept events, where a source is to be read; its own a service does not ask
    for."""
    rebuild = context.unit.get(ScreenRebuild, event.rebuild_id)  # type: ignore[attr-defined]
    if rebuild.step not in SOURCES:
        return None
    names = tuple(kind.NAME for kind in SOURCES[rebuild.step])
    question = KeptEvents(names=names, after=int(rebuild.after or 0))
    page: KeptEventPage = (
        kept_events(question, context)
        if rebuild.step == OWN
        else context.ask(question, service=rebuild.step)
    )
    return page


@subscribes(ScreenRebuildBegun, ScreenRebuildAdvanced, gather=next_kept_events)
def carry_on(
    event: ScreenRebuildBegun | ScreenRebuildAdvanced, envelope: Envelope, context: Context
) -> None:
    """Do one more stretch of the step in hand, which tells the event that brings the next one."""
    rebuild = context.unit.get(ScreenRebuild, event.rebuild_id)
    if rebuild.state != "running":
        return
    rebuild.advance(_stretch(rebuild, context), context.now)


def _stretch(rebuild: ScreenRebuild, context: Context) -> Stretch:
    if rebuild.step == CLEAR:
        return _clear(context)
    if rebuild.step in SOURCES:
        return _take_kept(context.facts, context)
    if rebuild.step == VALUES:
        return _compare(MeasureValue, RebuiltValue, rebuild.after, context)
    if rebuild.step == MERGERS:
        return _compare(KnownMerger, RebuiltMerger, rebuild.after, context)
    return _add_up(rebuild.after, context)


def _clear(context: Context) -> Stretch:
    """Drop what a rebuild that was abandoned left behind."""
    left: list[Record] = [
        *context.unit.find_all(RebuiltValue, limit=ROWS_AT_ONCE),
        *context.unit.find_all(RebuiltMerger, limit=ROWS_AT_ONCE),
    ]
    context.unit.remove(*left)
    return Stretch(after="" if left else None)


def _take_kept(page: KeptEventPage, context: Context) -> Stretch:
    """Take kept events as their subscriber takes them when they come."""
    envelopes = [Envelope.from_wire(dict(one.envelope)) for one in page.events]
    _take_all(envelopes, context)
    return Stretch(
        after=str(page.last) if page.more else None,
        position=page.last,
        head=page.head,
        read=len(envelopes),
    )


def _take_all(envelopes: list[Envelope], context: Context) -> None:
    """Bring the rebuilt rows of these events to what they say, with one reading of those known."""
    told = [(envelope.id, _row_of(envelope), _event_of(envelope)) for envelope in envelopes]
    for kind in (RebuiltValue, RebuiltMerger):
        context.unit.find_each(kind, *(row.id for _, row, _ in told if isinstance(row, kind)))
    for event_id, row, event in told:
        known = context.unit.find(type(row), row.id) or context.unit.add(row)
        known.take(event, event_id)


def _event_of(envelope: Envelope) -> Any:
    kind = next(one for one in SOURCES[envelope.producer] if envelope.name == one.NAME)
    return kind.load(dict(envelope.data))


def _row_of(envelope: Envelope) -> RebuiltMerger | RebuiltValue:
    """The row that an event is about, as it is before any was told."""
    event = _event_of(envelope)
    if isinstance(event, DivisionsMerged):
        return RebuiltMerger(id=event.merger_id)
    series = Series(envelope.producer, event.measure, event.period)
    return RebuiltValue(
        id=series.id_in(event.division), division=event.division, **series._asdict()
    )


# Comparing with the rows that are read


def _compare(live: type[R], rebuilt: type[Record], after: str, context: Context) -> Stretch:
    """Put the next rows right that are other than the kept events say, and drop what they were
    compared with."""
    ids = _next_ids(live, rebuilt, after, context)
    kept = context.unit.find_each(live, *ids)
    said = context.unit.find_each(rebuilt, *ids)
    _take_all(_told_meanwhile(kept, said, context), context)
    said = context.unit.find_each(rebuilt, *ids)
    wrong = [one for one in ids if _put_right(live, kept.get(one), said.get(one), context)]
    context.unit.remove(*said.values())
    return Stretch(
        after=ids[-1] if len(ids) == ROWS_AT_ONCE else None,
        compared=len(ids),
        wrong=tuple(wrong),
    )


def _next_ids(live: type[Record], rebuilt: type[Record], after: str, context: Context) -> list[str]:
    """The next ids of either, in the order of the database."""
    pages = [
        sa.select(kind.id).where(kind.id > after).order_by(kind.id).limit(ROWS_AT_ONCE).subquery()
        for kind in (live, rebuilt)
    ]
    both = sa.union(*(sa.select(page.c.id) for page in pages)).subquery()
    rows = context.unit.rows(sa.select(both.c.id).order_by(both.c.id).limit(ROWS_AT_ONCE))
    return [row.id for row in rows]


def _told_meanwhile(
    kept: Mapping[str, Any], said: Mapping[str, Any], context: Context
) -> list[Envelope]:
    """The events by which a row came to be what it is, where the kept ones that were read end with
    another: this service got them since."""
    events = [
        row.event_id
        for key, row in kept.items()
        if key not in said or said[key].event_id != row.event_id
    ]
    if not events:
        return []
    rows = context.unit.rows(sa.select(INBOX.c.envelope).where(INBOX.c.id.in_(events)))
    return [Envelope.from_wire(row.envelope) for row in rows]


def _put_right(live: type[R], kept: R | None, said: Record | None, context: Context) -> bool:
    """Make a row what the events say, where it is not; tells whether it was not."""
    if said is None:
        assert kept is not None
        context.unit.remove(kept)
        return True
    values = {name: getattr(said, name) for name in _told_columns(live)}
    if kept is None:
        context.unit.add(live(**values))
        return True
    if all(getattr(kept, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(kept, name, value)
    return True


def _told_columns(kind: type[Record]) -> list[str]:
    written = {"version", "created_at", "changed_at"}
    return [column.key for column in sa.inspect(kind).columns if column.key not in written]


def _add_up(after: str, context: Context) -> Stretch:
    """Put the totals of the next measure and month right that are other than its leaves add up
    to."""
    series = _next_series(after, context)
    if series is None:
        return Stretch(after=None)
    # The totals first: whoever changes a leaf from now on changes its totals too, so what is
    # decided here is refused then.
    totals = context.unit.find_all(MeasureTotal, *_of(MeasureTotal, series))
    kept = {total.division: total for total in totals}
    sums: dict[str, Rollup] = {}
    for leaf in context.unit.find_all(MeasureValue, *_of(MeasureValue, series)):
        for place in lineage(leaf.division):
            sums.setdefault(place, Rollup()).add(leaf.rollup)
    excess = [total for place, total in kept.items() if place not in sums]
    wrong = [place for place in sums if place not in kept or not kept[place].is_sum(sums[place])]
    for place, total in totals_to_change(series, wrong, context).items():
        total.become(sums[place])
    context.unit.remove(*excess)
    return Stretch(
        after=".".join(series),
        compared=len({*kept, *sums}),
        wrong=tuple(series.id_in(place) for place in (*wrong, *(one.division for one in excess))),
    )


def _next_series(after: str, context: Context) -> Series | None:
    """The one that follows."""
    known = sa.union(
        *(
            sa.select(*(getattr(kind, name) for name in Series._fields))
            for kind in (MeasureValue, MeasureTotal)
        )
    ).subquery()
    statement = sa.select(known).order_by(*known.c).limit(1)
    if after:
        passed = sa.tuple_(*map(sa.literal, after.split(".")))
        statement = statement.where(sa.tuple_(*known.c) > passed)
    rows = context.unit.rows(statement)
    return Series._make(rows[0]) if rows else None


def _of(kind: type[MeasureValue | MeasureTotal], series: Series) -> list[sa.ColumnElement[bool]]:
    return [getattr(kind, name) == value for name, value in series._asdict().items()]
