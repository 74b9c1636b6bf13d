"""Natural persons: registered, corrected, moved, dead, merged."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Transition,
)
from shared.contracts.fields import (
    DivisionCode,
    Identifier,
    PersonName,
    ResidentNumber,
)
from shared.contracts.identity_data.terms import Basis, PersonState, Phone


class RegisterPerson(Command[Done], on="Person", zh="登记自然人"):
    """Register a natural person under the resident number.

    A district code in the number that was abolished since is no fault: it tells where the person
    was first registered.
    """

    number: ResidentNumber
    name: PersonName
    division: DivisionCode
    phone: Phone | None = None


class PersonRegistered(Event, on="Person", key="person_id", zh="自然人已登记"):
    """A person is known; the event carries no number and no name."""

    person_id: Identifier
    division: DivisionCode


class PeopleImported(Event, on="RegistryImport", key="import_id", zh="自然人已批量登记"):
    """So many people of a file were registered at once, and so many rows of it refused, up to this
    row. Nobody is told of each of them by `PersonRegistered`."""

    import_id: Identifier
    last_row: int
    accepted: int
    rejected: int


class Person(Contract):
    """A registered natural person, as its own data or as an official may see it."""

    person_id: Identifier
    version: int
    number: ResidentNumber
    name: PersonName
    birth_date: date
    division: DivisionCode
    warnings: Annotated[tuple[str, ...], Label("提示", "warnings")] = ()
    state: Annotated[
        Literal["registered", "dead", "deregistered", "merged"], Label("状态", "state")
    ] = "registered"
    died_on: date | None = None
    guardians: Annotated[tuple[Identifier, ...], Label("监护人", "guardians")] = ()
    wards: Annotated[tuple[Identifier, ...], Label("被监护人", "wards")] = ()


class CorrectPerson(Transition[Done], on="Person", key="person_id", zh="更正自然人信息"):
    """Correct what was registered wrongly or has lawfully changed; what is left out stays
    (Household Registration Regulations 1958, articles 17 and 18). Where it answers an upheld
    objection, it names that, and everybody who read the wrong value is told."""

    person_id: Identifier
    basis: Basis
    name: PersonName | None = None
    phone: Phone | None = None
    objection_id: Annotated[Identifier | None, Label("数据异议", "objection that it answers")] = (
        None
    )


class PersonCorrected(Event, on="Person", key="person_id", zh="自然人信息已更正"):
    """Which of a person's data were corrected, never their values."""

    person_id: Identifier
    fields: tuple[str, ...]


class MovePerson(Transition[Done], on="Person", key="person_id", zh="迁入登记"):
    """Register that a person lives in another division, by the registrar there (the same
    Regulations, article 13)."""

    person_id: Identifier
    division: DivisionCode
    basis: Basis


class PersonMoved(Event, on="Person", key="person_id", zh="自然人已迁移"):
    """A person lives in another division."""

    person_id: Identifier
    from_division: DivisionCode
    division: DivisionCode


class RegisterDeath(Transition[Done], on="Person", key="person_id", zh="死亡登记"):
    """Register a death (the same Regulations, article 8)."""

    person_id: Identifier
    died_on: Annotated[date, Label("死亡日期", "day of death")]
    basis: Basis


class PersonDied(Event, on="Person", key="person_id", zh="自然人已死亡"):
    """A person died on that day."""

    person_id: Identifier
    died_on: date


class DeregisterPerson(Transition[Done], on="Person", key="person_id", zh="注销户口"):
    """Take a living person off the register."""

    person_id: Identifier
    reason: Annotated[Literal["settled_abroad", "foreign_nationality"], Label("注销原因", "why")]
    basis: Basis


class PersonDeregistered(Event, on="Person", key="person_id", zh="户口已注销"):
    """A person is on the register no more."""

    person_id: Identifier
    reason: str


class RestorePerson(Transition[Done], on="Person", key="person_id", zh="恢复户口"):
    """Put back who was registered as dead or taken off by mistake, or has come back."""

    person_id: Identifier
    basis: Basis


class PersonRestored(Event, on="Person", key="person_id", zh="户口已恢复"):
    """A person is on the register again, as before."""

    person_id: Identifier


class ScorePart(Contract):
    """What two records have in common, and how many of 100 points that is worth."""

    what: Literal["name", "birth_date", "phone", "number"]
    points: int


class PossibleDuplicate(Contract):
    """A record that may be of the same person; `score` is the sum of the parts."""

    person_id: Identifier
    score: int
    parts: tuple[ScorePart, ...]


class DuplicateList(Contract):
    """Possible duplicates, the most likely first."""

    candidates: tuple[PossibleDuplicate, ...]


class PossibleDuplicates(
    Query[DuplicateList],
    on="Person",
    key="person_id",
    zh="疑似重复人员",
    personal="person_id",
    classification="L4",
):
    """Other records that may be of this person, each with what speaks for it."""

    person_id: Identifier


class MergePersons(
    Transition[Done], on="Person", key="person_id", zh="合并重复人员", classification="L4"
):
    """Say that a record is of the same person as another, `into`, which stands for both from now
    on: every reference to the one is to the other, in all services."""

    person_id: Identifier
    into: Identifier
    basis: Basis


class PersonsMerged(Event, on="Person", key="person_id", zh="重复人员已合并"):
    """What refers to `person_id` refers to `into` from now on."""

    person_id: Identifier
    into: Identifier


class SeparatePersons(
    Transition[Done], on="Person", key="person_id", zh="撤销人员合并", classification="L4"
):
    """Take a merger of two records back: they are of two people after all. What referred to
    `person_id` before does so again."""

    person_id: Identifier
    basis: Basis


class PersonsSeparated(Event, on="Person", key="person_id", zh="人员合并已撤销"):
    """What referred to `person_id` before its merger into the other does so again."""

    person_id: Identifier
    into: Identifier


class PersonById(
    Query[Person], on="Person", key="person_id", zh="查询自然人", personal="person_id"
):
    """The registered data of one person."""

    person_id: Identifier


class ApplicantStanding(Contract):
    """Whether somebody can apply: the state of the person's record, and what the person is to the
    enterprise that was asked about, None where nothing."""

    person: Identifier
    person_state: PersonState
    role: Annotated[str | None, validate.Length(max=40), Label("身份", "role")] = None


class StandingOfApplicant(
    Query[ApplicantStanding], on="ApplicantStanding", zh="核验申请人资格", personal="person"
):
    """Whether a person is on the register and alive, and may act for an enterprise: as its legal
    representative or as who handles its affairs. For services, before they open an application."""

    person: Identifier
    enterprise: Identifier | None = None
