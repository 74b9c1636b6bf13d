"""All administrative divisions of Zhejiang with their dates, read from the files beside it.

`divisions.tsv` holds the divisions in force, `division_changes.tsv` where territory went when
they changed, `division_names_en.tsv` English names down to the townships. These changes are
recorded since 2019 and only those of a county or of the townships that went with it.

`county_history.tsv` has the cities and counties from 1980 to 2019 by the revisions of GB/T 2260.
They tell no day: a change of that time is dated on the last day of the month of the first
revision that shows it, and was decided after the revision before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from services.identity_data.reference.history import code_histories, name_periods
from shared.divisions import Level, level_of, lineage, parent_of
from shared.tables import rows

DIVISIONS_FILE = Path(__file__).with_name("divisions.tsv")
CHANGES_FILE = Path(__file__).with_name("division_changes.tsv")
ENGLISH_NAMES_FILE = Path(__file__).with_name("division_names_en.tsv")

OFFICIAL_COUNTS: Mapping[Level, int] = MappingProxyType(
    {
        Level.PROVINCE: 1,
        Level.CITY: 11,
        Level.COUNTY: 90,
        Level.TOWNSHIP: 1_387,
        Level.VILLAGE: 25_547,
    }
)
"""Zhejiang's divisions as of 2023-06-30, by the National Bureau of Statistics."""


UNDER_THE_PROVINCE = "3390"
"""The beginning of codes that county-level cities had from 1986 to 1995, while the province itself
administered them; it is no city's code."""

_STANDARD = "GB/T 2260"


@dataclass(frozen=True, slots=True)
class Division:
    """One code of a division and the time it is in force.

    In force from `valid_from` (None: since before the records) up to but not on `valid_to` (None:
    still). A code that went on through a change of its territory, as 330102 Shangcheng did, is
    one division. Territory came from the `predecessors` and went to the `successors`, codes of
    the same level, in the order of the changes; two successors mean a split, told apart by the
    township since 2019. Neither is told of a division whose code was given out again later.
    `former_names` are what the code was called before, each with the first day on which it was no
    more; one that was over before `valid_from` was the name of another division. `name_en` is
    None for villages.
    """

    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    name_en: str | None = None
    former_names: tuple[tuple[str, date], ...] = ()

    def is_valid_on(self, day: date) -> bool:
        """Whether this code is in force on that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class DivisionChange:
    """That territory of one code belongs to another from a day on, and what decided it.

    A code changed into itself went on with part of its territory, or with more; one that is not
    among its own successors ended.
    """

    effective: date
    from_code: str
    from_name: str
    to_code: str
    basis: str


def all_divisions() -> Iterator[Division]:
    """Every division, those that ended too, each after its parent: by level, then by code."""
    return iter(divisions_by_code().values())


@cache
def divisions_by_code() -> Mapping[str, Division]:
    """Every division under its code, read once, in the order of `all_divisions`.

    A code that was given out twice stands for the later division, so that at most three counties
    are missing on a day before 1989.
    """
    changes_from: dict[str, list[DivisionChange]] = defaultdict(list)
    changes_into: dict[str, list[DivisionChange]] = defaultdict(list)
    for change in (*_changes_of_the_standard(), *division_changes()):
        changes_from[change.from_code].append(change)
        changes_into[change.to_code].append(change)
    in_force = dict(rows(DIVISIONS_FILE))
    names = {code: changes[0].from_name for code, changes in changes_from.items()}
    names |= {code: history.name for code, history in code_histories().items()} | in_force
    names_en = dict(rows(ENGLISH_NAMES_FILE))
    divisions: dict[str, Division] = {}
    for code in sorted(names, key=lambda each: (len(each), each)):
        parent = _parent(code)
        into, out = changes_into.get(code, []), changes_from.get(code, [])
        history = code_histories().get(code)
        divisions[code] = Division(
            code=code,
            name=names[code],
            level=level_of(code),
            parent=parent,
            valid_from=_begun(code, into, divisions[parent] if parent else None),
            valid_to=None if code in in_force else _ended(code, out),
            predecessors=tuple(each.from_code for each in into if each.from_code != code),
            successors=tuple(each.to_code for each in out if each.to_code != code),
            name_en=names_en.get(code),
            former_names=history.former_names if history else (),
        )
    return MappingProxyType(divisions)


def _parent(code: str) -> str | None:
    if level_of(code) is Level.COUNTY and code.startswith(UNDER_THE_PROVINCE):
        return parent_of(UNDER_THE_PROVINCE)
    return parent_of(code)


def _begun(code: str, into: list[DivisionChange], above: Division | None) -> date | None:
    if code in code_histories():
        return code_histories()[code].begun
    if into and not any(change.from_code == code for change in into):
        return into[0].effective
    # What no change speaks of is as old as the division above it, whose code it carries.
    return above.valid_from if above else None


def _ended(code: str, out: list[DivisionChange]) -> date | None:
    history = code_histories().get(code)
    # What the standard's last revision still has ended by a change that was decided since.
    return history.ended if history and history.ended else out[0].effective


def _changes_of_the_standard() -> list[DivisionChange]:
    """Where territory went from 1980 to 2019, oldest first, between the last bearers of codes."""
    histories = code_histories()
    changes = [
        DivisionChange(period.ended, period.code, period.name, successor, _STANDARD)
        for period in name_periods()
        if period.ended and period.ended == histories[period.code].ended
        for successor in period.successors
        if (histories[successor].begun or date.min) <= period.ended
    ]
    return sorted(changes, key=lambda change: change.effective)


def divisions_as_known_on(day: date) -> Iterator[Division]:
    """What a register held on that day: no county or township that begins later, and no word of
    what ends or moves later; villages that begin later stand with their day."""
    changes = (*_changes_of_the_standard(), *division_changes())
    to_come = {(one.from_code, one.to_code) for one in changes if one.effective > day}
    for division in all_divisions():
        code = division.code
        begins_later = division.valid_from is not None and division.valid_from > day
        if begins_later and division.level is not Level.VILLAGE:
            continue
        yield replace(
            division,
            valid_to=None if (division.valid_to or day) > day else division.valid_to,
            predecessors=tuple(p for p in division.predecessors if (p, code) not in to_come),
            successors=tuple(s for s in division.successors if (code, s) not in to_come),
        )


def code_on(code: str, day: date) -> str:
    """Under which code the territory of this one stood on an earlier day.

    A village of which nothing is recorded for that day is told by its township.
    """
    divisions = divisions_by_code()
    for own in lineage(code):
        division = divisions[own]
        while not division.is_valid_on(day) and division.predecessors:
            division = divisions[division.predecessors[0]]
        if division.is_valid_on(day):
            return division.code
    return code


def name_with_city(division: Division) -> str:
    """The Chinese name as organs and enterprises use it: a district's after its city's.

    Any other division's stands alone (Provisions on Enterprise Name Registration article 7).
    """
    if division.level is not Level.COUNTY or not division.name.endswith("区"):
        return division.name
    return city_of(division).name + division.name


def city_of(division: Division) -> Division:
    """The city this division is or belongs to; LookupError where there is none."""
    return divisions_by_code()[lineage(division.code)[-2]]


def division_changes() -> tuple[DivisionChange, ...]:
    """Every change of territory since 2019 with its decision, oldest first."""
    return tuple(
        DivisionChange(date.fromisoformat(effective), from_code, from_name, to_code, basis)
        for effective, from_code, from_name, to_code, basis in rows(CHANGES_FILE)
    )


def counts_on(day: date, divisions: Iterable[Division]) -> Mapping[Level, int]:
    """How many of these divisions are in force on that day, at each level."""
    return Counter(division.level for division in divisions if division.is_valid_on(day))


def check_counts(day: date) -> None:
    """Raise ValueError unless the divisions in force on that day are as many as officially.

    Meant for days since 2021-04-09; no official count is kept here for the time before.
    """
    counted = dict(counts_on(day, all_divisions()))
    if counted != OFFICIAL_COUNTS:
        raise ValueError(f"divisions in force on {day}: {counted}, officially {OFFICIAL_COUNTS}")
