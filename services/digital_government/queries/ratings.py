"""Ratings, for who gave them, who is rated, who calls back, and anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.digital_government.domain.ratings import (
    LOWEST_GOOD_GRADE,
    CorrectionState,
    is_bad,
)
from services.digital_government.models import Rating
from services.digital_government.models.ratings import is_under_way
from shared.context import Context
from shared.contracts.digital_government import (
    OrgansRatings,
    PublishedComment,
    PublishedRatings,
    RatingById,
    RatingDetail,
    RatingList,
    RatingReport,
    RatingsToCallBack,
    RatingsToCorrect,
)
from shared.handling import answers
from shared.succession import within

MOST = 1000
MOST_COMMENTS = 100


@answers(RatingById)
def rating_by_id(rating: Rating, query: RatingById, context: Context) -> RatingDetail:
    """One rating and what came of it."""
    return _detail(rating)


@answers(RatingsToCorrect)
def ratings_to_correct(query: RatingsToCorrect, context: Context) -> RatingList:
    """The bad ratings of an organ that are not closed."""
    return _listed(
        context.unit.find_all(
            Rating,
            Rating.organ == query.organ,
            within(Rating, [query.division]),
            is_under_way(context.today),
            limit=MOST,
        )
    )


@answers(RatingsToCallBack)
def ratings_to_call_back(query: RatingsToCallBack, context: Context) -> RatingList:
    """What waits for a call back or for the decision of an appeal."""
    waiting = (CorrectionState.REPORTED.value, CorrectionState.APPEALED.value)
    return _listed(
        context.unit.find_all(
            Rating,
            within(Rating, [query.division]),
            Rating.correction.in_(waiting),
            limit=MOST,
        )
    )


def _listed(ratings: Sequence[Rating]) -> RatingList:
    ordered = sorted(ratings, key=lambda one: (one.due is None, one.due or one.rated_at))
    return RatingList(ratings=tuple(_detail(one) for one in ordered))


def _detail(rating: Rating) -> RatingDetail:
    return RatingDetail.load(
        {
            "rating_id": rating.id,
            "version": rating.version,
            "of": rating.of,
            "rated": rating.rated,
            "matter": rating.matter,
            "division": rating.division,
            "organ": rating.organ,
            "grade": rating.grade,
            "comment": rating.comment,
            "rated_at": rating.rated_at.isoformat(),
            "excluded": rating.excluded,
            "correction": rating.correction,
            "due": None if rating.due is None else rating.due.isoformat(),
            "overdue": rating.overdue,
            "found": rating.found,
            "done": rating.done,
            "satisfied": rating.satisfied,
            "appeal": rating.appeal,
            "appeal_decision": rating.appeal_decision,
        }
    )


@answers(PublishedRatings)
def published_ratings(query: PublishedRatings, context: Context) -> RatingReport:
    """What a month's ratings came to, by organ; those that count no more are left out."""
    ratings = context.unit.find_all(
        Rating,
        within(Rating, [query.division]),
        Rating.period == query.period,
        Rating.excluded.is_(False),
    )
    by_organ: dict[str, list[Rating]] = {}
    for one in ratings:
        by_organ.setdefault(one.organ, []).append(one)
    spoken = [one for one in ratings if one.publishable and one.comment]
    spoken.sort(key=lambda one: one.rated_at, reverse=True)
    return RatingReport(
        division=query.division,
        period=query.period,
        organs=tuple(_of_organ(organ, found) for organ, found in sorted(by_organ.items())),
        comments=tuple(
            PublishedComment(
                matter=one.matter,
                grade=one.grade,
                comment=one.comment or "",
                rated_at=one.rated_at,
                answer=one.done,
            )
            for one in spoken[:MOST_COMMENTS]
        ),
    )


def _of_organ(organ: str, ratings: Sequence[Rating]) -> OrgansRatings:
    grades = Counter(one.grade for one in ratings)
    good = sum(number for grade, number in grades.items() if grade >= LOWEST_GOOD_GRADE)
    bad = [one for one in ratings if is_bad(one.grade)]
    return OrgansRatings(
        organ=organ,
        grades={str(grade): grades[grade] for grade in sorted(grades)},
        satisfaction=round(100 * good / len(ratings), 2),
        corrections=len(bad),
        corrected=sum(one.reported_in_time is not None for one in bad),
        corrected_in_time=sum(bool(one.reported_in_time) for one in bad),
    )
