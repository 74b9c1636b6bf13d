"""What commands and queries both ask the tables: divisions as of a day, names that are taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.identity_data.domain import DivisionNotInForce, NameFault, name_faults
from services.identity_data.models import DIVISION, Enterprise
from shared.context import Context
from shared.divisions import Level, lineage
from shared.errors import InvalidInput


def division_row(code: str, context: Context) -> Any | None:
    """The row of a division, whether in force or not; None where there never was one."""
    return context.unit.reference_row(DIVISION, code)


def is_in_force(row: Any, day: date) -> bool:
    """Whether a division's row is in force on that day."""
    begun = row.valid_from is None or row.valid_from <= day
    return begun and (row.valid_to is None or day < row.valid_to)


def in_force_on(day: date) -> sa.ColumnElement[bool]:
    """The same as a condition of a selection."""
    begun = sa.or_(DIVISION.c.valid_from.is_(None), DIVISION.c.valid_from <= day)
    return sa.and_(begun, sa.or_(DIVISION.c.valid_to.is_(None), DIVISION.c.valid_to > day))


def require_in_force(code: str, context: Context) -> None:
    """Raise `InvalidInput` for a division that never was, `DivisionNotInForce` for one that is not
    there today."""
    row = division_row(code, context)
    if row is None:
        raise InvalidInput(fields={"division": ["No such division."]})
    if not is_in_force(row, context.today):
        raise DivisionNotInForce(code=code, day=context.today.isoformat())


def _names_around(code: str, context: Context) -> Mapping[str, str]:
    """Names of the division, of those above it, and of the other counties there today, by code."""
    own = lineage(code)
    counties = sa.and_(
        DIVISION.c.level == Level.COUNTY, DIVISION.c.parent.in_(own), in_force_on(context.today)
    )
    rows = context.unit.rows(
        sa.select(DIVISION.c.id, DIVISION.c.name).where(sa.or_(DIVISION.c.id.in_(own), counties))
    )
    return {row.id: row.name for row in rows}


def unlawful_in_name(name: str, division: str, context: Context) -> tuple[NameFault, ...]:
    """What the rules of names say against this one in this division."""
    return name_faults(name, division, _names_around(division, context))


def is_registered(name: str, context: Context) -> bool:
    """Whether an enterprise has the name (Decree 734 article 17).

    The whole name is compared; that no trade name be repeated within one industry is left to the
    registering organ.
    """
    return bool(context.unit.rows(sa.select(Enterprise.id).where(Enterprise.name == name)))
