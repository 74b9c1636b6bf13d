"""Cases of matters between organs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from services.party_government.domain.internal_matters import HandlingState, MatterState, Role
from services.party_government.models import InternalMatter, KnownOrgan, MatterHandling
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AcceptInternalMatter,
    AnswerMatterConsent,
    DecideInternalMatter,
    MatterMaterial,
    RequestMatterSupplement,
    SubmitInternalMatter,
    SupplementInternalMatter,
    WantedMaterial,
    WithdrawInternalMatter,
)
from shared.deadlines import WorkingClock
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import MONDAY, Ready, on_existing

COUNTY = "330106"
APPLICANT, DECIDER = f"{COUNTY}-justice", f"{COUNTY}-human_resources"
CONSENTING = f"{COUNTY}-party_committee"
MATTER = "im-1"
GIVEN = (
    MatterMaterial(material="application", document="申请1号"),
    MatterMaterial(material="post_plan", document="方案1号"),
)
SUBMIT = SubmitInternalMatter(
    organ=APPLICANT, kind="post_change", title="增设岗位", content="增设一个", materials=GIVEN
)
WANTED = WantedMaterial(material="post_plan", problem="未盖章")


def official(organ: str) -> Principal:
    """One of that organ."""
    return Principal(f"official.{organ}", "official", COUNTY, organ, ("general_office",))


def organs(context: Context) -> None:
    """Those whom it concerns."""
    for organ in (APPLICANT, DECIDER, CONSENTING):
        context.unit.add(KnownOrgan(id=organ, division=COUNTY, name=organ))


def submit_internal_matter(harness: ServiceHarness) -> Ready:
    """The organs are known."""
    harness.act(organs)
    return Ready(SUBMIT, official(APPLICANT), replace(SUBMIT, title="增设两个岗位"))


def parts(state: MatterState, role: Role = Role.DECIDE) -> tuple[InternalMatter, MatterHandling]:
    """A matter in that state, and what an organ of that role has to do about it."""
    matter = InternalMatter(
        id=MATTER,
        division=COUNTY,
        organ=APPLICANT,
        kind="post_change",
        title="增设岗位",
        content="增设一个",
        materials=[one.dump() for one in GIVEN],
        submitted_at=MONDAY,
        state=state.value,
        accepted_by="official",
        accepted_at=MONDAY,
        wanted=[WANTED.dump()] if state is MatterState.AWAITING_SUPPLEMENT else [],
    )
    clock = WorkingClock(5, MONDAY)
    if state is MatterState.AWAITING_SUPPLEMENT:
        clock = clock.pause(MONDAY, "补正")
    ends = clock.due()
    handling = MatterHandling(
        id=f"{MATTER}.0",
        division=COUNTY,
        organ=DECIDER if role is Role.DECIDE else CONSENTING,
        matter=MATTER,
        role=role.value,
        days=5,
        steps=[],
        state=HandlingState.OPEN.value,
        clock=clock.to_json(),
        due=None if ends is None else ends.instant,
    )
    return matter, handling


def _on(state: MatterState, role: Role, order: Any, by: str, harness: ServiceHarness) -> Ready:
    def keep(context: Context) -> None:
        organs(context)
        for one in parts(state, role):
            context.unit.add(one)

    harness.at(MONDAY)
    harness.act(keep)
    return on_existing(order, official(by))


ID: dict[str, Any] = {"matter_id": MATTER}
HANDLING: dict[str, Any] = {"handling_id": f"{MATTER}.0"}

CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "SubmitInternalMatter": submit_internal_matter,
    "SupplementInternalMatter": partial(
        _on,
        MatterState.AWAITING_SUPPLEMENT,
        Role.DECIDE,
        SupplementInternalMatter(**ID, materials=GIVEN[1:]),
        APPLICANT,
    ),
    "WithdrawInternalMatter": partial(
        _on,
        MatterState.SUBMITTED,
        Role.DECIDE,
        WithdrawInternalMatter(**ID, reason="不再需要"),
        APPLICANT,
    ),
    "AcceptInternalMatter": partial(
        _on, MatterState.SUBMITTED, Role.DECIDE, AcceptInternalMatter(**HANDLING), DECIDER
    ),
    "RequestMatterSupplement": partial(
        _on,
        MatterState.SUBMITTED,
        Role.DECIDE,
        RequestMatterSupplement(**HANDLING, wanted=(WANTED,)),
        DECIDER,
    ),
    "AnswerMatterConsent": partial(
        _on,
        MatterState.ACCEPTED,
        Role.CONSENT,
        AnswerMatterConsent(**HANDLING, agreed=True),
        CONSENTING,
    ),
    "DecideInternalMatter": partial(
        _on,
        MatterState.ACCEPTED,
        Role.DECIDE,
        DecideInternalMatter(**HANDLING, outcome="granted", reasons="符合规定"),
        DECIDER,
    ),
}
