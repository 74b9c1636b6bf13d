"""Applications while they are filled in, and how their forms and materials are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.digital_government.domain import forms
from services.digital_government.domain.applications import ApplicationState
from services.digital_government.domain.items import is_demanded
from services.digital_government.models import (
    Application,
    Attachment,
    Case,
    ItemEdition,
    OneThing,
    ThingEdition,
)
from services.digital_government.models.applications import attachment_id
from services.digital_government.models.needs import needs_of
from shared import jsontext
from shared.context import Context
from shared.contracts.digital_government import (
    Affair,
    AffairList,
    AffairsOfPerson,
    ApplicationById,
    ApplicationDetail,
    FormValue,
    Material,
    MaterialFile,
    MaterialOfApplication,
    MaterialOfItem,
)
from shared.handling import answers

MOST_OWN = 200


@answers(ApplicationById)
def application_by_id(
    application: Application, query: ApplicationById, context: Context
) -> ApplicationDetail:
    """The form, what it arrived filled with, and what is still needed."""
    needs = needs_of(application, None, context)
    filled = forms.filled_in(needs.form, application.facts)
    return ApplicationDetail.load(
        {
            "application_id": application.id,
            "version": application.version,
            "matter": application.matter or None,
            "thing": application.thing or None,
            "name": _name_of(application, context),
            "division": application.division,
            "state": application.state,
            "expires": application.expires.isoformat(),
            "promised_days": application.promised_days,
            "received_by": application.received_by,
            "form": needs.form,
            "filled": [one.dump() for one in form_values(filled, needs.form)],
            "materials": [
                one.dump() for one in needed_materials(application.materials, needs.materials)
            ],
            **application.kept,
        }
    )


@answers(AffairsOfPerson)
def affairs_of_person(query: AffairsOfPerson, context: Context) -> AffairList:
    """Applications that are open, one-things and single cases, each kind by one query."""
    open_ones = context.unit.find_all(
        Application, Application.owner == query.owner, Application.state == ApplicationState.OPEN
    )
    things = context.unit.find_all(OneThing, OneThing.owner == query.owner)
    cases = context.unit.find_all(Case, Case.owner == query.owner, Case.one_thing_id.is_(None))
    handed_in = sorted(
        (*_latest(things), *_latest(cases)), key=lambda one: one.submitted_at, reverse=True
    )
    items = {one.item_edition for one in (*open_ones, *handed_in) if isinstance(one, _OF_ITEM)}
    editions: Mapping[str, Any] = {
        **context.unit.reference(ItemEdition, *(items - {""})),
        **context.unit.reference(ThingEdition, *_thing_editions(open_ones, things)),
    }
    return AffairList(
        affairs=tuple(_affair(one, editions) for one in (*_newest_first(open_ones), *handed_in))
    )


_OF_ITEM = (Application, Case)


def _latest(found: Sequence[Any]) -> Sequence[Any]:
    return sorted(found, key=lambda one: one.submitted_at, reverse=True)[:MOST_OWN]


def _newest_first(found: Sequence[Application]) -> Sequence[Application]:
    return sorted(found, key=lambda one: one.expires, reverse=True)[:MOST_OWN]


def _thing_editions(
    applications: Sequence[Application], things: Sequence[OneThing]
) -> Collection[str]:
    return {one.thing_edition for one in applications if one.thing} | {
        one.edition for one in things
    }


def _affair(one: Application | Case | OneThing, editions: Mapping[str, Any]) -> Affair:
    if isinstance(one, Application):
        definition = editions[one.thing_edition or one.item_edition].definition
        return Affair(
            id=one.id,
            kind="application",
            code=one.thing or one.matter,
            name=definition.name,
            name_en=definition.name_en,
            division=one.division,
            organ=one.organ or None,
            state=one.state,
            expires=one.expires,
        )
    if isinstance(one, OneThing):
        definition = editions[one.edition].definition
        return Affair(
            id=one.id,
            kind="one_thing",
            code=one.thing,
            name=definition.name,
            name_en=definition.name_en,
            division=one.division,
            state=one.state,
            began_at=one.submitted_at,
            due=one.due,
        )
    definition = editions[one.item_edition].definition
    return Affair(
        id=one.id,
        kind="case",
        code=one.matter,
        name=definition.name,
        name_en=definition.name_en,
        division=one.division,
        organ=one.organ,
        state=one.state,
        outcome=one.outcome,
        began_at=one.submitted_at,
        due=one.due,
    )


def _name_of(application: Application, context: Context) -> str:
    if application.thing:
        return context.unit.get(ThingEdition, application.thing_edition).definition.name
    return context.unit.get(ItemEdition, application.item_edition).name


@answers(MaterialOfApplication)
def material_of_application(
    application: Application, query: MaterialOfApplication, context: Context
) -> MaterialFile:
    """A file that was handed in; raises `NotFound`."""
    file = context.unit.get(Attachment, attachment_id(application.id, query.material))
    kept = file if file.same_as is None else context.unit.get(Attachment, file.same_as)
    return MaterialFile(
        application_id=application.id, file_name=file.file_name, content=kept.content
    )


def form_values(
    values: Mapping[str, Mapping[str, Any]], form: Mapping[str, Any]
) -> tuple[FormValue, ...]:
    """The values of a form in the order of its fields."""
    return tuple(
        FormValue.load(
            {
                "field": key,
                "title": str(field["title"]),
                "value": _shown(values[key]["value"]),
                "source": values[key]["source"],
                "as_of": values[key]["as_of"],
                "objection": values[key].get("objection"),
            }
        )
        for key, field in forms.fields_of(form).items()
        if key in values
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.dump(value)


def needed_materials(
    here: Mapping[str, Mapping[str, Any]], materials: Sequence[Material]
) -> tuple[MaterialOfItem, ...]:
    """Every material; what government holds is always there."""
    return tuple(
        MaterialOfItem(
            material=one.key,
            name=one.name,
            source=one.source,
            here=not is_demanded(one) or one.key in here,
            tolerable=one.tolerable,
            file_name=here[one.key]["file_name"] if one.key in here else None,
        )
        for one in materials
    )
