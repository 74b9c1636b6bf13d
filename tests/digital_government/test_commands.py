"""Applications from the form to the rating, on a real database: state, events, timers, counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.domain.applications import ApplicantNotInLife
from services.digital_government.domain.cases import (
    CaseInWrongState,
    RefusalNeedsReasons,
    SupplementAlreadyRequested,
)
from services.digital_government.domain.items import facts_of
from services.digital_government.domain.one_things import (
    AlreadyApplied,
    ApplicantNotNamed,
    ItemNotOffered,
)
from services.digital_government.domain.ratings import AlreadyRated, NotFinishedYet
from services.digital_government.load import steps
from services.digital_government.models import Case, Measure, OneThing
from services.digital_government.reference.items import ITEMS, STARTUP, THINGS
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Principal
from shared.contracts.digital_government import (
    AcceptCase,
    CaseAccepted,
    CaseById,
    CaseDecided,
    CaseFactCorrected,
    CaseNearlyDue,
    CaseOverdue,
    CaseResumed,
    CasesOfOrgan,
    CaseSubmitted,
    CaseSupplemented,
    CaseSuspended,
    CaseWithdrawn,
    DecideCase,
    ItemPublished,
    ItemsOffered,
    OneThingCompleted,
    OneThingProgress,
    OneThingSubmitted,
    RateOneThing,
    RequestSupplement,
    ResumeCase,
    ServiceRated,
    StartupForm,
    SubmitOneThing,
    SupplementCase,
    SupplementRequested,
    SuspendCase,
    WithdrawCase,
)
from shared.contracts.identity_data import (
    ApplicantStanding,
    EnterpriseRegistered,
    FetchSharedData,
    ReadingOfWrongFact,
    SharedDataCorrected,
    SharedFact,
    SharedFacts,
    StandingOfApplicant,
)
from shared.contracts.platform import DirectReadings
from shared.deadlines import LAST_CALENDAR_YEAR
from shared.divisions import ZHEJIANG_COUNTIES
from shared.errors import Conflict, NotAllowed, NotAuthenticated, Unavailable
from shared.identifiers import credit_code_from, organisation_code_from
from shared.loading import load
from shared.measures import as_kept
from shared.messaging.tables import AUDIT, OUTBOX, TIMER
from shared.testing.harness import ServiceHarness

DIVISION = "330106"
REGISTRATION = "enterprise_registration"
FOLLOWERS = tuple(code for code in STARTUP if code != REGISTRATION)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)
SEVEN_MATTERS = STARTUP

APPLICANT = Principal(
    id="account.applicant", kind="resident", person="p-1", division="330106001001"
)
STRANGER = Principal(id="account.stranger", kind="resident", person="p-2", division="330106001001")
LEADER = Principal(id="account.leader", kind="official", division="3301", roles=("leader",))
LEADER_ELSEWHERE = Principal(
    id="account.leader-elsewhere", kind="official", division="3302", roles=("leader",)
)

ONE_WINDOW = Principal(
    id="system:hangzhou_one_window", kind="system", division="3301", roles=("one_window",)
)

DEAD = "p-dead"

FORM = StartupForm(
    reservation_id="n-1",
    name="杭州潮起科技有限公司",
    industry="软件和信息技术服务业",
    registered_capital=100_000_000,
    address="杭州市西湖区文三路1号",
)


def on(day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    """An instant of March 2026; the 2nd is a Monday and there is no holiday."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=CHINA)


def end_of(day: int) -> datetime:
    return on(day, 23, 59, 59)


def officer(matter: str, division: str = DIVISION, person: str = "") -> Principal:
    organ = f"{division}-{ITEMS[matter].organ_kind}"
    return Principal(
        id=f"account.{organ}",
        kind="official",
        division=division,
        organ=organ,
        roles=("case_officer",),
        person=person,
    )


REGISTRAR = officer(REGISTRATION)


class Government:
    """The service under test with the platform beside it, which notes what was asked of it."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.runtime = harness.runtime
        self.remote = harness.remote
        self.execute = harness.execute
        self.deliver = harness.deliver
        self.settle = harness.settle
        self.told = harness.told
        self.rows = harness.rows
        self.at = harness.at
        self.asked: list[FetchSharedData] = []
        self.remote[FetchSharedData] = self.share
        self.remote[StandingOfApplicant] = lambda query: ApplicantStanding(
            person=query.person, person_state="dead" if query.person == DEAD else "registered"
        )

    def share(self, order: FetchSharedData) -> SharedFacts:
        """Answer as the platform would."""
        self.asked.append(order)
        facts = tuple(
            SharedFact(name=name, value=f"{name} of {order.subject}", source="人口库", as_of=MONDAY)
            for name in order.facts
        )
        return SharedFacts(ledger_id="l-1", facts=facts)

    def submit(
        self,
        form: StartupForm = FORM,
        as_: Principal = APPLICANT,
        *,
        applicant: str | None = None,
        division: str = DIVISION,
    ) -> str:
        """Apply, for whoever is named; returns the one-thing's id."""
        order = SubmitOneThing(
            thing="enterprise_startup", division=division, form=form.dump(), applicant=applicant
        )
        return self.execute(order, as_).id

    def case_of(self, matter: str) -> str:
        """The id of the newest case of a matter."""
        found = [e.case_id for e in self.told(CaseSubmitted) if e.matter == matter]
        return str(found[-1])

    def accept(self, matter: str = REGISTRATION) -> str:
        """Accept the newest case of a matter; returns its id."""
        case_id = self.case_of(matter)
        self.execute(AcceptCase(case_id=case_id), officer(matter))
        return case_id

    def decide(self, matter: str, outcome: Any = "granted") -> None:
        """Accept and decide the newest case of a matter."""
        order = DecideCase(
            case_id=self.accept(matter),
            outcome=outcome,
            reasons=None if outcome == "granted" else "不符合条件",
        )
        self.execute(order, officer(matter))

    def register_enterprise(self, case_id: str | None = None) -> None:
        """Tell what the platform tells when it registered the granted enterprise."""
        self.deliver(
            EnterpriseRegistered(
                enterprise_id="e-1",
                credit_code=credit_code_from(
                    "9", "1", DIVISION, organisation_code_from("PDY00001")
                ),
                name=FORM.name,
                division=DIVISION,
                industry=FORM.industry,
                registered_capital=FORM.registered_capital,
                established=date(2026, 3, 2),
                legal_representative="p-1",
                case_id=case_id,
            )
        )

    def grant_registration(self) -> None:
        """Bring a submitted one-thing to where its six other matters run."""
        self.decide(REGISTRATION)
        self.settle()
        self.register_enterprise(self.case_of(REGISTRATION))
        self.settle()

    def state_of(self, case_id: str) -> str:
        """The stored state of a case."""
        (row,) = self.rows(sa.select(Case.state).where(Case.id == case_id))
        return str(row.state)

    def armed(self) -> list[tuple[str, datetime]]:
        """The timers that are set, by name."""
        rows = self.rows(
            sa.select(TIMER.c.name, TIMER.c.due)
            .where(TIMER.c.state == "armed")
            .order_by(TIMER.c.name)
        )
        return [(row.name, row.due) for row in rows]

    def measures(self) -> dict[str, int]:
        """The totals of all leaf measures, over divisions and months."""
        rows = self.rows(
            sa.select(Measure.measure, sa.func.sum(Measure.value)).group_by(Measure.measure)
        )
        return {name: int(total) for name, total in rows}


@pytest.fixture
def empty(make_service: Callable[[Any], ServiceHarness]) -> Government:
    made = Government(make_service(DigitalGovernment))
    made.at(MONDAY)
    return made


@pytest.fixture
def government(empty: Government) -> Government:
    load(empty.runtime, steps(empty.runtime.settings))
    return empty


def progress(government: Government, thing_id: str) -> dict[str, str]:
    state = government.execute(OneThingProgress(one_thing_id=thing_id), APPLICANT)
    return {matter.matter: matter.state for matter in state.matters}


# Items


def test_every_county_offers_the_items_of_start_up_and_one_offers_all(empty: Government) -> None:
    others = len(ITEMS) - len(STARTUP)
    loaded = len(ITEMS) + 630 + others + len(THINGS)
    assert load(empty.runtime, steps(empty.runtime.settings)) == loaded
    assert load(empty.runtime, steps(empty.runtime.settings)) == 0
    published = empty.told(ItemPublished)
    assert len({item.implementation_id for item in published}) == len(published) == 630 + others
    assert {item.division for item in published} == {*ZHEJIANG_COUNTIES, "3301", "33"}
    empty.settle()
    assert empty.measures() == {
        "items_offered": len(published),
        "items_online": len(published),
        "items_zero_visit": sum(item.visits == 0 for item in published),
        "items_one_visit": sum(item.visits <= 1 for item in published),
        "items_statutory_days": sum(item.statutory_days for item in published),
        "items_promised_days": sum(item.promised_days for item in published),
    }


def test_anybody_may_see_what_a_county_offers_and_on_what_legal_basis(
    government: Government,
) -> None:
    offered = government.execute(ItemsOffered(division=DIVISION), ANONYMOUS).items
    by_matter = {item.matter: item for item in offered}
    assert set(by_matter) > set(SEVEN_MATTERS)
    registration = by_matter[REGISTRATION]
    assert (registration.statutory_days, registration.promised_days) == (3, 1)
    assert "国务院令第746号" in registration.legal_basis
    assert registration.organ == "330106-market_regulation"
    of_the_city = government.execute(ItemsOffered(division="3301"), ANONYMOUS).items
    assert {ITEMS[item.matter].definition.levels for item in of_the_city} == {("city",)}
    assert government.execute(ItemsOffered(division="3302"), ANONYMOUS).items == ()


# Applying


def test_submitting_opens_the_registration_alone(government: Government) -> None:
    thing_id = government.submit()
    (submitted,) = government.told(OneThingSubmitted)
    assert submitted.one_thing_id == thing_id
    assert submitted.matters == SEVEN_MATTERS
    (case,) = government.told(CaseSubmitted)
    assert (case.matter, case.one_thing_id) == (REGISTRATION, thing_id)
    assert (case.organ, case.applicant) == ("330106-market_regulation", "p-1")
    assert progress(government, thing_id) == {
        REGISTRATION: "pending",
        **dict.fromkeys(FOLLOWERS, "waiting"),
    }


def test_the_same_request_submits_once(government: Government) -> None:
    order = SubmitOneThing(thing="enterprise_startup", division=DIVISION, form=FORM.dump())
    first = government.execute(order, APPLICANT, request_id="r-1")
    assert government.execute(order, APPLICANT, request_id="r-1") == first
    assert len(government.told(OneThingSubmitted)) == 1


def test_a_division_that_does_not_offer_every_matter_takes_no_application(
    government: Government,
) -> None:
    order = SubmitOneThing(thing="enterprise_startup", division="3301", form=FORM.dump())
    with pytest.raises(ItemNotOffered, match="3301"):
        government.execute(order, APPLICANT)
    assert government.rows(sa.select(OneThing.id)) == []


def test_a_reserved_name_serves_one_application_until_that_failed(government: Government) -> None:
    government.submit()
    with pytest.raises(AlreadyApplied):
        government.submit()
    withdrawal = WithdrawCase(case_id=government.case_of(REGISTRATION), reason="信息有误")
    government.execute(withdrawal, APPLICANT)
    government.settle()
    government.submit()
    assert len(government.told(OneThingSubmitted)) == 2


def test_of_applications_at_once_for_one_reserved_name_one_is_taken(
    government: Government,
) -> None:
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(government.submit) for _ in range(8)]
    refused = [future for future in futures if future.exception() is not None]
    assert len(refused) == 7
    assert {type(future.exception()) for future in refused} == {AlreadyApplied}
    assert len(government.told(OneThingSubmitted)) == 1


@pytest.mark.parametrize("principal", [REGISTRAR, LEADER])
def test_officials_do_not_apply_in_their_office(
    government: Government, principal: Principal
) -> None:
    with pytest.raises(NotAllowed):
        government.submit(as_=principal)


def test_a_one_window_system_applies_for_the_person_it_names(government: Government) -> None:
    thing_id = government.submit(as_=ONE_WINDOW, applicant="p-1")
    (submitted,) = government.told(OneThingSubmitted)
    assert submitted.applicant == "p-1"
    assert progress(government, thing_id)[REGISTRATION] == "pending"
    with pytest.raises(NotAllowed):
        government.execute(OneThingProgress(one_thing_id=thing_id), ONE_WINDOW)


def test_nobody_applies_for_the_dead(government: Government) -> None:
    with pytest.raises(ApplicantNotInLife):
        government.submit(as_=ONE_WINDOW, applicant=DEAD)
    assert government.told(OneThingSubmitted) == []


def test_what_a_system_did_for_a_person_names_both(government: Government) -> None:
    thing_id = government.submit(as_=ONE_WINDOW, applicant="p-1")
    both = (ONE_WINDOW.id, "p-1")
    recorded = sa.select(AUDIT.c.actor, AUDIT.c.on_behalf_of).where(AUDIT.c.act == "SubmitOneThing")
    assert [tuple(row) for row in government.rows(recorded)] == [both]
    told = government.rows(sa.select(OUTBOX.c.envelope).where(OUTBOX.c.aggregate_id == thing_id))
    assert {(row.envelope["actorid"], row.envelope["onbehalfof"]) for row in told} == {both}


def test_a_resident_who_applies_acts_on_nobodys_behalf(government: Government) -> None:
    government.submit(applicant="p-1")
    recorded = sa.select(AUDIT.c.actor, AUDIT.c.on_behalf_of).where(AUDIT.c.act == "SubmitOneThing")
    assert [tuple(row) for row in government.rows(recorded)] == [(APPLICANT.id, "")]


def test_a_system_that_names_no_applicant_is_told_which_field_is_missing(
    government: Government,
) -> None:
    with pytest.raises(ApplicantNotNamed) as refusal:
        government.submit(as_=ONE_WINDOW)
    assert list(refusal.value.fields) == ["applicant"]
    assert government.told(OneThingSubmitted) == []


def test_a_resident_applies_for_nobody_else(government: Government) -> None:
    with pytest.raises(NotAllowed):
        government.submit(applicant=STRANGER.person)


def test_a_one_window_system_applies_in_its_own_division_alone(government: Government) -> None:
    with pytest.raises(NotAllowed):
        government.submit(as_=ONE_WINDOW, applicant="p-1", division="330203")


def test_a_system_without_that_role_applies_for_nobody(government: Government) -> None:
    with pytest.raises(NotAllowed):
        government.submit(as_=replace(ONE_WINDOW, roles=()), applicant="p-1")


def test_nobody_applies_without_signing_in(government: Government) -> None:
    with pytest.raises(NotAuthenticated):
        government.submit(as_=ANONYMOUS)


# Accepting


def test_accepting_fetches_what_the_matter_needs_and_asks_the_applicant_for_nothing(
    government: Government,
) -> None:
    government.submit()
    case_id = government.accept()
    (asked,) = government.asked
    assert (asked.subject, asked.matter, asked.case_id) == ("p-1", REGISTRATION, case_id)
    assert asked.facts == ("person.name", "person.birth_date", "person.division")
    detail = government.execute(CaseById(case_id=case_id), REGISTRAR)
    assert detail.state == "accepted"
    assert detail.materials_asked == 0
    assert detail.due == end_of(3)
    assert [dict(fact) for fact in detail.facts] == [
        {
            "name": name,
            "value": f"{name} of p-1",
            "source": "人口库",
            "as_of": MONDAY.isoformat(),
            "masked": False,
        }
        for name in asked.facts
    ]
    (accepted,) = government.told(CaseAccepted)
    assert (accepted.due, accepted.provisional, accepted.facts_shared) == (end_of(3), False, 3)
    assert government.armed() == [("case_nearly_due", on(3, 9)), ("case_overdue", end_of(3))]


def test_a_repeated_acceptance_reads_nobodys_data_again(government: Government) -> None:
    government.submit()
    order = AcceptCase(case_id=government.case_of(REGISTRATION))
    first = government.execute(order, REGISTRAR, request_id="r-1")
    assert government.execute(order, REGISTRAR, request_id="r-1") == first
    with pytest.raises(CaseInWrongState):
        government.execute(order, REGISTRAR, request_id="r-2")
    assert len(government.asked) == 1


def test_an_open_case_that_was_given_a_wrong_fact_says_so(government: Government) -> None:
    government.submit()
    open_case = government.accept()
    other = replace(FORM, reservation_id="n-other", name="杭州潮平科技有限公司")
    government.submit(other)
    government.decide(REGISTRATION, "refused")
    decided = government.case_of(REGISTRATION)

    def reading(reader: str, case_id: str) -> ReadingOfWrongFact:
        return ReadingOfWrongFact(
            ledger_id="l-1", reader=reader, matter=REGISTRATION, case_id=case_id
        )

    service = "service:digital_government"
    government.deliver(
        SharedDataCorrected(
            objection_id="do-1",
            subject="p-1",
            item="person.name",
            readings=(reading(service, open_case), reading(service, decided)),
        )
    )
    # Another reader's cases are numbered by itself.
    foreign = (reading("system:another", open_case),)
    government.deliver(
        SharedDataCorrected(
            objection_id="do-2", subject="p-1", item="person.name", readings=foreign
        )
    )
    detail = government.execute(CaseById(case_id=open_case), REGISTRAR)
    assert [(one.item, one.objection_id) for one in detail.corrections] == [("person.name", "do-1")]
    assert government.execute(CaseById(case_id=decided), REGISTRAR).corrections == ()
    assert [event.case_id for event in government.told(CaseFactCorrected)] == [open_case]


def test_a_case_stays_pending_while_its_facts_cannot_be_fetched(government: Government) -> None:
    def away(order: FetchSharedData) -> SharedFacts:
        raise Unavailable(service="identity_data")

    government.submit()
    case_id = government.case_of(REGISTRATION)
    government.remote[FetchSharedData] = away
    with pytest.raises(Unavailable):
        government.execute(AcceptCase(case_id=case_id), REGISTRAR)
    assert government.state_of(case_id) == "pending"
    assert government.told(CaseAccepted) == []


def test_a_deadline_beyond_the_published_calendar_is_provisional(government: Government) -> None:
    government.at(datetime(LAST_CALENDAR_YEAR + 1, 3, 3, 10, tzinfo=CHINA))
    government.submit()
    detail = government.execute(CaseById(case_id=government.accept()), REGISTRAR)
    assert detail.provisional
    (accepted,) = government.told(CaseAccepted)
    assert accepted.provisional


def test_an_order_on_a_version_seen_before_a_change_is_a_conflict(government: Government) -> None:
    government.submit()
    case_id = government.accept()
    order = DecideCase(case_id=case_id, outcome="granted", expected_version=1)
    with pytest.raises(Conflict):
        government.execute(order, REGISTRAR)
    assert government.told(CaseDecided) == []


# Who may


def orders_of_officers(case_id: str) -> list[Any]:
    return [
        AcceptCase(case_id=case_id),
        RequestSupplement(case_id=case_id, missing=("章程",)),
        SuspendCase(case_id=case_id, procedure="hearing", days_needed=3),
        ResumeCase(case_id=case_id),
        DecideCase(case_id=case_id, outcome="granted"),
    ]


def orders_of_applicants(case_id: str) -> list[Any]:
    return [
        SupplementCase(case_id=case_id, answers={"章程": "已附"}),
        WithdrawCase(case_id=case_id, reason="不办了"),
    ]


@pytest.mark.parametrize(
    "principal",
    [
        officer("tax_invoices"),
        officer(REGISTRATION, division="330105"),
        officer(REGISTRATION, person="p-1"),
        Principal(id="account.clerk", kind="official", division=DIVISION, organ=REGISTRAR.organ),
        LEADER,
        APPLICANT,
        STRANGER,
    ],
    ids=[
        "another organ",
        "another county",
        "the applicant in office",
        "an official without the role",
        "a leader",
        "the applicant",
        "a stranger",
    ],
)
def test_only_other_case_officers_of_the_organ_handle_a_case(
    government: Government, principal: Principal
) -> None:
    government.submit()
    case_id = government.case_of(REGISTRATION)
    for order in orders_of_officers(case_id):
        with pytest.raises(NotAllowed):
            government.execute(order, principal)
    assert government.asked == []
    assert government.state_of(case_id) == "pending"


@pytest.mark.parametrize("principal", [STRANGER, REGISTRAR, LEADER])
def test_only_its_applicant_supplements_withdraws_and_rates(
    government: Government, principal: Principal
) -> None:
    thing_id = government.submit()
    case_id = government.case_of(REGISTRATION)
    orders = [*orders_of_applicants(case_id), RateOneThing(one_thing_id=thing_id, grade=1)]
    for order in orders:
        with pytest.raises(NotAllowed):
            government.execute(order, principal)


def test_a_case_is_seen_by_its_applicant_its_officers_and_their_leaders_alone(
    government: Government,
) -> None:
    thing_id = government.submit()
    case_id = government.case_of(REGISTRATION)
    for principal in (APPLICANT, REGISTRAR, LEADER):
        assert government.execute(CaseById(case_id=case_id), principal).case_id == case_id
        seen = government.execute(OneThingProgress(one_thing_id=thing_id), principal)
        assert seen.one_thing_id == thing_id
    for principal in (STRANGER, LEADER_ELSEWHERE, officer(REGISTRATION, division="330105")):
        with pytest.raises(NotAllowed):
            government.execute(CaseById(case_id=case_id), principal)
        with pytest.raises(NotAllowed):
            government.execute(OneThingProgress(one_thing_id=thing_id), principal)


def test_whether_a_case_exists_is_not_told_to_those_who_may_not_see_it(
    government: Government,
) -> None:
    with pytest.raises(NotAllowed):
        government.execute(CaseById(case_id="c-none"), STRANGER)


def test_an_organs_list_has_its_open_cases_alone_the_earliest_deadline_first(
    government: Government,
) -> None:
    ids = []
    for number in range(4):
        government.submit(StartupForm(**{**FORM.__dict__, "reservation_id": f"n-{number}"}))
        ids.append(government.case_of(REGISTRATION))
    government.execute(AcceptCase(case_id=ids[1]), REGISTRAR)
    government.at(on(3))
    government.execute(AcceptCase(case_id=ids[2]), REGISTRAR)
    government.execute(WithdrawCase(case_id=ids[3], reason="不办了"), APPLICANT)
    query = CasesOfOrgan(division=DIVISION, organ=REGISTRAR.organ)
    for principal in (REGISTRAR, LEADER):
        cases = government.execute(query, principal).cases
        assert [case.case_id for case in cases] == [ids[1], ids[2], ids[0]]
    assert readers_of(government, APPLICANT) == [LEADER.id, REGISTRAR.id]
    for principal in (officer("tax_invoices"), LEADER_ELSEWHERE, APPLICANT):
        with pytest.raises(NotAllowed):
            government.execute(query, principal)


def readers_of(government: Government, person: Principal) -> list[str]:
    readings = government.execute(DirectReadings(owner=person.person), person).readings
    return [one.reader for one in readings]


def test_a_list_that_is_asked_for_all_day_is_told_to_each_person_once_a_day(
    government: Government,
) -> None:
    government.submit()
    government.submit(replace(FORM, reservation_id="n-2"), STRANGER)
    query = CasesOfOrgan(division=DIVISION, organ=REGISTRAR.organ)
    for hour in (10, 11, 16):
        government.at(on(3, hour))
        for principal in (REGISTRAR, LEADER):
            government.execute(query, principal)
    government.at(on(4))
    government.execute(query, REGISTRAR)
    for person in (APPLICANT, STRANGER):
        assert readers_of(government, person) == [REGISTRAR.id, LEADER.id, REGISTRAR.id]
    readings = government.execute(DirectReadings(owner=APPLICANT.person), APPLICANT).readings
    assert [one.at for one in readings] == [on(4), on(3), on(3)]
    in_audit = government.rows(sa.select(AUDIT.c.sequence).where(AUDIT.c.act == query.NAME))
    assert len(in_audit) == 7


# The clock


def test_a_supplement_is_requested_once_and_stops_the_clock(government: Government) -> None:
    government.submit()
    case_id = government.accept()
    request = RequestSupplement(case_id=case_id, missing=("章程", "住所证明"))
    government.execute(request, REGISTRAR)
    assert government.armed() == []
    (requested,) = government.told(SupplementRequested)
    assert requested.missing == ("章程", "住所证明")
    government.at(on(6))
    supplement = SupplementCase(case_id=case_id, answers={"章程": "已附", "住所证明": "已附"})
    government.execute(supplement, APPLICANT)
    (supplemented,) = government.told(CaseSupplemented)
    assert supplemented.due == end_of(9)
    assert government.armed() == [("case_nearly_due", on(9, 9)), ("case_overdue", end_of(9))]
    assert government.told(CaseOverdue) == []
    with pytest.raises(SupplementAlreadyRequested):
        government.execute(RequestSupplement(case_id=case_id, missing=("股东名册",)), REGISTRAR)
    detail = government.execute(CaseById(case_id=case_id), APPLICANT)
    assert detail.materials_asked == 2


def test_a_case_supplemented_before_acceptance_is_accepted_afterwards(
    government: Government,
) -> None:
    government.submit()
    case_id = government.case_of(REGISTRATION)
    government.execute(RequestSupplement(case_id=case_id, missing=("章程",)), REGISTRAR)
    government.execute(SupplementCase(case_id=case_id, answers={"章程": "已附"}), APPLICANT)
    (supplemented,) = government.told(CaseSupplemented)
    assert supplemented.due is None
    assert government.armed() == []
    assert government.accept() == case_id
    assert government.state_of(case_id) == "accepted"


def test_a_special_procedure_stops_the_clock_and_its_end_sets_a_new_deadline(
    government: Government,
) -> None:
    government.submit()
    case_id = government.accept()
    suspension = SuspendCase(case_id=case_id, procedure="expert_review", days_needed=5)
    government.execute(suspension, REGISTRAR)
    assert len(government.told(CaseSuspended)) == 1
    government.at(on(20))
    assert government.told(CaseOverdue) == []
    with pytest.raises(CaseInWrongState):
        government.execute(DecideCase(case_id=case_id, outcome="granted"), REGISTRAR)
    government.execute(ResumeCase(case_id=case_id), REGISTRAR)
    (resumed,) = government.told(CaseResumed)
    assert resumed.due == end_of(23)


def test_an_organ_is_reminded_on_the_day_and_the_case_is_overdue_at_its_end(
    government: Government,
) -> None:
    government.submit()
    case_id = government.accept()
    government.at(on(3, 8, 59))
    assert government.told(CaseNearlyDue) == []
    government.at(on(3, 9))
    (reminder,) = government.told(CaseNearlyDue)
    assert (reminder.case_id, reminder.organ) == (case_id, REGISTRAR.organ)
    assert reminder.due == end_of(3)
    assert government.told(CaseOverdue) == []
    government.at(on(4, 0))
    (overdue,) = government.told(CaseOverdue)
    assert overdue.due == end_of(3)


def test_an_overdue_case_stays_overdue_once_over_later_stops(government: Government) -> None:
    government.submit()
    case_id = government.accept()
    government.at(on(4))
    suspension = SuspendCase(case_id=case_id, procedure="inspection", days_needed=2)
    government.execute(suspension, REGISTRAR)
    government.at(on(6))
    government.execute(ResumeCase(case_id=case_id), REGISTRAR)
    government.at(on(20))
    assert len(government.told(CaseOverdue)) == 1
    government.execute(DecideCase(case_id=case_id, outcome="granted"), REGISTRAR)
    (decided,) = government.told(CaseDecided)
    assert not decided.in_time


@pytest.mark.parametrize("end", ["decided", "withdrawn"])
def test_a_closed_case_falls_due_no_more(government: Government, end: str) -> None:
    government.submit()
    case_id = government.accept()
    if end == "decided":
        government.execute(DecideCase(case_id=case_id, outcome="granted"), REGISTRAR)
    else:
        government.execute(WithdrawCase(case_id=case_id, reason="不办了"), APPLICANT)
    assert government.armed() == []
    government.at(on(20))
    assert government.told(CaseNearlyDue) == []
    assert government.told(CaseOverdue) == []


# Deciding


def test_a_granted_registration_tells_what_it_establishes(government: Government) -> None:
    thing_id = government.submit()
    case_id = government.accept()
    government.at(on(2, 11, 45))
    government.execute(DecideCase(case_id=case_id, outcome="granted"), REGISTRAR)
    (decided,) = government.told(CaseDecided)
    assert decided == CaseDecided(
        case_id=case_id,
        matter=REGISTRATION,
        one_thing_id=thing_id,
        organ=REGISTRAR.organ,
        applicant="p-1",
        outcome="granted",
        minutes=105,
        in_time=True,
        early=True,
        result={
            "name": FORM.name,
            "division": DIVISION,
            "industry": FORM.industry,
            "registered_capital": FORM.registered_capital,
            "legal_representative": "p-1",
            "address": FORM.address,
            "reservation_id": "n-1",
        },
    )


def test_a_refusal_needs_reasons(government: Government) -> None:
    government.submit()
    case_id = government.accept()
    with pytest.raises(RefusalNeedsReasons):
        government.execute(DecideCase(case_id=case_id, outcome="refused"), REGISTRAR)
    assert government.state_of(case_id) == "accepted"
    assert government.told(CaseDecided) == []


def test_for_a_case_that_does_not_exist_nobodys_data_is_read(government: Government) -> None:
    with pytest.raises(NotAllowed):
        government.execute(AcceptCase(case_id="c-none"), REGISTRAR)
    assert government.asked == []


# The one-thing


def test_a_one_thing_runs_from_the_form_to_its_end_without_a_visit_or_a_paper(
    government: Government,
) -> None:
    thing_id = government.submit()
    government.decide(REGISTRATION)
    government.settle()
    assert progress(government, thing_id)[REGISTRATION] == "decided"
    assert len(government.told(CaseSubmitted)) == 1

    government.register_enterprise(government.case_of(REGISTRATION))
    opened = government.told(CaseSubmitted)[1:]
    assert [(case.matter, case.organ) for case in opened] == [
        (code, f"{DIVISION}-{ITEMS[code].organ_kind}") for code in FOLLOWERS
    ]
    for code in FOLLOWERS:
        assert government.told(OneThingCompleted) == []
        government.at(on(2, 11 + FOLLOWERS.index(code)))
        government.decide(code)
        government.settle()

    for asked in government.asked[1:]:
        assert asked.subject == "e-1"
        assert asked.facts == facts_of(ITEMS[asked.matter].definition)
    for decided in government.told(CaseDecided)[1:]:
        assert decided.result == {"enterprise": "e-1"}
    (completed,) = government.told(OneThingCompleted)
    assert (completed.one_thing_id, completed.granted) == (thing_id, True)
    assert (completed.visits, completed.minutes) == (0, 6 * 60)
    state = government.execute(OneThingProgress(one_thing_id=thing_id), APPLICANT)
    assert state.state == "completed"
    assert {matter.outcome for matter in state.matters} == {"granted"}


def test_the_enterprise_may_be_known_before_the_decision_came_back(government: Government) -> None:
    thing_id = government.submit()
    government.decide(REGISTRATION)
    government.register_enterprise(government.case_of(REGISTRATION))
    assert len(government.told(CaseSubmitted)) == 7
    government.settle()
    assert len(government.told(CaseSubmitted)) == 7
    assert set(progress(government, thing_id).values()) == {"decided", "pending"}


def test_six_decisions_that_come_back_together_complete_the_one_thing_once(
    government: Government,
) -> None:
    government.submit()
    government.grant_registration()
    for code in FOLLOWERS:
        government.decide(code)
    government.settle()
    assert len(government.told(OneThingCompleted)) == 1


def test_an_enterprise_registered_without_a_case_starts_nothing(government: Government) -> None:
    government.submit()
    government.register_enterprise(None)
    assert len(government.told(CaseSubmitted)) == 1


def test_a_refused_registration_ends_the_one_thing_and_nothing_else_begins(
    government: Government,
) -> None:
    thing_id = government.submit()
    government.decide(REGISTRATION, "refused")
    government.settle()
    (decided,) = government.told(CaseDecided)
    assert decided.result == {}
    (ended,) = government.told(OneThingCompleted)
    assert not ended.granted
    assert progress(government, thing_id) == {
        REGISTRATION: "decided",
        **dict.fromkeys(FOLLOWERS, "cancelled"),
    }
    assert len(government.told(CaseSubmitted)) == 1


def test_a_withdrawn_registration_ends_the_one_thing(government: Government) -> None:
    thing_id = government.submit()
    withdrawal = WithdrawCase(case_id=government.case_of(REGISTRATION), reason="不办了")
    government.execute(withdrawal, APPLICANT)
    (withdrawn,) = government.told(CaseWithdrawn)
    assert (withdrawn.matter, withdrawn.one_thing_id) == (REGISTRATION, thing_id)
    government.settle()
    (ended,) = government.told(OneThingCompleted)
    assert not ended.granted
    with pytest.raises(CaseInWrongState):
        government.execute(withdrawal, APPLICANT)


def test_a_one_thing_with_a_refused_matter_fails_after_the_others_are_decided(
    government: Government,
) -> None:
    thing_id = government.submit()
    government.grant_registration()
    first, *others = FOLLOWERS
    government.decide(first, "refused")
    government.settle()
    assert government.told(OneThingCompleted) == []
    for code in others:
        government.decide(code)
    government.settle()
    (ended,) = government.told(OneThingCompleted)
    assert not ended.granted
    state = government.execute(OneThingProgress(one_thing_id=thing_id), APPLICANT)
    assert state.state == "failed"


# Rating and counting


def test_a_running_one_thing_cannot_be_rated(government: Government) -> None:
    thing_id = government.submit()
    with pytest.raises(NotFinishedYet):
        government.execute(RateOneThing(one_thing_id=thing_id, grade=5), APPLICANT)


def test_a_finished_one_thing_is_rated_once_and_a_low_grade_is_bad(government: Government) -> None:
    thing_id = government.submit()
    government.decide(REGISTRATION, "refused")
    government.settle()
    rating = RateOneThing(one_thing_id=thing_id, grade=2, comment="理由没说清楚")
    government.execute(rating, APPLICANT)
    assert government.told(ServiceRated) == [
        ServiceRated(
            rating_id=f"r-{thing_id}",
            of="one_thing",
            rated=thing_id,
            division=DIVISION,
            organ=f"{DIVISION}-data_resources",
            grade=2,
            bad=True,
            due=end_of(23),
        )
    ]
    with pytest.raises(AlreadyRated):
        government.execute(RateOneThing(one_thing_id=thing_id, grade=5), APPLICANT)


def test_the_leaf_measures_are_what_the_records_say(government: Government) -> None:
    thing_id = government.submit()
    government.at(on(2, 10, 30))
    government.grant_registration()
    government.at(on(2, 11))
    for code in FOLLOWERS:
        government.decide(code)
    government.settle()
    government.execute(RateOneThing(one_thing_id=thing_id, grade=4), APPLICANT)
    refused = government.submit(StartupForm(**{**FORM.__dict__, "reservation_id": "n-2"}))
    government.at(on(4, 0))
    government.decide(REGISTRATION, "refused")
    government.settle()
    government.execute(RateOneThing(one_thing_id=refused, grade=1), APPLICANT)
    government.settle()

    decided = government.rows(
        sa.select(Case.submitted_at, Case.closed_at).where(Case.state == "decided")
    )
    minutes = [int((row.closed_at - row.submitted_at).total_seconds() // 60) for row in decided]
    assert sorted(minutes) == [*[30] * 7, 37 * 60]
    measures = government.measures()
    of_cases = {name: one for name, one in measures.items() if not name.startswith("items_")}
    assert of_cases == {
        "cases_submitted": 8,
        "cases_online": 8,
        "cases_decided": 8,
        "cases_in_time": 8,
        "cases_early": 8,
        "case_minutes": sum(minutes),
        "one_things_completed": 1,
        "one_things_zero_visit": 1,
        "one_thing_minutes": 60,
        "ratings": 2,
        "ratings_bad": 1,
        "rating_grades": 5,
        "corrections_opened": 1,
    }
    (row,) = government.rows(
        sa.select(Measure.distribution).where(Measure.id == f"case_minutes/{DIVISION}/2026-03")
    )
    assert row.distribution == {"30": 7, str(as_kept(37 * 60)): 1}
