"""Who runs an enterprise, who puts that on record, and how long somebody does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.identity_data import keys
from services.identity_data.domain.enterprises import (
    HasNoSuchRole,
    HasRoleAlready,
    NeitherDirectorNorManager,
    NotFitForOffice,
    RepresentsAlready,
    SupervisesThemself,
    require_compatible,
)
from services.identity_data.models import Enterprise, EnterpriseRole, Licence, Organ, Person
from services.identity_data.service import IdentityData
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.identity_data import (
    AppointToEnterprise,
    AuthoriseHandler,
    DeregisterPerson,
    EndEnterpriseRole,
    EnterpriseRoleBegun,
    EnterpriseRoleEnded,
    IssueLicence,
    LegalRepresentativeChanged,
    MergePersons,
    PeopleOfEnterprise,
    PresentLicence,
    RegisterDeath,
    ReplaceLegalRepresentative,
    RolesOfPerson,
    SeparatePersons,
    WithdrawHandler,
)
from shared.errors import InvalidInput, NotAllowed
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.messaging.tables import TIMER
from shared.testing.harness import ServiceHarness

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
COUNTY = "330106"
ORGAN = f"{COUNTY}-market_regulation"
ADULT_BORN = date(1980, 6, 1)
BASIS = {"basis": "股东会决议2026-1"}


def officer(division: str = COUNTY, kind: str = "market_regulation", person: str = "") -> Principal:
    roles = ("case_officer",)
    return Principal(
        f"o.{division}.{kind}", "official", division, f"{division}-{kind}", roles, person
    )


def own(person: str) -> Principal:
    return Principal(f"account.{person}", "resident", COUNTY, person=person)


HERE = officer()
POLICE = Principal(
    "police", "official", COUNTY, f"{COUNTY}-public_security", ("household_registrar",), assurance=2
)


class Register:
    """An enterprise and who leads it, orders by the case officers of its organ."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.harness = harness
        self.leader = self.enter(1)
        enterprise = Enterprise.registered(
            credit_code=credit_code_from("9", "1", COUNTY, organisation_code_from("AAAAAAAA")),
            name="杭州潮味餐饮有限公司",
            division=COUNTY,
            industry="餐饮业",
            registered_capital=100_000_000,
            established=date(2020, 1, 5),
            legal_representative=self.leader,
        )
        organ = Organ(id=ORGAN, division=COUNTY, name="局", name_en="-", kind="market_regulation")

        def keep(context: Context) -> None:
            context.unit.add(enterprise)
            context.unit.add(organ)

        harness.act(keep)
        self.enterprise = enterprise.id

    def enter(self, number: int, born: date = ADULT_BORN) -> str:
        """Register somebody; returns the id."""
        person = Person.registered(resident_number_from(COUNTY, born, number), "钱潮", COUNTY, None)
        self.harness.act(lambda context: context.unit.add(person) and None)
        return person.id

    def order(self, order: Any, by: Principal = HERE) -> str:
        """Carry an order out; returns the id in its reply."""
        return str(self.harness.execute(order, by).id)

    def appoint(self, person: str, role: str) -> None:
        """Put an office on record."""
        self.order(
            AppointToEnterprise.load(
                {"enterprise_id": self.enterprise, "person": person, "role": role, **BASIS}
            )
        )

    def replacement(self, person: str) -> ReplaceLegalRepresentative:
        """The order that makes somebody the legal representative."""
        return ReplaceLegalRepresentative(
            enterprise_id=self.enterprise, legal_representative=person, **BASIS
        )

    def people(self, by: Principal = HERE) -> list[tuple[str, str]]:
        """Who runs the enterprise."""
        found = self.harness.execute(PeopleOfEnterprise(enterprise_id=self.enterprise), by)
        return [(one.person_id, one.role) for one in found.people]

    def roles(self, person: str) -> list[str]:
        """What somebody is in the enterprise."""
        found = self.harness.execute(RolesOfPerson(person_id=person), own(person))
        assert {one.enterprise_id for one in found.roles} <= {self.enterprise}
        return [one.role for one in found.roles]


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> Register:
    """An enterprise with its legal representative, and a key that signs licences."""
    harness = make_service(IdentityData)
    keys.ensure_signing_key(harness.runtime.settings, "licence", "key-1")
    harness.at(MONDAY)
    return Register(harness)


def test_offices_are_put_on_record_and_end(register: Register) -> None:
    director, supervisor = register.enter(3), register.enter(5)
    register.appoint(director, "director")
    register.appoint(director, "financial_officer")
    register.appoint(supervisor, "supervisor")
    run_by = [
        (register.leader, "legal_representative"),
        (director, "director"),
        (director, "financial_officer"),
        (supervisor, "supervisor"),
    ]
    assert register.people() == run_by == register.people(own(register.leader))
    assert register.roles(director) == ["director", "financial_officer"]
    assert register.roles(register.leader) == ["legal_representative"]
    end = EndEnterpriseRole(
        enterprise_id=register.enterprise, person=director, role="director", **BASIS
    )
    register.order(end)
    with pytest.raises(HasNoSuchRole):
        register.order(end)
    assert register.roles(director) == ["financial_officer"]
    begun = [(one.person_id, one.role) for one in register.harness.told(EnterpriseRoleBegun)]
    assert begun == run_by[1:]
    assert register.harness.told(EnterpriseRoleEnded) == [
        EnterpriseRoleEnded(enterprise_id=register.enterprise, person_id=director, role="director")
    ]


def test_only_adults_on_the_register_run_an_enterprise_and_no_more_is_told(
    register: Register,
) -> None:
    child, dead, abroad = register.enter(3, date(2010, 6, 1)), register.enter(5), register.enter(7)
    register.order(RegisterDeath(person_id=dead, died_on=date(2026, 3, 1), **BASIS), POLICE)
    register.order(DeregisterPerson(person_id=abroad, reason="settled_abroad", **BASIS), POLICE)
    refusals = []
    for person in (child, dead, abroad, "p-nobody"):
        for order, by in (
            (
                AppointToEnterprise(
                    enterprise_id=register.enterprise, person=person, role="director", **BASIS
                ),
                HERE,
            ),
            (register.replacement(person), HERE),
            (
                AuthoriseHandler(
                    enterprise_id=register.enterprise, person=person, until=date(2026, 4, 1)
                ),
                own(register.leader),
            ),
        ):
            with pytest.raises(NotFitForOffice) as refusal:
                register.order(order, by)
            refusals.append(refusal.value.to_wire())
    assert refusals == refusals[:1] * 12
    assert register.people() == [(register.leader, "legal_representative")]


@pytest.mark.parametrize(
    ("role", "held", "error"),
    [
        ("director", {"director"}, HasRoleAlready),
        ("supervisor", {"director"}, SupervisesThemself),
        ("supervisor", {"manager"}, SupervisesThemself),
        ("supervisor", {"financial_officer"}, SupervisesThemself),
        ("supervisor", {"legal_representative"}, SupervisesThemself),
        ("manager", {"supervisor"}, SupervisesThemself),
    ],
)
def test_whoever_supervises_neither_directs_nor_manages(
    role: str, held: set[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        require_compatible(role, held)


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("manager", {"director", "financial_officer"}),
        ("authorised_handler", {"supervisor"}),
        ("supervisor", {"authorised_handler"}),
        ("supervisor", set[str]()),
    ],
)
def test_other_roles_go_together(role: str, held: set[str]) -> None:
    require_compatible(role, held)


# The legal representative


def test_a_director_becomes_legal_representative_and_shows_the_licences(
    register: Register,
) -> None:
    issue = IssueLicence(
        kind="food_operation_licence",
        organ=ORGAN,
        enterprise_id=register.enterprise,
        particulars={"premises": "文三路1号", "scope": "热食类食品制售"},
    )
    show = PresentLicence(licence_id=register.order(issue), items=("name",))
    director = register.enter(3)
    with pytest.raises(NeitherDirectorNorManager):
        register.order(register.replacement(director))
    register.appoint(director, "director")
    register.appoint(register.leader, "manager")
    register.order(register.replacement(director))
    assert register.people()[0] == (director, "legal_representative")
    assert register.harness.told(LegalRepresentativeChanged) == [
        LegalRepresentativeChanged(
            enterprise_id=register.enterprise,
            former=register.leader,
            legal_representative=director,
        )
    ]
    assert register.harness.execute(show, own(director)).qr
    for query in (show, PeopleOfEnterprise(enterprise_id=register.enterprise)):
        with pytest.raises(NotAllowed):
            register.harness.execute(query, own(register.leader))
    with pytest.raises(RepresentsAlready):
        register.order(register.replacement(director))
    assert register.harness.rows(sa.select(Licence.owner)) == [(director,)]


@pytest.mark.parametrize(
    "stranger",
    [
        officer("330203"),
        officer(kind="taxation"),
        replace(HERE, roles=("leader",)),
        replace(HERE, kind="resident"),
    ],
    ids=["another county", "another organ", "another role", "another kind"],
)
def test_a_stranger_neither_sees_nor_changes_who_runs_an_enterprise(
    register: Register, stranger: Principal
) -> None:
    other = register.enter(3)
    for enterprise in (register.enterprise, "e-none"):
        named = {"enterprise_id": enterprise}
        for order in (
            PeopleOfEnterprise(**named),
            replace(register.replacement(other), **named),
            AppointToEnterprise(**named, person=other, role="director", **BASIS),
            EndEnterpriseRole(**named, person=other, role="director", **BASIS),
            AuthoriseHandler(**named, person=other, until=date(2026, 4, 1)),
            WithdrawHandler(**named, person=other),
            RolesOfPerson(person_id=other),
        ):
            with pytest.raises(NotAllowed):
                register.harness.execute(order, stranger)
    assert register.people() == [(register.leader, "legal_representative")]


def test_an_officer_puts_neither_the_own_office_on_record_nor_anything_of_the_own_enterprise(
    register: Register,
) -> None:
    person, other = register.enter(3), register.enter(5)
    register.appoint(person, "manager")
    named = {"enterprise_id": register.enterprise}
    for by, concerned in ((person, person), (register.leader, other)):
        for order in (
            register.replacement(concerned),
            AppointToEnterprise(**named, person=concerned, role="director", **BASIS),
            EndEnterpriseRole(**named, person=concerned, role="manager", **BASIS),
        ):
            with pytest.raises(NotAllowed):
                register.order(order, officer(person=by))
    assert register.roles(person) == ["manager"]


# Handlers


def test_a_handler_is_authorised_by_the_legal_representative_up_to_a_day(
    register: Register,
) -> None:
    handler, leader = register.enter(3), own(register.leader)
    named = {"enterprise_id": register.enterprise, "person": handler}
    order = AuthoriseHandler(**named, until=date(2026, 3, 31))
    with pytest.raises(NotAllowed):
        register.order(order, HERE)
    with pytest.raises(NotAllowed):
        register.order(order, own(handler))
    with pytest.raises(InvalidInput) as refusal:
        register.order(replace(order, until=date(2026, 3, 1)), leader)
    assert set(refusal.value.fields) == {"until"}
    register.order(order, leader)
    with pytest.raises(HasRoleAlready):
        register.order(order, leader)
    register.harness.at(datetime(2026, 3, 31, 23, 59, tzinfo=CHINA))
    assert register.roles(handler) == ["authorised_handler"]
    register.harness.at(datetime(2026, 4, 1, tzinfo=CHINA))
    assert register.roles(handler) == []
    assert len(register.harness.told(EnterpriseRoleEnded)) == 1
    register.order(replace(order, until=date(2026, 4, 1)), leader)
    register.order(WithdrawHandler(**named), leader)
    with pytest.raises(HasNoSuchRole):
        register.order(WithdrawHandler(**named), leader)
    register.harness.at(datetime(2026, 4, 3, tzinfo=CHINA))
    assert len(register.harness.told(EnterpriseRoleEnded)) == 2
    states = register.harness.rows(sa.select(TIMER.c.state).order_by(TIMER.c.state))
    assert [row.state for row in states] == ["cancelled", "fired"]


# What a person's life does to it


def test_a_death_ends_the_roles_and_leaves_who_must_be_replaced_visible(
    register: Register,
) -> None:
    person = register.enter(3)
    register.appoint(person, "director")
    leader = own(register.leader)
    register.order(
        AuthoriseHandler(enterprise_id=register.enterprise, person=person, until=date(2026, 4, 1)),
        leader,
    )
    register.order(RegisterDeath(person_id=person, died_on=date(2026, 3, 1), **BASIS), POLICE)
    assert register.people() == [(register.leader, "legal_representative")]
    ended = {one.role for one in register.harness.told(EnterpriseRoleEnded)}
    assert ended == {"director", "authorised_handler"}
    register.order(
        RegisterDeath(person_id=register.leader, died_on=date(2026, 3, 1), **BASIS), POLICE
    )
    assert register.people() == [(register.leader, "legal_representative")]


def test_leaving_the_register_ends_what_somebody_handled_and_no_office(
    register: Register,
) -> None:
    person = register.enter(3)
    register.appoint(person, "director")
    register.order(
        AuthoriseHandler(enterprise_id=register.enterprise, person=person, until=date(2026, 4, 1)),
        own(register.leader),
    )
    register.order(DeregisterPerson(person_id=person, reason="settled_abroad", **BASIS), POLICE)
    assert register.roles(person) == ["director"]
    ended = [(one.person_id, one.role) for one in register.harness.told(EnterpriseRoleEnded)]
    assert ended == [(person, "authorised_handler")]
    (state,) = register.harness.rows(sa.select(TIMER.c.state))
    assert state == ("cancelled",)


def test_the_roles_of_a_merged_record_are_the_others_and_go_back(register: Register) -> None:
    person, twin = register.enter(3), register.enter(13)
    register.appoint(person, "director")
    register.appoint(twin, "director")
    register.appoint(twin, "manager")
    register.order(MergePersons(person_id=twin, into=person, **BASIS), POLICE)
    register.harness.settle()
    assert register.roles(person) == ["director", "director", "manager"]
    register.order(SeparatePersons(person_id=twin, **BASIS), POLICE)
    register.harness.settle()
    assert (register.roles(person), register.roles(twin)) == (["director"], ["director", "manager"])
    register.order(MergePersons(person_id=twin, into=person, **BASIS), POLICE)
    register.harness.settle()
    register.order(
        EndEnterpriseRole(
            enterprise_id=register.enterprise, person=person, role="director", **BASIS
        )
    )
    assert register.roles(person) == ["manager"]
    held = sa.select(EnterpriseRole.role).where(EnterpriseRole.ended_on.is_(None))
    assert register.harness.rows(held) == [("manager",)]
