"""rule_of_law: the legality review of what organs mean to issue; norms, enforcement, mediation and
reconsideration are to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier

Opinion = Annotated[
    Literal["lawful", "to_be_changed", "unlawful"],
    Label("审核结论", "lawful, to be changed, or unlawful"),
]


class Finding(Contract):
    """Something in the text that is not as the law wants it: where, what, and by which norm."""

    clause: Annotated[str | None, validate.Length(min=1, max=60), Label("条款", "clause")] = None
    problem: Annotated[str, validate.Length(min=2, max=1000), Label("问题", "problem")]
    basis: Annotated[str | None, validate.Length(min=2, max=300), Label("依据", "norm")] = None


class AnswerLegalityReview(
    Transition[Done], on="LegalityReview", key="review_id", zh="出具合法性审核意见"
):
    """Say whether a text is lawful, and if not, what is wrong with it."""

    review_id: Identifier
    opinion: Opinion
    findings: Annotated[tuple[Finding, ...], validate.Length(max=50)] = ()


class LegalityReviewOpened(Event, on="LegalityReview", key="review_id", zh="合法性审核已受理"):
    """A legal department has a text before it."""

    review_id: Identifier
    organ: Identifier
    directive_id: Identifier
    due: datetime


class LegalityReviewed(Event, on="LegalityReview", key="review_id", zh="合法性审核意见已出具"):
    """What a review came to; `round` says which asking it answers."""

    review_id: Identifier
    directive_id: Identifier
    round: int
    opinion: Opinion
    findings: Annotated[tuple[Finding, ...], validate.Length(max=50)] = ()


class LegalityReview(Contract):
    """A review: the text, who asked, until when, and what it came to."""

    review_id: Identifier
    directive_id: Identifier
    round: int
    division: DivisionCode
    organ: Annotated[Identifier, Label("审核机构", "reviewing organ")]
    asked_by: Annotated[Identifier, Label("起草机构", "organ that drafted it")]
    title: str
    text: Annotated[str, validate.Length(min=1, max=20_000)]
    basis: Annotated[str, validate.Length(min=2, max=500)]
    due: datetime
    overdue: Annotated[bool, Label("已超期", "not answered in time")]
    opinion: Opinion | None
    findings: tuple[Finding, ...] = ()
    version: int


class LegalityReviewList(Contract):
    """Reviews, the first due first; the first 200."""

    reviews: tuple[LegalityReview, ...]


class LegalityReviewsOfOrgan(
    Query[LegalityReviewList], on="LegalityReviewList", zh="合法性审核待办"
):
    """What an organ has to review, or with `open_only` false also what it has reviewed."""

    organ: Identifier
    open_only: Annotated[bool, Label("仅待审核", "only what is open")] = True
