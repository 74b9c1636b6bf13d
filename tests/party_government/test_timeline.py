"""One timeline of a matter over all services, for supervisors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import service_class
from services.party_government.queries.timeline import MOST_ENTRIES
from services.party_government.service import PartyGovernment
from shared.context import Principal, service_principal
from shared.contracts.base import SERVICES
from shared.contracts.party_government import MatterTimeline, Timeline
from shared.contracts.platform import Recorded, ScenarioTrail, Trail
from shared.errors import NotAllowed, Unavailable
from shared.messaging.tables import AUDIT
from shared.testing.harness import ServiceHarness
from tests.contracts.cases import accept_case, withdraw_case
from tests.contracts.ready import MONDAY

COUNTY = "330106"
SUPERVISOR = Principal("supervisor", "official", "33", "33-supervision", ("supervisor",))
OF_CITY = Principal("supervisor.city", "official", "3301", "3301-supervision", ("supervisor",))
OTHERS = [service for service in SERVICES if service != "party_government"]
SCENARIO = "scenario-1"


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    """party_government, to which all others answer that they recorded nothing."""
    made = make_service(PartyGovernment)
    for service in OTHERS:
        made.remote[ScenarioTrail, service] = lambda question: Trail(records=(), more=False)
    return made


def timeline(harness: ServiceHarness, by: Principal = SUPERVISOR, **of: Any) -> Timeline:
    return harness.execute(MatterTimeline(scenario=SCENARIO, **of), by)


def record(service: str, number: int, **of: Any) -> Recorded:
    at = MONDAY + timedelta(seconds=number)
    given = {"kind": "event", "name": "CaseSubmitted", "actor": "account.one", "division": COUNTY}
    return Recorded(service=service, at=at, recorded_at=at, subject="Case/c-1", **{**given, **of})


def test_a_matter_is_followed_through_the_services_that_recorded_it(
    harness: ServiceHarness, make_service: Callable[[Any], ServiceHarness]
) -> None:
    government = make_service(service_class("digital_government"))
    ready = withdraw_case(government)
    government.execute(ready.order, ready.by, scenario=SCENARIO)
    ours = service_principal("party_government")
    harness.remote[ScenarioTrail, "digital_government"] = lambda question: government.execute(
        question, ours
    )
    told = timeline(harness)
    assert (told.missing, told.complete, told.elsewhere) == ((), True, 0)
    assert [(one.kind, one.name, one.label) for one in told.entries] == [
        ("command", "WithdrawCase", "撤回申请"),
        ("event", "CaseWithdrawn", "申请已撤回"),
    ]
    assert {one.actor for one in told.entries} == {ready.by.id}
    assert {one.service for one in told.entries} == {"digital_government"}


def test_no_other_service_may_ask_for_a_trail(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    government = make_service(service_class("digital_government"))
    for name in OTHERS:
        with pytest.raises(NotAllowed):
            government.execute(ScenarioTrail(scenario=SCENARIO), service_principal(name))


def test_the_trails_are_merged_in_time_order(harness: ServiceHarness) -> None:
    trails = {"identity_data": (2, 5), "digital_economy": (1, 4), "digital_society": (3,)}
    for service, numbers in trails.items():
        records = tuple(record(service, number) for number in numbers)
        harness.remote[ScenarioTrail, service] = lambda _, records=records: Trail(
            records=records, more=False
        )
    at = [one.recorded_at for one in timeline(harness).entries]
    assert at == [MONDAY + timedelta(seconds=number) for number in range(1, 6)]


def test_a_service_that_does_not_answer_is_missing_and_not_empty(
    harness: ServiceHarness,
) -> None:
    def away(_: ScenarioTrail) -> Trail:
        raise Unavailable(service="rule_of_law")

    harness.remote[ScenarioTrail, "rule_of_law"] = away
    harness.remote[ScenarioTrail, "identity_data"] = lambda _: Trail(
        records=(record("identity_data", 1),), more=False
    )
    told = timeline(harness)
    assert [(one.service, one.reason_en) for one in told.missing] == [
        ("rule_of_law", "“rule_of_law” did not answer; retry with the same request id")
    ]
    assert [one.service for one in told.entries] == ["identity_data"]


def test_a_trail_that_fails_otherwise_fails_the_timeline(harness: ServiceHarness) -> None:
    def garbled(_: ScenarioTrail) -> Trail:
        raise ValueError("garbled")

    harness.remote[ScenarioTrail, "rule_of_law"] = garbled
    with pytest.raises(ValueError, match="garbled"):
        timeline(harness)


def test_what_lies_in_other_divisions_is_counted_and_not_shown(harness: ServiceHarness) -> None:
    records = (record("identity_data", 1), record("identity_data", 2, division="330203"))
    harness.remote[ScenarioTrail, "identity_data"] = lambda _: Trail(records=records, more=False)
    told = timeline(harness, OF_CITY)
    assert [one.division for one in told.entries] == [COUNTY]
    assert told.elsewhere == 1
    assert timeline(harness).elsewhere == 0


def test_a_label_is_plain_chinese_whatever_was_recorded(harness: ServiceHarness) -> None:
    records = (
        record("digital_government", 1),
        record("digital_government", 2, kind="timer", name="due", caused=("CaseOverdue",)),
        record("digital_government", 3, kind="timer", name="due"),
        record("identity_data", 4, kind="reaction", name="CaseDecided"),
        record("identity_data", 5, kind="command", name="SignInRefused"),
        record("digital_economy", 6, kind="reading", name="DirectReadings"),
    )
    harness.remote[ScenarioTrail, "digital_government"] = lambda _: Trail(
        records=records, more=False
    )
    assert [one.label for one in timeline(harness).entries] == [
        "办件已申请",
        "到期自动触发：办件已超期",
        "到期自动触发",
        "收到通知并处理：办件已办结",
        "登录（未成功）",
        "谁直接查阅过我的数据",
    ]


def test_a_long_matter_is_read_part_by_part_and_nothing_is_left_out(
    harness: ServiceHarness,
) -> None:
    everything = [record("identity_data", number) for number in range(MOST_ENTRIES + 500)]

    def recorded(question: ScenarioTrail) -> Trail:
        after = question.after
        left = [one for one in everything if after is None or one.recorded_at > after]
        return Trail(records=tuple(left), more=False)

    harness.remote[ScenarioTrail, "identity_data"] = recorded
    first = timeline(harness)
    assert (len(first.entries), first.complete) == (MOST_ENTRIES, False)
    rest = timeline(harness, after=first.until)
    assert (len(rest.entries), rest.complete, rest.until) == (500, True, None)
    read = [one.recorded_at for one in (*first.entries, *rest.entries)]
    assert read == [one.recorded_at for one in everything]


def test_behind_the_cut_of_one_service_nothing_of_others_is_told_yet(
    harness: ServiceHarness,
) -> None:
    short = Trail(records=(record("identity_data", 1), record("identity_data", 3)), more=True)
    harness.remote[ScenarioTrail, "identity_data"] = lambda _: short
    others = tuple(record("digital_economy", number) for number in (2, 4))
    harness.remote[ScenarioTrail, "digital_economy"] = lambda _: Trail(records=others, more=False)
    told = timeline(harness)
    assert [one.recorded_at.second for one in told.entries] == [1, 2, 3]
    assert (told.complete, told.until) == (False, MONDAY + timedelta(seconds=3))


def test_only_supervisors_follow_a_matter_and_each_time_is_audited(
    harness: ServiceHarness,
) -> None:
    with pytest.raises(NotAllowed):
        timeline(harness, Principal("officer", "official", COUNTY, f"{COUNTY}-government"))
    timeline(harness)
    read = harness.rows(
        sa.select(AUDIT.c.actor, AUDIT.c.aggregate_id).where(AUDIT.c.act == "MatterTimeline")
    )
    assert [tuple(row) for row in read] == [(SUPERVISOR.id, SCENARIO)]


def test_a_trail_says_which_organ_an_act_concerns_and_what_a_timer_brought_about(
    make_service: Callable[[Any], ServiceHarness],
) -> None:
    government = make_service(service_class("digital_government"))
    ready = accept_case(government)
    government.execute(ready.order, ready.by, scenario=SCENARIO)
    government.at(MONDAY + timedelta(days=100))
    ours = service_principal("party_government")
    trail = government.execute(ScenarioTrail(scenario=SCENARIO), ours).records
    fired = [(one.caused, one.organ) for one in trail if one.kind == "timer"]
    organ = f"{COUNTY}-market_regulation"
    assert fired == [(("CaseNearlyDue",), organ), (("CaseOverdue",), organ)]
    (accepting,) = [one for one in trail if one.name == "AcceptCase"]
    assert accepting.caused == ("CaseAccepted",)
