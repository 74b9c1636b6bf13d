"""Messages about the item catalogue, applications, and what procedures add to cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from services.digital_government.domain.cases import CaseState
from services.digital_government.domain.items import CATALOGUE, ImplementationState
from services.digital_government.models import (
    Application,
    Attachment,
    BasicItem,
    Case,
    CaseReview,
    Implementation,
    ItemEdition,
    ThingCatalogue,
)
from services.digital_government.models.applications import attachment_id
from services.digital_government.models.items import edition_id, implementation_id
from shared.context import Context, new_id
from shared.contracts.digital_government import ItemDefinition, ThingDefinition
from tests.contracts.sample_items import DEFINITION, TERMS, THING_DEFINITION, pdf
from tests.security.databases import Databases, Payload, Resource, only

COUNTY = "330106"
FORMLESS = ItemDefinition.load(
    {**DEFINITION.dump(), "form": {}, "materials": DEFINITION.dump()["materials"][:1]}
)
"""Nothing need be fetched for it."""


def _code() -> str:
    return f"item_{new_id()[:16].replace('-', '_')}"


def _item(databases: Databases, **fields: Any) -> str:
    """An item in force; its code."""
    code = _code()
    item = BasicItem(id=code, edition=1, in_force=1, state="in_force", **fields)
    edition = ItemEdition.of(item, FORMLESS, databases.now.date(), "")

    def keep(context: Context) -> None:
        context.unit.add(item)
        context.unit.add(edition)

    databases.act("digital_government", keep)
    return code


def define_item(databases: Databases, resource: Resource) -> Payload:
    """No item of that code."""
    today = databases.now.date()
    return {
        "code": _code(),
        "definition": FORMLESS.dump(),
        "effective": today.isoformat(),
        **resource,
    }


def on_item(more: Callable[[date], Mapping[str, Any]]) -> Callable[[Databases, Resource], Payload]:
    """An item that is in force in the catalogue of that division."""

    def make(databases: Databases, resource: Resource) -> Payload:
        later = databases.now.date() + timedelta(days=400)
        return {"code": _item(databases, **resource), **more(later)}

    return make


def _implementation(databases: Databases, state: ImplementationState, resource: Resource) -> str:
    code = _item(databases, division=CATALOGUE)
    division = resource.get("division", COUNTY)
    one = Implementation(
        id=implementation_id(division, code),
        division=division,
        matter=code,
        organ=resource.get("organ", "an-organ"),
        state=state.value,
        promised_days=1,
        statutory_days=10,
        item_edition=edition_id(code, 1),
        draft=TERMS.dump(),
        # So that windows of any place receive it.
        across="province",
    )
    databases.add("digital_government", one)
    return one.id


def on_implementation(
    state: ImplementationState, more: Payload
) -> Callable[[Databases, Resource], Payload]:
    """What such an organ drafts or offers."""
    return lambda databases, resource: {
        "implementation_id": _implementation(databases, state, resource),
        **more,
    }


def claim_item(databases: Databases, resource: Resource) -> Payload:
    """An item that every level handles."""
    code = _item(databases, division=CATALOGUE)
    return {"code": code, "terms": TERMS.dump(), **resource}


def open_application(databases: Databases, resource: Resource) -> Payload:
    """Something that the division offers."""
    offered = _implementation(databases, ImplementationState.PUBLISHED, resource)
    division, _, matter = offered.partition("-")
    named = {"applicant": resource["owner"]} if "owner" in resource else {}
    return {"matter": matter, "division": division, **named}


def on_application(more: Payload) -> Callable[[Databases, Resource], Payload]:
    """An application that is filled in, with the file that it needs."""

    def make(databases: Databases, resource: Resource) -> Payload:
        code = _item(databases, division=CATALOGUE)
        application = Application(
            id=f"c-{new_id()}",
            matter=code,
            implementation=f"{COUNTY}-{code}",
            item_edition=edition_id(code, 1),
            promised_days=1,
            subject=resource["owner"],
            expires=databases.now.date(),
            read_on=databases.now.date(),
            facts=[],
            materials={"tenancy": {"file_name": "tenancy.pdf", "digest": "0"}},
            **{"division": COUNTY, "organ": "an-organ", **resource},
        )
        file = Attachment(
            id=attachment_id(application.id, "tenancy"),
            division=application.division,
            owner=application.owner,
            file_name="tenancy.pdf",
            content=pdf(),
        )

        def keep(context: Context) -> None:
            context.unit.add(application)
            context.unit.add(file)

        databases.act("digital_government", keep)
        return {"application_id": application.id, **more}

    return make


def on_case(state: CaseState, more: Payload) -> Callable[[Databases, Resource], Payload]:
    """A case in that state."""

    def make(databases: Databases, resource: Resource) -> Payload:
        case = _case(databases, state, resource)
        databases.add("digital_government", case)
        return {"case_id": case.id, **more}

    return make


def _case(databases: Databases, state: CaseState, resource: Resource) -> Case:
    return Case(
        id=f"c-{new_id()}",
        matter="residence_permit",
        item_edition=edition_id(_item(databases, division=CATALOGUE), 1),
        subject=resource.get("owner", "p-another"),
        promised_days=1,
        submitted_at=databases.now,
        establishes={},
        state=state.value,
        **{"division": COUNTY, "organ": "an-organ", "owner": "p-another", **resource},
    )


def transfer_case(databases: Databases, resource: Resource) -> Payload:
    """A case of an item that another division offers too."""
    case = _case(databases, CaseState.PENDING, resource)
    offered = _implementation(databases, ImplementationState.PUBLISHED, {"division": "330105"})
    case.matter = offered.partition("-")[2]
    databases.add("digital_government", case)
    return {"case_id": case.id, "to_division": "330105", "reason": "属其管辖"}


def give_review(databases: Databases, resource: Resource) -> Payload:
    """A review that such an organ was asked for, by whatever role asks to give it."""
    case = _case(databases, CaseState.PENDING, {"owner": resource["owner"]})
    review = CaseReview(
        id=f"w-{new_id()}",
        case_id=case.id,
        matter=case.matter,
        step="insurance",
        name="核查",
        by="case_officer",
        **resource,
    )
    databases.add("digital_government", case, review)
    return {"review_id": review.id, "opinion": "agree", "note": "属实"}


def define_one_thing(databases: Databases, resource: Resource) -> Payload:
    """Two items in force that one thing is made of."""
    return {"code": _code(), "definition": _thing(databases).dump(), **resource}


def _thing(databases: Databases) -> ThingDefinition:
    codes = [_item(databases, division=CATALOGUE) for _ in range(2)]
    content = {**THING_DEFINITION.dump(), "matters": [{"matter": code} for code in codes]}
    return ThingDefinition.load(content)


def revise_one_thing(databases: Databases, resource: Resource) -> Payload:
    """A one-thing in the catalogue of that division."""
    definition = _thing(databases)
    thing = ThingCatalogue(id=_code(), **resource)
    edition = thing.compose(definition, "")

    def keep(context: Context) -> None:
        context.unit.add(thing)
        context.unit.add(edition)

    databases.act("digital_government", keep)
    return {"code": thing.id, "definition": definition.dump(), "reason": "修订"}


def open_one_thing(databases: Databases, resource: Resource) -> Payload:
    """A one-thing of which the division offers every matter."""
    offered = [
        _implementation(databases, ImplementationState.PUBLISHED, resource) for _ in range(2)
    ]
    matters = [{"matter": one.partition("-")[2]} for one in offered]
    definition = ThingDefinition.load({**THING_DEFINITION.dump(), "matters": matters})
    thing = ThingCatalogue(id=_code(), division=CATALOGUE)
    edition = thing.compose(definition, "")

    def keep(context: Context) -> None:
        context.unit.add(thing)
        context.unit.add(edition)

    databases.act("digital_government", keep)
    named = {"applicant": resource["owner"]} if "owner" in resource else {}
    return {"thing": thing.id, "division": offered[0].partition("-")[0], **named}


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "DefineItem": define_item,
    "ReviseItem": on_item(
        lambda day: {
            "definition": FORMLESS.dump(),
            "effective": day.isoformat(),
            "reason": "修订",
        }
    ),
    "CancelItem": on_item(lambda day: {"on_day": day.isoformat(), "reason": "依据已废止"}),
    "DeclareHeldDocument": lambda _, resource: {
        "document": f"doc_{new_id()[:16].replace('-', '_')}",
        "name": "居民身份证",
        "facts": ["person.name"],
        **resource,
    },
    "ItemByCode": only(code="enterprise_registration"),
    "DrawingOfProcedure": only(code="enterprise_registration"),
    "DefineOneThing": define_one_thing,
    "ReviseOneThing": revise_one_thing,
    "OneThingsOffered": only(),
    "OneThingByCode": only(code="enterprise_startup"),
    "ClaimItem": claim_item,
    "ReviseTerms": on_implementation(ImplementationState.PUBLISHED, {"terms": TERMS.dump()}),
    "PublishItem": on_implementation(ImplementationState.DRAFT, {}),
    "WithdrawItem": on_implementation(ImplementationState.PUBLISHED, {"reason": "改由市级办理"}),
    "AttachMaterial": on_application(
        {"material": "tenancy", "file_name": "tenancy.pdf", "content": pdf()}
    ),
    "SubmitApplication": on_application({"answers": {}}),
    "KeepAnswers": on_application({"answers": {}}),
    "DiscardApplication": on_application({}),
    "ApplicationById": on_application({}),
    "AffairsOfPerson": only(),
    "MaterialOfApplication": on_application({"material": "tenancy"}),
    "DeclineCase": on_case(CaseState.PENDING, {"reasons": "不属于本机关职权范围"}),
    "TransferCase": transfer_case,
    "CasesReceived": only(),
    "DeliverResult": on_case(CaseState.DECIDED, {"way": "post", "reference": "EMS-1"}),
    "GiveReview": give_review,
    "ReviewsOfOrgan": only(),
}
