"""Messages about evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.party_government.domain.evaluation import EvaluationState, SchemeState
from services.party_government.domain.ladder import LADDERS, Urgency
from services.party_government.models import (
    DefinedIndicator,
    Evaluation,
    EvaluationAppeal,
    EvaluationResult,
    EvaluationScheme,
    EvaluationVersion,
    KnownOrgan,
)
from shared.context import Context, new_id
from tests.security.databases import Databases, Payload, Resource, only

SERVICE = "party_government"
PERIOD = "2021-03"
EVALUATED = "evaluated-organ"
CORRECTIONS = [{"code": "cases_decided", "value": 9.0}]
LETTERS = str.maketrans("0123456789", "ghijklmnop")
TERMS: dict[str, Any] = {
    "title": "月度评价",
    "organ_type": "government",
    "organ_kind": None,
    "level": "county",
    "cycle": "month",
    "criteria": [
        {
            "code": "cases_decided",
            "weight": 100,
            "direction": "higher",
            "method": "rank",
            "target": None,
            "cap": 100,
            "missing": "left_out",
        }
    ],
    "appeal_days": 5,
    "answer_days": 5,
}


def _know_organ(databases: Databases, organ: str, division: str) -> None:
    """An organ in being, once."""

    def know(context: Context) -> None:
        if context.unit.find(KnownOrgan, organ) is None:
            known = KnownOrgan(id=organ, division=division, type="government", level=3)
            context.unit.add(known)

    databases.act(SERVICE, know)


def _define_indicator(databases: Databases) -> None:
    """The indicator of the terms, once, for the whole province."""

    def define(context: Context) -> None:
        if context.unit.find(DefinedIndicator, "cases_decided") is None:
            context.unit.add(
                DefinedIndicator(
                    id="cases_decided",
                    division="33",
                    formula="total(cases_decided)",
                    unit="count",
                )
            )

    databases.act(SERVICE, define)


def draft_scheme(databases: Databases, resource: Resource) -> Payload:
    _define_indicator(databases)
    return {"terms": TERMS, **resource}


def _scheme(databases: Databases, resource: Resource, state: SchemeState) -> EvaluationScheme:
    _define_indicator(databases)
    scheme = EvaluationScheme(
        id=f"es-{new_id()[:16]}",
        organ="33-government",
        # A kind for each, so that none makes room for another.
        terms={**TERMS, "organ_kind": new_id().translate(LETTERS)},
        state=state.value,
        **resource,
    )
    databases.add(SERVICE, scheme)
    return scheme


def on_scheme(
    state: SchemeState, fields: Payload, databases: Databases, resource: Resource
) -> Payload:
    """A scheme in that state."""
    return {"scheme_id": _scheme(databases, resource, state).id, **fields}


def simulate_scheme(databases: Databases, resource: Resource) -> Payload:
    division = resource.get("division", "33")
    _know_organ(databases, f"{division}-simulated", division)
    _define_indicator(databases)
    scheme = EvaluationScheme(
        id=f"es-{new_id()[:16]}", organ="33-government", terms=TERMS, **resource
    )
    databases.add(SERVICE, scheme)
    return {"scheme_id": scheme.id, "period": PERIOD}


def _evaluation(
    databases: Databases, resource: Mapping[str, Any], state: EvaluationState
) -> Evaluation:
    """The evaluation of a month that is over, with one result."""
    scheme = f"es-{new_id()[:16]}"
    evaluation = Evaluation(
        id=f"{scheme}.{PERIOD}",
        scheme=scheme,
        answerer="33-government",
        period=PERIOD,
        terms=TERMS,
        state=state.value,
        number=1,
        published_number=None if state is EvaluationState.COMPUTED else 1,
        **resource,
    )
    key = f"{evaluation.id}.1"

    def keep(context: Context) -> None:
        context.unit.add(evaluation)
        context.unit.add(
            EvaluationVersion(
                id=key,
                division=evaluation.division,
                evaluation=evaluation.id,
                number=1,
                made_at=context.now,
                made_by="test",
            )
        )
        line = {"code": "cases_decided", "value": 5.0, "target": None, "corrected_in": None}
        for organ in (EVALUATED, resource.get("organ", "organ-of-caller"), "another-organ"):
            context.unit.add(
                EvaluationResult(
                    id=f"{key}.{organ}",
                    evaluation=evaluation.id,
                    number=1,
                    organ=organ,
                    name=organ,
                    lines=[line],
                )
            )

    databases.act(SERVICE, keep)
    return evaluation


def on_evaluation(
    state: EvaluationState, fields: Payload, databases: Databases, resource: Resource
) -> Payload:
    """An evaluation in that state."""
    return {"evaluation_id": _evaluation(databases, resource, state).id, **fields}


def compute_evaluation(databases: Databases, resource: Resource) -> Payload:
    division = resource.get("division", "33")
    _know_organ(databases, f"{division}-computed", division)
    _define_indicator(databases)
    return on_evaluation(EvaluationState.COMPUTED, {}, databases, resource)


def appeal_evaluation(databases: Databases, resource: Resource) -> Payload:
    evaluation = _evaluation(databases, {}, EvaluationState.PUBLISHED)
    return {
        "evaluation_id": evaluation.id,
        "organ": resource.get("organ", EVALUATED),
        "reason": "数据有误",
    }


def _appeal(databases: Databases, organ: str, division: str) -> EvaluationAppeal:
    evaluation = _evaluation(databases, {"division": division}, EvaluationState.APPEALED)
    appeal = EvaluationAppeal(
        id=f"{evaluation.id}.{organ}",
        division=division,
        organ="33-government",
        evaluation=evaluation.id,
        appellant=organ,
        reason="数据有误",
        raised_at=databases.now,
        ladder_steps=LADDERS[Urgency.ROUTINE].to_json(),
    )
    databases.add(SERVICE, appeal)
    return appeal


def withdraw_appeal(databases: Databases, resource: Resource) -> Payload:
    appeal = _appeal(databases, resource.get("organ", EVALUATED), "33")
    return {"evaluation_id": appeal.evaluation, "organ": appeal.appellant}


def answer_appeal(databases: Databases, resource: Resource) -> Payload:
    appeal = _appeal(databases, EVALUATED, resource.get("division", "33"))
    return {
        "appeal_id": appeal.id,
        "verdict": "upheld",
        "reason": "经核实",
        "corrections": CORRECTIONS,
    }


DRAFT, ADOPTED = SchemeState.DRAFT, SchemeState.ADOPTED
COMPUTED, PUBLISHED = EvaluationState.COMPUTED, EvaluationState.PUBLISHED
CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "DraftScheme": draft_scheme,
    "ReviseScheme": partial(on_scheme, DRAFT, {"terms": TERMS}),
    "AdoptScheme": partial(on_scheme, DRAFT, {"basis": "考核办法"}),
    "SchemesInForce": only(),
    "EvaluationSchemes": only(),
    "SimulateScheme": simulate_scheme,
    "OpenEvaluation": partial(on_scheme, ADOPTED, {"period": PERIOD}),
    "ComputeEvaluation": compute_evaluation,
    "PublishEvaluation": partial(on_evaluation, COMPUTED, {}),
    "CorrectEvaluation": partial(
        on_evaluation,
        PUBLISHED,
        {"organ": EVALUATED, "corrections": CORRECTIONS, "reason": "数据有误"},
    ),
    "EvaluationsOfDivision": only(),
    "EvaluationResults": partial(on_evaluation, PUBLISHED, {}),
    "ComputedResults": partial(on_evaluation, COMPUTED, {}),
    "AppealEvaluation": appeal_evaluation,
    "WithdrawAppeal": withdraw_appeal,
    "AnswerAppeal": answer_appeal,
    "AppealsOfEvaluation": partial(on_evaluation, PUBLISHED, {}),
}
