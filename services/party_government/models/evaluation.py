"""Schemes of evaluation, the evaluations of periods with their versions and results, appeals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.evaluation import (
    APPEAL_STATES_ZH,
    AppealIsClosed,
    AppealPeriodOver,
    AppealState,
    Criterion,
    EvaluationState,
    EvaluationVerb,
    SchemeIsNoDraft,
    SchemeNotInForce,
    SchemeState,
    UnfitScheme,
    require_allowed,
    require_sound,
)
from services.party_government.domain.indicators import Direction
from services.party_government.domain.ladder import Ladder
from services.party_government.models.base import Model
from services.party_government.models.duties import Duty
from shared import storage
from shared.classification import EVIDENCE, L1, L2, PERMANENT
from shared.contracts import party_government as contract
from shared.contracts.party_government import (
    AppealAnswered,
    AppealDutyMet,
    AppealEscalated,
    AppealRaised,
    AppealWithdrawn,
    ChangedValue,
    EvaluationComputed,
    EvaluationCorrected,
    EvaluationFrozen,
    EvaluationOpened,
    EvaluationPublished,
    SchemeAdopted,
    SchemeDrafted,
    SchemeReplaced,
    SchemeTerms,
)
from shared.storage import Json


class EvaluationScheme(storage.Aggregate, Model, kw_only=True, eq=False):
    """Who in a division is evaluated by which criteria; `organ` drafted it and answers appeals.

    Its terms never change once it was adopted.
    """

    __tablename__ = "evaluation_scheme"
    retention = PERMANENT

    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    terms: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=SchemeState.DRAFT.value, info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Its criteria, in their order."""
        return criteria_of(self.terms)

    @property
    def place(self) -> str:
        """Of all schemes with one place, one is in force."""
        terms = self.terms
        kind = terms["organ_kind"] or terms["organ_type"]
        return ".".join((self.division, kind, terms["level"], terms["cycle"]))

    def draft(self, terms: SchemeTerms, known: Mapping[str, Direction | None]) -> None:
        """Have these terms; raises `SchemeIsNoDraft`, `UnfitScheme`, `WeightsDoNotSum`."""
        self._require_draft()
        if (terms.organ_type == "department") != (terms.organ_kind is not None):
            fault = "Of departments those of one kind are compared; of others there is one kind."
            raise UnfitScheme(fields={"terms": {"organ_kind": [fault]}})
        self.terms = terms.dump()
        require_sound(self.criteria, known)
        self.tell(SchemeDrafted(scheme_id=self.id, division=self.division, title=terms.title))

    def adopt(
        self, basis: str, replaces: str | None, known: Mapping[str, Direction | None]
    ) -> None:
        """Be in force; raises `SchemeIsNoDraft`, `UnfitScheme`."""
        self._require_draft()
        require_sound(self.criteria, known)
        self.state = SchemeState.ADOPTED.value
        self.basis = basis
        self.tell(
            SchemeAdopted(
                scheme_id=self.id,
                division=self.division,
                title=self.terms["title"],
                basis=basis,
                replaces=replaces,
            )
        )

    def make_room(self, successor: str) -> None:
        """Be in force no more."""
        self.state = SchemeState.REPLACED.value
        self.tell(SchemeReplaced(scheme_id=self.id, replaced_by=successor))

    def _require_draft(self) -> None:
        if self.state != SchemeState.DRAFT:
            raise SchemeIsNoDraft()

    def require_in_force(self) -> None:
        """Raise `SchemeNotInForce` for a draft, or what was replaced."""
        if self.state != SchemeState.ADOPTED:
            raise SchemeNotInForce()

    def to_contract(self) -> contract.EvaluationScheme:
        """As it is told."""
        return contract.EvaluationScheme(
            scheme_id=self.id,
            division=self.division,
            organ=self.organ,
            state=SchemeState(self.state).value,
            basis=self.basis or None,
            terms=SchemeTerms.load(self.terms),
        )


def criteria_of(terms: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """The criteria of terms."""
    return tuple(Criterion.of(one) for one in terms["criteria"])


class SchemeInForce(storage.Record, Model, kw_only=True, eq=False):
    """Which scheme is in force in a place, which is its id; whoever adopts another one writes this
    row, so that two who do so at once meet here."""

    __tablename__ = "scheme_in_force"
    retention = PERMANENT

    scheme: Mapped[str] = mapped_column(sa.String(64), info=L1)


class Evaluation(storage.Aggregate, Model, kw_only=True, eq=False):
    """The evaluation of a period under a scheme, with the terms as it began with them; its id is
    `<scheme>.<period>`.

    `number` is the present version of its results, `published_number` the first that was shown and
    `frozen_number` the one that was frozen; `answerer` is the organ that answers appeals.
    """

    __tablename__ = "evaluation"
    retention = PERMANENT

    scheme: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    answerer: Mapped[str] = mapped_column(sa.String(64), info=L1)
    period: Mapped[str] = mapped_column(sa.String(7), info=L1)
    terms: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=EvaluationState.OPEN.value, info=L1)
    number: Mapped[int] = mapped_column(default=0, info=L1)
    published_number: Mapped[int | None] = mapped_column(default=None, info=L1)
    frozen_number: Mapped[int | None] = mapped_column(default=None, info=L1)
    appeals_until: Mapped[datetime | None] = mapped_column(default=None, info=L1)
    open_appeals: Mapped[int] = mapped_column(default=0, info=L1)

    @classmethod
    def opened(cls, key: str, scheme: EvaluationScheme, period: str) -> Evaluation:
        """The evaluation of a period; raises `SchemeNotInForce`."""
        scheme.require_in_force()
        evaluation = cls(
            id=key,
            division=scheme.division,
            scheme=scheme.id,
            answerer=scheme.organ,
            period=period,
            terms=scheme.terms,
        )
        evaluation.tell(EvaluationOpened(evaluation_id=key, scheme_id=scheme.id, period=period))
        return evaluation

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria by which it scores."""
        return criteria_of(self.terms)

    def require(self, verb: EvaluationVerb) -> None:
        """Raise `EvaluationInWrongState` unless its state allows the verb."""
        require_allowed(verb, EvaluationState(self.state))

    def compute(self, organs: int) -> None:
        """Have another version of its results, of so many organs."""
        self.require(EvaluationVerb.COMPUTE)
        self.state = EvaluationState.COMPUTED.value
        self.number += 1
        self.tell(EvaluationComputed(evaluation_id=self.id, number=self.number, organs=organs))

    def publish(self, appeals_until: datetime) -> None:
        """Show the present version, against which one can appeal until then."""
        self.require(EvaluationVerb.PUBLISH)
        self.state = EvaluationState.PUBLISHED.value
        self.published_number = self.number
        self.appeals_until = appeals_until
        self.tell(
            EvaluationPublished(
                evaluation_id=self.id,
                scheme_id=self.scheme,
                period=self.period,
                number=self.number,
                appeals_until=appeals_until,
            )
        )

    def take_appeal(self, now: datetime) -> None:
        """Have one more appeal to be answered; raises `EvaluationInWrongState` and
        `AppealPeriodOver`."""
        # The deadline speaks first, because a frozen evaluation is one whose deadline is over.
        if self.appeals_until is not None and now > self.appeals_until:
            raise AppealPeriodOver(deadline=f"{self.appeals_until:%Y-%m-%d %H:%M}")
        self.require(EvaluationVerb.APPEAL)
        self.state = EvaluationState.APPEALED.value
        self.open_appeals += 1

    def correct(self, changes: Iterable[ChangedValue], reason: str, appeal: str | None) -> None:
        """Have another version, in which these values are right; what was frozen stays."""
        self.require(EvaluationVerb.CORRECT)
        self.number += 1
        self.tell(
            EvaluationCorrected(
                evaluation_id=self.id,
                number=self.number,
                changes=tuple(changes),
                reason=reason,
                appeal_id=appeal,
            )
        )

    def close_appeal(self, now: datetime) -> None:
        """Have one appeal less that waits for its answer."""
        self.open_appeals -= 1
        self.freeze_when_due(now)

    def freeze_when_due(self, now: datetime) -> None:
        """Be final, if the time for appeals is over and all of them are answered."""
        due = self.appeals_until is not None and now >= self.appeals_until
        if not due or self.open_appeals or self.state == EvaluationState.FROZEN:
            return
        self.state = EvaluationState.FROZEN.value
        self.frozen_number = self.number
        self.tell(
            EvaluationFrozen(
                evaluation_id=self.id,
                scheme_id=self.scheme,
                period=self.period,
                number=self.number,
            )
        )

    def to_contract(self) -> contract.Evaluation:
        """As it is told."""
        return contract.Evaluation(
            evaluation_id=self.id,
            scheme_id=self.scheme,
            division=self.division,
            title=self.terms["title"],
            period=self.period,
            state=EvaluationState(self.state).value,
            number=self.number,
            appeals_until=self.appeals_until,
            open_appeals=self.open_appeals,
            frozen_number=self.frozen_number,
        )


class EvaluationVersion(storage.Record, Model, kw_only=True, eq=False):
    """A version of an evaluation's results, its id `<evaluation>.<number>`: what it changed, why,
    by which appeal and by whose order. Never changed."""

    __tablename__ = "evaluation_version"
    retention = PERMANENT

    evaluation: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    number: Mapped[int] = mapped_column(info=L1)
    made_at: Mapped[datetime] = mapped_column(info=L1)
    made_by: Mapped[str] = mapped_column(sa.String(100), info=L2)
    reason: Mapped[str] = mapped_column(sa.String(1000), default="", info=L1)
    appeal: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L1)
    changes: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)


class EvaluationResult(storage.Record, Model, kw_only=True, eq=False):
    """The score of an organ in one version, its id `<evaluation>.<number>.<organ>`; only appended.

    `score` is in hundredths of a point; `lines` say for each criterion what it came from.
    """

    __tablename__ = "evaluation_result"
    retention = PERMANENT

    evaluation: Mapped[str] = mapped_column(sa.String(64), info=L1)
    number: Mapped[int] = mapped_column(info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    score: Mapped[int | None] = mapped_column(default=None, info=L1)
    rank: Mapped[int | None] = mapped_column(default=None, info=L1)
    band: Mapped[str | None] = mapped_column(sa.String(8), default=None, info=L1)
    lines: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)

    __table_args__ = (sa.Index("evaluation_result_of_version", "evaluation", "number", "rank"),)


class EvaluationAppeal(Duty, Model, kw_only=True, eq=False):
    """The appeal of an organ against an evaluation, its id `<evaluation>.<appellant>`; the duty is
    the answer, and `organ` owes it."""

    __tablename__ = "evaluation_appeal"
    retention = EVIDENCE

    escalated = AppealEscalated

    evaluation: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    appellant: Mapped[str] = mapped_column(sa.String(64), info=L1)
    reason: Mapped[str] = mapped_column(sa.String(1000), info=L1)
    raised_at: Mapped[datetime] = mapped_column(info=L1)
    ladder_steps: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=AppealState.RAISED.value, info=L1)
    answer: Mapped[str] = mapped_column(sa.String(1000), default="", info=L1)

    @property
    def ladder(self) -> Ladder:
        """By which steps it climbs while it is not answered."""
        return Ladder.of(self.ladder_steps)

    def raise_against(self, evaluation: Evaluation, due: datetime) -> None:
        """Be one of the evaluation's appeals, to be answered by then."""
        self.begin_duty(due)
        self.tell(
            AppealRaised(
                appeal_id=self.id,
                evaluation_id=evaluation.id,
                organ=self.appellant,
                answered_by=self.organ,
                due=due,
            )
        )

    def be_answered(self, order: contract.AnswerAppeal, now: datetime) -> None:
        """Be upheld or rejected; raises `AppealIsClosed`."""
        self.require_raised()
        self.state = AppealState(order.verdict).value
        self.answer = order.reason
        self.tell(
            AppealAnswered(
                appeal_id=self.id,
                evaluation_id=self.evaluation,
                organ=self.appellant,
                verdict=order.verdict,
                reason=order.reason,
            )
        )
        self.meet_duty(now, AppealDutyMet)

    def withdraw(self) -> None:
        """Be taken back; raises `AppealIsClosed`."""
        self.require_raised()
        self.state = AppealState.WITHDRAWN.value
        self.end_duty()
        self.tell(
            AppealWithdrawn(appeal_id=self.id, evaluation_id=self.evaluation, organ=self.appellant)
        )

    def require_raised(self) -> None:
        """Raise `AppealIsClosed` where it was answered or withdrawn."""
        state = AppealState(self.state)
        if state is not AppealState.RAISED:
            raise AppealIsClosed(state=state.value, state_zh=APPEAL_STATES_ZH[state])

    def to_contract(self) -> contract.EvaluationAppeal:
        """As it is told."""
        return contract.EvaluationAppeal(
            appeal_id=self.id,
            organ=self.appellant,
            reason=self.reason,
            raised_at=self.raised_at,
            state=AppealState(self.state).value,
            colour=self.colour,  # type: ignore[arg-type]
            due=self.due,
            answer=self.answer or None,
        )
