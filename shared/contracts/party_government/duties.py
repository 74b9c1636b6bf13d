"""What happens to whatever has a deadline, be it a directive's receipt or a task's milestone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query
from shared.contracts.fields import DivisionCode, Identifier

Urgency = Annotated[
    Literal["routine", "urgent", "emergency"], Label("紧急程度", "routine, urgent or emergency")
]
RungName = Annotated[
    Literal["prompted", "urged", "supervised", "criticised"],
    Label("督办阶段", "prompted, urged, supervised or criticised"),
]
ColourName = Annotated[
    Literal["green", "yellow", "red"],
    Label("三色", "green in time, red late, yellow late and caught up"),
]


class DutyEscalated(Event, key="id"):
    """A duty climbed a rung of its ladder; from `urged` on it is late and red. `told` are the
    organs that must know beside the one whose duty it is."""

    id: Identifier
    organ: Identifier
    rung: RungName
    due: datetime
    told: Annotated[tuple[Identifier, ...], Label("告知", "organs told")] = ()


class DutyMet(Event, key="id"):
    """A duty was met: in time and green, or late and yellow for its period."""

    id: Identifier
    organ: Identifier
    due: datetime
    colour: ColourName


class LadderStep(Contract):
    """A rung so many working days and minutes after the deadline, before it where negative."""

    rung: RungName
    days: Annotated[int, validate.Range(min=-60, max=250), Label("工作日", "working days")] = 0
    minutes: Annotated[int, validate.Range(min=-10_080, max=10_080), Label("分钟", "minutes")] = 0
    tells: Annotated[
        Literal["organ", "superior", "issuer"],
        Label("告知对象", "the organ, also its superior, or also whoever gave the duty"),
    ] = "organ"


class AdoptLadder(Command[Done], on="Ladder", zh="制定督办规则"):
    """Say how whatever of that urgency is late climbs in a division and below it, where none has
    a ladder of its own; duties that began keep the one they began with."""

    division: DivisionCode
    urgency: Urgency
    steps: Annotated[tuple[LadderStep, ...], validate.Length(min=1, max=4)]
    basis: Annotated[str, validate.Length(min=2, max=200), Label("依据", "basis")]


class LadderAdopted(Event, on="Ladder", key="ladder_id", zh="督办规则已制定"):
    """Duties that begin from now on climb these steps."""

    ladder_id: Identifier
    division: DivisionCode
    urgency: Urgency
    edition: int
    steps: tuple[LadderStep, ...]


class Ladder(Contract):
    """The ladder of an urgency, `edition` counting how often `division` adopted one; 0 for the
    one that holds where nobody did."""

    division: DivisionCode
    urgency: Urgency
    edition: int
    basis: str | None
    steps: tuple[LadderStep, ...]


class LadderList(Contract):
    """The ladders in force."""

    ladders: tuple[Ladder, ...]


class LaddersInForce(Query[LadderList], on="LadderList", zh="现行督办规则"):
    """The ladder of each urgency that holds in a division."""

    division: DivisionCode
