"""Divisions over time, organs, mergers, and how far the registers have followed one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain import (
    MergerNotAnnounced,
    MergerState,
)
from services.identity_data.models.base import Model
from services.identity_data.reference.organs import OrganType
from shared import storage, succession
from shared.classification import L1, PERMANENT
from shared.contracts import identity_data as contract
from shared.contracts.identity_data import (
    DivisionsMerged,
    MergeDivisions,
    MergerAnnounced,
    MergerWithdrawn,
    OpenWorkPassed,
    OrgansListed,
    TerritoryMove,
)

ORGANS_AN_EVENT: Final = 500
"""About 150 kB a message."""


class Division(storage.Record, Model, kw_only=True, eq=False):
    """An administrative division under its code, in force from `valid_from` (None: since before
    the records) up to but not on `valid_to` (None: still)."""

    __tablename__ = "division"
    retention = PERMANENT

    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    name_en: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L1)
    level: Mapped[int] = mapped_column(sa.SmallInteger, info=L1)
    parent: Mapped[str | None] = mapped_column(sa.String(12), index=True, default=None, info=L1)
    valid_from: Mapped[date | None] = mapped_column(default=None, info=L1)
    valid_to: Mapped[date | None] = mapped_column(default=None, info=L1)
    predecessors: Mapped[list[str]] = mapped_column(default_factory=list, info=L1)
    successors: Mapped[list[str]] = mapped_column(default_factory=list, info=L1)


class Organ(storage.Record, Model, kw_only=True, eq=False):
    """An organ of the party or the state, in being like its division; `successor` took its work
    over. `type` is the body to which it belongs, `kind` what it does."""

    __tablename__ = "organ"
    retention = PERMANENT

    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(200), info=L1)
    kind: Mapped[str] = mapped_column(sa.String(40), info=L1)
    type: Mapped[str] = mapped_column(sa.String(20), default="department", info=L1)
    parent: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L1)
    valid_from: Mapped[date | None] = mapped_column(default=None, info=L1)
    valid_to: Mapped[date | None] = mapped_column(default=None, info=L1)
    successor: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)

    def to_contract(self) -> contract.Organ:
        """As others are told of it."""
        return contract.Organ(
            organ_id=self.id,
            name=self.name,
            division=self.division,
            kind=self.kind,
            parent=self.parent,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            successor=self.successor,
            type=OrganType(self.type).value,
            name_en=self.name_en,
        )


class OrganRegister(storage.Aggregate, Model, kw_only=True, eq=False):
    """What tells of organs, of many at once: one for the province, its id `organs`."""

    __tablename__ = "organ_register"
    retention = PERMANENT

    def list_organs(self, organs: Iterable[Organ]) -> None:
        """Tell how these organs stand now, in events of a size that travels."""
        listed = [one.to_contract() for one in organs]
        for start in range(0, len(listed), ORGANS_AN_EVENT):
            part = tuple(listed[start : start + ORGANS_AN_EVENT])
            self.tell(OrgansListed(register_id=self.id, organs=part))


class DivisionMerger(storage.Aggregate, Model, kw_only=True, eq=False):
    """A change of divisions decided for a day; `passed` is what services passed on, by service."""

    __tablename__ = "division_merger"
    retention = PERMANENT

    basis: Mapped[str] = mapped_column(sa.String(200), info=L1)
    effective: Mapped[date] = mapped_column(info=L1)
    moves: Mapped[list[Any]] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(20), default=MergerState.ANNOUNCED.value, info=L1)
    passed: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, info=L1)

    @classmethod
    def announced(cls, merger_id: str, order: MergeDivisions) -> DivisionMerger:
        """A merger that will take effect on its day."""
        merger = cls(
            id=merger_id,
            division=order.division,
            basis=order.basis,
            effective=order.effective,
            moves=[move.dump() for move in order.moves],
        )
        merger.tell(
            MergerAnnounced(merger_id=merger_id, basis=order.basis, effective=order.effective)
        )
        return merger

    @property
    def territory_moves(self) -> tuple[TerritoryMove, ...]:
        """Its moves."""
        return tuple(TerritoryMove.load(move) for move in self.moves)

    def withdraw(self) -> None:
        """Take it back; raises `MergerNotAnnounced` once it is in force or taken back."""
        state = MergerState(self.state)
        if state is not MergerState.ANNOUNCED:
            in_force = state is MergerState.IN_FORCE
            raise MergerNotAnnounced(
                state_zh="生效" if in_force else "撤回",
                state_en="is in force" if in_force else "was taken back",
            )
        self.state = MergerState.WITHDRAWN.value
        self.tell(MergerWithdrawn(merger_id=self.id))

    def come_into_force(self) -> None:
        """Tell every service that the territory belongs to the successors from now on."""
        self.state = MergerState.IN_FORCE.value
        self.tell(
            DivisionsMerged(
                merger_id=self.id,
                division=self.division,
                effective=self.effective,
                moves=self.territory_moves,
            )
        )

    def note_passed(self, service: str, counts: Mapping[str, int]) -> None:
        """Keep what a service passed on, when it has finished."""
        self.passed = {**self.passed, service: dict(counts)}


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far people, enterprises, names and accounts have passed to successors."""

    __tablename__ = "passage"

    event = OpenWorkPassed
