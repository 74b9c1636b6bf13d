"""Cases and their handling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.terms import Days, Outcome
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.identity_data import MatterCode
from shared.contracts.succession import PassedOn

CaseState = Literal[
    "pending", "accepted", "awaiting_supplement", "suspended", "decided", "withdrawn"
]


class CaseSubmitted(Event, on="Case", key="case_id", zh="办件已申请"):
    """A case waits for acceptance."""

    case_id: Identifier
    matter: MatterCode
    one_thing_id: Identifier | None = None
    organ: Identifier
    applicant: Identifier


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


class CasePassedOn(PassedOn, on="Case", zh="办件已移交"):
    """An undecided case of a division that ended is handled by the successor's organ now; its clock
    runs on."""

    from_organ: Annotated[Identifier, Label("原承办机构", "organ before")]
    organ: Annotated[Identifier, Label("承办机构", "organ that handles it now")]
