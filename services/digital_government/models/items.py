"""What is offered where."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_government.domain.matters import MATTERS
from services.digital_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.digital_government import ItemPublished, ItemWithdrawn


class BasicItem(storage.Record, Model, kw_only=True, eq=False):
    """A matter of the province's basic catalogue (基本目录); its id is the matter's code."""

    __tablename__ = "basic_item"
    retention = PERMANENT

    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(100), info=L1)
    organ_kind: Mapped[str] = mapped_column(sa.String(60), info=L1)
    statutory_days: Mapped[int] = mapped_column(info=L1)
    legal_basis: Mapped[str] = mapped_column(sa.String(2000), info=L1)


class Implementation(storage.Aggregate, Model, kw_only=True, eq=False):
    """A matter as one division offers it (实施清单), its id `<division>-<matter>`."""

    __tablename__ = "implementation"
    retention = PERMANENT

    matter: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    statutory_days: Mapped[int] = mapped_column(info=L1)
    promised_days: Mapped[int] = mapped_column(info=L1)
    visits: Mapped[int] = mapped_column(info=L1)
    online: Mapped[bool] = mapped_column(info=L1)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L1)

    def taken_over_by(self, division: str) -> Implementation:
        """The same item as a successor of its division offers it."""
        return Implementation(
            id=f"{division}-{self.matter}",
            division=division,
            matter=self.matter,
            organ=f"{division}-{MATTERS[self.matter].organ_kind}",
            statutory_days=self.statutory_days,
            promised_days=self.promised_days,
            visits=self.visits,
            online=self.online,
        )

    def withdraw(self, day: date) -> None:
        """Offer it no more, because the division ends on that day."""
        self.ended_on = day
        self.tell(
            ItemWithdrawn(
                implementation_id=self.id,
                division=self.division,
                visits=self.visits,
                online=self.online,
            )
        )

    def publish(self) -> None:
        """Offer it to the public."""
        self.tell(
            ItemPublished(
                implementation_id=self.id,
                matter=self.matter,
                division=self.division,
                organ=self.organ,
                statutory_days=self.statutory_days,
                promised_days=self.promised_days,
                visits=self.visits,
                online=self.online,
            )
        )
