"""Advice, complaints and suggestions about services (咨询、投诉、建议): raised, routed, answered in
time, else escalated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.terms import OrganKind
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.identity_data import MatterCode
from shared.contracts.succession import PassedOn

ConcernKind = Annotated[
    Literal["advice", "complaint", "suggestion"], Label("诉求类型", "advice, complaint, suggestion")
]
ConcernState = Literal["open", "asked_back", "answered", "withdrawn"]
ConcernId = Annotated[Identifier, Label("诉求编号", "concern")]


class RaiseConcern(Command[Done], on="Concern", zh="提出咨询、投诉或建议", delegable=True):
    """Ask, complain or suggest something about an item, an own case, or services at large. Advice
    and suggestions go to whoever offers the item in the division, or nearest above it; a complaint
    goes to the government's office, never to whom it is about."""

    kind: ConcernKind
    division: DivisionCode
    words: Annotated[LongText, Label("内容", "what it is about")]
    item: MatterCode | None = None
    case_id: Annotated[Identifier | None, Label("相关办件", "an own case")] = None
    publishable: Annotated[bool, Label("同意公开", "may be published without a name")] = False


class ConcernRaised(Event, on="Concern", key="concern_id", zh="诉求已提出"):
    """An organ has to answer by `due`."""

    concern_id: ConcernId
    kind: ConcernKind
    division: DivisionCode
    organ: Identifier
    due: datetime


class AnswerConcern(Transition[Done], on="Concern", key="concern_id", zh="答复诉求"):
    """Answer it."""

    concern_id: ConcernId
    answer: Annotated[LongText, Label("答复", "answer")]
    publish_as: Annotated[
        LongText | None, Label("公开的问题", "the question for all to read, without names")
    ] = None


class ConcernAnswered(Event, on="Concern", key="concern_id", zh="诉求已答复"):
    """It is answered. `in_time` says whether no deadline passed before; `again` that it was
    answered before."""

    concern_id: ConcernId
    kind: ConcernKind
    division: DivisionCode
    organ: Identifier
    in_time: bool
    again: bool = False


class PassConcern(Transition[Done], on="Concern", key="concern_id", zh="转办诉求"):
    """Pass it to another organ of the division or of one above, whose it is; twice at most, and no
    complaint to whom it is about. The clock runs on."""

    concern_id: ConcernId
    place: Annotated[DivisionCode, Label("承办地区", "its division")]
    organ_kind: OrganKind
    reason: Annotated[LongText, Label("理由", "reason")]


class ConcernPassed(Event, on="Concern", key="concern_id", zh="诉求已转办"):
    """Another organ has to answer now."""

    concern_id: ConcernId
    from_organ: Identifier
    organ: Identifier
    reason: LongText


class AskBack(Transition[Done], on="Concern", key="concern_id", zh="向诉求人核实"):
    """Ask once for what is missing to answer; the clock stands meanwhile, for ten working days at
    most."""

    concern_id: ConcernId
    question: Annotated[LongText, Label("核实内容", "question")]


class AskedBack(Event, on="Concern", key="concern_id", zh="已向诉求人核实"):
    """It waits for who raised it."""

    concern_id: ConcernId


class AddToConcern(Transition[Done], on="Concern", key="concern_id", zh="补充诉求", delegable=True):
    """Say what was asked; the clock goes on."""

    concern_id: ConcernId
    words: Annotated[LongText, Label("补充内容", "reply")]


class ConcernCompleted(Event, on="Concern", key="concern_id", zh="诉求已补充"):
    """The clock runs again, with what was asked or because it did not come."""

    concern_id: ConcernId
    due: datetime


class ReopenConcern(
    Transition[Done], on="Concern", key="concern_id", zh="对答复不满意", delegable=True
):
    """Say once that the answer answers nothing: the organ one level up answers anew."""

    concern_id: ConcernId
    reason: Annotated[LongText, Label("理由", "reason")]


class ConcernReopened(Event, on="Concern", key="concern_id", zh="诉求已重办"):
    """The organ above has to answer by `due`."""

    concern_id: ConcernId
    organ: Identifier
    due: datetime


class WithdrawConcern(
    Transition[Done], on="Concern", key="concern_id", zh="撤回诉求", delegable=True
):
    """Take it back while it is not answered."""

    concern_id: ConcernId


class ConcernWithdrawn(Event, on="Concern", key="concern_id", zh="诉求已撤回"):
    """Nobody has to answer any more."""

    concern_id: ConcernId


class ConcernEscalated(Event, on="Concern", key="concern_id", zh="诉求逾期升级"):
    """It was not answered in time: the organ one level up answers by `due`. At the province it
    stays, and `due` is when it is told again."""

    concern_id: ConcernId
    kind: ConcernKind
    division: DivisionCode
    from_organ: Identifier
    organ: Identifier
    due: datetime


class ConcernDetail(Contract):
    """A concern and what came of it."""

    concern_id: ConcernId
    version: int
    kind: ConcernKind
    division: DivisionCode
    organ: Identifier
    about: Annotated[Identifier | None, Label("涉及机构", "organ that it is about")] = None
    item: MatterCode | None = None
    case_id: Identifier | None = None
    words: LongText
    state: ConcernState
    raised_at: datetime
    due: datetime | None = None
    escalations: int = 0
    question: Annotated[str | None, validate.Length(max=2000)] = None
    added: Annotated[str | None, validate.Length(max=2000)] = None
    answer: Annotated[str | None, validate.Length(max=2000)] = None
    answered_at: datetime | None = None


class ConcernById(
    Query[ConcernDetail],
    on="Concern",
    key="concern_id",
    zh="查询诉求",
    personal="concern_id",
    delegable=True,
):
    """A concern, for who raised it and the organ that has to answer."""

    concern_id: ConcernId


class ConcernList(Contract):
    """Concerns, the one due first first."""

    concerns: tuple[ConcernDetail, ...]


class ConcernsOfOrgan(Query[ConcernList], on="ConcernList", zh="待办诉求", personal="organ"):
    """What an organ has to answer, 1,000 at most."""

    division: DivisionCode
    organ: Identifier


class ConcernsOfPerson(
    Query[ConcernList], on="OwnConcerns", zh="我的诉求", personal="owner", delegable=True
):
    """What a person raised, the latest first, 200 at most."""

    owner: Annotated[Identifier, Label("诉求人", "who raised them")]


class PublishedAnswer(Contract):
    """A question and its answer that anybody may read."""

    kind: ConcernKind
    item: MatterCode | None = None
    organ: Identifier
    words: LongText
    answer: LongText
    answered_at: datetime


class AnswerList(Contract):
    """Answers, the latest first."""

    answers: tuple[PublishedAnswer, ...]


class PublishedAnswers(Query[AnswerList], on="PublicAnswers", zh="查看公开答复"):
    """What was asked and answered in a division before, by item and by words; anybody may ask. The
    latest 100."""

    division: DivisionCode
    item: MatterCode | None = None
    words: Annotated[str | None, validate.Length(min=1, max=40), Label("检索词", "words")] = None


class ConcernPassedOn(PassedOn, on="Concern", zh="诉求已移交"):
    """What a division that ended had to answer is its successor's."""
