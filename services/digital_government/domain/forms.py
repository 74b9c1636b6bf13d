"""Forms as JSON Schema: what they are checked for, how answers are, and what they arrive filled
with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, get_args

import jsonschema
import orjson

from shared.contracts.identity_data import FactName
from shared.errors import InvalidInput

SOURCE: Final = "x-source"
"""The keyword by which a property says where its value comes from."""

APPLICANT: Final = "applicant"
FACTS: Final = frozenset(get_args(FactName))
_TYPES: Final = ("string", "integer", "number", "boolean", "array")


class UnfitAnswers(InvalidInput):
    """The answers do not fit the form; each field says what is wrong with it."""

    zh = "表单填写有误，请按提示更正"
    en = "the form is not filled in rightly; see each field"


def fields_of(form: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The fields of a form by their keys, none where the item has no form."""
    found: Mapping[str, Mapping[str, Any]] = form.get("properties", {})
    return found


def facts_asked_by(form: Mapping[str, Any]) -> tuple[FactName, ...]:
    """The facts that its fields arrive filled with."""
    return tuple(
        one[SOURCE] for one in fields_of(form).values() if one.get(SOURCE, APPLICANT) != APPLICANT
    )


def filled_in(form: Mapping[str, Any], facts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The values that the form arrives with, each with its source and when it was read."""
    known = {fact["name"]: fact for fact in facts}
    return {
        key: {
            "value": known[field[SOURCE]]["value"],
            "source": known[field[SOURCE]]["source"],
            "as_of": known[field[SOURCE]]["as_of"],
        }
        for key, field in fields_of(form).items()
        if field.get(SOURCE) in known
    }


def answers_of(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The values of a form without their sources."""
    return {key: entry["value"] for key, entry in values.items()}


def as_answered(answers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of a form that the applicant gave all of."""
    return {
        key: {"value": value, "source": APPLICANT, "as_of": None} for key, value in answers.items()
    }


def require_fit(form: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Raise `UnfitAnswers` with what is wrong, by field, unless the answers fit the form."""
    if not form:
        if answers:
            raise UnfitAnswers(fields={key: ["This item has no such field."] for key in answers})
        return
    faults: dict[str, list[str]] = {}
    for fault in _validator(orjson.dumps(form, option=orjson.OPT_SORT_KEYS)).iter_errors(answers):
        for key, told in _concerned(fault):
            if told not in faults.setdefault(key, []):
                faults[key].append(told[:300])
    if faults:
        raise UnfitAnswers(fields=faults)


def _concerned(fault: Any) -> Iterator[tuple[str, str]]:
    """The fields that a fault is about, and what is said of each."""
    if fault.absolute_path:
        yield str(fault.absolute_path[0]), fault.message
    elif fault.validator == "required":
        # There is one fault for each, but none says in its path for which.
        for key in fault.validator_value:
            if key not in fault.instance:
                yield key, "This field is required."
    elif fault.validator == "additionalProperties":
        for key in fault.instance.keys() - fault.schema["properties"].keys():
            yield key, "This form has no such field."
    else:
        yield "answers", fault.message


def faults_of(form: Mapping[str, Any]) -> Iterator[str]:
    """What keeps a form from being published."""
    if not form:
        return
    try:
        jsonschema.Draft202012Validator.check_schema(form)
    except jsonschema.SchemaError as fault:
        yield f"表单不是有效的 JSON Schema / the form is no valid JSON Schema: {fault.message}"
        return
    if form.get("type") != "object" or not fields_of(form):
        yield "表单应当是有字段的对象 / the form must be an object with fields"
    if form.get("additionalProperties") is not False:
        yield "表单应当声明 additionalProperties: false / it must allow no additional properties"
    for key, field in fields_of(form).items():
        yield from _faults_of_field(key, field)


def _faults_of_field(key: str, field: Mapping[str, Any]) -> Iterator[str]:
    if not field.get("title"):
        yield f"字段“{key}”没有名称 / field “{key}” has no title"
    if field.get("type") not in _TYPES:
        yield f"字段“{key}”的类型应为 {', '.join(_TYPES)} 之一 / “{key}”: unfit type"
    source = field.get(SOURCE)
    if source is None:
        yield f"字段“{key}”没有来源（{SOURCE}） / field “{key}” has no source ({SOURCE})"
    elif source != APPLICANT and source not in FACTS:
        yield f"字段“{key}”的来源“{source}”不存在 / “{key}”: there is no source “{source}”"


@lru_cache(maxsize=1024)
def _validator(form: bytes) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(orjson.loads(form))
