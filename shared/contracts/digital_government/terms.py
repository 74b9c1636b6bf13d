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
Key = Annotated[
    str,
    validate.Regexp(r"[a-z][a-z0-9_]{0,38}\Z", error="Lower-case letters, digits and _ only."),
    Label("标识", "key"),
]
OrganKind = Annotated[
    str, validate.Regexp(r"[a-z][a-z_]{1,38}\Z"), Label("机构类别", "kind of organ")
]
Across = Annotated[
    Literal["none", "city", "province"],
    Label("通办范围", "whose windows receive it too: of none, the city, the province"),
]
