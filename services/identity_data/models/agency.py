"""That one person may act for another."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.agency import AgencyEnd, AgencyNotInForce, AgencyOver
from services.identity_data.models.base import Model
from shared import storage
from shared.classification import EVIDENCE, L1, L2, L3
from shared.contracts.identity_data import AgencyEnded, AgencyGranted, AgencyUsed


class Agency(storage.Aggregate, Model, kw_only=True, eq=False):
    """`agent` may act for `owner` in the matters of `scope`, both days included, unless it `ended`.

    `uses` counts how often the agent began to act.
    """

    __tablename__ = "agency"
    retention = EVIDENCE

    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    agent: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    scope: Mapped[list[str]] = mapped_column(info=L2)
    valid_from: Mapped[date] = mapped_column(info=L1)
    valid_to: Mapped[date] = mapped_column(info=L1)
    ended: Mapped[str | None] = mapped_column(sa.String(20), default=None, info=L2)
    uses: Mapped[int] = mapped_column(default=0, info=L2)

    def grant(self) -> None:
        """Tell that it is granted."""
        self.tell(
            AgencyGranted(
                agency_id=self.id,
                person_id=self.owner,
                agent=self.agent,
                scope=tuple(self.scope),
                valid_from=self.valid_from,
                valid_to=self.valid_to,
            ),
            self.owner,
        )

    def act(self, session_id: str, today: date) -> None:
        """Let the agent act in this session; raises `AgencyNotInForce`.

        Counting it lets the end of the agency and a new session under it exclude each other.
        """
        if self.ended is not None or not self.valid_from <= today <= self.valid_to:
            raise AgencyNotInForce(
                begins=self.valid_from.isoformat(), ends=self.valid_to.isoformat()
            )
        self.uses += 1
        self.tell(AgencyUsed(agency_id=self.id, session_id=session_id), self.owner)

    def end(self, reason: AgencyEnd) -> None:
        """Be over; raises `AgencyOver`."""
        if self.ended is not None:
            raise AgencyOver()
        self.ended = reason.value
        self.tell(AgencyEnded(agency_id=self.id, reason=reason.value), self.owner)
