"""Alerts from events, and the orders by which supervisors have things put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.party_government.domain.alerts import AlertInWrongState, UnfitTerms
from services.party_government.domain.rectification import (
    AlertElsewhere,
    AnswersForOneself,
    NotTheIssuer,
    OrderAboutNothing,
    OrderInWrongState,
    OrganElsewhere,
)
from services.party_government.models import CaseTally, KnownOrgan, SupervisionAlert
from services.party_government.service import PartyGovernment
from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.base import Event
from shared.contracts.digital_government import (
    CaseAccepted,
    CaseDecided,
    CaseOverdue,
    CasePassedOn,
    CaseSubmitted,
)
from shared.contracts.identity_data import DataShared
from shared.contracts.party_government import (
    AcceptRectification,
    Alert,
    AlertRaised,
    AlertRulesInForce,
    AnswerOrder,
    DismissAlert,
    OpenAlerts,
    OrderAnswered,
    OrderRectification,
    OrdersOfOrgan,
    RectificationEscalated,
    RectificationOrder,
    ReopenAlert,
    ReturnRectification,
    TuneAlertRule,
    WithdrawRectification,
)
from shared.errors import NotAllowed
from shared.messaging.envelope import Envelope
from shared.messaging.tables import AUDIT
from shared.testing.harness import ServiceHarness

MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)
COUNTY = "330106"
ORGAN = f"{COUNTY}-market_regulation"
SUPERVISOR = Principal("supervisor", "official", "33", "33-supervision", ("supervisor",))
OF_CITY = Principal("supervisor.city", "official", "3301", "3301-supervision", ("supervisor",))
OFFICIAL = Principal("officer", "official", COUNTY, ORGAN, ("case_officer",))
COLLEAGUE = replace(OFFICIAL, id="colleague")


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(PartyGovernment)
    made.at(MONDAY)
    made.act(
        lambda context: (
            context.unit.add(KnownOrgan(id=ORGAN, division=COUNTY, parent=f"{COUNTY}-government"))
            and None
        )
    )
    return made


# Events as their services tell them

DUE = MONDAY + timedelta(days=3)


def envelope(
    harness: ServiceHarness, event: Event, by: str, sequence: int = 1, at: datetime = MONDAY
) -> Envelope:
    made = harness.envelope(event, division=COUNTY, sequence=sequence, scenario="scenario-1")
    return replace(made, actorid=by, time=at.isoformat())


def submitted(case: str, matter: str = "seal_filing") -> CaseSubmitted:
    return CaseSubmitted(case_id=case, matter=matter, organ=ORGAN, applicant="p-1")


def accepted(case: str) -> CaseAccepted:
    return CaseAccepted(case_id=case, due=DUE, provisional=False, facts_shared=1)


def decided(case: str, outcome: str = "granted", minutes: int = 300) -> CaseDecided:
    return CaseDecided(
        case_id=case,
        matter="seal_filing",
        organ=ORGAN,
        applicant="p-1",
        outcome=outcome,  # type: ignore[arg-type]
        minutes=minutes,
        in_time=True,
    )


def case(
    harness: ServiceHarness, name: str, accepting: str, deciding: str, **of: Any
) -> list[Envelope]:
    return [
        envelope(harness, submitted(name), "resident"),
        envelope(harness, accepted(name), accepting, 2),
        envelope(harness, decided(name, **of), deciding, 3),
    ]


def take(harness: ServiceHarness, *envelopes: Envelope) -> None:
    harness.receive(*envelopes)
    harness.make_retries_due()
    harness.take()


def alerts_of(harness: ServiceHarness, by: Principal = SUPERVISOR) -> list[Alert]:
    return list(harness.execute(OpenAlerts(division=by.division), by).alerts)


# Alerts


def test_a_case_that_one_official_accepted_and_decided_raises_an_alert(
    harness: ServiceHarness,
) -> None:
    take(harness, *case(harness, "c-1", "officer", "officer"))
    take(harness, *case(harness, "c-2", "officer", "colleague"))
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.subject, alert.official) == ("same_hand", "Case/c-1", "officer")
    assert (alert.organ, alert.scenario, alert.state) == (ORGAN, "scenario-1", "open")
    assert alert.why_zh == "同一人员于 2026-03-02 受理并于 2026-03-02 作出决定"
    assert [told.alert_id for told in harness.told(AlertRaised)] == [alert.alert_id]


def test_acceptance_that_comes_late_is_waited_for_and_no_step_was_jumped(
    harness: ServiceHarness,
) -> None:
    first, second, third = case(harness, "c-1", "officer", "colleague")
    take(harness, third, first)
    assert alerts_of(harness) == []
    take(harness, second)
    assert alerts_of(harness) == []
    assert harness.rows(sa.select(CaseTally.cases)) == [(1,)]


def test_a_case_decided_without_acceptance_raises_an_alert(harness: ServiceHarness) -> None:
    take(
        harness,
        envelope(harness, submitted("c-1"), "resident"),
        envelope(harness, decided("c-1"), "officer", 2),
    )
    assert [alert.rule for alert in alerts_of(harness)] == ["jumped_step"]


def test_an_overdue_case_raises_one_alert_where_its_case_has_moved_to(
    harness: ServiceHarness,
) -> None:
    moved = CasePassedOn(
        id="c-1",
        from_division=COUNTY,
        division="330110",
        from_organ=ORGAN,
        organ="330110-market_regulation",
    )
    overdue = CaseOverdue(case_id="c-1", organ="330110-market_regulation", due=DUE)
    take(
        harness,
        envelope(harness, submitted("c-1"), "resident"),
        envelope(harness, accepted("c-1"), "officer", 2),
        envelope(harness, moved, "service:digital_government", 3),
        envelope(harness, overdue, "service:digital_government", 4),
    )
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.division, alert.official) == ("overdue", "330110", "officer")


def test_what_is_found_again_is_one_alert_counted_twice(harness: ServiceHarness) -> None:
    take(
        harness,
        envelope(harness, submitted("c-1"), "resident"),
        envelope(harness, accepted("c-1"), "officer", 2),
        envelope(harness, CaseOverdue(case_id="c-1", organ=ORGAN, due=DUE), "system", 3),
        envelope(harness, CaseOverdue(case_id="c-1", organ=ORGAN, due=DUE), "system", 4),
    )
    (alert,) = alerts_of(harness)
    assert alert.times == 2
    assert len(harness.told(AlertRaised)) == 1


def test_an_official_who_refuses_far_more_than_others_raises_an_alert(
    harness: ServiceHarness,
) -> None:
    for number in range(110):
        official = f"peer-{number % 5}"
        outcome = "refused" if number % 20 == 0 else "granted"
        take(harness, *case(harness, f"p-{number}", "window", official, outcome=outcome))
    assert alerts_of(harness) == []
    for number in range(30):
        outcome = "refused" if number % 2 else "granted"
        take(harness, *case(harness, f"c-{number}", "window", "officer", outcome=outcome))
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.official) == ("refusal_rate", "officer")
    assert "办结 30 件，其中不予许可 15 件（50%），同事项其他人员为 5%" in alert.why_zh


def reading(
    harness: ServiceHarness,
    number: int,
    *,
    reader: str = "service:digital_government",
    official: str | None = None,
    at: datetime = MONDAY,
) -> Envelope:
    event = DataShared(
        ledger_id=f"ledger-{reader.replace(':', '.')}-{official}-{at:%d%H}-{number}",
        subject=f"p-{number}",
        facts=("person.name",),
        purpose="办理公章刻制备案",
        matter="seal_filing",
        reader=reader,
        official=official,
    )
    return envelope(harness, event, reader, at=at)


def test_readings_of_an_official_at_night_raise_an_alert_from_the_third_on(
    harness: ServiceHarness,
) -> None:
    night = MONDAY.replace(hour=23)
    take(harness, *(reading(harness, n, official="officer", at=night) for n in range(2)))
    assert alerts_of(harness) == []
    take(harness, reading(harness, 3, official="officer", at=night))
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.official) == ("reading_after_hours", "officer")
    assert alert.subject == "officer/seal_filing/2026-03-02"


def test_a_service_that_reads_for_no_official_is_not_watched(harness: ServiceHarness) -> None:
    night = MONDAY.replace(hour=23)
    take(harness, *(reading(harness, number, at=night) for number in range(30)))
    assert alerts_of(harness) == []


def test_a_system_outside_answers_for_its_readings_whomever_it_names(
    harness: ServiceHarness,
) -> None:
    night = MONDAY.replace(hour=23)
    readings = [
        reading(harness, number, reader="system:outside", official="officer", at=night)
        for number in range(3)
    ]
    take(harness, *readings)
    assert [alert.official for alert in alerts_of(harness)] == ["system:outside"]


def test_far_more_subjects_in_a_day_than_others_read_raise_an_alert(
    harness: ServiceHarness,
) -> None:
    peers = [
        reading(harness, number, official=f"peer-{peer}")
        for peer in range(30)
        for number in range(3)
    ]
    take(harness, *peers)
    take(harness, *(reading(harness, number, official="officer") for number in range(20)))
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.official) == ("many_subjects", "officer")
    assert "20 个对象" in alert.why_zh


def test_a_supervisor_sees_the_alerts_of_the_division_and_the_reading_is_audited(
    harness: ServiceHarness,
) -> None:
    take(harness, *case(harness, "c-1", "officer", "officer"))
    assert len(alerts_of(harness, OF_CITY)) == 1
    elsewhere = replace(OF_CITY, id="supervisor.3302", division="3302", organ="3302-supervision")
    assert alerts_of(harness, elsewhere) == []
    with pytest.raises(NotAllowed):
        harness.execute(OpenAlerts(division="33"), OF_CITY)
    with pytest.raises(NotAllowed):
        harness.execute(OpenAlerts(division=COUNTY), OFFICIAL)
    read = harness.rows(sa.select(AUDIT.c.actor).where(AUDIT.c.act == "OpenAlerts"))
    assert [row.actor for row in read] == [OF_CITY.id, elsewhere.id]


# Rules


def test_a_rule_switched_off_in_a_city_finds_nothing_there(harness: ServiceHarness) -> None:
    order = TuneAlertRule(division="3301", rule="same_hand", enabled=False, basis="即办件不适用")
    harness.execute(order, SUPERVISOR)
    take(harness, *case(harness, "c-1", "officer", "officer"))
    assert alerts_of(harness) == []
    rules = harness.execute(AlertRulesInForce(division=COUNTY), OFFICIAL).rules
    (tuned,) = [rule for rule in rules if rule.tuned_in is not None]
    assert (tuned.rule, tuned.enabled, tuned.tuned_in) == ("same_hand", False, "3301")
    rules = harness.execute(AlertRulesInForce(division="3302"), OFFICIAL).rules
    assert all(rule.enabled for rule in rules)


def test_a_rule_with_a_lower_threshold_finds_more(harness: ServiceHarness) -> None:
    harness.execute(
        TuneAlertRule(
            division="33", rule="reading_after_hours", enabled=True, least=1, basis="专项监督"
        ),
        SUPERVISOR,
    )
    take(harness, reading(harness, 1, official="officer", at=MONDAY.replace(hour=23)))
    assert [alert.rule for alert in alerts_of(harness)] == ["reading_after_hours"]


def test_a_senseless_threshold_changes_nothing(harness: ServiceHarness) -> None:
    order = TuneAlertRule(
        division="33", rule="refusal_rate", enabled=True, threshold=0.9, basis="试行"
    )
    with pytest.raises(UnfitTerms):
        harness.execute(order, SUPERVISOR)
    assert harness.told() == []


# Orders


def an_alert(harness: ServiceHarness) -> Alert:
    take(harness, *case(harness, "c-1", "officer", "officer"))
    return alerts_of(harness)[0]


def give_order(harness: ServiceHarness, by: Principal = SUPERVISOR, **of: Any) -> str:
    order = OrderRectification(
        **{"division": COUNTY, "organ": ORGAN, "demand": "说明情况并整改", "days": 5, **of}
    )
    return harness.execute(order, by).id


def answer(harness: ServiceHarness, order_id: str, by: Principal = COLLEAGUE) -> None:
    order = AnswerOrder(order_id=order_id, answer="已调整岗位", evidence=("西市监〔2026〕1号",))
    harness.execute(order, by)


def order_of(harness: ServiceHarness, *, closed: bool = False) -> RectificationOrder:
    query = OrdersOfOrgan(organ=ORGAN, division=COUNTY, closed=closed)
    (order,) = harness.execute(query, COLLEAGUE).orders
    return order


def state_of(harness: ServiceHarness, alert: Alert) -> str:
    (row,) = harness.rows(
        sa.select(SupervisionAlert.state).where(SupervisionAlert.id == alert.alert_id)
    )
    return str(row.state)


def test_an_alert_is_ordered_answered_and_closed_with_its_order(harness: ServiceHarness) -> None:
    alert = an_alert(harness)
    order_id = give_order(harness, alert_id=alert.alert_id)
    assert state_of(harness, alert) == "ordered"
    order = order_of(harness)
    # Five working days after Monday is the next Monday.
    assert order.due == datetime(2026, 3, 9, 23, 59, 59, tzinfo=CHINA)
    assert order.scenario == "scenario-1"
    answer(harness, order_id)
    assert state_of(harness, alert) == "answered"
    assert [met.colour for met in harness.told(OrderAnswered)] == ["green"]
    harness.execute(AcceptRectification(order_id=order_id), SUPERVISOR)
    assert state_of(harness, alert) == "closed"
    assert order_of(harness, closed=True).state == "closed"
    assert alerts_of(harness) == []


def test_the_official_whom_an_alert_is_about_does_not_answer(harness: ServiceHarness) -> None:
    order_id = give_order(harness, alert_id=an_alert(harness).alert_id)
    with pytest.raises(AnswersForOneself):
        answer(harness, order_id, OFFICIAL)
    with pytest.raises(NotAllowed):
        answer(harness, order_id, replace(COLLEAGUE, id="x", organ=f"{COUNTY}-justice"))
    assert order_of(harness).state == "ordered"


def test_an_insufficient_answer_is_returned_with_a_new_deadline(harness: ServiceHarness) -> None:
    alert = an_alert(harness)
    order_id = give_order(harness, alert_id=alert.alert_id)
    answer(harness, order_id)
    harness.at(MONDAY + timedelta(days=1))
    harness.execute(ReturnRectification(order_id=order_id, reason="佐证不足", days=2), SUPERVISOR)
    order = order_of(harness)
    assert (order.state, order.returned, order.due) == (
        "ordered",
        ("佐证不足",),
        datetime(2026, 3, 5, 23, 59, 59, tzinfo=CHINA),
    )
    assert state_of(harness, alert) == "ordered"
    answer(harness, order_id)
    assert state_of(harness, alert) == "answered"


def test_an_order_that_is_not_answered_climbs_the_ladder_and_is_an_alert_itself(
    harness: ServiceHarness,
) -> None:
    order_id = give_order(harness, scenario="scenario-9")
    # The process slept over the last step; each is at its instant all the same.
    harness.at(MONDAY + timedelta(days=40))
    harness.settle()
    climbed = [(told.rung, told.told) for told in harness.told(RectificationEscalated)]
    assert climbed == [
        ("prompted", ()),
        ("urged", ()),
        ("supervised", (f"{COUNTY}-government",)),
        ("criticised", (f"{COUNTY}-government", "33-supervision")),
    ]
    assert order_of(harness).colour == "red"
    (alert,) = alerts_of(harness)
    assert (alert.rule, alert.times) == ("escalated", 2)
    assert alert.subject == f"RectificationOrder/{order_id}"
    answer(harness, order_id)
    assert [met.colour for met in harness.told(OrderAnswered)] == ["yellow"]


def test_an_answered_order_climbs_no_further(harness: ServiceHarness) -> None:
    order_id = give_order(harness, scenario="scenario-9")
    answer(harness, order_id)
    harness.at(MONDAY + timedelta(days=40))
    assert harness.told(RectificationEscalated) == []


def test_an_order_given_in_error_is_withdrawn_and_its_alert_is_open_again(
    harness: ServiceHarness,
) -> None:
    alert = an_alert(harness)
    order_id = give_order(harness, alert_id=alert.alert_id)
    harness.execute(WithdrawRectification(order_id=order_id, reason="机构有误"), SUPERVISOR)
    assert state_of(harness, alert) == "open"
    with pytest.raises(OrderInWrongState):
        answer(harness, order_id)
    harness.at(MONDAY + timedelta(days=40))
    assert harness.told(RectificationEscalated) == []
    give_order(harness, alert_id=alert.alert_id)
    assert state_of(harness, alert) == "ordered"


def test_only_the_organ_that_gave_an_order_accepts_its_answer(harness: ServiceHarness) -> None:
    order_id = give_order(harness, scenario="scenario-9")
    answer(harness, order_id)
    with pytest.raises(NotTheIssuer):
        harness.execute(AcceptRectification(order_id=order_id), OF_CITY)
    assert order_of(harness).state == "answered"


def test_an_order_that_cannot_be_given_changes_nothing(harness: ServiceHarness) -> None:
    alert = an_alert(harness)
    before = len(harness.told())
    with pytest.raises(OrderAboutNothing):
        give_order(harness)
    with pytest.raises(OrganElsewhere):
        give_order(harness, scenario="s", organ="330106-no_such")
    with pytest.raises(OrganElsewhere):
        give_order(harness, scenario="s", division="3302")
    with pytest.raises(AlertElsewhere):
        give_order(harness, alert_id="alert-unknown")
    assert state_of(harness, alert) == "open"
    assert len(harness.told()) == before


def test_an_alert_has_one_order_at_a_time(harness: ServiceHarness) -> None:
    alert = an_alert(harness)
    give_order(harness, alert_id=alert.alert_id)
    with pytest.raises(AlertInWrongState):
        give_order(harness, alert_id=alert.alert_id)
    with pytest.raises(AlertInWrongState):
        harness.execute(DismissAlert(alert_id=alert.alert_id, reason="无问题"), SUPERVISOR)


def test_a_dismissed_alert_can_be_looked_at_again(harness: ServiceHarness) -> None:
    alert = an_alert(harness)
    harness.execute(DismissAlert(alert_id=alert.alert_id, reason="即办件"), SUPERVISOR)
    assert alerts_of(harness) == []
    harness.execute(ReopenAlert(alert_id=alert.alert_id, reason="有新举报"), SUPERVISOR)
    assert [one.alert_id for one in alerts_of(harness)] == [alert.alert_id]
    with pytest.raises(AlertInWrongState):
        harness.execute(ReopenAlert(alert_id=alert.alert_id, reason="再次"), SUPERVISOR)
