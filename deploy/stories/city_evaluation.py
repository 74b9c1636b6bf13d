"""The evaluation of the cities in story 1 (可量化、可考核): simulated, computed, published,
appealed against, frozen."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from deploy.stories.stage import Stage
from shared.clocks import CHINA
from shared.contracts.party_government import (
    AdoptScheme,
    AnswerAppeal,
    AppealEvaluation,
    ComputedResults,
    ComputeEvaluation,
    CorrectedValue,
    DraftScheme,
    EvaluationCriterion,
    EvaluationResults,
    OpenEvaluation,
    OrganScore,
    PublishEvaluation,
    Results,
    SchemeTerms,
    SimulateScheme,
)
from shared.deadlines import due_after

PROVINCE = "33"
EVALUATOR, LEADER, APPELLANT = "evaluator", "leader", "office.3301"
ORGAN = "3301-government"
TASKS = "milestones_in_time_percent"
CRITERIA = {
    "directives_signed_in_time_percent": 40,
    "directives_handled_in_time_percent": 30,
    TASKS: 30,
}
"""Directives and results of tasks, with their weights; who has no task is measured by the rest."""


@dataclass
class EvaluationOutcome:
    """What is left of it to be shown: the results as they were published, and as they froze."""

    title: str
    published: Results
    frozen: Results


class EvaluationTelling:
    """Tells of the evaluation of the month that holds this day."""

    def __init__(self, stage: Stage, day: date) -> None:
        self.stage = stage
        self.period = f"{day:%Y-%m}"
        self.last_day = day.replace(day=monthrange(day.year, day.month)[1])
        self.title = "设区市政令执行与重大任务月度评价"
        self.evaluation = ""

    def cities(self, after_freezing: Callable[[], None]) -> EvaluationOutcome:
        """From the draft of the scheme to frozen results, which stay whatever comes after."""
        self._open()
        published = self._publish()
        self._appeal()
        frozen = self._freeze()
        after_freezing()
        self._check_unmoved(frozen)
        return EvaluationOutcome(self.title, published, frozen)

    def _open(self) -> None:
        """Draft a scheme, put it in force, and open the month, which is not over yet."""
        self.stage.watcher.step("评价方案 · a scheme for the cities, adopted; the month is opened")
        terms = SchemeTerms(
            title=self.title,
            organ_type="government",
            level="city",
            cycle="month",
            criteria=tuple(
                EvaluationCriterion(code=code, weight=weight, method="target", target=100)
                for code, weight in CRITERIA.items()
            ),
            appeal_days=3,
        )
        draft = DraftScheme(division=PROVINCE, terms=terms)
        self.scheme = self.stage.order(EVALUATOR, "evaluation/draft", draft).id
        adopted = AdoptScheme(scheme_id=self.scheme, basis="省政府月度评价工作安排")
        self.stage.order(LEADER, "evaluation/adopt", adopted)
        opened = OpenEvaluation(scheme_id=self.scheme, period=self.period)
        self.evaluation = self.stage.order(EVALUATOR, "evaluation/open", opened).id
        self.stage.refused(
            "computed before the month is over", EVALUATOR, self._compute(), "period-still-open"
        )

    def _compute(self) -> ComputeEvaluation:
        return ComputeEvaluation(evaluation_id=self.evaluation)

    def _publish(self) -> Results:
        """When the month is over, compute and publish."""
        self.stage.watcher.step("计算公布 · computed when the month is over, and published")
        over = due_after(datetime.combine(self.last_day, time(12), CHINA), 1).instant
        self.stage.move_calendar(over.astimezone(CHINA).replace(hour=9, minute=0, second=0))
        simulated = self.stage.ask(
            EVALUATOR, SimulateScheme(scheme_id=self.scheme, period=self.period)
        )
        self.stage.order(EVALUATOR, "evaluation/compute", self._compute())
        computed = self.stage.ask(EVALUATOR, ComputedResults(evaluation_id=self.evaluation))
        self.stage.check(
            "computed is what was simulated",
            [(one.organ, one.score, one.rank) for one in simulated.organs],
            [(one.organ, one.score, one.rank) for one in computed.scores],
        )
        self.stage.refused(
            "seen before it is published", APPELLANT, self._results(), "not-published-yet"
        )
        published = PublishEvaluation(evaluation_id=self.evaluation)
        self.stage.order(EVALUATOR, "evaluation/publish", published)
        results = self.stage.ask(APPELLANT, self._results())
        self.stage.check(
            "first by a tie of nine", [1] * 9, [one.rank for one in results.scores][:9]
        )
        self.stage.check("Hangzhou is the last", 11, self._of(ORGAN, results).rank)
        return results

    def _results(self) -> EvaluationResults:
        return EvaluationResults(evaluation_id=self.evaluation)

    @staticmethod
    def _of(organ: str, results: Results) -> OrganScore:
        return next(one for one in results.scores if one.organ == organ)

    def _appeal(self) -> None:
        """One city appeals, and is right: another version, the first stays."""
        self.stage.watcher.step("申诉答复 · one city appeals; upheld, as another version")
        appealed = AppealEvaluation(
            evaluation_id=self.evaluation,
            organ=ORGAN,
            reason="西湖区节点佐证在期限内已提交，因系统迁移迟延入库，有运维记录",
        )
        appeal = self.stage.order(APPELLANT, "evaluation/appeal", appealed).id
        state = self.stage.ask(APPELLANT, self._results()).evaluation.state
        self.stage.check("appealed", "appealed", state)
        answer = AnswerAppeal(
            appeal_id=appeal,
            verdict="upheld",
            reason="运维记录属实，该节点按时完成",
            corrections=(CorrectedValue(code=TASKS, value=100),),
        )
        self.stage.order(EVALUATOR, "evaluation/answer", answer)
        results = self.stage.ask(APPELLANT, self._results())
        self.stage.check(
            "version 2: Hangzhou is before Ningbo",
            (2, 10, 11),
            (
                results.number,
                self._of(ORGAN, results).rank,
                self._of("3302-government", results).rank,
            ),
        )

    def _freeze(self) -> Results:
        """The time for appeals ends by itself."""
        self.stage.watcher.step("定格 · frozen when the time for appeals is over")
        until = self.stage.ask(APPELLANT, self._results()).evaluation.appeals_until
        assert until is not None
        self.stage.move_calendar(until + timedelta(hours=9))
        frozen = self.stage.ask(APPELLANT, self._results())
        self.stage.check(
            "frozen", ("frozen", 2), (frozen.evaluation.state, frozen.evaluation.frozen_number)
        )
        return frozen

    def _check_unmoved(self, frozen: Results) -> None:
        """Whatever came since, the frozen results are what they were."""
        self.stage.check(
            "the frozen results", frozen.scores, self.stage.ask(APPELLANT, self._results()).scores
        )
        self.stage.refused(
            "computed when it is frozen",
            EVALUATOR,
            self._compute(),
            "evaluation-in-wrong-state",
        )
