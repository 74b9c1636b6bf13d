"""The second factor of a caller, its secret sealed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.second_factor import (
    FactorState,
    SecondFactorInUse,
    SecondFactorNotInUse,
    SecondFactorNotPending,
    WrongCode,
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
    last code that was accepted: neither it nor one before it is accepted again.
    """

    __tablename__ = "second_factor"
    retention = CASE_FILE

    label: Mapped[str] = mapped_column(sa.String(60), info=L2)
    sealed: Mapped[str] = mapped_column(sa.String(200), info=L4)
    state: Mapped[str] = mapped_column(sa.String(20), default=FactorState.PENDING.value, info=L1)
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0, info=L1)

    @property
    def principal(self) -> str:
        """The caller whose own it is."""
        return self.id

    @property
    def is_in_use(self) -> bool:
        """Whether signing in needs its code."""
        return self.state == FactorState.CONFIRMED

    def enrol(self, label: str, sealed: str) -> None:
        """Wait for a first code of this secret; raises `SecondFactorInUse`."""
        if self.is_in_use:
            raise SecondFactorInUse()
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
