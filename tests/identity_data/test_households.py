"""Who is in which household, who heads it, and what a person's life does to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity_data.domain.households import (
    HouseholdIsDissolved,
    InHouseholdAlready,
    NobodyStays,
    NotAMember,
    NotRegisteredThere,
    RelationsDoNotFit,
    WithoutHead,
)
from services.identity_data.models import Household, Person
from services.identity_data.service import IdentityData
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import (
    AddHouseholdMember,
    DeregisterPerson,
    EstablishHousehold,
    HouseholdById,
    HouseholdDissolved,
    HouseholdEstablished,
    HouseholdHeadNamed,
    HouseholdMemberAdded,
    HouseholdMemberLeft,
    HouseholdPassedOn,
    MemberRelation,
    MergeDivisions,
    MergePersons,
    MovePerson,
    MyHousehold,
    NameHouseholdHead,
    RegisterDeath,
    RemoveHouseholdMember,
    RestorePerson,
    SeparatePersons,
    SplitHousehold,
    TerritoryMove,
)
from shared.errors import Conflict, NotAllowed, NotFound
from shared.identifiers import resident_number_from
from shared.messaging.tables import AUDIT
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
HOME, BESIDE, ELSEWHERE = "330106002", "330106004", "330203001"
BASIS = {"basis": "户口登记申请书2026-1"}


def registrar(division: str) -> Principal:
    organ = f"{division}-public_security"
    roles = ("household_registrar",)
    return Principal(f"registrar.{division}", "official", division, organ, roles, assurance=2)


HERE, THERE = registrar("330106"), registrar("330203")


class Register:
    """A register with its divisions, orders by the registrar of the county."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.harness = harness

    def enter(self, number: int, division: str = HOME, name: str = "钱潮") -> str:
        """Register somebody; returns the id."""
        born = date(1960 + number, 5, 6)
        person = Person.registered(
            resident_number_from("330106", born, number), name, division, None
        )
        self.harness.act(lambda context: context.unit.add(person) and None)
        return person.id

    def twin_of(self, number: int) -> str:
        """A second record of somebody, born the same day under the same name."""
        born = date(1960 + number, 5, 6)
        person = Person.registered(
            resident_number_from("330106", born, number + 10), "钱潮", HOME, None
        )
        self.harness.act(lambda context: context.unit.add(person) and None)
        return person.id

    def order(self, order: Any, by: Principal = HERE) -> str:
        """Carry an order out; returns the id in its reply."""
        return str(self.harness.execute(order, by).id)

    def establish(self, head: str, kind: str = "family") -> str:
        """A household of its head alone."""
        address = "文三路1号"
        order = EstablishHousehold(division=HOME, address=address, kind=kind, head=head)
        return self.order(order)

    def add(self, household: str, person: str, relation: str = "spouse") -> None:
        """Another member."""
        self.order(
            AddHouseholdMember(household_id=household, person=person, relation=relation, **BASIS)
        )

    def shown(self, household: str) -> tuple[str, dict[str, str]]:
        """The state of a household, and what each member is."""
        found = self.harness.execute(HouseholdById(household_id=household), HERE)
        return found.state, {one.person_id: one.relation for one in found.members}


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> Register:
    """The divisions, and nobody registered."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    know_places(harness, "330106", "330203", organs=False)
    return Register(harness)


def test_a_household_has_a_head_and_members_each_with_a_relation(register: Register) -> None:
    head, spouse, child = (register.enter(n) for n in (1, 2, 3))
    household = register.establish(head)
    register.add(household, spouse)
    register.add(household, child, "daughter")
    everybody = {head: "head", spouse: "spouse", child: "daughter"}
    assert register.shown(household) == ("headed", everybody)
    own = Principal("a", "resident", "330106", person=child)
    found = register.harness.execute(MyHousehold(person_id=child), own)
    assert (found.household_id, found.address, found.kind) == (household, "文三路1号", "family")
    assert {one.since for one in found.members} == {MONDAY.date()}
    assert register.harness.told(HouseholdEstablished) == [
        HouseholdEstablished(household_id=household, division=HOME, kind="family", head=head)
    ]
    added = [event.person_id for event in register.harness.told(HouseholdMemberAdded)]
    assert added == [spouse, child]
    (row,) = register.harness.rows(sa.select(AUDIT).where(AUDIT.c.act == "MyHousehold"))
    assert (row.actor, row.aggregate_id) == ("a", child)


def test_nobody_is_in_two_households(register: Register) -> None:
    head, spouse, other = (register.enter(n) for n in (1, 2, 3))
    household, another = register.establish(head), register.establish(other)
    register.add(household, spouse)
    for refused in (
        AddHouseholdMember(household_id=another, person=spouse, relation="other", **BASIS),
        AddHouseholdMember(household_id=household, person=spouse, relation="other", **BASIS),
        EstablishHousehold(division=HOME, address="文三路2号", kind="family", head=spouse),
    ):
        with pytest.raises(InHouseholdAlready):
            register.order(refused)
    assert register.shown(another) == ("headed", {other: "head"})


def test_of_two_who_take_somebody_in_at_the_same_moment_one_does(register: Register) -> None:
    heads = [register.enter(n) for n in (1, 2)]
    person = register.enter(3)
    households = [register.establish(head) for head in heads]

    def take(household: str) -> bool:
        try:
            register.add(household, person, "other")
        except (InHouseholdAlready, Conflict):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, households)) == [False, True]
    members = [one for household in households for one in register.shown(household)[1]]
    assert sorted(members) == sorted([*heads, person])


def test_of_who_is_not_registered_in_its_division_a_household_learns_nothing(
    register: Register,
) -> None:
    head, beside, away, dead = (
        register.enter(n, where) for n, where in enumerate((HOME, BESIDE, ELSEWHERE, HOME), 1)
    )
    register.order(RegisterDeath(person_id=dead, died_on=date(2026, 3, 1), **BASIS))
    household = register.establish(head)
    refusals = []
    for person in (beside, away, dead, "p-nobody"):
        with pytest.raises(NotRegisteredThere) as refusal:
            register.add(household, person)
        refusals.append(refusal.value.to_wire())
    assert refusals == refusals[:1] * 4
    with pytest.raises(NotRegisteredThere):
        register.establish(away)
    assert register.shown(household) == ("headed", {head: "head"})


def test_without_its_head_a_household_waits_until_one_is_named(register: Register) -> None:
    head, spouse, child, guest = (register.enter(n) for n in (1, 2, 3, 4))
    household = register.establish(head)
    register.add(household, spouse)
    register.add(household, child, "son")
    register.order(RemoveHouseholdMember(household_id=household, person=head, **BASIS))
    assert register.shown(household) == ("without_head", {spouse: "spouse", child: "son"})
    with pytest.raises(WithoutHead):
        register.add(household, guest, "other")
    name = NameHouseholdHead(household_id=household, head=spouse, relations=(), **BASIS)
    son = MemberRelation(person=child, relation="son")
    for unfit in ((), (son, son), (son, replace(son, person=guest))):
        with pytest.raises(RelationsDoNotFit) as refusal:
            register.order(replace(name, relations=unfit))
        assert set(refusal.value.fields) == {"relations"}
    for stranger in (head, "p-nobody"):
        with pytest.raises(NotAMember):
            register.order(replace(name, head=stranger))
        with pytest.raises(NotAMember):
            register.order(RemoveHouseholdMember(household_id=household, person=stranger, **BASIS))
    register.order(replace(name, relations=(son,)))
    assert register.shown(household) == ("headed", {spouse: "head", child: "son"})
    assert register.harness.told(HouseholdHeadNamed) == [
        HouseholdHeadNamed(household_id=household, head=spouse)
    ]


def test_the_last_member_takes_the_household_along(register: Register) -> None:
    head, guest = register.enter(1), register.enter(2)
    household = register.establish(head)
    register.order(RemoveHouseholdMember(household_id=household, person=head, **BASIS))
    assert register.shown(household) == ("dissolved", {})
    assert register.harness.told(HouseholdDissolved) == [HouseholdDissolved(household_id=household)]
    with pytest.raises(HouseholdIsDissolved):
        register.add(household, guest)
    own = Principal("a", "resident", "330106", person=head)
    with pytest.raises(NotFound):
        register.harness.execute(MyHousehold(person_id=head), own)
    assert register.shown(register.establish(head))[0] == "headed"


def test_a_death_a_move_and_leaving_the_register_take_somebody_out_at_once(
    register: Register,
) -> None:
    head, dead, moved, abroad = (register.enter(n) for n in (1, 2, 3, 4))
    household = register.establish(head)
    for person in (dead, moved, abroad):
        register.add(household, person, "sibling")
    register.order(RegisterDeath(person_id=dead, died_on=date(2026, 3, 1), **BASIS))
    register.order(MovePerson(person_id=moved, division=ELSEWHERE, **BASIS), THERE)
    register.order(DeregisterPerson(person_id=abroad, reason="settled_abroad", **BASIS))
    assert register.shown(household) == ("headed", {head: "head"})
    left = [(event.person_id, event.why) for event in register.harness.told(HouseholdMemberLeft)]
    assert left == [(dead, "died"), (moved, "moved"), (abroad, "deregistered")]
    # An entry that was wrong is put right, but the household may be another one by now.
    register.order(RestorePerson(person_id=dead, **BASIS))
    assert register.shown(household) == ("headed", {head: "head"})
    register.add(household, dead, "sibling")
    register.order(RegisterDeath(person_id=head, died_on=date(2026, 3, 1), **BASIS))
    assert register.shown(household) == ("without_head", {dead: "sibling"})
    assert register.harness.told(HouseholdMemberLeft)[-1].was_head


def test_a_household_is_split_and_somebody_stays(register: Register) -> None:
    head, child, partner, grandchild = (register.enter(n) for n in (1, 2, 3, 4))
    household = register.establish(head)
    for person, relation in ((child, "son"), (partner, "other"), (grandchild, "grandchild")):
        register.add(household, person, relation)
    order = SplitHousehold(
        household_id=household,
        address="文三路2号",
        head=child,
        relations=(
            MemberRelation(person=partner, relation="spouse"),
            MemberRelation(person=grandchild, relation="daughter"),
        ),
        **BASIS,
    )
    own = MemberRelation(person=child, relation="other")
    stranger = MemberRelation(person="p-nobody", relation="other")
    for relations, error in (
        ((*order.relations, own), RelationsDoNotFit),
        ((*order.relations, order.relations[0]), RelationsDoNotFit),
        ((*order.relations, stranger), NotAMember),
        ((*order.relations, MemberRelation(person=head, relation="parent")), NobodyStays),
    ):
        with pytest.raises(error):
            register.order(replace(order, relations=relations))
    made = register.order(order)
    assert register.shown(household) == ("headed", {head: "head"})
    assert register.shown(made) == (
        "headed",
        {child: "head", partner: "spouse", grandchild: "daughter"},
    )


# Two records of one person


def merge(register: Register, person: str, into: str) -> None:
    register.order(MergePersons(person_id=person, into=into, **BASIS))
    register.harness.settle()


def separate(register: Register, person: str) -> None:
    register.order(SeparatePersons(person_id=person, **BASIS))
    register.harness.settle()


def test_the_place_of_a_merged_record_is_the_others_and_goes_back(register: Register) -> None:
    head, twin, child = register.enter(1), register.twin_of(1), register.enter(3)
    household = register.establish(twin)
    register.add(household, child, "son")
    merge(register, twin, head)
    assert register.shown(household) == ("headed", {head: "head", child: "son"})
    with pytest.raises(InHouseholdAlready):
        register.establish(head)
    separate(register, twin)
    assert register.shown(household) == ("headed", {twin: "head", child: "son"})
    assert register.shown(register.establish(head)) == ("headed", {head: "head"})


def test_two_records_in_one_household_are_one_member_while_they_are_merged(
    register: Register,
) -> None:
    person, twin, child = register.enter(1), register.twin_of(1), register.enter(3)
    household = register.establish(twin)
    register.add(household, person, "other")
    register.add(household, child, "son")
    merge(register, twin, person)
    assert register.shown(household) == ("headed", {person: "head", child: "son"})
    separate(register, twin)
    before = {twin: "head", person: "other", child: "son"}
    assert register.shown(household) == ("headed", before)


def test_a_household_whose_head_turns_out_to_be_of_another_household_has_none(
    register: Register,
) -> None:
    person, twin, child = register.enter(1), register.twin_of(1), register.enter(3)
    household, another = register.establish(person), register.establish(twin)
    register.add(another, child, "son")
    merge(register, twin, person)
    assert register.shown(household) == ("headed", {person: "head"})
    assert register.shown(another) == ("without_head", {child: "son"})
    # Dissolved while its former head is merged, it does not come back with that one.
    register.order(RemoveHouseholdMember(household_id=another, person=child, **BASIS))
    separate(register, twin)
    assert register.shown(another) == ("dissolved", {})
    assert register.shown(household) == ("headed", {person: "head"})
    assert register.shown(register.establish(twin)) == ("headed", {twin: "head"})


# Mergers of divisions, strangers


def test_a_household_follows_its_division(register: Register) -> None:
    head = register.enter(1)
    household = register.establish(head)
    civil = Principal("d", "official", "33", "33-civil_affairs", ("division_registrar",))
    moves = (
        TerritoryMove(from_code=HOME, to_code=BESIDE),
        TerritoryMove(from_code=BESIDE, to_code=BESIDE),
    )
    order = MergeDivisions(
        division="330106", basis="浙政函〔2026〕1号", effective=MONDAY.date(), moves=moves
    )
    register.order(order, civil)
    register.harness.settle()
    for kind in (Household, Person):
        assert register.harness.rows(sa.select(kind.division)) == [(BESIDE,)]
    assert register.harness.told(HouseholdPassedOn) == [
        HouseholdPassedOn(id=household, from_division=HOME, division=BESIDE)
    ]
    assert register.shown(household) == ("headed", {head: "head"})


@pytest.mark.parametrize(
    "stranger",
    [
        THERE,
        replace(HERE, roles=("case_officer",)),
        replace(HERE, kind="resident"),
        Principal("a", "resident", "330106", person="p-1"),
    ],
    ids=["another county", "another role", "another kind", "resident"],
)
def test_a_stranger_learns_of_no_household_and_changes_none(
    register: Register, stranger: Principal
) -> None:
    head = register.enter(1)
    household = register.establish(head)

    def orders(household: str, person: str) -> list[Any]:
        named = {"household_id": household}
        return [
            HouseholdById(**named),
            MyHousehold(person_id=person),
            AddHouseholdMember(**named, person=person, relation="spouse", **BASIS),
            RemoveHouseholdMember(**named, person=person, **BASIS),
            NameHouseholdHead(**named, head=person, relations=(), **BASIS),
            SplitHousehold(**named, address="文三路2号", head=person, relations=(), **BASIS),
        ]

    for known, unknown in zip(orders(household, head), orders("h-none", "p-none"), strict=True):
        refusals = []
        for order in (known, unknown):
            with pytest.raises(NotAllowed) as refusal:
                register.harness.execute(order, stranger)
            refusals.append(refusal.value.to_wire())
        assert refusals[0] == refusals[1]
    with pytest.raises(NotAllowed):
        register.order(
            EstablishHousehold(division=HOME, address="文三路1号", kind="family", head=head),
            stranger,
        )
    assert register.shown(household) == ("headed", {head: "head"})


def test_a_head_that_is_no_member_heads_nothing(register: Register) -> None:
    head, other = register.enter(1), register.enter(2)
    household = register.establish(head)

    def displace(context: Context) -> None:
        context.unit.get(Household, household).head = other

    register.harness.act(displace)
    assert register.shown(household)[0] == "without_head"
