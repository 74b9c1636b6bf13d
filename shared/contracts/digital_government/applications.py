"""Applications for one item: a form that arrives filled, the materials that are still needed, and
what becomes of it when it is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query, Transition
from shared.contracts.digital_government.terms import Key
from shared.contracts.fields import DivisionCode, Identifier
from shared.contracts.identity_data import MatterCode
from shared.contracts.succession import PassedOn

Objection = Annotated[str, validate.Length(min=2, max=300)]
FileName = Annotated[
    str,
    validate.Length(min=1, max=120),
    validate.Regexp(
        r"[^/\\:*?\"<>|\r\n]+\Z", error='A plain file name: no path and none of / \\ : * ? " < > |'
    ),
    Label("文件名", "file name"),
]
LARGEST_FILE = 700_000
"""In bytes; what is larger does not fit a message."""


class OpenApplication(Command[Done], on="Application", zh="填写申请", delegable=True):
    """Begin an application for an item that a division offers; its form arrives filled with what
    government knows.

    Residents apply for themselves, or for an `enterprise` that they represent or handle affairs
    for; the window's staff and systems name the `applicant`.
    """

    matter: MatterCode
    division: DivisionCode
    enterprise: Annotated[
        Identifier | None, Label("申请企业", "the enterprise that the item is for")
    ] = None
    applicant: Annotated[
        Identifier | None, Label("申请人", "the person for whom another applies")
    ] = None

    @property
    def owner(self) -> str | None:
        """Whose application it will be, where somebody is named; what a policy may ask."""
        return self.applicant


class ApplicationOpened(Event, on="Application", key="application_id", zh="申请已开始填写"):
    """Somebody fills in an application; it is kept until `expires`."""

    application_id: Identifier
    matter: Annotated[MatterCode | None, Label("事项编码", "None for a one-thing")] = None
    thing: Annotated[str | None, validate.Length(max=60)] = None
    facts_shared: int
    expires: date


class AttachMaterial(
    Transition[Done], on="Application", key="application_id", zh="上传申请材料", delegable=True
):
    """Hand in a file for a material that the item needs: a PDF, JPEG or PNG of at most 700,000
    bytes, as base64. Another one for the same material takes its place."""

    application_id: Identifier
    material: Key
    file_name: FileName
    content: Annotated[str, validate.Length(min=4, max=960_000), Label("内容", "file, as base64")]


class MaterialAttached(Event, on="Application", key="application_id", zh="申请材料已上传"):
    """A file for a material is there."""

    application_id: Identifier
    material: Key
    digest: Annotated[str, validate.Length(max=64)]


class KeepAnswers(
    Transition[Done], on="Application", key="application_id", zh="保存填报内容", delegable=True
):
    """Keep what was filled in so far, complete or not, in the place of what was kept before; it is
    checked when the application is handed in."""

    application_id: Identifier
    answers: Annotated[
        Mapping[str, object], validate.Length(max=200), Label("填报内容", "answers by field")
    ] = field(default_factory=dict)
    objections: Annotated[
        Mapping[str, Objection], validate.Length(max=50), Label("数据异议", "objections by field")
    ] = field(default_factory=dict)


class AnswersKept(Event, on="Application", key="application_id", zh="填报内容已保存"):
    """So many answers are kept."""

    application_id: Identifier
    answers: int


class SubmitApplication(
    Transition[Done], on="Application", key="application_id", zh="提交申请", delegable=True
):
    """Hand the application in, with the applicant's answers.

    `objections` say of a value that the form arrived with why it is wrong; what the applicant
    gives for it instead stands among the answers, and the office is shown both.
    """

    application_id: Identifier
    answers: Annotated[
        Mapping[str, object], validate.Length(max=200), Label("填报内容", "answers by field")
    ] = field(default_factory=dict)
    objections: Annotated[
        Mapping[str, Objection], validate.Length(max=50), Label("数据异议", "objections by field")
    ] = field(default_factory=dict)


class ApplicationSubmitted(Event, on="Application", key="application_id", zh="申请已提交"):
    """The application became the case, or the one-thing, of the same id."""

    application_id: Identifier
    objections: int


class DiscardApplication(
    Transition[Done], on="Application", key="application_id", zh="放弃填写", delegable=True
):
    """Throw away what was filled in but not handed in."""

    application_id: Identifier


class ApplicationDiscarded(Event, on="Application", key="application_id", zh="申请已放弃"):
    """It was thrown away, or kept for its time and not handed in."""

    application_id: Identifier


class FormValue(Contract):
    """A value of a form: who gave it or which register it stands in, since when it is so, and why
    the applicant objects to it."""

    field: Key
    title: Annotated[str, validate.Length(max=200)]
    value: Annotated[str, validate.Length(max=2000), Label("内容", "value, as JSON where no text")]
    source: Annotated[str, validate.Length(max=200), Label("来源", "applicant, or the register")]
    as_of: datetime | None = None
    objection: Annotated[str | None, validate.Length(max=300)] = None


class MaterialOfItem(Contract):
    """A material of the item, and whether it is there."""

    material: Key
    name: Annotated[str, validate.Length(max=100)]
    source: Literal["applicant", "shared_data", "licence"]
    here: bool
    tolerable: bool = False
    file_name: Annotated[str | None, validate.Length(max=120)] = None


class ApplicationDetail(Contract):
    """An application as its applicant sees it while filling it in."""

    application_id: Identifier
    version: int
    matter: MatterCode | None = None
    thing: Annotated[str | None, validate.Length(max=60)] = None
    name: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    state: Literal["open", "submitted", "discarded"]
    expires: date
    promised_days: int
    form: Mapping[str, object] = field(default_factory=dict)
    received_by: Annotated[
        Identifier | None, Label("收件窗口", "organ whose window fills it in")
    ] = None
    filled: tuple[FormValue, ...] = ()
    materials: tuple[MaterialOfItem, ...] = ()
    answers: Annotated[Mapping[str, object], Label("已保存内容", "answers kept so far")] = field(
        default_factory=dict
    )
    objections: Mapping[str, str] = field(default_factory=dict)


class ApplicationById(
    Query[ApplicationDetail],
    on="Application",
    key="application_id",
    zh="查看申请",
    personal="application_id",
    delegable=True,
):
    """An application with its form, what it arrived filled with, and what is still needed."""

    application_id: Identifier


class Affair(Contract):
    """Something that a person applied for or is filling in; its state is that of the application,
    the case or the one-thing that it is."""

    id: Identifier
    kind: Literal["application", "case", "one_thing"]
    code: Annotated[str, validate.Length(max=60), Label("事项编码", "item or one-thing")]
    name: Annotated[str, validate.Length(max=100)]
    name_en: Annotated[str, validate.Length(max=150)] = ""
    division: DivisionCode
    organ: Identifier | None = None
    state: Annotated[str, validate.Length(max=30)]
    outcome: Annotated[str | None, validate.Length(max=20)] = None
    began_at: Annotated[datetime | None, Label("申请时间", "when it was handed in")] = None
    due: datetime | None = None
    expires: Annotated[date | None, Label("保存至", "until when it is kept")] = None


class AffairList(Contract):
    """What a person applied for: what is being filled in first, then the latest."""

    affairs: tuple[Affair, ...]


class AffairsOfPerson(
    Query[AffairList], on="OwnAffairs", zh="我的办事", personal="owner", delegable=True
):
    """What a person is filling in and has applied for, 200 of each kind at most; the matters of a
    one-thing stand with it."""

    owner: Annotated[Identifier, Label("申请人", "who applied")]


class MaterialFile(Contract):
    """A file that was handed in."""

    application_id: Identifier
    file_name: FileName
    content: Annotated[str, validate.Length(max=960_000)]


class MaterialOfApplication(
    Query[MaterialFile],
    on="Application",
    key="application_id",
    zh="查看申请材料",
    personal="application_id",
    delegable=True,
):
    """A file that was handed in for a material; for the applicant and who handles the case."""

    application_id: Identifier
    material: Key


class ApplicationPassedOn(PassedOn, on="Application", zh="申请已移交"):
    """What is being filled in for a division that ended is for its successor now."""
