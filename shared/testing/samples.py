"""Messages made from their contracts: one that fits, and for each field the ways not to fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

import marshmallow
from hypothesis import find, settings
from hypothesis import strategies as st
from marshmallow import fields as wire
from marshmallow import validate

from shared.contracts.base import LARGEST_INTEGER, Contract
from shared.contracts.fields import Checked
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from

C = TypeVar("C", bound=Contract)

# Of the many texts that a rule may ask for; the first that fits all rules of a field is taken.
TEXTS = (
    "钱塘江大潮",
    "《中华人民共和国民法典》第一条",
    "330106",
    "x-1",
    "2026-03",
    "13800000000",
    "CaseById",
    "enterprise_registration",
    "calendar",
    resident_number_from("330106", date(1985, 6, 1), 1),
    credit_code_from("9", "1", "330106", organisation_code_from("PDY00001")),
    "0",
)
INSTANT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).isoformat()
DAY = date(2026, 3, 2).isoformat()
# Longer lists would make a test slow and prove no more.
LONGEST_LIST = 100


def sample(contract: type[C], **given: Any) -> C:
    """A message that fits its contract; `given` replaces fields by their JSON data."""
    return contract.load(payload(contract) | given)


def payload(contract: type[Contract]) -> dict[str, Any]:
    """A message that fits, as JSON data with every field set."""
    return _payload_of(contract.SCHEMA)


def _payload_of(schema: marshmallow.Schema) -> dict[str, Any]:
    return {name: _value_of(field) for name, field in schema.fields.items()}


def _rules(field: wire.Field[Any]) -> list[Any]:
    rule = field.validate
    if rule is None:
        return []
    return list(rule) if isinstance(rule, list | tuple) else [rule]


def _rule(field: wire.Field[Any], kind: type) -> Any | None:
    return next((rule for rule in _rules(field) if isinstance(rule, kind)), None)


def _value_of(field: wire.Field[Any]) -> Any:
    """JSON data that this field takes; raises AssertionError where none is known."""
    if isinstance(field, wire.Nested):
        return _payload_of(field.schema)
    if isinstance(field, wire.List):
        return [_value_of(field.inner)] * max(1, _least(field))
    if isinstance(field, wire.Dict):
        value = "text" if field.value_field is None else _value_of(field.value_field)
        return {f"key{number}": value for number in range(max(1, _least(field)))}
    if isinstance(field, wire.String):
        return _text_of(field)
    for candidate in (1, True, 1.5, INSTANT, DAY, _least_number(field)):
        if _takes(field, candidate):
            return candidate
    raise AssertionError(f"no sample is known for {field.name}: {field!r}")


def _takes(field: wire.Field[Any], value: Any) -> bool:
    try:
        field.deserialize(value)
    except marshmallow.ValidationError:
        return False
    return True


def _least(field: wire.Field[Any]) -> int:
    length = _rule(field, validate.Length)
    return (length.equal or length.min or 0) if length is not None else 0


def _least_number(field: wire.Field[Any]) -> Any:
    limits = _rule(field, validate.Range)
    return limits.min if limits is not None else 0


def _text_of(field: wire.Field[Any]) -> str:
    choice = _rule(field, validate.OneOf)
    if choice is not None:
        return str(choice.choices[0])
    for candidate in TEXTS:
        if _takes(field, candidate):
            return candidate
    pattern = _rule(field, validate.Regexp)
    if pattern is not None:
        found = _matching(pattern.regex.pattern)
        if _takes(field, found):
            return found
    padded = "潮" * _least(field)
    assert _takes(field, padded), f"no sample is known for {field.name}: {field!r}"
    return padded


@lru_cache(maxsize=256)
def _matching(pattern: str) -> str:
    strategy = st.from_regex(pattern, fullmatch=True)
    quietly = settings(database=None, derandomize=True)
    return find(strategy, lambda _: True, settings=quietly)


def faults_of(contract: type[Contract]) -> dict[str, dict[str, Any]]:
    """For every field the values that it must refuse: kind of fault to JSON data.

    The kind `missing` stands for leaving a required field out; its value means nothing.
    """
    return {name: dict(_faults(field)) for name, field in contract.SCHEMA.fields.items()}


def _faults(field: wire.Field[Any]) -> Iterator[tuple[str, Any]]:
    if field.required:
        yield "missing", None
    if not field.allow_none:
        yield "null", None
    yield from _wrong_types(field)
    if isinstance(field, wire.Nested):
        yield from _faults_of_part(field.schema)
    elif isinstance(field, wire.List):
        yield from _faults_of_list(field)
    elif isinstance(field, wire.Dict):
        yield from _faults_of_mapping(field)
    elif isinstance(field, wire.String):
        yield from _faults_of_text(field)
    elif isinstance(field, wire.Integer):
        yield from _faults_of_integer(field)


def _wrong_types(field: wire.Field[Any]) -> Iterator[tuple[str, Any]]:
    candidates = {
        "a text": "no such type",
        "a number": 17,
        "a truth value": True,
        "a fraction": 1.5,
        "a list": [17],
        "an object": {"no such field": 17},
    }
    for kind, value in candidates.items():
        if _type_of_json(field, value):
            continue
        yield f"wrong type: {kind}", value


def _type_of_json(field: wire.Field[Any], value: Any) -> bool:
    """Whether the field may well take JSON data of this type."""
    if isinstance(field, wire.Nested | wire.Dict):
        return isinstance(value, Mapping)
    if isinstance(field, wire.List):
        return isinstance(value, list)
    if isinstance(field, wire.Boolean):
        return isinstance(value, bool)
    if isinstance(field, wire.Integer):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, wire.Float):
        return isinstance(value, int | float)
    if isinstance(field, wire.Date | wire.DateTime):
        return False
    return isinstance(value, str)


def _faults_of_part(schema: marshmallow.Schema) -> Iterator[tuple[str, Any]]:
    sound = _payload_of(schema)
    yield "a part with an unknown field", sound | {"no_such_field": 17}
    for name, field in schema.fields.items():
        for kind, value in _faults(field):
            yield f"{name}: {kind}", _with_fault(sound, name, kind, value)


def _with_fault(sound: Mapping[str, Any], name: str, kind: str, value: Any) -> dict[str, Any]:
    rest = {key: kept for key, kept in sound.items() if key != name}
    return rest if kind == "missing" else rest | {name: value}


def with_faults(contract: type[Contract], faults: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """A message in which exactly these fields are faulty: field to kind and JSON data."""
    message = payload(contract)
    for name, (kind, value) in faults.items():
        message = _with_fault(message, name, kind, value)
    return message


def _faults_of_list(field: wire.List[Any]) -> Iterator[tuple[str, Any]]:
    length = _rule(field, validate.Length)
    if length is not None and length.min:
        yield "too short", []
    if length is not None and length.max is not None and length.max <= LONGEST_LIST:
        yield "too long", [_value_of(field.inner)] * (length.max + 1)
    for kind, value in _faults(field.inner):
        if kind != "missing":
            yield f"an item: {kind}", [value]


def _faults_of_mapping(field: wire.Dict) -> Iterator[tuple[str, Any]]:
    yield "a key with a control character", {"key\x00": "text"}
    length = _rule(field, validate.Length)
    if length is not None and length.min:
        yield "too short", {}
    if length is not None and length.max is not None:
        item = next(iter(_value_of(field).values()))
        yield "too long", {f"key{number}": item for number in range(length.max + 1)}
    if field.value_field is not None:
        for kind, value in _faults(field.value_field):
            if kind != "missing":
                yield f"a value: {kind}", {"key": value}


def _faults_of_text(field: wire.String) -> Iterator[tuple[str, Any]]:
    sound = _text_of(field)
    yield "a NUL character", f"{sound}\x00"
    yield "a control character", f"\x07{sound}"
    length = _rule(field, validate.Length)
    if length is not None and length.max is not None:
        yield "too long", "长" * (length.max + 1)
    if length is not None and length.min:
        yield "too short", ""
    if all(isinstance(rule, validate.Length) for rule in _rules(field)):
        return
    yield "a text that no rule knows", "¿?"
    yield "a line break at its end", f"{sound}\n"
    if sound[-1].isdecimal():
        yield "a digit of another script", sound[:-1] + chr(0x660 + int(sound[-1]))
    if _rule(field, Checked) is not None:
        yield "another check digit", sound[:-1] + ("1" if sound[-1] != "1" else "2")


def _faults_of_integer(field: wire.Integer) -> Iterator[tuple[str, Any]]:
    limits = _rule(field, validate.Range)
    assert limits is not None, f"{field.name} has no limits"
    if limits.max is not None:
        yield "too large", limits.max + 1
    if limits.min is not None:
        yield "too small", limits.min - 1
    yield "larger than any database holds", LARGEST_INTEGER * 2**20
