"""What supervisors work with: alerts, rules as they were tuned, orders, and the small counters of
cases and readings that the rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.alerts import (
    UNDER_WAY,
    AlertInWrongState,
    AlertState,
    Tally,
    Terms,
)
from services.party_government.domain.ladder import Ladder
from services.party_government.domain.rectification import (
    OPEN,
    AnswersForOneself,
    NotTheIssuer,
    OrderInWrongState,
    OrderState,
)
from services.party_government.models.base import Model
from services.party_government.models.duties import Duty
from shared import storage
from shared.classification import AS_ITS_SOURCE, EVIDENCE, L1, L2, L3, OPERATION, PERMANENT
from shared.contracts.party_government import (
    AlertDismissed,
    AlertRaised,
    AlertReopened,
    AlertRuleTuned,
    OrderAnswered,
    RectificationAccepted,
    RectificationEscalated,
    RectificationOrdered,
    RectificationReturned,
    RectificationWithdrawn,
)
from shared.storage import Json

MOST_SUBJECTS = 1000
"""So many subjects of a reader's day are told apart; by then the rule has long spoken."""


class TunedAlertRule(storage.Aggregate, Model, kw_only=True, eq=False):
    """A rule as it was tuned in a division, its id `<division>.<rule>`."""

    __tablename__ = "tuned_alert_rule"
    retention = PERMANENT

    rule: Mapped[str] = mapped_column(sa.String(30), info=L1)
    enabled: Mapped[bool] = mapped_column(default=True, info=L1)
    threshold: Mapped[float] = mapped_column(sa.Double, default=0.0, info=L1)
    least: Mapped[int] = mapped_column(default=1, info=L1)
    basis: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)

    @property
    def terms(self) -> Terms:
        """With which numbers it is applied, if it is."""
        return Terms(self.threshold, self.least, self.enabled)

    def tune(self, terms: Terms, basis: str) -> None:
        """Be applied so from now on."""
        self.threshold, self.least, self.enabled = terms.threshold, terms.least, terms.enabled
        self.basis = basis
        self.tell(
            AlertRuleTuned(
                rule_id=self.id,
                division=self.division,
                rule=self.rule,  # type: ignore[arg-type]
                enabled=self.enabled,
                threshold=self.threshold,
                least=self.least,
                basis=basis,
            )
        )


class SupervisionAlert(storage.Aggregate, Model, kw_only=True, eq=False):
    """What a rule found about one subject, however often it finds it; `finding` are the numbers of
    the last time."""

    __tablename__ = "supervision_alert"
    retention = EVIDENCE

    rule: Mapped[str] = mapped_column(sa.String(30), info=L1)
    subject: Mapped[str] = mapped_column(sa.String(200), info=L2)
    organ: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    official: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L3)
    scenario: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    finding: Mapped[dict[str, Any]] = mapped_column(Json, default_factory=dict, info=L2)
    times: Mapped[int] = mapped_column(default=0, info=L1)
    raised_at: Mapped[datetime] = mapped_column(info=L1)
    last_at: Mapped[datetime] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=AlertState.OPEN.value, info=L1)
    reason: Mapped[str] = mapped_column(sa.String(2000), default="", info=L2)
    order_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)

    __table_args__ = (sa.Index("supervision_alert_state", "state", "raised_at"),)

    def raise_it(self) -> None:
        """Tell that something was found."""
        self.tell(
            AlertRaised(
                alert_id=self.id,
                rule=self.rule,  # type: ignore[arg-type]
                subject=self.subject,
                division=self.division,
                organ=self.organ,
                official=self.official,
            )
        )

    def find(self, finding: Mapping[str, Any], at: datetime) -> None:
        """Be found once more; what became of it stays."""
        self.finding = dict(finding)
        self.times += 1
        self.last_at = at

    def order(self, order_id: str) -> None:
        """An order is given about it; raises `AlertInWrongState`."""
        self._require(AlertState.OPEN)
        self.state = AlertState.ORDERED.value
        self.order_id = order_id

    def answer(self) -> None:
        """The organ answered."""
        self.state = AlertState.ANSWERED.value

    def return_answer(self) -> None:
        """The answer did not suffice."""
        self.state = AlertState.ORDERED.value

    def close(self) -> None:
        """It was put right."""
        self.state = AlertState.CLOSED.value

    def release(self) -> None:
        """The order about it was taken back."""
        self.state = AlertState.OPEN.value
        self.order_id = None

    def dismiss(self, reason: str) -> None:
        """Nothing is wrong; raises `AlertInWrongState` while an order is open."""
        self._require(AlertState.OPEN)
        self.state = AlertState.DISMISSED.value
        self.reason = reason
        self.tell(AlertDismissed(alert_id=self.id, reason=reason))

    def reopen(self, reason: str) -> None:
        """Look at it again; raises `AlertInWrongState` while it is under way."""
        if self.state in UNDER_WAY:
            raise AlertInWrongState(self.state)
        self.release()
        self.reason = reason
        self.tell(AlertReopened(alert_id=self.id, reason=reason))

    def _require(self, state: AlertState) -> None:
        if self.state != state:
            raise AlertInWrongState(self.state)


class RectificationOrder(Duty, Model, kw_only=True, eq=False):
    """An order of a supervisor to an organ, with a deadline; `division` is where the organ lies,
    `official` the one that its alert is about, `returned` why earlier answers did not suffice."""

    __tablename__ = "rectification_order"
    retention = EVIDENCE

    escalated = RectificationEscalated

    issuer: Mapped[str] = mapped_column(sa.String(64), info=L1)
    alert_id: Mapped[str | None] = mapped_column(sa.String(64), default=None, info=L1)
    scenario: Mapped[str] = mapped_column(sa.String(100), default="", info=L2)
    official: Mapped[str | None] = mapped_column(sa.String(100), default=None, info=L3)
    demand: Mapped[str] = mapped_column(sa.String(2000), info=L2)
    urgency: Mapped[str] = mapped_column(sa.String(12), info=L1)
    steps: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    ordered_at: Mapped[datetime] = mapped_column(info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=OrderState.ORDERED.value, info=L1)
    answered: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)
    evidence: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L2)
    returned: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L2)
    remark: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L2)

    @property
    def ladder(self) -> Ladder:
        """The ladder that it climbs."""
        return Ladder.of(self.steps)

    def give(self, due: datetime) -> None:
        """Be given to the organ, to be answered by then."""
        self.begin_duty(due)
        self.tell(
            RectificationOrdered(
                id=self.id,
                organ=self.organ,
                issuer=self.issuer,
                alert_id=self.alert_id,
                scenario=self.scenario,
                due=due,
            )
        )

    def answer(self, text: str, evidence: tuple[str, ...], by: str, now: datetime) -> None:
        """Say what was done; raises `OrderInWrongState` and `AnswersForOneself`."""
        self._require(OrderState.ORDERED)
        if by == self.official:
            raise AnswersForOneself()
        self.state = OrderState.ANSWERED.value
        self.answered = text
        self.evidence = list(evidence)
        self.meet_duty(now, OrderAnswered)

    def accept(self, remark: str | None, by: str) -> None:
        """Be answered sufficiently; raises `OrderInWrongState` and `NotTheIssuer`."""
        self._require(OrderState.ANSWERED)
        self._require_issuer(by)
        self.state = OrderState.CLOSED.value
        self.remark = remark
        self.tell(RectificationAccepted(id=self.id, organ=self.organ))

    def return_answer(self, reason: str, due: datetime, by: str) -> None:
        """Be answered again by then; raises `OrderInWrongState` and `NotTheIssuer`."""
        self._require(OrderState.ANSWERED)
        self._require_issuer(by)
        self.state = OrderState.ORDERED.value
        self.returned = [*self.returned, reason]
        self.begin_duty(due)
        self.tell(RectificationReturned(id=self.id, organ=self.organ, reason=reason, due=due))

    def withdraw(self, reason: str, by: str) -> None:
        """Be taken back; raises `OrderInWrongState` and `NotTheIssuer`."""
        if self.state not in OPEN:
            raise OrderInWrongState(self.state)
        self._require_issuer(by)
        self.state = OrderState.WITHDRAWN.value
        self.remark = reason
        self.end_duty()
        self.tell(RectificationWithdrawn(id=self.id, organ=self.organ, reason=reason))

    def _require(self, state: OrderState) -> None:
        if self.state != state:
            raise OrderInWrongState(self.state)

    def _require_issuer(self, organ: str) -> None:
        if organ != self.issuer:
            raise NotTheIssuer(issuer=self.issuer)


class WatchedCase(storage.Record, Model, kw_only=True, eq=False):
    """What the rules must know of a case until it is decided: whose it is, who accepted it."""

    __tablename__ = "watched_case"
    retention = AS_ITS_SOURCE

    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    accepted_by: Mapped[str] = mapped_column(sa.String(100), default="", info=L3)
    accepted_at: Mapped[datetime | None] = mapped_column(default=None, info=L1)

    def accept(self, by: str, at: datetime) -> None:
        """Be accepted; a case can be accepted again after it was supplemented."""
        self.accepted_by, self.accepted_at = by, at

    def pass_to(self, division: str, organ: str) -> None:
        """Be another organ's."""
        self.division, self.organ = division, organ


class CaseTally(storage.Record, Model, kw_only=True, eq=False):
    """The cases of one matter that one official decided in a year, its id a digest of these."""

    __tablename__ = "case_tally"
    retention = AS_ITS_SOURCE

    official: Mapped[str] = mapped_column(sa.String(100), info=L3)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    year: Mapped[int] = mapped_column(sa.SmallInteger, info=L1)
    cases: Mapped[int] = mapped_column(default=0, info=L1)
    refused: Mapped[int] = mapped_column(default=0, info=L1)
    minutes: Mapped[int] = mapped_column(default=0, info=L1)
    squares: Mapped[int] = mapped_column(default=0, info=L1)

    __table_args__ = (sa.Index("case_tally_matter", "matter", "year"),)

    def count(self, minutes: int, *, refused: bool) -> None:
        """Count one more case, which took so many minutes."""
        self.cases += 1
        self.refused += refused
        self.minutes += minutes
        self.squares += minutes * minutes

    @property
    def tally(self) -> Tally:
        """Its counts."""
        return Tally(self.cases, self.refused, self.minutes, self.squares)


class ReadingDay(storage.Record, Model, kw_only=True, eq=False):
    """Whose data one reader read on a day for one matter, its id a digest of these; `after_hours`
    counts the readings outside working hours."""

    __tablename__ = "reading_day"
    retention = OPERATION

    reader: Mapped[str] = mapped_column(sa.String(100), info=L3)
    matter: Mapped[str] = mapped_column(sa.String(60), info=L1)
    day: Mapped[date] = mapped_column(info=L1)
    readings: Mapped[int] = mapped_column(default=0, info=L1)
    after_hours: Mapped[int] = mapped_column(default=0, info=L1)
    subjects: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L3)
    subject_count: Mapped[int] = mapped_column(default=0, info=L1)

    __table_args__ = (sa.Index("reading_day_matter", "matter", "day"),)

    def count(self, subject: str, *, after_hours: bool) -> bool:
        """Count one more reading; whether it was of somebody new."""
        self.readings += 1
        self.after_hours += after_hours
        if subject in self.subjects or self.subject_count >= MOST_SUBJECTS:
            return False
        self.subjects = [*self.subjects, subject]
        self.subject_count = len(self.subjects)
        return True
