"""The form of a command, made from its contract, and the content that a sent form stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from marshmallow import fields as wire
from marshmallow import validate

from services.gateway.faults import in_words
from services.gateway.names import Name, word
from services.gateway.visitor import Visitor
from shared import jsontext
from shared.context import new_id
from shared.contracts.base import (
    SERVICES,
    Command,
    StrictBoolean,
    StrictInteger,
    commands_of,
)

LONG: Final = 300
"""A text that may be longer than so many characters is written in several lines."""

FEW: Final = 5
"""So many choices are shown side by side, more in a list."""

NOT_ASKED: Final = frozenset({"expected_version"})


def command_named(service: str, name: str) -> type[Command[Any]] | None:
    """The command that a path or a form names, None where there is none."""
    return commands_of(service).get(name) if service in SERVICES else None


@dataclass(frozen=True)
class FieldOfForm:
    """One field: `kind` is how it is filled in, `choices` what there is to choose from."""

    name: str
    label: str
    kind: str
    value: Any = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormOfCommand:
    """A command to fill in and send: `fixed` are values that the page gives, `back` is where it
    leads when it is done, with `{id}` for what the reply names."""

    action: str
    title: str
    fields: tuple[FieldOfForm, ...]
    fixed: Mapping[str, str]
    back: str
    request_id: str
    refusal: str = ""
    signs_in: bool = False
    tone: str = ""
    others: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls,
        message: type[Command[Any]],
        visitor: Visitor,
        *,
        title: str,
        fixed: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        back: str = "",
        only: Sequence[str] | None = None,
        label: str = "",
        request_id: str = "",
        faults: Mapping[str, Any] | None = None,
        refusal: str = "",
        signs_in: bool = False,
        tone: str = "",
    ) -> Self:
        """The form of a command, without what `fixed` gives; `only` names the fields that are
        asked, `values` and `faults` are those of a form that was sent before."""
        given, told = values or {}, faults or {}
        fixed = fixed or {}
        asked = [
            _field_of(name, one, visitor, given.get(name, ""), _texts(told.get(name), visitor))
            for name, one in message.SCHEMA.fields.items()
            if name not in fixed
            and name not in NOT_ASKED
            and (name in only if only is not None else True)
        ]
        shown = {one.name for one in asked}
        return cls(
            action=f"/do/{message.SERVICE}/{message.NAME}",
            title=label or title,
            fields=tuple(asked),
            fixed={name: _hidden(value) for name, value in fixed.items() if value is not None},
            back=back or visitor.request.full_path.rstrip("?"),
            request_id=request_id or new_id(),
            refusal=refusal,
            signs_in=signs_in,
            tone=tone,
            others=tuple(
                f"{name}: {text}"
                for name, one in told.items()
                if name not in shown
                for text in _texts(one, visitor)
            ),
        )


def _texts(fault: Any, visitor: Visitor) -> tuple[str, ...]:
    """The sentences of a field's faults; those of a part tell which part."""
    if fault is None:
        return ()
    if isinstance(fault, Mapping):
        return tuple(
            f"{part}: {text}" for part, one in fault.items() for text in _texts(one, visitor)
        )
    return tuple(in_words(str(one), visitor.language) for one in fault)


def _hidden(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.dump(value)


def field_label(name: str, one: wire.Field[Any]) -> Name:
    """What a field is called: its contract's label, else the word for its name."""
    if one.metadata.get("title"):
        return one.metadata["title"], one.metadata["description"]
    return word(name)


def _field_of(
    name: str, one: wire.Field[Any], visitor: Visitor, value: Any, faults: tuple[str, ...]
) -> FieldOfForm:
    choices = next((tuple(v.choices) for v in one.validators if isinstance(v, validate.OneOf)), ())
    length = next((v for v in one.validators if isinstance(v, validate.Length)), None)
    bounds = next(
        (v for v in one.validators if isinstance(v, validate.Range) and v.min is not None), None
    )
    return FieldOfForm(
        name=name,
        label=visitor.says(*field_label(name, one)),
        kind=_kind_of(one, choices, length),
        value=value,
        required=one.required,
        choices=tuple((str(choice), visitor.says(*word(str(choice)))) for choice in choices),
        least=bounds.min if bounds else None,
        most=bounds.max if bounds else None,
        longest=length.max if length and length.max else None,
        faults=faults,
    )


def _kind_of(one: wire.Field[Any], choices: Sequence[Any], length: validate.Length | None) -> str:
    if choices:
        return "radio" if len(choices) <= FEW else "select"
    if one.metadata.get("secret"):
        return "password"
    if isinstance(one, StrictBoolean):
        return "check"
    if isinstance(one, StrictInteger | wire.Float):
        return "number"
    if isinstance(one, wire.AwareDateTime):
        return "instant"
    if isinstance(one, wire.Date):
        return "date"
    if isinstance(one, wire.List) and isinstance(one.inner, wire.String):
        return "lines"
    if isinstance(one, wire.List | wire.Dict | wire.Nested):
        return "json"
    return "area" if length is not None and (length.max or 0) > LONG else "text"


def content_of(message: type[Command[Any]], sent: Mapping[str, str]) -> dict[str, Any]:
    """The command's content as a filled-in form gives it. What cannot be read as its type stays
    text, so that the contract refuses it with a sentence of its own."""
    content: dict[str, Any] = {}
    for name, one in message.SCHEMA.fields.items():
        text = sent.get(name, "").strip()
        if isinstance(one, StrictBoolean) and text:
            content[name] = text == "true"
        elif text:
            content[name] = _typed(one, text)
    return content


def _typed(one: wire.Field[Any], text: str) -> Any:
    is_lines = isinstance(one, wire.List) and isinstance(one.inner, wire.String)
    if is_lines and not text.startswith("["):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(one, StrictInteger | wire.Float | wire.List | wire.Dict | wire.Nested):
        try:
            return jsontext.load_foreign(text.encode())
        except ValueError:
            return text
    if isinstance(one, wire.AwareDateTime) and len(text) == len("2026-03-02T08:30"):
        return f"{text}:00+08:00"
    return text
