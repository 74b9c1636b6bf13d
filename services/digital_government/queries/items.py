"""What the catalogue says of an item, and what is offered where."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_government.bpmn import drawing_of
from services.digital_government.domain.items import GENERATED, ImplementationState
from services.digital_government.models import BasicItem, Implementation, ItemEdition
from services.digital_government.models.items import edition_id
from shared.context import Context
from shared.contracts import digital_government as contracts
from shared.contracts.digital_government import (
    DrawingOfProcedure,
    ImplementationList,
    ItemByCode,
    ItemEditionDetail,
    ItemsOffered,
    ProcedureDrawing,
)
from shared.errors import NotFound
from shared.handling import answers

PAGE = 200


@answers(ItemByCode)
def item_by_code(query: ItemByCode, context: Context) -> ItemEditionDetail:
    """One edition of an item; raises `NotFound`."""
    item = context.unit.get(BasicItem, query.code)
    edition = _edition(item, query.edition, context)
    return ItemEditionDetail.load(
        {
            "code": item.id,
            "edition": edition.edition,
            "version": item.version,
            "state": item.state,
            "in_force": item.in_force,
            "effective": edition.effective.isoformat(),
            "cancels": None if item.cancels is None else item.cancels.isoformat(),
            "reason": edition.reason,
            "definition": edition.definition.dump(),
        }
    )


@answers(DrawingOfProcedure)
def drawing_of_procedure(query: DrawingOfProcedure, context: Context) -> ProcedureDrawing:
    """The procedure of one edition as BPMN 2.0; raises `NotFound`."""
    item = context.unit.get(BasicItem, query.code)
    edition = _edition(item, query.edition, context)
    drawn = drawing_of(edition.id, edition.name, edition.definition.procedure)
    return ProcedureDrawing(code=item.id, edition=edition.edition, bpmn=drawn)


def _edition(item: BasicItem, number: int | None, context: Context) -> ItemEdition:
    wanted = edition_id(item.id, number or item.in_force or item.edition)
    found = context.unit.reference(ItemEdition, wanted)
    if wanted not in found:
        raise NotFound(what="ItemEdition", id=wanted)
    return found[wanted]


@answers(ItemsOffered)
def items_offered(query: ItemsOffered, context: Context) -> ImplementationList:
    """A page of the items of one division, each with its name and legal basis."""
    chosen = (
        sa.select(
            Implementation.__table__,
            ItemEdition.name,
            ItemEdition.name_en,
            ItemEdition.theme,
            ItemEdition.legal_basis,
        )
        .join(ItemEdition, ItemEdition.id == Implementation.item_edition)
        .where(
            Implementation.division == query.division,
            Implementation.state == ImplementationState.PUBLISHED.value,
        )
        .order_by(Implementation.id)
        .limit(PAGE + 1)
    )
    if not query.generated:
        made_up = Implementation.matter.startswith(GENERATED, autoescape=True)
        chosen = chosen.where(sa.not_(made_up))
    if query.words is not None:
        chosen = chosen.where(
            ItemEdition.name.contains(query.words, autoescape=True)
            | ItemEdition.name_en.icontains(query.words, autoescape=True)
        )
    if query.theme is not None:
        chosen = chosen.where(ItemEdition.theme == query.theme)
    if query.after is not None:
        chosen = chosen.where(Implementation.id > query.after)
    rows = context.unit.rows(chosen)
    items = tuple(_offered(row) for row in rows[:PAGE])
    return ImplementationList(
        items=items, next_after=items[-1].implementation_id if len(rows) > PAGE else None
    )


def _offered(row: sa.Row[tuple[object, ...]]) -> contracts.Implementation:
    one = row._mapping
    same = (
        "matter",
        "name",
        "name_en",
        "theme",
        "division",
        "organ",
        "statutory_days",
        "promised_days",
        "visits",
        "online",
        "legal_basis",
        "online_depth",
        "edition",
        "item_edition",
        "address",
        "enquiry_line",
        "across",
    )
    return contracts.Implementation(
        implementation_id=one["id"], **{name: one[name] for name in same}
    )
