"""The read model made anew: equal to the live one row for row, whatever befell that."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.commands import rebuilding
from services.party_government.domain.rebuilding import OWN, SOURCES
from services.party_government.load import steps
from services.party_government.models import (
    KnownMerger,
    Measure,
    MeasureTotal,
    MeasureValue,
    RebuiltMerger,
    RebuiltValue,
)
from services.party_government.service import PartyGovernment
from shared import jsontext
from shared.clocks import SIMULATION_BEGINS
from shared.context import Context, Principal
from shared.contracts import digital_economy, digital_government, identity_data
from shared.contracts.base import Event
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.contracts.party_government import (
    AbandonScreenRebuild,
    OneScreen,
    RebuildProgress,
    RebuildScreen,
    ReceiptSigned,
    ScreenChanges,
    ScreenRebuildAbandoned,
    ScreenRebuildAdvanced,
    ScreenRebuilds,
    ScreenRebuilt,
)
from shared.contracts.platform import KeptEvent, KeptEventPage, KeptEvents
from shared.errors import NotAllowed, Unavailable
from shared.loading import load
from shared.measures import count, observe
from shared.messaging.envelope import Envelope
from shared.testing.harness import ServiceHarness

OPERATOR = Principal(id="operator", kind="operator", division="33")
LEADER = Principal(id="leader", kind="official", division="33", roles=("leader",))
CITY_LEADER = Principal(id="city", kind="official", division="3301", roles=("leader",))
PLACES = ("330106", "330106001", "330110", "3301", "330203", "330203002")
KINDS = {
    "cases_decided": digital_government.MeasureChanged,
    "case_minutes": digital_government.MeasureChanged,
    "enterprises_registered": identity_data.MeasureChanged,
    "policies_matched": digital_economy.MeasureChanged,
}
MERGED = DivisionsMerged(
    merger_id="m-2021",
    division="3301",
    effective=date(2021, 4, 9),
    moves=(TerritoryMove(from_code="330103", to_code="330105"),),
)


class Producers:
    """Other services, which keep what they told and are asked for it."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.harness = harness
        self.kept: dict[str, list[Envelope]] = {one: [] for one in SOURCES if one != OWN}
        for name in self.kept:
            harness.remote[KeptEvents, name] = partial(self.answer, name)

    def tell(self, seed: int = 0) -> list[Envelope]:
        """Measures of two months, each told several times as it grew, and a merger."""
        chance = random.Random(seed)
        told = [self._keep(MERGED, "m-2021", 1, "3301")]
        for place in PLACES:
            for month in ("2026-03", "2026-04"):
                for measure, kind in KINDS.items():
                    value, seen = 0, dict[str, int]()
                    for version in range(1, chance.randint(2, 4)):
                        more = chance.randint(1, 90)
                        value += more
                        if measure == "case_minutes":
                            seen = {**seen, str(more): seen.get(str(more), 0) + 1}
                        event = kind(
                            measure=measure,
                            division=place,
                            period=month,
                            value=value,
                            version=version,
                            distribution=seen,
                        )
                        told.append(self._keep(event, f"{measure}/{place}/{month}", version, place))
        return told

    def _keep(self, event: Event, aggregate_id: str, sequence: int, division: str) -> Envelope:
        envelope = self.harness.envelope(
            event, aggregate_id=aggregate_id, sequence=sequence, division=division
        )
        self.kept[envelope.producer].append(envelope)
        return envelope

    def answer(self, name: str, query: KeptEvents) -> KeptEventPage:
        """A few at once, so that it takes several pages."""
        found = [
            KeptEvent(position=position, envelope=envelope.to_wire())
            for position, envelope in enumerate(self.kept[name], start=1)
            if position > query.after and envelope.name in query.names
        ]
        return KeptEventPage(
            events=tuple(found[:20]),
            last=found[:20][-1].position if found else query.after,
            head=len(self.kept[name]),
            more=len(found) > 20,
        )


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    service = make_service(PartyGovernment)
    load(service.runtime, steps(service.runtime.settings))
    return service


@pytest.fixture
def producers(harness: ServiceHarness) -> Producers:
    return Producers(harness)


def read_model(harness: ServiceHarness) -> dict[str, set[tuple[Any, ...]]]:
    """All rows of the read model, without how often and when they were written."""
    left_out = {"version", "created_at", "changed_at", "sequence"}
    return {
        kind.__tablename__: {
            tuple(jsontext.canonical(one) if isinstance(one, dict | list) else one for one in row)
            for row in harness.rows(
                sa.select(*(c for c in kind.__table__.c if c.key not in left_out))
            )
        }
        for kind in (MeasureValue, MeasureTotal, KnownMerger)
    }


def deliver(harness: ServiceHarness, envelopes: Iterable[Envelope]) -> None:
    harness.receive(*envelopes)
    harness.take()


def count_own(harness: ServiceHarness) -> None:
    """What the service counts itself."""
    signed = ReceiptSigned(id="d-1.organ", organ="organ", due=SIMULATION_BEGINS, colour="green")

    def work(context: Context) -> None:
        taken = replace(context, event=harness.envelope(signed))
        count(Measure, "directives_signed", "330106001", taken)
        observe(Measure, "case_minutes", "330106001", taken, 7)

    harness.act(work)
    harness.settle()


def rebuild(harness: ServiceHarness) -> RebuildProgress:
    harness.execute(RebuildScreen(reason="核对"), as_=OPERATOR)
    harness.settle()
    return newest(harness)


def newest(harness: ServiceHarness) -> RebuildProgress:
    newest: RebuildProgress = harness.execute(ScreenRebuilds(), as_=OPERATOR).rebuilds[0]
    return newest


@pytest.fixture(params=(2, 500))
def rows_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows are compared at one go, be it fewer than there are or more."""
    monkeypatch.setattr(rebuilding, "ROWS_AT_ONCE", request.param)
    return int(request.param)


@pytest.mark.parametrize("seed", range(3))
def test_doubled_and_reordered_events_leave_nothing_to_put_right(
    harness: ServiceHarness, producers: Producers, seed: int
) -> None:
    told = producers.tell(seed)
    again = [*told, *told]
    random.Random(seed).shuffle(again)
    deliver(harness, again)
    count_own(harness)
    before = read_model(harness)
    done = rebuild(harness)
    assert (done.state, done.percent, done.put_right, done.wrong) == ("done", 100, 0, ())
    own = len([one for one in harness.envelopes() if one.name == "MeasureChanged"])
    assert own == 2
    assert done.read == len(told) + own
    assert done.compared == sum(map(len, before.values()))
    assert read_model(harness) == before
    assert not harness.rows(sa.select(RebuiltValue.id)) + harness.rows(sa.select(RebuiltMerger.id))


def test_whatever_befell_the_rows_is_put_right(
    harness: ServiceHarness, producers: Producers, rows_at_once: int
) -> None:
    deliver(harness, producers.tell())
    count_own(harness)
    right = read_model(harness)

    def spoil(context: Context) -> None:
        values = context.unit.find_all(MeasureValue)
        values[0].value += 1
        values[1].measure_version, values[1].value = 1000, 5
        values[2].distribution = {"1": 99}
        context.unit.remove(values[3], context.unit.get(KnownMerger, "m-2021"))
        context.unit.add(
            MeasureValue(
                id="digital_government.cases_decided.330281.2026-03",
                division="330281",
                owner="digital_government",
                measure="cases_decided",
                period="2026-03",
                value=3,
                measure_version=1,
            )
        )
        context.unit.add(KnownMerger(id="m-none", event_id="e-none"))
        totals = context.unit.find_all(MeasureTotal)
        totals[0].value += 1
        context.unit.remove(totals[1])
        context.unit.add(
            MeasureTotal(
                id="digital_government.ratings.33.2026-03",
                owner="digital_government",
                measure="ratings",
                period="2026-03",
            )
        )

    harness.act(spoil)
    assert read_model(harness) != right
    done = rebuild(harness)
    assert read_model(harness) == right
    assert "digital_government.cases_decided.330281.2026-03" in done.wrong
    assert {"m-2021", "m-none", "digital_government.ratings.33.2026-03"} <= set(done.wrong)
    assert done.put_right == len(done.wrong)
    assert rebuild(harness).put_right == 0


def test_a_read_model_that_is_lost_is_made_from_nothing(
    harness: ServiceHarness, producers: Producers
) -> None:
    deliver(harness, producers.tell())
    right = read_model(harness)
    with harness.runtime.engine.begin() as connection:
        for kind in (MeasureValue, MeasureTotal, KnownMerger):
            connection.execute(sa.delete(kind))
    done = rebuild(harness)
    assert done.put_right == sum(map(len, right.values()))
    assert len(done.wrong) == 20
    assert read_model(harness) == right


def test_what_is_told_while_it_runs_stays(
    harness: ServiceHarness, producers: Producers, rows_at_once: int
) -> None:
    told = producers.tell()
    late = told[len(told) // 2 :]
    deliver(harness, told[: len(told) // 2])
    harness.execute(RebuildScreen(reason="核对"), as_=OPERATOR)
    seen: set[str] = set()
    while late:
        # The kept events that it reads are those of the beginning, so the rest is news to it.
        for kept in producers.kept.values():
            kept[:] = [one for one in kept if one not in late]
        deliver(harness, late[:3])
        late = late[3:]
        fresh = [one for one in harness.envelopes() if one.aggregate == "ScreenRebuild"]
        deliver(harness, [one for one in fresh if one.id not in seen][:1])
        seen |= {one.id for one in fresh[: len(seen) + 1]}
    harness.settle()
    assert newest(harness).state == "done"
    assert newest(harness).put_right == 0
    last = {(one.producer, one.aggregate_id): one for one in told if one.name == "MeasureChanged"}
    kept = {row.event_id for row in harness.rows(sa.select(MeasureValue.event_id))}
    assert kept == {one.id for one in last.values()}


def test_it_tells_how_far_it_has_come(harness: ServiceHarness, producers: Producers) -> None:
    deliver(harness, producers.tell())
    rebuild(harness)
    advanced = harness.told(ScreenRebuildAdvanced)
    percents = [one.percent for one in advanced]
    assert percents == sorted(percents)
    assert len(set(percents)) > 8
    assert list(dict.fromkeys(one.step for one in advanced)) == [
        *SOURCES,
        "values",
        "mergers",
        "totals",
    ]
    assert len(harness.told(ScreenRebuilt)) == 1


def test_one_runs_at_a_time_and_can_be_abandoned(
    harness: ServiceHarness, producers: Producers
) -> None:
    deliver(harness, producers.tell())
    begun = harness.execute(RebuildScreen(reason="核对"), as_=OPERATOR)
    with pytest.raises(rebuilding.RebuildRuns):
        harness.execute(RebuildScreen(reason="再核对"), as_=OPERATOR)
    for _ in range(2):
        harness.execute(AbandonScreenRebuild(rebuild_id=begun.rebuild_id), as_=OPERATOR)
    harness.settle()
    assert newest(harness).state == "abandoned"
    assert newest(harness).read == 0
    assert len(harness.told(ScreenRebuildAbandoned)) == 1
    assert rebuild(harness).put_right == 0


def test_what_an_abandoned_one_read_is_not_believed(
    harness: ServiceHarness, producers: Producers, rows_at_once: int
) -> None:
    deliver(harness, producers.tell())

    def leave(context: Context) -> None:
        for number in range(3):
            context.unit.add(
                RebuiltValue(
                    id=f"digital_government.ratings.330106.2026-0{number + 1}",
                    division="330106",
                    owner="digital_government",
                    measure="ratings",
                    period=f"2026-0{number + 1}",
                    value=9,
                )
            )

    harness.act(leave)
    assert rebuild(harness).put_right == 0


def test_a_source_that_is_away_is_asked_again(
    harness: ServiceHarness, producers: Producers
) -> None:
    deliver(harness, producers.tell())

    def away(query: KeptEvents) -> KeptEventPage:
        raise Unavailable(what="digital_economy")

    harness.remote[KeptEvents, "digital_economy"] = away
    assert rebuild(harness).state == "running"
    harness.remote[KeptEvents, "digital_economy"] = partial(producers.answer, "digital_economy")
    harness.make_retries_due()
    harness.take()
    harness.settle()
    assert (newest(harness).state, newest(harness).put_right) == ("done", 0)


def test_only_operators_make_it_anew(harness: ServiceHarness) -> None:
    for ask in (RebuildScreen(reason="核对"), ScreenRebuilds()):
        with pytest.raises(NotAllowed):
            harness.execute(ask, as_=LEADER)


# What changed on a screen


def test_a_screen_that_asks_on_misses_nothing_and_is_told_each_figure_once(
    harness: ServiceHarness, producers: Producers
) -> None:
    told = producers.tell()
    deliver(harness, told[: len(told) // 2])
    screen = harness.execute(OneScreen(division="3301"), as_=CITY_LEADER)
    assert screen.sequence > 0
    quiet = harness.execute(ScreenChanges(division="3301", after=screen.sequence), as_=CITY_LEADER)
    assert (quiet.changes, quiet.indicators, quiet.more) == ((), (), False)
    assert quiet.sequence == screen.sequence
    deliver(harness, told[len(told) // 2 :])
    feed = harness.execute(ScreenChanges(division="3301", after=screen.sequence), as_=CITY_LEADER)
    named = [(one.owner, one.measure, one.period) for one in feed.changes]
    assert len(named) == len(set(named)) > 0
    numbers = [one.sequence for one in feed.changes]
    assert numbers == sorted(numbers)
    assert min(numbers) > screen.sequence
    assert feed.sequence == numbers[-1]
    totals = dict(
        harness.rows(sa.select(MeasureTotal.id, MeasureTotal.value).where(MeasureTotal.value > 0))
    )
    for one in feed.changes:
        assert totals[f"{one.owner}.{one.measure}.3301.{one.period}"] == one.value
    assert "cases_decided" in feed.indicators
    assert "enterprises_registered" not in feed.indicators or any(
        one.measure == "enterprises_registered" for one in feed.changes
    )


def test_a_long_feed_is_told_in_parts(
    harness: ServiceHarness, producers: Producers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.party_government.queries.screen.CHANGES_AT_ONCE", 3)
    deliver(harness, producers.tell())
    found, after, more = [], 0, True
    while more:
        feed = harness.execute(ScreenChanges(division="33", after=after), as_=LEADER)
        found += [(one.owner, one.measure, one.period) for one in feed.changes]
        after, more = feed.sequence, feed.more
    assert len(found) == len(set(found)) == 8
    assert after == harness.execute(OneScreen(division="33"), as_=LEADER).sequence


def test_the_changes_of_another_division_are_not_told(
    harness: ServiceHarness, producers: Producers
) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(ScreenChanges(division="3302"), as_=CITY_LEADER)
