"""What a contract is: one frozen class that is the schema, the documentation and the route."""

from __future__ import annotations

import importlib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
)

import marshmallow
from marshmallow import fields as wire
from marshmallow import validate

from shared.errors import InvalidInput

SERVICES = (
    "identity_data",
    "party_government",
    "digital_government",
    "digital_economy",
    "digital_society",
    "rule_of_law",
    "gateway",
)

LONGEST_TEXT = 200
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True)
class Label:
    """What people read for a field: Chinese and English."""

    zh: str
    en: str


class Secret:
    """Marks a field that is never kept, not even as part of a digest: whoever holds the database
    could guess against that."""


class StrictInteger(wire.Integer):
    """A JSON number without a fraction; neither `true` nor `"1"` is one."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        result = super()._deserialize(value, *args, **kwargs)
        return int(result) if result is not None else result


class StrictBoolean(wire.Boolean):
    """A JSON `true` or `false`; 1 and "yes" are not."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class CleanText(wire.String):
    """Text without control characters: PostgreSQL cannot store NUL and no name contains a BEL."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not text.isprintable() and any(not c.isprintable() and c not in "\n\t" for c in text):
            raise marshmallow.ValidationError("Contains control characters.")
        return text


class FrozenList(wire.List[Any]):
    """A list on the wire, a tuple in the contract, because contracts do not change."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(*args, **kwargs))


def _field_for(annotation: Any, default: Any) -> wire.Field[Any]:
    """The marshmallow field of one annotation; raises TypeError for what the wire cannot carry."""
    options: dict[str, Any] = {"required": default is MISSING, "metadata": {}}
    if default is not MISSING:
        options["load_default"] = default
    rules: list[Any] = []
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            annotation, *extras = get_args(annotation)
            for extra in extras:
                if isinstance(extra, Label):
                    options["metadata"] |= {"title": extra.zh, "description": extra.en}
                elif isinstance(extra, Secret):
                    options["metadata"]["secret"] = True
                else:
                    rules.append(extra)
            continue
        if origin in (Union, types.UnionType):
            alternatives = [a for a in get_args(annotation) if a is not type(None)]
            if len(alternatives) != 1:
                raise TypeError(f"a field has one type, or one type and None: {annotation}")
            options["allow_none"] = True
            annotation = alternatives[0]
            continue
        break
    if origin is Literal:
        return CleanText(validate=[validate.OneOf(get_args(annotation)), *rules], **options)
    if origin is tuple:
        item = _field_for(get_args(annotation)[0], MISSING)
        if not any(isinstance(rule, validate.Length) for rule in rules):
            rules.append(validate.Length(max=1000))
        return FrozenList(item, validate=rules, **options)
    if origin in (dict, Mapping) or annotation is Mapping:
        values = get_args(annotation)[1] if get_args(annotation) else Any
        inner = None if values in (Any, object) else _field_for(values, MISSING)
        return wire.Dict(keys=CleanText(), values=inner, validate=rules, **options)
    if annotation is str:
        if not any(isinstance(r, validate.Length | validate.OneOf) for r in rules):
            rules.insert(0, validate.Length(min=1, max=LONGEST_TEXT))
        return CleanText(validate=rules, **options)
    if annotation is int:
        # A rule with no upper bound of its own must not let in what no database column holds.
        if not any(isinstance(r, validate.Range) and r.max is not None for r in rules):
            rules.insert(0, validate.Range(min=-LARGEST_INTEGER, max=LARGEST_INTEGER))
        return StrictInteger(validate=rules, **options)
    if annotation is bool:
        return StrictBoolean(validate=rules, **options)
    if annotation is float:
        return wire.Float(validate=rules, allow_nan=False, **options)
    if annotation is datetime:
        return wire.AwareDateTime(format="iso", validate=rules, **options)
    if annotation is date:
        return wire.Date(format="iso", validate=rules, **options)
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        return wire.Nested(annotation.SCHEMA, validate=rules, **options)
    raise TypeError(f"the wire cannot carry {annotation!r}")


_AS_THEY_ARE = frozenset({str, int, bool, float, type(None)})


def _on_the_wire(value: Any) -> Any:
    """A field's value as JSON data; raises TypeError for what no field holds."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Contract):
        return value.dump()
    if isinstance(value, tuple | list):
        return [_on_the_wire(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _on_the_wire(one) for key, one in value.items()}
    if isinstance(value, date):  # An instant is one too.
        return value.isoformat()
    if isinstance(value, str):  # A named value, such as a state.
        return str(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"the wire cannot carry {value!r}")


class _NotPlain(Exception):
    """A value that its field must look at more closely."""


def _reader_of(field: wire.Field[Any], contract: type[Contract] | None) -> Callable[[Any], Any]:
    """Reads a right value as the field does, for less than a tenth of the time; raises `_NotPlain`
    or the field's own error for whatever else."""
    validators = tuple(field.validators)

    def checked(value: Any) -> Any:
        for validator in validators:
            validator(value)
        return value

    if isinstance(field, CleanText):

        def read(value: Any) -> Any:
            if type(value) is not str or not value.isprintable():
                raise _NotPlain
            return checked(value)

    elif isinstance(field, StrictInteger | StrictBoolean):
        kind = int if isinstance(field, StrictInteger) else bool

        def read(value: Any) -> Any:
            if type(value) is not kind:
                raise _NotPlain
            return checked(value)

    elif isinstance(field, FrozenList):
        item = _reader_of(field.inner, contract)

        def read(value: Any) -> Any:
            if type(value) is not list:
                raise _NotPlain
            return checked(tuple([item(one) for one in value]))

    elif isinstance(field, wire.Nested) and contract is not None:

        def read(value: Any) -> Any:
            return checked(contract.read_plainly(value))

    else:
        return field.deserialize
    if not field.allow_none:
        return read
    return lambda value: None if value is None else read(value)


def _contract_in(annotation: Any) -> type[Contract] | None:
    """The contract that an annotation is about, be it one, a tuple of it or one or None."""
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        return annotation
    found = (_contract_in(argument) for argument in get_args(annotation))
    return next((one for one in found if one is not None), None)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
@dataclass(frozen=True)
class Contract:
    """A message or a part of one: data only, checked against its schema on the way in and out.

    Subclasses are annotated like dataclasses; `Annotated[str, validator, Label(...)]` adds rules.
    A text without a stated length holds 1 to 200 characters.
    """

    SCHEMA: ClassVar[marshmallow.Schema]
    _READERS: ClassVar[tuple[tuple[str, Callable[[Any], Any], Any], ...]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "__post_init__"):
            raise TypeError("a contract is data only: `read_plainly` runs no code of its own")
        dataclass(frozen=True, kw_only=True)(cls)
        hints = typing.get_type_hints(cls, include_extras=True)
        built = {
            f.name: _field_for(
                hints[f.name],
                f.default_factory if f.default_factory is not MISSING else f.default,
            )
            for f in fields(cls)
        }

        def make(_: marshmallow.Schema, data: dict[str, Any], **__: Any) -> Any:
            return cls(**data)

        cls.SCHEMA = type(
            f"{cls.__name__}Schema",
            (marshmallow.Schema,),
            {**built, "_make": marshmallow.post_load(make), "__doc__": cls.__doc__},
        )(unknown=marshmallow.RAISE)
        cls._READERS = tuple(
            (name, _reader_of(one, _contract_in(hints[name])), one.load_default)
            for name, one in cls.SCHEMA.load_fields.items()
        )

    @classmethod
    def load(cls, data: Any) -> Self:
        """Read JSON data; raises `InvalidInput` with the faults of every field at once."""
        if not isinstance(data, Mapping):
            raise InvalidInput(fields={"_schema": ["Expected a JSON object."]})
        try:
            return cls.read_plainly(data)
        except (_NotPlain, marshmallow.ValidationError):
            return cls._load_thoroughly(data)

    @classmethod
    def read_plainly(cls, data: Any) -> Self:
        """Read what has no fault; raises something for whatever has one, or may have.

        Nearly all messages are right, and to learn that, the schema takes ten times as long as to
        ask each field.
        """
        if type(data) is not dict:
            raise _NotPlain
        values = {}
        present = 0
        for name, read, default in cls._READERS:
            if name in data:
                values[name] = read(data[name])
                present += 1
            elif default is marshmallow.missing:
                raise _NotPlain
            else:
                values[name] = default() if callable(default) else default
        if present != len(data):
            raise _NotPlain
        # As the constructor of a frozen dataclass does, but at once.
        message = object.__new__(cls)
        message.__dict__.update(values)
        return message

    @classmethod
    def _load_thoroughly(cls, data: Mapping[str, Any]) -> Self:
        try:
            return typing.cast(Self, cls.SCHEMA.load(data))
        except marshmallow.ValidationError as fault:
            messages: Any = fault.messages
            raise InvalidInput(fields=messages) from None

    def dump(self) -> dict[str, Any]:
        """This message as JSON data.

        A contract's own values say how they travel; to ask the schema's fields for each would
        cost ten times as much and come to the same.
        """
        return {name: _on_the_wire(value) for name, value in self.__dict__.items()}

    def dump_without_secrets(self) -> dict[str, Any]:
        """This message as it may be digested and kept: without its `Secret` fields."""
        return {
            name: value
            for name, value in self.dump().items()
            if not self.SCHEMA.fields[name].metadata.get("secret")
        }


class Done(Contract):
    """The usual reply: which aggregate changed and the version it has now."""

    id: str
    version: int


_CONTRACTS = "shared.contracts."


def _service_of(module: str) -> str:
    """The service whose contracts stand in a module, or in a package of modules."""
    if module.startswith(_CONTRACTS):
        return module.removeprefix(_CONTRACTS).partition(".")[0]
    return module.rpartition(".")[2]


class Message(Contract):
    """What travels alone: a command, a query or an event, of the service whose contract it is."""

    SERVICE: ClassVar[str]
    NAME: ClassVar[str]
    ZH: ClassVar[str] = ""
    AGGREGATE: ClassVar[str] = ""
    KEY: ClassVar[str] = ""

    def __init_subclass__(cls, *, on: str = "", key: str = "", zh: str = "") -> None:
        super().__init_subclass__()
        cls.SERVICE = _service_of(cls.__module__)
        cls.NAME = cls.__name__
        cls.ZH = zh
        cls.AGGREGATE = on or cls.AGGREGATE
        cls.KEY = key or cls.KEY
        if zh:  # The bases of this module have no Chinese title and are no messages themselves.
            _REGISTRY.setdefault(cls.SERVICE, {})[cls.NAME] = cls

    @classmethod
    def route(cls) -> str:
        """`<service>.<Name>`: the RPC routing key, and with a slash the HTTP path."""
        return f"{cls.SERVICE}.{cls.NAME}"


Reply = TypeVar("Reply", bound=Contract)


Classification = Literal["L1", "L2", "L3", "L4"]
"""From open to most sensitive data, by the harm that a leak does (after GB/T 43697-2024)."""


class Ask(Message, Generic[Reply]):
    """A message that is answered; the type parameter is the contract of the reply.

    `classification=` is the highest class of the data that it answers or changes; without it, a
    reading of personal data is L3 and all else L1. `delegable=True` says that a person may let
    another do it in its name.
    """

    RETURNS: ClassVar[type[Contract]]
    CLASSIFICATION: ClassVar[Classification] = "L1"
    DELEGABLE: ClassVar[bool] = False

    def __init_subclass__(
        cls,
        *,
        on: str = "",
        key: str = "",
        zh: str = "",
        classification: Classification | None = None,
        delegable: bool = False,
    ) -> None:
        super().__init_subclass__(on=on, key=key, zh=zh)
        cls.CLASSIFICATION = classification or cls.CLASSIFICATION
        cls.DELEGABLE = delegable
        for base in cls.__dict__.get("__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Contract):
                    cls.RETURNS = argument


class Command(Ask[Reply]):
    """An order that changes state, through the pipeline, once per request id.

    `on` names the aggregate type that it creates or changes; it is the policy's resource type.
    """


class Transition(Command[Reply]):
    """A command on an existing aggregate: `key` names the field that holds its id.

    A caller that read the aggregate before gives the version it saw; another version by now is a
    `Conflict`. Without one, the command applies to whatever state it finds.
    """

    expected_version: Annotated[
        int | None, validate.Range(min=1), Label("预期版本", "expected version")
    ] = None


class Query(Ask[Reply]):
    """A question to one service, answered from its own tables.

    One whose reply holds personal data says `personal=`: the field, of the reply or else of the
    question, that tells whose or what was read. Each such reading is audited before it is
    answered.
    """

    PERSONAL: ClassVar[str] = ""

    def __init_subclass__(
        cls,
        *,
        on: str = "",
        key: str = "",
        zh: str = "",
        personal: str = "",
        classification: Classification | None = None,
        delegable: bool = False,
    ) -> None:
        super().__init_subclass__(
            on=on,
            key=key,
            zh=zh,
            classification=classification or ("L3" if personal else None),
            delegable=delegable,
        )
        cls.PERSONAL = personal or cls.PERSONAL


class Event(Message):
    """A fact, in the past tense, recorded by the aggregate that it is about."""


_REGISTRY: dict[str, dict[str, type[Message]]] = {}


def messages_of(service: str) -> dict[str, type[Message]]:
    """Every message that the service publishes, by name; those of all services stand in
    `platform` and belong to each."""
    importlib.import_module(f"shared.contracts.{service}")
    return dict(_REGISTRY.get(service, {}))


def commands_of(service: str) -> dict[str, type[Command[Any]]]:
    """The service's commands by name."""
    return {n: m for n, m in messages_of(service).items() if issubclass(m, Command)}


def queries_of(service: str) -> dict[str, type[Query[Any]]]:
    """The service's queries by name."""
    return {n: m for n, m in messages_of(service).items() if issubclass(m, Query)}


def events_of(service: str) -> dict[str, type[Event]]:
    """The service's events by name."""
    return {n: m for n, m in messages_of(service).items() if issubclass(m, Event)}


def all_messages() -> Iterator[type[Message]]:
    """Every message of every service, in the order of `SERVICES`."""
    for service in (*SERVICES, "platform"):
        yield from messages_of(service).values()
