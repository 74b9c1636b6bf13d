"""The organs that directives and tasks are addressed to, as identity_data last told them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.models.base import Model
from services.party_government.reference.coast import COASTAL_COUNTIES, above
from shared import storage
from shared.classification import AS_ITS_SOURCE, L1
from shared.contracts.identity_data import Organ
from shared.contracts.party_government import Audience
from shared.divisions import Level, contains, level_of, up_to
from shared.succession import within


class KnownOrgan(storage.Record, Model, kw_only=True, eq=False):
    """An organ: its superior, its level, its type, and while it is in being, as told."""

    __tablename__ = "known_organ"
    retention = AS_ITS_SOURCE

    name: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)
    kind: Mapped[str] = mapped_column(sa.String(40), default="", info=L1)
    type: Mapped[str] = mapped_column(sa.String(20), default="", info=L1)
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0, info=L1)
    parent: Mapped[str | None] = mapped_column(sa.String(64), index=True, default=None, info=L1)
    valid_from: Mapped[date | None] = mapped_column(default=None, info=L1)
    valid_to: Mapped[date | None] = mapped_column(default=None, info=L1)
    successor: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)

    def take(self, told: Organ) -> None:
        """Be as it was told."""
        self.division = told.division
        self.name = told.name
        self.kind = told.kind
        self.type = told.type or ""
        self.level = int(level_of(told.division))
        self.parent = told.parent
        self.valid_from = told.valid_from
        self.valid_to = told.valid_to
        self.successor = told.successor

    def is_in_being(self, day: date) -> bool:
        """Whether it is there on that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)

    @property
    def rank(self) -> Level:
        """The level of its division."""
        return Level(self.level)


def in_being_on(day: date) -> sa.ColumnElement[bool]:
    """Selects the organs that are there on that day."""
    begun = sa.or_(KnownOrgan.valid_from.is_(None), KnownOrgan.valid_from <= day)
    return sa.and_(begun, sa.or_(KnownOrgan.valid_to.is_(None), KnownOrgan.valid_to > day))


def successor_of(organ: str, former: str, division: str) -> str:
    """The organ that took the work of another over, where the other's division lies at or above
    one that another followed."""
    place, _, kind = organ.partition("-")
    if not contains(place, former):
        return organ
    return f"{up_to(division, level_of(place))}-{kind}"


def addressed(audience: Audience, day: date) -> sa.ColumnElement[bool]:
    """Selects the organs in being that an audience means."""
    described = sa.false() if audience.within is None else sa.and_(*_asked_for(audience))
    return sa.and_(in_being_on(day), sa.or_(KnownOrgan.id.in_(audience.organs), described))


def _asked_for(audience: Audience) -> Iterable[sa.ColumnElement[bool]]:
    yield within(KnownOrgan, [audience.within or ""])
    if audience.levels:
        yield KnownOrgan.level.in_([int(Level[name.upper()]) for name in audience.levels])
    if audience.types:
        yield KnownOrgan.type.in_(audience.types)
    if audience.kinds:
        yield KnownOrgan.kind.in_(audience.kinds)
    if audience.coastal:
        counties = sorted(COASTAL_COUNTIES)
        yield sa.or_(within(KnownOrgan, counties), KnownOrgan.division.in_(set(above(counties))))
