"""What residents apply for at once."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from services.digital_government.domain import forms
from services.digital_government.domain.applications import require_may_apply
from services.digital_government.domain.items import is_demanded, require_of_province
from services.digital_government.domain.one_things import (
    AlreadyApplied,
    ApplicantNotNamed,
    DocumentsNeeded,
    ThingExists,
    ThingState,
    codes_of,
    merged_form,
    merged_materials,
    require_sound,
    taken_matters,
)
from services.digital_government.models import (
    Application,
    Attachment,
    Case,
    Implementation,
    ItemEdition,
    OneThing,
    Passage,
    ThingCatalogue,
    ThingEdition,
)
from services.digital_government.models.applications import attachment_id
from services.digital_government.models.items import items_in_force
from services.digital_government.models.offers import offered_in, offered_nearest
from shared.context import Context
from shared.contracts.digital_government import (
    DefineOneThing,
    OpenApplication,
    OpenOneThing,
    ReviseOneThing,
    SubmitApplication,
    SubmitOneThing,
    ThingDefinition,
)
from shared.contracts.identity_data import StandingOfApplicant
from shared.errors import NotFound
from shared.handling import handles

"""How implementations are read: as they are, or where that serves, as they were a second ago."""

# What can be applied for


@handles(DefineOneThing)
def define_one_thing(order: DefineOneThing, context: Context) -> ThingCatalogue:
    """Compose a one-thing; raises `NotTheProvinces`, `ThingExists` and `UnfitThing`."""
    require_of_province(order.division)
    if context.unit.find(ThingCatalogue, order.code) is not None:
        raise ThingExists(code=order.code)
    thing = context.unit.add(ThingCatalogue(id=order.code, division=order.division))
    compose(thing, order.definition, "", context)
    return thing


@handles(ReviseOneThing)
def revise_one_thing(thing: ThingCatalogue, order: ReviseOneThing, context: Context) -> None:
    """Compose it anew; raises `UnfitThing`."""
    compose(thing, order.definition, order.reason, context)


def compose(
    thing: ThingCatalogue, definition: ThingDefinition, reason: str, context: Context
) -> None:
    """Put the next edition in force."""
    items = items_in_force(list(codes_of(definition)), context)
    require_sound(definition, {code: one.definition for code, one in items.items()})
    context.unit.add(thing.compose(definition, reason))


def thing_in_force(code: str, context: Context) -> ThingEdition:
    """The edition of a one-thing that counts; raises `NotFound`."""
    found = context.unit.reference(ThingCatalogue, code)
    if code not in found:
        raise NotFound(what="ThingCatalogue", id=code)
    edition = found[code].edition_in_force
    return context.unit.reference(ThingEdition, edition)[edition]


# Applying for it


def refuse_second_application(
    order: SubmitOneThing | SubmitApplication, context: Context
) -> AlreadyApplied | None:
    """The error where another application uses the reserved name; one that failed gave it back."""
    answers = order.form if isinstance(order, SubmitOneThing) else order.answers
    reservation = answers.get("reservation_id")
    others = context.unit.rows(
        sa.select(OneThing.id).where(
            OneThing.reservation_id == reservation, OneThing.state != ThingState.FAILED.value
        )
    )
    if not others:
        return None  # It failed in the same moment.
    return AlreadyApplied(reservation=reservation, one_thing=others[0].id)


def check_named_applicant(order: SubmitOneThing, context: Context) -> None:
    """Ask whether whom another applies for may apply; raises `ApplicantNotInLife`. Who applies for
    themselves is known by their session."""
    if order.applicant is not None and order.applicant != context.actor.person:
        standing = context.ask(StandingOfApplicant(person=order.applicant))
        require_may_apply(standing, for_enterprise=False)


@handles(SubmitOneThing, gather=check_named_applicant, taken=refuse_second_application)
def submit_one_thing(order: SubmitOneThing, context: Context) -> OneThing:
    """Apply for all matters at once and begin those that depend on nothing.

    Raises `NotFound`, `ApplicantNotNamed`, `ApplicantNotInLife`, `ItemNotOffered`,
    `DivisionWasSplit`, `DocumentsNeeded`, `UnfitAnswers` and `AlreadyApplied`.
    """
    applicant = applicant_of(order, context)
    edition = thing_in_force(order.thing, context)
    division, offered = offering_division(edition.definition, order.division, context)
    editions = {code: one.item_edition for code, one in offered.items()}
    found = context.unit.reference(ItemEdition, *editions.values())
    items = {code: found[one] for code, one in editions.items()}
    matters = taken_matters(edition.definition, order.form)
    definitions = {code: one.definition for code, one in items.items()}
    taken = [one.matter for one in matters]
    needed = [one.name for one in merged_materials(definitions, taken) if is_demanded(one)]
    if needed:
        raise DocumentsNeeded(names="、".join(needed))
    forms.require_fit(merged_form(edition.definition, definitions, taken), order.form)
    one_thing = OneThing.submitted(
        f"t-{context.new_id()}",
        edition,
        matters,
        items,
        context.now,
        division=division,
        owner=applicant,
        form=forms.as_answered(order.form),
        **received_at(context),
    )
    return begin_one_thing(one_thing, context)


def applicant_of(order: SubmitOneThing | OpenApplication | OpenOneThing, context: Context) -> str:
    """Whose application it is; raises `ApplicantNotNamed`."""
    applicant = order.applicant or context.actor.person
    if not applicant:
        raise ApplicantNotNamed()
    return applicant


def received_at(context: Context) -> dict[str, str]:
    """Whose official receives the application at a window, and where; nothing for one online."""
    if context.actor.kind != "official":
        return {}
    return {"received_by": context.actor.organ, "received_in": context.actor.division}


def begin_one_thing(one_thing: OneThing, context: Context) -> OneThing:
    """Keep it, and begin what depends on nothing."""
    context.unit.add(one_thing)
    start_matters(one_thing, context)
    return one_thing


def offering_division(
    definition: ThingDefinition, division: str, context: Context
) -> tuple[str, dict[str, Implementation]]:
    """The division, or the successor of one that ended, where every matter of the one-thing is
    offered, and what is; raises `ItemNotOffered`, and `DivisionWasSplit` where several
    succeeded."""
    codes = codes_of(definition)
    if not offered_in(division, codes, context.unit.reference):
        division = Passage.certain_successor_of(division, context)
    return division, offered_nearest(division, codes, context.unit.reference, context)


def start_matters(one_thing: OneThing, context: Context) -> None:
    """Open a case for every matter that can begin now, with its share of what was handed in."""
    startable = one_thing.startable()
    offered = offered_in(one_thing.division, startable, context.unit.reference)
    if startable and not offered:
        # Its division has ended, and the passing on has not come to it yet.
        one_thing.pass_to(Passage.successor_of(one_thing.division, context))
        offered = offered_in(one_thing.division, startable, context.unit.reference)
    editions = [one_thing.matters[code]["edition"] for code in startable]
    items = context.unit.reference(ItemEdition, *editions)
    for matter, edition in zip(startable, editions, strict=True):
        case_id = f"c-{context.new_id()}"
        item = items[edition]
        case = one_thing.start_matter(case_id, offered[matter], item, context.now)
        context.unit.add(case)
        if case.materials:
            _share_documents(one_thing, case, offered[matter], item, context)


def _share_documents(
    one_thing: OneThing,
    case: Case,
    offered: Implementation,
    item: ItemEdition,
    context: Context,
) -> None:
    """Let who handles a matter see what was handed in once for all."""
    context.unit.add(Application.of_matter(case, offered.id, context.today))
    documents: Mapping[str, str] = {
        one.key: one.document for one in item.definition.materials if one.key in case.materials
    }
    for key, document in documents.items():
        context.unit.add(
            Attachment(
                id=attachment_id(case.id, key),
                division=case.division,
                owner=case.owner,
                file_name=case.materials[key]["file_name"],
                same_as=attachment_id(one_thing.id, document),
            )
        )
