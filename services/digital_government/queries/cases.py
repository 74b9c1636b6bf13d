"""Cases, for those whom they concern and those who handle them."""

from __future__ import annotations

from services.digital_government.domain.cases import CaseState
from services.digital_government.models import Case
from shared.context import Context
from shared.contracts.digital_government import CaseById, CaseDetail, CaseList, CasesOfOrgan
from shared.handling import answers
from shared.succession import within

MOST_CASES = 1000

_CLOSED = (CaseState.DECIDED.value, CaseState.WITHDRAWN.value)


@answers(CaseById)
def case_by_id(case: Case, query: CaseById, context: Context) -> CaseDetail:
    """One case with the facts that were shared for it."""
    return _detail(case)


@answers(CasesOfOrgan)
def cases_of_organ(query: CasesOfOrgan, context: Context) -> CaseList:
    """The open cases of an organ: what is due first stands first, what has no deadline last."""
    cases = context.unit.find_all(
        Case, Case.organ == query.organ, within(Case, [query.division]), Case.state.not_in(_CLOSED)
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
