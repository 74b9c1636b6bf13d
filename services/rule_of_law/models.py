"""The reviews of what organs mean to issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.rule_of_law.domain import FindingsMissing, ReviewAnswered
from shared import storage
from shared.classification import L1, L2, PERMANENT
from shared.contracts.rule_of_law import Finding, LegalityReviewed, LegalityReviewOpened
from shared.storage import Json


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class LegalityReview(storage.Aggregate, Model, kw_only=True, eq=False):
    """One asking for the review of one text, its id `<directive>.<round>`."""

    __tablename__ = "legality_review"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    directive: Mapped[str] = mapped_column(sa.String(64), info=L1)
    round: Mapped[int] = mapped_column(info=L1)
    asked_by: Mapped[str] = mapped_column(sa.String(64), info=L1)
    title: Mapped[str] = mapped_column(sa.String(200), info=L2)
    text: Mapped[str] = mapped_column(sa.Text, info=L2)
    basis: Mapped[str] = mapped_column(sa.String(500), info=L1)
    due: Mapped[datetime] = mapped_column(info=L1)
    opinion: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L1)
    findings: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L2)

    def open(self) -> None:
        """Be before the legal department."""
        self.tell(
            LegalityReviewOpened(
                review_id=self.id, organ=self.organ, directive_id=self.directive, due=self.due
            )
        )

    def answer(self, opinion: str, findings: Sequence[Finding]) -> None:
        """Come to an opinion; raises `ReviewAnswered`, `FindingsMissing`."""
        if self.opinion is not None:
            raise ReviewAnswered()
        if opinion != "lawful" and not findings:
            raise FindingsMissing()
        self.opinion = opinion
        self.findings = [finding.dump() for finding in findings]
        self.tell(
            LegalityReviewed(
                review_id=self.id,
                directive_id=self.directive,
                round=self.round,
                opinion=opinion,  # type: ignore[arg-type]
                findings=tuple(findings),
            )
        )
