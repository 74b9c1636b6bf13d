"""What can be applied for as one thing, and how far one is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.digital_government.domain.cases import AGAINST, REMEDIES
from services.digital_government.domain.one_things import (
    codes_of,
    merged_form,
    merged_materials,
)
from services.digital_government.models import Case, OneThing, ThingCatalogue, ThingEdition
from services.digital_government.models.items import items_in_force
from services.digital_government.queries.applications import needed_materials
from shared.context import Context
from shared.contracts.digital_government import (
    MatterProgress,
    OneThingByCode,
    OneThingProgress,
    OneThingsOffered,
    OneThingState,
    ThingDetail,
    ThingList,
    ThingSummary,
)
from shared.handling import answers


@answers(OneThingProgress)
def one_thing_progress(
    one_thing: OneThing, query: OneThingProgress, context: Context
) -> OneThingState:
    """Where each matter stands, in the order of the one-thing's definition; what was said against
    one is for the applicant."""
    is_applicant = context.actor.person == one_thing.owner
    cases = context.unit.find_all(Case, Case.one_thing_id == one_thing.id)
    by_matter = {case.matter: case for case in cases}
    return OneThingState.load(
        {
            "one_thing_id": one_thing.id,
            "version": one_thing.version,
            "thing": one_thing.thing,
            "division": one_thing.division,
            "state": one_thing.state,
            "due": one_thing.due.isoformat(),
            "provisional": one_thing.provisional,
            "matters": [
                _progress(
                    code, one_thing.matters[code], by_matter.get(code), told=is_applicant
                ).dump()
                for code in one_thing.matters
            ],
        }
    )


def _progress(
    matter: str, entry: dict[str, Any], case: Case | None, *, told: bool
) -> MatterProgress:
    name = entry["name"]
    if case is None:
        return MatterProgress(matter=matter, name=name, state=entry["state"])
    is_against = case.state in AGAINST or case.outcome == "refused"
    return MatterProgress(
        matter=matter,
        name=name,
        case_id=case.id,
        state=case.state,
        outcome=case.outcome,
        due=case.due,
        organ=case.organ,
        reasons=case.reasons if told else None,
        remedies=REMEDIES if told and is_against else None,
    )


# What can be applied for


@answers(OneThingsOffered)
def one_things_offered(query: OneThingsOffered, context: Context) -> ThingList:
    """All one-things in force."""
    things = context.unit.find_all(ThingCatalogue)
    editions = context.unit.reference(ThingEdition, *(one.edition_in_force for one in things))
    found = [editions[one.edition_in_force] for one in things]
    return ThingList(
        things=tuple(
            ThingSummary(
                code=one.code,
                name=one.definition.name,
                name_en=one.definition.name_en,
                promised_days=one.definition.promised_days,
                matters=codes_of(one.definition),
            )
            for one in found
        )
    )


@answers(OneThingByCode)
def one_thing_by_code(query: OneThingByCode, context: Context) -> ThingDetail:
    """What it consists of, its one form, and each document once; raises `NotFound`."""
    thing = context.unit.get(ThingCatalogue, query.code)
    edition = context.unit.get(ThingEdition, thing.edition_in_force)
    definition = edition.definition
    codes = codes_of(definition)
    items = {k: v.definition for k, v in items_in_force(list(codes), context).items()}
    known = [code for code in codes if code in items]
    composed = replace(
        definition, matters=tuple(one for one in definition.matters if one.matter in items)
    )
    return ThingDetail(
        code=thing.id,
        edition=thing.edition,
        version=thing.version,
        definition=definition,
        form=merged_form(composed, items, known),
        materials=needed_materials({}, merged_materials(items, known)),
    )
