"""Advice, complaints and suggestions: who answers, by when, who after that, and what anybody may
read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.digital_government.domain.concerns import (
    AskedBackBefore,
    ConcernInWrongState,
    NoSuchPlace,
    NotAnOrganToAnswer,
    NotForPublication,
    NotToWhomItIsAbout,
    NotYourCase,
    PassedOnTooOften,
    ReopenedBefore,
    TooManyOpen,
)
from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.models import Measure
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Principal
from shared.contracts.digital_government import (
    AddToConcern,
    AnswerConcern,
    AskBack,
    ConcernAnswered,
    ConcernById,
    ConcernDetail,
    ConcernEscalated,
    ConcernPassedOn,
    ConcernsOfOrgan,
    ConcernsOfPerson,
    PassConcern,
    PublishedAnswers,
    ReopenConcern,
    WithdrawConcern,
)
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.cases_concerns import ANSWER, advice
from tests.counting import counted, measured

STRANGER = replace(sample.APPLICANT, id="account.stranger", person="p-2")


def official(organ: str, role: str = "general_office") -> Principal:
    """Somebody who answers for an organ."""
    return Principal(f"office.{organ}", "official", organ.partition("-")[0], organ, (role,))


OFFICE = official("330106-government")
PLATFORM = official("330106-data_resources")


def day(number: int, hour: int = 10) -> datetime:
    """An instant of March 2026; the 2nd is a Monday and there is no holiday."""
    return datetime(2026, 3, number, hour, tzinfo=CHINA)


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.offer(made)
    return made


def ask(harness: ServiceHarness, **changes: Any) -> str:
    return harness.execute(advice(**changes), sample.APPLICANT).id


def concern(harness: ServiceHarness, concern_id: str) -> ConcernDetail:
    return harness.execute(ConcernById(concern_id=concern_id), sample.APPLICANT)


def answer(concern_id: str, **more: Any) -> AnswerConcern:
    return AnswerConcern(concern_id=concern_id, answer=ANSWER, **more)


def to(concern_id: str, place: str, kind: str) -> PassConcern:
    return PassConcern(concern_id=concern_id, place=place, organ_kind=kind, reason="非本机关职责")


def figures(harness: ServiceHarness) -> dict[str, int]:
    """The measures of concerns, which are what was counted one by one."""
    harness.settle()
    values = measured(harness, Measure)
    assert values == counted(harness)
    return {name: n for (name, _, _), n in values.items() if name.startswith("concerns")}


# Who answers


@pytest.mark.parametrize(
    ("changes", "organ"),
    [
        ({}, sample.HANDLING),
        ({"item": None}, "330106-data_resources"),
        ({"kind": "suggestion"}, sample.HANDLING),
        ({"kind": "complaint"}, "330106-government"),
        ({"division": "330106001001"}, sample.HANDLING),
        ({"division": "3301", "item": None}, "3301-data_resources"),
        ({"division": "33", "item": None, "kind": "complaint"}, "33-government"),
    ],
)
def test_it_comes_before_the_organ_whose_it_is(
    government: ServiceHarness, changes: dict[str, Any], organ: str
) -> None:
    assert concern(government, ask(government, **changes)).organ == organ


def test_about_a_case_it_comes_before_its_organ_and_a_complaint_never_does(
    government: ServiceHarness,
) -> None:
    case_id = sample.apply(government, "tenancy")
    about = {"case_id": case_id, "item": None, "division": "33"}
    found = concern(government, ask(government, **about))
    assert (found.organ, found.division, found.item) == (
        sample.HANDLING,
        sample.COUNTY,
        sample.CODE,
    )
    complaint = ask(government, kind="complaint", **about)
    assert concern(government, complaint).organ == OFFICE.organ
    with pytest.raises(NotToWhomItIsAbout):
        government.execute(to(complaint, sample.COUNTY, "public_security"), OFFICE)
    assert concern(government, complaint).organ == OFFICE.organ


def test_nobody_names_anothers_case_or_what_nobody_offers(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy")
    with pytest.raises(NotYourCase):
        government.execute(advice(case_id=case_id), STRANGER)
    with pytest.raises(NotYourCase):
        ask(government, case_id="c-nowhere")
    with pytest.raises(ItemNotOffered):
        ask(government, item="not_an_item")
    assert government.execute(ConcernsOfPerson(owner=STRANGER.person), STRANGER).concerns == ()


def test_who_raised_it_and_the_organ_see_it_and_nobody_else(government: ServiceHarness) -> None:
    concern_id = ask(government)
    query = ConcernById(concern_id=concern_id)
    assert government.execute(query, sample.OFFICER).concern_id == concern_id
    for other in (STRANGER, OFFICE, sample.COLLEAGUE):
        with pytest.raises(NotAllowed):
            government.execute(query, other)
    listed = ConcernsOfOrgan(division=sample.COUNTY, organ=sample.HANDLING)
    (waiting,) = government.execute(listed, sample.OFFICER).concerns
    assert waiting.concern_id == concern_id
    government.execute(answer(concern_id), sample.OFFICER)
    assert government.execute(listed, sample.OFFICER).concerns == ()
    (own,) = government.execute(ConcernsOfPerson(owner=sample.PERSON), sample.APPLICANT).concerns
    assert (own.state, own.answer) == ("answered", ANSWER)


def test_nobody_answers_what_they_asked(government: ServiceHarness) -> None:
    concern_id = ask(government)
    oneself = replace(sample.OFFICER, person=sample.PERSON)
    with pytest.raises(NotAllowed):
        government.execute(answer(concern_id), oneself)


def test_somebody_must_be_there_to_answer(government: ServiceHarness) -> None:
    for division in ("339999", "3399"):
        with pytest.raises(NoSuchPlace):
            ask(government, division=division, item=None)


def test_one_person_has_twenty_open_at_most(government: ServiceHarness) -> None:
    concerns = [ask(government) for _ in range(20)]
    with pytest.raises(TooManyOpen):
        ask(government)
    assert government.execute(advice(), STRANGER).id
    government.execute(answer(concerns[0]), sample.OFFICER)
    assert ask(government)


# By when


@pytest.mark.parametrize(("kind", "due"), [("advice", 9), ("suggestion", 23), ("complaint", 23)])
def test_each_kind_has_its_working_days(government: ServiceHarness, kind: str, due: int) -> None:
    found = concern(government, ask(government, kind=kind))
    assert found.due is not None
    assert found.due.date() == day(due).date()


def test_what_is_late_goes_up_level_by_level_and_stays_at_the_province(
    government: ServiceHarness,
) -> None:
    concern_id = ask(government)
    # Whoever has it has five working days: the 9th, the 16th, the 23rd.
    for number, organ in ((10, "3301-"), (17, "33-"), (24, "33-")):
        government.at(day(number, 0))
        government.settle()
        assert concern(government, concern_id).organ == f"{organ}public_security"
    told = government.told(ConcernEscalated)
    assert [event.from_organ for event in told] == [
        sample.HANDLING,
        "3301-public_security",
        "33-public_security",
    ]
    with pytest.raises(NotAllowed):
        government.execute(answer(concern_id), sample.OFFICER)
    government.execute(answer(concern_id), official("33-public_security"))
    (answered,) = government.told(ConcernAnswered)
    assert not answered.in_time
    assert figures(government) == {
        "concerns_raised": 1,
        "concerns_escalated": 3,
        "concerns_answered": 1,
    }


def test_an_answer_on_the_last_day_is_in_time_and_ends_the_clock(
    government: ServiceHarness,
) -> None:
    concern_id = ask(government)
    government.at(day(9, 23))
    government.settle()
    government.execute(answer(concern_id), sample.OFFICER)
    government.at(day(30))
    government.settle()
    assert government.told(ConcernEscalated) == []
    (answered,) = government.told(ConcernAnswered)
    assert answered.in_time
    assert figures(government)["concerns_in_time"] == 1
    with pytest.raises(ConcernInWrongState):
        government.execute(answer(concern_id), sample.OFFICER)


def test_the_clock_stands_while_its_author_is_asked(government: ServiceHarness) -> None:
    concern_id = ask(government)
    question = AskBack(concern_id=concern_id, question="请说明居住证编号")
    government.at(day(4))
    government.execute(question, sample.OFFICER)
    assert concern(government, concern_id).due is None
    government.at(day(12))
    government.settle()
    assert government.told(ConcernEscalated) == []
    with pytest.raises(NotAllowed):
        government.execute(AddToConcern(concern_id=concern_id, words="尾号1234"), STRANGER)
    government.execute(AddToConcern(concern_id=concern_id, words="尾号1234"), sample.APPLICANT)
    found = concern(government, concern_id)
    assert (found.question, found.added, found.state) == (question.question, "尾号1234", "open")
    assert found.due is not None
    # One day of the five was used; the stop takes out the days from the 4th to the 12th.
    assert found.due.date() == day(18).date()
    with pytest.raises(AskedBackBefore):
        government.execute(question, sample.OFFICER)


def test_an_organ_waits_ten_working_days_for_what_it_asked(government: ServiceHarness) -> None:
    concern_id = ask(government)
    question = AskBack(concern_id=concern_id, question="请说明居住证编号")
    government.execute(question, sample.OFFICER)
    government.at(day(16, 23))
    government.settle()
    assert concern(government, concern_id).state == "asked_back"
    government.at(day(17, 0))
    government.settle()
    found = concern(government, concern_id)
    assert (found.state, found.added) == ("open", None)
    assert found.due is not None
    government.execute(answer(concern_id), sample.OFFICER)


# From hand to hand


def test_it_is_passed_on_twice_at_most_and_the_clock_runs_on(government: ServiceHarness) -> None:
    concern_id = ask(government)
    due = concern(government, concern_id).due
    government.execute(to(concern_id, "330106", "data_resources"), sample.OFFICER)
    with pytest.raises(NotAllowed):
        government.execute(answer(concern_id), sample.OFFICER)
    government.execute(to(concern_id, "330106", "public_security"), PLATFORM)
    with pytest.raises(PassedOnTooOften):
        government.execute(to(concern_id, "330106", "data_resources"), sample.OFFICER)
    assert concern(government, concern_id).due == due
    government.execute(answer(concern_id), sample.OFFICER)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("330105", "data_resources"),  # Another county.
        ("330106", "no_such_organ"),
        ("330106", "transport"),  # Offers nothing here.
        ("330106001", "data_resources"),  # A township has no organs that answer.
    ],
)
def test_it_is_passed_to_an_organ_of_here_or_above_that_offers_something(
    government: ServiceHarness, place: str, kind: str
) -> None:
    concern_id = ask(government, division="330106001")
    with pytest.raises(NotAnOrganToAnswer):
        government.execute(to(concern_id, place, kind), sample.OFFICER)
    assert concern(government, concern_id).organ == sample.HANDLING


def test_who_is_not_helped_has_it_answered_anew_from_above_once(
    government: ServiceHarness,
) -> None:
    concern_id = ask(government)
    reopen = ReopenConcern(concern_id=concern_id, reason="没有回答问题")
    with pytest.raises(ConcernInWrongState):
        government.execute(reopen, sample.APPLICANT)
    government.execute(answer(concern_id), sample.OFFICER)
    government.execute(reopen, sample.APPLICANT)
    found = concern(government, concern_id)
    assert (found.state, found.organ) == ("open", "3301-public_security")
    government.execute(answer(concern_id), official("3301-public_security"))
    with pytest.raises(ReopenedBefore):
        government.execute(reopen, sample.APPLICANT)
    assert [event.again for event in government.told(ConcernAnswered)] == [False, True]
    assert figures(government)["concerns_answered"] == 1


def test_it_is_taken_back_until_it_is_answered(government: ServiceHarness) -> None:
    concern_id = ask(government)
    government.execute(WithdrawConcern(concern_id=concern_id), sample.APPLICANT)
    with pytest.raises(ConcernInWrongState):
        government.execute(answer(concern_id), sample.OFFICER)
    government.at(day(20))
    government.settle()
    assert government.told(ConcernEscalated) == []


# What anybody may read


def test_an_answer_is_published_in_the_organs_words_where_its_author_lets_it(
    government: ServiceHarness,
) -> None:
    kept, shown = ask(government), ask(government, publishable=True)
    with pytest.raises(NotForPublication):
        government.execute(answer(kept, publish_as="签注材料"), sample.OFFICER)
    government.execute(answer(kept), sample.OFFICER)
    government.execute(answer(shown, publish_as="签注需要哪些材料？"), sample.OFFICER)

    def published(**by: Any) -> list[tuple[str, str]]:
        query = PublishedAnswers(**{"division": "33", **by})
        return [(a.words, a.answer) for a in government.execute(query, ANONYMOUS).answers]

    one = [("签注需要哪些材料？", ANSWER)]
    assert published() == published(item=sample.CODE) == published(words="哪些") == one
    assert published(division="330106") == one
    assert published(division="3302") == published(words="%") == published(item="other") == []
    government.execute(ReopenConcern(concern_id=shown, reason="没有回答"), sample.APPLICANT)
    assert published() == []


# Mergers


def test_what_a_county_that_ends_has_to_answer_is_its_successors(
    government: ServiceHarness,
) -> None:
    concern_id = ask(government)
    due = concern(government, concern_id).due
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=day(3).date(),
        moves=(TerritoryMove(from_code=sample.COUNTY, to_code="330105"),),
    )
    government.at(day(3, 0))
    government.deliver(merged, division="3301")
    government.settle()
    found = concern(government, concern_id)
    assert (found.division, found.organ, found.due) == ("330105", "330105-public_security", due)
    assert len(government.told(ConcernPassedOn)) == 1
    government.execute(answer(concern_id), official("330105-public_security"))
