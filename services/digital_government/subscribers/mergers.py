"""What is open follows its division; what is a person's follows the person's record."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.digital_government.domain.applications import ApplicationState
from services.digital_government.domain.items import ImplementationState
from services.digital_government.domain.one_things import ThingState
from services.digital_government.models import (
    Application,
    Attachment,
    Case,
    CaseReview,
    Concern,
    Consolidation,
    Implementation,
    ItemEdition,
    OneThing,
    Passage,
    Rating,
    Visit,
)
from services.digital_government.models.cases import is_awaited, is_undecided
from services.digital_government.models.concerns import is_unanswered
from services.digital_government.models.ratings import is_under_way
from services.digital_government.models.visits import is_to_come
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


def _is_needed(day: date) -> sa.ColumnElement[bool]:
    """What is filled in, and the files of what is not decided yet."""
    undecided = sa.select(Case.id).where(is_undecided(day))
    return sa.or_(
        Application.state == ApplicationState.OPEN.value,
        sa.and_(
            Application.state == ApplicationState.SUBMITTED.value, Application.id.in_(undecided)
        ),
    )


# One-things first: what they begin meanwhile is the successor's at once.
OPEN_WORK = (
    OpenWork("one_things", OneThing, _is_running),
    OpenWork("applications", Application, _is_needed),
    OpenWork("cases", Case, is_undecided),
    OpenWork("reviews", CaseReview, is_awaited),
    OpenWork("ratings", Rating, is_under_way),
    OpenWork("concerns", Concern, is_unanswered),
    OpenWork("visits", Visit, is_to_come),
)

begin_passing, pass_open_work_on = succession.handlers(Passage, OPEN_WORK)


@subscribes(DivisionsMerged)
def follow_items(event: DivisionsMerged, envelope: Envelope, context: Context) -> None:
    """The counties that ended offer nothing any more, those that begin what their first
    predecessor offered."""
    followed = Succession.of((move.from_code, move.to_code) for move in event.moves)
    sources = {move.to_code: move.from_code for move in reversed(event.moves)}
    concerned = {*followed.left(), *sources, *sources.values()}
    items = context.unit.find_all(
        Implementation,
        Implementation.state == ImplementationState.PUBLISHED.value,
        Implementation.division.in_(concerned),
    )
    editions = context.unit.reference(ItemEdition, *{item.item_edition for item in items})
    offering = {item.division for item in items}
    for item in items:
        for successor, source in sources.items():
            if source == item.division and successor not in offering:
                edition = editions[item.item_edition]
                taken = context.unit.add(item.taken_over_by(successor, edition))
                context.unit.add(taken.publish(edition))
        if followed.successor(item.division) != item.division:
            item.withdraw(event.effective)


REFERENCES = (
    References(Case, "owner"),
    References(Case, "subject", found_by="owner"),
    References(OneThing, "owner"),
    References(Application, "owner"),
    References(Application, "subject", found_by="owner"),
    References(CaseReview, "owner"),
    References(Rating, "owner"),
    References(Attachment, "owner"),
    References(Concern, "owner"),
    References(Visit, "owner"),
)

follow_merged_person, move_references, follow_separated_person = consolidation.handlers(
    Consolidation, REFERENCES
)
