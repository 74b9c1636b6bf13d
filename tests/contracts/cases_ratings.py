"""Cases of ratings and corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.context import Principal
from shared.contracts.digital_government import (
    AppealRating,
    DecideRatingAppeal,
    DeclineCase,
    RateCase,
    RecordCallBack,
    ReportCorrection,
)
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import Ready, on_existing

CHIEF = replace(sample.OFFICER, id="chief.bureau", roles=("leader",))
OFFICE = Principal(
    "office.county", "official", sample.COUNTY, f"{sample.COUNTY}-government", ("general_office",)
)
REPORT: dict[str, Any] = {"found": "窗口未一次告知", "done": "已补充告知清单"}


def rate_case(harness: ServiceHarness) -> Ready:
    """A case that was not accepted."""
    sample.offer(harness)
    case_id = sample.apply(harness, "tenancy")
    harness.execute(DeclineCase(case_id=case_id, reasons="不属于本机关职权范围"), sample.OFFICER)
    return on_existing(RateCase(case_id=case_id, grade=1), sample.APPLICANT)


def _rated(harness: ServiceHarness) -> str:
    ready = rate_case(harness)
    harness.execute(ready.order, ready.by)
    return f"r-{sample.cases(harness)[0]}"


def report_correction(harness: ServiceHarness) -> Ready:
    """A bad rating."""
    return on_existing(ReportCorrection(rating_id=_rated(harness), **REPORT), sample.OFFICER)


def record_call_back(harness: ServiceHarness) -> Ready:
    """A bad rating of which was said what was put right."""
    ready = report_correction(harness)
    rating = harness.execute(ready.order, ready.by).id
    order = RecordCallBack(rating_id=rating, satisfied=True, words="已满意")
    return on_existing(order, OFFICE)


def appeal_rating(harness: ServiceHarness) -> Ready:
    """A bad rating."""
    return on_existing(AppealRating(rating_id=_rated(harness), reasons="评价对象有误"), CHIEF)


def decide_rating_appeal(harness: ServiceHarness) -> Ready:
    """A bad rating that is appealed against."""
    ready = appeal_rating(harness)
    rating = harness.execute(ready.order, ready.by).id
    order = DecideRatingAppeal(rating_id=rating, upheld=True, reasons="查证属实")
    return on_existing(order, OFFICE)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "RateCase": rate_case,
    "ReportCorrection": report_correction,
    "RecordCallBack": record_call_back,
    "AppealRating": appeal_rating,
    "DecideRatingAppeal": decide_rating_appeal,
}
