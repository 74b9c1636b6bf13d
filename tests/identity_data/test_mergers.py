"""Mergers of divisions: what their moves must keep to, what they do on their day, what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.stories.district_merger import EFFECTIVE, true_moves
from services.identity_data.domain import (
    DivisionNotInForce,
    MergerInThePast,
    MergerInTheWay,
    MergerNotAnnounced,
    MergerUnlawful,
)
from services.identity_data.domain.posts import AppointmentKind, Term
from services.identity_data.domain.territory import Begun, Merging
from services.identity_data.models import (
    Account,
    Appointment,
    Division,
    Enterprise,
    NameReservation,
    Organ,
    Person,
    Post,
)
from services.identity_data.reference.divisions import all_divisions, divisions_as_known_on
from services.identity_data.reference.organs import organs_on
from services.identity_data.service import IdentityData
from shared import succession
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts import digital_economy, digital_government, party_government
from shared.contracts.identity_data import (
    DivisionsBelow,
    DivisionsMerged,
    EnterprisePassedOn,
    MergeDivisions,
    MergerAnnounced,
    MergerById,
    MergerWithdrawn,
    OpenWorkPassed,
    PersonPassedOn,
    PostPassedOn,
    RegisterPerson,
    TerritoryMove,
    WithdrawMerger,
)
from shared.divisions import DivisionWasSplit, Level, level_of
from shared.errors import NotAllowed
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import HANGZHOU, know_places

ANNOUNCED = datetime(2021, 4, 1, 9, tzinfo=CHINA)
THE_DAY = datetime(2021, 4, 9, 0, 0, tzinfo=CHINA)
REGISTRAR = Principal(
    "registrar.divisions", "official", "33", "33-civil_affairs", ("division_registrar",)
)
PROVINCE = Principal("registrar", "official", "33")
OFFICIAL = Principal("official", "official", "330103", "330103-government")


def move(before: str, after: str, name: str | None = None) -> TerritoryMove:
    return TerritoryMove(from_code=before, to_code=after, name=name)


# The rules, without a database. A city of two counties with two townships each, and villages.

NAMES = {
    "33": "浙江省",
    "3301": "杭州市",
    "330101": "甲区",
    "330101001": "甲一街道",
    "330101002": "甲二街道",
    "330101002001": "甲二一村",
    "330102": "乙区",
    "330102001": "乙一街道",
}


def merging(*moves: TerritoryMove, used: tuple[str, ...] = (), division: str = "3301") -> Merging:
    return Merging(division, moves, NAMES, frozenset(used))


WHOLE = (
    move("330101", "330102"),
    move("330101001", "330102002", "甲一街道"),
    move("330101002", "330102003", "甲二街道"),
    move("330102", "330102"),
)


def test_a_merger_that_moves_every_township_holds() -> None:
    assert merging(*WHOLE).faults() == ()


def test_villages_go_with_their_township_and_keep_their_names() -> None:
    plan = merging(*WHOLE).plan()
    assert plan.ended["330101002001"] == ("330102003001",)
    assert plan.begun["330102003001"] == Begun("330102003001", "甲二一村", ("330101002001",))
    assert plan.ended.keys() == {"330101", "330101001", "330101002", "330101002001"}
    assert plan.gained == {"330102": ("330101",)}
    assert plan.lost == {} == plan.renamed


def test_a_county_that_goes_on_keeps_what_does_not_move() -> None:
    plan = merging(
        move("330101", "330101"),
        move("330101", "330103", "丙区"),
        move("330101002", "330103001", "甲二街道"),
    ).plan()
    assert plan.lost == {"330101": ("330103",)}
    assert plan.begun["330103"] == Begun("330103", "丙区", ("330101",))
    assert "330101001" not in plan.ended


def test_a_division_can_be_given_another_name_only() -> None:
    renaming = merging(move("330101", "330101", "丁区"))
    assert renaming.faults() == ()
    plan = renaming.plan()
    assert plan.renamed == {"330101": "丁区"}
    assert plan.ended == {} == plan.begun


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ((move("330199", "330102"),), "“330199” is not in force"),
        ((move("330101", "330102001"),), "counties or townships only"),
        ((move("3301", "3302"),), "counties or townships only"),
        ((move("330101", "330201", "丙区"),), "is not within “3301”"),
        ((move("330101", "330103"),), "“330103” has no name"),
        ((move("330101", "330104", "丙区"),), "“330104” was used before"),
        ((*WHOLE, WHOLE[0]), "stands twice"),
        (WHOLE[:2], "1 townships go nowhere: 甲二街道330101002"),
        ((move("330101001", "330102002", "甲一街道"),), "“330101” does not pass to “330102”"),
        (
            (*WHOLE, move("330101001", "330102004", "甲五街道")),
            "a township goes to one other only",
        ),
        ((move("330101", "330101", "丁区"), move("330102", "330101", "戊区")), "several names"),
        ((*WHOLE, move("330101002", "330105001", "甲六街道")), "there is no “330105” above it"),
        (
            (move("330101", "330102"), move("330102", "330103", "丙区")),
            "“330102” ends itself",
        ),
    ],
)
def test_each_fault_of_the_moves_is_told(moves: tuple[TerritoryMove, ...], words: str) -> None:
    faults = merging(*moves, used=("330104",)).faults()
    assert any(words in fault.en for fault in faults), [fault.en for fault in faults]
    assert all(fault.zh for fault in faults)


# The commands, on the register as it was before April 2021


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The divisions and organs of Hangzhou as of 2021-04-01, nobody registered."""
    harness = make_service(IdentityData)
    harness.at(ANNOUNCED)
    know_places(harness, HANGZHOU, day=date(2021, 3, 31))
    return harness


def order(**changes: Any) -> MergeDivisions:
    terms: dict[str, Any] = {
        "division": "3301",
        "basis": "国函〔2021〕29号，浙政发〔2021〕7号",
        "effective": EFFECTIVE,
        "moves": true_moves(),
    }
    return MergeDivisions(**(terms | changes))


def in_force(harness: ServiceHarness, day: date) -> dict[str, str]:
    rows = harness.rows(
        sa.select(Division.id, Division.name).where(
            sa.or_(Division.valid_from.is_(None), Division.valid_from <= day),
            sa.or_(Division.valid_to.is_(None), Division.valid_to > day),
            Division.level <= Level.TOWNSHIP,
        )
    )
    return {row.id: row.name for row in rows}


def announce(harness: ServiceHarness, **changes: Any) -> str:
    return harness.execute(order(**changes), REGISTRAR).id


def people(harness: ServiceHarness, *divisions: str) -> None:
    """A person in each of these divisions."""

    def register(context: Context) -> None:
        for number, division in enumerate(divisions, start=1):
            resident = resident_number_from("330103", date(1990, 5, 6), number)
            context.unit.add(Person.registered(resident, "潮生", division, None))

    harness.act(register)


def where(harness: ServiceHarness, kind: Any) -> list[str]:
    return [row.division for row in harness.rows(sa.select(kind.division).order_by(kind.id))]


def test_nothing_changes_before_the_day(register: ServiceHarness) -> None:
    before = in_force(register, ANNOUNCED.date())
    people(register, "330103001")
    merger = announce(register)
    register.at(THE_DAY - timedelta(seconds=1))
    register.settle()
    assert in_force(register, ANNOUNCED.date()) == before
    assert where(register, Person) == ["330103001"]
    assert register.told(DivisionsMerged) == []
    assert register.told(MergerAnnounced) == [
        MergerAnnounced(merger_id=merger, basis=order().basis, effective=EFFECTIVE)
    ]
    assert register.execute(MergerById(merger_id=merger), REGISTRAR).state == "announced"


def is_of_hangzhou(code: str) -> bool:
    """Whether it is a division down to the townships that the register knows."""
    return level_of(code) <= Level.TOWNSHIP and (code == "33" or code.startswith(HANGZHOU))


def test_the_true_merger_of_hangzhou_leads_to_the_divisions_and_organs_of_today(
    register: ServiceHarness,
) -> None:
    announce(register)
    register.at(THE_DAY)
    today = {
        one.code: one.name
        for one in all_divisions()
        if one.is_valid_on(EFFECTIVE) and is_of_hangzhou(one.code)
    }
    assert in_force(register, EFFECTIVE) == today
    day_before = EFFECTIVE - timedelta(days=1)
    assert in_force(register, day_before) == {
        one.code: one.name
        for one in divisions_as_known_on(day_before)
        if one.is_valid_on(day_before) and is_of_hangzhou(one.code)
    }
    organs = register.rows(
        sa.select(Organ.id, Organ.name, Organ.name_en).where(Organ.valid_to.is_(None))
    )
    assert {tuple(row) for row in organs} == {
        (one.id, one.name_zh, one.name_en)
        for one in organs_on(EFFECTIVE)
        if is_of_hangzhou(one.division)
    }


def test_ended_divisions_and_organs_name_their_successors(register: ServiceHarness) -> None:
    announce(register)
    register.at(THE_DAY)
    (ended,) = register.rows(sa.select(Division).where(Division.id == "330104"))
    assert (ended.valid_to, ended.successors) == (EFFECTIVE, ["330102", "330114"])
    (begun,) = register.rows(sa.select(Division).where(Division.id == "330114"))
    assert (begun.valid_from, begun.predecessors) == (EFFECTIVE, ["330104", "330109"])
    (organ,) = register.rows(sa.select(Organ).where(Organ.id == "330103-taxation"))
    assert (organ.valid_to, organ.successor) == (EFFECTIVE, "330105-taxation")
    below = register.execute(DivisionsBelow(code="3301", as_of=date(2021, 4, 8)), PROVINCE)
    assert {"330103", "330104"} < {one.code for one in below.divisions}


def test_an_organ_whose_like_the_successor_lacks_ends_without_one(
    register: ServiceHarness,
) -> None:
    moves = (
        move("330106", "330106"),
        move("330106002", "330106401", "之江开发区"),
    )
    announce(register, moves=moves)
    register.at(THE_DAY)
    rows = register.rows(sa.select(Organ.id, Organ.successor).where(Organ.valid_to == EFFECTIVE))
    assert dict(map(tuple, rows)) == {
        "330106002-government": "330106401-government",
        "330106002-party_committee": None,
    }


def test_every_service_is_told_the_moves_once(register: ServiceHarness) -> None:
    merger = announce(register)
    register.at(THE_DAY + timedelta(days=30))
    register.settle()
    assert register.told(DivisionsMerged) == [
        DivisionsMerged(merger_id=merger, division="3301", effective=EFFECTIVE, moves=true_moves())
    ]


def test_a_merger_for_today_takes_effect_at_once(register: ServiceHarness) -> None:
    register.at(datetime(2021, 4, 9, 15, tzinfo=CHINA))
    announce(register)
    register.settle()
    assert "330103" not in in_force(register, EFFECTIVE)


def test_a_merger_taken_back_never_happens(register: ServiceHarness) -> None:
    merger = announce(register)
    register.execute(WithdrawMerger(merger_id=merger), REGISTRAR)
    register.at(THE_DAY)
    register.settle()
    assert register.told(DivisionsMerged) == []
    assert register.told(MergerWithdrawn) == [MergerWithdrawn(merger_id=merger)]
    with pytest.raises(MergerNotAnnounced):
        register.execute(WithdrawMerger(merger_id=merger), REGISTRAR)
    assert announce(register, effective=date(2021, 4, 10)) != merger


def test_what_took_effect_cannot_be_taken_back(register: ServiceHarness) -> None:
    merger = announce(register)
    register.at(THE_DAY)
    with pytest.raises(MergerNotAnnounced):
        register.execute(WithdrawMerger(merger_id=merger), REGISTRAR)


def test_a_day_that_is_over_and_moves_that_do_not_hold_are_refused(
    register: ServiceHarness,
) -> None:
    with pytest.raises(MergerInThePast):
        announce(register, effective=date(2021, 3, 31))
    with pytest.raises(MergerUnlawful, match="长庆街道330103001"):
        announce(register, moves=tuple(m for m in true_moves() if m.from_code != "330103001"))
    assert register.told(MergerAnnounced) == []


def test_two_mergers_of_one_division_wait_for_each_other(register: ServiceHarness) -> None:
    announce(register)
    renaming = (move("330105", "330105", "运河区"),)
    with pytest.raises(MergerInTheWay, match="330105"):
        announce(register, moves=renaming, effective=date(2021, 4, 20))
    register.at(THE_DAY)
    announce(register, moves=renaming, effective=date(2021, 4, 20))
    register.at(datetime(2021, 4, 20, tzinfo=CHINA))
    assert in_force(register, date(2021, 4, 20))["330105"] == "运河区"
    (organ,) = register.rows(
        sa.select(Organ.name, Organ.name_en).where(Organ.id == "330105-taxation")
    )
    assert organ.name == "国家税务总局杭州市运河区税务局"
    # Nobody has said what it is called in English now.
    assert organ.name_en == "Tax Bureau of 运河区, Hangzhou City"


@pytest.mark.parametrize(
    "principal",
    [
        PROVINCE,
        replace(REGISTRAR, division="3302"),
        replace(REGISTRAR, kind="resident"),
    ],
)
def test_only_a_registrar_of_the_divisions_changes_them(
    register: ServiceHarness, principal: Principal
) -> None:
    with pytest.raises(NotAllowed):
        register.execute(order(), principal)


# What follows


def test_people_enterprises_names_and_accounts_follow_their_division(
    register: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "BATCH", 2)
    places = ("330103001", "330104010", "330104", "330103", "330106001", "330109001")
    people(register, *places)

    def keep(context: Context) -> None:
        context.unit.add(
            Enterprise.registered(
                credit_code=credit_code_from(
                    "9", "1", "330104", organisation_code_from("AAAAAAAA")
                ),
                name="杭州潮平商贸有限公司",
                division="330104005",
                industry="批发和零售业",
                registered_capital=1,
                established=date(2020, 1, 1),
                legal_representative="p-1",
            )
        )
        for name, state in (("甲", "reserved"), ("乙", "released")):
            context.unit.add(
                NameReservation(
                    id=f"n-{name}", name=name, division="330103", state=state, until=EFFECTIVE
                )
            )
        post = Post(
            id="post-1",
            division="330103",
            organ="330103-taxation",
            title="税政科科长",
            roles=["case_officer"],
        )
        term = Term(AppointmentKind.SUBSTANTIVE, ANNOUNCED.date(), None)
        context.unit.add(context.unit.add(post).appoint("clerk", term, "杭任〔2021〕1号")).begin()
        context.unit.add(
            Account(
                id="clerk",
                division="330103",
                organ="330103-taxation",
                password_hash="-",
                principal_id="clerk",
                kind="official",
            )
        )

    register.act(keep)
    merger = announce(register)
    register.at(THE_DAY)
    register.settle()
    expected = {
        "330103001": "330105014",
        "330104010": "330114001",
        # Nobody knows in which township: the first successor takes it over.
        "330104": "330102",
        "330103": "330105",
        "330106001": "330106001",
        "330109001": "330109001",
    }
    assert sorted(where(register, Person)) == sorted(expected[place] for place in places)
    assert where(register, Enterprise) == ["330102011"]
    reservations = register.rows(sa.select(NameReservation.id, NameReservation.division))
    assert dict(map(tuple, reservations)) == {"n-甲": "330105", "n-乙": "330103"}
    (clerk,) = register.rows(sa.select(Account.division, Account.organ))
    assert tuple(clerk) == ("330105", "330105-taxation")
    (post,) = register.rows(sa.select(Post.division, Post.organ))
    assert tuple(post) == ("330105", "330105-taxation")
    assert where(register, Appointment) == ["330105"]
    (passed,) = register.told(PostPassedOn)
    assert (passed.from_division, passed.division) == ("330103", "330105")
    assert {(e.from_division, e.division) for e in register.told(PersonPassedOn)} == {
        (place, expected[place]) for place in places if place != expected[place]
    }
    assert len(register.told(EnterprisePassedOn)) == 1
    (told,) = register.told(OpenWorkPassed)
    followed = {"people": 4, "enterprises": 1, "names": 1, "accounts": 1}
    followed |= {"posts": 1, "appointments": 1}
    assert {kind: n for kind, n in told.counts.items() if n} == followed
    assert told.merger_id == merger


def test_a_merger_is_complete_when_every_service_has_passed_its_work_on(
    register: ServiceHarness,
) -> None:
    merger = announce(register)
    register.at(THE_DAY)
    register.settle()
    query = MergerById(merger_id=merger)
    for event in (
        digital_government.OpenWorkPassed,
        digital_economy.OpenWorkPassed,
        party_government.OpenWorkPassed,
    ):
        assert not register.execute(query, OFFICIAL).complete
        register.deliver(event(merger_id=merger, counts={"cases": 3}))
    found = register.execute(query, OFFICIAL)
    assert found.complete
    assert {one.service: one.counts for one in found.passed}["digital_government"] == {"cases": 3}


def test_what_is_registered_under_a_code_that_ended_is_registered_in_the_successor(
    register: ServiceHarness,
) -> None:
    announce(register)
    register.at(THE_DAY)
    number = resident_number_from("330103", date(1990, 5, 6), 5)
    order = RegisterPerson(number=number, name="钱潮", division="330103001")
    register.execute(order, PROVINCE)
    assert where(register, Person) == ["330105014"]
    with pytest.raises(DivisionWasSplit, match="330102、330114"):
        register.execute(replace(order, division="330104"), PROVINCE)


def test_nobody_is_registered_in_a_division_that_has_not_begun(
    make_service: Callable[..., ServiceHarness],
) -> None:
    harness = make_service(IdentityData)
    harness.at(ANNOUNCED)
    know_places(harness, HANGZHOU)
    number = resident_number_from("330103", date(1990, 5, 6), 5)
    with pytest.raises(DivisionNotInForce):
        harness.execute(RegisterPerson(number=number, name="钱潮", division="330113"), PROVINCE)
