"""Directives (政令): drafted, reviewed, issued at one press, and followed down to every organ."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.party_government.duties import (
    ColourName,
    DutyEscalated,
    DutyMet,
    RungName,
    Urgency,
)
from shared.contracts.succession import PassedOn

LevelName = Annotated[
    Literal["province", "city", "county", "township"], Label("层级", "level of the divisions")
]
DirectiveState = Annotated[
    Literal["draft", "in_review", "reviewed", "issued", "closed", "recalled", "superseded"],
    Label("状态", "state"),
]
ReceiptState = Annotated[
    Literal["delivered", "signed", "reported", "closed", "recalled", "superseded"],
    Label("状态", "state"),
]
DirectiveText = Annotated[
    str, validate.Length(min=1, max=20_000), Label("正文", "text of the directive")
]
Reason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]
Evidence = Annotated[
    str, validate.Length(min=2, max=200), Label("佐证", "what proves it: a record or a document")
]


class Audience(Contract):
    """To whom: the organs that are named, and those of the divisions at and below `within` that
    have all else that is asked for; an empty list asks for nothing."""

    organs: Annotated[tuple[Identifier, ...], validate.Length(max=1000)] = ()
    within: DivisionCode | None = None
    levels: Annotated[tuple[LevelName, ...], validate.Length(max=4)] = ()
    types: Annotated[
        tuple[Identifier, ...], validate.Length(max=10), Label("机构性质", "types of organs")
    ] = ()
    kinds: Annotated[
        tuple[Identifier, ...], validate.Length(max=20), Label("机构类别", "kinds of organs")
    ] = ()
    coastal: Annotated[bool, Label("沿海", "at the sea alone")] = False


class DirectiveTerms(Contract):
    """What a directive says, and to whom."""

    title: Annotated[str, validate.Length(min=2, max=200), Label("标题", "title")]
    text: DirectiveText
    basis: Annotated[str, validate.Length(min=2, max=500), Label("依据", "basis")]
    urgency: Urgency = "routine"
    audience: Audience
    handled_by: Annotated[
        date | None, Label("办结期限", "working day by whose end it is to be handled")
    ] = None
    indicators: Annotated[
        tuple[Identifier, ...], validate.Length(max=50), Label("指标", "indicators it is about")
    ] = ()
    tasks: Annotated[
        tuple[Identifier, ...], validate.Length(max=50), Label("重大任务", "tasks it sets going")
    ] = ()
    supersedes: Annotated[Identifier | None, Label("替代", "the directive that it replaces")] = None


class DraftDirective(Command[Done], DirectiveTerms, on="Directive", zh="起草政令"):
    """Draft a directive of one's organ."""

    organ: Identifier


class ReviseDraft(
    Transition[Done], DirectiveTerms, on="Directive", key="directive_id", zh="修改政令稿"
):
    """Replace what the draft says; whatever was found in a review before is asked anew."""

    directive_id: Identifier


class RequestLegalityReview(
    Transition[Done], on="Directive", key="directive_id", zh="送请合法性审核"
):
    """Ask for the legality review without which nothing is issued.

    It takes 5 to 15 working days, fewer only in an emergency (国办发〔2018〕115号).
    """

    directive_id: Identifier
    working_days: Annotated[
        int, validate.Range(min=0, max=15), Label("审核时限", "working days for the review")
    ] = 5


class IssueDirective(Transition[Done], on="Directive", key="directive_id", zh="签发政令"):
    """Issue a directive as it was reviewed, to everyone addressed and in place of what it
    supersedes."""

    directive_id: Identifier
    number: Annotated[str, validate.Length(min=4, max=60), Label("发文字号", "document number")]


class RecallDirective(Transition[Done], on="Directive", key="directive_id", zh="撤回政令"):
    """Take a directive back from everyone who received it."""

    directive_id: Identifier
    reason: Reason


class CloseDirective(Transition[Done], on="Directive", key="directive_id", zh="办结政令"):
    """Close a directive whose receipts are all closed."""

    directive_id: Identifier


class SignReceipt(Transition[Done], on="Receipt", key="receipt_id", zh="签收政令"):
    """Confirm that the organ has received and read the directive."""

    receipt_id: Identifier


class PassDirectiveOn(Transition[Done], on="Receipt", key="receipt_id", zh="转发政令"):
    """Send a directive on to organs of one's own division and below, unchanged."""

    receipt_id: Identifier
    audience: Audience


class ReportHandling(Transition[Done], on="Receipt", key="receipt_id", zh="反馈办理情况"):
    """Say what was done. A report without evidence is sent back at once."""

    receipt_id: Identifier
    text: LongText
    evidence: Annotated[tuple[Evidence, ...], validate.Length(max=20)] = ()


class CheckFeedback(Transition[Done], on="Receipt", key="receipt_id", zh="核查反馈"):
    """Accept what an organ reported, or send it back; by whoever sent it the directive."""

    receipt_id: Identifier
    accepted: Annotated[bool, Label("通过", "accepted")]
    remark: Annotated[str | None, validate.Length(min=2, max=500), Label("意见", "remark")] = None


# Events


class DirectiveDrafted(Event, on="Directive", key="directive_id", zh="政令稿已起草"):
    """A draft is there, or says something else from now on."""

    directive_id: Identifier
    organ: Identifier
    title: str


class LegalityReviewRequested(Event, on="Directive", key="directive_id", zh="已送请合法性审核"):
    """The text is to be reviewed by then; `round` counts how often it was asked."""

    directive_id: Identifier
    round: int
    organ: Identifier
    title: str
    text: DirectiveText
    basis: Annotated[str, validate.Length(min=2, max=500)]
    due: datetime


class DirectiveReviewed(Event, on="Directive", key="directive_id", zh="政令稿审核已有结论"):
    """What the review came to: it can be issued, or is to be changed first."""

    directive_id: Identifier
    lawful: bool


class DirectiveIssued(Event, on="Directive", key="directive_id", zh="政令已签发"):
    """It is in force from now on."""

    directive_id: Identifier
    organ: Identifier
    number: Annotated[str, validate.Length(min=4, max=60)]
    title: str
    urgency: Urgency
    handled_by: Annotated[datetime, Label("办结期限", "to be handled by")]
    indicators: tuple[Identifier, ...] = ()
    tasks: tuple[Identifier, ...] = ()


class DirectiveRecalled(Event, on="Directive", key="directive_id", zh="政令已撤回"):
    """It is in force no more; everyone who received it is told so in `DirectiveWithdrawn`."""

    directive_id: Identifier
    reason: Reason


class DirectiveSuperseded(Event, on="Directive", key="directive_id", zh="政令已被替代"):
    """Another stands in its place, and reaches everyone who received it."""

    directive_id: Identifier
    superseded_by: Identifier


class DirectiveClosed(Event, on="Directive", key="directive_id", zh="政令已办结"):
    """Every organ that received it has done what it asks for."""

    directive_id: Identifier


class DirectiveWithdrawn(Event, on="Directive", key="directive_id", zh="政令停止办理已告知"):
    """These organs have nothing to do about it any more."""

    directive_id: Identifier
    organs: Annotated[tuple[Identifier, ...], validate.Length(max=1000)]
    state: Annotated[Literal["recalled", "superseded"], Label("状态", "recalled or superseded")]


class DirectiveSent(Event, on="Dispatch", key="dispatch_id", zh="政令已下发"):
    """An organ sends a directive to organs below it; `DirectiveDelivered` names them."""

    dispatch_id: Identifier
    directive_id: Identifier
    organ: Identifier
    sign_by: datetime
    handle_by: datetime


class DirectiveDelivered(Event, on="Dispatch", key="dispatch_id", zh="政令已送达"):
    """These organs have it before them. The id of a receipt is `<directive>.<organ>`."""

    dispatch_id: Identifier
    directive_id: Identifier
    organs: Annotated[tuple[Identifier, ...], validate.Length(max=1000)]
    sign_by: datetime
    handle_by: datetime


class ReceiptSigned(DutyMet, on="Receipt", zh="政令已签收"):
    """An organ has received and read a directive."""


class DirectivePassedOn(Event, on="Receipt", key="id", zh="政令已转发"):
    """An organ passed on what it received."""

    id: Identifier
    organ: Identifier
    dispatch_id: Identifier


class HandlingReported(Event, on="Receipt", key="id", zh="办理情况已反馈"):
    """An organ says what it did."""

    id: Identifier
    organ: Identifier
    evidence: tuple[Evidence, ...] = ()


class HandlingReturned(Event, on="Receipt", key="id", zh="反馈已退回"):
    """What an organ reported is not enough; its time goes on."""

    id: Identifier
    organ: Identifier
    remark: Annotated[str, validate.Length(min=2, max=500)]


class HandlingAccepted(DutyMet, on="Receipt", zh="办理情况已核查通过"):
    """An organ has done what the directive asks for: in time if its report was."""


class ReceiptEscalated(DutyEscalated, on="Receipt", zh="政令督办升级"):
    """An organ that has not signed, or not handled, a directive climbed a rung."""


class DirectivePassedToSuccessor(PassedOn, on="Directive", zh="政令已移交"):
    """What was an organ's directive is its successor's."""


class ReceiptPassedOn(PassedOn, on="Receipt", zh="政令签收单已移交"):
    """What an organ was to do is to be done by its successor."""


# Questions


class Directive(Contract):
    """A directive as it stands."""

    directive_id: Identifier
    division: DivisionCode
    organ: Identifier
    state: DirectiveState
    title: str
    text: DirectiveText
    basis: Annotated[str, validate.Length(min=2, max=500)]
    urgency: Urgency
    audience: Audience
    number: str | None
    handle_by: datetime | None
    issued_at: datetime | None
    findings: Annotated[tuple[LongText, ...], Label("审核意见", "findings of the review")] = ()
    indicators: tuple[Identifier, ...] = ()
    tasks: tuple[Identifier, ...] = ()
    supersedes: Identifier | None = None
    superseded_by: Identifier | None = None
    reason: str | None = None
    version: int


class DirectiveById(Query[Directive], on="Directive", key="directive_id", zh="查询政令"):
    """One directive, for the organs of its division and above it."""

    directive_id: Identifier


class Receipt(Contract):
    """What one organ received, and how it stands; `due` is when the next thing is to be done."""

    receipt_id: Identifier
    directive_id: Identifier
    number: str
    title: str
    urgency: Urgency
    organ: Identifier
    organ_name: Annotated[str | None, Label("机构名称", "name of the organ")] = None
    division: DivisionCode
    sender: Annotated[Identifier, Label("下发机构", "organ that sent it")]
    state: ReceiptState
    colour: ColourName
    rung: RungName | None
    due: datetime | None
    delivered_at: datetime
    signed_at: datetime | None
    signed_by: str | None
    passed_on: bool
    report: LongText | None = None
    evidence: tuple[Evidence, ...] = ()
    remark: Annotated[str | None, validate.Length(min=2, max=500)] = None
    version: int


class ReceivedDirective(Contract):
    """A receipt with the directive it is for."""

    receipt: Receipt
    text: DirectiveText
    basis: Annotated[str, validate.Length(min=2, max=500)]
    directive_state: DirectiveState


class ReceivedDirectiveById(
    Query[ReceivedDirective], on="Receipt", key="receipt_id", zh="查询收到的政令"
):
    """A directive as an organ received it, for that organ and those above it."""

    receipt_id: Identifier


class ReceiptList(Contract):
    """Receipts, by due instant, what is done last; `more` where the list ended at its limit."""

    receipts: tuple[Receipt, ...]
    more: bool


class DirectivesReceived(Query[ReceiptList], on="ReceiptList", zh="本机关收到的政令"):
    """What one organ received: what is open, or all of it."""

    organ: Identifier
    open_only: Annotated[bool, Label("仅未办结", "only what is open")] = True


class ReceiptsOfDirective(Query[ReceiptList], on="ReceiptList", zh="政令签收办理名单"):
    """Who stands how with a directive in a division and below it, by organ: all, or those in a
    state or of a colour; who has not signed is in the state `delivered`. At most 500 a time;
    `after` is the last organ of the time before."""

    directive_id: Identifier
    division: DivisionCode
    state: ReceiptState | None = None
    colour: ColourName | None = None
    after: Identifier | None = None


class Standings(Contract):
    """How many receipts of a level or of a subtree stand how."""

    of: Annotated[str, Label("范围", "level, or division code")]
    receipts: int
    signed: int
    reported: int
    closed: int
    green: int
    yellow: int
    red: int
    criticised: Annotated[int, Label("被通报", "criticised")]


class Progress(Contract):
    """How far a directive has come in a division: in all, by level, and by the divisions next
    below it."""

    directive_id: Identifier
    division: DivisionCode
    state: DirectiveState
    total: Standings
    levels: tuple[Standings, ...]
    divisions: tuple[Standings, ...]


class DirectiveProgress(Query[Progress], on="Progress", zh="政令办理进度"):
    """How far a directive has come in a division and below it."""

    directive_id: Identifier
    division: DivisionCode


class CriticisedOrgan(Contract):
    """An organ that was publicly criticised for a directive."""

    organ: Identifier
    organ_name: str | None
    directive_id: Identifier
    number: str
    title: str
    colour: ColourName


class Criticisms(Contract):
    """Public criticisms, the latest first; the last 200."""

    organs: tuple[CriticisedOrgan, ...]


class CriticisedOrgans(Query[Criticisms], on="Criticisms", zh="通报名单"):
    """Who is or was criticised in a division and below it over directives in force; every
    official may know."""

    division: DivisionCode
