"""The rules of items, cases and one-things, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.digital_government.domain.cases import (
    CaseInWrongState,
    CaseState,
    CaseVerb,
    RefusalNeedsReasons,
    SupplementAlreadyRequested,
    is_in_time,
    minutes_between,
    reminder_of,
    require_allowed,
)
from services.digital_government.domain.matters import MATTERS
from services.digital_government.domain.one_things import (
    ENTERPRISE_STARTUP,
    MatterState,
    ThingDefinition,
    ThingState,
    state_of_thing,
)
from services.digital_government.domain.ratings import AlreadyRated, NotFinishedYet, is_bad
from services.digital_government.models import Case, Implementation, OneThing
from shared.clocks import CHINA
from shared.contracts.digital_government import (
    CaseAccepted,
    CaseDecided,
    CaseOverdue,
    CaseResumed,
    CaseSubmitted,
    CaseSupplemented,
    OneThingCompleted,
    OneThingSubmitted,
    ServiceRated,
    StartupForm,
)
from shared.contracts.identity_data import SharedFact
from shared.deadlines import LAST_CALENDAR_YEAR
from shared.divisions import ZHEJIANG_COUNTIES, Level, level_of
from shared.errors import Conflict

DIVISION = "330106"
REGISTRATION = "enterprise_registration"
FOLLOWERS = tuple(code for code in MATTERS if code != REGISTRATION)


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """An instant of March 2021; the 1st was a Monday and there was no holiday."""
    return datetime(2021, 3, day, hour, minute, tzinfo=CHINA)


def end_of(day: int) -> datetime:
    return datetime(2021, 3, day, 23, 59, 59, tzinfo=CHINA)


def pending_case(promised_days: int = 3, submitted: datetime | None = None) -> Case:
    case = Case(
        id="c-1",
        division=DIVISION,
        matter=REGISTRATION,
        organ="330106-market_regulation",
        owner="p-1",
        subject="p-1",
        promised_days=promised_days,
        submitted_at=submitted or at(1),
        establishes={"name": "杭州潮起科技有限公司"},
    )
    case.submit()
    return case


def accepted_case(promised_days: int = 3, accepted: datetime | None = None) -> Case:
    case = pending_case(promised_days, accepted)
    case.accept((), accepted or at(1))
    return case


def case_in(state: CaseState) -> Case:
    case = pending_case() if state is CaseState.PENDING else accepted_case()
    match state:
        case CaseState.AWAITING_SUPPLEMENT:
            case.request_supplement(("章程",), at(1))
        case CaseState.SUSPENDED:
            case.suspend("hearing", 5, at(1))
        case CaseState.DECIDED:
            case.decide("granted", None, at(1))
        case CaseState.WITHDRAWN:
            case.withdraw("不办了", at(1))
    assert case.state == state
    case.take_told()
    return case


def told(record: Case | OneThing) -> list[object]:
    return [event for event, _ in record.take_told()]


# The catalogue and the graph


def test_there_are_ninety_counties_and_each_has_the_code_of_one() -> None:
    assert len(set(ZHEJIANG_COUNTIES)) == len(ZHEJIANG_COUNTIES) == 90
    assert {level_of(code) for code in ZHEJIANG_COUNTIES} == {Level.COUNTY}


def test_no_matter_promises_more_days_than_the_law_allows_or_asks_for_a_visit() -> None:
    assert len(MATTERS) == 7
    for matter in MATTERS.values():
        assert matter.promised_days <= matter.statutory_days
        assert matter.visits == 0
        assert matter.online


def test_registration_comes_first_and_the_six_others_wait_for_it_alone() -> None:
    assert ENTERPRISE_STARTUP.matters == (REGISTRATION, *FOLLOWERS)
    assert ENTERPRISE_STARTUP.depends_on[REGISTRATION] == ()
    assert {ENTERPRISE_STARTUP.depends_on[code] for code in FOLLOWERS} == {(REGISTRATION,)}


def test_matters_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="wait for each other"):
        ThingDefinition(
            code="circle",
            name_zh="圈",
            name_en="circle",
            promised_days=1,
            depends_on={
                "tax_invoices": ("housing_fund",),
                "housing_fund": ("seal_engraving",),
                "seal_engraving": ("tax_invoices",),
            },
        )


@pytest.mark.parametrize(
    ("depends_on", "fault"),
    [
        ({"horse_licence": ()}, "no such matters: horse_licence"),
        ({"tax_invoices": ("horse_licence",)}, "no such matters: horse_licence"),
        ({"tax_invoices": ("seal_engraving",)}, "no part of it: seal_engraving"),
    ],
)
def test_a_one_thing_of_unknown_or_absent_matters_is_refused(
    depends_on: dict[str, tuple[str, ...]], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        ThingDefinition(
            code="strange", name_zh="怪", name_en="strange", promised_days=1, depends_on=depends_on
        )


matter_states = st.fixed_dictionaries({code: st.sampled_from(MatterState) for code in MATTERS})


@given(matter_states, st.booleans())
def test_only_a_waiting_matter_whose_dependencies_are_granted_starts(
    states: dict[str, MatterState], known: bool
) -> None:
    startable = ENTERPRISE_STARTUP.startable(states, enterprise_known=known)
    for code in startable:
        assert states[code] is MatterState.WAITING
        assert known or code == REGISTRATION
        assert code == REGISTRATION or states[REGISTRATION] is MatterState.GRANTED
    if states[REGISTRATION] is MatterState.GRANTED and known:
        waiting = {code for code in FOLLOWERS if states[code] is MatterState.WAITING}
        assert set(startable) == waiting


@given(matter_states)
def test_a_one_thing_ends_with_its_last_matter_and_completes_only_if_all_were_granted(
    states: dict[str, MatterState],
) -> None:
    is_open = any(s in (MatterState.WAITING, MatterState.RUNNING) for s in states.values())
    state = state_of_thing(states)
    assert (state is ThingState.RUNNING) == is_open
    assert (state is ThingState.COMPLETED) == all(s is MatterState.GRANTED for s in states.values())


# Cases

VERBS: dict[CaseVerb, Callable[[Case], None]] = {
    CaseVerb.ACCEPT: lambda case: case.accept((), at(2)),
    CaseVerb.REQUEST_SUPPLEMENT: lambda case: case.request_supplement(("章程",), at(2)),
    CaseVerb.SUPPLEMENT: lambda case: case.supplement({"章程": "见附件"}, at(2)),
    CaseVerb.SUSPEND: lambda case: case.suspend("hearing", 5, at(2)),
    CaseVerb.RESUME: lambda case: case.resume(at(2)),
    CaseVerb.DECIDE: lambda case: case.decide("granted", None, at(2)),
    CaseVerb.WITHDRAW: lambda case: case.withdraw("不办了", at(2)),
}


@pytest.mark.parametrize("verb", CaseVerb)
@pytest.mark.parametrize("state", CaseState)
def test_a_verb_that_a_state_does_not_allow_changes_nothing_and_tells_nothing(
    state: CaseState, verb: CaseVerb
) -> None:
    case = case_in(state)
    try:
        require_allowed(verb, state)
    except CaseInWrongState as refusal:
        with pytest.raises(CaseInWrongState, match=refusal.args[0]):
            VERBS[verb](case)
        assert case.state == state
        assert told(case) == []
        return
    VERBS[verb](case)
    assert case.state != state
    assert len(told(case)) == 1


@pytest.mark.parametrize("state", [CaseState.DECIDED, CaseState.WITHDRAWN])
def test_nothing_can_be_done_with_a_closed_case(state: CaseState) -> None:
    for verb in CaseVerb:
        with pytest.raises(CaseInWrongState):
            require_allowed(verb, state)


def test_a_refusal_of_a_verb_names_state_and_verb_in_both_languages() -> None:
    with pytest.raises(CaseInWrongState) as refusal:
        require_allowed(CaseVerb.REQUEST_SUPPLEMENT, CaseState.SUSPENDED)
    assert "暂停" in refusal.value.sentences["zh"]
    assert "告知补正" in refusal.value.sentences["zh"]
    assert "request supplement" in refusal.value.sentences["en"]


def test_accepting_keeps_each_fact_with_its_source_and_starts_the_clock() -> None:
    case = pending_case(promised_days=1)
    fact = SharedFact(name="person.name", value="张三", source="人口库", as_of=at(1))
    case.accept((fact,), at(5))  # A Friday: the next working day is Monday the 8th.
    assert case.facts == [
        {
            "name": "person.name",
            "value": "张三",
            "source": "人口库",
            "as_of": at(1).isoformat(),
            "masked": False,
        }
    ]
    submitted, accepted = told(case)
    assert isinstance(submitted, CaseSubmitted)
    assert accepted == CaseAccepted(case_id="c-1", due=end_of(8), provisional=False, facts_shared=1)


def test_a_case_for_which_no_facts_were_fetched_is_not_accepted() -> None:
    case = pending_case()
    with pytest.raises(Conflict):
        case.accept(None, at(1))
    assert case.state == CaseState.PENDING


def test_a_deadline_beyond_the_published_calendar_is_marked_provisional() -> None:
    case = accepted_case(1, datetime(LAST_CALENDAR_YEAR + 1, 3, 3, 10, tzinfo=CHINA))
    assert case.provisional


def test_a_suspended_case_clock_does_not_run() -> None:
    case = accepted_case(3, at(1))
    assert case.due == end_of(4)
    case.suspend("expert_review", 10, at(2))
    assert case.due is None
    case.resume(at(9))
    # The 2nd to the 9th are taken out; the 10th, 11th and 12th are the three days.
    assert case.due == end_of(12)
    assert told(case)[-1] == CaseResumed(case_id="c-1", due=end_of(12))


def test_the_clock_of_an_accepted_case_stands_while_its_applicant_supplements() -> None:
    case = accepted_case(1, at(1))
    case.request_supplement(("章程",), at(1))
    assert case.due is None
    case.supplement({"章程": "已附"}, at(3))
    assert case.state == CaseState.ACCEPTED
    assert case.due == end_of(4)
    assert case.answers == {"章程": "已附"}


def test_a_case_supplemented_before_acceptance_is_pending_again_and_has_no_deadline() -> None:
    case = pending_case()
    case.request_supplement(("章程",), at(1))
    case.supplement({"章程": "已附"}, at(2))
    assert case.state == CaseState.PENDING
    assert told(case)[-1] == CaseSupplemented(case_id="c-1", due=None)


def test_what_is_missing_is_told_only_once() -> None:
    case = pending_case()
    case.request_supplement(("章程",), at(1))
    case.supplement({"章程": "已附"}, at(2))
    with pytest.raises(SupplementAlreadyRequested):
        case.request_supplement(("住所证明",), at(2))
    case.accept((), at(2))
    with pytest.raises(SupplementAlreadyRequested):
        case.request_supplement(("住所证明",), at(2))
    assert case.missing == ["章程"]


@pytest.mark.parametrize("reasons", [None, "", "  \n"])
def test_a_refusal_without_reasons_is_no_refusal(reasons: str | None) -> None:
    case = accepted_case()
    with pytest.raises(RefusalNeedsReasons):
        case.decide("refused", reasons, at(2))
    assert case.state == CaseState.ACCEPTED


def test_a_refused_case_establishes_nothing() -> None:
    case = accepted_case(3, at(1))
    case.decide("refused", "住所不符合规定", at(2, 11, 30))
    decided = told(case)[-1]
    assert isinstance(decided, CaseDecided)
    assert decided.result == {}
    assert decided.minutes == 25 * 60 + 30
    assert decided.in_time


@pytest.mark.parametrize(("decided", "in_time"), [(end_of(2), True), (at(3, 0), False)])
def test_a_promise_is_kept_until_midnight_of_its_last_day(decided: datetime, in_time: bool) -> None:
    case = accepted_case(1, at(1))
    case.decide("granted", None, decided)
    event = told(case)[-1]
    assert isinstance(event, CaseDecided)
    assert event.in_time is in_time


def test_a_case_becomes_overdue_once_and_only_while_it_is_handled() -> None:
    case = accepted_case(1, at(1))
    case.become_overdue()
    case.become_overdue()
    assert [e for e in told(case) if isinstance(e, CaseOverdue)] == [
        CaseOverdue(case_id="c-1", organ="330106-market_regulation", due=end_of(2))
    ]
    for state in set(CaseState) - {CaseState.ACCEPTED}:
        other = case_in(state)
        other.become_overdue()
        other.remind_of_due()
        assert told(other) == []


def test_a_due_day_is_a_day_in_china() -> None:
    from_utc = datetime.fromisoformat("2021-03-02T15:59:59+00:00")
    assert from_utc == end_of(2)
    assert reminder_of(from_utc) == at(2, 9)
    assert is_in_time(from_utc, end_of(2))
    assert not is_in_time(from_utc + timedelta(seconds=1), end_of(2))


@given(st.integers(0, 10**6), st.integers(0, 59))
def test_minutes_are_whole_and_never_more_than_passed(minutes: int, seconds: int) -> None:
    assert minutes_between(at(1), at(1) + timedelta(minutes=minutes, seconds=seconds)) == minutes


# One-things

FORM = StartupForm(
    reservation_id="n-1",
    name="杭州潮起科技有限公司",
    industry="软件和信息技术服务业",
    registered_capital=100_000_000,
    address="杭州市西湖区文三路1号",
)


def submitted_thing() -> OneThing:
    return OneThing.submitted("t-1", "enterprise_startup", DIVISION, "p-1", FORM, at(1))


def offer(matter: str, visits: int = 0) -> Implementation:
    return Implementation(
        id=f"{DIVISION}-{matter}",
        division=DIVISION,
        matter=matter,
        organ=f"{DIVISION}-{MATTERS[matter].organ_kind}",
        statutory_days=3,
        promised_days=1,
        visits=visits,
        online=True,
    )


def start(thing: OneThing, visits: int = 0) -> dict[str, Case]:
    return {
        code: thing.start_matter(f"c-{code.replace('_', '-')}", offer(code, visits), at(1))
        for code in thing.startable()
    }


def thing_with_enterprise(visits: int = 0) -> OneThing:
    thing = submitted_thing()
    case = start(thing, visits)[REGISTRATION]
    thing.know_enterprise("e-1", case.id, at(1, 11))
    start(thing, visits)
    return thing


def ends_of(thing: OneThing) -> list[object]:
    return [event for event in told(thing) if isinstance(event, OneThingCompleted)]


def test_a_new_one_thing_promises_one_working_day_and_tells_its_seven_matters() -> None:
    thing = submitted_thing()
    assert thing.due == end_of(2)
    assert told(thing) == [
        OneThingSubmitted(
            one_thing_id="t-1",
            thing="enterprise_startup",
            division=DIVISION,
            applicant="p-1",
            matters=(REGISTRATION, *FOLLOWERS),
        )
    ]


def test_a_granted_registration_establishes_the_enterprise_of_the_form() -> None:
    thing = submitted_thing()
    case = start(thing)[REGISTRATION]
    assert case.subject == "p-1"
    assert case.establishes == {
        "name": FORM.name,
        "division": DIVISION,
        "industry": FORM.industry,
        "registered_capital": FORM.registered_capital,
        "legal_representative": "p-1",
        "address": FORM.address,
        "reservation_id": "n-1",
    }


@pytest.mark.parametrize("decision_first", [True, False])
def test_matters_of_the_enterprise_begin_once_however_the_two_events_come(
    decision_first: bool,
) -> None:
    thing = submitted_thing()
    case = start(thing)[REGISTRATION]
    if decision_first:
        thing.settle_matter(REGISTRATION, MatterState.GRANTED, at(1, 11))
        assert thing.startable() == ()
        thing.know_enterprise("e-1", case.id, at(1, 11))
    else:
        thing.know_enterprise("e-1", case.id, at(1, 11))
    cases = start(thing)
    thing.settle_matter(REGISTRATION, MatterState.GRANTED, at(1, 11))
    assert set(cases) == set(FOLLOWERS)
    assert thing.startable() == ()
    assert {follower.subject for follower in cases.values()} == {"e-1"}
    assert {str(follower.establishes) for follower in cases.values()} == {"{'enterprise': 'e-1'}"}


@given(st.permutations(FOLLOWERS))
def test_a_one_thing_completes_with_its_last_matter_in_any_order(order: list[str]) -> None:
    thing = thing_with_enterprise()
    for minute, code in enumerate(order):
        assert ends_of(thing) == []
        thing.settle_matter(code, MatterState.GRANTED, at(1, 12, minute))
    assert thing.state == ThingState.COMPLETED
    assert ends_of(thing) == [
        OneThingCompleted(
            one_thing_id="t-1",
            thing="enterprise_startup",
            division=DIVISION,
            granted=True,
            visits=0,
            minutes=125,
        )
    ]


def test_the_visits_of_a_one_thing_are_those_of_all_its_matters() -> None:
    thing = thing_with_enterprise(visits=1)
    for code in FOLLOWERS:
        thing.settle_matter(code, MatterState.GRANTED, at(1, 12))
    (end,) = ends_of(thing)
    assert isinstance(end, OneThingCompleted)
    assert end.visits == 7


@pytest.mark.parametrize("state", [MatterState.REFUSED, MatterState.WITHDRAWN])
def test_without_registration_nothing_else_begins_and_the_one_thing_failed(
    state: MatterState,
) -> None:
    thing = submitted_thing()
    start(thing)
    thing.settle_matter(REGISTRATION, state, at(1, 11))
    assert thing.state == ThingState.FAILED
    assert thing.startable() == ()
    assert {thing.matter_states[code] for code in FOLLOWERS} == {MatterState.CANCELLED}
    (end,) = ends_of(thing)
    assert isinstance(end, OneThingCompleted)
    assert not end.granted


@given(st.permutations(FOLLOWERS), st.sets(st.sampled_from(FOLLOWERS), min_size=1))
def test_running_matters_are_decided_before_a_one_thing_fails(
    order: list[str], refused: set[str]
) -> None:
    thing = thing_with_enterprise()
    for code in order:
        assert thing.state == ThingState.RUNNING
        outcome = MatterState.REFUSED if code in refused else MatterState.GRANTED
        thing.settle_matter(code, outcome, at(1, 12))
    assert thing.state == ThingState.FAILED
    assert len(ends_of(thing)) == 1


def test_a_settled_matter_stays_settled() -> None:
    thing = thing_with_enterprise()
    thing.settle_matter("tax_invoices", MatterState.REFUSED, at(1, 12))
    thing.settle_matter("tax_invoices", MatterState.GRANTED, at(1, 13))
    assert thing.matter_states["tax_invoices"] is MatterState.REFUSED


@pytest.mark.parametrize("grade", range(1, 6))
def test_the_two_lowest_of_five_grades_are_bad(grade: int) -> None:
    thing = submitted_thing()
    start(thing)
    thing.settle_matter(REGISTRATION, MatterState.REFUSED, at(1, 11))
    thing.rate(grade, None)
    rated = told(thing)[-1]
    assert isinstance(rated, ServiceRated)
    assert rated.bad is is_bad(grade) is (grade <= 2)
    with pytest.raises(AlreadyRated):
        thing.rate(5, None)


def test_a_running_one_thing_cannot_be_rated() -> None:
    thing = submitted_thing()
    with pytest.raises(NotFinishedYet):
        thing.rate(5, "快")
    assert thing.grade is None
