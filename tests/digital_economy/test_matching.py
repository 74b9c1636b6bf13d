"""Policies and enterprises on a real database: publishing, matching once, asking, counting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_economy import subscribers
from services.digital_economy.domain import (
    PolicyAlreadyPublished,
    UnfitPolicyTerms,
    match_id_of,
    policy_id_of,
)
from services.digital_economy.load import EXAMPLES, steps
from services.digital_economy.models import EnterpriseProfile, Match, Measure, Policy
from services.digital_economy.service import DigitalEconomy
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.digital_economy import (
    Criterion,
    EnterpriseKnown,
    MeasureChanged,
    OpenWorkPassed,
    PoliciesFor,
    PolicyMatched,
    PolicyPassedOn,
    PolicyPublished,
    PublishPolicy,
)
from shared.contracts.identity_data import (
    DivisionsMerged,
    EnterprisePassedOn,
    EnterpriseRegistered,
    LegalRepresentativeChanged,
    PersonsMerged,
    PersonsSeparated,
    TerritoryMove,
)
from shared.errors import Conflict, NotAllowed, NotAuthenticated
from shared.identifiers import credit_code_from, organisation_code_from
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured, records_behind

OFFICER = Principal(id="officer", kind="official", division="330106", roles=("policy_officer",))
LEADER_OF_FIRM = Principal(id="r1", kind="resident", person="person-1", division="330106001001")
NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA)


@pytest.fixture
def harness(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalEconomy)
    made.at(NOON)
    return made


def policy(number: str = "西政〔2026〕1号", **changes: Any) -> PublishPolicy:
    terms: dict[str, Any] = {
        "title": "新设小微企业创业补贴办法",
        "number": number,
        "division": "330106",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "amount": 500_000,
        "criteria": (Criterion(test="age_at_most", value="365", clause="第三条"),),
    }
    return PublishPolicy(**(terms | changes))


def enterprise(number: int = 1, **changes: Any) -> EnterpriseRegistered:
    facts: dict[str, Any] = {
        "enterprise_id": f"enterprise-{number:04}",
        "credit_code": credit_code_from(
            "9", "1", "330106", organisation_code_from(f"PDY{number:05}")
        ),
        "name": "杭州安博辰软件有限公司",
        "division": "330106001",
        "industry": "软件和信息技术服务业",
        "registered_capital": 100_000_000,
        "established": date(2026, 3, 2),
        "legal_representative": "person-1",
    }
    return EnterpriseRegistered(**(facts | changes))


def matched(harness: ServiceHarness) -> list[tuple[str, str]]:
    rows = harness.rows(
        sa.select(Match.policy_id, Match.enterprise_id).order_by(Match.policy_id, Match.id)
    )
    return [tuple(row) for row in rows]


def test_whoever_represents_an_enterprise_sees_what_fits_it_in_whichever_order_it_is_told(
    harness: ServiceHarness,
) -> None:
    harness.deliver(enterprise())
    for sequence, person in ((4, "person-3"), (2, "person-2")):
        changed = LegalRepresentativeChanged(
            enterprise_id="enterprise-0001", former="person-1", legal_representative=person
        )
        harness.deliver(changed, sequence=sequence)
    query = PoliciesFor(enterprise_id="enterprise-0001")
    for person in ("person-1", "person-2"):
        with pytest.raises(NotAllowed):
            harness.execute(query, Principal("former", "resident", "330106", person=person))
    present = Principal("present", "resident", "330106", person="person-3")
    assert harness.execute(query, present).enterprise_id == "enterprise-0001"


def test_a_published_policy_is_kept_told_and_found_under_its_number(
    harness: ServiceHarness,
) -> None:
    order = policy()
    done = harness.execute(order, as_=OFFICER)
    assert done.id == policy_id_of(order.number)
    (kept,) = harness.rows(sa.select(Policy.number, Policy.division, Policy.criteria))
    assert tuple(kept) == (
        order.number,
        "330106",
        [{"test": "age_at_most", "value": "365", "clause": "第三条"}],
    )
    assert harness.told() == [
        PolicyPublished(policy_id=done.id, number=order.number, division="330106")
    ]


def test_a_policy_is_published_once_under_its_number(harness: ServiceHarness) -> None:
    harness.execute(policy(), as_=OFFICER, request_id="first")
    again = harness.execute(policy(), as_=OFFICER, request_id="first")
    assert again.version == 1
    with pytest.raises(PolicyAlreadyPublished):
        harness.execute(policy(amount=1), as_=OFFICER, request_id="second")
    with pytest.raises(Conflict):
        harness.execute(policy(amount=1), as_=OFFICER, request_id="first")
    assert len(harness.told(PolicyPublished)) == 1


def test_unsound_terms_are_refused_and_leave_nothing_behind(harness: ServiceHarness) -> None:
    with pytest.raises(UnfitPolicyTerms) as refused:
        harness.execute(policy(valid_to=date(2025, 1, 1)), as_=OFFICER)
    assert set(refused.value.fields) == {"valid_to"}
    assert harness.told() == []
    assert harness.rows(sa.select(Policy.id)) == []


@pytest.mark.parametrize(
    "stranger",
    [
        Principal(id="c", kind="official", division="330106", roles=("case_officer",)),
        Principal(id="n", kind="official", division="330110", roles=("policy_officer",)),
        Principal(id="b", kind="official", division="330106001", roles=("policy_officer",)),
        Principal(id="x", kind="official", roles=("policy_officer",)),
        LEADER_OF_FIRM,
    ],
)
def test_only_a_policy_officer_of_the_division_publishes(
    harness: ServiceHarness, stranger: Principal
) -> None:
    with pytest.raises(NotAllowed):
        harness.execute(policy(), as_=stranger)
    assert harness.told() == []


def test_a_registered_enterprise_is_matched_to_every_policy_that_fits(
    harness: ServiceHarness,
) -> None:
    fits = harness.execute(policy("西政〔2026〕1号"), as_=OFFICER).id
    other = policy(
        "西政〔2026〕2号",
        criteria=(Criterion(test="industry_is", value="纺织", clause="第一条"),),
    )
    harness.execute(other, as_=OFFICER)
    harness.deliver(enterprise(), division="330106001", scenario="s1")
    harness.settle()
    (event,) = harness.told(PolicyMatched)
    assert event.match_id == match_id_of(fits, "enterprise-0001")
    assert event.reasons == (
        "第三条：成立 0 天，不超过 365 天 / established 0 days ago, at most 365 days",
    )
    (envelope,) = [e for e in harness.envelopes() if e.name == "PolicyMatched"]
    assert (envelope.divisioncode, envelope.subjectid, envelope.scenarioid) == (
        "330106001",
        "enterprise-0001",
        "s1",
    )


def test_a_published_policy_finds_the_enterprises_that_are_known(harness: ServiceHarness) -> None:
    harness.deliver(enterprise(1), division="330106001")
    harness.deliver(enterprise(2, established=date(2020, 1, 1)), division="330106001")
    harness.deliver(enterprise(3, division="330110001"), division="330110001")
    published = harness.execute(policy(), as_=OFFICER).id
    harness.settle()
    assert matched(harness) == [(published, "enterprise-0001")]


def test_a_policy_finds_enterprises_on_its_first_day_and_not_before(
    harness: ServiceHarness,
) -> None:
    harness.deliver(enterprise(), division="330106001")
    harness.execute(policy(valid_from=date(2026, 4, 1)), as_=OFFICER)
    harness.settle()
    harness.at(datetime(2026, 3, 31, 23, 59, tzinfo=CHINA))
    assert matched(harness) == []
    harness.at(datetime(2026, 4, 1, 9, tzinfo=CHINA))
    assert len(matched(harness)) == 1


def test_a_policy_that_has_ended_finds_nobody(harness: ServiceHarness) -> None:
    harness.deliver(enterprise(1), division="330106001")
    ended = policy(valid_from=date(2025, 1, 1), valid_to=date(2026, 3, 1))
    harness.execute(ended, as_=OFFICER)
    harness.deliver(enterprise(2), division="330106001")
    harness.settle()
    assert matched(harness) == []


def test_a_match_is_told_once_however_often_both_sides_find_each_other(
    harness: ServiceHarness,
) -> None:
    harness.execute(policy(), as_=OFFICER)
    for _ in range(2):
        harness.deliver(enterprise(), division="330106001")
    harness.settle()
    (known,) = harness.told(EnterpriseKnown)
    # The same fact under another event id, as a replay by its producer would bring it.
    harness.deliver(known, division="330106001")
    harness.settle()
    assert len(harness.told(PolicyMatched)) == 1
    assert len(harness.told(EnterpriseKnown)) == 1


def test_when_both_sides_arrive_together_the_match_is_told_once(harness: ServiceHarness) -> None:
    harness.deliver(enterprise(), division="330106001")
    harness.execute(policy(), as_=OFFICER)
    own = [e for e in harness.envelopes() if e.name == "EnterpriseKnown"]
    harness.runtime.timers.fire_due()
    harness.receive(*own)
    harness.take()
    harness.settle()
    assert len(harness.told(PolicyMatched)) == 1


def test_a_match_written_meanwhile_makes_the_matching_look_again(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.deliver(enterprise(), division="330106001")
    published = harness.execute(policy(), as_=OFFICER).id
    decide = subscribers.matches
    overtaken: list[str] = []

    def overtake(*arguments: Any) -> list[str] | None:
        reasons = decide(*arguments)
        if not overtaken:
            overtaken.append("once")
            own = [e for e in harness.envelopes() if e.name == "EnterpriseKnown"]
            harness.receive(*own)
            harness.take()
        return reasons

    monkeypatch.setattr(subscribers, "matches", overtake)
    harness.settle()
    assert matched(harness) == [(published, "enterprise-0001")]
    assert len(harness.told(PolicyMatched)) == 1


def test_two_hundred_enterprises_are_matched_with_one_reading(harness: ServiceHarness) -> None:
    harness.receive(*(harness.envelope(enterprise(n), division="330106001") for n in range(1, 201)))
    harness.take()
    harness.execute(policy(), as_=OFFICER)
    statements: list[str] = []
    sa.event.listen(
        harness.runtime.read,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    assert harness.runtime.timers.fire_due() == 1
    readings = [s for s in statements if "FROM enterprise_profile" in s]
    assert len(readings) == 1
    assert len([s for s in statements if s.startswith("SELECT") and "policy_match" in s]) == 1
    assert len(matched(harness)) == 200


def test_an_enterprise_is_matched_with_one_reading_of_the_policies(
    harness: ServiceHarness,
) -> None:
    for number in range(10):
        harness.execute(policy(f"西政〔2026〕{number}号"), as_=OFFICER)
    harness.settle()
    harness.deliver(enterprise(), division="330106001")
    statements: list[str] = []
    sa.event.listen(
        harness.runtime.read,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    (known,) = [e for e in harness.envelopes() if e.name == "EnterpriseKnown"]
    harness.receive(known)
    assert harness.runtime.inbox.take_once() == 1
    assert len([s for s in statements if "FROM policy \n" in s]) == 1
    assert len(matched(harness)) == 10


def test_more_enterprises_than_are_taken_at_once_are_all_matched(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "ENTERPRISES_AT_ONCE", 3)

    def know_many(context: Context) -> None:
        for number in range(1, 9):
            context.unit.add(
                EnterpriseProfile(
                    id=f"enterprise-{number}",
                    division="330106001",
                    owner="person-1",
                    name="杭州安博辰软件有限公司",
                    industry="软件",
                    registered_capital=1,
                    established=date(2026, 1, 1),
                )
            )

    harness.act(know_many)
    harness.execute(policy(), as_=OFFICER)
    assert harness.runtime.timers.fire_due() == 1
    assert len(matched(harness)) == 3
    harness.settle()
    assert len(matched(harness)) == 8
    assert harness.runtime.timers.next_due() is None


def test_the_legal_representative_and_officials_see_the_policies_with_reasons(
    harness: ServiceHarness,
) -> None:
    harness.execute(policy("西政〔2026〕1号"), as_=OFFICER)
    harness.execute(policy("西政〔2026〕2号", amount=900_000), as_=OFFICER)
    harness.deliver(enterprise(), division="330106001")
    harness.settle()
    query = PoliciesFor(enterprise_id="enterprise-0001")
    for caller in (LEADER_OF_FIRM, OFFICER, Principal(id="p", kind="official", division="33")):
        answer = harness.execute(query, as_=caller)
        assert answer.industry == "软件和信息技术服务业"
        assert [match.amount for match in answer.matches] == [900_000, 500_000]
        assert all(match.reasons[0].startswith("第三条：") for match in answer.matches)


def test_a_policy_that_ended_after_its_match_is_offered_no_more(harness: ServiceHarness) -> None:
    harness.execute(policy(), as_=OFFICER)
    harness.deliver(enterprise(), division="330106001")
    harness.settle()
    harness.at(datetime(2027, 1, 1, 9, tzinfo=CHINA))
    answer = harness.execute(PoliciesFor(enterprise_id="enterprise-0001"), as_=LEADER_OF_FIRM)
    assert answer.matches == ()


@pytest.mark.parametrize(
    "stranger",
    [
        Principal(id="r2", kind="resident", person="person-2", division="330106001001"),
        Principal(id="r0", kind="resident", division="33"),
        Principal(id="o", kind="official", division="330110"),
    ],
)
def test_others_see_neither_the_policies_nor_whether_the_enterprise_exists(
    harness: ServiceHarness, stranger: Principal
) -> None:
    harness.deliver(enterprise(), division="330106001")
    for enterprise_id in ("enterprise-0001", "nobody"):
        with pytest.raises(NotAllowed):
            harness.execute(PoliciesFor(enterprise_id=enterprise_id), as_=stranger)
    with pytest.raises(NotAuthenticated):
        harness.execute(PoliciesFor(enterprise_id="enterprise-0001"), as_=Principal(id="anonymous"))


def test_enterprises_and_matches_are_counted_by_division_and_month(harness: ServiceHarness) -> None:
    harness.execute(policy(), as_=OFFICER)
    for number, division in ((1, "330106001"), (2, "330106"), (3, "330110001")):
        harness.deliver(enterprise(number, division=division), division=division)
    harness.settle()
    newest = {(e.measure, e.division, e.period): e.value for e in harness.told(MeasureChanged)}
    assert newest == {
        ("enterprises_known", "330106001", "2026-03"): 1,
        ("enterprises_known", "330106", "2026-03"): 1,
        ("enterprises_known", "330110001", "2026-03"): 1,
        ("policies_matched", "330106001", "2026-03"): 1,
        ("policies_matched", "330106", "2026-03"): 1,
    }
    assert counted(harness) == measured(harness, Measure)


def test_a_figure_leads_to_the_enterprises_and_matches_of_the_callers_division(
    harness: ServiceHarness,
) -> None:
    own = harness.execute(policy(), as_=OFFICER).id
    harness.deliver(enterprise(), division="330106001")
    harness.settle()
    official = Principal("official", "official", "330106", "330106-government")
    (known,), _ = records_behind(harness, official, "enterprises_known", "330106", "2026-03")
    assert (known.kind, known.id) == ("Enterprise", "enterprise-0001")
    matches = records_behind(harness, official, "policies_matched", "330106", "2026-03")
    assert [one.id for one in matches[0]] == [match_id_of(own, "enterprise-0001")]

    def move(context: Context) -> None:
        context.unit.get(EnterpriseProfile, "enterprise-0001").division = "330110001"

    harness.act(move)
    # A match is shown to whom the policies of its enterprise are, which is another's now.
    assert records_behind(harness, official, "policies_matched", "330106", "2026-03") == ([], 1)
    above = Principal("above", "official", "3301", "3301-government")
    seen, withheld = records_behind(harness, above, "policies_matched", "330106", "2026-03")
    assert (seen, withheld) == (matches[0], 0)


# Mergers of divisions


def test_policies_and_enterprises_follow_their_division_and_are_matched_there(
    harness: ServiceHarness,
) -> None:
    within = Criterion(test="division_within", value="330106", clause="第二条")
    own = harness.execute(policy(criteria=(within,)), as_=OFFICER).id
    over = harness.execute(
        policy("西政〔2025〕9号", valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31)),
        as_=OFFICER,
    ).id
    officer = Principal(id="o2", kind="official", division="330110", roles=("policy_officer",))
    there = harness.execute(policy("余政〔2026〕1号", division="330110"), as_=officer).id
    harness.deliver(enterprise(), division="330106001")
    harness.settle()
    moves = (
        TerritoryMove(from_code="330106", to_code="330110"),
        TerritoryMove(from_code="330106001", to_code="330110009", name="北山街道"),
    )
    merged = DivisionsMerged(merger_id="m-1", division="3301", effective=NOON.date(), moves=moves)
    harness.deliver(merged, division="3301")
    harness.settle()
    moved = EnterprisePassedOn(
        id="enterprise-0001", from_division="330106001", division="330110009"
    )
    harness.deliver(moved, division="330110009")
    harness.settle()
    places = harness.rows(sa.select(Policy.id, Policy.division))
    assert dict(map(tuple, places)) == {own: "330110", over: "330106", there: "330110"}
    (kept,) = harness.rows(sa.select(Policy.criteria).where(Policy.id == own))
    assert kept.criteria[0]["value"] == "330110"
    assert matched(harness) == sorted([(own, "enterprise-0001"), (there, "enterprise-0001")])
    (told,) = harness.told(OpenWorkPassed)
    assert told.counts == {"policies": 1}
    assert [e.id for e in harness.told(PolicyPassedOn)] == [own]


def test_an_enterprise_follows_its_legal_representatives_other_record(
    harness: ServiceHarness,
) -> None:
    harness.deliver(enterprise(), division="330106001")
    harness.settle()
    other = Principal(id="r9", kind="resident", person="person-9", division="330106001001")
    query = PoliciesFor(enterprise_id="enterprise-0001")
    with pytest.raises(NotAllowed):
        harness.execute(query, as_=other)
    harness.deliver(PersonsMerged(person_id="person-1", into="person-9"))
    harness.settle()
    assert harness.execute(query, as_=other).enterprise_id == "enterprise-0001"
    with pytest.raises(NotAllowed):
        harness.execute(query, as_=LEADER_OF_FIRM)
    harness.deliver(PersonsSeparated(person_id="person-1", into="person-9"), sequence=2)
    harness.settle()
    assert harness.execute(query, as_=LEADER_OF_FIRM).enterprise_id == "enterprise-0001"


def test_the_example_policies_are_loaded_once_and_fit_who_they_are_for(
    harness: ServiceHarness,
) -> None:
    for _ in range(2):
        for step in steps(harness.runtime.settings):
            harness.runtime.act_as_service(f"load/{step.name}", step.run)
    assert len(harness.told(PolicyPublished)) == len(EXAMPLES)
    harness.deliver(enterprise(1), division="330106001")
    harness.deliver(
        enterprise(2, division="330203001", industry="纺织", registered_capital=10**9 + 1),
        division="330203001",
    )
    harness.settle()
    small, software, growing = (policy_id_of(order.number) for order in EXAMPLES)
    assert set(matched(harness)) == {
        (small, "enterprise-0001"),
        (software, "enterprise-0001"),
        (growing, "enterprise-0002"),
    }
