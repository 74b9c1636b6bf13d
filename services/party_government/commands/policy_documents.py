"""Issuing, amending and repealing policy documents, and linking what stands on their clauses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from services.party_government.domain.policy_documents import (
    BasisGoesInCircle,
    DocumentNumberTaken,
    IssuerNotKnown,
    LinkedClauseDropped,
    NumberReliedOn,
    RepealTouches,
    UnfitDocument,
    document_number,
    require_fit,
)
from services.party_government.models import (
    CentralTask,
    ClauseLink,
    DefinedIndicator,
    DocumentBasis,
    DocumentEdition,
    KnownOrgan,
    PolicyDocument,
)
from services.party_government.policy_register import numbers_resting_on, touched_by_repeal
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.party_government import (
    AmendPolicyDocument,
    Basis,
    Clause,
    CorrectPolicyDocument,
    IssuePolicyDocument,
    LinkClause,
    LinkTarget,
    RepealPolicyDocument,
    RestorePolicyDocument,
    UnlinkClause,
)
from shared.errors import InvalidInput, NotFound, QiantangError
from shared.handling import handles, on_timer
from shared.unit_of_work import digest_of

EXPIRING = "expire_policy_document"


def refuse_taken_number(
    order: IssuePolicyDocument | CorrectPolicyDocument, context: Context
) -> QiantangError | None:
    """That a document of this number is in the register, where that is so."""
    number = document_number(order.number)
    for one in context.unit.find_all(PolicyDocument, PolicyDocument.number == number):
        return DocumentNumberTaken(number=number, document=one.id)
    return None


@handles(IssuePolicyDocument, taken=refuse_taken_number)
def issue_policy_document(order: IssuePolicyDocument, context: Context) -> PolicyDocument:
    """Enter a document; raises `IssuerNotKnown`, `NotADocumentNumber`, `DocumentNumberTaken`,
    `UnfitDocument`, `DocumentIsOver` for a basis, `BasisGoesInCircle`."""
    organ = context.unit.find(KnownOrgan, order.organ)
    if organ is None or not organ.is_in_being(context.today):
        raise IssuerNotKnown(organ=order.organ)
    return enter_document(f"pd-{context.new_id()[:16]}", organ.division, order, context)


def enter_document(
    key: str, division: str, order: IssuePolicyDocument, context: Context
) -> PolicyDocument:
    """A document of an organ of that division, with its first edition; raises as the command."""
    number = document_number(order.number)
    days = (order.issued_on, order.valid_from, order.valid_to)
    require_fit(days, context.today, [clause.number for clause in order.clauses])
    document = PolicyDocument(
        id=key,
        division=division,
        organ=order.organ,
        number=number,
        title=order.title,
        issued_on=order.issued_on,
        valid_from=order.valid_from,
        valid_to=order.valid_to,
    )
    _keep_edition(document, order.clauses, order.basis, context)
    document.issue()
    return context.unit.add(document)


@handles(AmendPolicyDocument)
def amend_policy_document(
    document: PolicyDocument, order: AmendPolicyDocument, context: Context
) -> None:
    """Give a document its next edition; raises `DocumentIsOver`, `UnfitDocument`,
    `LinkedClauseDropped`, `BasisGoesInCircle`."""
    numbers = [clause.number for clause in order.clauses]
    days = (document.issued_on, document.valid_from, order.valid_to)
    require_fit(days, context.today, numbers)
    _require_linked_clauses(document, numbers, context)
    document.amend(order.title, order.valid_to, order.reason)
    _keep_edition(document, order.clauses, order.basis, context, order.reason)


@handles(RepealPolicyDocument)
def repeal_policy_document(
    document: PolicyDocument, order: RepealPolicyDocument, context: Context
) -> None:
    """End a document today; raises `DocumentIsOver`, and `RepealTouches` unless the order confirms
    what is touched now. All that stood on it stays as it is, and the event names it."""
    document.require_in_being()
    successor = _successor(document, order, context)
    touched = touched_by_repeal(document, context)
    if order.confirmation != touched.confirmation and touched.confirmation is not None:
        raise RepealTouches(documents=len(touched.documents), links=len(touched.links))
    document.repeal(
        context.today,
        order.reason,
        successor,
        [one.number for one, _ in touched.documents],
        [
            LinkTarget(kind=link.kind, target=link.target)
            for link in touched.links
            if link.document == document.id
        ],
    )
    context.unit.cancel(EXPIRING, document.id, context)


@handles(RestorePolicyDocument)
def restore_policy_document(
    document: PolicyDocument, order: RestorePolicyDocument, context: Context
) -> None:
    """Take a repeal back; raises `DocumentNotRepealed`. Where its last day is over meanwhile, the
    document expires at once."""
    document.restore(order.reason)
    _await_last_day(document, context)


@handles(CorrectPolicyDocument, taken=refuse_taken_number)
def correct_policy_document(
    document: PolicyDocument, order: CorrectPolicyDocument, context: Context
) -> None:
    """Put number and days right; raises `DocumentIsOver`, `UnfitDocument`, `NotADocumentNumber`,
    `DocumentNumberTaken`, `NumberReliedOn`, `BasisGoesInCircle`."""
    require_fit((order.issued_on, order.valid_from, document.valid_to), context.today, ())
    number = document_number(order.number)
    if number != document.number:
        _require_renumbering(document, number, context)
    document.correct(number, order.issued_on, order.valid_from, order.reason)


@on_timer(EXPIRING)
def expire_policy_document(document: PolicyDocument, context: Context) -> None:
    """The last day of a document is over."""
    document.expire(context.today)


@handles(LinkClause)
def link_clause(document: PolicyDocument, order: LinkClause, context: Context) -> ClauseLink:
    """Link a target to a clause; raises `DocumentIsOver`, and `NotFound` for a clause, indicator or
    task that is not there."""
    document.be_relied_on()
    edition = context.unit.get(DocumentEdition, f"{document.id}.{document.edition}")
    if order.clause is not None and edition.text_of(order.clause) is None:
        raise NotFound(what="clause", id=f"{document.number} {order.clause}")
    if order.kind == "indicator":
        _require_indicator(order.target, context)
    elif order.kind == "task":
        context.unit.get(CentralTask, order.target)
    key = f"cl-{digest_of(document.id, order.clause, order.kind, order.target)[:32]}"
    link = context.unit.find(ClauseLink, key)
    if link is not None and link.ended_on is None:
        return link
    if link is None:
        link = ClauseLink(
            id=key,
            organ=context.actor.organ,
            division=context.actor.division,
            document=document.id,
            clause=order.clause,
            kind=order.kind,
            target=order.target,
        )
    link.organ, link.division = context.actor.organ, context.actor.division
    link.link()
    return link


@handles(UnlinkClause)
def unlink_clause(link: ClauseLink, order: UnlinkClause, context: Context) -> None:
    """End a link; raises `LinkHasEnded`."""
    link.unlink(context.today, order.reason)


def _keep_edition(
    document: PolicyDocument,
    clauses: Sequence[Clause],
    bases: Iterable[Basis],
    context: Context,
    reason: str = "",
) -> None:
    """Keep what the document says now, and end it after its last day; raises as `_found_bases`."""
    for basis in DocumentBasis.of(document, _found_bases(document, bases, context)):
        context.unit.add(basis)
    context.unit.add(DocumentEdition.of(document, clauses, context.today, reason))
    _await_last_day(document, context)


def _await_last_day(document: PolicyDocument, context: Context) -> None:
    if document.valid_to is None:
        context.unit.cancel(EXPIRING, document.id, context)
        return
    day_after = document.valid_to + timedelta(days=1)
    context.unit.arm(EXPIRING, document.id, datetime.combine(day_after, time(), CHINA), context)


def _found_bases(document: PolicyDocument, bases: Iterable[Basis], context: Context) -> list[Basis]:
    """The bases with their numbers as the norm writes them; those in the register are relied on.
    Raises `UnfitDocument`, `DocumentIsOver`, `BasisGoesInCircle`."""
    written = [
        basis if basis.number is None else replace(basis, number=document_number(basis.number))
        for basis in bases
    ]
    named = {basis.number for basis in written} - {None}
    if not named:
        known: dict[str, PolicyDocument] = {}
    else:
        circle = named & numbers_resting_on(document.number, context)
        if circle:
            raise BasisGoesInCircle(number=min(map(str, circle)), own=document.number)
        found = context.unit.find_all(PolicyDocument, PolicyDocument.number.in_(named))
        known = {one.number: one for one in found}
    for place, basis in enumerate(written):
        if basis.title is None and basis.number not in known:
            fault = "Not in the register; give the title of a text outside."
            raise UnfitDocument(fields={"basis": {str(place): [fault]}})
    for one in known.values():
        one.be_relied_on()
    return written


def _require_renumbering(document: PolicyDocument, number: str, context: Context) -> None:
    """Raise `NumberReliedOn` where documents name it by its number, and `BasisGoesInCircle` where
    it rests on one that named it by the new one already."""
    if others := numbers_resting_on(document.number, context) - {document.number}:
        raise NumberReliedOn(number=document.number, documents="、".join(sorted(others)[:10]))
    bases = context.unit.find_all(
        DocumentBasis,
        DocumentBasis.document == document.id,
        DocumentBasis.edition == document.edition,
    )
    if circle := {basis.number for basis in bases} & numbers_resting_on(number, context):
        raise BasisGoesInCircle(number=min(map(str, circle)), own=number)


def _require_indicator(code: str, context: Context) -> None:
    defined = context.unit.find(DefinedIndicator, code)
    if defined is None or defined.withdrawn:
        raise NotFound(what="indicator", id=code)


def _require_linked_clauses(
    document: PolicyDocument, numbers: Iterable[str], context: Context
) -> None:
    links = context.unit.find_all(
        ClauseLink, ClauseLink.document == document.id, ClauseLink.ended_on.is_(None)
    )
    dropped = {link.clause for link in links if link.clause is not None} - set(numbers)
    if dropped:
        raise LinkedClauseDropped(clauses="、".join(sorted(dropped)))


def _successor(
    document: PolicyDocument, order: RepealPolicyDocument, context: Context
) -> str | None:
    """The number of what replaces the document; raises `InvalidInput` unless it is another one in
    being."""
    if order.replaced_by is None:
        return None
    number = document_number(order.replaced_by)
    found = context.unit.find_all(PolicyDocument, PolicyDocument.number == number)
    if not found or found[0] is document or found[0].ended_on is not None:
        fault = "Another document of the register that has not ended."
        raise InvalidInput(fields={"replaced_by": [fault]})
    return number
