"""The rules of one-things: what can be composed, what depends on what, what is undone, and when it
is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import zen

from services.digital_government.domain import forms, procedures
from services.digital_government.domain.items import is_demanded
from shared.contracts.digital_government import (
    ItemDefinition,
    Material,
    ThingDefinition,
    ThingMatter,
)
from shared.errors import InvalidInput, RuleBroken


class MatterState(StrEnum):
    """Where one matter of a one-thing stands."""

    WAITING = "waiting"
    RUNNING = "running"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    REVOKING = "revoking"  # 待撤销
    REVOKED = "revoked"  # 已撤销


OPEN: Final = frozenset({MatterState.WAITING, MatterState.RUNNING, MatterState.REVOKING})
"""The states of a matter for which a one-thing waits."""


class ThingState(StrEnum):
    """Where a one-thing stands; it is completed only when every matter was granted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ApplicantNotNamed(InvalidInput):
    """Who is no resident applies for one, and must say for whom."""

    zh = "代为申请时应当写明申请人"
    en = "who applies for a person must name that applicant"

    def __init__(self) -> None:
        super().__init__(fields={"applicant": ["Name the person whom you apply for."]})


class ItemNotOffered(RuleBroken):
    """The division does not offer every matter of the one-thing."""

    zh = "“{division}”未开通下列事项：{matters}"
    en = "“{division}” does not offer: {matters}"


class AlreadyApplied(RuleBroken):
    """A reserved name serves one enterprise, so also one application at a time."""

    zh = "名称保留“{reservation}”已用于另一件申请“{one_thing}”"
    en = "name reservation “{reservation}” is used by application “{one_thing}” already"


class UnfitThing(InvalidInput):
    """The one-thing cannot be composed like this; each sentence says what to mend."""

    zh = "“一件事”定义有误，请逐条更正"
    en = "the one-thing cannot stand like this; mend what each sentence says"


class ThingExists(RuleBroken):
    """The code is taken."""

    zh = "“一件事”编码“{code}”已存在；请修订，或另取编码"
    en = "one-thing “{code}” is there already; revise it, or take another code"


class DocumentsNeeded(RuleBroken):
    """What needs documents is filled in as an application, to which they are handed in."""

    zh = "办理需要提交材料：{names}；请以“填写申请”方式办理"
    en = "these documents are needed: {names}; fill in an application and hand them in"


# What can be composed


def require_sound(definition: ThingDefinition, items: Mapping[str, ItemDefinition]) -> None:
    """Raise `UnfitThing` with everything that is wrong with a definition; `items` are those in
    force by their codes."""
    faults = {
        "matters": list(_faults_of_matters(definition.matters, items)),
        "form": list(forms.faults_of(definition.form)),
    }
    if not any(faults.values()):
        faults["form"] = list(_faults_of_merging(definition, items))
        faults["matters"] = list(_faults_of_conditions(definition, items))
    if any(faults.values()):
        raise UnfitThing(fields={name: told for name, told in faults.items() if told})


def _faults_of_matters(
    matters: Sequence[ThingMatter], items: Mapping[str, ItemDefinition]
) -> Iterator[str]:
    codes = [one.matter for one in matters]
    if len(set(codes)) < len(codes):
        yield "事项重复 / a matter stands twice"
    for one in matters:
        if one.matter not in items:
            yield f"事项“{one.matter}”未生效 / “{one.matter}” is no item in force"
        for other in {*one.after, *one.stands_with} - set(codes):
            yield f"“{one.matter}”依赖的“{other}”不在其中 / “{other}” is no part of it"
        if one.stands_with and one.matter in items and items[one.matter].establishes:
            yield (
                f"“{one.matter}”设立的主体不能随其他事项撤销 / what “{one.matter}” brings into "
                "being cannot be undone with another matter"
            )
    try:
        TopologicalSorter(_graph(matters)).prepare()
    except CycleError as fault:
        circle = " → ".join(fault.args[1])
        yield f"事项互相等待：{circle} / they wait for each other: {circle}"


def _graph(matters: Sequence[ThingMatter]) -> dict[str, tuple[str, ...]]:
    return {one.matter: one.after for one in matters}


def _faults_of_merging(
    definition: ThingDefinition, items: Mapping[str, ItemDefinition]
) -> Iterator[str]:
    """Where two forms ask for different things by one key, or a document is brought for one matter
    and known for another."""
    seen: dict[str, Mapping[str, Any]] = {}
    for form in _forms(definition, items):
        for key, field in forms.fields_of(form).items():
            if seen.setdefault(key, field) != field:
                yield f"表单字段“{key}”定义不一致 / field “{key}” is not the same in all forms"
    materials = [one for code in codes_of(definition) for one in items[code].materials]
    brought = {one.document: one.name for one in materials if is_demanded(one)}
    for one in materials:
        if not is_demanded(one) and one.document in brought:
            yield (
                f"材料“{one.name}”已由政府掌握，不得再要求提交 / “{one.name}” is known to "
                "government for one matter, and demanded for another"
            )


def _faults_of_conditions(
    definition: ThingDefinition, items: Mapping[str, ItemDefinition]
) -> Iterator[str]:
    for one in definition.matters:
        if one.when is not None:
            fault = zen.validate_expression(one.when)
            if fault is not None:
                yield f"“{one.matter}”的条件有误 / “{one.matter}”: faulty condition: {fault}"


def codes_of(definition: ThingDefinition) -> tuple[str, ...]:
    """The codes of its matters, in their order."""
    return tuple(one.matter for one in definition.matters)


def needs_enterprise(definitions: Iterable[ItemDefinition]) -> bool:
    """Whether it is for an enterprise that is there already: matters are about one, and none of
    them brings it into being."""
    found = list(definitions)
    return any(one.subject == "enterprise" for one in found) and not any(
        one.establishes == "enterprise" for one in found
    )


def _forms(
    definition: ThingDefinition, items: Mapping[str, ItemDefinition]
) -> list[Mapping[str, Any]]:
    return [definition.form, *(items[code].form for code in codes_of(definition))]


# One form, each document once


def merged_form(
    definition: ThingDefinition, items: Mapping[str, ItemDefinition], taken: Sequence[str]
) -> dict[str, Any]:
    """The one form of the items: every field once; required is what the matters `taken` require,
    and what the one-thing asks besides."""
    fields: dict[str, Any] = {}
    required: dict[str, None] = dict.fromkeys(definition.form.get("required", ()))  # type: ignore[call-overload]
    for form in _forms(definition, items):
        for key, field in forms.fields_of(form).items():
            fields.setdefault(key, field)
    for code in taken:
        required |= dict.fromkeys(items[code].form.get("required", ()))  # type: ignore[call-overload]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": fields,
        "required": list(required),
    }


def merged_materials(
    items: Mapping[str, ItemDefinition], taken: Sequence[str]
) -> tuple[Material, ...]:
    """Every document of the matters `taken`, once, under the document's own key. None may follow
    later, because several matters wait for it."""
    found: dict[str, Material] = {}
    for code in taken:
        for one in items[code].materials:
            found.setdefault(one.document, replace(one, key=one.document, tolerable=False))
    return tuple(found.values())


def taken_matters(
    definition: ThingDefinition, answers: Mapping[str, Any]
) -> tuple[ThingMatter, ...]:
    """The matters that are part of it for these answers, without those that are not among what they
    depend on."""
    known = {"answers": dict(answers)}
    taken = [
        one for one in definition.matters if one.when is None or procedures.holds(one.when, known)
    ]
    codes = {one.matter for one in taken}
    return tuple(
        replace(
            one,
            after=tuple(code for code in one.after if code in codes),
            stands_with=tuple(code for code in one.stands_with if code in codes),
        )
        for one in taken
    )


# While it runs


def startable(matters: Mapping[str, Mapping[str, Any]], *, enterprise_known: bool) -> list[str]:
    """The waiting matters whose dependencies are all granted, and whose enterprise is known where
    they are about one."""
    return [
        code
        for code, entry in matters.items()
        if entry["state"] == MatterState.WAITING
        and all(matters[before]["state"] == MatterState.GRANTED for before in entry["after"])
        and (enterprise_known or not entry["of_enterprise"])
    ]


def out_of_reach(matters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The waiting matters that will never begin, because one that they depend on, directly or not,
    was not granted, or because what they would stand with was not."""
    failed = {code for code, entry in matters.items() if _has_failed(entry)}
    found: list[str] = []
    grew = True
    while grew:
        grew = False
        for code, entry in matters.items():
            needed = {*entry["after"], *entry["stands_with"]}
            if entry["state"] == MatterState.WAITING and code not in found and needed & failed:
                found.append(code)
                failed.add(code)
                grew = True
    return found


def undone_by_failure(matters: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The granted matters that cannot stand, each with the matter because of which: what they stand
    with, directly or not, was not granted. What depends on others comes before these."""
    failed = {code: code for code, entry in matters.items() if _has_failed(entry)}
    found: dict[str, str] = {}
    grew = True
    while grew:
        grew = False
        for code, entry in matters.items():
            because = next((failed[one] for one in entry["stands_with"] if one in failed), None)
            if because is not None and code not in failed:
                failed[code] = because
                grew = True
                if entry["state"] == MatterState.GRANTED:
                    found[code] = because
    order = {code: place for place, code in enumerate(_in_order(matters))}
    return dict(sorted(found.items(), key=lambda one: -order[one[0]]))


def _has_failed(entry: Mapping[str, Any]) -> bool:
    return entry["state"] in (
        MatterState.REFUSED,
        MatterState.WITHDRAWN,
        MatterState.CANCELLED,
        MatterState.REVOKED,
    )


def _in_order(matters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    graph = {code: entry["after"] for code, entry in matters.items()}
    return list(TopologicalSorter(graph).static_order())


def state_of_thing(states: Mapping[str, MatterState]) -> ThingState:
    """What the states of its matters make of a one-thing: it runs while any of them is open."""
    found = set(states.values())
    if found & OPEN:
        return ThingState.RUNNING
    return ThingState.COMPLETED if found == {MatterState.GRANTED} else ThingState.FAILED
