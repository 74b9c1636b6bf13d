"""The rules of items, cases and one-things, without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.digital_government.domain.cases import (
    CLOSED,
    CaseInWrongState,
    CaseState,
    CaseVerb,
    DeliveredAlready,
    RefusalNeedsReasons,
    SupplementAlreadyRequested,
    is_in_time,
    minutes_between,
    reminder_of,
    require_allowed,
)
from services.digital_government.domain.forms import as_answered
from services.digital_government.domain.items import ImplementationState
from services.digital_government.domain.one_things import (
    OPEN,
    MatterState,
    ThingState,
    UnfitThing,
    merged_form,
    merged_materials,
    out_of_reach,
    require_sound,
    startable,
    state_of_thing,
    taken_matters,
    undone_by_failure,
)
from services.digital_government.domain.ratings import is_bad
from services.digital_government.models import Case, Implementation, OneThing, Rating
from services.digital_government.reference.items import THINGS
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
    ResultDelivered,
    ServiceRated,
    StartupForm,
    ThingDefinition,
    ThingMatter,
)
from shared.contracts.identity_data import SharedFact
from shared.deadlines import LAST_CALENDAR_YEAR
from shared.divisions import ZHEJIANG_COUNTIES, Level, level_of
from shared.errors import Conflict
from tests.contracts.sample_things import EDITIONS, STARTUP

DIVISION = "330106"
REGISTRATION = "enterprise_registration"
FOLLOWERS = tuple(one.matter for one in STARTUP.definition.matters if one.matter != REGISTRATION)


FORM = StartupForm(
    reservation_id="n-1",
    name="杭州潮起科技有限公司",
    industry="软件和信息技术服务业",
    registered_capital=100_000_000,
    address="杭州市西湖区文三路1号",
)


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
        case CaseState.REVOKED:
            case.decide("granted", None, at(1))
            case.revoke("另一事项未获准予")
        case CaseState.DECLINED:
            case = pending_case()
            case.decline("不属于本机关职权范围", at(1))
    assert case.state == state
    case.take_told()
    return case


def told(record: Case | OneThing) -> list[object]:
    return [event for event, _ in record.take_told()]


# The catalogue and the graph


def test_there_are_ninety_counties_and_each_has_the_code_of_one() -> None:
    assert len(set(ZHEJIANG_COUNTIES)) == len(ZHEJIANG_COUNTIES) == 90
    assert {level_of(code) for code in ZHEJIANG_COUNTIES} == {Level.COUNTY}


def composed(*matters: ThingMatter) -> ThingDefinition:
    return replace(STARTUP.definition, matters=matters, form={})


DEFINITIONS = {code: one.definition for code, one in EDITIONS.items()}


def part(matter: str, *after: str, **more: Any) -> ThingMatter:
    return ThingMatter(matter=matter, after=after, **more)


@pytest.mark.parametrize(
    ("matters", "fault"),
    [
        (
            (
                part("tax_invoices", "housing_fund"),
                part("housing_fund", "seal_engraving"),
                part("seal_engraving", "tax_invoices"),
            ),
            "they wait for each other",
        ),
        ((part("horse_licence"), part("tax_invoices")), "“horse_licence” is no item in force"),
        ((part("tax_invoices", "seal_engraving"), part("housing_fund")), "is no part of it"),
        ((part("tax_invoices"), part("tax_invoices")), "a matter stands twice"),
        (
            (part("seal_engraving"), part(REGISTRATION, stands_with=("seal_engraving",))),
            "cannot be undone",
        ),
        ((part("tax_invoices", when="answers.x =="), part("housing_fund")), "faulty condition"),
    ],
)
def test_a_one_thing_that_could_not_run_is_refused_with_what_to_mend(
    matters: tuple[ThingMatter, ...], fault: str
) -> None:
    with pytest.raises(UnfitThing) as refusal:
        require_sound(composed(*matters), DEFINITIONS)
    assert fault in " ".join(refusal.value.fields["matters"])


def test_forms_that_mean_different_things_by_one_key_are_not_merged() -> None:
    other = replace(
        DEFINITIONS["housing_fund"],
        form={
            "type": "object",
            "additionalProperties": False,
            "properties": {"bank": {"type": "integer", "title": "银行", "x-source": "applicant"}},
        },
    )
    with pytest.raises(UnfitThing) as refusal:
        require_sound(
            composed(part("bank_appointment"), part("housing_fund")),
            {**DEFINITIONS, "housing_fund": other},
        )
    assert "field “bank” is not the same" in refusal.value.fields["form"][0]


def test_the_one_form_asks_everything_once() -> None:
    taken = [one.matter for one in STARTUP.definition.matters]
    form = merged_form(STARTUP.definition, DEFINITIONS, taken)
    assert set(FORM.dump()) <= set(form["properties"])
    asked = [key for code in taken for key in DEFINITIONS[code].form.get("properties", {})]
    assert len(form["properties"]) == len(set(asked)) < len(asked)
    assert form["required"] == [
        "reservation_id",
        "name",
        "industry",
        "registered_capital",
        "address",
    ]


@pytest.mark.parametrize(("withdraws", "part_of_it"), [(True, True), (False, False), (None, False)])
def test_a_matter_is_part_of_it_where_its_condition_holds(
    withdraws: bool | None, part_of_it: bool
) -> None:
    answers = {} if withdraws is None else {"withdraws": withdraws}
    taken = {one.matter for one in taken_matters(THINGS["buying_a_house"], answers)}
    assert ("housing_fund_withdrawal_purchase" in taken) is part_of_it
    assert "deed_tax" in taken


def test_a_document_that_several_matters_need_is_asked_for_once() -> None:
    taken = ["deed_tax", "housing_transfer_registration", "housing_fund_withdrawal_purchase"]
    (contract,) = merged_materials(DEFINITIONS, taken)
    assert (contract.key, contract.source) == ("purchase_contract", "applicant")


def entry(state: MatterState, *after: str, **more: Any) -> dict[str, Any]:
    found = {"state": state.value, "after": list(after), "stands_with": [], "of_enterprise": False}
    return {**found, **more}


@given(
    st.fixed_dictionaries(
        {one.matter: st.sampled_from(MatterState) for one in STARTUP.definition.matters}
    ),
    st.booleans(),
)
def test_only_a_waiting_matter_whose_dependencies_are_granted_starts(
    states: dict[str, MatterState], known: bool
) -> None:
    matters = {
        one.matter: entry(states[one.matter], *one.after, of_enterprise=one.matter != REGISTRATION)
        for one in STARTUP.definition.matters
    }
    found = startable(matters, enterprise_known=known)
    for code in found:
        assert states[code] is MatterState.WAITING
        assert known or code == REGISTRATION
        assert code == REGISTRATION or states[REGISTRATION] is MatterState.GRANTED
    if states[REGISTRATION] is MatterState.GRANTED and known:
        waiting = {code for code in FOLLOWERS if states[code] is MatterState.WAITING}
        assert set(found) >= waiting


def test_what_stands_with_a_refused_matter_is_undone_and_nothing_else() -> None:
    matters = {
        "transfer": entry(MatterState.REFUSED),
        "tax": entry(MatterState.GRANTED, stands_with=["transfer"]),
        "loan": entry(MatterState.GRANTED, "tax", stands_with=["tax"]),
        "account": entry(MatterState.GRANTED),
        "running": entry(MatterState.RUNNING, stands_with=["transfer"]),
    }
    undone = undone_by_failure(matters)
    assert undone == {"loan": "transfer", "tax": "transfer"}
    assert list(undone) == ["loan", "tax"]  # What depends on others comes first.
    assert out_of_reach(matters) == []


def test_what_waits_for_a_matter_that_failed_is_out_of_reach_however_far() -> None:
    matters = {
        "first": entry(MatterState.REFUSED),
        "second": entry(MatterState.WAITING, "first"),
        "third": entry(MatterState.WAITING, "second"),
        "beside": entry(MatterState.WAITING),
    }
    assert set(out_of_reach(matters)) == {"second", "third"}


@given(st.lists(st.sampled_from(MatterState), min_size=1))
def test_a_one_thing_ends_with_its_last_matter_and_completes_only_if_all_were_granted(
    states: list[MatterState],
) -> None:
    state = state_of_thing({str(place): one for place, one in enumerate(states)})
    assert (state is ThingState.RUNNING) == any(one in OPEN for one in states)
    assert (state is ThingState.COMPLETED) == all(s is MatterState.GRANTED for s in states)


# Cases

VERBS: dict[CaseVerb, Callable[[Case], None]] = {
    CaseVerb.ACCEPT: lambda case: case.accept((), at(2)),
    CaseVerb.REQUEST_SUPPLEMENT: lambda case: case.request_supplement(("章程",), at(2)),
    CaseVerb.SUPPLEMENT: lambda case: case.supplement({"章程": "见附件"}, at(2)),
    CaseVerb.SUSPEND: lambda case: case.suspend("hearing", 5, at(2)),
    CaseVerb.RESUME: lambda case: case.resume(at(2)),
    CaseVerb.DECIDE: lambda case: case.decide("granted", None, at(2)),
    CaseVerb.WITHDRAW: lambda case: case.withdraw("不办了", at(2)),
    CaseVerb.DECLINE: lambda case: case.decline("不属于本机关职权范围", at(2)),
    CaseVerb.REVOKE: lambda case: case.revoke("另一事项未获准予"),
    CaseVerb.DELIVER: lambda case: case.deliver("window", "R-1", at(2)),
    CaseVerb.TRANSFER: lambda case: case.transfer("330105", "330105-transport", "属其管辖"),
}
STAYING = {CaseVerb.DELIVER, CaseVerb.TRANSFER}
"""After these a case is in the state in which it was."""


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
    assert (case.state != state) is (verb not in STAYING)
    assert len(told(case)) == 1


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_nothing_can_be_done_with_a_closed_case_but_with_its_decision(
    state: CaseState,
) -> None:
    for verb in set(CaseVerb) - {CaseVerb.DELIVER, CaseVerb.REVOKE}:
        with pytest.raises(CaseInWrongState):
            require_allowed(verb, state)


def test_a_result_is_delivered_once() -> None:
    case = case_in(CaseState.DECIDED)
    case.deliver("electronic", "l-1", at(2))
    assert told(case) == [ResultDelivered(case_id="c-1", way="electronic")]
    with pytest.raises(DeliveredAlready):
        case.deliver("post", "EMS-2", at(3))


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


def submitted_thing() -> OneThing:
    return OneThing.submitted(
        "t-1",
        STARTUP,
        STARTUP.definition.matters,
        EDITIONS,
        at(1),
        division=DIVISION,
        owner="p-1",
        form=as_answered(FORM.dump()),
    )


def offer(matter: str, visits: int = 0) -> Implementation:
    return Implementation(
        id=f"{DIVISION}-{matter}",
        division=DIVISION,
        matter=matter,
        organ=f"{DIVISION}-{EDITIONS[matter].definition.organ_kind}",
        statutory_days=3,
        promised_days=1,
        visits=visits,
        online=True,
        state=ImplementationState.PUBLISHED.value,
        item_edition=EDITIONS[matter].id,
    )


def start(thing: OneThing, visits: int = 0) -> dict[str, Case]:
    return {
        code: thing.start_matter(
            f"c-{code.replace('_', '-')}", offer(code, visits), EDITIONS[code], at(1)
        )
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
        assert thing.startable() == []
        thing.know_enterprise("e-1", case.id, at(1, 11))
    else:
        thing.know_enterprise("e-1", case.id, at(1, 11))
    cases = start(thing)
    thing.settle_matter(REGISTRATION, MatterState.GRANTED, at(1, 11))
    assert set(cases) == set(FOLLOWERS)
    assert thing.startable() == []
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
    assert thing.startable() == []
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
def test_the_two_lowest_of_five_grades_are_bad_and_put_right(grade: int) -> None:
    rating = Rating.of_case(case_in(CaseState.DECIDED), grade, at(1))
    rating.give()
    (rated,) = [event for event, _ in rating.take_told()]
    assert isinstance(rated, ServiceRated)
    assert rated.bad is is_bad(grade) is (grade <= 2)
    assert (rated.due is not None) is rated.bad
