"""Open cases and one-things follow a merger of divisions; what was decided keeps its codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.load import steps
from services.digital_government.models import Case, Implementation, Measure, OneThing
from services.digital_government.service import DigitalGovernment
from shared import reading, succession
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.digital_government import (
    AcceptCase,
    CaseById,
    CaseDecided,
    CasePassedOn,
    CasesOfOrgan,
    CaseSubmitted,
    DecideCase,
    ItemsOffered,
    ItemWithdrawn,
    OneThingPassedOn,
    OpenWorkPassed,
    StartupForm,
    SubmitOneThing,
    WithdrawCase,
)
from shared.contracts.identity_data import (
    DivisionsMerged,
    EnterpriseRegistered,
    FetchSharedData,
    PersonsMerged,
    PersonsSeparated,
    SharedFacts,
    TerritoryMove,
)
from shared.contracts.platform import DirectReadings
from shared.divisions import DivisionWasSplit
from shared.errors import NotAllowed
from shared.identifiers import credit_code_from, organisation_code_from
from shared.loading import load
from shared.messaging.tables import OUTBOX
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured

BEFORE = datetime(2021, 4, 7, 10, tzinfo=CHINA)
THE_DAY = datetime(2021, 4, 9, 0, 0, tzinfo=CHINA)
EFFECTIVE = date(2021, 4, 9)
APPLICANT = Principal("account.applicant", "resident", "330103", person="p-1")

XIASHA = "330104010"
MERGED = DivisionsMerged(
    merger_id="m-1",
    division="3301",
    effective=EFFECTIVE,
    moves=tuple(
        TerritoryMove(from_code=before, to_code=after, name=name)
        for before, after, name in (
            ("330103", "330105", None),
            ("330105", "330105", None),
            ("330104", "330102", None),
            ("330104", "330114", "钱塘区"),
            ("330102", "330102", None),
            (XIASHA, "330114001", "下沙街道"),
        )
    ),
)


def officer(county: str) -> Principal:
    organ = f"{county}-market_regulation"
    return Principal(f"official.{county}", "official", county, organ, ("case_officer",))


@pytest.fixture
def government(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The service with the counties of 2021-04-07, all of which offer every matter."""
    harness = make_service(DigitalGovernment)
    harness.at(BEFORE)
    harness.remote[FetchSharedData] = lambda order: SharedFacts(ledger_id="l-1", facts=())
    settings = replace(harness.runtime.settings, divisions_as_of=BEFORE.date())
    load(harness.runtime, steps(settings))
    harness.settle()
    return harness


def apply(harness: ServiceHarness, division: str, number: int = 1) -> tuple[str, str]:
    """Apply there; the ids of the one-thing and of its registration."""
    form = StartupForm(
        reservation_id=f"n-{number}",
        name="杭州潮起科技有限公司",
        industry="软件和信息技术服务业",
        registered_capital=100_000_000,
        address="杭州市示范路1号",
    )
    order = SubmitOneThing(thing="enterprise_startup", division=division, form=form.dump())
    one_thing = harness.execute(order, APPLICANT).id
    (row,) = harness.rows(sa.select(Case.id).where(Case.one_thing_id == one_thing))
    return one_thing, str(row.id)


def merge(harness: ServiceHarness) -> None:
    harness.at(THE_DAY)
    harness.deliver(MERGED, division="3301")
    harness.settle()


def place(harness: ServiceHarness, case_id: str) -> tuple[str, str]:
    (row,) = harness.rows(sa.select(Case.division, Case.organ).where(Case.id == case_id))
    return str(row.division), str(row.organ)


@pytest.mark.parametrize(
    ("before", "after", "organ"),
    [
        ("330103", "330105", "330105-market_regulation"),
        (XIASHA, "330114001", "330114-market_regulation"),
        ("330104", "330102", "330102-market_regulation"),
        ("330105", "330105", "330105-market_regulation"),
        ("330106", "330106", "330106-market_regulation"),
    ],
)
def test_an_open_case_is_its_successors_and_its_one_thing_too(
    government: ServiceHarness, before: str, after: str, organ: str
) -> None:
    one_thing, case_id = apply(government, before)
    merge(government)
    assert place(government, case_id) == (after, organ)
    (row,) = government.rows(sa.select(OneThing.division).where(OneThing.id == one_thing))
    assert row.division == after
    told = government.told(CasePassedOn)
    assert len(told) == len(government.told(OneThingPassedOn)) == (before != after)
    for event in told:
        assert (event.id, event.from_division, event.division) == (case_id, before, after)
        assert (event.from_organ, event.organ) == (f"{before[:6]}-market_regulation", organ)


def test_the_successors_officer_goes_on_and_the_former_one_may_not(
    government: ServiceHarness,
) -> None:
    _, case_id = apply(government, "330103")
    government.execute(AcceptCase(case_id=case_id), officer("330103"))
    due = government.execute(CaseById(case_id=case_id), APPLICANT).due
    merge(government)
    assert government.execute(CaseById(case_id=case_id), APPLICANT).due == due
    decision = DecideCase(case_id=case_id, outcome="granted")
    with pytest.raises(NotAllowed):
        government.execute(decision, officer("330103"))
    listed = CasesOfOrgan(division="330105", organ="330105-market_regulation")
    assert [c.case_id for c in government.execute(listed, officer("330105")).cases] == [case_id]
    government.execute(decision, officer("330105"))
    (decided,) = government.told(CaseDecided)
    assert (decided.organ, decided.result["division"]) == ("330105-market_regulation", "330105")


def test_what_was_decided_keeps_its_code_and_so_does_all_that_was_told(
    government: ServiceHarness,
) -> None:
    _, decided = apply(government, "330103")
    government.execute(WithdrawCase(case_id=decided, reason="不再开办"), APPLICANT)
    _, case_id = apply(government, "330103", 2)
    merge(government)
    assert place(government, decided)[0] == "330103"
    submitted = government.envelopes(OUTBOX.c.type == CaseSubmitted.NAME)
    assert [one.divisioncode for one in submitted] == ["330103", "330103"]
    assert government.told(CasePassedOn)[0].id == case_id


def test_a_case_passes_once_in_batches_of_any_size(
    government: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "BATCH", 2)
    cases = [apply(government, "330103", number)[1] for number in range(1, 6)]
    merge(government)
    assert {place(government, case)[0] for case in cases} == {"330105"}
    assert sorted(event.id for event in government.told(CasePassedOn)) == sorted(cases)
    (told,) = government.told(OpenWorkPassed)
    assert told.counts == {
        "one_things": 5,
        "applications": 0,
        "cases": 5,
        "reviews": 0,
        "ratings": 0,
        "concerns": 0,
        "visits": 0,
    }
    government.deliver(MERGED, division="3301", event_id="again")
    government.settle()
    assert len(government.told(OpenWorkPassed)) == 1


# Items


def test_a_county_that_ended_offers_nothing_and_one_that_begins_what_the_former_offered(
    government: ServiceHarness,
) -> None:
    before = government.execute(ItemsOffered(division="330104"), APPLICANT).items
    merge(government)
    assert government.execute(ItemsOffered(division="330104"), APPLICANT).items == ()
    after = government.execute(ItemsOffered(division="330114"), APPLICANT).items
    assert [(i.matter, i.promised_days) for i in after] == [
        (i.matter, i.promised_days) for i in before
    ]
    assert {i.organ.partition("-")[0] for i in after} == {"330114"}
    assert len(government.told(ItemWithdrawn)) == 2 * len(before)


def test_the_measures_count_what_is_offered_now(government: ServiceHarness) -> None:
    def offered() -> int:
        total = sa.select(sa.func.sum(Measure.value)).where(Measure.measure == "items_offered")
        return int(government.rows(total)[0][0])

    before = offered()
    merge(government)
    in_force = sa.select(sa.func.count()).where(Implementation.ended_on.is_(None))
    assert offered() == before - 7 == government.rows(in_force)[0][0]
    assert counted(government) == measured(government, Measure)


# Commands under codes that ended


def test_an_application_under_a_code_that_ended_is_made_in_the_successor(
    government: ServiceHarness,
) -> None:
    merge(government)
    _, case_id = apply(government, "330103")
    assert place(government, case_id) == ("330105", "330105-market_regulation")
    _, case_id = apply(government, f"{XIASHA}001", 2)
    assert place(government, case_id) == ("330114001001", "330114-market_regulation")


def test_an_application_where_several_succeeded_is_asked_back(government: ServiceHarness) -> None:
    merge(government)
    with pytest.raises(DivisionWasSplit, match="330102、330114"):
        apply(government, "330104")
    assert government.told(CaseSubmitted) == []


def test_an_application_where_nothing_was_ever_offered_is_refused_as_before(
    government: ServiceHarness,
) -> None:
    merge(government)
    with pytest.raises(ItemNotOffered):
        apply(government, "330199")


def test_a_matter_that_begins_before_its_one_thing_has_passed_begins_in_the_successor(
    government: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "REFERENCE_AGE", 0.0)
    one_thing, registration = apply(government, "330103")
    government.execute(AcceptCase(case_id=registration), officer("330103"))
    government.execute(DecideCase(case_id=registration, outcome="granted"), officer("330103"))
    government.at(THE_DAY)
    # The merger is known, and none of its batches was passed yet.
    government.deliver(MERGED, division="3301")
    government.deliver(
        EnterpriseRegistered(
            enterprise_id="e-1",
            credit_code=credit_code_from("9", "1", "330103", organisation_code_from("PDY00001")),
            name="杭州潮起科技有限公司",
            division="330103",
            industry="软件和信息技术服务业",
            registered_capital=100_000_000,
            established=date(2021, 4, 7),
            legal_representative="p-1",
            case_id=registration,
        )
    )
    rows = government.rows(
        sa.select(Case.division, Case.organ).where(
            Case.one_thing_id == one_thing, Case.id != registration
        )
    )
    assert len(rows) == 6
    assert {row.division for row in rows} == {"330105"}
    assert all(row.organ.startswith("330105-") for row in rows)
    government.settle()
    (told,) = government.told(OpenWorkPassed)
    assert set(told.counts.values()) == {0}


def test_what_was_begun_in_the_moment_of_the_change_passes_on_a_day_later(
    government: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "REFERENCE_AGE", 600.0)
    apply(government, "330103")
    merge(government)
    # Another process still has what was offered a moment ago.
    _, late = apply(government, "330103", 2)
    assert place(government, late)[0] == "330103"
    government.at(THE_DAY + succession.LOOK_AGAIN_AFTER)
    government.settle()
    assert place(government, late)[0] == "330105"
    first, second = government.told(OpenWorkPassed)
    assert (first.counts["cases"], second.counts["cases"]) == (1, 2)
    government.at(THE_DAY + 9 * succession.LOOK_AGAIN_AFTER)
    assert len(government.told(OpenWorkPassed)) == 2


# Two records of one person


def test_applications_follow_when_their_applicant_is_another_record_of_the_same_person(
    government: ServiceHarness,
) -> None:
    one_thing, case_id = apply(government, "330105")
    government.deliver(PersonsMerged(person_id="p-1", into="p-9"))
    government.settle()

    def owners() -> tuple[str, str, str]:
        (case,) = government.rows(sa.select(Case.owner, Case.subject).where(Case.id == case_id))
        (thing,) = government.rows(sa.select(OneThing.owner).where(OneThing.id == one_thing))
        return case.owner, case.subject, thing.owner

    assert owners() == ("p-9", "p-9", "p-9")
    found = government.execute(CaseById(case_id=case_id), replace(APPLICANT, person="p-9"))
    assert found.case_id == case_id
    government.deliver(PersonsSeparated(person_id="p-1", into="p-9"), sequence=2)
    government.settle()
    assert owners() == ("p-1", "p-1", "p-1")


def test_readings_of_a_merged_record_are_told_with_those_of_the_other_until_they_are_separated(
    government: ServiceHarness,
) -> None:
    _, case_id = apply(government, "330105")
    government.execute(CaseById(case_id=case_id), officer("330105"))
    of_other = replace(APPLICANT, person="p-9")

    def subjects(person: Principal) -> list[str]:
        query = DirectReadings(owner=person.person)
        return [one.subject for one in government.execute(query, person).readings]

    assert (subjects(APPLICANT), subjects(of_other)) == ([f"Case/{case_id}"], [])
    government.deliver(PersonsMerged(person_id="p-1", into="p-5"))
    government.deliver(PersonsMerged(person_id="p-5", into="p-9"))
    assert subjects(of_other) == [f"Case/{case_id}"]
    government.deliver(PersonsSeparated(person_id="p-5", into="p-9"), sequence=2)
    assert subjects(of_other) == []
    government.deliver(PersonsSeparated(person_id="p-1", into="p-5"), sequence=2)
    assert (subjects(APPLICANT), subjects(of_other)) == ([f"Case/{case_id}"], [])
