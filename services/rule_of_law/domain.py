"""Who reviews a text, and what an answer must say."""

from __future__ import annotations

from shared.divisions import Level, up_to
from shared.errors import InvalidInput, RuleBroken


class ReviewAnswered(RuleBroken):
    """A review is answered once; a changed text is reviewed anew."""

    zh = "该审核已出具意见；文稿修改后须重新送审"
    en = "the review is answered; a changed text is to be reviewed anew"


class FindingsMissing(InvalidInput):
    """Whoever finds a text not lawful says what is wrong."""

    zh = "审核不通过的，须逐条说明问题"
    en = "say what is wrong with the text, finding by finding"


def reviewing_organ(division: str) -> str:
    """The justice bureau of a division, or of the county that a township lies in."""
    return f"{up_to(division, Level.COUNTY)}-justice"
