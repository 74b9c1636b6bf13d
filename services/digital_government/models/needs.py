"""What an application asks for, by the editions that it was begun under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.digital_government.domain import forms
from services.digital_government.domain.one_things import (
    codes_of,
    merged_form,
    merged_materials,
    taken_matters,
)
from services.digital_government.models.applications import Application
from services.digital_government.models.items import ItemEdition
from services.digital_government.models.things import ThingEdition
from shared.context import Context
from shared.contracts.digital_government import ItemDefinition, Material, ThingDefinition


@dataclass(frozen=True)
class Needs:
    """What an application asks for: one form, and documents by their keys."""

    form: Mapping[str, Any]
    materials: tuple[Material, ...]


def needs_of(
    application: Application, answers: Mapping[str, object] | None, context: Context
) -> Needs:
    """What an item needs, or all items of a one-thing that are part of it for these answers;
    without answers, all that may be part of it."""
    if not application.thing:
        definition = context.unit.reference(ItemEdition, application.item_edition)[
            application.item_edition
        ].definition
        return Needs(definition.form, definition.materials)
    thing, items = thing_behind(application, context)
    if answers is None:
        codes = codes_of(thing)
        return Needs(merged_form(thing, items, codes), merged_materials(items, codes))
    arrived = forms.filled_in(merged_form(thing, items, ()), application.facts)
    known = {**forms.answers_of(arrived), **answers}
    taken = [one.matter for one in taken_matters(thing, known)]
    return Needs(merged_form(thing, items, taken), merged_materials(items, taken))


def thing_behind(
    application: Application, context: Context
) -> tuple[ThingDefinition, dict[str, ItemDefinition]]:
    """The definitions of the one-thing that it is for and of its items."""
    edition = application.thing_edition
    thing = context.unit.reference(ThingEdition, edition)[edition].definition
    items = context.unit.reference(ItemEdition, *application.items.values())
    return thing, {code: items[one].definition for code, one in application.items.items()}
