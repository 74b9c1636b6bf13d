"""What of matters between organs passes to successors after a merger of divisions."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.party_government.domain.internal_matters import OPEN, HandlingState
from services.party_government.models import InternalMatter, MatterHandling
from shared.succession import OpenWork


def _is_open(_: date) -> sa.ColumnElement[bool]:
    return InternalMatter.state.in_(OPEN)


def _is_to_be_done(_: date) -> sa.ColumnElement[bool]:
    return MatterHandling.state.in_([HandlingState.WAITING, HandlingState.OPEN])


OPEN_WORK = (
    OpenWork("internal_matters", InternalMatter, _is_open),
    OpenWork("matter_handlings", MatterHandling, _is_to_be_done),
)
