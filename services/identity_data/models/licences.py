"""Electronic licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.models.base import Model
from services.identity_data.models.registers import Enterprise
from shared import storage
from shared.contracts.identity_data import (
    LicenceIssued,
)


class Licence(storage.Aggregate, Model, kw_only=True, eq=False):
    """An electronic licence of the enterprise `holder`; `owner` is its legal representative."""

    __tablename__ = "licence"

    kind: Mapped[str] = mapped_column(sa.String(30))
    holder: Mapped[str] = mapped_column(sa.String(64), index=True)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True)
    case_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    content: Mapped[dict[str, Any]] = mapped_column()
    signed: Mapped[str] = mapped_column(sa.Text)
    revoked: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def business_licence(
        cls, enterprise: Enterprise, licence_id: str, content: Mapping[str, object], signed: str
    ) -> Licence:
        """The licence that a registered enterprise gets (Company Law article 33)."""
        licence = cls(
            id=licence_id,
            division=enterprise.division,
            kind="business_licence",
            holder=enterprise.id,
            owner=enterprise.legal_representative,
            case_id=enterprise.case_id,
            content=dict(content),
            signed=signed,
        )
        licence.tell(
            LicenceIssued(
                licence_id=licence_id,
                kind="business_licence",
                holder=enterprise.id,
                case_id=enterprise.case_id,
            ),
            enterprise.id,
        )
        return licence
