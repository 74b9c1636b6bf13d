"""Evaluation from the draft of a scheme to frozen results, and the five colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.domain.evaluation import (
    AppealedAlready,
    AppealIsClosed,
    AppealPeriodOver,
    EvaluationExists,
    EvaluationInWrongState,
    NotEvaluated,
    NothingCorrected,
    NotPublishedYet,
    PeriodStillOpen,
    SchemeIsNoDraft,
    SchemeNotInForce,
    UnfitScheme,
    WeightsDoNotSum,
    WrongPeriod,
)
from services.party_government.models import (
    DefinedIndicator,
    EvaluationResult,
    IndicatorTarget,
    KnownOrgan,
)
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AdoptScheme,
    AnswerAppeal,
    AppealAnswered,
    AppealDutyMet,
    AppealEscalated,
    AppealEvaluation,
    AppealsOfEvaluation,
    ChangedValue,
    ComputedResults,
    ComputeEvaluation,
    CorrectedValue,
    CorrectEvaluation,
    DivisionValue,
    DraftScheme,
    EvaluationCorrected,
    EvaluationCriterion,
    EvaluationFrozen,
    EvaluationPublished,
    EvaluationResults,
    EvaluationSchemes,
    EvaluationsOfDivision,
    IndicatorByDivision,
    OpenEvaluation,
    PublishEvaluation,
    Results,
    ReviseScheme,
    SchemeReplaced,
    SchemesInForce,
    SchemeTerms,
    SimulateScheme,
    WithdrawAppeal,
)
from shared.divisions import ZHEJIANG_COUNTIES
from shared.errors import InvalidInput, NotAllowed, NotFound
from shared.testing.harness import ServiceHarness
from tests.measured import measured

MARCH = "2026-03"
IN_MARCH = datetime(2026, 3, 16, 10, tzinfo=CHINA)
IN_APRIL = datetime(2026, 4, 1, 10, tzinfo=CHINA)
"""A Wednesday. Tomb-sweeping Day is on the 5th, its holiday lasts until the 6th."""
APPEALS_UNTIL = datetime(2026, 4, 9, 23, 59, 59, tzinfo=CHINA)
EVALUATOR = Principal("evaluator", "official", "33", "33-party_committee", ("evaluator",))
LEADER = Principal("leader", "official", "33", "33-government", ("leader",))


def office(division: str) -> Principal:
    return Principal(
        f"office.{division}", "official", division, f"{division}-government", ("general_office",)
    )


FIRST, SECOND, THIRD, FOURTH = ZHEJIANG_COUNTIES[:4]


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    harness = make_service(PartyGovernment)
    harness.at(IN_APRIL)
    harness.act(define)
    return harness


def define(context: Context) -> None:
    """Two indicators of the province, of which the second does not say which values are good, and
    one of a city."""
    context.unit.add(
        DefinedIndicator(
            id="items_online_percent",
            division="33",
            formula="ratio(items_online, items_offered) * 100",
            unit="percent",
            direction="higher",
        )
    )
    for code, division in (("cases_decided", "33"), ("ratings_of_hangzhou", "3301")):
        formula = "total(cases_decided)"
        context.unit.add(
            DefinedIndicator(id=code, division=division, formula=formula, unit="count")
        )


def know(harness: ServiceHarness, *divisions: str, **measures: list[int | None]) -> None:
    """Governments of counties, and what was counted there in March, by place."""

    def work(context: Context) -> None:
        for place, division in enumerate(divisions):
            context.unit.add(
                KnownOrgan(
                    id=f"{division}-government",
                    division=division,
                    name=f"{division}人民政府",
                    kind="government",
                    type="government",
                    level=3,
                )
            )
            for measure, values in measures.items():
                value = values[place]
                if value is not None:
                    measured(context, measure, division, MARCH, value)

    harness.act(work)


def terms(*criteria: EvaluationCriterion, **fields: Any) -> SchemeTerms:
    usual = (
        EvaluationCriterion(code="items_online_percent", weight=80, method="target", target=100.0),
        EvaluationCriterion(code="cases_decided", weight=20, method="min_max"),
    )
    given = {
        "title": "县（市、区）数字化改革月度评价",
        "organ_type": "government",
        "level": "county",
        "cycle": "month",
        "criteria": criteria or usual,
        **fields,
    }
    return SchemeTerms(**given)


def drafted(harness: ServiceHarness, *criteria: EvaluationCriterion, **fields: Any) -> str:
    order = DraftScheme(division="33", terms=terms(*criteria, **fields))
    return harness.execute(order, EVALUATOR).id


def adopted(harness: ServiceHarness, *criteria: EvaluationCriterion, **fields: Any) -> str:
    scheme = drafted(harness, *criteria, **fields)
    harness.execute(AdoptScheme(scheme_id=scheme, basis="考核办法"), LEADER)
    return scheme


def opened(harness: ServiceHarness) -> str:
    scheme = adopted(harness)
    return harness.execute(OpenEvaluation(scheme_id=scheme, period=MARCH), EVALUATOR).id


def four_counties(harness: ServiceHarness) -> None:
    """50, 80, 80 and unknown percent online; 0, 5, 10 and 10 cases decided."""
    know(
        harness,
        FIRST,
        SECOND,
        THIRD,
        FOURTH,
        items_offered=[10, 10, 10, None],
        items_online=[5, 8, 8, None],
        cases_decided=[0, 5, 10, 10],
    )


def computed(harness: ServiceHarness) -> str:
    four_counties(harness)
    evaluation = opened(harness)
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    return evaluation


def published(harness: ServiceHarness) -> str:
    evaluation = computed(harness)
    harness.execute(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)
    return evaluation


def results(harness: ServiceHarness, evaluation: str, **fields: Any) -> Results:
    return harness.execute(EvaluationResults(evaluation_id=evaluation, **fields), office(FIRST))


def ranking(told: Results) -> list[tuple[str, float | None, int | None]]:
    return [(one.division, one.score, one.rank) for one in told.scores]


def appealed(harness: ServiceHarness, evaluation: str, division: str = FIRST) -> str:
    by = office(division)
    order = AppealEvaluation(evaluation_id=evaluation, organ=by.organ, reason="网上可办数有误")
    return harness.execute(order, by).id


def answer(harness: ServiceHarness, appeal: str, *corrections: CorrectedValue) -> None:
    verdict: Any = "upheld" if corrections else "rejected"
    harness.execute(
        AnswerAppeal(appeal_id=appeal, verdict=verdict, reason="经核实", corrections=corrections),
        EVALUATOR,
    )


RIGHT = CorrectedValue(code="items_online_percent", value=90.0)
PRESENT = [(FOURTH, 100.0, 1), (THIRD, 84.0, 2), (SECOND, 74.0, 3), (FIRST, 40.0, 4)]


# Schemes


def test_weights_that_do_not_sum_change_nothing(harness: ServiceHarness) -> None:
    short = EvaluationCriterion(code="cases_decided", weight=99, method="rank")
    with pytest.raises(WeightsDoNotSum):
        drafted(harness, short)
    for unfit in (
        replace(short, code="no_such_indicator", weight=100),
        replace(short, code="ratings_of_hangzhou", weight=100),
        replace(short, code="items_online_percent", weight=100, direction="lower"),
    ):
        with pytest.raises(UnfitScheme):
            drafted(harness, unfit)
    assert harness.told() == []


def test_departments_are_compared_with_those_of_their_kind(harness: ServiceHarness) -> None:
    with pytest.raises(UnfitScheme) as refusal:
        drafted(harness, organ_type="department")
    assert set(refusal.value.fields["terms"]) == {"organ_kind"}
    drafted(harness, organ_type="department", organ_kind="market_regulation")


def test_a_draft_whose_indicator_was_withdrawn_is_not_adopted(harness: ServiceHarness) -> None:
    scheme = drafted(harness)
    harness.act(withdraw_cases_decided)
    with pytest.raises(UnfitScheme):
        harness.execute(AdoptScheme(scheme_id=scheme, basis="考核办法"), LEADER)


def withdraw_cases_decided(context: Context) -> None:
    context.unit.get(DefinedIndicator, "cases_decided").withdrawn = True


def test_a_draft_is_revised_and_an_adopted_scheme_is_not(harness: ServiceHarness) -> None:
    scheme = drafted(harness)
    revised = ReviseScheme(scheme_id=scheme, terms=terms(title="修改后的方案"))
    harness.execute(revised, EVALUATOR)
    harness.execute(AdoptScheme(scheme_id=scheme, basis="考核办法"), LEADER)
    (told,) = harness.execute(SchemesInForce(division="33"), office(FIRST)).schemes
    assert (told.scheme_id, told.terms.title, told.state) == (scheme, "修改后的方案", "adopted")
    for order, by in ((revised, EVALUATOR), (AdoptScheme(scheme_id=scheme, basis="再次"), LEADER)):
        with pytest.raises(SchemeIsNoDraft):
            harness.execute(order, by)


def test_whoever_drafts_does_not_adopt(harness: ServiceHarness) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(AdoptScheme(scheme_id=drafted(harness), basis="考核办法"), EVALUATOR)


def test_one_scheme_is_in_force_for_the_same_organs_and_cycle(harness: ServiceHarness) -> None:
    first, yearly = adopted(harness), adopted(harness, cycle="year")
    second = adopted(harness)
    told = harness.execute(SchemesInForce(division="33"), office(FIRST)).schemes
    assert {one.scheme_id for one in told} == {yearly, second}
    assert [(e.scheme_id, e.replaced_by) for e in harness.told(SchemeReplaced)] == [(first, second)]
    every = harness.execute(EvaluationSchemes(division="33"), LEADER).schemes
    assert {one.state for one in every} == {"adopted", "replaced"}
    with pytest.raises(SchemeNotInForce):
        harness.execute(OpenEvaluation(scheme_id=first, period=MARCH), EVALUATOR)


# Simulation


def test_a_draft_is_simulated_beside_the_scheme_in_force(harness: ServiceHarness) -> None:
    four_counties(harness)
    present = adopted(harness)
    cases_alone = EvaluationCriterion(code="cases_decided", weight=100, method="min_max")
    draft = drafted(harness, cases_alone)
    events = len(harness.told())
    told = harness.execute(SimulateScheme(scheme_id=draft, period=MARCH), LEADER)
    assert (told.present, told.final) == (present, True)
    assert [(one.division, one.rank, one.present_rank) for one in told.organs] == [
        (THIRD, 1, 2),
        (FOURTH, 1, 1),
        (SECOND, 3, 3),
        (FIRST, 4, 4),
    ]
    assert [one.score for one in told.organs] == [100.0, 100.0, 50.0, 0.0]
    assert [one.present_score for one in told.organs] == [84.0, 100.0, 74.0, 40.0]
    assert len(harness.told()) == events


def test_a_simulation_needs_no_scheme_in_force_and_no_period_that_is_over(
    harness: ServiceHarness,
) -> None:
    four_counties(harness)
    told = harness.execute(SimulateScheme(scheme_id=drafted(harness), period="2026-04"), LEADER)
    assert (told.present, told.final) == (None, False)
    # Nothing was decided in April yet, which all four share.
    assert {(one.score, one.rank, one.present_rank) for one in told.organs} == {(100.0, 1, None)}


# Computing


def test_a_period_that_is_not_over_is_refused_by_name(harness: ServiceHarness) -> None:
    four_counties(harness)
    scheme = adopted(harness)
    order = OpenEvaluation(scheme_id=scheme, period="2026-04")
    evaluation = harness.execute(order, EVALUATOR).id
    with pytest.raises(PeriodStillOpen, match="2026-04-30"):
        harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    with pytest.raises(EvaluationExists, match=evaluation):
        harness.execute(order, EVALUATOR)
    with pytest.raises(WrongPeriod):
        harness.execute(OpenEvaluation(scheme_id=scheme, period="2026"), EVALUATOR)


def test_counties_are_ranked_by_weighted_points(harness: ServiceHarness) -> None:
    assert ranking(results(harness, published(harness))) == PRESENT


def test_every_score_says_by_criterion_what_it_came_from(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    (one,) = results(harness, evaluation, organ=f"{SECOND}-government").scores
    online, cases = one.lines
    assert (online.value, online.points, online.weight, online.share) == (80.0, 80.0, 80, 80.0)
    assert (online.method, online.target, online.source) == ("target", 100.0, "indicator")
    assert (cases.value, cases.points, cases.weight) == (5.0, 50.0, 20)
    (unknown,) = results(harness, evaluation, organ=f"{FOURTH}-government").scores
    # What nobody counted is no 0: its weight goes to the other criterion.
    assert [(line.value, line.points, line.share) for line in unknown.lines] == [
        (None, None, None),
        (10.0, 100.0, 100.0),
    ]


def test_an_indicator_that_was_withdrawn_is_named(harness: ServiceHarness) -> None:
    four_counties(harness)
    evaluation = opened(harness)
    harness.act(withdraw_cases_decided)
    with pytest.raises(NotFound, match="cases_decided"):
        harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)


def test_each_division_is_measured_by_the_target_that_it_was_given(
    harness: ServiceHarness,
) -> None:
    four_counties(harness)

    def assign(context: Context) -> None:
        for division, value in ((FIRST, 50.0), (SECOND, 100.0)):
            context.unit.add(
                IndicatorTarget(
                    id=f"items_online_percent.{division}.2026",
                    division=division,
                    code="items_online_percent",
                    year=2026,
                    points=[{"month": 3, "value": value}],
                )
            )

    harness.act(assign)
    scheme = adopted(
        harness, EvaluationCriterion(code="items_online_percent", weight=100, method="target")
    )
    order = OpenEvaluation(scheme_id=scheme, period=MARCH)
    evaluation = harness.execute(order, EVALUATOR).id
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    harness.execute(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)
    assert ranking(results(harness, evaluation))[:2] == [(FIRST, 100.0, 1), (SECOND, 80.0, 2)]
    # A division without a target has no score, and a correction keeps the targets of the others.
    assert {one.rank for one in results(harness, evaluation).scores[2:]} == {None}
    answer(harness, appealed(harness, evaluation, SECOND), RIGHT)
    (line,) = results(harness, evaluation, organ=f"{SECOND}-government").scores[0].lines
    assert (line.points, line.target) == (90.0, 100.0)


def test_results_are_computed_again_until_they_are_published(harness: ServiceHarness) -> None:
    evaluation = computed(harness)
    harness.act(lambda context: measured(context, "items_offered", FOURTH, MARCH, 10))
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)

    def seen(number: int | None = None) -> Any:
        order = ComputedResults(evaluation_id=evaluation, number=number)
        return ranking(harness.execute(order, EVALUATOR))

    assert seen(1) == PRESENT
    assert seen()[-1] == (FOURTH, 20.0, 4)
    harness.execute(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)
    with pytest.raises(EvaluationInWrongState):
        harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)


def test_organs_of_the_period_are_evaluated_not_those_of_today(harness: ServiceHarness) -> None:
    four_counties(harness)

    def end_and_begin(context: Context) -> None:
        ended = context.unit.get(KnownOrgan, f"{FIRST}-government")
        ended.valid_to = IN_APRIL.date()
        began = context.unit.get(KnownOrgan, f"{SECOND}-government")
        began.valid_from = IN_APRIL.date()

    harness.act(end_and_begin)
    evaluation = opened(harness)
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    told = harness.execute(ComputedResults(evaluation_id=evaluation), EVALUATOR)
    assert {one.division for one in told.scores} == {FIRST, THIRD, FOURTH}


def test_ninety_counties_are_scored_with_as_many_statements_as_four(
    harness: ServiceHarness,
    make_service: Callable[[Any], ServiceHarness],
    statements: Callable[[ServiceHarness], list[str]],
) -> None:
    four_counties(harness)
    evaluation = opened(harness)
    seen = statements(harness)
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    few = len(seen)
    rest = ZHEJIANG_COUNTIES[4:]
    know(harness, *rest, cases_decided=list(range(len(rest))))
    seen.clear()
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    assert len(seen) == few
    ((kept,),) = harness.rows(sa.select(sa.func.count()).where(EvaluationResult.number == 2))
    assert kept == 90


# Publishing


def test_nobody_evaluated_sees_results_before_they_are_published(harness: ServiceHarness) -> None:
    evaluation = computed(harness)
    with pytest.raises(NotPublishedYet):
        results(harness, evaluation)
    with pytest.raises(NotAllowed):
        harness.execute(ComputedResults(evaluation_id=evaluation), office(FIRST))
    harness.execute(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)
    for division in (FIRST, "330203", "33"):
        told = harness.execute(EvaluationResults(evaluation_id=evaluation), office(division))
        assert ranking(told) == PRESENT
    resident = Principal("resident", "resident", FIRST, person="p-1")
    with pytest.raises(NotAllowed):
        harness.execute(EvaluationResults(evaluation_id=evaluation), resident)


def test_a_version_of_before_the_publication_stays_unseen(harness: ServiceHarness) -> None:
    evaluation = computed(harness)
    harness.execute(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)
    harness.execute(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)
    assert results(harness, evaluation, number=2).number == 2
    with pytest.raises(NotPublishedYet):
        results(harness, evaluation, number=1)


def test_appeals_have_working_days_and_then_the_results_freeze(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    (told,) = harness.told(EvaluationPublished)
    # Five working days after the 1st: the 2nd, 3rd, 7th, 8th and 9th.
    assert told.appeals_until == APPEALS_UNTIL
    harness.at(APPEALS_UNTIL - timedelta(seconds=1))
    assert harness.told(EvaluationFrozen) == []
    harness.at(APPEALS_UNTIL)
    assert [event.number for event in harness.told(EvaluationFrozen)] == [1]
    harness.at(APPEALS_UNTIL + timedelta(days=1))
    with pytest.raises(AppealPeriodOver, match="2026-04-09"):
        appealed(harness, evaluation)


# Appeals


def test_an_appeal_that_is_upheld_makes_another_version_and_leaves_the_first(
    harness: ServiceHarness,
) -> None:
    evaluation = published(harness)
    appeal = appealed(harness, evaluation)
    # What is counted since must not move anybody.
    harness.act(lambda context: measured(context, "items_offered", FOURTH, MARCH, 10))
    answer(harness, appeal, RIGHT)
    now, before = results(harness, evaluation), results(harness, evaluation, number=1)
    assert ranking(before) == PRESENT
    assert ranking(now) == [
        (FOURTH, 100.0, 1),
        (THIRD, 84.0, 2),
        (SECOND, 74.0, 3),
        (FIRST, 72.0, 4),
    ]
    change = ChangedValue(
        organ=f"{FIRST}-government", code="items_online_percent", before=50.0, after=90.0
    )
    assert (now.number, now.changes, now.reason, now.appeal_id) == (2, (change,), "经核实", appeal)
    assert (before.changes, before.reason) == ((), None)
    (line, _) = results(harness, evaluation, organ=f"{FIRST}-government").scores[0].lines
    assert (line.value, line.source, line.corrected_in) == (90.0, "correction", 2)
    (told,) = harness.told(EvaluationCorrected)
    assert (told.number, told.changes, told.appeal_id) == (2, (change,), appeal)


def test_a_correction_of_one_moves_the_others_where_peers_are_compared(
    harness: ServiceHarness,
) -> None:
    evaluation = published(harness)
    appeal = appealed(harness, evaluation)
    answer(harness, appeal, CorrectedValue(code="cases_decided", value=20.0))
    # With 20 as the most and 5 as the least, 10 cases are a third of the way.
    assert ranking(results(harness, evaluation)) == [
        (THIRD, 70.67, 1),
        (SECOND, 64.0, 2),
        (FIRST, 60.0, 3),
        (FOURTH, 33.33, 4),
    ]


def test_a_value_is_corrected_to_none_where_there_was_none(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    answer(
        harness,
        appealed(harness, evaluation),
        CorrectedValue(code="items_online_percent", value=None),
    )
    (one,) = results(harness, evaluation, organ=f"{FIRST}-government").scores
    assert [(line.value, line.share) for line in one.lines] == [(None, None), (0.0, 100.0)]


def test_an_appeal_that_is_rejected_changes_no_result(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    answer(harness, appealed(harness, evaluation))
    assert results(harness, evaluation).number == 1
    (told,) = harness.execute(AppealsOfEvaluation(evaluation_id=evaluation), office(SECOND)).appeals
    assert (told.organ, told.state, told.answer) == (f"{FIRST}-government", "rejected", "经核实")
    assert [event.verdict for event in harness.told(AppealAnswered)] == ["rejected"]


@pytest.mark.parametrize(("verdict", "corrections"), [("upheld", ()), ("rejected", (RIGHT,))])
def test_a_verdict_and_its_corrections_agree(
    harness: ServiceHarness, verdict: Any, corrections: tuple[CorrectedValue, ...]
) -> None:
    appeal = appealed(harness, published(harness))
    order = AnswerAppeal(
        appeal_id=appeal, verdict=verdict, reason="经核实", corrections=corrections
    )
    with pytest.raises(InvalidInput) as refusal:
        harness.execute(order, EVALUATOR)
    assert set(refusal.value.fields) == {"corrections"}


def test_a_correction_changes_something(harness: ServiceHarness) -> None:
    appeal = appealed(harness, published(harness))
    with pytest.raises(NothingCorrected):
        answer(harness, appeal, replace(RIGHT, value=50.0))
    answer(harness, appeal, RIGHT)
    with pytest.raises(AppealIsClosed):
        answer(harness, appeal)


def test_an_organ_appeals_once_in_its_own_name_and_if_it_was_evaluated(
    harness: ServiceHarness,
) -> None:
    evaluation = published(harness)
    appealed(harness, evaluation)
    with pytest.raises(AppealedAlready):
        appealed(harness, evaluation)
    with pytest.raises(NotEvaluated):
        appealed(harness, evaluation, "330203")
    with pytest.raises(NotAllowed):
        harness.execute(
            AppealEvaluation(
                evaluation_id=evaluation, organ=f"{FIRST}-government", reason="代为申诉"
            ),
            office(SECOND),
        )


def test_nobody_appeals_against_what_is_not_published(harness: ServiceHarness) -> None:
    evaluation = computed(harness)
    with pytest.raises(EvaluationInWrongState):
        appealed(harness, evaluation)


def test_results_freeze_with_the_last_answer_where_one_is_open_at_the_deadline(
    harness: ServiceHarness,
) -> None:
    evaluation = published(harness)
    first, second = appealed(harness, evaluation), appealed(harness, evaluation, SECOND)
    harness.at(APPEALS_UNTIL + timedelta(hours=1))
    assert harness.told(EvaluationFrozen) == []
    answer(harness, first)
    assert harness.told(EvaluationFrozen) == []
    answer(harness, second, RIGHT)
    assert [event.number for event in harness.told(EvaluationFrozen)] == [2]
    (told,) = harness.execute(EvaluationsOfDivision(division="33"), office(FIRST)).evaluations
    assert (told.state, told.frozen_number, told.open_appeals) == ("frozen", 2, 0)


def test_an_appeal_taken_back_keeps_nothing_open(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    appeal = appealed(harness, evaluation)
    order = WithdrawAppeal(evaluation_id=evaluation, organ=f"{FIRST}-government")
    harness.execute(order, office(FIRST))
    with pytest.raises(AppealIsClosed):
        answer(harness, appeal)
    harness.at(datetime(2026, 5, 29, 10, tzinfo=CHINA))
    assert harness.told(AppealEscalated) == []
    assert [event.number for event in harness.told(EvaluationFrozen)] == [1]


def test_an_answer_that_is_late_climbs_the_ladder_and_turns_yellow(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    appeal = appealed(harness, evaluation)
    harness.at(datetime(2026, 4, 30, 10, tzinfo=CHINA))
    steps = [(event.rung, event.told) for event in harness.told(AppealEscalated)]
    assert [rung for rung, _ in steps] == ["prompted", "urged", "supervised", "criticised"]
    assert steps[-1][1] == (f"{FIRST}-government",)
    answer(harness, appeal)
    assert [event.colour for event in harness.told(AppealDutyMet)] == ["yellow"]


# Frozen results


def test_a_frozen_result_is_corrected_by_another_version_alone(harness: ServiceHarness) -> None:
    evaluation = published(harness)
    harness.at(APPEALS_UNTIL)
    rows = harness.rows(sa.select(EvaluationResult.__table__).order_by(EvaluationResult.id))
    order = CorrectEvaluation(
        evaluation_id=evaluation,
        organ=f"{FIRST}-government",
        corrections=(RIGHT,),
        reason="审计发现数据有误",
    )
    harness.execute(order, EVALUATOR)
    now = results(harness, evaluation)
    assert (now.number, now.evaluation.frozen_number, now.evaluation.state) == (2, 1, "frozen")
    assert now.reason == "审计发现数据有误"
    assert ranking(results(harness, evaluation, number=1)) == PRESENT
    kept = harness.rows(
        sa.select(EvaluationResult.__table__)
        .where(EvaluationResult.number == 1)
        .order_by(EvaluationResult.id)
    )
    assert kept == rows


def test_results_that_nobody_saw_are_not_corrected(harness: ServiceHarness) -> None:
    order = CorrectEvaluation(
        evaluation_id=computed(harness),
        organ=f"{FIRST}-government",
        corrections=(RIGHT,),
        reason="数据有误",
    )
    with pytest.raises(EvaluationInWrongState):
        harness.execute(order, EVALUATOR)


def test_only_who_was_evaluated_is_corrected(harness: ServiceHarness) -> None:
    order = CorrectEvaluation(
        evaluation_id=published(harness),
        organ="330203-government",
        corrections=(RIGHT,),
        reason="数据有误",
    )
    with pytest.raises(NotEvaluated):
        harness.execute(order, EVALUATOR)


# Five colours


def by_division(harness: ServiceHarness, **fields: Any) -> tuple[DivisionValue, ...]:
    given = {"division": "33", "level": "county", "period": MARCH, **fields}
    return harness.execute(IndicatorByDivision(**given), LEADER).divisions


def test_ninety_counties_are_seen_in_five_bands_of_eighteen(harness: ServiceHarness) -> None:
    know(
        harness,
        *ZHEJIANG_COUNTIES,
        items_offered=[90] * 90,
        items_online=list(range(90)),
    )
    told = by_division(harness, code="items_online_percent")
    assert Counter(one.band for one in told) == dict.fromkeys(
        ("green", "blue", "yellow", "orange", "red"), 18
    )
    best = max(told, key=lambda one: one.value or 0)
    assert (best.division, best.rank, best.band) == (ZHEJIANG_COUNTIES[-1], 1, "green")
    hangzhou = by_division(harness, code="items_online_percent", division="3301")
    assert sorted(one.rank or 0 for one in hangzhou) == list(range(1, 14))


def test_ties_share_a_band_and_who_has_no_value_has_none(harness: ServiceHarness) -> None:
    four_counties(harness)
    told = {one.division: one for one in by_division(harness, code="items_online_percent")}
    assert {code: (one.value, one.rank, one.band) for code, one in told.items()} == {
        FIRST: (50.0, 3, "orange"),
        SECOND: (80.0, 1, "green"),
        THIRD: (80.0, 1, "green"),
        FOURTH: (None, None, None),
    }
    # Nothing says whether many cases are good.
    assert {one.rank for one in by_division(harness, code="cases_decided")} == {None}


def test_results_are_seen_in_five_colours(harness: ServiceHarness) -> None:
    told = results(harness, published(harness)).scores
    assert [(one.division, one.band) for one in told] == [
        (FOURTH, "green"),
        (THIRD, "blue"),
        (SECOND, "yellow"),
        (FIRST, "orange"),
    ]
