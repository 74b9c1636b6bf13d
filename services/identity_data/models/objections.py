"""Objections to shared data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity_data.domain.objections import (
    DAYS_TO_VERIFY,
    READINGS_AN_EVENT,
    ObjectionState,
    ObjectionVerb,
    require_allowed,
)
from services.identity_data.models.base import Model
from services.identity_data.models.catalogue import DataItem
from shared import storage
from shared.classification import EVIDENCE, L1, L2, L3
from shared.contracts.identity_data import (
    DataObjectionRaised,
    DataObjectionVerified,
    RaiseDataObjection,
    ReadingOfWrongFact,
    SharedDataCorrected,
    VerifyObjection,
)
from shared.deadlines import due_after


class DataObjection(storage.Aggregate, Model, kw_only=True, eq=False):
    """That `owner` holds a fact of a subject to be wrong; `organ` provides the item and decides.

    `wrong_since` None means from the beginning; `reason` is the verdict's, `note` says by what it
    was put right, `readings` is how many readings of the wrong value were told.
    """

    __tablename__ = "data_objection"
    retention = EVIDENCE

    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L3)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    subject: Mapped[str] = mapped_column(sa.String(64), info=L3)
    item: Mapped[str] = mapped_column(sa.String(100), info=L1)
    claim: Mapped[str] = mapped_column(sa.String(500), info=L3)
    raised_at: Mapped[datetime] = mapped_column(info=L2)
    due: Mapped[datetime] = mapped_column(info=L1)
    wrong_since: Mapped[date | None] = mapped_column(default=None, info=L2)
    state: Mapped[str] = mapped_column(sa.String(20), default=ObjectionState.RAISED.value, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(500), default="", info=L3)
    note: Mapped[str] = mapped_column(sa.String(500), default="", info=L3)
    readings: Mapped[int] = mapped_column(default=0, info=L2)

    __table_args__ = (
        sa.Index("data_objection_of_organ", "organ", "state", "due"),
        sa.Index("data_objection_of_subject", "subject", "item"),
    )

    @classmethod
    def raised(
        cls, key: str, order: RaiseDataObjection, owner: str, item: DataItem, at: datetime
    ) -> DataObjection:
        """An objection before the organ that provides the item."""
        objection = cls(
            id=key,
            division=item.division,
            owner=owner,
            organ=item.organ,
            subject=order.subject,
            item=item.id,
            claim=order.claim,
            raised_at=at,
            due=due_after(at, DAYS_TO_VERIFY).instant,
            wrong_since=order.wrong_since,
        )
        objection.tell(
            DataObjectionRaised(
                objection_id=key,
                subject=order.subject,
                item=item.id,
                organ=item.organ,
                due=objection.due,
            ),
            order.subject,
        )
        return objection

    def verify(self, order: VerifyObjection) -> None:
        """Be upheld or rejected; raises `ObjectionInWrongState`."""
        require_allowed(ObjectionVerb.VERIFY, ObjectionState(self.state))
        self.state = ObjectionState(order.verdict).value
        self.reason = order.reason
        told = DataObjectionVerified(objection_id=self.id, verdict=order.verdict)
        self.tell(told, self.subject)

    def correct(self, note: str, readings: Sequence[ReadingOfWrongFact]) -> None:
        """Be settled, because the fact is put right, and tell whoever read the wrong value; raises
        `ObjectionInWrongState`."""
        require_allowed(ObjectionVerb.CORRECT, ObjectionState(self.state))
        self.state = ObjectionState.CORRECTED.value
        self.note = note
        self.readings = len(readings)
        # Told also where nobody read it, so that whoever keeps a copy otherwise can follow.
        for start in range(0, max(1, len(readings)), READINGS_AN_EVENT):
            self.tell(
                SharedDataCorrected(
                    objection_id=self.id,
                    subject=self.subject,
                    item=self.item,
                    readings=tuple(readings[start : start + READINGS_AN_EVENT]),
                ),
                self.subject,
            )

    def is_overdue(self, now: datetime) -> bool:
        """Whether it waits for its verdict after the day on which that was due."""
        return self.state == ObjectionState.RAISED and self.due < now
