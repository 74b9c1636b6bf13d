"""Messages about directives, their legality review and the ladders of duties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.party_government.domain.directives import ReceiptState, State
from services.party_government.models import Dispatch, KnownOrgan, Receipt
from shared.context import Context
from tests.contracts.cases_directives import TERMS, directive, receipt, review
from tests.security.databases import Databases, Payload, Resource, only

WIRE_TERMS = {**TERMS, "audience": TERMS["audience"].dump()}


def _know(databases: Databases, *organs: str) -> None:
    def keep(context: Context) -> None:
        for organ in organs:
            if context.unit.find(KnownOrgan, organ) is None:
                place = organ.partition("-")[0]
                division = place if place.isdigit() else "33"
                context.unit.add(
                    KnownOrgan(id=organ, division=division, name=organ, kind="government")
                )

    databases.act("party_government", keep)


def draft_directive(databases: Databases, resource: Resource) -> Payload:
    """Whose organ is known, and the one that it addresses below it."""
    _know(databases, resource["organ"])
    return {**WIRE_TERMS, "audience": {"organs": [resource["organ"]]}, **resource}


def on_directive(
    state: State, more: Mapping[str, Any], databases: Databases, resource: Resource
) -> Payload:
    """One in that state, of the resource's organ or division."""
    one = directive(state)
    one.id = f"directive-{databases.number()}"
    one.organ = resource.get("organ", one.organ)
    one.division = resource.get("division", one.division)
    _know(databases, one.organ, "3301-government")
    databases.add("party_government", one)
    return {"directive_id": one.id, **more}


def _received(
    state: ReceiptState, databases: Databases, resource: Resource, sender: str = "33-government"
) -> tuple[Dispatch, Receipt]:
    issued = directive(State.ISSUED)
    issued.id = f"directive-{databases.number()}"
    dispatch, received = receipt(state)
    dispatch.id = f"{issued.id}.33-government"
    received.id = f"{issued.id}.received"
    received.directive = dispatch.directive = issued.id
    received.dispatch = dispatch.id
    received.sender = sender
    received.organ = resource.get("organ", received.organ)
    received.division = resource.get("division", received.division)
    _know(databases, "33-government", f"{received.division}-government")
    databases.add("party_government", issued, dispatch, received)
    return dispatch, received


def on_receipt(
    state: ReceiptState, more: Mapping[str, Any], databases: Databases, resource: Resource
) -> Payload:
    """What such an organ received."""
    _, received = _received(state, databases, resource)
    return {"receipt_id": received.id, **more}


def pass_directive_on(databases: Databases, resource: Resource) -> Payload:
    """To an organ of its own division."""
    _, received = _received(ReceiptState.SIGNED, databases, resource)
    organ = f"{received.division}-government"
    return {"receipt_id": received.id, "audience": {"organs": [organ]}}


def check_feedback(databases: Databases, resource: Resource) -> Payload:
    """Which the caller's own organ sent; what another sent is refused by the rule."""
    _, received = _received(ReceiptState.REPORTED, databases, resource, sender="organ-of-caller")
    return {"receipt_id": received.id, "accepted": True}


def about_directive(databases: Databases, resource: Resource) -> Payload:
    """One in force, asked about in a division."""
    return {**on_directive(State.ISSUED, {}, databases, {}), "division": "330106", **resource}


def answer_legality_review(databases: Databases, resource: Resource) -> Payload:
    """One before that organ."""
    one = review()
    one.id = f"review-{databases.number()}"
    one.organ = resource.get("organ", one.organ)
    databases.add("rule_of_law", one)
    return {"review_id": one.id, "opinion": "lawful"}


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "AdoptLadder": only(urgency="routine", steps=[{"rung": "urged"}], basis="督查工作办法"),
    "LaddersInForce": only(division="330106"),
    "DraftDirective": draft_directive,
    "ReviseDraft": partial(on_directive, State.DRAFT, WIRE_TERMS),
    "RequestLegalityReview": partial(on_directive, State.DRAFT, {}),
    "IssueDirective": partial(on_directive, State.REVIEWED, {"number": "浙政发〔2026〕1号"}),
    "RecallDirective": partial(on_directive, State.ISSUED, {"reason": "文件有误"}),
    "CloseDirective": partial(on_directive, State.ISSUED, {}),
    "SignReceipt": partial(on_receipt, ReceiptState.DELIVERED, {}),
    "PassDirectiveOn": pass_directive_on,
    "ReportHandling": partial(
        on_receipt, ReceiptState.SIGNED, {"text": "已完成", "evidence": ["台账"]}
    ),
    "CheckFeedback": check_feedback,
    "DirectiveById": partial(on_directive, State.DRAFT, {}),
    "ReceivedDirectiveById": partial(on_receipt, ReceiptState.DELIVERED, {}),
    "DirectivesReceived": only(organ="3301-government"),
    "ReceiptsOfDirective": about_directive,
    "DirectiveProgress": about_directive,
    "CriticisedOrgans": only(division="330106"),
    "AnswerLegalityReview": answer_legality_review,
    "LegalityReviewsOfOrgan": only(organ="33-justice"),
}
