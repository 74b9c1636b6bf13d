"""The events by which services tell that what they keep followed a merger of divisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Event, Label
from shared.contracts.fields import DivisionCode, Identifier


class PassedOn(Event, key="id"):
    """Something open in a division that ended belongs to the successor now; its history stays."""

    id: Identifier
    from_division: Annotated[DivisionCode, Label("原行政区划", "division before")]
    division: DivisionCode


class OpenWorkMoved(Event, on="Passage", key="merger_id"):
    """A service has passed on all its open work after a merger: how much of each kind."""

    merger_id: Identifier
    counts: Annotated[Mapping[str, int], validate.Length(max=50), Label("移交数", "passed on")]
