"""Messages about ratings and corrections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.digital_government.domain.cases import CaseState
from services.digital_government.models import Rating
from shared.context import new_id
from tests.contracts.cases_ratings import REPORT
from tests.security.access_items import on_case
from tests.security.databases import Databases, Payload, Resource, only


def on_rating(*verbs: str, **more: Any) -> Callable[[Databases, Resource], Payload]:
    """A bad rating that was brought into its state by these verbs."""

    def make(databases: Databases, resource: Resource) -> Payload:
        rated = f"c-{new_id()}"
        rating = Rating(
            id=f"r-{rated}",
            of="case",
            rated=rated,
            matter="residence_permit",
            grade=1,
            rated_at=databases.now,
            period=f"{databases.now:%Y-%m}",
            **{"division": "330106", "organ": "an-organ", "owner": "p-another", **resource},
        )
        rating.give()
        for verb in verbs:
            if verb == "report":
                rating.report("窗口未一次告知", "已补充告知清单", databases.now)
            else:
                rating.be_appealed("评价对象有误", databases.now)
        databases.add("digital_government", rating)
        return {"rating_id": rating.id, **more}

    return make


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "RateCase": on_case(CaseState.DECIDED, {"grade": 1}),
    "ReportCorrection": on_rating(**REPORT),
    "RecordCallBack": on_rating("report", satisfied=True, words="已满意"),
    "AppealRating": on_rating(reasons="评价对象有误"),
    "DecideRatingAppeal": on_rating("appeal", upheld=True, reasons="查证属实"),
    "RatingById": on_rating(),
    "RatingsToCorrect": only(),
    "RatingsToCallBack": only(),
    "PublishedRatings": only(division="330106", period="2026-03"),
}
