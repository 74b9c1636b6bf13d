"""Several matters applied for with one form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query
from shared.contracts.fields import DivisionCode, Identifier, Money
from shared.contracts.identity_data import EnterpriseName, Industry, MatterCode
from shared.contracts.succession import PassedOn

ThingCode = Literal["enterprise_startup"]


class StartupForm(Contract):
    """The one form of enterprise start-up: only what government does not know yet."""

    reservation_id: Annotated[Identifier, Label("名称保留编号", "name reservation")]
    name: EnterpriseName
    industry: Industry
    registered_capital: Money
    address: Annotated[str, validate.Length(min=5, max=200), Label("住所", "registered address")]
    employees: Annotated[
        int, validate.Range(min=0, max=100_000), Label("员工人数", "employees")
    ] = 0
    bank: Annotated[str, validate.Length(min=2, max=100), Label("预约银行", "bank")] = (
        "中国农业银行"
    )


class SubmitOneThing(Command[Done], on="OneThing", zh="申请“一件事”", delegable=True):
    """Apply for several matters at once with one form.

    Residents apply for themselves; a system that applies for a person must name the `applicant`.
    """

    thing: ThingCode
    division: DivisionCode
    form: StartupForm
    applicant: Annotated[
        Identifier | None, Label("申请人", "the person whom a system applies for")
    ] = None

    @property
    def owner(self) -> str | None:
        """Whose case it will be, where somebody is named; what a policy may ask."""
        return self.applicant


class OneThingSubmitted(Event, on="OneThing", key="one_thing_id", zh="“一件事”已申请"):
    """A one-thing began; its matters follow as cases."""

    one_thing_id: Identifier
    thing: ThingCode
    division: DivisionCode
    applicant: Identifier
    matters: tuple[MatterCode, ...]


class OneThingCompleted(Event, on="OneThing", key="one_thing_id", zh="“一件事”已办结"):
    """Every matter is decided; `granted` says whether all were granted."""

    one_thing_id: Identifier
    thing: ThingCode
    division: DivisionCode
    granted: bool
    visits: int
    minutes: Annotated[int, Label("历时（分钟）", "business minutes from application to the end")]


class MatterProgress(Contract):
    """How far one matter of a one-thing is."""

    matter: MatterCode
    name: Annotated[str, validate.Length(max=100)]
    case_id: Identifier | None = None
    state: Annotated[str, validate.Length(max=30)]
    outcome: Annotated[str | None, validate.Length(max=20)] = None
    due: datetime | None = None


class OneThingState(Contract):
    """A one-thing with all its matters."""

    one_thing_id: Identifier
    version: int
    thing: ThingCode
    division: DivisionCode
    state: Literal["running", "completed", "failed"]
    due: Annotated[datetime | None, Label("承诺办结时间", "the promise for the whole")] = None
    provisional: bool = False
    matters: tuple[MatterProgress, ...]


class OneThingProgress(
    Query[OneThingState],
    on="OneThing",
    key="one_thing_id",
    zh="“一件事”进度",
    personal="one_thing_id",
    delegable=True,
):
    """How far a one-thing is; for its applicant and the officials of the division."""

    one_thing_id: Identifier


class OneThingPassedOn(PassedOn, on="OneThing", zh="“一件事”已移交"):
    """A running one-thing belongs to the successor of its division."""
