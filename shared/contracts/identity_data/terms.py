"""Words that several of the platform's contracts use."""

from __future__ import annotations

from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Label,
    Secret,
)

AccountName = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_.-]{1,59}\Z"), Label("账号", "account name")
]
OneTimeCode = Annotated[
    str,
    validate.Regexp(r"[0-9]{6}\Z", error="Not a code of six digits."),
    Secret(),
    Label("动态口令", "code of the authenticator"),
]
Phone = Annotated[
    str, validate.Regexp(r"1[0-9]{10}\Z", error="Not a phone number."), Label("手机", "phone")
]
EnterpriseName = Annotated[
    str, validate.Length(min=4, max=100), Label("企业名称", "enterprise name")
]
Basis = Annotated[str, validate.Length(min=4, max=200), Label("依据", "what it is based on")]
Industry = Annotated[str, validate.Length(min=1, max=60), Label("行业", "industry")]
MatterCode = Annotated[
    str, validate.Regexp(r"[a-z][a-z0-9_]{1,58}\Z"), Label("事项编码", "matter code")
]
PersonState = Annotated[
    Literal["registered", "dead", "deregistered", "merged"], Label("状态", "state")
]
LegalBasis = Annotated[str, validate.Length(min=4, max=200), Label("法律依据", "legal basis")]
