"""What residents, officials and leaders ask: items offered, progress, cases."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_government.domain import MATTERS, CaseState, MatterState
from services.digital_government.models import BasicItem, Case, Implementation, OneThing
from shared.context import Context
from shared.contracts import digital_government as contracts
from shared.contracts.digital_government import (
    CaseById,
    CaseDetail,
    CaseList,
    CasesOfOrgan,
    ImplementationList,
    ItemsOffered,
    MatterProgress,
    OneThingProgress,
    OneThingState,
)
from shared.handling import answers
from shared.succession import within

MOST_CASES = 1000
_CLOSED = (CaseState.DECIDED.value, CaseState.WITHDRAWN.value)


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


@answers(OneThingProgress)
def one_thing_progress(
    one_thing: OneThing, query: OneThingProgress, context: Context
) -> OneThingState:
    """Where each matter stands, in the order of the one-thing's definition."""
    cases = context.unit.find_all(Case, Case.one_thing_id == one_thing.id)
    by_matter = {case.matter: case for case in cases}
    return OneThingState.load(
        {
            "one_thing_id": one_thing.id,
            "version": one_thing.version,
            "thing": one_thing.thing,
            "division": one_thing.division,
            "state": one_thing.state,
            "due": one_thing.due.isoformat(),
            "provisional": one_thing.provisional,
            "matters": [
                _progress(code, one_thing.matter_states[code], by_matter.get(code)).dump()
                for code in one_thing.definition.matters
            ],
        }
    )


def _progress(matter: str, state: MatterState, case: Case | None) -> MatterProgress:
    name = MATTERS[matter].name_zh
    if case is None:
        return MatterProgress(matter=matter, name=name, state=state.value)
    return MatterProgress(
        matter=matter,
        name=name,
        case_id=case.id,
        state=case.state,
        outcome=case.outcome,
        due=case.due,
    )


@answers(CaseById)
def case_by_id(case: Case, query: CaseById, context: Context) -> CaseDetail:
    """One case with the facts that were shared for it."""
    return _detail(case)


@answers(CasesOfOrgan)
def cases_of_organ(query: CasesOfOrgan, context: Context) -> CaseList:
    """The open cases of an organ: what is due first stands first, what has no deadline last."""
    cases = context.unit.find_all(
        Case,
        Case.organ == query.organ,
        within(Case, [query.division]),
        Case.state.not_in(_CLOSED),
    )
    ordered = sorted(cases, key=lambda case: (case.due is None, case.due or case.submitted_at))
    return CaseList(cases=tuple(_detail(case) for case in ordered[:MOST_CASES]))


def _detail(case: Case) -> CaseDetail:
    return CaseDetail.load(
        {
            "case_id": case.id,
            "version": case.version,
            "matter": case.matter,
            "division": case.division,
            "organ": case.organ,
            "state": case.state,
            "outcome": case.outcome,
            "due": case.due.isoformat() if case.due is not None else None,
            "provisional": case.provisional,
            "missing": case.missing,
            "facts": case.facts,
            "materials_asked": len(case.missing),
            "corrections": case.corrections,
            "handler": case.handler,
            "awaits_post": case.awaits_post,
        }
    )
