"""The second factor of a caller, its secret sealed."""

from __future__ import annotations

import hmac
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.second_factor import (
    ENROLMENT_WITHIN,
    FactorState,
    SecondFactorInUse,
    SecondFactorNotInUse,
    SecondFactorNotPending,
    WrongCode,
    WrongEnrolmentCode,
)
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import CASE_FILE, L1, L2, L4
from shared.contracts.identity_data import (
    SecondFactorConfirmed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)


class SecondFactor(storage.Aggregate, Model, kw_only=True, eq=False):
    """What a caller's codes come from; the caller's own id is its id.

    `sealed` is the secret, which `keys.open_secret` reads. `last_step` is the time step of the
    last code that was accepted: neither it nor one before it is accepted again. `invitation` is
    the digest of the enrolment code that is good `invited_until` (machine clock).
    """

    __tablename__ = "second_factor"
    retention = CASE_FILE

    label: Mapped[str] = mapped_column(sa.String(60), info=L2)
    sealed: Mapped[str] = mapped_column(sa.String(200), info=L4)
    state: Mapped[str] = mapped_column(sa.String(20), default=FactorState.PENDING.value, info=L1)
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0, info=L1)
    invitation: Mapped[str] = mapped_column(sa.String(64), default="", info=L4)
    invited_until: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    @property
    def principal(self) -> str:
        """The caller whose own it is."""
        return self.id

    @property
    def is_in_use(self) -> bool:
        """Whether signing in needs its code."""
        return self.state == FactorState.CONFIRMED

    def invite(self, digest: str, now: datetime) -> None:
        """Let its holder enrol with the code of this digest, with none that was drawn before;
        raises `SecondFactorInUse`."""
        self.require_not_in_use()
        self.state = FactorState.INVITED.value
        self.sealed = ""
        self.invitation = digest
        self.invited_until = now + ENROLMENT_WITHIN

    def require_not_in_use(self) -> None:
        """Raise `SecondFactorInUse` where signing in needs its code."""
        if self.is_in_use:
            raise SecondFactorInUse()

    def require_invited(self, digest: str, now: datetime) -> None:
        """Raise `WrongEnrolmentCode` unless the code of this digest is the one that was handed
        over, in time and not used yet."""
        in_time = self.invited_until is not None and now < self.invited_until
        if not (in_time and hmac.compare_digest(self.invitation, digest)):
            raise WrongEnrolmentCode()

    def enrol(self, label: str, sealed: str) -> None:
        """Wait for a first code of this secret, whose enrolment code is used up; raises
        `SecondFactorInUse`."""
        self.require_not_in_use()
        self.invitation = ""
        self.invited_until = None
        self.label = label
        self.sealed = sealed
        self.state = FactorState.PENDING.value
        self.last_step = 0
        self.tell(SecondFactorEnrolled(factor_id=self.id))

    def confirm(self, steps: list[int]) -> None:
        """Be in use, from a first code on; raises `SecondFactorNotPending`, `WrongCode`."""
        if self.state != FactorState.PENDING:
            raise SecondFactorNotPending()
        self.use(steps)
        self.state = FactorState.CONFIRMED.value
        self.tell(SecondFactorConfirmed(factor_id=self.id))

    def accepts(self, steps: list[int]) -> bool:
        """Whether a code of one of these time steps is right and new."""
        return any(step > self.last_step for step in steps)

    def use(self, steps: list[int]) -> None:
        """Take a code, which is of these time steps, once; raises `WrongCode`."""
        if not self.accepts(steps):
            raise WrongCode()
        self.last_step = next(step for step in steps if step > self.last_step)

    def remove(self, *, lost: bool) -> None:
        """Be asked for no more; raises `SecondFactorNotInUse`."""
        if not self.is_in_use:
            raise SecondFactorNotInUse()
        self.state = FactorState.REMOVED.value
        self.tell(SecondFactorRemoved(factor_id=self.id, lost=lost))
