"""What the codes of Zhejiang's cities and counties stood for from 1980 to 2019.

Read from `county_history.tsv`, which the revisions of GB/T 2260 are made into. A revision tells
its month and no day, so every change is dated on the last day of the month of the first revision
that shows it: it was decided on that day or before, and after the revision before.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from shared.tables import rows

HISTORY_FILE = Path(__file__).with_name("county_history.tsv")
FIRST_REVISION = "1980-12"


@dataclass(frozen=True, slots=True)
class NamePeriod:
    """The time in which a code had a name.

    From `begun` (None: since before the first revision) up to but not on `ended` (None: the last
    revision still has it). `successors` are the codes its territory went to, the code itself where
    only the name changed; none is named where nothing of the same level followed.
    """

    code: str
    name: str
    begun: date | None
    ended: date | None
    successors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeHistory:
    """The last division that bore a code, and what else the code was called before.

    `begun` and `ended` are as for `NamePeriod`, over all names of this division. A former name is
    told with the first day on which it was no more; one that was over before `begun` was the name
    of another division.
    """

    name: str
    begun: date | None
    ended: date | None
    former_names: tuple[tuple[str, date], ...] = ()


@cache
def name_periods() -> tuple[NamePeriod, ...]:
    """Every name that a city's or county's code had, by code, the oldest first."""
    return tuple(
        NamePeriod(
            code=code,
            name=name,
            begun=None if first == FIRST_REVISION else last_day_of(first),
            ended=last_day_of(gone) if gone else None,
            successors=tuple(successors.split(",")) if successors else (),
        )
        for code, name, first, gone, successors in rows(HISTORY_FILE)
    )


@cache
def code_histories() -> Mapping[str, CodeHistory]:
    """The history of every code of a city or county that a revision has."""
    histories: dict[str, CodeHistory] = {}
    for period in name_periods():
        before = histories.get(period.code)
        if before is None:
            histories[period.code] = CodeHistory(period.name, period.begun, period.ended)
        else:
            histories[period.code] = _continued(before, period)
    return MappingProxyType(histories)


def last_day_of(month: str) -> date:
    """The last day of a month written YYYY-MM; ValueError if it is none."""
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=monthrange(first.year, first.month)[1])


def _continued(before: CodeHistory, period: NamePeriod) -> CodeHistory:
    if before.ended is None or period.begun is None:
        raise ValueError(f"{period.code} has two names at a time")
    # Where years lie between two names, the code was given out again to another division.
    renamed = before.ended == period.begun
    return CodeHistory(
        name=period.name,
        begun=before.begun if renamed else period.begun,
        ended=period.ended,
        former_names=(*before.former_names, (before.name, before.ended)),
    )
