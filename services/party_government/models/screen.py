"""What the one screen is read from: the newest value of every leaf measure, their totals, and known
mergers; and how all that is made anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.rebuilding import STEPS, Stretch
from services.party_government.domain.rollups import Rollup
from services.party_government.models.base import Model
from shared import measures, storage, succession
from shared.classification import AS_ITS_SOURCE, L1, PERMANENT, Retention
from shared.contracts.identity_data import DivisionsMerged
from shared.contracts.measures import MeasureChange
from shared.contracts.party_government import (
    MeasureChanged,
    OpenWorkPassed,
    ScreenRebuildAbandoned,
    ScreenRebuildAdvanced,
    ScreenRebuildBegun,
    ScreenRebuilt,
)
from shared.divisions import Succession
from shared.storage import Json

MOST_EXAMPLES = 20


class Merger(storage.Record, kw_only=True, eq=False):
    """Mixin: a merger of divisions as the event `event_id` told it."""

    retention: ClassVar[Retention | None] = AS_ITS_SOURCE

    effective: Mapped[date] = mapped_column(default=date.max, info=L1)
    moves: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    event_id: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)

    def take(self, event: DivisionsMerged, event_id: str) -> bool:
        """Take what identity_data told; the same however often it comes."""
        if self.event_id:
            return False
        self.division = event.division
        self.effective = event.effective
        self.moves = [move.dump() for move in event.moves]
        self.event_id = event_id
        return True


class KnownMerger(Merger, Model, kw_only=True, eq=False):
    """A merger of divisions that took effect, so that what was counted before it can be told for
    the divisions of after it."""

    __tablename__ = "known_merger"

    @property
    def succession(self) -> Succession:
        """Which code follows which."""
        return Succession.of((move["from_code"], move["to_code"]) for move in self.moves)


class Series(NamedTuple):
    """What one owner counts in one month, wherever it is."""

    owner: str
    measure: str
    period: str

    def id_in(self, division: str) -> str:
        """The id of its figure in a division."""
        return f"{self.owner}.{self.measure}.{division}.{self.period}"


class Figure(storage.Record, kw_only=True, eq=False):
    """Mixin: a measure of one owner, division and month. `division` alone is no name: two owners
    may count in the same one."""

    retention: ClassVar[Retention | None] = AS_ITS_SOURCE

    owner: Mapped[str] = mapped_column(sa.String(40), info=L1)
    measure: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    period: Mapped[str] = mapped_column(sa.String(7), info=L1)
    value: Mapped[int] = mapped_column(default=0, info=L1)
    distribution: Mapped[dict[str, int]] = mapped_column(Json, default_factory=dict, info=L1)

    @property
    def series(self) -> Series:
        """What it counts."""
        return Series(self.owner, self.measure, self.period)


class LeafFigure(Figure, kw_only=True, eq=False):
    """Mixin: a measure as its owner told it last; `measure_version` is the owner's count of its
    changes and `event_id` the event that told the last."""

    measure_version: Mapped[int] = mapped_column(default=0, info=L1)
    event_id: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)

    @property
    def rollup(self) -> Rollup:
        """What is known of it."""
        return Rollup.of_leaf(self.division, self.value, self.distribution)

    def take(self, change: MeasureChange, event_id: str) -> bool:
        """Take what the owner told, unless something newer is known: values are totals, so the
        newest replaces all before it, however late the others come. Tells whether it was new."""
        if change.version <= self.measure_version:
            return False
        self.value = change.value
        self.distribution = dict(change.distribution)
        self.measure_version = change.version
        self.event_id = event_id
        return True


class MeasureValue(LeafFigure, Model, kw_only=True, eq=False):
    """A leaf measure of one owner, division and month."""

    __tablename__ = "measure_value"


class MeasureTotal(Figure, Model, kw_only=True, eq=False):
    """A measure summed over a division and all below it, so that a screen costs the same however
    much is counted beneath it; `by_level` is the part of it that was counted in divisions of each
    level, `sequence` the division's count of changes at which it had its last."""

    __tablename__ = "measure_total"
    __table_args__ = (sa.Index("measure_total_feed", "division", "sequence"),)

    by_level: Mapped[dict[str, int]] = mapped_column(Json, default_factory=dict, info=L1)
    sequence: Mapped[int] = mapped_column(default=0, info=L1)

    @property
    def rollup(self) -> Rollup:
        """What is known of it."""
        return Rollup.of_total(self.value, self.distribution, self.by_level)

    def add(self, change: Rollup) -> None:
        """Take in how a leaf below it changed."""
        known = self.rollup
        known.add(change)
        self.become(known)

    def is_sum(self, leaves: Rollup) -> bool:
        """Whether it is what the leaves below it come to."""
        return self.rollup == leaves

    def become(self, sum_of_leaves: Rollup) -> None:
        """Be what the leaves below it come to."""
        self.value = sum_of_leaves.value
        self.distribution = _kept(sum_of_leaves.distribution)
        self.by_level = _kept(sum_of_leaves.by_level)


def _kept(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(key): times for key, times in counts.items() if times}


class ScreenSequence(storage.Record, Model, kw_only=True, eq=False):
    """How often a total of a division changed. Whoever changes one changes this too, so the
    changes of a division are numbered in the order in which they were written: a live screen that
    read up to a number has missed none before it."""

    __tablename__ = "screen_sequence"
    retention = AS_ITS_SOURCE

    changes: Mapped[int] = mapped_column(default=0, info=L1)

    def next(self) -> int:
        """The number of one more change."""
        self.changes += 1
        return self.changes


class RebuiltValue(LeafFigure, Model, kw_only=True, eq=False):
    """A leaf measure as a rebuild reads it from its owner's kept events, until it is compared."""

    __tablename__ = "rebuilt_value"


class RebuiltMerger(Merger, Model, kw_only=True, eq=False):
    """A merger as a rebuild reads it, until it is compared."""

    __tablename__ = "rebuilt_merger"


class ScreenRebuild(storage.Aggregate, Model, kw_only=True, eq=False):
    """Making the read model anew. `step` is the part in hand and `after` where it goes on;
    `position` of `head` is how far the step has come. `read` counts kept events, `compared` rows,
    `put_right` those of them that were other than the events say, with the ids of the first."""

    __tablename__ = "screen_rebuild"
    retention = PERMANENT

    number: Mapped[int] = mapped_column(unique=True, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default="running", info=L1)
    step: Mapped[str] = mapped_column(sa.String(40), default=STEPS[0], info=L1)
    after: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    position: Mapped[int] = mapped_column(default=0, info=L1)
    head: Mapped[int] = mapped_column(default=0, info=L1)
    read: Mapped[int] = mapped_column(default=0, info=L1)
    compared: Mapped[int] = mapped_column(default=0, info=L1)
    put_right: Mapped[int] = mapped_column(default=0, info=L1)
    wrong: Mapped[list[str]] = mapped_column(default_factory=list, info=L1)
    ended_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    def begin(self) -> None:
        """Tell that it begins, which is what its first step waits for."""
        self.tell(ScreenRebuildBegun(rebuild_id=self.id, reason=self.reason))

    def advance(self, done: Stretch, now: datetime) -> None:
        """Take note of a stretch of the step in hand, and go on: with it, with the next one, or
        to the end."""
        self.read += done.read
        self.compared += done.compared
        self.put_right += len(done.wrong)
        self.wrong = [*self.wrong, *done.wrong][:MOST_EXAMPLES]
        self.position, self.head = done.position, done.head
        self.after = done.after or ""
        if done.after is None:
            following = STEPS[STEPS.index(self.step) + 1 :]
            if not following:
                self._end("done", now)
                return
            self.step, self.position, self.head = following[0], 0, 0
        self.tell(
            ScreenRebuildAdvanced(
                rebuild_id=self.id,
                step=self.step,
                percent=self.percent,
                read=self.read,
                compared=self.compared,
                put_right=self.put_right,
            )
        )

    def abandon(self, now: datetime) -> None:
        """Go on no more; what was put right stays so. Nothing happens to one that ended."""
        if self.state == "running":
            self._end("abandoned", now)

    @property
    def percent(self) -> int:
        """How far it has come, each step taken for as long as the others."""
        if self.state == "done":
            return 100
        part = self.position / self.head if self.head else 0
        return int(100 * (STEPS.index(self.step) + min(part, 1)) / len(STEPS))

    def _end(self, state: str, now: datetime) -> None:
        self.state, self.ended_at = state, now
        ended = ScreenRebuilt if state == "done" else ScreenRebuildAbandoned
        self.tell(
            ended(
                rebuild_id=self.id,
                read=self.read,
                compared=self.compared,
                put_right=self.put_right,
            )
        )


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """What this service counts itself, by division and month."""

    __tablename__ = "measure"
    event = MeasureChanged


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far directives and receipts have passed to successors."""

    __tablename__ = "passage"
    event = OpenWorkPassed
