"""Who guards whom, until when, and what a guardian may read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity_data.domain.guardianship import (
    EnoughGuardians,
    GroundDoesNotFit,
    GuardianAndWard,
    GuardsAlready,
    GuardsNot,
    GuardsThemself,
    NotFitToGuard,
    comes_of_age,
    is_adult,
)
from services.identity_data.domain.people import PersonNotOnRegister
from services.identity_data.models import Guardianship, Person
from services.identity_data.service import IdentityData
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.identity_data import (
    CorrectPerson,
    DeregisterPerson,
    EndGuardianship,
    EstablishHousehold,
    GuardianshipEnded,
    GuardianshipRegistered,
    MergePersons,
    MyHousehold,
    PersonById,
    PossibleDuplicates,
    ReadersOfMyData,
    RegisterDeath,
    RegisterGuardianship,
    RemoveHouseholdMember,
    RestorePerson,
    SeparatePersons,
)
from shared.errors import Conflict, NotAllowed
from shared.identifiers import resident_number_from
from shared.messaging.tables import AUDIT, TIMER
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
HOME, ELSEWHERE = "330106002", "330203001"
BASIS = {"basis": "出生医学证明2026-1"}
MINOR_BORN = date(2010, 6, 1)
ADULT_BORN = date(1980, 6, 1)


def registrar(division: str, person: str = "") -> Principal:
    organ = f"{division}-public_security"
    roles = ("household_registrar",)
    return Principal(
        f"registrar.{division}", "official", division, organ, roles, person, assurance=2
    )


HERE, THERE = registrar("330106"), registrar("330203")


def own(person: str) -> Principal:
    return Principal(f"account.{person}", "resident", "330106", person=person)


class Register:
    """A register with its divisions, orders by the registrar of the county."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.harness = harness

    def enter(self, number: int, born: date = ADULT_BORN, division: str = HOME) -> str:
        """Register somebody; returns the id."""
        resident_number = resident_number_from("330106", born, number)
        person = Person.registered(resident_number, "钱潮", division, None)
        self.harness.act(lambda context: context.unit.add(person) and None)
        return person.id

    def order(self, order: Any, by: Principal = HERE) -> None:
        """Carry an order out."""
        self.harness.execute(order, by)

    def guard(self, ward: str, guardian: str, ground: str = "minor") -> None:
        """Register a guardian."""
        self.order(guardianship(ward, guardian, ground))

    def of(self, person: str) -> tuple[list[str], list[str]]:
        """A person's guardians and wards."""
        columns = (Person.guardians, Person.wards)
        (row,) = self.harness.rows(sa.select(*columns).where(Person.id == person))
        return sorted(row.guardians), sorted(row.wards)

    def ended(self) -> list[tuple[str, str, str]]:
        """Which guardianships were told to have ended, and why."""
        told = self.harness.told(GuardianshipEnded)
        return [(one.ward, one.guardian, one.why) for one in told]

    def may_read(self, ward: str, reader: str) -> bool:
        """Whether somebody may read a person's data."""
        try:
            self.harness.execute(PersonById(person_id=ward), own(reader))
        except NotAllowed:
            return False
        return True


def guardianship(ward: str, guardian: str, ground: str = "minor") -> RegisterGuardianship:
    return RegisterGuardianship.load(
        {"ward": ward, "guardian": guardian, "ground": ground, "origin": "law", **BASIS}
    )


def ending(ward: str, guardian: str, why: str = "revoked") -> EndGuardianship:
    return EndGuardianship.load(
        {"ward": ward, "guardian": guardian, "why": why, "basis": "法院判决书2026-1"}
    )


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> Register:
    """The divisions, and nobody registered."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    know_places(harness, "330106", "330203", organs=False)
    return Register(harness)


@pytest.fixture
def family(register: Register) -> tuple[str, str, str]:
    """A child, and its parents, who guard it."""
    child, father, mother = register.enter(1, MINOR_BORN), register.enter(3), register.enter(2)
    register.guard(child, father)
    register.guard(child, mother)
    return child, father, mother


# What a guardian may read


def test_a_guardian_reads_the_wards_data_on_the_wards_behalf_and_nothing_more(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    harness = register.harness
    order = EstablishHousehold(division=HOME, address="文三路1号", kind="family", head=child)
    household = harness.execute(order, HERE).id
    shown = harness.execute(PersonById(person_id=child), own(father))
    assert (set(shown.guardians), shown.wards) == ({father, mother}, ())
    assert harness.execute(PersonById(person_id=father), own(father)).wards == (child,)
    assert harness.execute(MyHousehold(person_id=child), own(father)).household_id == household
    assert harness.execute(ReadersOfMyData(owner=child), own(mother)).entries == ()
    harness.execute(PersonById(person_id=child), own(child))
    columns = (AUDIT.c.act, AUDIT.c.actor, AUDIT.c.on_behalf_of, AUDIT.c.aggregate_id)
    reading = AUDIT.c.act.in_(("PersonById", "MyHousehold", "ReadersOfMyData"))
    readings = harness.rows(sa.select(*columns).where(reading).order_by(AUDIT.c.sequence))
    assert [tuple(row) for row in readings] == [
        ("PersonById", f"account.{father}", child, child),
        ("PersonById", f"account.{father}", "", father),
        ("MyHousehold", f"account.{father}", child, child),
        ("ReadersOfMyData", f"account.{mother}", child, child),
        ("PersonById", f"account.{child}", "", child),
    ]
    for more in (
        PossibleDuplicates(person_id=child),
        CorrectPerson(person_id=child, phone="13000000001", **BASIS),
        RemoveHouseholdMember(household_id=household, person=child, **BASIS),
        ending(child, mother),
    ):
        with pytest.raises(NotAllowed):
            harness.execute(more, own(father))


def test_neither_a_ward_nor_a_stranger_reads_a_guardians_data(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    stranger = register.enter(5)
    for reader in (child, mother, stranger):
        assert not register.may_read(father, reader)
    for query in (PersonById(person_id=child), MyHousehold(person_id=child)):
        refusals = []
        for one in (query, replace(query, person_id="p-nobody")):
            with pytest.raises(NotAllowed) as refusal:
                register.harness.execute(one, own(stranger))
            refusals.append(refusal.value.to_wire())
        assert refusals[0] == refusals[1]
    # Whoever has no person is nobody's guardian.
    with pytest.raises(NotAllowed):
        register.harness.execute(PersonById(person_id=child), Principal("x", "resident", "330106"))


# Who may guard whom


def test_only_an_adult_on_the_register_who_needs_no_guardian_guards(register: Register) -> None:
    child, sibling = register.enter(1, MINOR_BORN), register.enter(3, date(2008, 3, 3))
    dead, ward, parent = register.enter(5), register.enter(7), register.enter(9)
    register.order(RegisterDeath(person_id=dead, died_on=date(2026, 3, 1), **BASIS))
    register.guard(ward, parent, "adult_with_limited_capacity")
    refusals = []
    for unfit in (sibling, dead, ward, "p-nobody"):
        with pytest.raises(NotFitToGuard) as refusal:
            register.guard(child, unfit)
        refusals.append(refusal.value.to_wire())
    assert refusals == refusals[:1] * 4
    for person in (child, parent):
        with pytest.raises(GuardsThemself):
            register.guard(person, person, "adult_without_capacity")
    with pytest.raises(PersonNotOnRegister):
        register.guard(dead, parent, "adult_without_capacity")
    assert register.of(child) == ([], [])
    assert len(register.harness.told(GuardianshipRegistered)) == 1


@pytest.mark.parametrize(
    ("born", "ground"),
    [
        (MINOR_BORN, "adult_without_capacity"),
        (MINOR_BORN, "adult_with_limited_capacity"),
        (ADULT_BORN, "minor"),
        (date(2008, 3, 2), "minor"),
    ],
)
def test_the_ground_fits_the_age(register: Register, born: date, ground: str) -> None:
    ward, guardian = register.enter(1, born), register.enter(3)
    with pytest.raises(GroundDoesNotFit):
        register.guard(ward, guardian, ground)


def test_a_ward_has_two_guardians_at_most_and_each_once(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    aunt = register.enter(4)
    with pytest.raises(GuardsAlready):
        register.guard(child, father)
    with pytest.raises(EnoughGuardians):
        register.guard(child, aunt)
    register.order(ending(child, mother))
    assert not register.may_read(child, mother)
    with pytest.raises(GuardsNot):
        register.order(ending(child, mother))
    register.guard(child, aunt)
    assert register.of(child) == (sorted([father, aunt]), [])
    assert register.of(mother) == ([], [])
    assert register.ended() == [(child, mother, "revoked")]


def test_of_two_guardians_registered_at_the_same_moment_one_finds_no_room(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, _ = family
    register.order(ending(child, father))
    aunts = [register.enter(n) for n in (4, 6)]

    def guard(guardian: str) -> bool:
        try:
            register.guard(child, guardian)
        except (EnoughGuardians, Conflict):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(guard, aunts)) == [False, True]
    assert len(register.of(child)[0]) == 2


def test_whoever_needs_a_guardian_guards_nobody_any_more(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    register.guard(father, mother, "adult_without_capacity")
    assert register.of(child) == ([mother], [])
    assert register.of(father) == ([mother], [])
    assert register.of(mother) == ([], sorted([child, father]))
    assert register.ended() == [(child, father, "guardian_lost_capacity")]


@pytest.mark.parametrize(
    "stranger", [THERE, replace(HERE, roles=()), replace(HERE, kind="resident")]
)
def test_only_the_registrars_of_where_the_ward_lives_register_and_end(
    register: Register, family: tuple[str, str, str], stranger: Principal
) -> None:
    child, father, _ = family
    aunt = register.enter(4)
    for ward in (child, "p-nobody"):
        for order in (guardianship(ward, aunt), ending(ward, father)):
            with pytest.raises(NotAllowed):
                register.order(order, stranger)
    assert register.ended() == []


def test_nobody_registers_or_ends_what_they_are_the_guardian_of(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    register.order(ending(child, mother))
    for order, person in ((guardianship(child, mother), mother), (ending(child, father), father)):
        with pytest.raises(NotAllowed):
            register.order(order, registrar("330106", person))
    assert register.of(child) == ([father], [])


# When it ends


def test_a_minors_guardianship_ends_on_the_eighteenth_birthday(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    register.order(ending(child, mother))
    register.harness.at(datetime(2028, 5, 31, 23, 59, tzinfo=CHINA))
    assert register.may_read(child, father)
    register.harness.at(datetime(2028, 6, 1, tzinfo=CHINA))
    assert not register.may_read(child, father)
    assert register.ended() == [(child, mother, "revoked"), (child, father, "came_of_age")]
    assert register.of(father) == ([], [])
    states = register.harness.rows(sa.select(TIMER.c.state).order_by(TIMER.c.state))
    assert [row.state for row in states] == ["cancelled", "fired"]


@pytest.mark.parametrize(
    ("born", "birthday"),
    [
        (date(2008, 3, 2), date(2026, 3, 2)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2002, 2, 28), date(2020, 2, 28)),
        (date(2007, 12, 31), date(2025, 12, 31)),
    ],
)
def test_somebody_comes_of_age_on_the_eighteenth_birthday(born: date, birthday: date) -> None:
    assert comes_of_age(born) == birthday
    assert is_adult(born, birthday)
    assert not is_adult(born, date.fromordinal(birthday.toordinal() - 1))


def test_a_death_ends_what_somebody_had_of_wards_and_guardians(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    register.order(RegisterDeath(person_id=father, died_on=date(2026, 3, 1), **BASIS))
    assert register.of(child) == ([mother], [])
    assert not register.may_read(child, father)
    register.order(RegisterDeath(person_id=child, died_on=date(2026, 3, 2), **BASIS))
    assert register.ended() == [
        (child, father, "guardian_died"),
        (child, mother, "ward_died"),
    ]
    assert register.of(mother) == ([], [])
    register.harness.at(datetime(2029, 1, 1, tzinfo=CHINA))
    assert len(register.ended()) == 2


@pytest.mark.parametrize("leaving", ["ward", "guardian"])
def test_leaving_the_register_ends_what_somebody_had_of_wards_and_guardians(
    register: Register, family: tuple[str, str, str], leaving: str
) -> None:
    child, father, mother = family
    gone = child if leaving == "ward" else father
    register.order(DeregisterPerson(person_id=gone, reason="settled_abroad", **BASIS))
    expected = {father, mother} if leaving == "ward" else {father}
    assert set(register.ended()) == {(child, one, f"{leaving}_deregistered") for one in expected}
    assert register.of(child) == ([] if leaving == "ward" else [mother], [])
    assert register.of(father) == ([], [])
    assert not register.may_read(child, father)
    register.order(RestorePerson(person_id=gone, **BASIS))
    assert register.of(gone) == ([], [])


# Two records of one person


def test_guardians_and_wards_follow_merged_records_and_go_back(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    father_again, child_again = register.enter(13), register.enter(11, MINOR_BORN)
    other = register.enter(5, MINOR_BORN)
    register.guard(other, father_again)
    register.guard(child_again, father_again)

    def kept() -> list[tuple[list[str], list[str]]]:
        people = (child, child_again, other, father, father_again, mother)
        return [register.of(one) for one in people]

    before = kept()
    merges = ((father_again, father), (child_again, child))
    for person, into in merges:
        register.order(MergePersons(person_id=person, into=into, **BASIS))
        register.harness.settle()
    parents = sorted([father, mother])
    assert kept() == [
        (parents, []),
        ([], []),
        ([father], []),
        ([], sorted([child, other])),
        ([], []),
        ([], [child]),
    ]
    assert register.may_read(other, father)
    assert not register.may_read(other, father_again)
    for person, _ in reversed(merges):
        register.order(SeparatePersons(person_id=person, **BASIS))
        register.harness.settle()
    assert kept() == before
    assert not register.may_read(other, father)
    assert register.ended() == []


def test_what_two_merged_records_have_of_one_ward_ends_together(
    register: Register, family: tuple[str, str, str]
) -> None:
    child, father, mother = family
    father_again = register.enter(13)
    register.order(ending(child, mother))
    register.guard(child, father_again)
    register.order(MergePersons(person_id=father_again, into=father, **BASIS))
    register.harness.settle()
    assert register.of(child) == ([father], [])
    register.order(ending(child, father))
    assert register.of(child) == ([], [])
    open_ones = sa.select(Guardianship.id).where(Guardianship.ended_on.is_(None))
    assert register.harness.rows(open_ones) == []


def test_a_guardian_and_the_ward_are_two_people(register: Register) -> None:
    ward, guardian = register.enter(1), register.enter(3)
    register.guard(ward, guardian, "adult_with_limited_capacity")
    for person, into in ((ward, guardian), (guardian, ward)):
        with pytest.raises(GuardianAndWard):
            register.order(MergePersons(person_id=person, into=into, **BASIS))
