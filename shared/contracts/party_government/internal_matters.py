"""Matters between organs (机关内部最多跑一次): submitted once, all consents asked in parallel,
decided in promised working days."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.fields import DivisionCode, Identifier, LongText
from shared.contracts.party_government.duties import ColourName, DutyEscalated, DutyMet, RungName
from shared.contracts.succession import PassedOn

InternalMatterState = Annotated[
    Literal["submitted", "awaiting_supplement", "accepted", "decided", "withdrawn"],
    Label("状态", "state"),
]
MatterRole = Annotated[
    Literal["decide", "consent", "receive"],
    Label("职责", "decides it, must consent, or consents as the organ that receives"),
]
MatterOutcome = Annotated[Literal["granted", "refused"], Label("办理结果", "granted or refused")]
MatterKindCode = Annotated[Identifier, Label("事项类别", "kind of the matter, by its code")]
_MatterTitle = Annotated[str, validate.Length(min=2, max=100), Label("标题", "title")]
_Reasons = Annotated[str, validate.Length(min=2, max=2000), Label("理由", "reasons")]
_Official = Annotated[str, validate.Length(max=100)]


class MatterMaterial(Contract):
    """A material of the matter: which one its kind asks for, and the document that it is."""

    material: Annotated[Identifier, Label("材料", "code of the material")]
    document: Annotated[
        str, validate.Length(min=2, max=200), Label("文件", "number or record of the document")
    ]


class WantedMaterial(Contract):
    """What is to be supplemented: a material, and what is wrong with the one that was given."""

    material: Annotated[Identifier, Label("材料", "code of the material")]
    problem: Annotated[str, validate.Length(min=2, max=500), Label("问题", "what is wrong")]


_Materials = Annotated[tuple[MatterMaterial, ...], validate.Length(max=30)]


# The organ that submits


class SubmitInternalMatter(Command[Done], on="InternalMatter", zh="提交机关内部事项"):
    """Submit a matter of one's organ, once for all whom it concerns: the kind says which organ
    decides and whose consent is asked. `receiver` is named where the kind asks for one."""

    organ: Annotated[Identifier, Label("申请机关", "organ that submits")]
    kind: MatterKindCode
    title: _MatterTitle
    content: Annotated[LongText, Label("内容", "what is applied for")]
    materials: _Materials = ()
    receiver: Annotated[Identifier | None, Label("接收单位", "organ that receives")] = None


class SupplementInternalMatter(
    Transition[Done], on="InternalMatter", key="matter_id", zh="补正机关内部事项"
):
    """Give all that was wanted; the clocks go on."""

    matter_id: Identifier
    materials: Annotated[tuple[MatterMaterial, ...], validate.Length(min=1, max=30)]


class WithdrawInternalMatter(
    Transition[Done], on="InternalMatter", key="matter_id", zh="撤回机关内部事项"
):
    """Take a matter back before it is decided."""

    matter_id: Identifier
    reason: Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]


# The organs that handle it


class AcceptInternalMatter(
    Transition[Done], on="MatterHandling", key="handling_id", zh="受理机关内部事项"
):
    """Accept a matter: the promised working days begin, and every consent is asked at once."""

    handling_id: Identifier


class RequestMatterSupplement(
    Transition[Done], on="MatterHandling", key="handling_id", zh="告知机关内部事项补正"
):
    """Tell all that is to be supplemented, once; until then the clocks stand still."""

    handling_id: Identifier
    wanted: Annotated[tuple[WantedMaterial, ...], validate.Length(min=1, max=30)]


class AnswerMatterConsent(
    Transition[Done], on="MatterHandling", key="handling_id", zh="答复机关内部事项会签"
):
    """Consent or object; the answer can be changed until the matter is decided."""

    handling_id: Identifier
    agreed: Annotated[bool, Label("同意", "consents")]
    opinion: Annotated[
        str | None, validate.Length(min=2, max=2000), Label("意见", "opinion; an objection has one")
    ] = None


class DecideInternalMatter(
    Transition[Done], on="MatterHandling", key="handling_id", zh="办结机关内部事项"
):
    """Grant or refuse a matter when every consent was answered; nothing is granted against an
    objection."""

    handling_id: Identifier
    outcome: MatterOutcome
    reasons: _Reasons


# Events


class InternalMatterSubmitted(Event, on="InternalMatter", key="matter_id", zh="机关内部事项已提交"):
    """A matter lies before the organ that decides it."""

    matter_id: Identifier
    kind: MatterKindCode
    organ: Identifier
    decided_by: Annotated[Identifier, Label("主办机关", "organ that decides")]
    consents_of: Annotated[tuple[Identifier, ...], Label("会签机关", "organs that must consent")]


class MatterSupplementRequested(
    Event, on="InternalMatter", key="matter_id", zh="机关内部事项已告知补正"
):
    """All that is missing was told, and the clocks stand still."""

    matter_id: Identifier
    organ: Identifier
    wanted: tuple[WantedMaterial, ...]


class InternalMatterSupplemented(
    Event, on="InternalMatter", key="matter_id", zh="机关内部事项已补正"
):
    """What was missing is there, and the clocks go on."""

    matter_id: Identifier
    organ: Identifier


class InternalMatterWithdrawn(Event, on="InternalMatter", key="matter_id", zh="机关内部事项已撤回"):
    """Nobody has anything to do about it any more."""

    matter_id: Identifier
    kind: MatterKindCode
    organ: Identifier
    reason: Annotated[str, validate.Length(min=2, max=500)]


class InternalMatterPassedOn(PassedOn, on="InternalMatter", zh="机关内部事项已移交"):
    """What an organ had submitted is its successor's matter."""


class InternalMatterAccepted(DutyMet, on="MatterHandling", zh="机关内部事项已受理"):
    """The organ that decides has accepted it, and has until `decide_by`."""

    matter_id: Identifier
    decide_by: Annotated[datetime, Label("承诺办结时限", "to be decided by")]


class MatterConsentAsked(Event, on="MatterHandling", key="id", zh="机关内部事项已征求会签"):
    """An organ is to say by then whether it consents."""

    id: Identifier
    matter_id: Identifier
    organ: Identifier
    due: datetime


class MatterConsentAnswered(DutyMet, on="MatterHandling", zh="机关内部事项会签已答复"):
    """An organ consented or objected."""

    matter_id: Identifier
    agreed: bool


class MatterConsentChanged(Event, on="MatterHandling", key="id", zh="机关内部事项会签意见已变更"):
    """An organ that had answered says something else."""

    id: Identifier
    matter_id: Identifier
    organ: Identifier
    agreed: bool


class InternalMatterDecided(DutyMet, on="MatterHandling", zh="机关内部事项已办结"):
    """It was granted or refused. `in_time` says whether within the promised days from acceptance,
    whatever was late before; `accepted_by` is the official who accepted it."""

    matter_id: Identifier
    kind: MatterKindCode
    applicant: Annotated[Identifier, Label("申请机关", "organ that submitted it")]
    outcome: MatterOutcome
    in_time: bool
    accepted_by: _Official
    accepted_at: datetime


class MatterEscalated(DutyEscalated, on="MatterHandling", zh="机关内部事项督办升级"):
    """An organ that has not accepted, answered or decided a matter climbed a rung; at `urged` the
    promised deadline has passed."""


class MatterHandlingPassedOn(PassedOn, on="MatterHandling", zh="机关内部事项承办已移交"):
    """The part that an organ has in an open matter, with what it answered, is its successor's."""


# Questions


class InternalMatter(Contract):
    """A matter in short; `organ` submitted it."""

    matter_id: Identifier
    kind: MatterKindCode
    kind_zh: str
    kind_en: str
    title: _MatterTitle
    organ: Identifier
    organ_name: str | None = None
    division: DivisionCode
    state: InternalMatterState
    submitted_at: datetime
    outcome: MatterOutcome | None = None
    version: int


class MatterHandling(Contract):
    """What one organ has to do about a matter. `due` is None while its clock stands still or has
    not begun; `days_left` are the working days until then, today not counted, below 0 when late."""

    handling_id: Identifier
    organ: Identifier
    organ_name: str | None = None
    role: MatterRole
    state: Annotated[
        Literal["waiting", "open", "done", "ended"],
        Label("办理状态", "not yet asked, to be done, done, or ended undone"),
    ]
    due: datetime | None = None
    days_left: Annotated[int | None, Label("剩余工作日", "working days left")] = None
    colour: ColourName
    rung: RungName | None = None
    agreed: bool | None = None
    opinion: Annotated[str | None, validate.Length(min=2, max=2000)] = None
    version: int


class ListedMatter(Contract):
    """A matter with what one organ has to do about it."""

    matter: InternalMatter
    handling: MatterHandling


class MatterList(Contract):
    """Matters; `more` where the list ended at its limit."""

    matters: tuple[ListedMatter, ...]
    more: bool


class MattersInHand(Query[MatterList], on="MatterList", zh="本机关待办的机关内部事项"):
    """What one organ has to do about matters, what is due first before all others; or all that it
    ever had, the newest first."""

    organ: Identifier
    open_only: Annotated[bool, Label("仅待办", "only what is to be done")] = True


class MattersSubmitted(Query[MatterList], on="MatterList", zh="本机关提交的机关内部事项"):
    """What one organ submitted, the newest first, each with how it stands with the organ that
    decides it."""

    organ: Identifier
    open_only: Annotated[bool, Label("仅未办结", "only what is not decided")] = False


class MatterStep(Contract):
    """Something that was done about a matter; `by` is the official, None for what happened by
    itself."""

    at: datetime
    act: Annotated[str, Label("环节", "act")]
    act_zh: str
    organ: Identifier
    by: _Official | None = None
    text: Annotated[str | None, validate.Length(max=2000)] = None


class InternalMatterFile(Contract):
    """A matter with its materials, everybody's part in it, and its history, oldest first."""

    matter: InternalMatter
    content: LongText
    materials: tuple[MatterMaterial, ...]
    wanted: tuple[WantedMaterial, ...] = ()
    reasons: Annotated[str | None, validate.Length(max=2000)] = None
    handlings: tuple[MatterHandling, ...]
    history: tuple[MatterStep, ...]


class InternalMatterById(
    Query[InternalMatterFile], on="InternalMatter", key="matter_id", zh="查询机关内部事项"
):
    """One matter, for the organ that submitted it and those of its division and above."""

    matter_id: Identifier


class MatterHandlingById(
    Query[InternalMatterFile], on="MatterHandling", key="handling_id", zh="查询承办的机关内部事项"
):
    """The same, for an organ that has a part in it and those of that organ's division and above."""

    handling_id: Identifier


class NeededMaterial(Contract):
    """A material that a kind of matter asks for."""

    material: Identifier
    name_zh: str
    name_en: str


class InternalMatterKind(Contract):
    """A kind of matter: who decides it in how many working days, what is to be given, and which
    kinds of organs must consent beside the receiver."""

    kind: MatterKindCode
    name_zh: str
    name_en: str
    decided_by: Annotated[str, Label("主办机关类别", "kind of the organ that decides")]
    promised_days: int
    consent_days: int
    materials: tuple[NeededMaterial, ...]
    consents_of: tuple[str, ...]
    needs_receiver: bool
    source: Annotated[str | None, validate.Length(max=500), Label("依据", "source")] = None


class InternalMatterKindList(Contract):
    """All kinds."""

    kinds: tuple[InternalMatterKind, ...]


class InternalMatterKinds(
    Query[InternalMatterKindList], on="InternalMatterKindList", zh="机关内部事项清单"
):
    """Which matters there are between organs; every official may know."""
