"""Messages about matters between organs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.party_government.domain.internal_matters import MatterState, Role
from services.party_government.models import InternalMatter, KnownOrgan, MatterHandling
from shared.context import Context
from tests.contracts.cases_internal_matters import GIVEN, WANTED, parts
from tests.security.databases import Databases, Payload, Resource, only

DECIDING, CONSENTING = "330106-human_resources", "330106-party_committee"
TERMS: dict[str, Any] = {
    "kind": "post_change",
    "title": "增设岗位",
    "content": "增设一个",
    "materials": [one.dump() for one in GIVEN],
}


def _know(databases: Databases, *organs: str) -> None:
    def keep(context: Context) -> None:
        for organ in organs:
            if context.unit.find(KnownOrgan, organ) is None:
                place = organ.partition("-")[0]
                division = place if place.isdigit() else "330106"
                context.unit.add(KnownOrgan(id=organ, division=division, name=organ))

    databases.act("party_government", keep)


def submit_internal_matter(databases: Databases, resource: Resource) -> Payload:
    """Of an organ that is known, before those whom it concerns."""
    _know(databases, resource["organ"], DECIDING, CONSENTING)
    return {**TERMS, **resource}


def _laid(
    state: MatterState, role: Role, databases: Databases, matter_of: Resource, part_of: Resource
) -> tuple[InternalMatter, MatterHandling]:
    matter, handling = parts(state, role)
    matter.id = f"im-{databases.number()}"
    handling.id, handling.matter = f"{matter.id}.0", matter.id
    for one, resource in ((matter, matter_of), (handling, part_of)):
        one.organ = resource.get("organ", one.organ)
        one.division = resource.get("division", one.division)
    databases.add("party_government", matter, handling)
    return matter, handling


def on_matter(
    state: MatterState, more: Mapping[str, Any], databases: Databases, resource: Resource
) -> Payload:
    """One that such an organ submitted."""
    matter, _ = _laid(state, Role.DECIDE, databases, resource, {})
    return {"matter_id": matter.id, **more}


def on_handling(
    state: MatterState,
    role: Role,
    more: Mapping[str, Any],
    databases: Databases,
    resource: Resource,
) -> Payload:
    """One that such an organ has a part in."""
    _, handling = _laid(state, role, databases, {}, resource)
    return {"handling_id": handling.id, **more}


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "SubmitInternalMatter": submit_internal_matter,
    "SupplementInternalMatter": partial(
        on_matter, MatterState.AWAITING_SUPPLEMENT, {"materials": [GIVEN[1].dump()]}
    ),
    "WithdrawInternalMatter": partial(on_matter, MatterState.SUBMITTED, {"reason": "不再需要"}),
    "AcceptInternalMatter": partial(on_handling, MatterState.SUBMITTED, Role.DECIDE, {}),
    "RequestMatterSupplement": partial(
        on_handling, MatterState.SUBMITTED, Role.DECIDE, {"wanted": [WANTED.dump()]}
    ),
    "AnswerMatterConsent": partial(
        on_handling, MatterState.ACCEPTED, Role.CONSENT, {"agreed": True}
    ),
    "DecideInternalMatter": partial(
        on_handling,
        MatterState.ACCEPTED,
        Role.DECIDE,
        {"outcome": "granted", "reasons": "符合规定"},
    ),
    "MattersInHand": only(organ=DECIDING),
    "MattersSubmitted": only(organ=DECIDING),
    "InternalMatterById": partial(on_matter, MatterState.SUBMITTED, {}),
    "MatterHandlingById": partial(on_handling, MatterState.SUBMITTED, Role.DECIDE, {}),
    "InternalMatterKinds": only(),
}
