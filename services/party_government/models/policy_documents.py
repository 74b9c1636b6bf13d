"""Policy documents with their editions, what they rest on, and what is linked to their clauses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.policy_documents import (
    STATES_ZH,
    DocumentIsOver,
    DocumentNotRepealed,
    DocumentState,
    LinkHasEnded,
)
from services.party_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    Basis,
    Clause,
    ClauseLinked,
    ClauseUnlinked,
    LinkTarget,
    PolicyDocumentAmended,
    PolicyDocumentCorrected,
    PolicyDocumentExpired,
    PolicyDocumentIssued,
    PolicyDocumentRepealed,
    PolicyDocumentRestored,
)
from shared.storage import Json


class PolicyDocument(storage.Aggregate, Model, kw_only=True, eq=False):
    """A document that `organ` issued, in its present `edition`.

    `relied_on` counts the links made to it and the bases that named it: each writes the document,
    so that a repeal in the same moment is decided afresh and sees it.
    """

    __tablename__ = "policy_document"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    number: Mapped[str] = mapped_column(sa.String(60), unique=True, info=L1)
    title: Mapped[str] = mapped_column(sa.String(200), info=L1)
    issued_on: Mapped[date] = mapped_column(info=L1)
    valid_from: Mapped[date] = mapped_column(info=L1)
    valid_to: Mapped[date | None] = mapped_column(default=None, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=DocumentState.ISSUED.value, info=L1)
    edition: Mapped[int] = mapped_column(default=1, info=L1)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L1)
    end_reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)
    replaced_by: Mapped[str | None] = mapped_column(sa.String(60), default=None, info=L1)
    relied_on: Mapped[int] = mapped_column(default=0, info=L1)

    def issue(self) -> None:
        """Be in the register."""
        self.tell(
            PolicyDocumentIssued(
                document_id=self.id,
                organ=self.organ,
                division=self.division,
                number=self.number,
                title=self.title,
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            )
        )

    def amend(self, title: str, valid_to: date | None, reason: str) -> None:
        """Have a next edition; raises `DocumentIsOver`."""
        self.require_in_being()
        self.title = title
        self.valid_to = valid_to
        self.edition += 1
        self.tell(
            PolicyDocumentAmended(
                document_id=self.id,
                number=self.number,
                edition=self.edition,
                reason=reason,
                valid_to=valid_to,
            )
        )

    def repeal(
        self,
        on: date,
        reason: str,
        replaced_by: str | None,
        documents: Iterable[str],
        targets: Iterable[LinkTarget],
    ) -> None:
        """End by order, telling what stays although it rested on it; raises `DocumentIsOver`."""
        self.require_in_being()
        self.state = DocumentState.REPEALED.value
        self.ended_on = on
        self.end_reason = reason
        self.replaced_by = replaced_by
        self.tell(
            PolicyDocumentRepealed(
                document_id=self.id,
                number=self.number,
                reason=reason,
                replaced_by=replaced_by,
                documents=tuple(documents),
                targets=tuple(targets),
            )
        )

    def restore(self, reason: str) -> None:
        """Be as if it had not been repealed; raises `DocumentNotRepealed`."""
        if self.state != DocumentState.REPEALED:
            raise DocumentNotRepealed(number=self.number)
        self.state = DocumentState.ISSUED.value
        self.ended_on, self.end_reason, self.replaced_by = None, "", None
        self.tell(PolicyDocumentRestored(document_id=self.id, number=self.number, reason=reason))

    def correct(self, number: str, issued_on: date, valid_from: date, reason: str) -> None:
        """Have the number and days that stand on it; raises `DocumentIsOver`."""
        self.require_in_being()
        before, self.number = self.number, number
        self.issued_on, self.valid_from = issued_on, valid_from
        self.tell(
            PolicyDocumentCorrected(
                document_id=self.id,
                number=number,
                number_before=before,
                issued_on=issued_on,
                valid_from=valid_from,
                reason=reason,
            )
        )

    def expire(self, today: date) -> None:
        """End because its last day is over, unless it ended before or was prolonged."""
        if self.state != DocumentState.ISSUED or self.valid_to is None or self.valid_to >= today:
            return
        self.state = DocumentState.EXPIRED.value
        self.ended_on = self.valid_to
        self.tell(
            PolicyDocumentExpired(document_id=self.id, number=self.number, valid_to=self.valid_to)
        )

    def be_relied_on(self) -> None:
        """Be what a link or another document stands on; raises `DocumentIsOver`."""
        self.require_in_being()
        self.relied_on += 1

    def require_in_being(self) -> None:
        """Raise `DocumentIsOver` where it was repealed or expired."""
        state = DocumentState(self.state)
        if state is not DocumentState.ISSUED:
            raise DocumentIsOver(number=self.number, state=state.value, state_zh=STATES_ZH[state])

    def is_in_force(self, day: date) -> bool:
        """Whether it has begun and not ended on that day."""
        begun = self.state == DocumentState.ISSUED and self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)

    def to_contract(self, day: date) -> contract.PolicyDocument:
        """As it is told, on a day."""
        return contract.PolicyDocument(
            document_id=self.id,
            division=self.division,
            organ=self.organ,
            number=self.number,
            title=self.title,
            issued_on=self.issued_on,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            state=DocumentState(self.state).value,
            in_force=self.is_in_force(day),
            edition=self.edition,
            ended_on=self.ended_on,
            replaced_by=self.replaced_by,
        )


class DocumentEdition(storage.Record, Model, kw_only=True, eq=False):
    """What a document said from a day on; its id is `<document>.<edition>`. Never changed."""

    __tablename__ = "document_edition"
    retention = PERMANENT

    document: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    edition: Mapped[int] = mapped_column(info=L1)
    title: Mapped[str] = mapped_column(sa.String(200), info=L1)
    since: Mapped[date] = mapped_column(info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)
    clauses: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)

    @classmethod
    def of(
        cls, document: PolicyDocument, clauses: Sequence[Clause], since: date, reason: str = ""
    ) -> DocumentEdition:
        """The present edition of a document."""
        return cls(
            id=f"{document.id}.{document.edition}",
            division=document.division,
            document=document.id,
            edition=document.edition,
            title=document.title,
            since=since,
            reason=reason,
            clauses=[clause.dump() for clause in clauses],
        )

    def text_of(self, clause: str | None) -> str | None:
        """The text of a clause, None where it is not there."""
        return next((one["text"] for one in self.clauses if one["number"] == clause), None)


class DocumentBasis(storage.Record, Model, kw_only=True, eq=False):
    """What an edition of a document rests on; its id is `<document>.<edition>.<place>`.

    A document of the register is found by its `number`, be it entered only later.
    """

    __tablename__ = "document_basis"
    retention = PERMANENT

    document: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    edition: Mapped[int] = mapped_column(info=L1)
    place: Mapped[int] = mapped_column(info=L1)
    number: Mapped[str | None] = mapped_column(sa.String(60), index=True, default=None, info=L1)
    title: Mapped[str | None] = mapped_column(sa.String(200), default=None, info=L1)
    clause: Mapped[str | None] = mapped_column(sa.String(40), default=None, info=L1)

    @classmethod
    def of(cls, document: PolicyDocument, bases: Iterable[Basis]) -> list[DocumentBasis]:
        """Those of the present edition of a document."""
        return [
            cls(
                id=f"{document.id}.{document.edition}.{place}",
                division=document.division,
                document=document.id,
                edition=document.edition,
                place=place,
                number=basis.number,
                title=basis.title,
                clause=basis.clause,
            )
            for place, basis in enumerate(bases, 1)
        ]


class ClauseLink(storage.Aggregate, Model, kw_only=True, eq=False):
    """That a target stands on a clause of a document, or on the whole of it; `organ` said so.

    Its id is made of what it links, so that nothing is linked twice.
    """

    __tablename__ = "clause_link"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    document: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    clause: Mapped[str | None] = mapped_column(sa.String(40), default=None, info=L1)
    kind: Mapped[str] = mapped_column(sa.String(12), info=L1)
    target: Mapped[str] = mapped_column(sa.String(64), info=L1)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L1)
    end_reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L1)

    __table_args__ = (sa.Index("clause_link_of_target", "kind", "target"),)

    def link(self) -> None:
        """Hold from now on."""
        self.ended_on, self.end_reason = None, ""
        self.tell(
            ClauseLinked(
                link_id=self.id,
                document_id=self.document,
                clause=self.clause,
                kind=self.kind,  # type: ignore[arg-type]
                target=self.target,
            )
        )

    def unlink(self, on: date, reason: str) -> None:
        """Hold no longer; raises `LinkHasEnded`."""
        if self.ended_on is not None:
            raise LinkHasEnded(ended_on=self.ended_on)
        self.ended_on, self.end_reason = on, reason
        self.tell(
            ClauseUnlinked(
                link_id=self.id,
                document_id=self.document,
                kind=self.kind,  # type: ignore[arg-type]
                target=self.target,
                reason=reason,
            )
        )
