"""Directives, how they are sent on, and what each organ owes about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.directives import (
    NO_EVIDENCE,
    OPEN,
    AlreadyPassedOn,
    DirectiveNotInForce,
    NotInThatState,
    ReceiptState,
    RemarkMissing,
    State,
    receipt_id_of,
)
from services.party_government.domain.ladder import Ladder, Urgency
from services.party_government.models.base import Model
from services.party_government.models.duties import Duty
from services.party_government.models.organs import successor_of
from shared import storage
from shared.classification import L1, L2, PERMANENT
from shared.contracts.party_government import (
    Audience,
    DirectiveClosed,
    DirectiveDelivered,
    DirectiveDrafted,
    DirectiveIssued,
    DirectivePassedOn,
    DirectivePassedToSuccessor,
    DirectiveRecalled,
    DirectiveReviewed,
    DirectiveSent,
    DirectiveSuperseded,
    DirectiveTerms,
    DirectiveWithdrawn,
    HandlingAccepted,
    HandlingReported,
    HandlingReturned,
    LegalityReviewRequested,
    ReceiptEscalated,
    ReceiptPassedOn,
    ReceiptSigned,
)
from shared.storage import Json

ZH_STATES = {
    State.CLOSED: "办结",
    State.RECALLED: "撤回",
    State.SUPERSEDED: "被替代",
}


class Directive(storage.Aggregate, Model, kw_only=True, eq=False):
    """A directive of an organ. What it says is fixed from its review on; `round` counts how often a
    review was asked, `withdrawn_up_to` is the last receipt that was ended after a recall."""

    __tablename__ = "directive"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=State.DRAFT.value, info=L1)
    terms: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict, info=L2)
    round: Mapped[int] = mapped_column(default=0, info=L1)
    findings: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L2)
    number: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)
    issued_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    handle_by: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    superseded_by: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    reason: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L1)
    withdrawn_up_to: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)

    @property
    def says(self) -> DirectiveTerms:
        """Its terms."""
        return DirectiveTerms.load(self.terms)

    @property
    def urgency(self) -> Urgency:
        """How much time there is."""
        return Urgency(self.terms["urgency"])

    @property
    def is_in_force(self) -> bool:
        """Whether there is something to do about it."""
        return self.state == State.ISSUED

    def draft(self, terms: DirectiveTerms) -> None:
        """Say this from now on; a review is to be asked anew. Raises `NotInThatState`."""
        self._require("修改 revise", State.DRAFT, State.REVIEWED)
        self.terms = {name: terms.dump()[name] for name in DirectiveTerms.SCHEMA.fields}
        self.state = State.DRAFT.value
        self.findings = []
        self.tell(DirectiveDrafted(directive_id=self.id, organ=self.organ, title=terms.title))

    def ask_for_review(self, due: datetime) -> None:
        """Be reviewed by then; raises `NotInThatState`."""
        self._require("送审 ask for its review", State.DRAFT)
        self.state = State.IN_REVIEW.value
        self.round += 1
        self.tell(
            LegalityReviewRequested(
                directive_id=self.id,
                round=self.round,
                organ=self.organ,
                title=self.terms["title"],
                text=self.terms["text"],
                basis=self.terms["basis"],
                due=due,
            )
        )

    def awaits(self, round: int) -> bool:
        """Whether that round of its review is still to be answered."""
        return self.state == State.IN_REVIEW and self.round == round

    def take_review(self, lawful: bool, findings: Sequence[str]) -> None:
        """Be free to be issued, or a draft again."""
        self.state = (State.REVIEWED if lawful else State.DRAFT).value
        self.findings = list(findings)
        self.tell(DirectiveReviewed(directive_id=self.id, lawful=lawful))

    def issue(self, number: str, now: datetime, handle_by: datetime) -> None:
        """Be in force; raises `NotInThatState` where it was not reviewed as it stands."""
        self._require("签发 issue", State.REVIEWED)
        self.state = State.ISSUED.value
        self.number = number
        self.issued_at = now
        self.handle_by = handle_by
        self.tell(
            DirectiveIssued(
                directive_id=self.id,
                organ=self.organ,
                number=number,
                title=self.terms["title"],
                urgency=self.urgency.value,
                handled_by=handle_by,
                indicators=tuple(self.terms["indicators"]),
                tasks=self.says.tasks,
            )
        )

    def recall(self, reason: str) -> None:
        """Be in force no more; raises `NotInThatState`."""
        self._require("撤回 recall", State.ISSUED)
        self.state = State.RECALLED.value
        self.reason = reason
        self.tell(DirectiveRecalled(directive_id=self.id, reason=reason))

    def give_way_to(self, other: Directive) -> None:
        """Be superseded by another; raises `NotInThatState`."""
        self._require("替代 supersede", State.ISSUED)
        self.state = State.SUPERSEDED.value
        self.superseded_by = other.id
        self.tell(DirectiveSuperseded(directive_id=self.id, superseded_by=other.id))

    def close(self) -> None:
        """Be done with; raises `NotInThatState`."""
        self._require("办结 close", State.ISSUED)
        self.state = State.CLOSED.value
        self.tell(DirectiveClosed(directive_id=self.id))

    def withdraw_from(self, receipts: Sequence[Receipt]) -> None:
        """Leave these organs nothing to do."""
        is_recalled = self.state == State.RECALLED
        for receipt in receipts:
            receipt.withdraw(ReceiptState.RECALLED if is_recalled else ReceiptState.SUPERSEDED)
        self.withdrawn_up_to = receipts[-1].id
        self.tell(
            DirectiveWithdrawn(
                directive_id=self.id,
                organs=tuple(receipt.organ for receipt in receipts),
                state="recalled" if is_recalled else "superseded",
            )
        )

    def require_in_force(self) -> None:
        """Raise `DirectiveNotInForce` where nothing is to be done about it."""
        if not self.is_in_force:
            state = State(self.state)
            raise DirectiveNotInForce(state=state.value, zh_state=ZH_STATES[state])

    def pass_to(self, division: str) -> None:
        """Be a directive of the same organ of the successor."""
        moved = DirectivePassedToSuccessor(
            id=self.id, from_division=self.division, division=division
        )
        self.organ = successor_of(self.organ, self.division, division)
        self.division = division
        self.tell(moved)

    def _require(self, act: str, *states: State) -> None:
        if self.state not in states:
            raise NotInThatState(state=self.state, act=act)


class Dispatch(storage.Aggregate, Model, kw_only=True, eq=False):
    """That one organ sends a directive down: whoever issues it, and whoever passes it on.

    All whom it is sent to have the same deadlines and climb the same ladder, so one timer serves
    them all. `delivered_up_to` is the last organ that has it, None once all have.
    """

    __tablename__ = "dispatch"
    retention = PERMANENT

    directive: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    audience: Mapped[dict[str, Any]] = mapped_column(Json, info=L1)
    supersedes: Mapped[str | None] = mapped_column(sa.String(64), info=L1)
    sign_by: Mapped[datetime] = mapped_column(info=L1)
    handle_by: Mapped[datetime] = mapped_column(info=L1)
    steps: Mapped[list[Any]] = mapped_column(Json, info=L1)
    delivered_up_to: Mapped[str | None] = mapped_column(sa.String(64), default="", info=L1)

    @property
    def to(self) -> Audience:
        """To whom."""
        return Audience.load(self.audience)

    @property
    def ladder(self) -> Ladder:
        """By which steps whoever is late climbs."""
        return Ladder.of(self.steps)

    @property
    def deadlines(self) -> tuple[datetime, datetime]:
        """To sign by, and to handle by."""
        return self.sign_by, self.handle_by

    def send(self) -> None:
        """Say that it goes out."""
        self.tell(
            DirectiveSent(
                dispatch_id=self.id,
                directive_id=self.directive,
                organ=self.organ,
                sign_by=self.sign_by,
                handle_by=self.handle_by,
            )
        )

    def deliver(self, organs: Iterable[tuple[str, str]], now: datetime) -> list[Receipt]:
        """Lay it before these organs, given with their divisions."""
        receipts = [
            Receipt(
                id=receipt_id_of(self.directive, organ),
                division=division,
                organ=organ,
                directive=self.directive,
                dispatch=self.id,
                sender=self.organ,
                delivered_at=now,
                due=self.sign_by,
            )
            for organ, division in organs
        ]
        self.tell(
            DirectiveDelivered(
                dispatch_id=self.id,
                directive_id=self.directive,
                organs=tuple(receipt.organ for receipt in receipts),
                sign_by=self.sign_by,
                handle_by=self.handle_by,
            )
        )
        return receipts


class Receipt(Duty, Model, kw_only=True, eq=False):
    """What one organ owes about one directive: first to sign, then to report how it was handled;
    its id is `<directive>.<organ>`."""

    __tablename__ = "receipt"
    # Each part of a delivery asks of every organ whether it has it already.
    __table_args__ = (sa.Index("receipt_of_directive", "directive", "organ"),)
    retention = PERMANENT
    escalated = ReceiptEscalated

    directive: Mapped[str] = mapped_column(sa.String(64), info=L1)
    dispatch: Mapped[str] = mapped_column(sa.String(100), index=True, info=L1)
    sender: Mapped[str] = mapped_column(sa.String(64), info=L1)
    delivered_at: Mapped[datetime] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=ReceiptState.DELIVERED.value, info=L1)
    signed_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    signed_by: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L2)
    passed_on: Mapped[bool] = mapped_column(default=False, info=L1)
    reported_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    report: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    evidence: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L2)
    remark: Mapped[str | None] = mapped_column(sa.String(500), default=None, info=L2)

    def sign(self, by: str, now: datetime, handle_by: datetime) -> None:
        """Have received and read it, and handle it by then; raises `NotInThatState`."""
        self._require("签收 sign", ReceiptState.DELIVERED)
        self.state = ReceiptState.SIGNED.value
        self.signed_at, self.signed_by = now, by
        self.meet_duty(now, ReceiptSigned)
        self.begin_duty(handle_by)

    def pass_on(self, dispatch: Dispatch) -> None:
        """Be sent on; raises `NotInThatState` before it is signed, `AlreadyPassedOn`."""
        self._require("转发 pass on", ReceiptState.SIGNED, ReceiptState.REPORTED)
        if self.passed_on:
            raise AlreadyPassedOn()
        self.passed_on = True
        self.tell(DirectivePassedOn(id=self.id, organ=self.organ, dispatch_id=dispatch.id))

    def report_handling(self, text: str, evidence: Sequence[str], now: datetime) -> None:
        """Say what was done; without evidence it comes back at once. Raises `NotInThatState`."""
        self._require("反馈 report", ReceiptState.SIGNED)
        self.state = ReceiptState.REPORTED.value
        self.reported_at, self.report, self.evidence = now, text, list(evidence)
        self.tell(HandlingReported(id=self.id, organ=self.organ, evidence=tuple(evidence)))
        if not evidence:
            self._send_back(NO_EVIDENCE)

    def check(self, accepted: bool, remark: str | None) -> None:
        """Find it enough, and in time if it was reported in time, or send it back; raises
        `NotInThatState`, `RemarkMissing`."""
        self._require("核查 check", ReceiptState.REPORTED)
        if not accepted:
            if remark is None:
                raise RemarkMissing()
            self._send_back(remark)
            return
        self.state = ReceiptState.CLOSED.value
        self.remark = remark
        assert self.reported_at is not None
        self.meet_duty(self.reported_at, HandlingAccepted)

    def _send_back(self, remark: str) -> None:
        self.state = ReceiptState.SIGNED.value
        self.remark = remark
        self.tell(HandlingReturned(id=self.id, organ=self.organ, remark=remark))

    def withdraw(self, state: ReceiptState) -> None:
        """Have nothing to do any more; the directive tells it for many at once."""
        self.state = state.value
        self.end_duty()

    def pass_to(self, division: str) -> None:
        """Be what the same organ of the successor owes."""
        moved = ReceiptPassedOn(id=self.id, from_division=self.division, division=division)
        self.organ = successor_of(self.organ, self.division, division)
        self.sender = successor_of(self.sender, self.division, division)
        self.division = division
        self.tell(moved)

    def _require(self, act: str, *states: ReceiptState) -> None:
        if self.state not in states:
            raise NotInThatState(state=self.state, act=act)


def is_open() -> sa.ColumnElement[bool]:
    """Selects the receipts about which something is still to be done."""
    return Receipt.state.in_([state.value for state in OPEN])
