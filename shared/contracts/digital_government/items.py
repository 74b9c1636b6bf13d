"""Service items: what is offered where."""

from __future__ import annotations

from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Contract, Event, Query
from shared.contracts.digital_government.terms import Days
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.identity_data import MatterCode


class ItemPublished(Event, on="Implementation", key="implementation_id", zh="实施清单已发布"):
    """A city or county offers an item: its promised days, visits and whether it is online."""

    implementation_id: Annotated[str, validate.Length(max=100)]
    matter: MatterCode
    division: DivisionCode
    organ: Identifier
    statutory_days: Days
    promised_days: Days
    visits: Annotated[int, validate.Range(min=0, max=10)]
    online: bool


class Implementation(Contract):
    """An item as one division offers it (实施清单)."""

    implementation_id: Annotated[str, validate.Length(max=100)]
    matter: MatterCode
    name: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    organ: Identifier
    statutory_days: Days
    promised_days: Days
    visits: int
    online: bool
    legal_basis: LongText


class ImplementationList(Contract):
    """The items of one division."""

    items: tuple[Implementation, ...]


class ItemsOffered(Query[ImplementationList], on="PublicItem", zh="查询服务事项"):
    """The service items that a county or city offers; anybody may ask."""

    division: DivisionCode


class ItemWithdrawn(Event, on="Implementation", key="implementation_id", zh="实施清单已停用"):
    """A division that ended offers the item no more."""

    implementation_id: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    visits: Annotated[int, validate.Range(min=0, max=20)]
    online: bool
