"""Applications while they are filled in, and how their forms and materials are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.digital_government.domain import forms
from services.digital_government.domain.items import is_demanded
from services.digital_government.models import (
    Application,
    Attachment,
    ItemEdition,
    ThingEdition,
)
from services.digital_government.models.applications import attachment_id
from services.digital_government.models.needs import needs_of
from shared import jsontext
from shared.context import Context
from shared.contracts.digital_government import (
    ApplicationById,
    ApplicationDetail,
    FormValue,
    Material,
    MaterialFile,
    MaterialOfApplication,
    MaterialOfItem,
)
from shared.handling import answers


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
        }
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
