"""Organs of the party and the state."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Contract,
    Label,
    Query,
)
from shared.contracts.fields import (
    DivisionCode,
    Identifier,
)

OrganType = Annotated[
    Literal[
        "party",
        "congress",
        "government",
        "cppcc",
        "supervision",
        "court",
        "procuratorate",
        "department",
    ],
    Label("机构类别", "body of party or state"),
]


class Organ(Contract):
    """A party or government organ; `valid_to` is the first day on which it is no more."""

    organ_id: Identifier
    name: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    kind: str
    parent: Annotated[str | None, Label("上级", "superior organ")] = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Annotated[str | None, Label("承接机构", "organ that took its work over")] = None
    type: OrganType | None = None


class OrganById(Query[Organ], on="PublicOrgan", zh="查询机构"):
    """One organ."""

    organ_id: Identifier


class OrganList(Contract):
    """An organ and those directly below it."""

    organs: tuple[Organ, ...]


class OrgansBelow(Query[OrganList], on="PublicOrgan", zh="查询下级机构"):
    """An organ and those in being that answer to it, of all types or one, as of a day; without one,
    today. A government's departments and the governments below it both answer to it."""

    organ_id: Identifier
    type: OrganType | None = None
    as_of: date | None = None
