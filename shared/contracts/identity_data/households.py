"""Households: established, joined, left, split, dissolved."""

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
from shared.contracts.fields import DivisionCode, Identifier, PersonName
from shared.contracts.identity_data.terms import Basis
from shared.contracts.succession import PassedOn

Address = Annotated[str, validate.Length(min=4, max=200), Label("住址", "address")]
HouseholdKind = Annotated[Literal["family", "collective"], Label("户类型", "kind of household")]
Relation = Annotated[
    Literal["spouse", "son", "daughter", "grandchild", "parent", "grandparent", "sibling", "other"],
    Label("与户主关系", "relation to the head (GB/T 4761)"),
]


class MemberRelation(Contract):
    """What somebody is to the head of a household."""

    person: Identifier
    relation: Relation


Relations = Annotated[
    tuple[MemberRelation, ...], Label("其他成员", "the others, and what they are to the head")
]


class EstablishHousehold(Command[Done], on="Household", zh="立户"):
    """Establish a household with its head (Household Registration Regulations 1958, article 5)."""

    division: DivisionCode
    address: Address
    kind: HouseholdKind
    head: Annotated[Identifier, Label("户主", "head of the household")]


class HouseholdEstablished(Event, on="Household", key="household_id", zh="户已设立"):
    """There is a household, and somebody heads it."""

    household_id: Identifier
    division: DivisionCode
    kind: str
    head: Identifier


class AddHouseholdMember(Transition[Done], on="Household", key="household_id", zh="入户"):
    """Let somebody who is registered in the household's division be one of its members; a person
    is in one household at a time."""

    household_id: Identifier
    person: Identifier
    relation: Relation
    basis: Basis


class HouseholdMemberAdded(Event, on="Household", key="household_id", zh="成员已入户"):
    """Somebody is a member of the household."""

    household_id: Identifier
    person_id: Identifier


class RemoveHouseholdMember(Transition[Done], on="Household", key="household_id", zh="出户"):
    """Let somebody be a member no more. A household whose head leaves has none until one is named;
    one whose last member leaves is dissolved."""

    household_id: Identifier
    person: Identifier
    basis: Basis


class HouseholdMemberLeft(Event, on="Household", key="household_id", zh="成员已出户"):
    """Somebody is a member no more; where `was_head`, the household is without a head."""

    household_id: Identifier
    person_id: Identifier
    why: Annotated[
        Literal["removed", "split", "died", "deregistered", "moved"], Label("出户原因", "why")
    ]
    was_head: bool


class HouseholdDissolved(Event, on="Household", key="household_id", zh="户已撤销"):
    """The last member left."""

    household_id: Identifier


class NameHouseholdHead(Transition[Done], on="Household", key="household_id", zh="变更户主"):
    """Let a member head the household, and say what every other member is to that one."""

    household_id: Identifier
    head: Annotated[Identifier, Label("户主", "head of the household")]
    relations: Relations
    basis: Basis


class HouseholdHeadNamed(Event, on="Household", key="household_id", zh="户主已变更"):
    """A member heads the household."""

    household_id: Identifier
    head: Identifier


class SplitHousehold(Transition[Done], on="Household", key="household_id", zh="分户"):
    """Let members leave together and be a household of their own in the same division; the reply
    names that one. Somebody stays."""

    household_id: Identifier
    address: Address
    head: Annotated[Identifier, Label("新户户主", "head of the new household")]
    relations: Relations
    basis: Basis


class HouseholdPassedOn(PassedOn, on="Household", zh="户区划已变更"):
    """A household lives where another division is responsible now."""


class HouseholdMember(Contract):
    """A member, what it is to the head, and since when; without a head, what it was to the last."""

    person_id: Identifier
    name: PersonName
    relation: Annotated[str, Label("与户主关系", "`head`, or the relation to the head")]
    since: date


class Household(Contract):
    """A household; a thousand of its members at most, the head first."""

    household_id: Identifier
    version: int
    division: DivisionCode
    address: Address
    kind: HouseholdKind
    state: Annotated[
        Literal["headed", "without_head", "dissolved"], Label("状态", "state of the household")
    ]
    members: tuple[HouseholdMember, ...]


class HouseholdById(
    Query[Household],
    on="Household",
    key="household_id",
    zh="查询户",
    personal="household_id",
):
    """One household, for the registrars of its division."""

    household_id: Identifier


class MyHousehold(
    Query[Household], on="Person", key="person_id", zh="我的户", personal="person_id"
):
    """The household that a person is in, for the person and its guardians."""

    person_id: Identifier
