"""What has a deadline, an organ and a colour, and the ladders by which it climbs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.ladder import ORDER, Colour, Ladder, Rung, Urgency
from services.party_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.party_government import DutyEscalated, DutyMet, LadderAdopted, LadderStep
from shared.storage import Json


class Duty(storage.Aggregate, kw_only=True, eq=False):
    """Something that an organ must do by an instant: in time it is green, late it is red, and
    yellow for its period once it was met late, whatever else it owes in that period.

    A mixin: the model names the event class of its steps. `due` None: nothing is to be done now.
    """

    escalated: ClassVar[type[DutyEscalated]]

    organ: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    due: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    rung: Mapped[str] = mapped_column(sa.String(12), default="", info=L1)
    colour: Mapped[str] = mapped_column(sa.String(8), default=Colour.GREEN.value, info=L1)

    def begin_duty(self, due: datetime) -> None:
        """Something is to be done by then; what was late before in this period stays yellow."""
        self.due, self.rung = due, ""

    def climb(self, rung: Rung, told: Iterable[str] = ()) -> bool:
        """Reach a rung, unless it was reached or nothing is to be done; whether it was news."""
        if self.due is None or ORDER[rung] <= ORDER[self.rung]:
            return False
        self.rung = rung.value
        if rung is not Rung.PROMPTED:
            self.colour = Colour.RED.value
        self.tell(
            self.escalated(
                id=self.id, organ=self.organ, rung=rung.value, due=self.due, told=tuple(told)
            )
        )
        return True

    def meet_duty(self, now: datetime, met: type[DutyMet], **facts: Any) -> None:
        """Have done what was to be done, and tell it with these facts; late it is yellow from now
        on."""
        if self.due is None:
            return
        due, self.due = self.due, None
        if now > due or self.colour == Colour.RED:
            self.colour = Colour.YELLOW.value
        colour = Colour(self.colour)
        self.tell(met(id=self.id, organ=self.organ, due=due, colour=colour.value, **facts))

    def end_duty(self) -> None:
        """Nothing is to be done any more, though it was not: recalled or superseded."""
        self.due = None


class AdoptedLadder(storage.Aggregate, Model, kw_only=True, eq=False):
    """The ladder of an urgency in a division, its id `<division>.<urgency>`; `edition` counts how
    often it was adopted."""

    __tablename__ = "adopted_ladder"
    retention = PERMANENT

    urgency: Mapped[str] = mapped_column(sa.String(12), info=L1)
    steps: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    edition: Mapped[int] = mapped_column(default=0, info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)

    @property
    def ladder(self) -> Ladder:
        """Its steps."""
        return Ladder.of(self.steps)

    def adopt(self, ladder: Ladder, basis: str) -> None:
        """Be this ladder from now on; raises `UnfitLadder`."""
        ladder.require_sound()
        self.steps = ladder.to_json()
        self.basis = basis
        self.edition += 1
        self.tell(
            LadderAdopted(
                ladder_id=self.id,
                division=self.division,
                urgency=Urgency(self.urgency).value,
                edition=self.edition,
                steps=tuple(LadderStep.load(step) for step in self.steps),
            )
        )
