"""What officials ask of policy documents: their text, what rests on them, what they are behind."""

from __future__ import annotations

import sqlalchemy as sa

from services.party_government.models import (
    ClauseLink,
    DocumentBasis,
    DocumentEdition,
    PolicyDocument,
)
from services.party_government.policy_register import touched_by_repeal
from shared.context import Context
from shared.contracts.party_government import (
    Clause,
    ClauseBehind,
    ClauseBehindList,
    ClausesBehind,
    DocumentList,
    DocumentText,
    FoundBasis,
    PolicyDocumentById,
    PolicyDocuments,
    RepealEffect,
    TouchedDocument,
    TouchedLink,
    WhatRepealTouches,
)
from shared.errors import NotFound
from shared.handling import answers
from shared.succession import within

PAGE = 100


@answers(PolicyDocumentById)
def policy_document_by_id(
    document: PolicyDocument, query: PolicyDocumentById, context: Context
) -> DocumentText:
    """A document in an edition; raises `NotFound` for one that it does not have."""
    number = query.edition or document.edition
    edition = context.unit.find(DocumentEdition, f"{document.id}.{number}")
    if edition is None:
        raise NotFound(what="edition", id=f"{document.number} {number}")
    return DocumentText(
        document=document.to_contract(context.today),
        edition=edition.edition,
        title=edition.title,
        since=edition.since,
        reason=edition.reason or None,
        clauses=tuple(Clause.load(one) for one in edition.clauses),
        basis=_bases_of(document, number, context),
    )


def _bases_of(document: PolicyDocument, edition: int, context: Context) -> tuple[FoundBasis, ...]:
    bases = context.unit.find_all(
        DocumentBasis, DocumentBasis.document == document.id, DocumentBasis.edition == edition
    )
    numbers = [one.number for one in bases if one.number is not None]
    found = context.unit.find_all(PolicyDocument, PolicyDocument.number.in_(numbers))
    known = {one.number: one for one in found}
    told = []
    for one in sorted(bases, key=lambda one: one.place):
        registered = known.get(one.number or "")
        told.append(
            FoundBasis(
                number=one.number,
                title=one.title or "" if registered is None else registered.title,
                clause=one.clause,
                in_force=None if registered is None else registered.is_in_force(context.today),
            )
        )
    return tuple(told)


@answers(PolicyDocuments)
def policy_documents(query: PolicyDocuments, context: Context) -> DocumentList:
    """The documents of a subtree, a page of them by number."""
    conditions = [within(PolicyDocument, [query.division])]
    if query.state is not None:
        conditions.append(PolicyDocument.state == query.state)
    if query.text is not None:
        conditions.append(
            sa.or_(
                PolicyDocument.title.contains(query.text, autoescape=True),
                PolicyDocument.number.contains(query.text, autoescape=True),
            )
        )
    if query.after is not None:
        conditions.append(PolicyDocument.number > query.after)
    keys = context.unit.rows(
        sa.select(PolicyDocument.id)
        .where(*conditions)
        .order_by(PolicyDocument.number)
        .limit(PAGE + 1)
    )
    found = context.unit.find_all(PolicyDocument, PolicyDocument.id.in_([key.id for key in keys]))
    by_id = {one.id: one for one in found}
    page = [by_id[key.id] for key in keys[:PAGE]]
    return DocumentList(
        documents=tuple(one.to_contract(context.today) for one in page),
        after=page[-1].number if len(keys) > PAGE else None,
    )


@answers(WhatRepealTouches)
def what_repeal_touches(
    document: PolicyDocument, query: WhatRepealTouches, context: Context
) -> RepealEffect:
    """What stands on a document, and the confirmation that stands for it."""
    touched = touched_by_repeal(document, context)
    numbers = {one.id: one.number for one, _ in touched.documents} | {document.id: document.number}
    return RepealEffect(
        document_id=document.id,
        documents=tuple(
            TouchedDocument(document=one.to_contract(context.today), rests_on=bases)
            for one, bases in touched.documents
        ),
        links=tuple(
            TouchedLink(
                link_id=link.id,
                number=numbers[link.document],
                clause=link.clause,
                kind=link.kind,
                target=link.target,
            )
            for link in touched.links
        ),
        confirmation=touched.confirmation,
        complete=touched.complete,
    )


@answers(ClausesBehind)
def clauses_behind(query: ClausesBehind, context: Context) -> ClauseBehindList:
    """The clauses that a target is linked to, with their present texts."""
    links = context.unit.find_all(
        ClauseLink,
        ClauseLink.kind == query.kind,
        ClauseLink.target == query.target,
        ClauseLink.ended_on.is_(None),
        limit=PAGE,
    )
    ids = {link.document for link in links}
    found = context.unit.find_all(PolicyDocument, PolicyDocument.id.in_(ids))
    documents = {one.id: one for one in found}
    present = [f"{one.id}.{one.edition}" for one in found]
    editions = {
        one.document: one
        for one in context.unit.find_all(DocumentEdition, DocumentEdition.id.in_(present))
    }
    return ClauseBehindList(
        clauses=tuple(
            ClauseBehind(
                link_id=link.id,
                document=documents[link.document].to_contract(context.today),
                clause=link.clause,
                text=editions[link.document].text_of(link.clause),
            )
            for link in links
        )
    )
