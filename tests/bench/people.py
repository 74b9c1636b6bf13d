"""Synthetic people for the bench, as many as are wanted, each under a valid number of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from services.identity_data import keys
from services.identity_data.models import Person
from services.identity_data.reference.divisions import all_divisions
from shared.clocks import machine_now
from shared.divisions import Level
from shared.identifiers import resident_number_from
from shared.storage import layout_of

FIRST_BORN, BIRTHDAYS = date(1840, 1, 1), 30_000
"""Before everybody whom set-up registers was born."""

SEQUENCES = (996, 997, 998, 999)
"""Such numbers are nobody's: see `services/identity_data/reference/synthetic.py`."""

SURNAMES, GIVEN = "江潮海陆河川湖溪", "安博辰承鼎丰冠恒宏嘉锦凯明诺启清瑞森盛舒泰维新云泽正志卓"

Row = tuple[str, str, str, str]


def people() -> Iterator[Row]:
    """Number, name, division and phone, in no order of the numbers; ten million and more, then the
    numbers are at their end."""
    divisions = [one for one in all_divisions() if not one.valid_to]
    villages = [one.code for one in divisions if one.level is Level.VILLAGE]
    counties = sorted({code[:6] for code in villages})
    names = [a + b + c for a in SURNAMES for b in GIVEN for c in GIVEN]
    order = 0
    for sequence in SEQUENCES:
        for day in range(BIRTHDAYS):
            # A step that shares no factor with the number of days meets each of them once.
            born = FIRST_BORN + timedelta(days=day * 7_919 % BIRTHDAYS)
            for county in counties:
                order += 1
                name = names[order % len(names)]
                yield (
                    resident_number_from(county, born, sequence),
                    name,
                    # As registers are kept: village after village.
                    villages[order // 100 % len(villages)],
                    f"1007{order % 10_000_000:07d}",
                )


def write_for_import(rows: Iterator[Row], count: int, file: Path) -> None:
    """So many of the rows, as `qiantang import` takes them."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("number", "name", "division", "phone"))
        writer.writerows(islice(rows, count))


def write_for_copy(rows: Iterator[Row], count: int, file: Path) -> list[str]:
    """So many of the rows with every column of the table, as PostgreSQL's COPY takes them; returns
    the columns."""
    pattern = layout_of(Person).row_of(
        Person(id="", version=1, number="", name="", birth_date=FIRST_BORN)
    )
    now = machine_now().isoformat()
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        for number, name, division, phone in islice(rows, count):
            row = pattern | {
                "id": keys.person_id(number),
                "division": division,
                "number": number,
                "name": name,
                "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
                "phone": phone,
                "created_at": now,
                "changed_at": now,
            }
            writer.writerow(
                json.dumps(value) if isinstance(value, list | dict) else value
                for value in row.values()
            )
    return list(pattern)
