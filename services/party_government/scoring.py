"""Who is evaluated, with which values, and how scores are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.party_government.domain.evaluation import (
    Criterion,
    Figure,
    NobodyToEvaluate,
    Score,
    score,
)
from services.party_government.figures import figures, targets_for
from services.party_government.models import (
    Evaluation,
    EvaluationResult,
    EvaluationVersion,
    IndicatorTarget,
    KnownOrgan,
)
from services.party_government.models.organs import in_being_on
from shared.context import Context
from shared.divisions import Level
from shared.storage import layout_of
from shared.succession import within

LEVELS = {"city": Level.CITY, "county": Level.COUNTY, "township": Level.TOWNSHIP}


@dataclass(frozen=True)
class Peer:
    """An organ that is evaluated beside others."""

    organ: str
    name: str
    division: str


def peers_of(
    terms: Mapping[str, Any], division: str, day: date, context: Context
) -> dict[str, Peer]:
    """The organs of a scheme's type, kind and level in a division that are there on a day, by id;
    raises `NobodyToEvaluate`."""
    conditions = [
        KnownOrgan.type == terms["organ_type"],
        KnownOrgan.level == int(LEVELS[terms["level"]]),
        within(KnownOrgan, [division]),
        in_being_on(day),
    ]
    if terms["organ_kind"] is not None:
        conditions.append(KnownOrgan.kind == terms["organ_kind"])
    found = context.unit.find_all(KnownOrgan, *conditions)
    if not found:
        raise NobodyToEvaluate()
    return {one.id: Peer(one.id, one.name, one.division) for one in found}


def figures_of(
    codes: Iterable[str], peers: Iterable[Peer], period: str, context: Context
) -> dict[str, dict[str, Figure]]:
    """By organ and indicator, the value and the target of its division; from one statement for all
    values and one for all targets. Raises `NotFound` for an indicator that was withdrawn."""
    wanted, known = sorted(set(codes)), tuple(peers)
    values = figures(wanted, sorted({peer.division for peer in known}), period, context)
    targets = targets_for(period, context, IndicatorTarget.code.in_(wanted))
    return {
        peer.organ: {
            code: Figure(values[code, peer.division], targets.get((code, peer.division)))
            for code in wanted
        }
        for peer in known
    }


def computed(
    criteria: Sequence[Criterion], peers: Mapping[str, Peer], period: str, context: Context
) -> tuple[Score, ...]:
    """The scores of peers in a period, the best first; raises as `figures_of`."""
    codes = [one.code for one in criteria]
    return score(criteria, figures_of(codes, peers.values(), period, context))


def keep_version(
    evaluation: Evaluation,
    scores: Sequence[Score],
    peers: Mapping[str, Peer],
    version: EvaluationVersion,
    corrected: Mapping[tuple[str, str], int],
    context: Context,
) -> None:
    """Append the results of an evaluation's present version, in one statement; `corrected` says by
    organ and criterion in which version a value was put right."""
    context.unit.add(version)
    context.unit.append(
        layout_of(EvaluationResult).table,
        *(
            {
                "id": f"{evaluation.id}.{evaluation.number}.{one.organ}",
                "division": peers[one.organ].division,
                "version": 1,
                "evaluation": evaluation.id,
                "number": evaluation.number,
                "organ": one.organ,
                "name": peers[one.organ].name,
                "score": None if one.total is None else int(one.total * 100),
                "rank": one.rank,
                "band": one.band,
                "lines": [
                    {
                        "code": line.criterion.code,
                        "value": line.value,
                        "target": line.target,
                        "points": None if line.points is None else float(line.points),
                        "weight": line.criterion.weight,
                        "share": None if line.share is None else float(line.share),
                        "method": line.criterion.method,
                        "direction": line.criterion.direction,
                        "corrected_in": corrected.get((one.organ, line.criterion.code)),
                    }
                    for line in one.lines
                ],
            }
            for one in scores
        ),
    )


def results_of(evaluation: Evaluation, context: Context) -> list[EvaluationResult]:
    """The results of an evaluation's present version."""
    return context.unit.find_all(
        EvaluationResult,
        EvaluationResult.evaluation == evaluation.id,
        EvaluationResult.number == evaluation.number,
    )
