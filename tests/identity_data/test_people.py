"""What happens to registered people, who registers it, and which records may be of one person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.identity_data.domain.people import (
    LIKELY,
    POINTS,
    MergedOnward,
    MovesNowhere,
    NoDayOfDeath,
    NothingToCorrect,
    NotMerged,
    NotTakenOff,
    PersonNotOnRegister,
    TooLittleInCommon,
    Traits,
    in_common,
    is_mistyped,
)
from services.identity_data.models import (
    Account,
    Enterprise,
    NameReservation,
    Person,
)
from services.identity_data.service import IdentityData
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import (
    CorrectPerson,
    DeregisterPerson,
    MergePersons,
    MovePerson,
    PersonById,
    PersonCorrected,
    PersonDeregistered,
    PersonDied,
    PersonMoved,
    PersonRestored,
    PersonsMerged,
    PersonsSeparated,
    PossibleDuplicates,
    RegisterDeath,
    RestorePerson,
    SeparatePersons,
)
from shared.contracts.platform import DirectReadings
from shared.errors import Conflict, InvalidInput, NotAllowed, NotFound
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.messaging.tables import OUTBOX
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
BORN = date(1990, 5, 6)
HOME, ELSEWHERE = "330106002", "330203001"
BASIS = "户口登记申请书2026-1"


def registrar(division: str) -> Principal:
    organ = f"{division}-public_security"
    roles = ("household_registrar",)
    return Principal(f"registrar.{division}", "official", division, organ, roles, assurance=2)


HERE, THERE = registrar("330106"), registrar("330203")


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The divisions, and nobody registered."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    know_places(harness, "330106", "330203", "330103", "330105", organs=False)
    return harness


def enter(
    harness: ServiceHarness,
    sequence: int = 1,
    name: str = "钱潮",
    phone: str | None = None,
    *,
    county: str = "330106",
    born: date = BORN,
) -> str:
    """Register somebody; returns the id."""
    person = Person.registered(resident_number_from(county, born, sequence), name, HOME, phone)
    harness.act(lambda context: _add(context, person))
    return person.id


def _add(context: Context, person: Person) -> None:
    context.unit.add(person)


def kept(harness: ServiceHarness, person: str) -> Any:
    (row,) = harness.rows(sa.select(Person).where(Person.id == person))
    return row


# What happens


def test_a_correction_tells_which_data_it_changed_and_not_to_what(register: ServiceHarness) -> None:
    person = enter(register)
    order = CorrectPerson(person_id=person, basis=BASIS, name="钱江潮", phone="13000000001")
    register.execute(order, HERE)
    assert (kept(register, person).name, kept(register, person).phone) == ("钱江潮", "13000000001")
    assert register.told(PersonCorrected) == [
        PersonCorrected(person_id=person, fields=("name", "phone"))
    ]
    (envelope,) = register.envelopes(OUTBOX.c.type == "PersonCorrected")
    assert "钱江潮" not in str(envelope.to_wire())
    with pytest.raises(NothingToCorrect):
        register.execute(replace(order, phone=None), HERE)


def test_who_moves_lives_where_the_registrar_of_the_arrival_says(register: ServiceHarness) -> None:
    person = enter(register)
    order = MovePerson(person_id=person, division=ELSEWHERE, basis=BASIS)
    with pytest.raises(NotAllowed):
        register.execute(order, HERE)
    register.execute(order, THERE)
    assert kept(register, person).division == ELSEWHERE
    assert register.told(PersonMoved) == [
        PersonMoved(person_id=person, from_division=HOME, division=ELSEWHERE)
    ]
    with pytest.raises(MovesNowhere):
        register.execute(order, THERE)


def test_a_move_to_a_division_that_ended_is_a_move_to_its_successor(
    register: ServiceHarness,
) -> None:
    person = enter(register)
    order = MovePerson(person_id=person, division="330103001", basis=BASIS)
    register.execute(order, registrar("3301"))
    assert kept(register, person).division == "330105014"


def test_a_death_is_registered_once_and_ends_what_only_the_living_do(
    register: ServiceHarness,
) -> None:
    person = enter(register)
    order = RegisterDeath(person_id=person, died_on=date(2026, 2, 28), basis="死亡医学证明2026-7")
    register.execute(order, HERE)
    assert register.told(PersonDied) == [PersonDied(person_id=person, died_on=date(2026, 2, 28))]
    own = Principal("account", "resident", "330106", person=person)
    shown = register.execute(PersonById(person_id=person), own)
    assert (shown.state, shown.died_on) == ("dead", date(2026, 2, 28))
    for refused in (
        order,
        MovePerson(person_id=person, division=ELSEWHERE, basis=BASIS),
        DeregisterPerson(person_id=person, reason="settled_abroad", basis=BASIS),
    ):
        with pytest.raises(PersonNotOnRegister):
            register.execute(refused, THERE if isinstance(refused, MovePerson) else HERE)


@pytest.mark.parametrize("day", [date(1990, 5, 5), date(2026, 3, 3)])
def test_nobody_dies_before_birth_or_tomorrow(register: ServiceHarness, day: date) -> None:
    person = enter(register)
    with pytest.raises(NoDayOfDeath) as refusal:
        register.execute(RegisterDeath(person_id=person, died_on=day, basis=BASIS), HERE)
    assert set(refusal.value.fields) == {"died_on"}
    assert kept(register, person).state == "registered"


@pytest.mark.parametrize("day", [BORN, date(2026, 3, 2)])
def test_a_death_on_the_day_of_birth_or_today_is_registered(
    register: ServiceHarness, day: date
) -> None:
    person = enter(register)
    register.execute(RegisterDeath(person_id=person, died_on=day, basis=BASIS), HERE)
    assert kept(register, person).died_on == day


def test_who_was_taken_off_by_mistake_is_put_back_as_before(register: ServiceHarness) -> None:
    person = enter(register)
    restore = RestorePerson(person_id=person, basis="更正死亡登记2026-3")
    with pytest.raises(NotTakenOff):
        register.execute(restore, HERE)
    register.execute(RegisterDeath(person_id=person, died_on=BORN, basis=BASIS), HERE)
    register.execute(restore, HERE)
    assert (kept(register, person).state, kept(register, person).died_on) == ("registered", None)
    leave = DeregisterPerson(person_id=person, reason="settled_abroad", basis=BASIS)
    register.execute(leave, HERE)
    assert [event.reason for event in register.told(PersonDeregistered)] == ["settled_abroad"]
    register.execute(restore, HERE)
    assert len(register.told(PersonRestored)) == 2


@pytest.mark.parametrize(
    "stranger",
    [
        THERE,
        replace(HERE, roles=("case_officer",)),
        replace(HERE, kind="resident"),
        Principal("leader", "official", "33", roles=("leader",)),
    ],
)
def test_only_the_registrars_of_where_a_person_lives_keep_its_record(
    register: ServiceHarness, stranger: Principal
) -> None:
    person = enter(register)
    orders = (
        CorrectPerson(person_id=person, basis=BASIS, name="他人"),
        RegisterDeath(person_id=person, died_on=BORN, basis=BASIS),
        DeregisterPerson(person_id=person, reason="settled_abroad", basis=BASIS),
        RestorePerson(person_id=person, basis=BASIS),
        PossibleDuplicates(person_id=person),
    )
    for order in orders:
        with pytest.raises(NotAllowed):
            register.execute(order, stranger)


# Duplicates


def test_records_that_share_what_few_people_share_are_told_with_what_speaks_for_it(
    register: ServiceHarness,
) -> None:
    person = enter(register, 1, phone="13000000001")
    twice = enter(register, 3, phone="13000000001")
    mistyped = enter(register, 1, county="330108")
    enter(register, 5, name="别人")
    enter(register, 7, name="别人", born=date(1991, 5, 6), phone="13000000001")
    found = register.execute(PossibleDuplicates(person_id=person), HERE).candidates
    told = {one.person_id: (one.score, {p.what: p.points for p in one.parts}) for one in found}
    # Numbers of one district and day differ by a character as a rule, which says a little.
    all_of_them = {"name": 30, "birth_date": 30, "phone": 20, "number": 20}
    assert told == {
        twice: (100, all_of_them),
        mistyped: (80, {"name": 30, "birth_date": 30, "number": 20}),
    }
    assert [one.person_id for one in found] == [twice, mistyped]


def test_a_person_like_nobody_else_has_no_duplicates(register: ServiceHarness) -> None:
    person = enter(register, 1, phone="13000000001")
    enter(register, 2, name="别人", born=date(1955, 1, 1))
    assert register.execute(PossibleDuplicates(person_id=person), HERE).candidates == ()


@pytest.mark.parametrize(
    ("other", "mistyped"),
    [
        ("330106199005060018", False),
        ("330108199005060018", True),
        ("330160199005060018", True),
        ("330106199005060108", True),
        ("330106199050060018", True),
        ("330601199005060018", False),
        ("330207199005060018", False),
        ("33010619900506001X", False),
    ],
)
def test_a_number_typed_wrongly_differs_in_one_place_or_by_two_that_changed(
    other: str, mistyped: bool
) -> None:
    assert is_mistyped("330106199005060018", other) is mistyped


traits = st.builds(
    Traits,
    number=st.sampled_from([resident_number_from("330106", BORN, n) for n in (1, 2, 321)]),
    name=st.sampled_from(["甲", "乙"]),
    birth_date=st.sampled_from([BORN, date(1980, 1, 1)]),
    phone=st.sampled_from([None, "13000000001", "13000000002"]),
)


@given(traits, traits)
def test_two_records_have_the_same_in_common_whichever_comes_first(
    one: Traits, other: Traits
) -> None:
    assert in_common(one, other) == in_common(other, one)
    assert sum(in_common(one, other).values()) <= sum(POINTS.values()) == 100


@given(traits)
def test_a_name_alone_and_a_birth_date_alone_are_not_likely(one: Traits) -> None:
    other = replace(one, name="丙", phone=None)
    assert in_common(one, other).get("birth_date") == 30
    assert sum(in_common(one, replace(other, number="3" * 18)).values()) < LIKELY


# Two records of one person


@pytest.fixture
def twice(register: ServiceHarness) -> tuple[str, str]:
    """Two records that share name, birth date and phone; the second has an enterprise, an account
    and a reserved name."""
    first = enter(register, 1, phone="13000000001")
    other = enter(register, 3, phone="13000000001")

    def keep(context: Context) -> None:
        for name, body, leader in (("甲", "AAAAAAAA", other), ("乙", "BBBBBBBB", first)):
            code = credit_code_from("9", "1", "330106", organisation_code_from(body))
            context.unit.add(
                Enterprise.registered(
                    credit_code=code,
                    name=f"杭州潮{name}商贸有限公司",
                    division=HOME,
                    industry="批发和零售业",
                    registered_capital=1,
                    established=date(2020, 1, 1),
                    legal_representative=leader,
                )
            )
        context.unit.add(
            Account(
                id="second", password_hash="-", principal_id="second", kind="resident", person=other
            )
        )
        context.unit.add(
            NameReservation(
                id="n-1", name="杭州潮丙商贸有限公司", owner=other, until=date(2026, 5, 1)
            )
        )

    register.act(keep)
    return first, other


def names_of(harness: ServiceHarness, *columns: Any) -> list[list[str]]:
    return [sorted(row[0] for row in harness.rows(sa.select(column))) for column in columns]


REFERRING = (Enterprise.legal_representative, Account.person, NameReservation.owner)


def test_what_named_a_merged_record_names_the_other_and_goes_back_when_they_are_separated(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    merge = MergePersons(person_id=other, into=person, basis="核查报告2026-1")
    before = names_of(register, *REFERRING)
    register.execute(merge, HERE)
    register.settle()
    assert names_of(register, *REFERRING) == [[person, person], [person], [person]]
    assert (kept(register, other).state, kept(register, other).merged_into) == ("merged", person)
    assert register.told(PersonsMerged) == [PersonsMerged(person_id=other, into=person)]
    register.execute(SeparatePersons(person_id=other, basis="核查报告2026-2"), HERE)
    register.settle()
    assert names_of(register, *REFERRING) == before
    assert (kept(register, other).state, kept(register, other).merged_into) == ("registered", None)
    assert register.told(PersonsSeparated) == [PersonsSeparated(person_id=other, into=person)]
    register.execute(merge, HERE)
    register.settle()
    assert names_of(register, *REFERRING) == [[person, person], [person], [person]]


def test_a_separation_gives_back_what_was_moved_and_nothing_else(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    register.execute(MergePersons(person_id=other, into=person, basis=BASIS), HERE)
    register.settle()

    def since(context: Context) -> None:
        made = NameReservation(id="n-2", name="杭州潮丁商贸有限公司", owner=person, until=BORN)
        context.unit.add(made)
        context.unit.get(NameReservation, "n-1").owner = "p-third"

    register.act(since)
    register.execute(SeparatePersons(person_id=other, basis=BASIS), HERE)
    register.settle()
    owners = register.rows(sa.select(NameReservation.id, NameReservation.owner))
    assert dict(map(tuple, owners)) == {"n-1": "p-third", "n-2": person}


def test_what_was_made_with_a_token_of_before_the_merger_moves_a_day_later(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    register.execute(MergePersons(person_id=other, into=person, basis=BASIS), HERE)
    register.settle()
    late = NameReservation(id="n-9", name="杭州潮戊商贸有限公司", owner=other, until=BORN)
    register.act(lambda context: context.unit.add(late) and None)
    register.at(MONDAY + timedelta(days=1))
    assert names_of(register, NameReservation.owner) == [[person, person]]
    register.execute(SeparatePersons(person_id=other, basis=BASIS), HERE)
    register.settle()
    assert names_of(register, NameReservation.owner) == [[other, other]]


def test_records_are_merged_only_where_they_are_alike_and_on_the_register(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    stranger = enter(register, 5, name="别人", born=date(1950, 1, 1))
    with pytest.raises(TooLittleInCommon):
        register.execute(MergePersons(person_id=stranger, into=person, basis=BASIS), HERE)
    with pytest.raises(InvalidInput):
        register.execute(MergePersons(person_id=person, into=person, basis=BASIS), HERE)
    away = enter(register, 7)
    register.execute(MovePerson(person_id=away, division=ELSEWHERE, basis=BASIS), THERE)
    with pytest.raises(NotAllowed):
        register.execute(MergePersons(person_id=person, into=away, basis=BASIS), HERE)
    with pytest.raises(NotFound):
        register.execute(MergePersons(person_id=person, into="p-nobody", basis=BASIS), HERE)
    with pytest.raises(NotMerged):
        register.execute(SeparatePersons(person_id=other, basis=BASIS), HERE)
    register.execute(MergePersons(person_id=other, into=person, basis=BASIS), HERE)
    for refused in (
        MergePersons(person_id=other, into=person, basis=BASIS),
        MergePersons(person_id=person, into=other, basis=BASIS),
        RegisterDeath(person_id=other, died_on=BORN, basis=BASIS),
    ):
        with pytest.raises(PersonNotOnRegister):
            register.execute(refused, HERE)
    with pytest.raises(NotTakenOff):
        register.execute(RestorePerson(person_id=other, basis=BASIS), HERE)


@pytest.mark.parametrize(
    "order", [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)]
)
@pytest.mark.parametrize("last", [2, 3])
def test_the_last_word_counts_in_whichever_order_the_events_come(
    register: ServiceHarness, order: tuple[int, ...], last: int
) -> None:
    told = {1: PersonsMerged, 2: PersonsSeparated, 3: PersonsMerged}
    reserved = NameReservation(id="n-1", name="杭州潮丙商贸有限公司", owner="p-2", until=BORN)
    register.act(lambda context: context.unit.add(reserved) and None)
    for sequence in (one for one in order if one <= last):
        register.deliver(told[sequence](person_id="p-2", into="p-1"), sequence=sequence)
        register.settle()
    assert names_of(register, NameReservation.owner) == [["p-1" if last == 3 else "p-2"]]


def test_mergers_are_taken_back_in_the_reverse_of_their_order(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    third = enter(register, 5, phone="13000000001")
    before = names_of(register, *REFERRING)
    register.execute(MergePersons(person_id=other, into=person, basis=BASIS), HERE)
    register.settle()
    register.execute(MergePersons(person_id=person, into=third, basis=BASIS), HERE)
    register.settle()
    assert names_of(register, *REFERRING) == [[third, third], [third], [third]]
    assert kept(register, third).stands_for == [person]
    with pytest.raises(MergedOnward):
        register.execute(SeparatePersons(person_id=other, basis=BASIS), HERE)
    for one in (person, other):
        register.execute(SeparatePersons(person_id=one, basis=BASIS), HERE)
        register.settle()
    assert names_of(register, *REFERRING) == before
    assert kept(register, third).stands_for == [] == kept(register, person).stands_for


def test_who_read_a_merged_record_is_told_to_the_person_until_it_is_separated(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    register.execute(PossibleDuplicates(person_id=other), HERE)

    def readers(of: str) -> list[str]:
        own = Principal("second", "resident", HOME, person=of)
        return [one.reader for one in register.execute(DirectReadings(owner=of), own).readings]

    assert (readers(person), readers(other)) == ([HERE.id], [HERE.id])
    register.execute(MergePersons(person_id=other, into=person, basis=BASIS), HERE)
    register.settle()
    assert readers(person) == [HERE.id, HERE.id]
    register.execute(SeparatePersons(person_id=other, basis=BASIS), HERE)
    register.settle()
    assert (readers(person), readers(other)) == ([HERE.id], [HERE.id])


def test_a_record_is_not_merged_into_one_that_is_merged_in_the_same_moment(
    register: ServiceHarness, twice: tuple[str, str]
) -> None:
    person, other = twice
    third = enter(register, 5, phone="13000000001")
    orders = [
        MergePersons(person_id=other, into=person, basis=BASIS),
        MergePersons(person_id=person, into=third, basis=BASIS),
    ]

    def order(one: MergePersons) -> bool:
        try:
            register.execute(one, HERE)
        except (PersonNotOnRegister, Conflict):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(order, orders))
    merged_into = {one: kept(register, one).merged_into for one in (person, other)}
    # The first may come first and the second after it, but never the other way round.
    assert done in ([True, True], [False, True])
    assert merged_into == {person: third, other: person if done[0] else None}
