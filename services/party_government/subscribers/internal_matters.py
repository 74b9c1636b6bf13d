"""What of matters between organs passes to successors after a merger of divisions."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.party_government.domain.internal_matters import OPEN
from services.party_government.models import InternalMatter, MatterHandling
from shared.succession import OpenWork


def _is_open(_: date) -> sa.ColumnElement[bool]:
    return InternalMatter.state.in_(OPEN)


def _belongs_to_open(day: date) -> sa.ColumnElement[bool]:
    # Answered ones too: until the matter is decided, the successor can change what was answered.
    return MatterHandling.matter.in_(sa.select(InternalMatter.id).where(_is_open(day)))


OPEN_WORK = (
    OpenWork("internal_matters", InternalMatter, _is_open),
    OpenWork("matter_handlings", MatterHandling, _belongs_to_open),
)
