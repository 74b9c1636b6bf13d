"""Ratings and what is put right: once, by whom they are, in time, called back, appealed, shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.digital_government.domain.ratings import (
    AlreadyRated,
    AppealedBefore,
    AppealTooLate,
    CorrectionInWrongState,
    NotByTheRated,
    NotFinishedYet,
)
from services.digital_government.models import Measure
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Principal
from shared.contracts.digital_government import (
    AcceptCase,
    AppealRating,
    CalledBack,
    CorrectionOverdue,
    CorrectionReported,
    DecideCase,
    DecideRatingAppeal,
    PublishedRatings,
    RateCase,
    RatingById,
    RatingDetail,
    RatingExcluded,
    RatingPassedOn,
    RatingsToCallBack,
    RatingsToCorrect,
    RecordCallBack,
    ReportCorrection,
    WithdrawCase,
)
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.errors import NotAllowed
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.counting import counted, measured

OFFICE = Principal(
    "office.county", "official", sample.COUNTY, f"{sample.COUNTY}-government", ("general_office",)
)
CHIEF = replace(sample.OFFICER, id="chief.bureau", roles=("leader",))
STRANGER = replace(sample.APPLICANT, id="account.stranger", person="p-2")
STUDY = {**sample.ANSWERS, "ground": "study"}
REPORT: dict[str, Any] = {"found": "窗口未一次告知", "done": "已补充告知清单并培训"}
QUERY = PublishedRatings(division=sample.COUNTY, period="2026-03")


def day(number: int, hour: int = 10) -> datetime:
    """An instant of March 2026; the 2nd is a Monday and there is no holiday."""
    return datetime(2026, 3, number, hour, tzinfo=CHINA)


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.offer(made)
    return made


def decided(harness: ServiceHarness) -> str:
    case_id = sample.apply(harness, "tenancy", "employment", answers=STUDY)
    harness.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    harness.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
    return case_id


def rate(harness: ServiceHarness, grade: int = 1, **given: Any) -> str:
    """Rate another decided case; the rating's id."""
    case_id = decided(harness)
    harness.execute(RateCase(case_id=case_id, grade=grade, **given), sample.APPLICANT)
    return f"r-{case_id}"


def rating(harness: ServiceHarness, rating_id: str) -> RatingDetail:
    return harness.execute(RatingById(rating_id=rating_id), sample.APPLICANT)


# Giving it


def test_a_case_is_rated_once_by_its_applicant_when_it_is_over(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy", answers=STUDY)
    order = RateCase(case_id=case_id, grade=1)
    with pytest.raises(NotFinishedYet):
        government.execute(order, sample.APPLICANT)
    government.execute(AcceptCase(case_id=case_id), sample.OFFICER)
    refusal = DecideCase(case_id=case_id, outcome="refused", reasons="材料未补")
    government.execute(refusal, sample.OFFICER)
    with pytest.raises(NotAllowed):
        government.execute(order, STRANGER)
    with pytest.raises(NotAllowed):
        government.execute(order, sample.OFFICER)
    government.execute(order, sample.APPLICANT)
    with pytest.raises(AlreadyRated):
        government.execute(replace(order, grade=5), sample.APPLICANT)
    assert rating(government, f"r-{case_id}").grade == 1


def test_who_withdrew_has_nothing_to_rate(government: ServiceHarness) -> None:
    case_id = sample.apply(government, "tenancy")
    government.execute(WithdrawCase(case_id=case_id, reason="不办了"), sample.APPLICANT)
    with pytest.raises(NotFinishedYet):
        government.execute(RateCase(case_id=case_id, grade=1), sample.APPLICANT)


@pytest.mark.parametrize(("grade", "correction"), [(1, "open"), (2, "open"), (3, "none")])
def test_the_two_lowest_grades_open_a_correction_of_fifteen_working_days(
    government: ServiceHarness, grade: int, correction: str
) -> None:
    found = rating(government, rate(government, grade))
    assert found.correction == correction
    assert (found.due is not None and found.due.date() == day(23).date()) == (grade < 3)


def test_fifteen_working_days_leave_out_a_public_holiday(government: ServiceHarness) -> None:
    government.at(datetime(2026, 9, 24, 10, tzinfo=CHINA))
    found = rating(government, rate(government))
    # Mid-Autumn and the National Day stand between, and a Saturday that was worked.
    assert found.due is not None
    assert found.due.date() == datetime(2026, 10, 22).date()


# Putting it right


def test_a_correction_is_reported_and_called_back(government: ServiceHarness) -> None:
    rating_id = rate(government)
    order = ReportCorrection(rating_id=rating_id, **REPORT)
    (waiting,) = government.execute(
        RatingsToCorrect(division=sample.COUNTY, organ=sample.HANDLING), sample.OFFICER
    ).ratings
    assert waiting.rating_id == rating_id
    with pytest.raises(NotAllowed):
        government.execute(order, sample.COLLEAGUE)
    government.at(day(23, 23))
    government.execute(order, sample.OFFICER)
    with pytest.raises(CorrectionInWrongState):
        government.execute(order, sample.OFFICER)
    assert [event.in_time for event in government.told(CorrectionReported)] == [True]
    (waiting,) = government.execute(RatingsToCallBack(division=sample.COUNTY), OFFICE).ratings
    assert waiting.done == REPORT["done"]
    call = RecordCallBack(rating_id=rating_id, satisfied=True, words="已满意")
    with pytest.raises(NotAllowed):
        government.execute(call, sample.OFFICER)
    government.execute(call, OFFICE)
    assert rating(government, rating_id).correction == "closed"


def test_who_is_not_satisfied_has_it_put_right_once_more_and_no_more(
    government: ServiceHarness,
) -> None:
    rating_id = rate(government)
    report = ReportCorrection(rating_id=rating_id, **REPORT)
    call = RecordCallBack(rating_id=rating_id, satisfied=False, words="仍未解决")
    government.execute(report, sample.OFFICER)
    government.at(day(10))
    government.execute(call, OFFICE)
    second = rating(government, rating_id)
    assert second.correction == "open"
    assert second.due is not None
    assert second.due.date() == day(31).date()
    government.execute(report, sample.OFFICER)
    government.execute(call, OFFICE)
    assert rating(government, rating_id).correction == "closed"
    assert [event.satisfied for event in government.told(CalledBack)] == [False, False]


def test_a_correction_is_overdue_once(government: ServiceHarness) -> None:
    rating_id = rate(government)
    government.at(day(23, 23))
    government.settle()
    assert government.told(CorrectionOverdue) == []
    government.at(day(24, 0))
    government.settle()
    government.at(day(31))
    government.settle()
    assert [event.rating_id for event in government.told(CorrectionOverdue)] == [rating_id]
    government.execute(ReportCorrection(rating_id=rating_id, **REPORT), sample.OFFICER)
    assert [event.in_time for event in government.told(CorrectionReported)] == [False]


def test_the_rated_organ_neither_calls_back_nor_decides(government: ServiceHarness) -> None:
    rating_id = rate(government)
    of_the_organ = replace(OFFICE, organ=sample.HANDLING)
    government.execute(AppealRating(rating_id=rating_id, reasons="非本单位办件"), CHIEF)
    decide = DecideRatingAppeal(rating_id=rating_id, upheld=True, reasons="属实")
    with pytest.raises(NotByTheRated):
        government.execute(decide, of_the_organ)
    government.execute(replace(decide, upheld=False), OFFICE)
    government.execute(ReportCorrection(rating_id=rating_id, **REPORT), sample.OFFICER)
    with pytest.raises(NotByTheRated):
        government.execute(
            RecordCallBack(rating_id=rating_id, satisfied=True, words="满意"), of_the_organ
        )


# Appeals


def test_the_clock_stands_during_an_appeal_and_goes_on_after_its_rejection(
    government: ServiceHarness,
) -> None:
    rating_id = rate(government)
    appeal = AppealRating(rating_id=rating_id, reasons="评价对象有误")
    with pytest.raises(NotAllowed):
        government.execute(appeal, sample.OFFICER)
    government.at(day(4))
    government.execute(appeal, CHIEF)
    found = rating(government, rating_id)
    assert (found.correction, found.due) == ("appealed", None)
    with pytest.raises(CorrectionInWrongState):
        government.execute(ReportCorrection(rating_id=rating_id, **REPORT), sample.OFFICER)
    government.at(day(10))
    reject = DecideRatingAppeal(rating_id=rating_id, upheld=False, reasons="评价属实")
    government.execute(reject, OFFICE)
    found = rating(government, rating_id)
    # The 4th to the 10th, five working days, are taken out.
    assert found.due is not None
    assert (found.correction, found.due.date()) == ("open", day(30).date())
    with pytest.raises(AppealedBefore):
        government.execute(appeal, CHIEF)


def test_an_appeal_comes_within_five_working_days(government: ServiceHarness) -> None:
    first, second = rate(government), rate(government)
    government.at(day(9, 23))
    government.execute(AppealRating(rating_id=first, reasons="评价对象有误"), CHIEF)
    government.at(day(10))
    with pytest.raises(AppealTooLate):
        government.execute(AppealRating(rating_id=second, reasons="评价对象有误"), CHIEF)


def test_a_rating_whose_appeal_is_upheld_counts_nowhere(government: ServiceHarness) -> None:
    kept, wrong = rate(government, 4), rate(government, 1)
    government.execute(AppealRating(rating_id=wrong, reasons="恶意差评"), CHIEF)
    uphold = DecideRatingAppeal(rating_id=wrong, upheld=True, reasons="查证属恶意评价")
    government.execute(uphold, OFFICE)
    government.settle()
    assert len(government.told(RatingExcluded)) == 1
    values = measured(government, Measure)
    totals = {name: value for (name, _, _), value in values.items()}
    assert (totals["ratings"], totals["ratings_bad"], totals["rating_grades"]) == (1, 0, 4)
    assert counted(government) == values
    (organ,) = government.execute(QUERY, ANONYMOUS).organs
    assert (organ.grades, organ.satisfaction, organ.corrections) == ({"4": 1}, 100.0, 0)
    assert rating(government, kept).correction == "none"


# Shown to all


def test_ratings_are_published_by_organ_without_names(government: ServiceHarness) -> None:
    rate(government, 5)
    bad = rate(government, 2, comment="跑了两趟", publishable=True)
    rate(government, 3, comment="不公开的话")
    government.execute(ReportCorrection(rating_id=bad, **REPORT), sample.OFFICER)
    report = government.execute(QUERY, ANONYMOUS)
    (organ,) = report.organs
    assert organ.organ == sample.HANDLING
    assert organ.grades == {"2": 1, "3": 1, "5": 1}
    assert organ.satisfaction == 66.67
    assert (organ.corrections, organ.corrected, organ.corrected_in_time) == (1, 1, 1)
    (comment,) = report.comments
    assert (comment.comment, comment.answer) == ("跑了两趟", REPORT["done"])
    other = replace(QUERY, period="2026-04")
    assert government.execute(other, ANONYMOUS).organs == ()


def test_an_open_correction_passes_to_the_successor(government: ServiceHarness) -> None:
    rating_id = rate(government)
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=day(2).date(),
        moves=(TerritoryMove(from_code=sample.COUNTY, to_code="330105"),),
    )
    government.deliver(merged, division="3301")
    government.settle()
    (passed,) = government.told(RatingPassedOn)
    assert (passed.id, passed.division) == (rating_id, "330105")
    assert rating(government, rating_id).organ == "330105-public_security"
