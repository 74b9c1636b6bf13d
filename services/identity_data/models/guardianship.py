"""Guardianships. Who guards a person now stands in the person's own record as well."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.guardianship import require_ground
from services.identity_data.models.base import Model
from services.identity_data.models.registers import Person
from shared import storage
from shared.classification import L2, L3, PERMANENT
from shared.contracts.identity_data import GuardianshipEnded, GuardianshipRegistered


class Guardianship(storage.Aggregate, Model, kw_only=True, eq=False):
    """That somebody guards a person; `division` is where that was registered."""

    __tablename__ = "guardianship"
    retention = PERMANENT

    ward: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    guardian: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    ground: Mapped[str] = mapped_column(sa.String(40), info=L3)
    origin: Mapped[str] = mapped_column(sa.String(20), info=L3)
    since: Mapped[date] = mapped_column(info=L2)
    ended_on: Mapped[date | None] = mapped_column(default=None, info=L2)
    why_ended: Mapped[str | None] = mapped_column(sa.String(40), default=None, info=L3)

    @classmethod
    def registered(
        cls,
        guardianship_id: str,
        ward: Person,
        guardian: Person | None,
        ground: str,
        origin: str,
        today: date,
    ) -> Guardianship:
        """A new one; raises `PersonNotOnRegister`, `GuardsThemself`, `NotFitToGuard`,
        `GroundDoesNotFit`, `GuardsAlready`, `EnoughGuardians`."""
        fit = ward.require_guardian(guardian, today)
        require_ground(ground, ward.birth_date, today)
        ward.accept_guardian(fit)
        guardianship = cls(
            id=guardianship_id,
            division=ward.division,
            ward=ward.id,
            guardian=fit.id,
            ground=ground,
            origin=origin,
            since=today,
        )
        told = GuardianshipRegistered(
            guardianship_id=guardianship_id, ward=ward.id, guardian=fit.id
        )
        guardianship.tell(told, ward.id)
        return guardianship

    def end(self, why: str, today: date) -> None:
        """Be over."""
        self.ended_on = today
        self.why_ended = why
        told = GuardianshipEnded(
            guardianship_id=self.id, ward=self.ward, guardian=self.guardian, why=why
        )
        self.tell(told, self.ward)
