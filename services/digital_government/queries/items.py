"""What is offered where."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_government.models import BasicItem, Implementation
from shared.context import Context
from shared.contracts import digital_government as contracts
from shared.contracts.digital_government import ImplementationList, ItemsOffered
from shared.handling import answers


@answers(ItemsOffered)
def items_offered(query: ItemsOffered, context: Context) -> ImplementationList:
    """The items of one division, each with its name and legal basis."""
    rows = context.unit.rows(
        sa.select(Implementation.__table__, BasicItem.name, BasicItem.legal_basis)
        .join(BasicItem, BasicItem.id == Implementation.matter)
        .where(Implementation.division == query.division, Implementation.ended_on.is_(None))
        .order_by(Implementation.id)
    )
    return ImplementationList(
        items=tuple(
            contracts.Implementation(
                implementation_id=row.id,
                matter=row.matter,
                name=row.name,
                division=row.division,
                organ=row.organ,
                statutory_days=row.statutory_days,
                promised_days=row.promised_days,
                visits=row.visits,
                online=row.online,
                legal_basis=row.legal_basis,
            )
            for row in rows
        )
    )
