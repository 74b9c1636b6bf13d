"""That the short way of reading a right message and the schema never differ."""

from __future__ import annotations

from typing import Any

import marshmallow
import pytest

from shared.contracts.base import Contract, all_messages
from shared.errors import InvalidInput
from shared.testing.samples import payload

ODD: tuple[Any, ...] = (
    None,
    "",
    "x",
    " 钱塘 ",
    "\u0000",
    "two\nlines",
    "\ud800",
    "330106",
    "2026-02-30",
    "2026-03-02",
    "2026-03-02T09:00:00",
    "2026-03-02T09:00:00+08:00",
    "x" * 5000,
    True,
    False,
    0,
    1,
    -1,
    2**53,
    2**70,
    1.0,
    1.5,
    float("nan"),
    [],
    ["x"],
    [1, None],
    ["x"] * 1001,
    {},
    {"x": "y"},
    {"x": None},
)


def contracts() -> list[type[Contract]]:
    """Every message, and every reply."""
    found: dict[type[Contract], None] = {}
    for message in all_messages():
        found[message] = None
        if reply := getattr(message, "RETURNS", None):
            found[reply] = None
    return list(found)


def thoroughly(contract: type[Contract], data: Any) -> Any:
    """What the schema alone makes of it: a message, or the faults by field."""
    try:
        return contract.SCHEMA.load(data)
    except marshmallow.ValidationError as fault:
        return fault.messages


def loaded(contract: type[Contract], data: Any) -> Any:
    """The same, as everybody else reads it."""
    try:
        return contract.load(data)
    except InvalidInput as fault:
        return fault.fields


def same(contract: type[Contract], data: Any) -> None:
    # Compared as text too, because 1 and True are equal, and NaN is not even to itself.
    assert repr(loaded(contract, data)) == repr(thoroughly(contract, data)), data


@pytest.mark.parametrize("contract", contracts(), ids=lambda one: one.__qualname__)
def test_reading_plainly_and_by_the_schema_come_to_the_same(contract: type[Contract]) -> None:
    right = payload(contract)
    assert contract.read_plainly(right) == contract.SCHEMA.load(right)
    same(contract, right)
    same(contract, right | {"unknown": 1})
    for name in right:
        same(contract, {key: value for key, value in right.items() if key != name})
        for value in ODD:
            same(contract, right | {name: value})
            if isinstance(right[name], dict):
                same(contract, right | {name: right[name] | {"unknown": value}})
                for inner in right[name]:
                    same(contract, right | {name: right[name] | {inner: value}})
            if isinstance(right[name], list):
                same(contract, right | {name: [*right[name], value]})
