"""Cases of evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.party_government.models import DefinedIndicator, KnownOrgan
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AdoptScheme,
    AnswerAppeal,
    AppealEvaluation,
    ComputeEvaluation,
    CorrectedValue,
    CorrectEvaluation,
    DraftScheme,
    EvaluationCriterion,
    OpenEvaluation,
    PublishEvaluation,
    ReviseScheme,
    SchemeTerms,
    WithdrawAppeal,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready, on_existing
from tests.measured import measured

AFTER_MARCH = datetime(2026, 4, 1, 10, tzinfo=CHINA)
MARCH = "2026-03"
COUNTY = "330106"
COUNTY_OFFICE = Principal(
    "account.county-office", "official", COUNTY, f"{COUNTY}-government", ("general_office",)
)
EVALUATOR = Principal("account.evaluator", "official", "33", "33-government", ("evaluator",))
LEADER = Principal("account.leader", "official", "33", "33-government", ("leader",))
TERMS = SchemeTerms(
    title="月度评价",
    organ_type="government",
    level="county",
    cycle="month",
    criteria=(EvaluationCriterion(code="cases_decided", weight=100, method="rank"),),
)
CORRECTED = (CorrectedValue(code="cases_decided", value=9.0),)


def cases_decided() -> DefinedIndicator:
    """An indicator of the province."""
    return DefinedIndicator(
        id="cases_decided", division="33", formula="total(cases_decided)", unit="count", edition=1
    )


def _know(harness: ServiceHarness) -> None:
    """The governments of the province and of two counties, with what one decided in March."""

    def work(context: Context) -> None:
        for division, level in (("33", 1), (COUNTY, 3), ("330203", 3)):
            context.unit.add(
                KnownOrgan(
                    id=f"{division}-government", division=division, type="government", level=level
                )
            )
        context.unit.add(cases_decided())
        measured(context, "cases_decided", COUNTY, MARCH, 5)

    harness.at(AFTER_MARCH)
    harness.act(work)


def draft_scheme(harness: ServiceHarness) -> Ready:
    """Two counties to evaluate."""
    _know(harness)
    order = DraftScheme(division="33", terms=TERMS)
    return Ready(order, EVALUATOR, replace(order, terms=replace(TERMS, appeal_days=3)))


def _scheme(harness: ServiceHarness) -> str:
    ready = draft_scheme(harness)
    return harness.execute(ready.order, ready.by).id


def revise_scheme(harness: ServiceHarness) -> Ready:
    """A draft."""
    return on_existing(ReviseScheme(scheme_id=_scheme(harness), terms=TERMS), EVALUATOR)


def adopt_scheme(harness: ServiceHarness) -> Ready:
    """A draft."""
    return on_existing(AdoptScheme(scheme_id=_scheme(harness), basis="考核办法"), LEADER)


def open_evaluation(harness: ServiceHarness) -> Ready:
    """A scheme in force."""
    ready = adopt_scheme(harness)
    scheme = harness.execute(ready.order, ready.by).id
    return on_existing(OpenEvaluation(scheme_id=scheme, period=MARCH), EVALUATOR)


def compute_evaluation(harness: ServiceHarness) -> Ready:
    """The evaluation of a month that is over."""
    ready = open_evaluation(harness)
    evaluation = harness.execute(ready.order, ready.by).id
    return on_existing(ComputeEvaluation(evaluation_id=evaluation), EVALUATOR)


def publish_evaluation(harness: ServiceHarness) -> Ready:
    """Results that were computed."""
    ready = compute_evaluation(harness)
    evaluation = harness.execute(ready.order, ready.by).id
    return on_existing(PublishEvaluation(evaluation_id=evaluation), EVALUATOR)


def _published(harness: ServiceHarness) -> str:
    ready = publish_evaluation(harness)
    return harness.execute(ready.order, ready.by).id


def correct_evaluation(harness: ServiceHarness) -> Ready:
    """Published results."""
    order = CorrectEvaluation(
        evaluation_id=_published(harness),
        organ=COUNTY_OFFICE.organ,
        corrections=CORRECTED,
        reason="数据有误",
    )
    return on_existing(order, EVALUATOR)


def appeal_evaluation(harness: ServiceHarness) -> Ready:
    """Published results."""
    order = AppealEvaluation(
        evaluation_id=_published(harness), organ=COUNTY_OFFICE.organ, reason="数据有误"
    )
    return Ready(order, COUNTY_OFFICE, replace(order, reason="另一理由"))


def withdraw_appeal(harness: ServiceHarness) -> Ready:
    """An appeal."""
    ready = appeal_evaluation(harness)
    evaluation, _, _ = harness.execute(ready.order, ready.by).id.rpartition(".")
    order = WithdrawAppeal(evaluation_id=evaluation, organ=COUNTY_OFFICE.organ)
    return Ready(order, COUNTY_OFFICE, replace(order, evaluation_id="another"))


def answer_appeal(harness: ServiceHarness) -> Ready:
    """An appeal."""
    ready = appeal_evaluation(harness)
    order = AnswerAppeal(
        appeal_id=harness.execute(ready.order, ready.by).id,
        verdict="upheld",
        reason="经核实",
        corrections=CORRECTED,
    )
    return on_existing(order, EVALUATOR)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "DraftScheme": draft_scheme,
    "ReviseScheme": revise_scheme,
    "AdoptScheme": adopt_scheme,
    "OpenEvaluation": open_evaluation,
    "ComputeEvaluation": compute_evaluation,
    "PublishEvaluation": publish_evaluation,
    "CorrectEvaluation": correct_evaluation,
    "AppealEvaluation": appeal_evaluation,
    "WithdrawAppeal": withdraw_appeal,
    "AnswerAppeal": answer_appeal,
}
