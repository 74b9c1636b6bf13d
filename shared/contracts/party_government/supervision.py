"""Supervision: the timeline of a matter, alerts by rules, and orders to put something right."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.party_government.duties import ColourName, DutyEscalated, DutyMet, Urgency
from shared.contracts.platform import ScenarioId

RuleCode = Annotated[
    Literal[
        "overdue",
        "escalated",
        "jumped_step",
        "same_hand",
        "refusal_rate",
        "handling_time",
        "reading_after_hours",
        "many_subjects",
    ],
    Label("预警规则", "alert rule"),
]
AlertState = Literal["open", "ordered", "answered", "closed", "dismissed"]
RectificationState = Literal["ordered", "answered", "closed", "withdrawn"]
_Reason = Annotated[LongText, Label("理由", "reason")]
_WorkingDays = Annotated[
    int, validate.Range(min=1, max=60), Label("办理期限（工作日）", "working days to answer in")
]

# The timeline of a matter


class TimelineEntry(Contract):
    """Something that happened in a matter: `label` says in plain Chinese what, `name` is the
    message's; whoever did it stands by id, `organ` is the one it concerns where that is known."""

    at: datetime
    recorded_at: datetime
    service: str
    kind: Annotated[str, validate.Length(max=20)]
    name: str
    label: Annotated[str, validate.Length(max=300)]
    actor: Annotated[str, validate.Length(max=100)]
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    organ: Annotated[str, validate.Length(max=64)] = ""
    division: Annotated[str, validate.Length(max=12)]
    subject: str


class MissingTrail(Contract):
    """A service that did not say what it recorded, and why; that is no empty trail."""

    service: str
    reason_zh: Annotated[str, validate.Length(max=500)]
    reason_en: Annotated[str, validate.Length(max=500)]


class Timeline(Contract):
    """What all services recorded of a matter, in time order.

    `elsewhere` counts what lies in divisions that the caller does not supervise. Not `complete`
    where there is more: it is found `after` the instant `until`. What a service in `missing`
    recorded is not known.
    """

    scenario: ScenarioId
    entries: Annotated[tuple[TimelineEntry, ...], validate.Length(max=2000)]
    missing: tuple[MissingTrail, ...] = ()
    elsewhere: int = 0
    complete: bool = True
    until: datetime | None = None


class MatterTimeline(Query[Timeline], on="Timeline", zh="全程时间线", personal="scenario"):
    """Everything that happened in a matter over all services, by its scenario id; for supervisors,
    as far as it lies in their division."""

    scenario: ScenarioId
    after: Annotated[datetime | None, Label("起始时刻", "recorded after this instant")] = None


# Alerts


class AlertRaised(Event, on="SupervisionAlert", key="alert_id", zh="监督预警已产生"):
    """A rule found something about `subject`; `organ` and `official` are those concerned, where
    they are known."""

    alert_id: Identifier
    rule: RuleCode
    subject: Annotated[str, validate.Length(max=200)]
    division: DivisionCode
    organ: Identifier | None = None
    official: Annotated[str | None, validate.Length(max=100)] = None


class DismissAlert(Transition[Done], on="SupervisionAlert", key="alert_id", zh="排除预警"):
    """Say that nothing is wrong, with the reason; refused while an order about it is open."""

    alert_id: Identifier
    reason: _Reason


class AlertDismissed(Event, on="SupervisionAlert", key="alert_id", zh="监督预警已排除"):
    """Somebody looked at it and found nothing wrong."""

    alert_id: Identifier
    reason: LongText


class ReopenAlert(Transition[Done], on="SupervisionAlert", key="alert_id", zh="重新核查预警"):
    """Look again at what was dismissed or closed."""

    alert_id: Identifier
    reason: _Reason


class AlertReopened(Event, on="SupervisionAlert", key="alert_id", zh="监督预警已重新核查"):
    """It is open again."""

    alert_id: Identifier
    reason: LongText


class Alert(Contract):
    """What a rule found: `why_zh` and `why_en` say it with its numbers, `times` how often it was
    found; by `scenario` the timeline of the matter is asked."""

    alert_id: Identifier
    version: int
    rule: RuleCode
    state: AlertState
    division: DivisionCode
    organ: Identifier | None = None
    official: Annotated[str | None, validate.Length(max=100)] = None
    subject: Annotated[str, validate.Length(max=200)]
    scenario: Annotated[str, validate.Length(max=100)] = ""
    why_zh: Annotated[str, validate.Length(max=500)]
    why_en: Annotated[str, validate.Length(max=500)]
    times: int
    raised_at: datetime
    last_at: datetime
    order_id: Identifier | None = None


class AlertList(Contract):
    """Alerts, the newest first; not `complete` where there are more of them."""

    alerts: Annotated[tuple[Alert, ...], validate.Length(max=500)]
    complete: bool = True


class OpenAlerts(Query[AlertList], on="AlertList", zh="未结预警", personal="division"):
    """The alerts of a division and below that are neither closed nor dismissed, of one rule or of
    all; for its supervisors."""

    division: DivisionCode
    rule: RuleCode | None = None


class TuneAlertRule(Command[Done], on="AlertRule", zh="调整预警规则"):
    """Switch a rule off or on in a division and below it, where none was tuned nearer, or change
    its threshold and the least number that it speaks about; what is left out is as set up."""

    division: DivisionCode
    rule: RuleCode
    enabled: Annotated[bool, Label("启用", "whether it is applied")]
    threshold: Annotated[float | None, Label("阈值", "threshold")] = None
    least: Annotated[
        int | None, validate.Range(min=1, max=1_000_000), Label("最低数量", "least number")
    ] = None
    basis: Annotated[str, validate.Length(min=2, max=200), Label("依据", "basis")]


class AlertRuleTuned(Event, on="AlertRule", key="rule_id", zh="预警规则已调整"):
    """The rule is applied so in that division from now on."""

    rule_id: Identifier
    division: DivisionCode
    rule: RuleCode
    enabled: bool
    threshold: float
    least: int
    basis: str


class AlertRule(Contract):
    """A rule as it holds in a division: what it finds and what its numbers mean. `basis` is that
    of the tuning in `tuned_in`; None where it is as set up."""

    rule: RuleCode
    name_zh: str
    name_en: str
    enabled: bool
    threshold: float
    threshold_means: str
    least: int
    least_means: str
    tuned_in: DivisionCode | None = None
    basis: str | None = None


class AlertRuleList(Contract):
    """The rules in force."""

    rules: tuple[AlertRule, ...]


class AlertRulesInForce(Query[AlertRuleList], on="AlertRuleList", zh="现行预警规则"):
    """Every rule as it holds in a division; any official may know by what they are watched."""

    division: DivisionCode


# Orders to put something right


class OrderRectification(Command[Done], on="RectificationOrder", zh="下达监督指令"):
    """Order an organ to look into an alert or a matter, to put right what is wrong, and to answer
    with evidence in so many working days; late it climbs the ladder of that urgency.

    `division` is the supervised one in which the organ lies.
    """

    division: DivisionCode
    organ: Annotated[Identifier, Label("承办机构", "organ that must answer")]
    alert_id: Annotated[Identifier | None, Label("预警", "alert it is about")] = None
    scenario: Annotated[
        str | None, validate.Length(min=1, max=100), Label("场景编号", "matter it is about")
    ] = None
    demand: Annotated[LongText, Label("整改要求", "what is demanded")]
    days: _WorkingDays
    urgency: Urgency = "routine"


class RectificationOrdered(Event, on="RectificationOrder", key="id", zh="监督指令已下达"):
    """The organ must answer by `due`."""

    id: Identifier
    organ: Identifier
    issuer: Identifier
    alert_id: Identifier | None = None
    scenario: Annotated[str, validate.Length(max=100)] = ""
    due: datetime


class RectificationEscalated(DutyEscalated, on="RectificationOrder", zh="监督指令逾期升级"):
    """An order that was not answered climbed a rung."""


class AnswerOrder(Transition[Done], on="RectificationOrder", key="order_id", zh="回复监督指令"):
    """Answer what was done, with evidence: numbers of documents, records or scenarios; by an
    official of the organ who is not the one it is about."""

    order_id: Identifier
    answer: Annotated[LongText, Label("整改情况", "what was done")]
    evidence: Annotated[
        tuple[Annotated[str, validate.Length(min=2, max=200)], ...],
        validate.Length(min=1, max=20),
        Label("佐证材料", "evidence"),
    ]


class OrderAnswered(DutyMet, on="RectificationOrder", zh="监督指令已回复"):
    """The organ answered, in time or late; the answer awaits the supervisor."""


class AcceptRectification(Transition[Done], on="RectificationOrder", key="order_id", zh="认可整改"):
    """Find the answer sufficient, which closes the order and its alert."""

    order_id: Identifier
    remark: Annotated[str | None, validate.Length(max=500), Label("意见", "remark")] = None


class RectificationAccepted(Event, on="RectificationOrder", key="id", zh="整改已认可"):
    """The order is closed."""

    id: Identifier
    organ: Identifier


class ReturnRectification(Transition[Done], on="RectificationOrder", key="order_id", zh="退回整改"):
    """Find the answer insufficient: the organ answers again in so many working days."""

    order_id: Identifier
    reason: _Reason
    days: _WorkingDays


class RectificationReturned(Event, on="RectificationOrder", key="id", zh="整改已退回"):
    """The organ must answer again by `due`."""

    id: Identifier
    organ: Identifier
    reason: LongText
    due: datetime


class WithdrawRectification(
    Transition[Done], on="RectificationOrder", key="order_id", zh="撤回监督指令"
):
    """Take back an order that should not have been given; its alert is open again."""

    order_id: Identifier
    reason: _Reason


class RectificationWithdrawn(Event, on="RectificationOrder", key="id", zh="监督指令已撤回"):
    """Nothing is to be answered any more."""

    id: Identifier
    organ: Identifier
    reason: LongText


class RectificationOrder(Contract):
    """An order, how it stands, and what was answered last; `returned` are the reasons for which
    earlier answers did not suffice."""

    order_id: Identifier
    version: int
    state: RectificationState
    division: DivisionCode
    organ: Identifier
    issuer: Identifier
    alert_id: Identifier | None = None
    scenario: Annotated[str, validate.Length(max=100)] = ""
    demand: LongText
    urgency: Urgency
    due: datetime | None = None
    rung: Annotated[str, validate.Length(max=12)] = ""
    colour: ColourName
    answer: Annotated[str | None, validate.Length(max=2000)] = None
    evidence: tuple[str, ...] = ()
    returned: Annotated[tuple[LongText, ...], validate.Length(max=100)] = ()


class RectificationOrderList(Contract):
    """Orders, the newest first; not `complete` where there are more of them."""

    orders: Annotated[tuple[RectificationOrder, ...], validate.Length(max=500)]
    complete: bool = True


class OrdersOfOrgan(Query[RectificationOrderList], on="RectificationOrderList", zh="监督指令清单"):
    """The orders to an organ, or to all organs of a division and below; for the organ's officials
    and the division's supervisors. Open ones alone unless `closed` asks for the others."""

    organ: Annotated[Identifier | None, Label("承办机构", "organ; None means all")] = None
    division: DivisionCode
    closed: Annotated[bool, Label("已结", "those that ended instead")] = False
