"""An item with everything that one can have, as tests define, publish and apply for it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from services.digital_government.models import Case
from shared.context import Principal
from shared.contracts.digital_government import (
    AcceptCase,
    AttachMaterial,
    ClaimItem,
    DefineItem,
    DefineOneThing,
    ImplementationTerms,
    ItemDefinition,
    OpenApplication,
    PublishItem,
    ReviewsOfOrgan,
    SubmitApplication,
    ThingDefinition,
)
from shared.contracts.identity_data import (
    ApplicantStanding,
    FetchSharedData,
    SharedFact,
    SharedFacts,
    StandingOfApplicant,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import MONDAY

COUNTY = "330106"
ELSEWHERE = "330105"
CODE = "residence_permit"
HANDLING, JOINT = f"{COUNTY}-public_security", f"{COUNTY}-human_resources"
OFFERED = f"{COUNTY}-{CODE}"
PERSON = "p-applicant"

PROVINCE = Principal("catalogue.33", "official", "33", "33-data_resources", ("catalogue_manager",))
BUREAU = Principal("catalogue.bureau", "official", COUNTY, HANDLING, ("catalogue_manager",))
OFFICER = Principal("officer.bureau", "official", COUNTY, HANDLING, ("case_officer",))
COLLEAGUE = Principal("officer.joint", "official", COUNTY, JOINT, ("case_officer",))
APPLICANT = Principal("account.applicant", "resident", f"{COUNTY}001001", person=PERSON)

DEFINITION = ItemDefinition.load(
    {
        "name": "居住证申领",
        "name_en": "Residence permit",
        "kind": "administrative_confirmation",
        "organ_kind": "public_security",
        "theme": "household",
        "levels": ["county"],
        "subject": "person",
        "handling": "promised",
        "statutory_days": 10,
        "legal_basis": "《居住证暂行条例》第九条、第十条",
        "form": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "address", "ground"],
            "properties": {
                "name": {"type": "string", "title": "姓名", "x-source": "person.name"},
                "address": {
                    "type": "string",
                    "title": "居住地址",
                    "minLength": 5,
                    "x-source": "applicant",
                },
                "ground": {
                    "type": "string",
                    "title": "申领事由",
                    "enum": ["employment", "housing", "study"],
                    "x-source": "applicant",
                },
                "months": {
                    "type": "integer",
                    "title": "居住月数",
                    "minimum": 0,
                    "x-source": "applicant",
                },
            },
        },
        "materials": [
            {
                "key": "tenancy",
                "name": "房屋租赁合同",
                "document": "tenancy_contract",
                "source": "applicant",
            },
            {
                "key": "employment",
                "name": "劳动合同",
                "document": "employment_contract",
                "source": "applicant",
                "tolerable": True,
            },
            {
                "key": "identity",
                "name": "居民身份证",
                "document": "identity_card",
                "source": "shared_data",
                "facts": ["person.name"],
            },
        ],
        "tolerance_days": 3,
        "procedure": [
            {"key": "apply", "name": "申请", "stage": "application", "by": "applicant"},
            {
                "key": "accept",
                "name": "受理",
                "stage": "acceptance",
                "by": "case_officer",
                "after": ["apply"],
            },
            {
                "key": "insurance",
                "name": "参保情况核查",
                "stage": "review",
                "by": "case_officer",
                "after": ["accept"],
                "organ_kind": "human_resources",
                "when": "answers.ground == 'employment'",
                "days": 2,
            },
            {
                "key": "decide",
                "name": "决定",
                "stage": "decision",
                "by": "case_officer",
                "after": ["accept", "insurance"],
            },
            {
                "key": "deliver",
                "name": "送达",
                "stage": "delivery",
                "by": "case_officer",
                "after": ["decide"],
            },
        ],
    }
)
"""A residence permit, with a review by another organ for who is employed."""

TERMS = ImplementationTerms(promised_days=5, visits=1)
ANSWERS = {"address": "杭州市西湖区文三路1号", "ground": "employment", "months": 8}

TABLE: dict[str, Any] = {
    "columns": [{"key": "months", "label": "居住月数", "field": "answers.months"}],
    "rows": [
        {"when": {"months": ">= 6"}, "outcome": "granted", "reason": "居住满六个月"},
        {"outcome": "refused", "reason": "居住未满六个月（《居住证暂行条例》第二条）"},
    ],
}
"""Who has lived there for half a year gets it."""

AT_ONCE = ItemDefinition.load(
    {
        **DEFINITION.dump(),
        "materials": [],
        "tolerance_days": 0,
        "decision": TABLE,
        "procedure": [
            {"key": "accept", "name": "受理", "stage": "acceptance", "by": "rule"},
            {
                "key": "decide",
                "name": "决定",
                "stage": "decision",
                "by": "rule",
                "after": ["accept"],
            },
        ],
    }
)
"""The same, accepted and decided by rule."""


def share(order: FetchSharedData) -> SharedFacts:
    """What the population register would say."""
    facts = [SharedFact(name=f, value="潮生", source="人口库", as_of=MONDAY) for f in order.facts]
    return SharedFacts(ledger_id="l-1", facts=tuple(facts))


def alive(query: StandingOfApplicant) -> ApplicantStanding:
    """Somebody who may apply, also for whatever enterprise is asked about."""
    role = None if query.enterprise is None else "legal_representative"
    return ApplicantStanding(person=query.person, person_state="registered", role=role)


def pdf(text: str = "合同") -> str:
    """A file that begins as a PDF does, as base64."""
    return base64.b64encode(b"%PDF-1.7\n" + text.encode()).decode()


def prepare(harness: ServiceHarness) -> None:
    """Monday, and the platform answers."""
    harness.at(MONDAY)
    harness.remote[FetchSharedData] = share
    harness.remote[StandingOfApplicant] = alive


def define(
    harness: ServiceHarness, definition: ItemDefinition = DEFINITION, **changes: Any
) -> DefineItem:
    """Put the item in the catalogue, in force today; the order that did it."""
    order = replace(
        DefineItem(code=CODE, definition=definition, effective=MONDAY.date()), **changes
    )
    harness.execute(order, PROVINCE)
    return order


def claim(harness: ServiceHarness, terms: ImplementationTerms = TERMS) -> str:
    """Have the county claim it; the implementation's id."""
    order = ClaimItem(code=CODE, division=COUNTY, organ=HANDLING, terms=terms)
    return harness.execute(order, BUREAU).id


def offer_elsewhere(harness: ServiceHarness) -> None:
    """Have another county of the city offer it too."""
    organ = f"{ELSEWHERE}-public_security"
    bureau = replace(BUREAU, id="catalogue.elsewhere", division=ELSEWHERE, organ=organ)
    order = ClaimItem(code=CODE, division=ELSEWHERE, organ=organ, terms=TERMS)
    harness.execute(PublishItem(implementation_id=harness.execute(order, bureau).id), bureau)


def offer(harness: ServiceHarness, definition: ItemDefinition = DEFINITION) -> None:
    """Have the county offer it."""
    prepare(harness)
    define(harness, definition)
    harness.execute(PublishItem(implementation_id=claim(harness)), BUREAU)


def open_application(harness: ServiceHarness) -> str:
    """Begin an application for what the county offers; its id."""
    return harness.execute(OpenApplication(matter=CODE, division=COUNTY), APPLICANT).id


def apply(
    harness: ServiceHarness,
    *materials: str,
    answers: dict[str, object] | None = None,
    **more: Any,
) -> str:
    """Hand in an application with files for these materials; the case's id."""
    made = open_application(harness)
    for material in materials:
        harness.execute(attachment(made, material), APPLICANT)
    order = SubmitApplication(application_id=made, answers=answers or ANSWERS, **more)
    return harness.execute(order, APPLICANT).id


def attachment(application: str, material: str, **changes: Any) -> AttachMaterial:
    """An order that hands in a file for a material."""
    order = AttachMaterial(
        application_id=application,
        material=material,
        file_name=f"{material}.pdf",
        content=pdf(material),
    )
    return replace(order, **changes)


def accepted(harness: ServiceHarness) -> str:
    """A case that waits for its review; its id."""
    offer(harness)
    case_id = apply(harness, "tenancy", "employment")
    harness.execute(AcceptCase(case_id=case_id), OFFICER)
    return case_id


def review_asked(harness: ServiceHarness) -> str:
    """The review that the only case waits for; its id."""
    found = harness.execute(ReviewsOfOrgan(division=COUNTY, organ=JOINT), COLLEAGUE)
    (review,) = found.reviews
    return review.review_id


def cases(harness: ServiceHarness) -> list[str]:
    """The ids of all cases."""
    return [row.id for row in harness.rows(sa.select(Case.id).order_by(Case.id))]


THING = "settling_in"
THING_DEFINITION = ThingDefinition.load(
    {
        "name": "落户“一件事”",
        "name_en": "Settling in as one thing",
        "legal_basis": "《居住证暂行条例》第九条",
        "promised_days": 5,
        "matters": [
            {"matter": CODE},
            {"matter": "second_permit", "after": [CODE], "stands_with": [CODE]},
        ],
    }
)
"""A one-thing of the sample and another item like it."""


def offer_thing(harness: ServiceHarness) -> None:
    """Have the county offer both items, and the province compose the one-thing."""
    offer(harness)
    second = DefineItem(code="second_permit", definition=DEFINITION, effective=MONDAY.date())
    harness.execute(second, PROVINCE)
    order = ClaimItem(code="second_permit", division=COUNTY, organ=HANDLING, terms=TERMS)
    claimed = harness.execute(order, BUREAU).id
    harness.execute(PublishItem(implementation_id=claimed), BUREAU)
    harness.execute(DefineOneThing(code=THING, definition=THING_DEFINITION), PROVINCE)
