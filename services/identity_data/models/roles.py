"""Roles of people in enterprises."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.models.base import Model
from shared import storage
from shared.classification import L1, L2, PERMANENT


class EnterpriseRole(storage.Record, Model, kw_only=True, eq=False):
    """That somebody holds an office in an enterprise, or handles its affairs up to a day, `until`;
    `division` is where the enterprise had its seat then. The enterprise tells what happens."""

    __tablename__ = "enterprise_role"
    retention = PERMANENT

    enterprise: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    person: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    role: Mapped[str] = mapped_column(sa.String(30), info=L1)
    since: Mapped[date] = mapped_column(info=L2)
    until: Mapped[date | None] = mapped_column(default=None, info=L2)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L2)

    @classmethod
    def held_on(cls, day: date) -> sa.ColumnElement[bool]:
        """Selects those that are held on a day, be the timer of their last one late or not."""
        in_time = sa.or_(cls.until.is_(None), cls.until >= day)
        return sa.and_(cls.ended_on.is_(None), in_time)
