"""Forms of items in the browser: their fields as the JSON Schema tells them, each with the source
of its value, and what the visitor typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.gateway.faults import in_words
from services.gateway.visitor import Visitor

FEN: Final = ("（分）", " (fen)")
YUAN: Final = ("（元）", " (yuan)")
LONG: Final = 200


@dataclass(frozen=True)
class ItemField:
    """One field: `source` and `as_of` say where the value came from that it arrived with, `wrong`
    and `objection` what the visitor says against it."""

    name: str
    label: str
    kind: str
    value: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    source: str = ""
    as_of: datetime | None = None
    objection: str = ""
    right: str = ""
    least: object = None
    most: object = None
    longest: int | None = None
    faults: tuple[str, ...] = ()


def fields_of(
    application: Any,
    answers: Mapping[str, Any],
    objections: Mapping[str, str],
    faults: Mapping[str, Any],
    visitor: Visitor,
) -> list[ItemField]:
    """The fields of an application's form, in their order."""
    properties: Mapping[str, Any] = application.form.get("properties", {})
    required = application.form.get("required", [])
    filled = {one.field: one for one in application.filled}
    made = []
    for name, schema in properties.items():
        known = filled.get(name)
        typed = _shown(schema, answers.get(name, ""))
        made.append(
            ItemField(
                name=name,
                label=_label(schema, visitor),
                kind=_kind(schema),
                value=_shown(schema, known.value) if known else typed,
                required=name in required,
                choices=_choices(schema, visitor),
                source=known.source if known else "",
                as_of=known.as_of if known else None,
                objection=objections.get(name, ""),
                right=typed if known else "",
                least=_in_yuan(schema, schema.get("minimum")),
                most=_in_yuan(schema, schema.get("maximum")),
                longest=schema.get("maxLength"),
                faults=tuple(in_words(str(one), visitor.language) for one in faults.get(name, ())),
            )
        )
    return made


@dataclass(frozen=True)
class ToldValue:
    """A value of a form that was handed in, as people read it."""

    label: str
    value: str
    source: str
    objection: str | None


def told_of(values: Sequence[Any], form: Mapping[str, Any], visitor: Visitor) -> list[ToldValue]:
    """What was handed in, with the labels, choices and units of the form that it was written in."""
    properties: Mapping[str, Any] = form.get("properties", {})
    found = []
    for one in values:
        schema: Mapping[str, Any] = properties.get(one.field, {"title": one.title})
        plain = int(one.value) if _is_money(schema) and one.value.isdigit() else one.value
        chosen = dict(_choices(schema, visitor))
        if schema.get("type") == "boolean":
            chosen = {"true": visitor.says("是", "yes"), "false": visitor.says("否", "no")}
        shown = chosen.get(one.value, _shown(schema, plain))
        found.append(ToldValue(_label(schema, visitor), shown, one.source, one.objection))
    return found


def other_faults(application: Any, faults: Mapping[str, Any]) -> list[str]:
    """What is wrong beside the fields."""
    known = application.form.get("properties", {})
    return [f"{name}: {one}" for name, told in faults.items() if name not in known for one in told]


def read(application: Any, sent: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Answers and objections as they were typed: `a.<field>` and `o.<field>`. Of a value that
    government gave only what is objected to counts."""
    properties: Mapping[str, Any] = application.form.get("properties", {})
    filled = {one.field for one in application.filled}
    objections = {
        name: text
        for name in properties
        if name in filled and (text := sent.get(f"o.{name}", "").strip())
    }
    answers = {
        name: _typed(schema, text)
        for name, schema in properties.items()
        if (text := sent.get(f"a.{name}", "").strip())
        and (name not in filled or name in objections)
    }
    return answers, objections


def _is_money(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "integer" and str(schema.get("title", "")).endswith(FEN[0])


def _label(schema: Mapping[str, Any], visitor: Visitor) -> str:
    zh = str(schema.get("title", ""))
    label = visitor.says(zh, str(schema.get("x-title-en") or zh))
    if _is_money(schema):
        return label.replace(FEN[0], YUAN[0]).replace(FEN[1], YUAN[1])
    return label


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "select"
    if _is_money(schema):
        return "money"
    if schema.get("format") == "date":
        return "date"
    kinds = {"boolean": "check", "integer": "number", "number": "number", "array": "lines"}
    plain = "area" if schema.get("maxLength", 0) > LONG else "text"
    return kinds.get(str(schema.get("type")), plain)


def _choices(schema: Mapping[str, Any], visitor: Visitor) -> tuple[tuple[str, str], ...]:
    words = schema.get("x-choices", {})
    return tuple(
        (str(one), visitor.says(*words.get(one, (str(one), str(one)))))
        for one in schema.get("enum", ())
    )


def _in_yuan(schema: Mapping[str, Any], fen: Any) -> object:
    return fen / 100 if _is_money(schema) and isinstance(fen, int) else fen


def _shown(schema: Mapping[str, Any], value: Any) -> str:
    if _is_money(schema) and isinstance(value, int):
        return f"{value / 100:.2f}"
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return str(value)


def _typed(schema: Mapping[str, Any], text: str) -> Any:
    """What was typed, as the schema's type; text where it cannot be read as that."""
    kind = _kind(schema)
    try:
        if kind == "money":
            return round(float(text) * 100)
        if kind == "number":
            return int(text) if schema.get("type") == "integer" else float(text)
    except ValueError:
        return text
    if kind == "check":
        return text == "true"
    if kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text
