"""Readings of shared data."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.models.base import Model
from shared import storage
from shared.contracts.identity_data import (
    DataShared,
)


class SharedReading(storage.Aggregate, Model, kw_only=True, eq=False):
    """One reading of somebody's data; `owner` is the person who can see that it happened."""

    __tablename__ = "shared_reading"

    owner: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64))
    facts: Mapped[list[str]] = mapped_column()
    purpose: Mapped[str] = mapped_column(sa.String(200))
    matter: Mapped[str] = mapped_column(sa.String(60))
    case_id: Mapped[str] = mapped_column(sa.String(64))
    reader: Mapped[str] = mapped_column(sa.String(100))
    on_behalf_of: Mapped[str] = mapped_column(sa.String(100), default="")
    at: Mapped[datetime] = mapped_column()

    __table_args__ = (sa.Index("shared_reading_of_owner", "owner", "at"),)

    def enter(self) -> None:
        """Tell that the data were read: which facts, never their values."""
        self.tell(
            DataShared(
                ledger_id=self.id,
                subject=self.subject,
                facts=tuple(self.facts),
                purpose=self.purpose,
                matter=self.matter,
                reader=self.reader,
            ),
            self.subject,
        )
