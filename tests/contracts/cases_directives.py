"""Cases of directives, of their legality review and of the ladders of duties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from services.party_government.domain.directives import ReceiptState, State
from services.party_government.models import Directive, Dispatch, KnownOrgan, Receipt
from services.rule_of_law.models import LegalityReview
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AdoptLadder,
    Audience,
    CheckFeedback,
    CloseDirective,
    DirectiveTerms,
    DraftDirective,
    IssueDirective,
    LadderStep,
    PassDirectiveOn,
    RecallDirective,
    ReportHandling,
    RequestLegalityReview,
    ReviseDraft,
    SignReceipt,
)
from shared.contracts.rule_of_law import AnswerLegalityReview, Finding
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import MONDAY, Ready, on_existing

INSPECTOR = Principal("account.inspector", "official", "33", "33-government", ("inspector",))
OFFICE = Principal("account.office", "official", "33", "33-government", ("general_office",))
LEADER = Principal("account.leader", "official", "33", "33-government", ("leader",))
CITY = Principal("account.city", "official", "3301", "3301-government", ("general_office",))
REVIEWER = Principal("account.reviewer", "official", "33", "33-justice", ("legal_reviewer",))
DOWN = Audience(organs=("330106-government",))
TERMS: dict[str, Any] = {
    "title": "关于做好防汛工作的通知",
    "text": "各市、县（市、区）人民政府：……",
    "basis": "浙江省防汛防台抗旱条例",
    "audience": Audience(organs=("3301-government",)),
}
DRAFT = DraftDirective(organ="33-government", **TERMS)


def adopt_ladder(harness: ServiceHarness) -> Ready:
    """Nothing is needed."""
    order = AdoptLadder(
        division="33", urgency="routine", steps=(LadderStep(rung="urged"),), basis="督查工作办法"
    )
    return Ready(order, INSPECTOR, replace(order, urgency="urgent"))


def _organs(context: Context) -> None:
    for division in ("33", "3301", "330106"):
        organ = f"{division}-government"
        context.unit.add(KnownOrgan(id=organ, division=division, name=organ, kind="government"))


def draft_directive(harness: ServiceHarness) -> Ready:
    """The organs are known."""
    harness.act(_organs)
    return Ready(DRAFT, OFFICE, replace(DRAFT, title="关于做好防台工作的通知"))


def directive(state: State) -> Directive:
    """One in that state, which its organ issued on that Monday if at all."""
    return Directive(
        id="directive-1",
        organ="33-government",
        state=state.value,
        terms=DirectiveTerms(**TERMS).dump(),
        number=None if state in (State.DRAFT, State.REVIEWED) else "浙政发〔2026〕1号",
        issued_at=MONDAY,
        handle_by=MONDAY,
    )


def receipt(state: ReceiptState, organ: str = "3301-government") -> tuple[Dispatch, Receipt]:
    """What an organ owes about it, and how it was sent."""
    dispatch = Dispatch(
        id="directive-1.33-government",
        directive="directive-1",
        organ="33-government",
        audience=Audience(organs=(organ,)).dump(),
        supersedes=None,
        sign_by=MONDAY,
        handle_by=MONDAY,
        steps=[],
        delivered_up_to=None,
    )
    received = Receipt(
        id=f"directive-1.{organ}",
        division=organ.partition("-")[0],
        organ=organ,
        directive="directive-1",
        dispatch=dispatch.id,
        sender="33-government",
        delivered_at=MONDAY,
        due=MONDAY,
        state=state.value,
        reported_at=MONDAY if state is ReceiptState.REPORTED else None,
    )
    return dispatch, received


def _on_directive(state: State, order: Any, by: Principal, harness: ServiceHarness) -> Ready:
    def keep(context: Context) -> None:
        _organs(context)
        context.unit.add(directive(state))

    harness.act(keep)
    return on_existing(order, by)


def _on_receipt(state: ReceiptState, order: Any, by: Principal, harness: ServiceHarness) -> Ready:
    def keep(context: Context) -> None:
        _organs(context)
        for one in (directive(State.ISSUED), *receipt(state)):
            context.unit.add(one)

    harness.act(keep)
    return on_existing(order, by)


def answer_legality_review(harness: ServiceHarness) -> Ready:
    """It was asked for."""
    harness.act(lambda context: context.unit.add(review()) and None)
    order = AnswerLegalityReview(
        review_id="directive-1.1", opinion="unlawful", findings=(Finding(problem="越权"),)
    )
    return on_existing(order, REVIEWER)


def review() -> LegalityReview:
    """One that is to be answered."""
    return LegalityReview(
        id="directive-1.1",
        organ="33-justice",
        directive="directive-1",
        round=1,
        asked_by="33-government",
        title=TERMS["title"],
        text=TERMS["text"],
        basis=TERMS["basis"],
        due=MONDAY,
    )


ID = {"directive_id": "directive-1"}
RECEIPT = {"receipt_id": "directive-1.3301-government"}

CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "AdoptLadder": adopt_ladder,
    "DraftDirective": draft_directive,
    "ReviseDraft": partial(_on_directive, State.DRAFT, ReviseDraft(**ID, **TERMS), OFFICE),
    "RequestLegalityReview": partial(
        _on_directive, State.DRAFT, RequestLegalityReview(**ID), OFFICE
    ),
    "IssueDirective": partial(
        _on_directive, State.REVIEWED, IssueDirective(**ID, number="浙政发〔2026〕1号"), LEADER
    ),
    "RecallDirective": partial(
        _on_directive, State.ISSUED, RecallDirective(**ID, reason="文件有误"), LEADER
    ),
    "CloseDirective": partial(_on_directive, State.ISSUED, CloseDirective(**ID), OFFICE),
    "SignReceipt": partial(_on_receipt, ReceiptState.DELIVERED, SignReceipt(**RECEIPT), CITY),
    "PassDirectiveOn": partial(
        _on_receipt, ReceiptState.SIGNED, PassDirectiveOn(**RECEIPT, audience=DOWN), CITY
    ),
    "ReportHandling": partial(
        _on_receipt,
        ReceiptState.SIGNED,
        ReportHandling(**RECEIPT, text="已完成", evidence=("台账",)),
        CITY,
    ),
    "CheckFeedback": partial(
        _on_receipt, ReceiptState.REPORTED, CheckFeedback(**RECEIPT, accepted=True), OFFICE
    ),
    "AnswerLegalityReview": answer_legality_review,
}
