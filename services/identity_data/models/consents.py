"""Agreements and who consented to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.sharing import (
    AgreementIsAnothers,
    ConsentNotInForce,
    EditionSuperseded,
    PurposeOfAgreementStays,
)
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import EVIDENCE, L1, L2, L3, PERMANENT
from shared.contracts.identity_data import (
    ConsentAgreementPublished,
    ConsentGiven,
    ConsentWithdrawn,
    PublishConsentAgreement,
)


class ConsentAgreement(storage.Aggregate, Model, kw_only=True, eq=False):
    """What people consent to, published by the organ that provides the items; `edition` is the
    present one of its `editions`, and `items` are that one's."""

    __tablename__ = "consent_agreement"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    purpose: Mapped[str] = mapped_column(sa.String(200), info=L1)
    items: Mapped[list[str]] = mapped_column(default_factory=list, info=L1)
    edition: Mapped[int] = mapped_column(default=0, info=L1)
    editions: Mapped[list[Any]] = mapped_column(default_factory=list, info=L1)

    def publish(self, order: PublishConsentAgreement, at: datetime) -> None:
        """Have one edition more; raises `AgreementIsAnothers`, `PurposeOfAgreementStays`."""
        if order.organ != self.organ:
            raise AgreementIsAnothers(agreement=self.id)
        if order.purpose != self.purpose:
            raise PurposeOfAgreementStays(purpose=self.purpose)
        self.edition += 1
        self.items = list(order.items)
        text = {
            "edition": self.edition,
            "published_on": at.date().isoformat(),
            "items": self.items,
            "text": order.text,
        }
        self.editions = [*self.editions, text]
        self.tell(
            ConsentAgreementPublished(
                agreement_id=self.id, organ=self.organ, edition=self.edition, items=order.items
            )
        )


class Consent(storage.Aggregate, Model, kw_only=True, eq=False):
    """What `owner` said to an agreement. Its id is made of both, so that a reading finds it by its
    key; `edition` is 0 before it was given."""

    __tablename__ = "consent"
    retention = EVIDENCE

    agreement_id: Mapped[str] = mapped_column(sa.String(64), info=L2)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    given_at: Mapped[datetime] = mapped_column(info=L2)
    edition: Mapped[int] = mapped_column(default=0, info=L2)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None, info=L2)

    def give(self, agreement: ConsentAgreement, edition: int, at: datetime) -> None:
        """Consent to the present edition; raises `EditionSuperseded` for another."""
        if edition != agreement.edition:
            raise EditionSuperseded(edition=edition, present=agreement.edition)
        self.edition = edition
        self.given_at = at
        self.withdrawn_at = None
        told = ConsentGiven(consent_id=self.id, agreement_id=agreement.id, edition=edition)
        self.tell(told, self.owner)

    def withdraw(self, at: datetime) -> None:
        """Take it back; raises `ConsentNotInForce` for one that was taken back."""
        if self.withdrawn_at is not None:
            raise ConsentNotInForce()
        self.withdrawn_at = at
        self.tell(ConsentWithdrawn(consent_id=self.id, agreement_id=self.agreement_id), self.owner)

    def is_to(self, agreement: ConsentAgreement) -> bool:
        """Whether it stands, and is to the present edition of the agreement."""
        return self.withdrawn_at is None and self.edition == agreement.edition
