"""Indicators as they are defined, edition by edition, and their targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.indicators import (
    Direction,
    TargetCurve,
    UnfitIndicator,
    UnfitTarget,
    attainment_of,
    bounds_of_target,
)
from services.party_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.party_government import (
    IndicatorDefined,
    IndicatorRevised,
    IndicatorTerms,
    IndicatorWithdrawn,
    TargetAssigned,
    TargetPoint,
)
from shared.storage import Json

TERMS = tuple(IndicatorTerms.SCHEMA.fields)


def terms_of(source: IndicatorTerms) -> dict[str, Any]:
    """What a message says of a definition, by field, as the contracts take it."""
    return {name: getattr(source, name) for name in TERMS}


class IndicatorCatalogue(storage.Record, Model, kw_only=True, eq=False):
    """Counts the changes of all definitions. Whoever changes one changes this too, so that two who
    change definitions that refer to each other cannot both be right at the same moment."""

    __tablename__ = "indicator_catalogue"
    retention = PERMANENT

    changes: Mapped[int] = mapped_column(default=0, info=L1)


class DefinedIndicator(storage.Aggregate, Model, kw_only=True, eq=False):
    """An indicator or a group, by its code, as it is defined now."""

    __tablename__ = "defined_indicator"
    retention = PERMANENT

    edition: Mapped[int] = mapped_column(default=0, info=L1)
    withdrawn: Mapped[bool] = mapped_column(default=False, info=L1)
    name_zh: Mapped[str] = mapped_column(sa.String(60), default="", info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(80), default="", info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), default="", info=L1)
    formula: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L1)
    unit: Mapped[str | None] = mapped_column(sa.String(12), default=None, info=L1)
    direction: Mapped[str | None] = mapped_column(sa.String(8), default=None, info=L1)
    period: Mapped[str] = mapped_column(sa.String(8), default="month", info=L1)
    parent: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)
    thresholds: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)
    tolerance: Mapped[int] = mapped_column(sa.SmallInteger, default=10, info=L1)
    source: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None, info=L1)

    @property
    def code(self) -> str:
        """By which others refer to it."""
        return self.id

    @property
    def is_group(self) -> bool:
        """Whether it has no value of its own."""
        return self.formula is None

    def define(self, terms: IndicatorTerms) -> None:
        """Be defined for the first time; raises `UnfitIndicator`."""
        self._take(terms)
        self.tell(
            IndicatorDefined(
                code=self.id, division=self.division, edition=self.edition, **terms_of(terms)
            )
        )

    def revise(self, terms: IndicatorTerms, reason: str) -> None:
        """Be defined otherwise from now on, and in force; raises `UnfitIndicator`."""
        self._take(terms)
        self.withdrawn = False
        self.tell(
            IndicatorRevised(
                code=self.id,
                division=self.division,
                edition=self.edition,
                reason=reason,
                **terms_of(terms),
            )
        )

    def withdraw(self, reason: str) -> None:
        """Be in force no more; nothing happens to one that is not."""
        if self.withdrawn:
            return
        self.withdrawn = True
        self.tell(IndicatorWithdrawn(code=self.id, reason=reason))

    def _take(self, terms: IndicatorTerms) -> None:
        if faults := _faults_of(terms):
            raise UnfitIndicator(code=self.id, fields=faults)
        data = terms.dump()
        for name in TERMS:
            setattr(self, name, data[name])
        self.edition += 1

    def attainment(self, value: float | None, target: float | None) -> str | None:
        """The colour of a value beside the target, or by the thresholds where there is none; None
        where nothing says which values are good."""
        if value is None or self.direction is None:
            return None
        direction = Direction(self.direction)
        if target is not None:
            bounds = bounds_of_target(target, direction, self.tolerance)
        elif self.thresholds is not None:
            bounds = self.thresholds["green"], self.thresholds["yellow"]
        else:
            return None
        return attainment_of(value, bounds, direction).value


def _faults_of(terms: IndicatorTerms) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if (terms.formula is None) != (terms.unit is None):
        faults["unit"] = ["An indicator has a formula and a unit, a group has neither."]
    if terms.formula is None and (terms.direction or terms.thresholds):
        faults["direction"] = ["A group has no values, so none of them is good."]
    if terms.thresholds is not None:
        if terms.direction is None:
            faults["thresholds"] = ["Say first whether higher or lower values are better."]
        elif terms.thresholds.green != terms.thresholds.yellow and (
            (terms.thresholds.green > terms.thresholds.yellow) != (terms.direction == "higher")
        ):
            faults["thresholds"] = ["Green must be better than yellow."]
    return faults


class DefinitionEdition(storage.Record, Model, kw_only=True, eq=False):
    """A definition as it was adopted, its id `<code>.<edition>`; it never changes."""

    __tablename__ = "definition_edition"
    retention = PERMANENT

    code: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    edition: Mapped[int] = mapped_column(info=L1)
    since: Mapped[date] = mapped_column(info=L1)
    reason: Mapped[str] = mapped_column(sa.String(200), info=L1)
    terms: Mapped[dict[str, Any]] = mapped_column(Json, info=L1)

    @classmethod
    def of(
        cls, defined: DefinedIndicator, terms: IndicatorTerms, day: date, reason: str
    ) -> DefinitionEdition:
        """The edition that was just adopted."""
        data = terms.dump()
        return cls(
            id=f"{defined.id}.{defined.edition}",
            division=defined.division,
            code=defined.id,
            edition=defined.edition,
            since=day,
            reason=reason,
            terms={name: data[name] for name in TERMS},
        )


def target_id(code: str, division: str, year: int) -> str:
    """The id of a target."""
    return f"{code}.{division}.{year}"


class IndicatorTarget(storage.Aggregate, Model, kw_only=True, eq=False):
    """The target curve of an indicator in a division and year."""

    __tablename__ = "indicator_target"
    retention = PERMANENT

    code: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    year: Mapped[int] = mapped_column(sa.SmallInteger, info=L1)
    points: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    edition: Mapped[int] = mapped_column(default=0, info=L1)

    def assign(self, points: Sequence[TargetPoint], basis: str) -> None:
        """Be this curve from now on; raises `UnfitTarget` where a month comes twice."""
        months = [point.month for point in points]
        if len(set(months)) < len(months):
            raise UnfitTarget(fields={"points": ["Each month, and the year, comes once."]})
        self.points = [point.dump() for point in points]
        self.basis = basis
        self.edition += 1
        self.tell(
            TargetAssigned(
                target_id=self.id,
                code=self.code,
                division=self.division,
                year=self.year,
                edition=self.edition,
                points=tuple(points),
                basis=basis,
            )
        )

    @property
    def curve(self) -> TargetCurve:
        """Its curve."""
        return TargetCurve({point["month"] or 0: point["value"] for point in self.points})


def target_in(period: str | None, target: IndicatorTarget | None) -> float | None:
    """What a target asks for in a month `YYYY-MM` or a year `YYYY`; nothing over all time."""
    if target is None or period is None:
        return None
    curve = target.curve
    return curve.of_year() if len(period) == 4 else curve.of_month(int(period[5:7]))
