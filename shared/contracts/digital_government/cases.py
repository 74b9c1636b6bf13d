"""Cases and their handling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.applications import FormValue, MaterialOfItem
from shared.contracts.digital_government.terms import Days, Key, Outcome
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.identity_data import MatterCode
from shared.contracts.succession import PassedOn

CaseState = Literal[
    "pending",
    "accepted",
    "awaiting_supplement",
    "suspended",
    "decided",
    "withdrawn",
    "declined",
    "revoked",
]
Opinion = Literal["agree", "disagree"]
DeliveryWay = Literal["electronic", "post", "window"]
ReceivedBy = Annotated[
    Identifier | None, Label("收件窗口", "organ whose window received it; None: applied for online")
]
StepState = Literal["waiting", "open", "done", "left_out"]


class CaseSubmitted(Event, on="Case", key="case_id", zh="办件已申请"):
    """A case waits for acceptance."""

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None
    organ: Identifier
    applicant: Identifier
    item_edition: Annotated[str, validate.Length(max=80)] = ""
    received_in: DivisionCode | None = None


class AcceptCase(Transition[Done], on="Case", key="case_id", zh="受理办件"):
    """Accept a case: the working-day clock begins (Administrative Licensing Law art. 32, 42).

    What government already knows is fetched for the matter and kept with its source.
    """

    case_id: Identifier


class CaseAccepted(Event, on="Case", key="case_id", zh="办件已受理"):
    """The clock runs; `due` is provisional past the published calendar."""

    case_id: Identifier
    due: datetime
    provisional: bool
    facts_shared: int
    by_rule: bool = False
    tolerated: Annotated[tuple[Key, ...], Label("容缺材料", "materials that may follow")] = ()
    tolerated_until: datetime | None = None


class DeclineCase(Transition[Done], on="Case", key="case_id", zh="不予受理"):
    """Decline to accept an application that is none of the organ's, or no application for which
    the law provides: in writing, with the reasons and the remedies (Administrative Licensing Law
    article 32)."""

    case_id: Identifier
    reasons: Annotated[LongText, Label("理由", "reasons")]


class CaseDeclined(Event, on="Case", key="case_id", zh="申请不予受理"):
    """The application was not accepted."""

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None
    organ: Identifier
    applicant: Identifier


class ToleranceEnded(Event, on="Case", key="case_id", zh="容缺期限届满"):
    """What might follow did not come in time: the case can only be refused or withdrawn."""

    case_id: Identifier
    organ: Identifier
    materials: tuple[Key, ...]


class ToleratedMaterialsCame(Event, on="Case", key="case_id", zh="容缺材料已补齐"):
    """All that might follow is there."""

    case_id: Identifier
    organ: Identifier


class RequestSupplement(Transition[Done], on="Case", key="case_id", zh="一次性告知补正"):
    """Tell the applicant, once and completely, what is missing (Administrative Licensing Law
    art. 32(4)); the clock stops until it comes."""

    case_id: Identifier
    missing: Annotated[
        tuple[Annotated[str, validate.Length(min=2, max=200)], ...],
        validate.Length(min=1, max=20),
        Label("需补正的内容", "what is missing"),
    ]


class SupplementRequested(Event, on="Case", key="case_id", zh="已告知补正"):
    """The case waits for its applicant."""

    case_id: Identifier
    missing: tuple[str, ...]


class SupplementCase(Transition[Done], on="Case", key="case_id", zh="补正材料", delegable=True):
    """Give what was missing; the clock goes on."""

    case_id: Identifier
    answers: Annotated[
        Mapping[str, str], validate.Length(min=1, max=20), Label("补正内容", "what was missing")
    ]


class CaseSupplemented(Event, on="Case", key="case_id", zh="已补正"):
    """The clock runs again and `due` is the new deadline; None for a case not accepted yet, which
    awaits acceptance again."""

    case_id: Identifier
    due: datetime | None = None


class SuspendCase(Transition[Done], on="Case", key="case_id", zh="进入特别程序"):
    """Stop the clock for a hearing, inspection, test, quarantine, appraisal or expert review
    (Administrative Licensing Law art. 45); the applicant is told the time needed."""

    case_id: Identifier
    procedure: Literal["hearing", "inspection", "test", "quarantine", "appraisal", "expert_review"]
    days_needed: Annotated[int, validate.Range(min=1, max=730), Label("所需天数", "days needed")]


class CaseSuspended(Event, on="Case", key="case_id", zh="办件已暂停"):
    """The clock stands for a special procedure."""

    case_id: Identifier
    procedure: str
    days_needed: Days


class ResumeCase(Transition[Done], on="Case", key="case_id", zh="特别程序结束"):
    """The special procedure is over; the clock goes on."""

    case_id: Identifier


class CaseResumed(Event, on="Case", key="case_id", zh="办件已恢复"):
    """The clock runs again; `due` is the new deadline."""

    case_id: Identifier
    due: datetime


class DecideCase(Transition[Done], on="Case", key="case_id", zh="决定办件"):
    """Decide an accepted case; a refusal needs its reasons and tells the remedies
    (Administrative Licensing Law art. 38)."""

    case_id: Identifier
    outcome: Outcome
    reasons: Annotated[LongText | None, Label("理由", "reasons, needed for a refusal")] = None


class ReviewRequested(Event, on="CaseReview", key="review_id", zh="已转办审查"):
    """A step of review waits for an organ."""

    review_id: Identifier
    case_id: Identifier
    step: Key
    organ: Identifier
    due: datetime | None = None


class GiveReview(Transition[Done], on="CaseReview", key="review_id", zh="出具审查意见"):
    """Give the opinion of a step of review, by the organ and the role that the procedure names."""

    review_id: Identifier
    opinion: Annotated[Opinion, Label("意见", "agree or disagree")]
    note: Annotated[LongText, Label("说明", "grounds")]


class ReviewGiven(Event, on="CaseReview", key="review_id", zh="审查意见已出具"):
    """A step of review is done."""

    review_id: Identifier
    case_id: Identifier
    step: Key
    opinion: Opinion


class ReviewEnded(Event, on="CaseReview", key="review_id", zh="审查已终止"):
    """Nobody needs the review any more, because its case ended."""

    review_id: Identifier
    case_id: Identifier
    step: Key


class DeliverResult(Transition[Done], on="Case", key="case_id", zh="送达办理结果"):
    """Deliver what was decided: by an electronic licence, by post or at the window
    (Administrative Licensing Law article 44)."""

    case_id: Identifier
    way: Annotated[DeliveryWay, Label("送达方式", "way of delivery")]
    reference: Annotated[
        str, validate.Length(min=2, max=100), Label("凭证", "licence, tracking number or receipt")
    ]


class ResultDelivered(Event, on="Case", key="case_id", zh="办理结果已送达"):
    """The applicant has the result, after so many `visits` to a window."""

    case_id: Identifier
    way: DeliveryWay
    visits: Annotated[int, validate.Range(min=0)] = 0


class CaseDecided(Event, on="Case", key="case_id", zh="办件已办结"):
    """A case is decided.

    `result` is what the granted matter established, such as the enterprise to be registered;
    persons stand in it by id.
    """

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None
    organ: Identifier
    applicant: Identifier
    outcome: Outcome
    minutes: Annotated[int, Label("历时（分钟）", "business minutes from application to decision")]
    in_time: bool
    result: Mapping[str, object] = field(default_factory=dict)
    by_rule: Annotated[bool, Label("自动决定", "decided by rule, or deemed granted")] = False
    early: Annotated[bool, Label("提前办结", "before the last promised day")] = False
    materials_reused: int = 0
    materials_brought: int = 0


class CaseRevoked(Event, on="Case", key="case_id", zh="办理结果已撤销"):
    """What was granted stands no more, because the one-thing that it was granted for failed."""

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None
    organ: Identifier
    applicant: Identifier
    reasons: LongText


class WithdrawCase(Transition[Done], on="Case", key="case_id", zh="撤回申请", delegable=True):
    """Withdraw an application that is not decided yet."""

    case_id: Identifier
    reason: Annotated[LongText, Label("撤回原因", "why it is withdrawn")]


class CaseWithdrawn(Event, on="Case", key="case_id", zh="申请已撤回"):
    """The applicant took the application back."""

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None


class CaseNearlyDue(Event, on="Case", key="case_id", zh="办件即将到期"):
    """The deadline is close: at 09:00 of its day."""

    case_id: Identifier
    organ: Identifier
    due: datetime


class CaseOverdue(Event, on="Case", key="case_id", zh="办件已超期"):
    """The promised deadline passed undecided."""

    case_id: Identifier
    organ: Identifier
    due: datetime


class CaseFactCorrected(Event, on="Case", key="case_id", zh="办件所用数据已更正"):
    """A fact that the open case was given was wrong and is put right at its source; the organ looks
    at it again."""

    case_id: Identifier
    organ: Identifier
    item: Annotated[str, validate.Length(max=80)]
    objection_id: Identifier


class CaseCorrection(Contract):
    """That a fact of the case was put right at its source after it was read."""

    item: Annotated[str, validate.Length(max=80), Label("信息项", "item")]
    objection_id: Identifier
    at: datetime


class StepProgress(Contract):
    """One step of the case's procedure, and how far it is."""

    step: Key
    name: Annotated[str, validate.Length(max=60)]
    stage: Annotated[str, validate.Length(max=20)]
    state: StepState
    organ: Annotated[str | None, validate.Length(max=64)] = None
    opinion: Opinion | None = None
    note: Annotated[str | None, validate.Length(max=2000)] = None
    review_id: Identifier | None = None


class CaseExplanation(Contract):
    """Why a rule decided so: the reason, the row of the table, and each value it looked at."""

    outcome: Annotated[str, validate.Length(max=20)]
    reason: Annotated[str, validate.Length(max=500)]
    row: int
    looked_at: Mapping[str, object] = field(default_factory=dict)


class CaseDelivery(Contract):
    """How and when the result was delivered."""

    way: DeliveryWay
    reference: Annotated[str, validate.Length(max=100)]
    at: datetime


class CaseDetail(Contract):
    """One case as its applicant and its handlers see it."""

    case_id: Identifier
    version: int
    matter: MatterCode
    division: DivisionCode
    organ: Identifier
    state: CaseState
    outcome: Annotated[str | None, validate.Length(max=20)] = None
    due: datetime | None = None
    provisional: bool = False
    missing: tuple[str, ...] = ()
    facts: Annotated[
        tuple[Mapping[str, object], ...], Label("共享数据", "shared facts with their source")
    ] = ()
    materials_asked: Annotated[int, Label("要求材料数", "materials the applicant had to bring")] = 0
    corrections: Annotated[
        tuple[CaseCorrection, ...], Label("数据更正", "facts corrected since they were read")
    ] = ()
    handler: Annotated[
        str | None, Label("承办人", "the official who handles it; None: any of the organ")
    ] = None
    awaits_post: Annotated[
        str | None, Label("待接办职位", "the vacant post whose next holder takes it over")
    ] = None
    item_edition: Annotated[str, validate.Length(max=80), Label("事项版本", "edition")] = ""
    reasons: Annotated[str | None, validate.Length(max=2000)] = None
    remedies: Annotated[
        str | None, validate.Length(max=500), Label("救济途径", "what can be done against it")
    ] = None
    form: Annotated[tuple[FormValue, ...], Label("表单", "what was applied with")] = ()
    materials: tuple[MaterialOfItem, ...] = ()
    steps: Annotated[tuple[StepProgress, ...], Label("办理环节", "procedure")] = ()
    explanation: Annotated[
        CaseExplanation | None, Label("自动决定说明", "why a rule decided so")
    ] = None
    tolerated_until: datetime | None = None
    delivery: CaseDelivery | None = None
    received_by: ReceivedBy = None


class CaseById(
    Query[CaseDetail], on="Case", key="case_id", zh="查询办件", personal="case_id", delegable=True
):
    """One case."""

    case_id: Identifier


class CaseHandedOver(Event, on="Case", key="case_id", zh="办件已交接"):
    """The official who handled an undecided case left the post; `handler` took it over. None while
    the post is vacant: the case is with the organ then, whose case officers all may act."""

    case_id: Identifier
    post_id: Identifier
    former: Annotated[Identifier | None, Label("原承办人", "handler before")] = None
    handler: Annotated[Identifier | None, Label("承办人", "handler now")] = None


class CasesHandedOver(Event, on="Handover", key="post_id", zh="在办件交接完毕"):
    """Whoever holds a post by this appointment took over so many undecided cases of the former."""

    post_id: Identifier
    appointment_id: Identifier
    count: int


class CaseList(Contract):
    """Cases, the one due first first."""

    cases: tuple[CaseDetail, ...]


class CasesOfOrgan(Query[CaseList], on="CaseList", zh="待办办件", personal="organ"):
    """The undecided cases of an organ in a division; for that organ's officials."""

    division: DivisionCode
    organ: Identifier


class CasesReceived(Query[CaseList], on="CaseList", zh="窗口收件", personal="organ"):
    """The undecided cases that the windows of an organ received, wherever they are decided, and
    what of the decided ones is not delivered yet; 1,000 at most."""

    division: DivisionCode
    organ: Identifier


class ReviewDetail(Contract):
    """A step of review that waits for an organ, with the case that it is about."""

    review_id: Identifier
    version: int
    case_id: Identifier
    matter: MatterCode
    step: Key
    name: Annotated[str, validate.Length(max=60)]
    by: Annotated[str, validate.Length(max=20), Label("办理角色", "who does it")]
    due: datetime | None = None
    form: tuple[FormValue, ...] = ()
    facts: tuple[Mapping[str, object], ...] = ()


class ReviewList(Contract):
    """Reviews, the one due first first."""

    reviews: tuple[ReviewDetail, ...]


class ReviewsOfOrgan(Query[ReviewList], on="CaseList", zh="待办审查", personal="organ"):
    """The open reviews that an organ takes part in with another's cases or its own; for that
    organ's officials, 1,000 at most."""

    division: DivisionCode
    organ: Identifier


class TransferCase(Transition[Done], on="Case", key="case_id", zh="移送办件"):
    """Hand a case to the organ that offers its item in another division, because it is theirs to
    decide; once, while it is pending or accepted and no review is open. The clock runs on."""

    case_id: Identifier
    to_division: Annotated[DivisionCode, Label("移送地区", "the division that decides it")]
    reason: Annotated[LongText, Label("移送理由", "reason")]


class CaseTransferred(Event, on="Case", key="case_id", zh="办件已移送"):
    """Another division's organ decides it now."""

    case_id: Identifier
    from_division: DivisionCode
    division: DivisionCode
    from_organ: Identifier
    organ: Identifier
    reason: LongText


class CasePassedOn(PassedOn, on="Case", zh="办件已移交"):
    """An undecided case of a division that ended is handled by the successor's organ now; its clock
    runs on."""

    from_organ: Annotated[Identifier, Label("原承办机构", "organ before")]
    organ: Annotated[Identifier, Label("承办机构", "organ that handles it now")]


class ReviewPassedOn(PassedOn, on="CaseReview", zh="审查已移交"):
    """A review of a division that ended is given by the successor's organ now."""
