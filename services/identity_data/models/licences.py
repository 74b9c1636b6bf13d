"""Electronic licences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.licences import (
    LicenceState,
    LicenceType,
    LicenceVerb,
    is_allowed,
    require_allowed,
)
from services.identity_data.models.base import Model
from services.identity_data.models.divisions import Organ
from services.identity_data.models.registers import Enterprise
from shared import storage
from shared.classification import L1, L2, L3, PERMANENT
from shared.contracts.identity_data import (
    LicenceExpired,
    LicenceIssued,
    LicencePassedOn,
    LicenceResumed,
    LicenceRevoked,
    LicenceSuspended,
)


class Licence(storage.Aggregate, Model, kw_only=True, eq=False):
    """An electronic licence of the enterprise `holder`; `owner` is its legal representative,
    `organ` the one that issued it and decides on it, `last_day` the last on which it is in force
    (None: without end), `reason` and `legal_basis` those of its suspension or revocation."""

    __tablename__ = "licence"
    retention = PERMANENT

    kind: Mapped[str] = mapped_column(sa.String(30), info=L1)
    holder: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    case_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True, default=None, info=L2)
    content: Mapped[dict[str, Any]] = mapped_column(info=L3)
    signed: Mapped[str] = mapped_column(sa.Text, info=L3)
    state: Mapped[str] = mapped_column(sa.String(20), default=LicenceState.IN_FORCE.value, info=L1)
    last_day: Mapped[date | None] = mapped_column(default=None, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L3)
    legal_basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)

    @classmethod
    def issued(
        cls,
        kind: LicenceType,
        enterprise: Enterprise,
        *,
        licence_id: str,
        organ: Organ,
        content: Mapping[str, object],
        signed: str,
        last_day: date | None,
        case_id: str | None = None,
    ) -> Licence:
        """The licence that an enterprise gets; `case_id` is the case that led to it, if one did."""
        licence = cls(
            id=licence_id,
            division=organ.division,
            kind=kind.code,
            holder=enterprise.id,
            owner=enterprise.legal_representative,
            organ=organ.id,
            case_id=case_id,
            content=dict(content),
            signed=signed,
            last_day=last_day,
        )
        told = LicenceIssued.load({**licence._named(), "case_id": case_id})
        licence.tell(told, enterprise.id)
        return licence

    def _named(self) -> dict[str, Any]:
        """What every event says of the licence."""
        return {"licence_id": self.id, "kind": self.kind, "holder": self.holder}

    def state_on(self, day: date) -> LicenceState:
        """Its state on that day, be the timer of its last day late or not."""
        state = LicenceState(self.state)
        ended = self.last_day is not None and self.last_day < day
        return LicenceState.EXPIRED if ended and is_allowed(LicenceVerb.EXPIRE, state) else state

    def suspend(self, reason: str, legal_basis: str) -> None:
        """Withhold it (Administrative Penalty Law article 9 (3)); raises `LicenceInWrongState`."""
        self._become(LicenceVerb.SUSPEND, LicenceState.SUSPENDED, reason, legal_basis)
        told = LicenceSuspended.load({**self._named(), "legal_basis": legal_basis})
        self.tell(told, self.holder)

    def resume(self) -> None:
        """Let it be in force again after a suspension; raises `LicenceInWrongState`."""
        self._become(LicenceVerb.RESUME, LicenceState.IN_FORCE)
        self.tell(LicenceResumed.load(self._named()), self.holder)

    def revoke(self, reason: str, legal_basis: str) -> None:
        """End it by a decision (Administrative Penalty Law article 9 (3)); raises
        `LicenceInWrongState`."""
        self._become(LicenceVerb.REVOKE, LicenceState.REVOKED, reason, legal_basis)
        told = LicenceRevoked.load({**self._named(), "legal_basis": legal_basis})
        self.tell(told, self.holder)

    def expire(self) -> None:
        """End it because its last day is over; nothing for one that ended before."""
        if not is_allowed(LicenceVerb.EXPIRE, LicenceState(self.state)):
            return
        self._become(LicenceVerb.EXPIRE, LicenceState.EXPIRED)
        self.tell(LicenceExpired.load(self._named()), self.holder)

    def _become(
        self, verb: LicenceVerb, state: LicenceState, reason: str = "", legal_basis: str = ""
    ) -> None:
        require_allowed(verb, LicenceState(self.state))
        self.state = state.value
        self.reason = reason
        self.legal_basis = legal_basis

    def pass_to(self, division: str) -> None:
        """Belong to the successor of its division, and to the organ that took its organ over."""
        moved = LicencePassedOn(id=self.id, from_division=self.division, division=division)
        code, _, kind = self.organ.partition("-")
        if self.division.startswith(code):
            self.organ = f"{division[: len(code)]}-{kind}"
        self.division = division
        self.tell(moved, self.holder)
