"""What stands on a policy document: documents that rest on it, and what is linked to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.party_government.domain.policy_documents import DocumentState
from services.party_government.models import ClauseLink, DocumentBasis, PolicyDocument
from shared.context import Context
from shared.contracts.party_government import MOST_TOUCHED, Basis
from shared.unit_of_work import digest_of


@dataclass(frozen=True)
class Touched:
    """What a repeal of a document touches: documents still in being, each with the bases by which
    it rests on it or on another of these, and links in being, each with its document's number."""

    documents: tuple[tuple[PolicyDocument, tuple[Basis, ...]], ...]
    links: Sequence[Any]
    complete: bool

    @property
    def confirmation(self) -> str | None:
        """16 characters that stand for exactly these documents and links, None for nothing."""
        if not self.documents and not self.links:
            return None
        numbers = [document.number for document, _ in self.documents]
        return digest_of(numbers, [link.id for link in self.links])[:16]


def touched_by_repeal(document: PolicyDocument, context: Context) -> Touched:
    """Everything that stands on a document, directly or through others, with three readings."""
    in_being = PolicyDocument.state == DocumentState.ISSUED.value
    resting = _resting_on(document.number, in_being)
    found = context.unit.find_all(
        PolicyDocument,
        PolicyDocument.number.in_(sa.select(resting.c.number)),
        PolicyDocument.id != document.id,
        limit=MOST_TOUCHED + 1,
    )
    kept = sorted(found[:MOST_TOUCHED], key=lambda one: one.number)
    numbers = {one.id: one.number for one in (document, *kept)}
    links = context.unit.rows(
        sa.select(ClauseLink.__table__)
        .where(ClauseLink.document.in_(numbers), ClauseLink.ended_on.is_(None))
        .order_by(ClauseLink.id)
        .limit(MOST_TOUCHED + 1)
    )
    bases = _bases_among(kept, numbers.values(), context)
    return Touched(
        documents=tuple((one, tuple(bases.get(one.id, ()))) for one in kept),
        links=links[:MOST_TOUCHED],
        complete=len(found) <= MOST_TOUCHED and len(links) <= MOST_TOUCHED,
    )


def numbers_resting_on(number: str, context: Context) -> set[str]:
    """The number itself, and those of all documents that rest on it, be it through others and
    whether they ended or not: a repeal can be taken back."""
    return {row.number for row in context.unit.rows(sa.select(_resting_on(number).c.number))}


def _resting_on(number: str, *conditions: sa.ColumnElement[bool]) -> sa.CTE:
    # What was found is not looked at again, so even a circle would come to an end.
    begin = sa.cast(sa.literal(number), sa.String(60)).label("number")
    resting = sa.select(begin).cte("resting", recursive=True)
    return resting.union(
        sa.select(PolicyDocument.number)
        .join(
            DocumentBasis,
            sa.and_(
                DocumentBasis.document == PolicyDocument.id,
                DocumentBasis.edition == PolicyDocument.edition,
            ),
        )
        .join(resting, DocumentBasis.number == resting.c.number)
        .where(*conditions)
    )


def _bases_among(
    documents: Iterable[PolicyDocument], numbers: Iterable[str], context: Context
) -> dict[str, list[Basis]]:
    """By document, those of its present bases that are among these numbers."""
    editions = {one.id: one.edition for one in documents}
    rows = context.unit.rows(
        sa.select(DocumentBasis.__table__)
        .where(DocumentBasis.document.in_(editions), DocumentBasis.number.in_(set(numbers)))
        .order_by(DocumentBasis.document, DocumentBasis.place)
    )
    found: dict[str, list[Basis]] = {}
    for row in rows:
        if row.edition == editions[row.document]:
            basis = Basis(number=row.number, title=row.title, clause=row.clause)
            found.setdefault(row.document, []).append(basis)
    return found
