"""The rules of identity_data, without a database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity_data.domain import (
    CalendarGoesBack,
    CalendarNotSimulated,
    FactNotOfSubject,
    NameTaken,
    ReservationNotUsable,
    ReservationState,
    credit_code_of_case,
    name_faults,
    number_warnings,
    require_facts_of,
    reservation_id_of,
    two_months_after,
)
from services.identity_data.keys import person_id
from services.identity_data.models import Calendar, NameReservation, Person
from shared.clocks import CHINA
from shared.contracts.identity_data import (
    EnterpriseNameReleased,
    EnterpriseNameReserved,
    PersonRegistered,
)
from shared.identifiers import credit_code_fault, resident_number_from

NAMES = {
    "33": "浙江省",
    "3301": "杭州市",
    "330102": "上城区",
    "330106": "西湖区",
    "330122": "桐庐县",
}
MARCH = date(2026, 3, 2)


def english_faults(name: str, division: str = "330106") -> list[str]:
    return [fault.en for fault in name_faults(name, division, NAMES)]


# Enterprise names


@pytest.mark.parametrize(
    "name",
    [
        "杭州市西湖区潮声软件有限公司",
        "杭州潮声软件有限公司",
        "杭州市潮声软件有限责任公司",
        "浙江潮声软件股份有限公司",
        "浙江省潮声软件有限公司",
    ],
)
def test_a_name_may_begin_with_its_county_city_or_province(name: str) -> None:
    assert english_faults(name) == []


def test_a_county_gives_its_name_alone_and_without_its_kind() -> None:
    assert english_faults("桐庐县潮声软件有限公司", "330122") == []
    assert english_faults("桐庐潮声软件有限公司", "330122") == []


def test_a_name_in_a_township_begins_like_one_in_its_county() -> None:
    assert english_faults("杭州市西湖区潮声软件有限公司", "330106002") == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("西湖区潮声软件有限公司", "it must begin with the name of its division"),
        ("上海潮声软件有限公司", "it must begin with the name of its division"),
        ("杭州市上城区潮声软件有限公司", "上城区 is not where the enterprise is"),
        ("杭州潮声软件", "it must end with its form, such as 有限公司"),
        ("杭州市西湖区潮有限公司", "the trade name needs two characters or more"),
        ("杭州市西湖区有限公司", "the trade name needs two characters or more"),
        ("杭州Tide软件有限公司", "it must be written in Chinese characters"),
        ("杭州中国潮软件有限公司", "it contains 中国"),
        ("杭州人民政府软件有限公司", "it contains 人民政府"),
    ],
)
def test_an_unlawful_name_is_told_why(name: str, fault: str) -> None:
    assert english_faults(name) == [fault]


def test_all_faults_of_a_name_are_told_at_once() -> None:
    assert len(name_faults("Tide 中国", "330106", NAMES)) == 4


@given(st.text(max_size=60))
def test_any_text_can_be_judged_as_a_name(name: str) -> None:
    for fault in name_faults(name, "330106", NAMES):
        assert fault.zh
        assert fault.en


# Reservations


def a_reservation(state: ReservationState = ReservationState.RELEASED) -> NameReservation:
    name = "杭州潮声软件有限公司"
    return NameReservation(
        id=reservation_id_of(name), name=name, owner="p-1", state=state, until=date(2026, 5, 2)
    )


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 3, 2), date(2026, 5, 2)),
        (date(2025, 12, 31), date(2026, 2, 28)),
        (date(2027, 12, 30), date(2028, 2, 29)),
        (date(2026, 11, 15), date(2027, 1, 15)),
    ],
)
def test_a_name_is_kept_until_the_same_day_two_months_on_or_that_months_last(
    day: date, last: date
) -> None:
    assert two_months_after(day) == last


def test_a_reserved_name_holds_through_its_last_day_and_not_beyond() -> None:
    reservation = a_reservation(ReservationState.RESERVED)
    assert reservation.holds_on(reservation.until)
    assert not reservation.holds_on(reservation.until + timedelta(days=1))


def test_a_used_name_is_never_free_again_and_a_released_one_is() -> None:
    assert a_reservation(ReservationState.USED).holds_on(date(2099, 1, 1))
    assert not a_reservation(ReservationState.RELEASED).holds_on(MARCH)


def test_reserving_after_an_expired_reservation_first_tells_that_it_ended() -> None:
    reservation = a_reservation(ReservationState.RESERVED)
    reservation.reserve("p-2", "330106", date(2026, 6, 1))
    told = [(type(event), subject) for event, subject in reservation.take_told()]
    assert told == [(EnterpriseNameReleased, "p-1"), (EnterpriseNameReserved, "p-2")]
    assert (reservation.owner, reservation.until) == ("p-2", date(2026, 8, 1))


def test_a_name_that_is_held_cannot_be_reserved_by_anybody() -> None:
    for state in (ReservationState.RESERVED, ReservationState.USED):
        reservation = a_reservation(state)
        with pytest.raises(NameTaken):
            reservation.reserve("p-2", "330106", MARCH)
        assert (reservation.owner, reservation.take_told()) == ("p-1", [])


def test_only_its_holder_uses_a_reservation_and_only_once() -> None:
    reservation = a_reservation(ReservationState.RESERVED)
    with pytest.raises(ReservationNotUsable, match="somebody else"):
        reservation.use(reservation.name, {"p-2"})
    with pytest.raises(ReservationNotUsable, match="another name"):
        reservation.use("杭州别家软件有限公司", {"p-1"})
    reservation.use(reservation.name, {"p-1"})
    with pytest.raises(ReservationNotUsable, match="used or released"):
        reservation.use(reservation.name, {"p-1"})


# Credit codes and people


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=32), st.integers(0, 20))
def test_every_case_gives_a_valid_credit_code_the_same_each_time(case: str, attempt: int) -> None:
    code = credit_code_of_case(case, "330106002", attempt)
    assert credit_code_fault(code) is None
    assert code.startswith("91330106")
    assert code == credit_code_of_case(case, "330106002", attempt)


def test_another_attempt_gives_another_credit_code() -> None:
    codes = {credit_code_of_case("case-1", "330106", attempt) for attempt in range(8)}
    assert len(codes) == 8


def test_a_registered_person_is_told_without_number_and_name() -> None:
    number = resident_number_from("330106", date(1990, 5, 6), 997)
    person = Person.registered(number, "钱潮", "330106002001", None)
    ((event, subject),) = person.take_told()
    assert event == PersonRegistered(person_id=person_id(number), division="330106002001")
    assert subject == person.owner == person.id
    assert number not in str(event.dump())
    assert person.birth_date == date(1990, 5, 6)


@pytest.mark.parametrize(
    ("district", "registered", "words"),
    [
        ("330106", ("西湖区", None), None),
        ("330103", ("下城区", date(2021, 4, 9)), "abolished on 2021-04-09"),
        ("330199", None, "unknown"),
        ("310101", None, None),
    ],
)
def test_a_strange_district_code_warns_and_no_more(
    district: str, registered: tuple[str, date | None] | None, words: str | None
) -> None:
    number = resident_number_from(district, date(1990, 5, 6), 997)
    warnings = number_warnings(number, registered, MARCH)
    assert [words in warning for warning in warnings] == ([True] if words else [])


def test_before_its_end_a_district_gives_no_warning() -> None:
    number = resident_number_from("330103", date(1990, 5, 6), 997)
    assert number_warnings(number, ("下城区", date(2021, 4, 9)), date(2021, 4, 8)) == ()


# Sharing data


def test_facts_of_an_enterprise_are_not_asked_of_a_person() -> None:
    require_facts_of("p-1", ["person.name"])
    require_facts_of("e-1", ["enterprise.name"])
    with pytest.raises(FactNotOfSubject):
        require_facts_of("p-1", ["enterprise.name"])
    with pytest.raises(FactNotOfSubject):
        require_facts_of("e-1", ["person.name"])


# The calendar


def test_a_simulated_calendar_moves_forward_only() -> None:
    calendar = Calendar(id="calendar")
    noon = datetime(2026, 3, 2, 12, tzinfo=CHINA)
    calendar.move(noon, simulated=True)
    calendar.move(noon, simulated=True)
    with pytest.raises(CalendarGoesBack):
        calendar.move(noon - timedelta(seconds=1), simulated=True)
    assert calendar.instant == noon


def test_a_calendar_that_is_not_simulated_cannot_be_moved() -> None:
    calendar = Calendar(id="calendar")
    with pytest.raises(CalendarNotSimulated):
        calendar.move(datetime(2026, 3, 2, tzinfo=CHINA), simulated=False)
    assert calendar.take_told() == []
