"""Field types that several contracts share, each with its rule, its label and its standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from marshmallow import ValidationError, validate

from shared import identifiers
from shared.contracts.base import Label


class Checked:
    """A validator from a function that gives None for a sound value, else the fault's slug."""

    def __init__(self, fault_of: Callable[[str], str | None], what: str) -> None:
        self.fault_of = fault_of
        self.what = what

    def __call__(self, value: str) -> str:
        """The value itself, if it is sound; raises marshmallow's ValidationError."""
        fault = self.fault_of(value)
        if fault is not None:
            raise ValidationError(f"Not a valid {self.what}: {fault.replace('_', ' ')}.")
        return value


Identifier = Annotated[str, validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z")]
DivisionCode = Annotated[
    str,
    validate.Regexp(
        r"33([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?\Z", error="Not a division code."
    ),
    Label("行政区划代码", "division code (GB/T 2260)"),
]
ResidentNumber = Annotated[
    str,
    Checked(identifiers.resident_number_fault, "resident number"),
    Label("公民身份号码", "resident number (GB 11643-1999)"),
]
CreditCode = Annotated[
    str,
    Checked(identifiers.credit_code_fault, "unified social credit code"),
    Label("统一社会信用代码", "unified social credit code (GB 32100-2015)"),
]
PersonName = Annotated[str, validate.Length(min=1, max=50), Label("姓名", "name")]
Money = Annotated[
    int, validate.Range(min=0, max=10**15), Label("金额（分）", "amount in fen, 1/100 yuan")
]
LongText = Annotated[str, validate.Length(min=1, max=2000)]
Token = Annotated[str, validate.Length(min=1, max=4096)]
