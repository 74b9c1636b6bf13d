"""What is asked of evaluation: schemes, what a draft would come to, results, appeals."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from services.party_government.domain.evaluation import (
    NotPublishedYet,
    Score,
    last_day_of,
    require_cycle,
    score,
)
from services.party_government.models import (
    Evaluation,
    EvaluationAppeal,
    EvaluationResult,
    EvaluationScheme,
    EvaluationVersion,
    SchemeInForce,
)
from services.party_government.scoring import Peer, figures_of, peers_of
from shared.context import Context
from shared.contracts.party_government import (
    AppealList,
    AppealsOfEvaluation,
    ChangedValue,
    ComputedResults,
    EvaluationList,
    EvaluationResults,
    EvaluationSchemes,
    EvaluationsOfDivision,
    OrganScore,
    Results,
    SchemeList,
    SchemesInForce,
    ScoreLine,
    SimulatedRank,
    SimulateScheme,
    Simulation,
)
from shared.errors import NotFound
from shared.handling import answers

PAGE = 100


# Schemes


@answers(SchemesInForce)
def schemes_in_force(query: SchemesInForce, context: Context) -> SchemeList:
    """The schemes by which a division evaluates."""
    in_force = sa.select(SchemeInForce.scheme).where(SchemeInForce.division == query.division)
    found = context.unit.find_all(EvaluationScheme, EvaluationScheme.id.in_(in_force), limit=PAGE)
    return _scheme_list(found)


@answers(EvaluationSchemes)
def evaluation_schemes(query: EvaluationSchemes, context: Context) -> SchemeList:
    """The newest schemes of a division, drafts included."""
    newest = (
        sa.select(EvaluationScheme.id)
        .where(EvaluationScheme.division == query.division)
        .order_by(EvaluationScheme.created_at.desc(), EvaluationScheme.id)
        .limit(PAGE)
    )
    return _scheme_list(context.unit.find_all(EvaluationScheme, EvaluationScheme.id.in_(newest)))


def _scheme_list(found: list[EvaluationScheme]) -> SchemeList:
    newest_first = sorted(found, key=lambda one: str(one.created_at), reverse=True)
    return SchemeList(schemes=tuple(one.to_contract() for one in newest_first))


@answers(SimulateScheme)
def simulate_scheme(
    scheme: EvaluationScheme, query: SimulateScheme, context: Context
) -> Simulation:
    """The ranking under a scheme beside that under the one in force, with one reading of all
    values; raises `WrongPeriod`, `NobodyToEvaluate`."""
    require_cycle(query.period, scheme.terms["cycle"])
    last_day = last_day_of(query.period)
    peers = peers_of(scheme.terms, scheme.division, min(last_day, context.today), context)
    place = context.unit.find(SchemeInForce, scheme.place)
    present = None if place is None else context.unit.get(EvaluationScheme, place.scheme)
    criteria = (*scheme.criteria, *(() if present is None else present.criteria))
    figures = figures_of([one.code for one in criteria], peers.values(), query.period, context)
    at_present: Mapping[str, Score] = {}
    if present is not None:
        at_present = {one.organ: one for one in score(present.criteria, figures)}
    return Simulation(
        scheme_id=scheme.id,
        present=None if present is None else present.id,
        period=query.period,
        final=context.today > last_day,
        organs=tuple(
            _simulated(one, peers[one.organ], at_present.get(one.organ))
            for one in score(scheme.criteria, figures)
        ),
    )


def _simulated(drafted: Score, peer: Peer, present: Score | None) -> SimulatedRank:
    return SimulatedRank(
        organ=peer.organ,
        name=peer.name,
        division=peer.division,
        score=None if drafted.total is None else float(drafted.total),
        rank=drafted.rank,
        present_score=None if present is None or present.total is None else float(present.total),
        present_rank=None if present is None else present.rank,
    )


# Results


@answers(EvaluationsOfDivision)
def evaluations_of_division(query: EvaluationsOfDivision, context: Context) -> EvaluationList:
    """The newest evaluations of a division."""
    newest = (
        sa.select(Evaluation.id)
        .where(Evaluation.division == query.division)
        .order_by(Evaluation.period.desc(), Evaluation.id)
        .limit(PAGE)
    )
    found = context.unit.find_all(Evaluation, Evaluation.id.in_(newest))
    ordered = sorted(found, key=lambda one: one.period, reverse=True)
    return EvaluationList(evaluations=tuple(one.to_contract() for one in ordered))


@answers(EvaluationResults)
def evaluation_results(
    evaluation: Evaluation, query: EvaluationResults, context: Context
) -> Results:
    """Published results; raises `NotPublishedYet`, and `NotFound` for a version or organ that is
    not there."""
    first = evaluation.published_number
    if first is None or (query.number or evaluation.number) < first:
        raise NotPublishedYet()
    return _results(evaluation, query.number, query.organ, context)


@answers(ComputedResults)
def computed_results(evaluation: Evaluation, query: ComputedResults, context: Context) -> Results:
    """Results of any version; raises `NotFound` for a version or organ that is not there."""
    return _results(evaluation, query.number, query.organ, context)


def _results(
    evaluation: Evaluation, number: int | None, organ: str | None, context: Context
) -> Results:
    wanted = number or evaluation.number
    version = context.unit.find(EvaluationVersion, f"{evaluation.id}.{wanted}")
    if version is None:
        raise NotFound(what="version", id=f"{evaluation.id} {wanted}")
    conditions = [
        EvaluationResult.evaluation == evaluation.id,
        EvaluationResult.number == wanted,
    ]
    if organ is not None:
        conditions.append(EvaluationResult.organ == organ)
    columns = [
        EvaluationResult.organ,
        EvaluationResult.name,
        EvaluationResult.division,
        EvaluationResult.score,
        EvaluationResult.rank,
        EvaluationResult.band,
    ]
    if organ is not None:
        columns.append(EvaluationResult.lines)  # type: ignore[arg-type]
    rows = context.unit.rows(
        sa.select(*columns)
        .where(*conditions)
        .order_by(EvaluationResult.rank.is_(None), EvaluationResult.rank, EvaluationResult.organ)
    )
    if organ is not None and not rows:
        raise NotFound(what="organ", id=organ)
    return Results(
        evaluation=evaluation.to_contract(),
        number=wanted,
        at=version.made_at,
        reason=version.reason or None,
        appeal_id=version.appeal,
        changes=tuple(ChangedValue.load(one) for one in version.changes),
        scores=tuple(
            OrganScore(
                organ=row.organ,
                name=row.name,
                division=row.division,
                score=None if row.score is None else row.score / 100,
                rank=row.rank,
                band=row.band,
                lines=tuple(map(_line, row.lines)) if organ is not None else (),
            )
            for row in rows
        ),
    )


def _line(kept: Mapping[str, object]) -> ScoreLine:
    source = "indicator" if kept["corrected_in"] is None else "correction"
    return ScoreLine.load({**kept, "source": source})


@answers(AppealsOfEvaluation)
def appeals_of_evaluation(
    evaluation: Evaluation, query: AppealsOfEvaluation, context: Context
) -> AppealList:
    """The appeals against an evaluation, the earliest first; no more than organs evaluated."""
    found = context.unit.find_all(EvaluationAppeal, EvaluationAppeal.evaluation == evaluation.id)
    earliest = sorted(found, key=lambda one: (one.raised_at, one.id))
    return AppealList(appeals=tuple(one.to_contract() for one in earliest))
