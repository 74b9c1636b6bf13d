"""Applying for an item or a one-thing: the form arrives filled, the rest is brought, and it becomes
a case, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from services.digital_government.commands.cases import accept, facts_for
from services.digital_government.commands.one_things import (
    applicant_of,
    begin_one_thing,
    received_at,
    refuse_second_application,
    thing_in_force,
)
from services.digital_government.domain import forms, procedures
from services.digital_government.domain.applications import (
    KEPT_DAYS,
    EnterpriseNotNamed,
    OnlyInOneThing,
    material_of,
    read_file,
    require_complete,
    require_handled_across,
    require_may_apply,
)
from services.digital_government.domain.items import facts_of
from services.digital_government.domain.one_things import (
    codes_of,
    needs_enterprise,
    taken_matters,
)
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
from services.digital_government.models.offers import offered_nearest
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.digital_government import (
    AttachMaterial,
    DiscardApplication,
    ItemDefinition,
    KeepAnswers,
    OpenApplication,
    OpenOneThing,
    SubmitApplication,
)
from shared.contracts.identity_data import SharedFact, StandingOfApplicant
from shared.handling import handles, on_timer

KEPT_UNTIL = "application_kept_until"


@dataclass(frozen=True)
class Begun:
    """What was found out before an application begins: its columns, among them who offers the item,
    and what government knows of its subject."""

    columns: Mapping[str, Any]
    facts: tuple[SharedFact, ...]


def find_out(order: OpenApplication, context: Context) -> Begun:
    """Who offers the item nearest to the division, whether the applicant may apply, and the facts
    that the form arrives filled with.

    Raises `ApplicantNotNamed`, `ItemNotOffered`, `NotHandledAcross`, `OnlyInOneThing`,
    `EnterpriseNotNamed`, `ApplicantNotInLife`, `NotOfTheEnterprise`, and what refuses the facts.
    """
    applicant = applicant_of(order, context)
    found = offered_nearest(order.division, [order.matter], context.unit.find_each, context)
    offered = found[order.matter]
    received = received_at(context)
    if received:
        require_handled_across(offered.across, received["received_in"], order.division)
    edition = _edition(offered.item_edition, context)
    if edition.definition.establishes is not None:
        raise OnlyInOneThing(item=edition.name)
    of_enterprise = edition.definition.subject == "enterprise"
    _require_may_apply(order, applicant, of_enterprise=of_enterprise, context=context)
    subject = order.enterprise or applicant
    columns = {
        "id": f"c-{context.new_id()}",
        "matter": order.matter,
        "implementation": offered.id,
        "organ": offered.organ,
        "item_edition": offered.item_edition,
        "promised_days": offered.promised_days,
        "owner": applicant,
        "subject": subject,
        **received,
    }
    asked = forms.facts_asked_by(edition.definition.form)
    return Begun(columns, facts_for(asked, edition, str(columns["id"]), subject, context))


def find_out_all(order: OpenOneThing, context: Context) -> Begun:
    """The same for all items of a one-thing: a fact that several forms ask for is read once.

    Raises also `NotFound` for what is no one-thing.
    """
    applicant = applicant_of(order, context)
    edition = thing_in_force(order.thing, context)
    codes = codes_of(edition.definition)
    offered = offered_nearest(order.division, codes, context.unit.find_each, context)
    editions = {code: _edition(one.item_edition, context) for code, one in offered.items()}
    of_enterprise = needs_enterprise([one.definition for one in editions.values()])
    _require_may_apply(order, applicant, of_enterprise=of_enterprise, context=context)
    columns = {
        "id": f"t-{context.new_id()}",
        "thing_edition": edition.id,
        "items": {code: one.id for code, one in editions.items()},
        **received_at(context),
        "promised_days": edition.definition.promised_days,
        "owner": applicant,
        "subject": order.enterprise or applicant,
    }
    facts: dict[str, SharedFact] = {}
    for one in editions.values():
        subject = order.enterprise if one.definition.subject == "enterprise" else applicant
        if subject is None:
            continue  # Of an enterprise that is still to be registered nothing is known.
        asked = [f for f in forms.facts_asked_by(one.definition.form) if f not in facts]
        for fact in facts_for(asked, one, str(columns["id"]), subject, context):
            facts[fact.name] = fact
    return Begun(columns, tuple(facts.values()))


def _require_may_apply(
    order: OpenApplication | OpenOneThing,
    applicant: str,
    *,
    of_enterprise: bool,
    context: Context,
) -> None:
    if of_enterprise != (order.enterprise is not None):
        raise EnterpriseNotNamed()
    standing = context.ask(StandingOfApplicant(person=applicant, enterprise=order.enterprise))
    require_may_apply(standing, for_enterprise=of_enterprise)


@handles(OpenApplication, gather=find_out)
def open_application(order: OpenApplication, context: Context) -> Application:
    """Begin an application, filled with what was found out."""
    return _begin(order.division, context)


@handles(OpenOneThing, gather=find_out_all)
def open_one_thing(order: OpenOneThing, context: Context) -> Application:
    """Begin an application for a one-thing, filled with what was found out."""
    return _begin(order.division, context)


def _begin(division: str, context: Context) -> Application:
    begun: Begun = context.facts
    application = Application(
        **begun.columns,
        division=division,
        expires=context.today + timedelta(days=KEPT_DAYS),
        read_on=context.today,
        facts=[fact.dump() for fact in begun.facts],
    )
    application.open()
    context.unit.arm(KEPT_UNTIL, application.id, _end_of(application), context)
    return application


def _end_of(application: Application) -> datetime:
    return datetime.combine(application.expires + timedelta(days=1), time(), CHINA)


def _edition(edition: str, context: Context) -> ItemEdition:
    return context.unit.reference(ItemEdition, edition)[edition]


@handles(AttachMaterial)
def attach_material(application: Application, order: AttachMaterial, context: Context) -> None:
    """Take a file for a material; after the application was handed in, only what is awaited.

    Raises `NoSuchMaterial`, `NotAFileWeTake`, `ApplicationClosed`, `NotAwaited`.
    """
    needs = needs_of(application, None, context)
    material_of(needs.materials, order.material)
    file = read_file(order.file_name, order.content)
    if application.is_open:
        application.attach(order.material, order.file_name, file.digest)
    else:
        case = context.unit.find(Case, application.id)
        if case is None:
            application.require_open()
        else:
            case.bring(order.material, order.file_name, file.digest)
            application.attach(order.material, order.file_name, file.digest)
    _keep(application, order, file.content, context)


def _keep(application: Application, order: AttachMaterial, content: str, context: Context) -> None:
    key = attachment_id(application.id, order.material)
    kept = context.unit.find(Attachment, key)
    if kept is None:
        kept = context.unit.add(
            Attachment(
                id=key,
                division=application.division,
                owner=application.owner,
                file_name=order.file_name,
                content=content,
            )
        )
    kept.file_name = order.file_name
    kept.content = content


@handles(KeepAnswers)
def keep_answers(application: Application, order: KeepAnswers, context: Context) -> None:
    """Keep what was filled in so far; raises `ApplicationClosed`, and `InvalidInput` for what is no
    field of the form."""
    needs = needs_of(application, None, context)
    application.keep(forms.fields_of(needs.form).keys(), order.answers, order.objections)


def fetch_for_rule(order: SubmitApplication, context: Context) -> tuple[SharedFact, ...]:
    """What a rule needs to know that accepts at once: all facts of the item that were not read
    today already."""
    application = context.unit.find(Application, order.application_id)
    if application is None or not application.is_open or application.thing:
        return ()
    edition = _edition(application.item_edition, context)
    if not _is_accepted_by_rule(edition.definition):
        return ()
    read = {fact["name"] for fact in application.facts if application.read_on == context.today}
    names = [fact for fact in facts_of(edition.definition) if fact not in read]
    return facts_for(names, edition, application.id, application.subject, context)


def _is_accepted_by_rule(definition: ItemDefinition) -> bool:
    return procedures.step_of("acceptance", definition.procedure).by == "rule"


@handles(SubmitApplication, gather=fetch_for_rule, taken=refuse_second_application)
def submit_application(
    application: Application, order: SubmitApplication, context: Context
) -> Application:
    """Hand it in. It becomes a case under the edition that it was begun with, and where a rule
    accepts and decides, it is decided in this moment (秒批); or it becomes a one-thing.

    Raises `ApplicationClosed`, `UnfitAnswers`, `InvalidInput` for an objection without ground,
    and `MaterialsMissing`; `AlreadyApplied`.
    """
    application.submit(len(order.objections))
    application.know(context.facts, context.today)
    needs = needs_of(application, order.answers, context)
    form = application.filled_with(needs.form, order.answers, order.objections)
    require_complete(needs.materials, application.materials)
    context.unit.cancel(KEPT_UNTIL, application.id, context)
    if application.thing:
        begin_one_thing(_thing_of(application, form, context), context)
        return application
    case = context.unit.add(_case_of(application, form, context.now))
    case.submit()
    if _is_accepted_by_rule(_edition(case.item_edition, context).definition):
        accept(case, (), context, by_rule=True)
    return application


def _thing_of(
    application: Application, form: dict[str, dict[str, object]], context: Context
) -> OneThing:
    thing = context.unit.reference(ThingEdition, application.thing_edition)
    edition = thing[application.thing_edition]
    items = context.unit.reference(ItemEdition, *application.items.values())
    of_enterprise = application.subject != application.owner
    return OneThing.submitted(
        application.id,
        edition,
        taken_matters(edition.definition, forms.answers_of(form)),
        {code: items[one] for code, one in application.items.items()},
        context.now,
        division=application.division,
        owner=application.owner,
        form=form,
        materials=dict(application.materials),
        enterprise_id=application.subject if of_enterprise else None,
        received_by=application.received_by,
        received_in=application.received_in,
    )


def _case_of(application: Application, form: dict[str, dict[str, object]], at: datetime) -> Case:
    of_person = application.subject == application.owner
    return Case(
        id=application.id,
        division=application.division,
        matter=application.matter,
        organ=application.organ,
        owner=application.owner,
        subject=application.subject,
        promised_days=application.promised_days,
        submitted_at=at,
        establishes={} if of_person else {"enterprise": application.subject},
        item_edition=application.item_edition,
        form=form,
        facts=list(application.facts),
        materials=dict(application.materials),
        received_by=application.received_by,
        received_in=application.received_in,
    )


@handles(DiscardApplication)
def discard_application(
    application: Application, order: DiscardApplication, context: Context
) -> None:
    """Throw it away, with what was read for it; raises `ApplicationClosed`."""
    discard([application], context)


@on_timer(KEPT_UNTIL)
def discard_forgotten(application: Application, context: Context) -> None:
    """It was kept for its time."""
    if application.is_open:
        discard([application], context)


def discard(applications: Sequence[Application], context: Context) -> None:
    """Throw these away."""
    for application in applications:
        application.discard()
        context.unit.cancel(KEPT_UNTIL, application.id, context)
