"""Field types that several messages of this service share."""

from __future__ import annotations

from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Label

Outcome = Literal["granted", "refused"]

Days = Annotated[int, validate.Range(min=0, max=730)]

Grade = Annotated[
    int,
    validate.Range(min=1, max=5),
    Label("评价等级", "grade: 5 very satisfied … 2 dissatisfied, 1 very dissatisfied"),
]
