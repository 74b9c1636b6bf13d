"""The event by which a service tells a leaf measure of its own; formulas are not its concern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Event, Label
from shared.contracts.fields import DivisionCode

MeasureName = Annotated[str, validate.Regexp(r"[a-z][a-z0-9_]{0,58}\Z"), Label("指标", "measure")]
Period = Annotated[
    str,
    validate.Regexp(r"[0-9]{4}-(0[1-9]|1[0-2])\Z", error="Not a month."),
    Label("周期", "month, YYYY-MM"),
]


class MeasureChange(Event, on="Measure", key="measure"):
    """A leaf measure of one division and month has a new value.

    `value` is a count, or a sum in the measure's unit. `distribution` counts observations by
    their value where a median or percentile is asked for later (key: the value as text, to seven
    significant bits). Both are totals, not differences, so the newest `version` alone counts.
    """

    measure: MeasureName
    division: DivisionCode
    period: Period
    value: int
    version: Annotated[int, validate.Range(min=1)]
    distribution: Mapping[str, int] = field(default_factory=dict)
