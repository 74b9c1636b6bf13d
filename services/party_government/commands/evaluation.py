"""Drafting and adopting schemes; computing, publishing, appealing and correcting results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.party_government.commands.ladders import ladder_of
from services.party_government.domain.evaluation import (
    AppealedAlready,
    EvaluationExists,
    EvaluationVerb,
    Figure,
    NotEvaluated,
    NothingCorrected,
    last_day_of,
    require_cycle,
    require_over,
    score,
)
from services.party_government.domain.indicators import Direction
from services.party_government.domain.ladder import Step, Told, Urgency
from services.party_government.figures import Indicators
from services.party_government.models import (
    Evaluation,
    EvaluationAppeal,
    EvaluationResult,
    EvaluationScheme,
    EvaluationVersion,
    KnownOrgan,
    SchemeInForce,
)
from services.party_government.scoring import (
    Peer,
    computed,
    keep_version,
    peers_of,
    results_of,
)
from shared.context import Context
from shared.contracts.party_government import (
    AdoptScheme,
    AnswerAppeal,
    AppealEvaluation,
    ChangedValue,
    ComputeEvaluation,
    CorrectedValue,
    CorrectEvaluation,
    DraftScheme,
    OpenEvaluation,
    PublishEvaluation,
    ReviseScheme,
    WithdrawAppeal,
)
from shared.deadlines import due_after
from shared.errors import InvalidInput, NotFound
from shared.handling import handles, on_timer

FREEZING = "freeze_evaluation"
CLIMBING = "climb_evaluation_appeal"


# Schemes


@handles(DraftScheme)
def draft_scheme(order: DraftScheme, context: Context) -> EvaluationScheme:
    """Draft a scheme; raises `UnfitScheme`, `WeightsDoNotSum`."""
    scheme = EvaluationScheme(
        id=f"es-{context.new_id()[:16]}", division=order.division, organ=context.actor.organ
    )
    scheme.draft(order.terms, _directions(scheme, context))
    return scheme


@handles(ReviseScheme)
def revise_scheme(scheme: EvaluationScheme, order: ReviseScheme, context: Context) -> None:
    """Give a draft other terms; raises `SchemeIsNoDraft`, `UnfitScheme`, `WeightsDoNotSum`."""
    scheme.draft(order.terms, _directions(scheme, context))


@handles(AdoptScheme)
def adopt_scheme(scheme: EvaluationScheme, order: AdoptScheme, context: Context) -> None:
    """Put a draft in force; the one in its place makes room. Raises `SchemeIsNoDraft`, and
    `UnfitScheme` where an indicator was withdrawn or defined otherwise meanwhile."""
    place = context.unit.find(SchemeInForce, scheme.place)
    replaced = None if place is None else place.scheme
    scheme.adopt(order.basis, replaced, _directions(scheme, context))
    if place is None:
        context.unit.add(SchemeInForce(id=scheme.place, division=scheme.division, scheme=scheme.id))
        return
    context.unit.get(EvaluationScheme, place.scheme).make_room(scheme.id)
    place.scheme = scheme.id


def _directions(scheme: EvaluationScheme, context: Context) -> dict[str, Direction | None]:
    """The indicators that hold in the scheme's division, each with which values are good."""
    holding = Indicators.known(context).holding_in(scheme.division)
    return {
        one.code: None if one.direction is None else Direction(one.direction)
        for one in holding
        if not one.is_group
    }


# Evaluations


@handles(OpenEvaluation)
def open_evaluation(
    scheme: EvaluationScheme, order: OpenEvaluation, context: Context
) -> Evaluation:
    """Begin the evaluation of a period; raises `SchemeNotInForce`, `WrongPeriod`,
    `EvaluationExists`."""
    require_cycle(order.period, scheme.terms["cycle"])
    key = f"{scheme.id}.{order.period}"
    if context.unit.find(Evaluation, key) is not None:
        raise EvaluationExists(period=order.period, evaluation=key)
    return Evaluation.opened(key, scheme, order.period)


@handles(ComputeEvaluation)
def compute_evaluation(evaluation: Evaluation, order: ComputeEvaluation, context: Context) -> None:
    """Compute the scores of all organs, as another version; raises `PeriodStillOpen`,
    `EvaluationInWrongState`, `NobodyToEvaluate`, `NotFound` for an indicator that was withdrawn."""
    evaluation.require(EvaluationVerb.COMPUTE)
    require_over(evaluation.period, context.today)
    day = last_day_of(evaluation.period)
    peers = peers_of(evaluation.terms, evaluation.division, day, context)
    scores = computed(evaluation.criteria, peers, evaluation.period, context)
    evaluation.compute(len(scores))
    keep_version(evaluation, scores, peers, _version_of(evaluation, context), {}, context)


@handles(PublishEvaluation)
def publish_evaluation(evaluation: Evaluation, order: PublishEvaluation, context: Context) -> None:
    """Show the results; a timer freezes them when the time for appeals is over. Raises
    `EvaluationInWrongState`."""
    until = due_after(context.now, evaluation.terms["appeal_days"]).instant
    evaluation.publish(until)
    context.unit.arm(FREEZING, evaluation.id, until, context)


@on_timer(FREEZING)
def freeze_evaluation(evaluation: Evaluation, context: Context) -> None:
    """The time for appeals is over; while one waits for its answer, that answer freezes."""
    evaluation.freeze_when_due(context.now)


@handles(CorrectEvaluation)
def correct_evaluation(evaluation: Evaluation, order: CorrectEvaluation, context: Context) -> None:
    """Put values of an organ right in another version; raises `EvaluationInWrongState`,
    `NotEvaluated`, `NothingCorrected`."""
    _correct(evaluation, order.organ, order.corrections, order.reason, None, context)


# Appeals


@handles(AppealEvaluation)
def appeal_evaluation(order: AppealEvaluation, context: Context) -> EvaluationAppeal:
    """Appeal against published results; raises `EvaluationInWrongState`, `AppealPeriodOver`,
    `NotEvaluated`, `AppealedAlready`."""
    evaluation = context.unit.get(Evaluation, order.evaluation_id)
    evaluation.take_appeal(context.now)
    result = f"{evaluation.id}.{evaluation.number}.{order.organ}"
    if context.unit.find(EvaluationResult, result) is None:
        raise NotEvaluated(organ=order.organ)
    key = f"{evaluation.id}.{order.organ}"
    if context.unit.find(EvaluationAppeal, key) is not None:
        raise AppealedAlready(appeal=key)
    ladder = ladder_of(Urgency.ROUTINE, evaluation.division, context)
    appeal = EvaluationAppeal(
        id=key,
        division=evaluation.division,
        organ=evaluation.answerer,
        evaluation=evaluation.id,
        appellant=order.organ,
        reason=order.reason,
        raised_at=context.now,
        ladder_steps=ladder.to_json(),
    )
    appeal.raise_against(evaluation, due_after(context.now, _answer_days(evaluation)).instant)
    _arm_climbing(appeal, context)
    return appeal


@handles(WithdrawAppeal)
def withdraw_appeal(order: WithdrawAppeal, context: Context) -> EvaluationAppeal:
    """Take an appeal back; raises `AppealIsClosed`."""
    appeal = context.unit.get(EvaluationAppeal, f"{order.evaluation_id}.{order.organ}")
    appeal.withdraw()
    context.unit.cancel(CLIMBING, appeal.id, context)
    context.unit.get(Evaluation, appeal.evaluation).close_appeal(context.now)
    return appeal


@handles(AnswerAppeal)
def answer_appeal(appeal: EvaluationAppeal, order: AnswerAppeal, context: Context) -> None:
    """Uphold an appeal with the right values, or reject it; raises `AppealIsClosed`,
    `NothingCorrected`."""
    if (order.verdict == "upheld") != bool(order.corrections):
        fault = "An appeal is upheld with corrected values, and rejected without."
        raise InvalidInput(fields={"corrections": [fault]})
    evaluation = context.unit.get(Evaluation, appeal.evaluation)
    appeal.be_answered(order, context.now)
    context.unit.cancel(CLIMBING, appeal.id, context)
    if order.corrections:
        _correct(evaluation, appeal.appellant, order.corrections, order.reason, appeal.id, context)
    evaluation.close_appeal(context.now)


@on_timer(CLIMBING)
def climb_evaluation_appeal(appeal: EvaluationAppeal, context: Context) -> None:
    """An appeal that nobody answered climbs its ladder."""
    if appeal.due is None:
        return
    step = appeal.ladder.step_at(appeal.due, context.now)
    if step is not None:
        appeal.climb(step.rung, _told_of(step, appeal, context))
    _arm_climbing(appeal, context)


def _told_of(step: Step, appeal: EvaluationAppeal, context: Context) -> tuple[str, ...]:
    """Who is told beside the organ that owes the answer: the one above it, then the appellant."""
    if step.tells is Told.ORGAN:
        return ()
    owing = context.unit.find(KnownOrgan, appeal.organ)
    above = () if owing is None or owing.parent is None else (owing.parent,)
    return above if step.tells is Told.SUPERIOR else (*above, appeal.appellant)


def _arm_climbing(appeal: EvaluationAppeal, context: Context) -> None:
    assert appeal.due is not None
    instant = appeal.ladder.next_after(appeal.due, context.now)
    if instant is not None:
        context.unit.arm(CLIMBING, appeal.id, instant, context)


def _answer_days(evaluation: Evaluation) -> int:
    return int(evaluation.terms["answer_days"])


# Versions


def _correct(
    evaluation: Evaluation,
    organ: str,
    corrections: Sequence[CorrectedValue],
    reason: str,
    appeal: str | None,
    context: Context,
) -> None:
    """Score everybody again with the values that stood, these corrected ones in their place.

    What others had is read from the version before, not from the figures of today, so that nothing
    moves but by the correction.
    """
    evaluation.require(EvaluationVerb.CORRECT)
    results = {one.organ: one for one in results_of(evaluation, context)}
    if organ not in results:
        raise NotEvaluated(organ=organ)
    figures = {
        one.organ: {line["code"]: Figure(line["value"], line["target"]) for line in one.lines}
        for one in results.values()
    }
    changes = _changes(organ, figures[organ], corrections)
    for one in changes:
        figures[organ][one.code] = replace(figures[organ][one.code], value=one.after)
    evaluation.correct(changes, reason, appeal)
    corrected = {
        (one.organ, line["code"]): line["corrected_in"]
        for one in results.values()
        for line in one.lines
    }
    corrected |= {(organ, one.code): evaluation.number for one in changes}
    peers = {one.organ: Peer(one.organ, one.name, one.division) for one in results.values()}
    version = _version_of(evaluation, context)
    version.reason, version.appeal = reason, appeal
    version.changes = [one.dump() for one in changes]
    scores = score(evaluation.criteria, figures)
    keep_version(evaluation, scores, peers, version, corrected, context)


def _changes(
    organ: str, figures: Mapping[str, Figure], corrections: Sequence[CorrectedValue]
) -> list[ChangedValue]:
    for one in corrections:
        if one.code not in figures:
            raise NotFound(what="criterion", id=one.code)
    changes = [
        ChangedValue(organ=organ, code=code, before=figures[code].value, after=after)
        for code, after in {one.code: one.value for one in corrections}.items()
        if figures[code].value != after
    ]
    if not changes:
        raise NothingCorrected()
    return changes


def _version_of(evaluation: Evaluation, context: Context) -> EvaluationVersion:
    return EvaluationVersion(
        id=f"{evaluation.id}.{evaluation.number}",
        division=evaluation.division,
        evaluation=evaluation.id,
        number=evaluation.number,
        made_at=context.now,
        made_by=context.actor.id,
    )
