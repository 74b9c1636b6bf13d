"""Cases, for those whom they concern and those who handle them."""

from __future__ import annotations

import sqlalchemy as sa

from services.digital_government.domain import procedures
from services.digital_government.domain.cases import AGAINST, REMEDIES, CaseState
from services.digital_government.models import Case, CaseReview, ItemEdition
from services.digital_government.models.cases import is_awaited, is_undecided
from services.digital_government.queries.applications import form_values, needed_materials
from shared.context import Context
from shared.contracts.digital_government import (
    CaseById,
    CaseDelivery,
    CaseDetail,
    CaseList,
    CasesOfOrgan,
    CasesReceived,
    ItemDefinition,
    ReviewDetail,
    ReviewList,
    ReviewsOfOrgan,
    StepProgress,
    StepState,
)
from shared.handling import answers
from shared.succession import within

MOST_CASES = 1000
OFFICIALS = ("case_officer", "leader")


@answers(CaseById)
def case_by_id(case: Case, query: CaseById, context: Context) -> CaseDetail:
    """One case with the facts that were shared for it."""
    return _detail(case, _editions_of([case], context), context)


@answers(CasesOfOrgan)
def cases_of_organ(query: CasesOfOrgan, context: Context) -> CaseList:
    """The open cases of an organ: what is due first stands first, what has no deadline last."""
    cases = context.unit.find_all(
        Case,
        Case.organ == query.organ,
        within(Case, [query.division]),
        is_undecided(context.today),
    )
    ordered = sorted(cases, key=lambda case: (case.due is None, case.due or case.submitted_at))
    shown = ordered[:MOST_CASES]
    editions = _editions_of(shown, context)
    return CaseList(cases=tuple(_detail(case, editions, context) for case in shown))


@answers(CasesReceived)
def cases_received(query: CasesReceived, context: Context) -> CaseList:
    """What the windows of the organ received and is not over for the applicant, the oldest
    first."""
    waiting = sa.and_(Case.state == CaseState.DECIDED.value, Case.delivery.is_(None))
    open_ = sa.or_(is_undecided(context.today), waiting)
    cases = context.unit.find_all(Case, Case.received_by == query.organ, open_, limit=MOST_CASES)
    editions = _editions_of(cases, context)
    ordered = sorted(cases, key=lambda case: case.submitted_at)
    return CaseList(cases=tuple(_detail(case, editions, context) for case in ordered))


@answers(ReviewsOfOrgan)
def reviews_of_organ(query: ReviewsOfOrgan, context: Context) -> ReviewList:
    """The open reviews of an organ, what is due first first, each with what was applied with."""
    reviews = context.unit.find_all(
        CaseReview,
        CaseReview.organ == query.organ,
        within(CaseReview, [query.division]),
        is_awaited(context.today),
        limit=MOST_CASES,
    )
    cases = context.unit.find_each(Case, *(review.case_id for review in reviews))
    editions = _editions_of(list(cases.values()), context)
    reviews.sort(key=lambda one: (one.due is None, one.due or cases[one.case_id].submitted_at))
    return ReviewList(
        reviews=tuple(
            _review(one, cases[one.case_id], editions[cases[one.case_id].item_edition])
            for one in reviews
        )
    )


def _review(review: CaseReview, case: Case, edition: ItemEdition) -> ReviewDetail:
    return ReviewDetail(
        review_id=review.id,
        version=review.version,
        case_id=case.id,
        matter=review.matter,
        step=review.step,
        name=review.name,
        by=review.by,
        due=review.due,
        form=form_values(case.form, edition.definition.form),
        facts=tuple(case.facts),
    )


def _editions_of(cases: list[Case], context: Context) -> dict[str, ItemEdition]:
    return context.unit.reference(ItemEdition, *{case.item_edition for case in cases})


def _detail(case: Case, editions: dict[str, ItemEdition], context: Context) -> CaseDetail:
    definition = editions[case.item_edition].definition
    is_against = case.outcome == "refused" or case.state in AGAINST
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
            "materials_asked": len(case.missing) + len(case.materials),
            "corrections": case.corrections,
            "handler": case.handler,
            "awaits_post": case.awaits_post,
            "item_edition": case.item_edition,
            "reasons": case.reasons,
            "remedies": REMEDIES if is_against else None,
            "form": [one.dump() for one in form_values(case.form, definition.form)],
            "materials": [
                one.dump() for one in needed_materials(case.materials, definition.materials)
            ],
            "steps": [one.dump() for one in _steps(case, definition, context)],
            "explanation": case.ruling,
            "tolerated_until": case.tolerated_until.isoformat() if case.tolerated_until else None,
            "delivery": CaseDelivery.load(case.delivery).dump() if case.delivery else None,
            "received_by": case.received_by,
        }
    )


def _steps(case: Case, definition: ItemDefinition, context: Context) -> list[StepProgress]:
    left_out = procedures.steps_left_out(definition.procedure, case.known(context.today))
    done = _done(case, definition)
    is_open = {
        step.key
        for step in procedures.open_steps(definition.procedure, done, case.known(context.today))
    }

    def state_of(key: str) -> StepState:
        if key in done:
            return "done"
        if key in left_out:
            return "left_out"
        return "open" if key in is_open and not case.is_closed else "waiting"

    place, _, kind = case.organ.partition("-")
    return [
        StepProgress(
            step=step.key,
            name=step.name,
            stage=step.stage,
            state=state_of(step.key),
            organ=f"{place}-{step.organ_kind or kind}" if step.by in OFFICIALS else None,
            opinion=case.steps.get(step.key, {}).get("opinion"),
            note=case.steps.get(step.key, {}).get("note"),
            review_id=case.steps.get(step.key, {}).get("review_id"),
        )
        for step in procedures.steps_of(definition.procedure)
    ]


def _done(case: Case, definition: ItemDefinition) -> set[str]:
    """The steps that the case has behind it, by its state and its reviews."""
    stages = {"application"}
    if case.clock is not None:
        stages.add("acceptance")
    if case.state == CaseState.DECIDED:
        stages.add("decision")
    if case.delivery is not None:
        stages.add("delivery")
    steps = procedures.steps_of(definition.procedure)
    return {step.key for step in steps if step.stage in stages} | case.steps_done
