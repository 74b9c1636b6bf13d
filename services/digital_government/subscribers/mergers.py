"""What is open follows its division; what is a person's follows the person's record."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.digital_government.domain.one_things import ThingState
from services.digital_government.models import (
    Case,
    Consolidation,
    Implementation,
    OneThing,
    Passage,
)
from services.digital_government.models.cases import is_undecided
from shared import consolidation, succession
from shared.consolidation import References
from shared.context import Context
from shared.contracts.identity_data import DivisionsMerged
from shared.divisions import Succession
from shared.handling import subscribes
from shared.messaging.envelope import Envelope
from shared.succession import OpenWork


def _is_running(_: date) -> sa.ColumnElement[bool]:
    return OneThing.state == ThingState.RUNNING.value


# One-things first: what they begin meanwhile is the successor's at once.
OPEN_WORK = (OpenWork("one_things", OneThing, _is_running), OpenWork("cases", Case, is_undecided))

begin_passing, pass_open_work_on = succession.handlers(Passage, OPEN_WORK)


@subscribes(DivisionsMerged)
def follow_items(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
    """The counties that ended offer nothing any more, those that begin what their first
    predecessor offered."""
    followed = Succession.of((move.from_code, move.to_code) for move in event.moves)
    sources = {move.to_code: move.from_code for move in reversed(event.moves)}
    concerned = {*followed.left(), *sources, *sources.values()}
    items = context.unit.find_all(
        Implementation, Implementation.ended_on.is_(None), Implementation.division.in_(concerned)
    )
    offering = {item.division for item in items}
    for item in items:
        for successor, source in sources.items():
            if source == item.division and successor not in offering:
                context.unit.add(item.taken_over_by(successor)).publish()
        if followed.successor(item.division) != item.division:
            item.withdraw(event.effective)


REFERENCES = (
    References(Case, "owner"),
    References(Case, "subject", found_by="owner"),
    References(OneThing, "owner"),
)

follow_merged_person, move_references, follow_separated_person = consolidation.handlers(
    Consolidation, REFERENCES
)
