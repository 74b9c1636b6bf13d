"""Organs of the party and the state."""

from __future__ import annotations

from datetime import date
from typing import Annotated

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


class OrganById(Query[Organ], on="PublicOrgan", zh="查询机构"):
    """One organ."""

    organ_id: Identifier
