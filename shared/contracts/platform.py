"""What every service answers: how it stands, what it recorded, what it could not do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from shared.contracts.base import Command, Contract, Label, Query
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.measures import MeasureName, Period


class Standing(Contract):
    """How far a service has come with its messages and what it waits for."""

    service: str
    calendar: datetime
    outbox: Annotated[int, Label("待发事件", "events not yet published")]
    inbox: Annotated[int, Label("待办事件", "events ready, waiting or being retried")]
    dead: Annotated[int, Label("死信", "dead events and timers")]
    undecodable: Annotated[int, Label("无法解码", "messages that could not be read")]
    next_due: Annotated[datetime | None, Label("下一到期", "next timer due")] = None


class ServiceStanding(Query[Standing], on="Platform", zh="服务状态"):
    """How a service stands: queues, timers, calendar."""


ScenarioId = Annotated[str, validate.Length(min=1, max=100), Label("场景编号", "scenario id")]


class Recorded(Contract):
    """One command, event, timer or reading of personal data as the service recorded it; by an
    agent, with the person acted for and the agency.

    `organ` is the one that the event concerns, or the events that were told by the act; `caused`
    are the names of these events.
    """

    service: str
    kind: str
    name: str
    actor: str
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    agency: Annotated[str, validate.Length(max=64)] = ""
    division: Annotated[str, validate.Length(max=12)]
    at: datetime
    recorded_at: datetime
    subject: Annotated[str, validate.Length(max=200)]
    organ: Annotated[str, validate.Length(max=64)] = ""
    caused: tuple[str, ...] = ()


class Trail(Contract):
    """What one service recorded of a scenario, in its order; `more` where it goes on after the
    last of these."""

    records: Annotated[tuple[Recorded, ...], validate.Length(max=10_000)]
    more: bool


class ScenarioTrail(Query[Trail], on="Platform", zh="场景轨迹"):
    """Every command, event, timer and reading of personal data that a service recorded under a
    scenario id, some thousands a time; `after` is when the last of the time before was
    recorded."""

    scenario: ScenarioId
    after: Annotated[datetime | None, Label("起点", "recorded later than this")] = None


class CountedRecord(Contract):
    """One record as it was counted in a measure: where and when it was counted, by which event, and
    how much it added to the value; `organ` is the one that has the record now, if one has.

    A record that was counted and taken back is there twice, the second time with a negative number.
    """

    kind: Annotated[str, validate.Length(max=60), Label("类型", "kind of record")]
    id: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    organ: Annotated[str, validate.Length(max=64)] = ""
    at: datetime
    added: Annotated[int, Label("计入数值", "added to the value")]
    event: Annotated[str, validate.Length(max=64), Label("事件编号", "event")]


class CountedRecords(Contract):
    """Records behind a measure, by division; those of this page that the caller may not see are
    only counted, as `withheld`.

    `total` is what all of them come to, which is the measure's value; the first page alone tells
    it. `next` is where the next page begins, None after the last.
    """

    records: Annotated[tuple[CountedRecord, ...], validate.Length(max=100)]
    withheld: Annotated[int, Label("无权查看", "not for this caller")]
    total: Annotated[int | None, Label("合计", "all of them together")] = None
    next: Annotated[str | None, Label("下一页", "where the next page begins")] = None


class RecordsBehind(Query[CountedRecords], on="Screen", zh="指标对应的记录"):
    """The records that this service counted in a leaf measure of its own, in a division and all
    below it, in one month; at most 100 a time. Owner, measure, division and period are those of a
    leaf of `WhyThisNumber`; of a measure that the service does not count there are none."""

    measure: MeasureName
    division: DivisionCode
    period: Period
    after: Annotated[
        str | None,
        validate.Regexp(r"[0-9]{2,12}/[0-9]{1,18}\Z", error="Not the `next` of a page."),
        Label("起点", "the `next` of the page before"),
    ] = None


class AuditState(Contract):
    """What a check of the service's audit chain found."""

    service: str
    rows: int
    intact: bool
    head: str
    broken_at: int | None = None
    reason: Annotated[str, validate.Length(max=200)] = ""


class AuditVerification(Query[AuditState], on="Platform", zh="审计链核验"):
    """Check the service's whole audit chain, from its first row to its head."""


class DirectReading(Contract):
    """Somebody read a person's data in a service's own records on one business day: `at` is when
    for the first time on that day, `title` says in plain words what was asked, `organ` is the
    reader's, `subject` what was read. The audit has every single time."""

    at: datetime
    title: Annotated[str, validate.Length(max=100)]
    reader: Annotated[str, validate.Length(max=100)]
    organ: Annotated[str, validate.Length(max=64)] = ""
    on_behalf_of: Annotated[str, validate.Length(max=100)] = ""
    subject: Annotated[str, validate.Length(max=200)]


class DirectReadingList(Contract):
    """Readings of one person's data, newest first."""

    readings: Annotated[tuple[DirectReading, ...], validate.Length(max=1000)]


class DirectReadings(
    Query[DirectReadingList], on="Reading", zh="谁直接查阅过我的数据", personal="owner"
):
    """Who read this person's data in the records of this service, the person's own readings left
    out; for the person. What was shared by grants, `ReadersOfMyData` lists."""

    owner: Annotated[Identifier, Label("本人", "the person")]


class DeadLetter(Contract):
    """An event or timer that failed too often, or bytes that could not be read."""

    id: Annotated[str, validate.Length(min=1, max=200)]
    kind: str
    name: Annotated[str, validate.Length(max=200)]
    subject: Annotated[str, validate.Length(max=200)]
    attempts: int
    reason: Annotated[str, validate.Length(max=4000)]
    since: datetime


class DeadLetterList(Contract):
    """The dead letters of one service, oldest first."""

    letters: Annotated[tuple[DeadLetter, ...], validate.Length(max=3000)]


class DeadLetters(Query[DeadLetterList], on="Platform", zh="死信清单"):
    """What this service could not take and set aside."""


class ReplayDeadLetter(Command[DeadLetter], on="DeadLetter", key="id", zh="重放死信"):
    """Take a dead event or timer again, from its first attempt; the reason is audited."""

    id: Annotated[str, validate.Length(min=1, max=200)]
    reason: Annotated[LongText, Label("重放原因", "why it is taken again")]


class KeptEvent(Contract):
    """An event as it was published, and where it stands among all that the service told."""

    position: int
    envelope: Mapping[str, Any]


class KeptEventPage(Contract):
    """Events in the order in which they were written. `last` is where to ask on from, `head` the
    position of the newest event of the service, be it asked for or not; `more` where there are
    others after `last`."""

    events: Annotated[tuple[KeptEvent, ...], validate.Length(max=1000)]
    last: int
    head: int
    more: bool


class KeptEvents(Query[KeptEventPage], on="Platform", zh="留存事件"):
    """The events of these names that a service told, from the first one on, some hundreds a time;
    `after` is the `last` of the time before. For a service that makes a read model anew."""

    names: Annotated[
        tuple[str, ...], validate.Length(min=1, max=20), Label("事件名称", "names of events")
    ]
    after: Annotated[int, validate.Range(min=0), Label("起点", "written later than this")] = 0
