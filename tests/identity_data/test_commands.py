"""identity_data on a real database: what is ordered, asked and told, and who may."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jws

from services.identity_data import keys, load, passwords
from services.identity_data.domain import (
    CalendarGoesBack,
    CalendarNotSimulated,
    NameTaken,
    NameUnlawful,
    PersonAlreadyRegistered,
    ReservationNotUsable,
    ReservationState,
    SessionEnded,
    WrongCredentials,
    reservation_id_of,
)
from services.identity_data.domain.second_factor import code_at
from services.identity_data.keys import person_id
from services.identity_data.models import (
    Account,
    Division,
    Enterprise,
    Licence,
    Measure,
    NameReservation,
    Organ,
    Person,
    SignInSession,
)
from services.identity_data.service import IdentityData
from shared import loading
from shared.clocks import CHINA, machine_now
from shared.context import ANONYMOUS, Principal, service_principal
from shared.contracts import identity_data as published
from shared.contracts.digital_government import CaseDecided
from shared.contracts.identity_data import (
    CalendarMoved,
    CheckEnterpriseName,
    DataShared,
    DivisionsBelow,
    EnterpriseByCreditCode,
    EnterpriseNameReleased,
    EnterpriseNameReserved,
    EnterpriseRegistered,
    FetchSharedData,
    LicenceById,
    LicenceIssued,
    LicenceOfCase,
    LicencesOfPerson,
    MeasureChanged,
    MoveCalendar,
    OrganById,
    OrgansBelow,
    PersonById,
    PersonRegistered,
    ReadersOfMyData,
    RegisterPerson,
    ReleaseEnterpriseName,
    ReserveEnterpriseName,
    SessionOpened,
    SignIn,
    SigningKeyPublished,
    VerifyLicence,
)
from shared.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound, RequestIdReused
from shared.identifiers import credit_code_fault, resident_number_from
from shared.messaging.tables import AUDIT, INBOX, REQUEST, TIMER, TRUSTED_KEY
from shared.security.tokens import LIFETIME, TokenVerifier, make_key
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured, records_behind
from tests.identity_data.places import HANGZHOU, know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
NUMBER = resident_number_from("330103", date(1990, 5, 6), 997)
PERSON = person_id(NUMBER)
COUNTY = "330106"
HOME = "330106002"
NAME = "杭州市西湖区潮声软件有限公司"
RESERVATION = reservation_id_of(NAME)
PASSWORD = "tide-of-the-qiantang"

RESIDENT = Principal("resident", "resident", COUNTY, person=PERSON)
STRANGER = Principal("stranger", "resident", "330205", person="p-0123456789abcdef")
OFFICIAL = Principal(
    "official.market_regulation",
    "official",
    COUNTY,
    f"{COUNTY}-market_regulation",
    ("case_officer",),
)
OFFICIAL_ELSEWHERE = Principal("official.else", "official", "330205", "330205-market_regulation")
OPERATOR = Principal("operator", "operator", "33", "", ("operator",))
GOVERNMENT = service_principal("digital_government")
ECONOMY = service_principal("digital_economy")

REFERENCE = ("signing_keys", "calendar", "shared-data")


@pytest.fixture
def platform(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The service with its keys, the divisions down to the townships, and the organs."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name in REFERENCE]
    loading.load(harness.runtime, steps)
    know_places(harness, HANGZHOU, "330205", "330281", "339001")
    harness.settle()
    return harness


@pytest.fixture
def founder(platform: ServiceHarness) -> ServiceHarness:
    """The same with one registered person."""
    order = RegisterPerson(number=NUMBER, name="钱潮", division=HOME, phone="10070000001")
    platform.execute(order, OFFICIAL)
    return platform


@pytest.fixture
def account(platform: ServiceHarness) -> ServiceHarness:
    """The same with one account that can sign in."""
    row = {
        "password_hash": passwords.hashed(PASSWORD),
        "principal_id": "resident",
        "kind": "resident",
        "person": PERSON,
    }
    platform.act(lambda c: c.unit.add(Account(id="resident", division=COUNTY, **row)) and None)
    return platform


def reserve(harness: ServiceHarness, as_: Principal = RESIDENT, name: str = NAME) -> str:
    return harness.execute(ReserveEnterpriseName(name=name, division=COUNTY), as_).id


def decided(case_id: str = "case-1", **changes: Any) -> CaseDecided:
    values: dict[str, Any] = {
        "case_id": case_id,
        "matter": "enterprise_registration",
        "organ": f"{COUNTY}-market_regulation",
        "applicant": PERSON,
        "outcome": "granted",
        "minutes": 60,
        "in_time": True,
        "result": {
            "name": NAME,
            "division": COUNTY,
            "industry": "软件和信息技术服务业",
            "registered_capital": 100_000_000,
            "legal_representative": PERSON,
            "address": "文三路1号",
            "reservation_id": RESERVATION,
        },
    }
    return CaseDecided(**{**values, **changes})


def register_enterprise(harness: ServiceHarness) -> EnterpriseRegistered:
    reserve(harness)
    harness.deliver(decided())
    (event,) = harness.told(EnterpriseRegistered)
    assert isinstance(event, EnterpriseRegistered)
    return event


def count(harness: ServiceHarness, model: Any) -> int:
    table = model if isinstance(model, sa.Table) else model.__table__
    return int(harness.rows(sa.select(sa.func.count()).select_from(table))[0][0])


# Signing in


def test_signing_in_gives_a_token_that_every_service_can_check(account: ServiceHarness) -> None:
    issued = account.execute(SignIn(account="resident", password=PASSWORD), ANONYMOUS)
    verifier = TokenVerifier(account.runtime.keys, frozenset)
    assert verifier.principal_of(f"Bearer {issued.token}") == RESIDENT
    assert timedelta(0) < issued.expires_at - machine_now() <= LIFETIME
    (opened,) = account.told(SessionOpened)
    assert (opened.account, opened.expires_at) == ("resident", issued.expires_at)


@pytest.mark.parametrize("name", ["resident", "nobody"])
def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    account: ServiceHarness, name: str
) -> None:
    with pytest.raises(WrongCredentials) as refusal:
        account.execute(SignIn(account=name, password="wrong"), ANONYMOUS)
    assert isinstance(refusal.value, NotAuthenticated)
    assert refusal.value.sentences == {
        "zh": "账号、密码或动态口令不正确，或连续失败后须等待",
        "en": "account, password or code is wrong, or the account waits after failures",
    }
    assert account.told(SessionOpened) == []
    assert count(account, SignInSession) == 0


def test_an_unknown_account_costs_a_check_of_the_same_parameters() -> None:
    parameters = passwords.NOBODY.split("$")[:4]
    assert passwords.hashed("anything").split("$")[:4] == parameters
    assert not passwords.matches(passwords.NOBODY, "anything")


def test_a_stored_reply_holds_no_token(account: ServiceHarness) -> None:
    issued = account.execute(SignIn(account="resident", password=PASSWORD), ANONYMOUS)
    rows = account.rows(sa.select(REQUEST.c.reply).where(REQUEST.c.contract == "SignIn"))
    ((session,),) = account.rows(sa.select(SignInSession.id))
    assert [row.reply["token"] for row in rows] == [session]
    assert issued.token != session
    assert PASSWORD not in json.dumps([row.reply for row in rows])


def test_a_repeated_sign_in_opens_no_second_session(account: ServiceHarness) -> None:
    order = SignIn(account="resident", password=PASSWORD)
    first = account.execute(order, ANONYMOUS, request_id="again")
    second = account.execute(order, ANONYMOUS, request_id="again")
    assert first.expires_at == second.expires_at
    assert len(account.told(SessionOpened)) == count(account, SignInSession) == 1


def test_the_password_is_checked_also_before_a_repeated_answer(account: ServiceHarness) -> None:
    order = SignIn(account="resident", password=PASSWORD)
    account.execute(order, ANONYMOUS, request_id="again")
    changed = sa.update(Account).values(password_hash=passwords.hashed("another"))
    with account.runtime.engine.begin() as connection:
        connection.execute(changed)
    with pytest.raises(WrongCredentials):
        account.execute(order, ANONYMOUS, request_id="again")


def test_a_repeated_sign_in_does_not_outlive_its_session(account: ServiceHarness) -> None:
    order = SignIn(account="resident", password=PASSWORD)
    account.execute(order, ANONYMOUS, request_id="again")
    with account.runtime.engine.begin() as connection:
        connection.execute(sa.update(SignInSession).values(expires_at=machine_now()))
    with pytest.raises(SessionEnded):
        account.execute(order, ANONYMOUS, request_id="again")


def test_private_keys_are_readable_by_their_owner_only_and_in_no_row_or_event(
    platform: ServiceHarness, tmp_path: Path
) -> None:
    published_keys = platform.told(SigningKeyPublished)
    assert {event.purpose for event in published_keys} == {"token", "licence"}
    for event in published_keys:
        path = tmp_path / "secrets" / f"signing-{event.purpose}.jwk"
        assert path.stat().st_mode & 0o777 == 0o600
        assert "d" in json.loads(path.read_text())
        assert "d" not in event.jwk
    rows = platform.rows(sa.select(TRUSTED_KEY.c.jwk))
    assert len(rows) == 2
    assert all("d" not in row.jwk for row in rows)


# The calendar


def test_an_operator_moves_the_simulated_calendar_for_everybody(platform: ServiceHarness) -> None:
    later = MONDAY + timedelta(days=3)
    platform.execute(MoveCalendar(instant=later), OPERATOR)
    assert [event.instant for event in platform.told(CalendarMoved)] == [later]
    platform.settle()
    assert platform.runtime.calendar.now() == later
    with pytest.raises(CalendarGoesBack):
        platform.execute(MoveCalendar(instant=later - timedelta(seconds=1)), OPERATOR)
    assert len(platform.told(CalendarMoved)) == 1


def test_a_calendar_that_is_not_simulated_stays(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANTANG_SIMULATED_CALENDAR", "false")
    with pytest.raises(CalendarNotSimulated):
        platform.execute(MoveCalendar(instant=MONDAY + timedelta(days=1)), OPERATOR)
    assert platform.told(CalendarMoved) == []


@pytest.mark.parametrize("principal", [RESIDENT, OFFICIAL, GOVERNMENT])
def test_only_operators_move_the_calendar(platform: ServiceHarness, principal: Principal) -> None:
    with pytest.raises(NotAllowed):
        platform.execute(MoveCalendar(instant=MONDAY + timedelta(days=1)), principal)


# People


def test_a_person_is_registered_once(founder: ServiceHarness) -> None:
    order = RegisterPerson(number=NUMBER, name="钱潮", division=HOME)
    with pytest.raises(PersonAlreadyRegistered):
        founder.execute(order, OFFICIAL)
    assert founder.told(PersonRegistered) == [PersonRegistered(person_id=PERSON, division=HOME)]
    assert count(founder, Person) == 1


def test_an_abolished_district_in_the_number_warns_and_is_no_fault(
    founder: ServiceHarness,
) -> None:
    person = founder.execute(PersonById(person_id=PERSON), RESIDENT)
    assert (person.name, person.birth_date, person.number) == ("钱潮", date(1990, 5, 6), NUMBER)
    (warning,) = person.warnings
    assert "330103 was abolished on 2021-04-09" in warning


def test_nobody_is_registered_in_a_division_that_never_was(platform: ServiceHarness) -> None:
    province = Principal("registrar", "official", "33")
    with pytest.raises(InvalidInput) as refusal:
        platform.execute(RegisterPerson(number=NUMBER, name="钱潮", division="330199"), province)
    assert "division" in refusal.value.fields
    assert count(platform, Person) == 0


@pytest.mark.parametrize("principal", [RESIDENT, OFFICIAL_ELSEWHERE, OPERATOR, GOVERNMENT])
def test_only_officials_of_the_division_register_people(
    platform: ServiceHarness, principal: Principal
) -> None:
    with pytest.raises(NotAllowed):
        platform.execute(RegisterPerson(number=NUMBER, name="钱潮", division=HOME), principal)


def test_a_person_is_seen_by_itself_only_because_every_other_reading_is_in_the_ledger(
    founder: ServiceHarness,
) -> None:
    query = PersonById(person_id=PERSON)
    assert founder.execute(query, RESIDENT).person_id == PERSON
    for principal in (OFFICIAL, GOVERNMENT, STRANGER, OFFICIAL_ELSEWHERE, OPERATOR):
        with pytest.raises(NotAllowed):
            founder.execute(query, principal)
    with pytest.raises(NotAuthenticated):
        founder.execute(query, ANONYMOUS)


def test_who_may_not_see_a_person_does_not_learn_whether_there_is_one(
    founder: ServiceHarness,
) -> None:
    with pytest.raises(NotAllowed):
        founder.execute(PersonById(person_id="p-ffffffffffffffff"), STRANGER)
    with pytest.raises(NotAllowed):
        founder.execute(PersonById(person_id="p-ffffffffffffffff"), GOVERNMENT)


# Enterprise names


def test_a_reserved_name_is_kept_for_two_months_and_then_free_again(
    founder: ServiceHarness,
) -> None:
    assert reserve(founder) == RESERVATION
    last = date(2026, 5, 2)
    assert [event.until for event in founder.told(EnterpriseNameReserved)] == [last]
    with pytest.raises(NameTaken):
        reserve(founder, STRANGER)
    founder.at(datetime(2026, 5, 2, 23, 59, 59, tzinfo=CHINA))
    assert founder.told(EnterpriseNameReleased) == []
    founder.at(datetime(2026, 5, 3, tzinfo=CHINA))
    assert [event.name for event in founder.told(EnterpriseNameReleased)] == [NAME]
    assert reserve(founder, STRANGER) == RESERVATION
    assert len(founder.told(EnterpriseNameReserved)) == 2


@pytest.mark.parametrize("trade_name", ["潮声", "潮起", "潮平", "潮生"])
def test_of_many_who_reserve_a_name_at_once_one_gets_it(
    platform: ServiceHarness, trade_name: str
) -> None:
    name = f"杭州{trade_name}软件有限公司"
    outcomes: list[str] = []
    together = threading.Barrier(6)

    def try_it(person: int) -> None:
        principal = Principal(f"r{person}", "resident", COUNTY, person=f"p-{person:016}")
        together.wait()
        try:
            reserve(platform, principal, name)
            outcomes.append("reserved")
        except NameTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["reserved"] + ["taken"] * 5
    assert len(platform.told(EnterpriseNameReserved)) == 1
    assert platform.told(EnterpriseNameReleased) == []


def test_an_unlawful_name_is_refused_with_every_reason(founder: ServiceHarness) -> None:
    order = ReserveEnterpriseName(name="上城区中国潮声软件", division=COUNTY)
    with pytest.raises(NameUnlawful) as refusal:
        founder.execute(order, RESIDENT)
    for reason in ("begin with the name of its division", "end with its form", "中国"):
        assert reason in refusal.value.sentences["en"]
    assert count(founder, NameReservation) == 0


def test_checking_a_name_tells_what_reserving_it_would(founder: ServiceHarness) -> None:
    query = CheckEnterpriseName(name=NAME, division=COUNTY)
    assert founder.execute(query, STRANGER).available
    reserve(founder)
    answer = founder.execute(query, STRANGER)
    assert (answer.available, len(answer.reasons)) == (False, 1)
    other = CheckEnterpriseName(name="杭州市上城区潮声软件有限公司", division=COUNTY)
    assert founder.execute(other, STRANGER).reasons == ("上城区不是企业所在地",)
    with pytest.raises(NotAuthenticated):
        founder.execute(query, ANONYMOUS)


def test_a_county_is_not_elsewhere_for_a_code_it_had_before(founder: ServiceHarness) -> None:
    # Yuyao's code was 339001, right below the province, when the province administered it.
    query = CheckEnterpriseName(name="宁波市余姚市潮声软件有限公司", division="330281")
    assert founder.execute(query, STRANGER).available


def test_a_name_given_up_is_free_at_once_and_its_time_no_longer_runs(
    founder: ServiceHarness,
) -> None:
    order = ReleaseEnterpriseName(reservation_id=reserve(founder))
    with pytest.raises(NotAllowed):
        founder.execute(order, STRANGER)
    founder.execute(order, RESIDENT)
    assert len(founder.told(EnterpriseNameReleased)) == 1
    ((timer,),) = founder.rows(sa.select(TIMER.c.state))
    assert timer == "cancelled"
    with pytest.raises(ReservationNotUsable):
        founder.execute(order, RESIDENT)
    reserve(founder, STRANGER)


def test_the_name_of_an_enterprise_stays_taken(founder: ServiceHarness) -> None:
    register_enterprise(founder)
    founder.at(datetime(2027, 1, 1, tzinfo=CHINA))
    assert founder.told(EnterpriseNameReleased) == []
    with pytest.raises(NameTaken):
        reserve(founder, STRANGER)


def test_a_repeated_reservation_gets_the_first_answer(founder: ServiceHarness) -> None:
    order = ReserveEnterpriseName(name=NAME, division=COUNTY)
    first = founder.execute(order, RESIDENT, request_id="once")
    assert founder.execute(order, RESIDENT, request_id="once") == first
    other = ReserveEnterpriseName(name="杭州别家软件有限公司", division=COUNTY)
    with pytest.raises(RequestIdReused):
        founder.execute(other, RESIDENT, request_id="once")
    assert len(founder.told(EnterpriseNameReserved)) == 1


# Registration and licence


def test_a_granted_registration_makes_the_enterprise_and_its_licence(
    founder: ServiceHarness,
) -> None:
    event = register_enterprise(founder)
    assert credit_code_fault(event.credit_code) is None
    assert event.credit_code.startswith(f"91{COUNTY}")
    assert (event.case_id, event.established) == ("case-1", MONDAY.date())
    (issued,) = founder.told(LicenceIssued)
    assert (issued.licence_id, issued.holder) == ("l-case-1", event.enterprise_id)
    ((state,),) = founder.rows(sa.select(NameReservation.state))
    assert state == ReservationState.USED
    ((timer,),) = founder.rows(sa.select(TIMER.c.state))
    assert timer == "cancelled"
    licence = founder.execute(LicenceById(licence_id="l-case-1"), RESIDENT)
    assert licence.content == {
        "licence_id": "l-case-1",
        "kind": "business_licence",
        "title": "营业执照",
        "credit_code": event.credit_code,
        "name": NAME,
        "legal_representative": "钱潮",
        "registered_capital": 100_000_000,
        "established": "2026-03-02",
        "address": "文三路1号",
        "issuing_organ": "杭州市西湖区市场监督管理局",
        "issued_on": "2026-03-02",
    }


def test_the_public_facts_of_an_enterprise_are_found_by_its_credit_code(
    founder: ServiceHarness,
) -> None:
    event = register_enterprise(founder)
    query = EnterpriseByCreditCode(credit_code=event.credit_code)
    enterprise = founder.execute(query, STRANGER)
    assert isinstance(enterprise, published.Enterprise)
    assert (enterprise.enterprise_id, enterprise.name) == (event.enterprise_id, NAME)
    with pytest.raises(NotAuthenticated):
        founder.execute(query, ANONYMOUS)


@pytest.mark.parametrize(
    "changes", [{"outcome": "refused", "result": {}}, {"matter": "seal_engraving"}]
)
def test_no_other_decision_makes_an_enterprise(
    founder: ServiceHarness, changes: dict[str, Any]
) -> None:
    reserve(founder)
    founder.deliver(decided(**changes))
    assert founder.told(EnterpriseRegistered) == []
    ((state,),) = founder.rows(sa.select(INBOX.c.state).where(INBOX.c.type == "CaseDecided"))
    assert state == "done"


def test_a_decision_delivered_twice_registers_once(founder: ServiceHarness) -> None:
    reserve(founder)
    founder.deliver(decided(), event_id="the-event")
    founder.deliver(decided(), event_id="the-event")
    assert count(founder, Enterprise) == count(founder, Licence) == 1
    assert len(founder.told(LicenceIssued)) == 1


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"reservation_id": "n-0123456789abcdef"}, "NotFound"),
        ({"name": "杭州别家软件有限公司"}, "another name"),
        ({"legal_representative": "p-ffffffffffffffff"}, "NotFound"),
        ({"registered_capital": "much"}, "registered_capital"),
    ],
)
def test_a_grant_that_cannot_be_registered_ends_as_a_visible_dead_letter(
    founder: ServiceHarness, result: dict[str, Any], reason: str
) -> None:
    reserve(founder)
    event = decided()
    founder.deliver(decided(result={**event.result, **result}))
    for _ in range(10):
        founder.make_retries_due()
        founder.take()
    (row,) = founder.rows(
        sa.select(INBOX.c.state, INBOX.c.reason).where(INBOX.c.type == "CaseDecided")
    )
    assert row.state == "dead"
    assert reason in row.reason
    assert founder.told(EnterpriseRegistered) == founder.told(LicenceIssued) == []
    assert count(founder, Enterprise) == count(founder, Licence) == 0


def test_anothers_reservation_serves_no_registration(founder: ServiceHarness) -> None:
    reserve(founder, STRANGER)
    founder.deliver(decided())
    (row,) = founder.rows(
        sa.select(INBOX.c.state, INBOX.c.reason).where(INBOX.c.type == "CaseDecided")
    )
    assert row.state == "retrying"
    assert "somebody else" in row.reason
    assert count(founder, Enterprise) == 0


def test_a_licence_is_seen_by_its_holders_person_and_officials_only(
    founder: ServiceHarness,
) -> None:
    register_enterprise(founder)
    for principal in (RESIDENT, OFFICIAL, GOVERNMENT):
        founder.execute(LicenceById(licence_id="l-case-1"), principal)
    for principal in (STRANGER, OFFICIAL_ELSEWHERE, OPERATOR):
        with pytest.raises(NotAllowed):
            founder.execute(LicenceById(licence_id="l-case-1"), principal)


def test_the_licence_of_a_case_is_found_for_its_owner_alone(founder: ServiceHarness) -> None:
    register_enterprise(founder)
    own = LicenceOfCase(case_id="case-1", owner=PERSON)
    assert founder.execute(own, RESIDENT).licence_id == "l-case-1"
    assert founder.execute(LicenceOfCase(case_id="case-1"), GOVERNMENT).licence_id == "l-case-1"
    with pytest.raises(NotAllowed):
        founder.execute(own, STRANGER)
    with pytest.raises(NotAllowed):
        founder.execute(LicenceOfCase(case_id="case-1"), STRANGER)
    with pytest.raises(NotFound):
        founder.execute(LicenceOfCase(case_id="case-1", owner=STRANGER.person), STRANGER)


def test_a_person_finds_its_own_licences_and_no_other(founder: ServiceHarness) -> None:
    assert founder.execute(LicencesOfPerson(owner=PERSON), RESIDENT).licences == ()
    register_enterprise(founder)
    (licence,) = founder.execute(LicencesOfPerson(owner=PERSON), RESIDENT).licences
    assert (licence.licence_id, licence.state) == ("l-case-1", "in_force")
    with pytest.raises(NotAllowed):
        founder.execute(LicencesOfPerson(owner=PERSON), STRANGER)


def test_who_read_a_licence_and_for_whom_is_audited(founder: ServiceHarness) -> None:
    register_enterprise(founder)
    # The licence is not named by the question, and is by the audit.
    founder.execute(LicenceOfCase(case_id="case-1", owner=PERSON), RESIDENT)
    founder.execute(LicenceOfCase(case_id="case-1", owner=PERSON), GOVERNMENT)
    founder.execute(LicenceById(licence_id="l-case-1"), OFFICIAL)
    with pytest.raises(NotFound):
        founder.execute(LicenceOfCase(case_id="case-2", owner=PERSON), RESIDENT)
    read = sa.select(AUDIT.c.act, AUDIT.c.actor, AUDIT.c.on_behalf_of, AUDIT.c.division)
    rows = founder.rows(
        read.where(AUDIT.c.aggregate == "Licence", AUDIT.c.aggregate_id == "l-case-1")
        .where(AUDIT.c.act.like("Licence%"))
        .order_by(AUDIT.c.sequence)
    )
    assert [tuple(row) for row in rows] == [
        ("LicenceOfCase", RESIDENT.id, "", RESIDENT.division),
        ("LicenceOfCase", GOVERNMENT.id, PERSON, GOVERNMENT.division),
        ("LicenceById", OFFICIAL.id, "", COUNTY),
    ]


def test_anybody_can_verify_a_licence(founder: ServiceHarness) -> None:
    register_enterprise(founder)
    licence = founder.execute(LicenceById(licence_id="l-case-1"), RESIDENT)
    verdict = founder.execute(VerifyLicence(signed=licence.signed), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.reason) == (True, True, "")
    assert verdict.content == licence.content


def test_a_licence_that_was_altered_or_signed_by_another_is_not_genuine(
    founder: ServiceHarness,
) -> None:
    register_enterprise(founder)
    licence = founder.execute(LicenceById(licence_id="l-case-1"), RESIDENT)
    header, payload, signature = licence.signed.split(".")
    genuine = keys.signing_key("licence")
    token_key = keys.signing_key("token")
    stolen_id = make_key(str(genuine.kid))

    def signed(key: Any, **header: str) -> str:
        protected = {"alg": "Ed25519", **header}
        return jws.serialize_compact(protected, b"{}", key, algorithms=["Ed25519"])

    forged = [
        f"{header}.{payload[:-8]}AAAAAAAA.{signature}",
        f"{header}.{payload}.{'A' * len(signature)}",
        f"{header}.{payload}.",
        "not a licence",
        "一.二.三",
        signed(stolen_id, kid=str(genuine.kid), typ="licence+jws"),
        signed(token_key, kid=str(token_key.kid), typ="licence+jws"),
        signed(genuine, kid=str(genuine.kid), typ="JWT"),
        signed(genuine, typ="licence+jws"),
    ]
    for text in forged:
        verdict = founder.execute(VerifyLicence(signed=text), ANONYMOUS)
        assert (verdict.genuine, verdict.in_force, verdict.content) == (False, False, {}), text
        assert "the signature is not valid" in verdict.reason


# Sharing data


def fetch(
    subject: str,
    *facts: str,
    matter: str = "enterprise_registration",
    purpose: str = "办理企业设立登记",
) -> FetchSharedData:
    return FetchSharedData(
        subject=subject,
        facts=facts,  # type: ignore[arg-type]
        purpose=purpose,
        matter=matter,
        case_id="case-1",
    )


def test_shared_facts_come_with_their_source_and_leave_a_reading(founder: ServiceHarness) -> None:
    order = fetch(PERSON, "person.name", "person.birth_date", "person.name")
    shared = founder.execute(order, GOVERNMENT)
    assert [(fact.name, fact.value) for fact in shared.facts] == [
        ("person.name", "钱潮"),
        ("person.birth_date", "1990-05-06"),
    ]
    assert all("population register" in fact.source for fact in shared.facts)
    (event,) = founder.told(DataShared)
    assert event.facts == ("person.name", "person.birth_date")
    assert event.reader == "service:digital_government"
    assert "钱潮" not in json.dumps(event.dump(), ensure_ascii=False)
    (entry,) = founder.execute(ReadersOfMyData(owner=PERSON), RESIDENT).entries
    assert (entry.ledger_id, entry.reader) == (shared.ledger_id, event.reader)
    assert (entry.purpose, entry.matter, entry.at) == (
        "办理企业设立登记",
        "enterprise_registration",
        MONDAY,
    )
    assert (entry.reader_name, entry.labels) == (
        "浙江政务服务平台（数字政府）",
        ("姓名", "出生日期"),
    )
    assert entry.legal_basis.startswith("《中华人民共和国市场主体登记管理条例》")
    assert entry.grant_id == shared.grant_id == event.grant_id


def test_a_reading_of_an_enterprise_is_seen_by_its_legal_representative(
    founder: ServiceHarness,
) -> None:
    event = register_enterprise(founder)
    order = fetch(
        event.enterprise_id,
        "enterprise.legal_representative",
        "enterprise.registered_capital",
        matter="bank_appointment",
        purpose="办理银行开户预约",
    )
    shared = founder.execute(order, GOVERNMENT)
    assert [fact.value for fact in shared.facts] == ["钱潮", "100000000"]
    (entry,) = founder.execute(ReadersOfMyData(owner=PERSON), RESIDENT).entries
    assert entry.ledger_id == shared.ledger_id


@pytest.mark.parametrize("principal", [RESIDENT, OFFICIAL, OPERATOR])
def test_only_services_and_systems_fetch_shared_data(
    founder: ServiceHarness, principal: Principal
) -> None:
    with pytest.raises(NotAllowed):
        founder.execute(fetch(PERSON, "person.name"), principal)


def test_nobody_reads_the_readers_of_anothers_data(founder: ServiceHarness) -> None:
    for principal in (STRANGER, OFFICIAL, OPERATOR, GOVERNMENT):
        with pytest.raises(NotAllowed):
            founder.execute(ReadersOfMyData(owner=PERSON), principal)


def test_the_newest_reading_comes_first(founder: ServiceHarness) -> None:
    first = founder.execute(fetch(PERSON, "person.name"), GOVERNMENT)
    founder.at(MONDAY + timedelta(hours=1))
    second = founder.execute(fetch(PERSON, "person.name"), GOVERNMENT)
    ledger = founder.execute(ReadersOfMyData(owner=PERSON), RESIDENT)
    assert [one.ledger_id for one in ledger.entries] == [second.ledger_id, first.ledger_id]


# Divisions and organs


def test_the_counties_of_a_city_are_those_of_the_day(platform: ServiceHarness) -> None:
    def counties(day: date | None) -> set[str]:
        listed = platform.execute(DivisionsBelow(code="3301", as_of=day), ANONYMOUS).divisions
        assert listed[0].code == "3301"
        return {division.code for division in listed[1:]}

    before, after = counties(date(2021, 4, 8)), counties(None)
    assert before - after == {"330103", "330104"}
    assert after - before == {"330113", "330114"}


def test_an_abolished_division_is_still_known_with_its_successors(
    platform: ServiceHarness,
) -> None:
    (division,) = platform.execute(DivisionsBelow(code="330103"), ANONYMOUS).divisions
    assert (division.valid_to, division.successors) == (date(2021, 4, 9), ("330105",))
    with pytest.raises(NotFound):
        platform.execute(DivisionsBelow(code="330199"), ANONYMOUS)


def test_an_organ_is_known_with_its_superior(platform: ServiceHarness) -> None:
    organ = platform.execute(OrganById(organ_id="330106-taxation"), ANONYMOUS)
    assert organ.name == "国家税务总局杭州市西湖区税务局"
    assert (organ.division, organ.parent) == (COUNTY, "3301-taxation")
    with pytest.raises(NotFound):
        platform.execute(OrganById(organ_id="330106-weather"), ANONYMOUS)


def test_the_organs_below_one_are_its_own_and_of_one_type_if_asked(
    platform: ServiceHarness,
) -> None:
    def below(organ: str, **terms: Any) -> list[tuple[str, str]]:
        found = platform.execute(OrgansBelow(organ_id=organ, **terms), ANONYMOUS).organs
        assert found[0].organ_id == organ
        return [(one.name, str(one.type)) for one in found[1:]]

    assert ("中共杭州市西湖区委", "party") in below("3301-party_committee")
    assert len(below("3301-party_committee")) == 13
    government = below("330106-government")
    assert ("杭州市西湖区市场监督管理局", "department") in government
    assert ("北山街道办事处", "government") in government
    assert {kind for _, kind in below("330106-government", type="department")} == {"department"}
    assert below("330106-court") == []
    with pytest.raises(NotFound):
        platform.execute(OrgansBelow(organ_id="330106-weather"), ANONYMOUS)


# Measures


def test_enterprises_and_readings_are_counted_as_near_as_they_are_known(
    founder: ServiceHarness,
) -> None:
    register_enterprise(founder)
    founder.execute(fetch(PERSON, "person.name"), GOVERNMENT)
    founder.execute(fetch(PERSON, "person.name"), GOVERNMENT)
    founder.settle()
    founder.settle()
    values = founder.rows(sa.select(Measure.measure, Measure.division, Measure.value))
    assert {tuple(row) for row in values} == {
        ("enterprises_registered", COUNTY, 1),
        ("data_shared", HOME, 2),
    }
    newest = {event.measure: event.value for event in founder.told(MeasureChanged)}
    assert newest == {"enterprises_registered": 1, "data_shared": 2}
    assert counted(founder) == measured(founder, Measure)


def test_a_figure_leads_to_enterprises_and_withholds_whose_data_were_read(
    founder: ServiceHarness,
) -> None:
    registered = register_enterprise(founder)
    founder.execute(fetch(PERSON, "person.name"), GOVERNMENT)
    founder.settle()
    leader = Principal("leader", "official", "33", "33-government", ("leader",))
    month = f"{MONDAY:%Y-%m}"
    seen, _ = records_behind(founder, leader, "enterprises_registered", "33", month)
    assert [(one.kind, one.id) for one in seen] == [("Enterprise", registered.enterprise_id)]
    # Who read whose data is for the person alone, be it a leader of the province who asks.
    assert records_behind(founder, leader, "data_shared", "33", month) == ([], 1)
    own = Principal("own", "official", "33", "33-government", ("leader",), person=PERSON)
    (reading,), withheld = records_behind(founder, own, "data_shared", "33", month)
    (ledger_id,) = [one.ledger_id for one in founder.told(DataShared)]
    assert (reading.kind, reading.id, withheld) == ("SharedData", ledger_id, 0)
    assert PERSON not in str(reading)


# Reference data


def test_all_reference_data_load_once_and_let_every_account_in(
    make_service: Callable[..., ServiceHarness], tmp_path: Path
) -> None:
    harness = make_service(IdentityData)
    settings = harness.runtime.settings
    steps = list(load.steps(settings))
    assert loading.load(harness.runtime, steps) == sum(step.size for step in steps)
    assert loading.load(harness.runtime, load.steps(settings)) == 0
    in_force = sa.select(Division.level, sa.func.count()).where(Division.valid_to.is_(None))
    rows = harness.rows(in_force.group_by(Division.level).order_by(Division.level))
    assert [row[1] for row in rows] == [1, 11, 90, 1_387, 25_547]
    assert count(harness, Organ) == 102 * 21 + 1_387 + 1_364
    assert count(harness, Person) == len(harness.told(PersonRegistered)) == 1_000
    assert count(harness, Enterprise) == len(harness.told(EnterpriseRegistered)) == 200
    harness.settle()
    measured = harness.rows(sa.select(sa.func.sum(Measure.value)))
    assert measured[0][0] == 200
    verifier = TokenVerifier(harness.runtime.keys, frozenset)
    for account in (*load.demo_accounts(), *load.system_accounts()):
        password = settings.secret_of(account.secret)
        assert (tmp_path / "secrets" / account.secret).stat().st_mode & 0o777 == 0o600
        secret = settings.secret_of(account.factor) if account.factor else ""
        code = code_at(secret, machine_now()) if secret else None
        order = SignIn(account=account.name, password=password, code=code)
        caller = verifier.principal_of(f"Bearer {harness.execute(order, ANONYMOUS).token}")
        expected = account.principal
        assert caller == (replace(expected, assurance=2) if secret else expected)


def test_the_demo_accounts_are_residents_of_two_counties_officials_and_all_services() -> None:
    accounts = {account.name: account.principal for account in load.demo_accounts()}
    assert len(accounts) == 2 + 14 + 5 + 26 + 7
    assert accounts["resident"].division != accounts["stranger"].division
    assert accounts["official.taxation"].organ == "330106-taxation"
    assert accounts["leader"].roles == ("leader",)
    assert accounts["operator"].kind == "operator"
    assert accounts["service.digital_government"] == GOVERNMENT


def test_every_registered_system_has_an_account_of_its_own_kind() -> None:
    account, exchange = load.system_accounts()
    assert exchange.principal.roles == ("document_exchange",)
    assert account.name == "system.hangzhou_one_window"
    assert account.principal.id == "system:hangzhou_one_window"
    assert (account.principal.kind, account.principal.roles) == ("system", ("one_window",))
    assert account.principal.division == "3301"
    assert account.secret == "hangzhou_one_window"


def test_a_secret_is_made_once_however_many_ask_for_it(
    make_service: Callable[..., ServiceHarness],
) -> None:
    settings = make_service(IdentityData).runtime.settings
    assert keys.secret_file(settings, "account-x", lambda: "first") == "first"
    assert keys.secret_file(settings, "account-x", lambda: "second") == "first"
    assert [path.name for path in (settings.state / "secrets").iterdir()] == ["account-x"]
