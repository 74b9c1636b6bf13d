"""What the one screen is read from: the newest value of every leaf measure, and known mergers."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.models.base import Model
from shared import measures, storage, succession
from shared.classification import AS_ITS_SOURCE, L1
from shared.contracts.measures import MeasureChange
from shared.contracts.party_government import MeasureChanged, OpenWorkPassed
from shared.divisions import Succession
from shared.storage import Json


class KnownMerger(storage.Record, Model, kw_only=True, eq=False):
    """A merger of divisions that took effect, so that what was counted before it can be told for
    the divisions of after it."""

    __tablename__ = "known_merger"
    retention = AS_ITS_SOURCE

    effective: Mapped[date] = mapped_column(info=L1)
    moves: Mapped[list[Any]] = mapped_column(Json, info=L1)

    @property
    def succession(self) -> Succession:
        """Which code follows which."""
        return Succession.of((move["from_code"], move["to_code"]) for move in self.moves)


class MeasureValue(storage.Record, Model, kw_only=True, eq=False):
    """A leaf measure of one owner, division and month, as its owner told it last.

    Its id is `<owner>.<measure>.<division>.<period>`; `measure_version` is the owner's count of
    its changes and `event_id` the event that told the last. `division` alone is no name: two
    owners may count in the same one.
    """

    __tablename__ = "measure_value"
    retention = AS_ITS_SOURCE

    owner: Mapped[str] = mapped_column(sa.String(40), info=L1)
    measure: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    period: Mapped[str] = mapped_column(sa.String(7), info=L1)
    value: Mapped[int] = mapped_column(default=0, info=L1)
    distribution: Mapped[dict[str, int]] = mapped_column(Json, default_factory=dict, info=L1)
    measure_version: Mapped[int] = mapped_column(default=0, info=L1)
    event_id: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)

    def take(self, change: MeasureChange, event_id: str) -> None:
        """Take what the owner told, unless something newer is known: values are totals, so the
        newest replaces all before it, however late the others come."""
        if change.version <= self.measure_version:
            return
        self.value = change.value
        self.distribution = dict(change.distribution)
        self.measure_version = change.version
        self.event_id = event_id


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """What this service counts itself, by division and month."""

    __tablename__ = "measure"
    event = MeasureChanged


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far directives and receipts have passed to successors."""

    __tablename__ = "passage"
    event = OpenWorkPassed
