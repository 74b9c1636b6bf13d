"""Visits to a service hall: booked for a period that has places, or taken as they come; numbers,
calls, and who waits (预约、取号、叫号)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.ratings import Comment, Publishable
from shared.contracts.digital_government.terms import Grade
from shared.contracts.fields import DivisionCode, Identifier
from shared.contracts.identity_data import MatterCode
from shared.contracts.succession import PassedOn

VisitState = Literal["booked", "waiting", "called", "served", "missed", "cancelled"]
TimeOfDay = Annotated[
    str,
    validate.Regexp(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", error="A time of day as 09:00."),
    Label("时刻", "time of day, as 09:00"),
]
QueueNumber = Annotated[
    str, validate.Regexp(r"[AB][0-9]{3,4}\Z"), Label("排队号", "A with a booking, B without")
]
WindowNumber = Annotated[int, validate.Range(min=1, max=200), Label("窗口号", "window")]


class HallPeriod(Contract):
    """A part of every working day, and how many may book it."""

    begins: TimeOfDay
    ends: TimeOfDay
    places: Annotated[int, validate.Range(min=1, max=500), Label("可预约数", "places")]


class PublishTimetable(Command[Done], on="Hall", zh="公布办事大厅预约时段"):
    """Say when a division's service hall can be visited by appointment. A day for which somebody
    booked or came keeps the periods that it had."""

    division: DivisionCode
    periods: Annotated[tuple[HallPeriod, ...], validate.Length(min=1, max=48)]


class TimetablePublished(Event, on="Hall", key="hall_id", zh="预约时段已公布"):
    """A hall can be visited at other times from now on."""

    hall_id: Identifier
    periods: tuple[HallPeriod, ...]


class BookVisit(Command[Done], on="Visit", zh="预约办事", delegable=True):
    """Book a place in a period of a working day, 30 days ahead at most; one at a time for each
    hall and day."""

    division: DivisionCode
    day: Annotated[date, Label("日期", "day")]
    begins: TimeOfDay
    item: MatterCode | None = None


class VisitBooked(Event, on="Visit", key="visit_id", zh="已预约"):
    """A place is taken."""

    visit_id: Identifier
    division: DivisionCode
    begins: datetime
    ends: datetime


class CancelVisit(Transition[Done], on="Visit", key="visit_id", zh="取消预约", delegable=True):
    """Give the place back, before the period begins."""

    visit_id: Identifier


class VisitCancelled(Event, on="Visit", key="visit_id", zh="预约已取消"):
    """Nobody is expected any more; `hall_closed` says that the day ended first, or the division."""

    visit_id: Identifier
    hall_closed: bool = False


class CheckIn(Transition[Done], on="Visit", key="visit_id", zh="预约取号", delegable=True):
    """Come for a booked visit, from a quarter of an hour before its period to its end: get a
    number, which is called before those without a booking."""

    visit_id: Identifier


class TakeNumber(Command[Done], on="Visit", zh="现场取号"):
    """Come without a booking and get a number; the hall's staff take one for the `visitor`."""

    division: DivisionCode
    item: MatterCode | None = None
    visitor: Annotated[Identifier | None, Label("办事人", "who came, where staff take it")] = None

    @property
    def owner(self) -> str | None:
        """Whose visit it will be, where somebody is named; what a policy may ask."""
        return self.visitor


class NumberTaken(Event, on="Visit", key="visit_id", zh="已取号"):
    """Somebody waits in the hall."""

    visit_id: Identifier
    division: DivisionCode
    number: QueueNumber


class CallNext(Command[Done], on="HallDay", zh="叫号"):
    """Call the next who waits to a window: who booked and whose period has begun, then the others
    as they came. The reply names the visit."""

    division: DivisionCode
    window: WindowNumber


class VisitorCalled(Event, on="Visit", key="visit_id", zh="已叫号"):
    """The visitor is expected at the window."""

    visit_id: Identifier
    number: QueueNumber
    window: WindowNumber


class EndVisit(Transition[Done], on="Visit", key="visit_id", zh="结束接待"):
    """Say of a called visitor that the visit is over, or that nobody came to the window."""

    visit_id: Identifier
    came: Annotated[bool, Label("是否到窗口", "whether the visitor came")] = True


class VisitEnded(Event, on="Visit", key="visit_id", zh="接待已结束"):
    """A visitor was served, after `waited` minutes from the number to the call."""

    visit_id: Identifier
    division: DivisionCode
    waited: Annotated[int, validate.Range(min=0), Label("等候分钟数", "minutes waited")]


class VisitMissed(Event, on="Visit", key="visit_id", zh="已爽约或过号"):
    """Nobody came, to the hall in the booked period or to the window when called."""

    visit_id: Identifier
    division: DivisionCode


class RateVisit(Transition[Done], on="Visit", key="visit_id", zh="评价接待", delegable=True):
    """Rate a visit that is over (GB/T 39735-2020): five grades, once, by whoever came."""

    visit_id: Identifier
    grade: Grade
    comment: Comment = None
    publishable: Publishable = False


class VisitDetail(Contract):
    """One visit."""

    visit_id: Identifier
    version: int
    division: DivisionCode
    state: VisitState
    day: date
    begins: datetime | None = None
    ends: datetime | None = None
    item: MatterCode | None = None
    number: QueueNumber | None = None
    window: WindowNumber | None = None
    ahead: Annotated[int | None, Label("前方等候人数", "how many are called before")] = None


class VisitById(
    Query[VisitDetail],
    on="Visit",
    key="visit_id",
    zh="查看预约",
    personal="visit_id",
    delegable=True,
):
    """One visit, with how many are called before it."""

    visit_id: Identifier


class VisitList(Contract):
    """Visits."""

    visits: tuple[VisitDetail, ...]


class VisitsOfPerson(
    Query[VisitList], on="OwnVisits", zh="我的预约", personal="owner", delegable=True
):
    """The visits of a person, the latest day first, 200 at most."""

    owner: Identifier


class QueueOfHall(Query[VisitList], on="Hall", zh="大厅排队情况", personal="division"):
    """Who waits or was called in a hall today, in the order of the calls; for its staff."""

    division: DivisionCode


class FreePeriod(Contract):
    """A period of a day and how many places of it are free."""

    day: date
    begins: TimeOfDay
    ends: TimeOfDay
    free: int


class FreePeriodList(Contract):
    """What can be booked, in the order of time."""

    periods: tuple[FreePeriod, ...]


class FreePeriods(Query[FreePeriodList], on="PublicHall", zh="查看可预约时段"):
    """The periods of a hall that can be booked from a day on, for so many days; anybody may ask."""

    division: DivisionCode
    day: date
    days: Annotated[int, validate.Range(min=1, max=31)] = 7


class CalledNumber(Contract):
    """A number and where it is expected."""

    number: QueueNumber
    window: WindowNumber


class CallBoardState(Contract):
    """What the board in a hall shows: numbers, and no names."""

    called: tuple[CalledNumber, ...]
    waiting: Annotated[int, Label("等候人数", "how many wait")]


class CallBoard(Query[CallBoardState], on="PublicHall", zh="查看叫号屏"):
    """Who is called now; anybody may look. The latest 20."""

    division: DivisionCode


class VisitPassedOn(PassedOn, on="Visit", zh="预约所在地区已变更"):
    """The division of a hall ended while a visit was open, which is cancelled."""
