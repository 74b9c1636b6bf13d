"""Policy documents (政策文件): what organs issue, what it rests on, and what is done by it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText

DocumentNumber = Annotated[
    str, validate.Length(min=4, max=60), Label("发文字号", "number of the document")
]
DocumentTitle = Annotated[str, validate.Length(min=2, max=200), Label("标题", "title")]
ClauseNumber = Annotated[
    str, validate.Length(min=1, max=40), Label("条款", "number of the clause, as it stands there")
]
Reason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
TargetKind = Annotated[
    Literal["indicator", "item", "rule", "task"],
    Label("关联对象", "indicator, service item, rule or central task"),
]
DocumentStateName = Annotated[
    Literal["issued", "repealed", "expired"], Label("状态", "issued, repealed or expired")
]
MOST_TOUCHED = 1000


class Clause(Contract):
    """One clause with its text."""

    number: ClauseNumber
    text: LongText


class Basis(Contract):
    """What a document rests on.

    A document of the register by its `number`; a law or any other text outside by its `title`,
    with its number where it has one. `clause` is the one meant, None for the whole.
    """

    number: DocumentNumber | None = None
    title: DocumentTitle | None = None
    clause: ClauseNumber | None = None


Clauses = Annotated[tuple[Clause, ...], validate.Length(max=300), Label("条款", "clauses")]
Bases = Annotated[tuple[Basis, ...], validate.Length(max=50), Label("依据", "what it rests on")]


class IssuePolicyDocument(Command[Done], on="PolicyDocument", zh="发布政策文件"):
    """Enter a document that an organ issued. Without clauses its text is not in the register, and
    it can be linked as a whole only. `valid_to` is its last day, None for one without end."""

    organ: Annotated[Identifier, Label("发文机关", "issuing organ")]
    number: DocumentNumber
    title: DocumentTitle
    issued_on: Annotated[date, Label("成文日期", "day of issue")]
    valid_from: Annotated[date, Label("施行日期", "first day")]
    valid_to: Annotated[date | None, Label("有效期至", "last day")] = None
    clauses: Clauses = ()
    basis: Bases = ()


class AmendPolicyDocument(
    Transition[Done], on="PolicyDocument", key="document_id", zh="修订政策文件"
):
    """Give a document its next edition, whole: title, last day, clauses and basis as they are from
    today on. The earlier editions are kept. A clause that something is linked to stays."""

    document_id: Identifier
    reason: Reason
    title: DocumentTitle
    valid_to: Annotated[date | None, Label("有效期至", "last day")] = None
    clauses: Clauses = ()
    basis: Bases = ()


class RepealPolicyDocument(
    Transition[Done], on="PolicyDocument", key="document_id", zh="废止政策文件"
):
    """End a document today. Where documents rest on it, or something is linked to it,
    `confirmation` repeats the one that `WhatRepealTouches` answered: so nobody repeals without
    having seen what is touched, and what came to it since is seen too."""

    document_id: Identifier
    reason: Reason
    replaced_by: Annotated[
        str | None, validate.Length(min=4, max=60), Label("替代文件", "number of what replaces it")
    ] = None
    confirmation: Annotated[
        str | None, validate.Length(equal=16), Label("确认码", "of what the repeal touches")
    ] = None


class RestorePolicyDocument(
    Transition[Done], on="PolicyDocument", key="document_id", zh="撤销政策文件废止"
):
    """Take back a repeal that was entered in error: the document is as it was before."""

    document_id: Identifier
    reason: Reason


class CorrectPolicyDocument(
    Transition[Done], on="PolicyDocument", key="document_id", zh="更正政策文件登记"
):
    """Put right what was entered wrongly: number and days as they stand on the document. The number
    stays while other documents rest on it."""

    document_id: Identifier
    reason: Reason
    number: DocumentNumber
    issued_on: Annotated[date, Label("成文日期", "day of issue")]
    valid_from: Annotated[date, Label("施行日期", "first day")]


class LinkClause(Transition[Done], on="PolicyDocument", key="document_id", zh="关联政策条款"):
    """Say that an indicator, a service item or a rule stands on a clause, or on the document as a
    whole where `clause` is None. Items and rules are named by the codes of whoever keeps them.
    Linked again it is the same link."""

    document_id: Identifier
    clause: ClauseNumber | None = None
    kind: TargetKind
    target: Annotated[Identifier, Label("对象编码", "code of what is linked")]


class UnlinkClause(Transition[Done], on="ClauseLink", key="link_id", zh="解除政策条款关联"):
    """End a link that does not hold, or no longer."""

    link_id: Identifier
    reason: Reason


class PolicyDocumentIssued(Event, on="PolicyDocument", key="document_id", zh="政策文件已发布"):
    """The document is in the register; `valid_from` says when it begins."""

    document_id: Identifier
    organ: Identifier
    division: DivisionCode
    number: DocumentNumber
    title: DocumentTitle
    valid_from: date
    valid_to: date | None = None


class PolicyDocumentAmended(Event, on="PolicyDocument", key="document_id", zh="政策文件已修订"):
    """The document has a new edition; the first one is 1."""

    document_id: Identifier
    number: DocumentNumber
    edition: int
    reason: Reason
    valid_to: date | None = None


class LinkTarget(Contract):
    """What a clause is linked to."""

    kind: TargetKind
    target: Identifier


class PolicyDocumentRepealed(Event, on="PolicyDocument", key="document_id", zh="政策文件已废止"):
    """The document ended by order. What stays although it rested on it: the `documents`, by number,
    and what was linked to its own clauses; at most a thousand of each."""

    document_id: Identifier
    number: DocumentNumber
    reason: Reason
    replaced_by: str | None = None
    documents: Annotated[tuple[str, ...], validate.Length(max=MOST_TOUCHED)] = ()
    targets: Annotated[tuple[LinkTarget, ...], validate.Length(max=MOST_TOUCHED)] = ()


class PolicyDocumentRestored(
    Event, on="PolicyDocument", key="document_id", zh="政策文件废止已撤销"
):
    """The repeal was entered in error and holds no longer."""

    document_id: Identifier
    number: DocumentNumber
    reason: Reason


class PolicyDocumentCorrected(
    Event, on="PolicyDocument", key="document_id", zh="政策文件登记已更正"
):
    """Number and days as they stand on the document; `number_before` was entered first."""

    document_id: Identifier
    number: DocumentNumber
    number_before: DocumentNumber
    issued_on: date
    valid_from: date
    reason: Reason


class PolicyDocumentExpired(Event, on="PolicyDocument", key="document_id", zh="政策文件已失效"):
    """The last day of the document is over."""

    document_id: Identifier
    number: DocumentNumber
    valid_to: date


class ClauseLinked(Event, on="ClauseLink", key="link_id", zh="政策条款已关联"):
    """Something stands on a clause, or on the document as a whole."""

    link_id: Identifier
    document_id: Identifier
    clause: ClauseNumber | None = None
    kind: TargetKind
    target: Identifier


class ClauseUnlinked(Event, on="ClauseLink", key="link_id", zh="政策条款关联已解除"):
    """The link holds no longer."""

    link_id: Identifier
    document_id: Identifier
    kind: TargetKind
    target: Identifier
    reason: Reason


class PolicyDocument(Contract):
    """A document, its validity and state. `in_force` is said of the day of asking."""

    document_id: Identifier
    division: DivisionCode
    organ: Identifier
    number: DocumentNumber
    title: DocumentTitle
    issued_on: date
    valid_from: date
    valid_to: date | None = None
    state: DocumentStateName
    in_force: bool
    edition: int
    ended_on: date | None = None
    replaced_by: str | None = None


class FoundBasis(Contract):
    """What a document rests on; `in_force` is None for a text outside the register."""

    number: str | None = None
    title: str
    clause: str | None = None
    in_force: bool | None = None


class DocumentText(Contract):
    """A document in one of its editions, with all that this edition said; `reason` is that of the
    amendment."""

    document: PolicyDocument
    edition: int
    title: DocumentTitle
    since: date
    reason: str | None = None
    clauses: Clauses
    basis: tuple[FoundBasis, ...]


class PolicyDocumentById(
    Query[DocumentText], on="PolicyDocument", key="document_id", zh="政策文件"
):
    """A document in its present edition, or in an earlier one."""

    document_id: Identifier
    edition: Annotated[int | None, validate.Range(min=1, max=10_000), Label("版次", "edition")] = (
        None
    )


class DocumentList(Contract):
    """Documents by number; `after` is where the next ones begin, None at the end."""

    documents: Annotated[tuple[PolicyDocument, ...], validate.Length(max=100)]
    after: str | None = None


class PolicyDocuments(Query[DocumentList], on="DocumentList", zh="政策文件库"):
    """The documents of a division and of those below it, a hundred at a time: all, or those in a
    state, or those whose title or number holds a text."""

    division: DivisionCode
    state: DocumentStateName | None = None
    text: Annotated[
        str | None, validate.Length(min=1, max=60), Label("检索词", "text in title or number")
    ] = None
    after: DocumentNumber | None = None


class TouchedDocument(Contract):
    """A document that rests on the one asked about, be it through others: on `number`, there on
    `clause`."""

    document: PolicyDocument
    rests_on: tuple[Basis, ...]


class TouchedLink(Contract):
    """What is linked to the document asked about, or to one that rests on it."""

    link_id: Identifier
    number: DocumentNumber
    clause: ClauseNumber | None = None
    kind: TargetKind
    target: Identifier


class RepealEffect(Contract):
    """What a repeal touches. `confirmation` stands for exactly this; it is None where nothing is
    touched. `complete` is false where there is more than is told."""

    document_id: Identifier
    documents: Annotated[tuple[TouchedDocument, ...], validate.Length(max=MOST_TOUCHED)]
    links: Annotated[tuple[TouchedLink, ...], validate.Length(max=MOST_TOUCHED)]
    confirmation: str | None = None
    complete: bool = True


class WhatRepealTouches(Query[RepealEffect], on="PolicyDocument", key="document_id", zh="废止影响"):
    """Every document still in being that rests on a document, directly or through others, and all
    indicators, items, rules and tasks linked to it or to one of these."""

    document_id: Identifier


class ClauseBehind(Contract):
    """A clause on which something stands, with its present text where the register has it."""

    link_id: Identifier
    document: PolicyDocument
    clause: ClauseNumber | None = None
    text: str | None = None


class ClauseBehindList(Contract):
    """The clauses on which something stands."""

    clauses: Annotated[tuple[ClauseBehind, ...], validate.Length(max=100)]


class ClausesBehind(Query[ClauseBehindList], on="ClauseBehindList", zh="政策依据"):
    """On which clauses an indicator, item, rule or task stands, at most a hundred of them."""

    kind: TargetKind
    target: Identifier
