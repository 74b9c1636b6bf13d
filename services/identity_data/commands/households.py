"""Households: established, joined, left, headed, split."""

from __future__ import annotations

from collections.abc import Iterable

from services.identity_data.domain.households import (
    NotAMember,
    NotRegisteredThere,
    WithoutHead,
    require_relations,
    require_some_leave,
)
from services.identity_data.domain.people import PersonState
from services.identity_data.models import Household, Person
from services.identity_data.registry import (
    head_of,
    in_force_today,
    is_member_of,
    members_of,
)
from shared.context import Context
from shared.contracts.identity_data import (
    AddHouseholdMember,
    EstablishHousehold,
    MemberRelation,
    NameHouseholdHead,
    RemoveHouseholdMember,
    SplitHousehold,
)
from shared.divisions import contains
from shared.handling import handles


@handles(EstablishHousehold)
def establish_household(order: EstablishHousehold, context: Context) -> Household:
    """Establish a household of its head; raises `NotRegisteredThere`, `InHouseholdAlready`."""
    division = in_force_today(order.division, context)
    head = _registered_in(division, order.head, context)
    household_id = f"h-{context.new_id()}"
    return Household.established(
        household_id, division, order.kind, order.address, head, context.today
    )


@handles(AddHouseholdMember)
def add_household_member(household: Household, order: AddHouseholdMember, context: Context) -> None:
    """Let somebody be a member; raises `NotRegisteredThere`, `InHouseholdAlready`, `WithoutHead`,
    `HouseholdIsDissolved`."""
    household.require_kept()
    person = _registered_in(household.division, order.person, context)
    if head_of(household, context) is None:
        raise WithoutHead()
    household.admit(person, order.relation, context.today)


@handles(RemoveHouseholdMember)
def remove_household_member(
    household: Household, order: RemoveHouseholdMember, context: Context
) -> None:
    """Let somebody be a member no more; raises `NotAMember`."""
    person = context.unit.find(Person, order.person)
    if person is None:
        raise NotAMember()
    _let_go(household, person, "removed", context)


@handles(NameHouseholdHead)
def name_household_head(household: Household, order: NameHouseholdHead, context: Context) -> None:
    """Let a member head the household; raises `NotAMember`, `RelationsDoNotFit`,
    `HouseholdIsDissolved`."""
    household.name_head(order.head, _pairs(order.relations), members_of(household, context))


@handles(SplitHousehold)
def split_household(household: Household, order: SplitHousehold, context: Context) -> Household:
    """Let members be a household of their own; raises `NotAMember`, `NobodyStays`,
    `RelationsDoNotFit`."""
    members = members_of(household, context)
    relations = _pairs(order.relations)
    leaving = {order.head, *(person for person, _ in relations)}
    require_relations([person for person, _ in relations], leaving - {order.head})
    require_some_leave(leaving, members.keys())
    for person in sorted(leaving):
        household.let_go(members[person], "split", context.today, is_last=False)
    made = Household.established(
        f"h-{context.new_id()}",
        household.division,
        "family",
        order.address,
        members[order.head],
        context.today,
    )
    for person, relation in relations:
        made.admit(members[person], relation, context.today)
    return made


def leave_household(person: Person, why: str, context: Context) -> None:
    """Take somebody out of the household, if in one, because of what happened to the person."""
    if person.household is not None:
        _let_go(context.unit.get(Household, person.household), person, why, context)


def _let_go(household: Household, person: Person, why: str, context: Context) -> None:
    others = context.unit.find_all(
        Person, is_member_of(household.id), Person.id != person.id, limit=1
    )
    household.let_go(person, why, context.today, is_last=not others)


def _pairs(relations: Iterable[MemberRelation]) -> list[tuple[str, str]]:
    return [(one.person, one.relation) for one in relations]


def _registered_in(division: str, person_id: str, context: Context) -> Person:
    """Somebody who lives there. Who lives elsewhere, is dead or unknown is refused alike, because
    no more is known to whoever keeps the register there."""
    person = context.unit.find(Person, person_id)
    if (
        person is None
        or person.state != PersonState.REGISTERED
        or not contains(division, person.division)
    ):
        raise NotRegisteredThere()
    return person
