"""People taken over from a file, part by part, each part one unit of work with its event."""

from __future__ import annotations

import csv
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from services.identity_data import keys
from services.identity_data.domain import PROVINCE
from services.identity_data.models import Division, Person, RegistryImport
from services.identity_data.registry import in_force_today
from shared.context import Context
from shared.contracts.identity_data import RegisterPerson
from shared.errors import QiantangError
from shared.identifiers import birth_date_of
from shared.runtime import ServiceRuntime
from shared.storage import layout_of

NEEDED: Final = ("number", "name", "division")
OPTIONAL: Final = ("phone",)
PART: Final = 2_000
"""Rows of a unit of work; while one is written, no other is."""

ROWS_A_TURN: Final = 100
"""Rows that are checked before a green thread lets another write, who may wait for the database."""

ATTEMPTS: Final = 5
_REJECTED: Final = ("row", "reason", *NEEDED, *OPTIONAL)
_PATTERN: Final = {
    column: value
    for column, value in layout_of(Person)
    .row_of(Person(id="", version=1, number="", name="", birth_date=date.min, phone=""))
    .items()
    if value is not None
}
"""What a row has besides its person's own; of what is left out the table knows that it is null."""


class FaultyFile(Exception):
    """The file is no table of people; the sentence says what to do."""


@dataclass(frozen=True)
class Reject:
    """A row that was not taken; the heading is row 1."""

    row: int
    reason: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Order:
    """A row that may be taken: what was given, what it orders, and who that is."""

    row: int
    given: Mapping[str, str]
    order: RegisterPerson
    person: str
    born: date


@dataclass(frozen=True)
class _Part:
    """Rows of the file from `first` to `last`: the orders they make, and those that make none."""

    first: int
    last: int
    orders: tuple[_Order, ...]
    rejects: tuple[Reject, ...]


@dataclass(frozen=True)
class Imported:
    """What came of a file in all runs."""

    accepted: int
    rejected: int


def import_people(
    runtime: ServiceRuntime, file: Path, rejects: Path, progress: Callable[[int], None]
) -> Imported:
    """Register everybody in a table with the columns of `NEEDED` and `OPTIONAL` (CSV, UTF-8), by
    the rules of `RegisterPerson`; rows that break one go to `rejects` with the reason.

    Killed anywhere, the next run of the same file continues after the last part that was written.
    `progress` is told the bytes of the file that are done. Raises `FaultyFile`.
    """
    import_id = f"i-{_digest_of(file)[:32]}"
    done = _standing(runtime, import_id)
    written = _Rejects(rejects, done.rows_done if done else 0)
    waiting: Future[None] | None = None
    with written, file.open("rb") as raw, ThreadPoolExecutor(1) as writer:
        try:
            # The next part is checked while the one before is written.
            for part in _parts(raw, done.rows_done if done else 0):
                if waiting is not None:
                    waiting.result()
                    progress(raw.tell())
                waiting = writer.submit(_take, runtime, import_id, part, written)
        except (csv.Error, UnicodeDecodeError) as fault:
            raise FaultyFile(f"the file is no CSV in UTF-8: {fault}") from None
        if waiting is not None:
            waiting.result()
        progress(raw.tell())
    finished = _standing(runtime, import_id)
    return Imported(finished.accepted, finished.rejected) if finished else Imported(0, 0)


def _digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _standing(runtime: ServiceRuntime, import_id: str) -> RegistryImport | None:
    layout = layout_of(RegistryImport)
    with runtime.read.connect() as connection:
        row = connection.execute(layout.all.where(layout.table.c.id == import_id)).first()
    return None if row is None else layout.restore(row)


# Reading and checking


def _parts(raw: Iterator[bytes], rows_done: int) -> Iterator[_Part]:
    """The parts of the file after so many rows, its heading among them."""
    # Line by line, so that where the file stands is known and its size does not matter.
    lines = (
        line.decode("utf-8-sig" if number == 0 else "utf-8") for number, line in enumerate(raw)
    )
    rows = csv.reader(lines, strict=True)
    heading = next(rows, [])
    if missing := set(NEEDED) - set(heading):
        raise FaultyFile(f"the first line names no column {', '.join(sorted(missing))}")
    if unknown := set(heading) - {*NEEDED, *OPTIONAL}:
        raise FaultyFile(f"no column “{', '.join(sorted(unknown))}” can be taken over")
    first = max(2, rows_done + 1)
    numbered = islice(enumerate(rows, 2), first - 2, None)
    while part := list(islice(numbered, PART)):
        yield _checked(heading, part)


def _checked(heading: list[str], rows: list[tuple[int, list[str]]]) -> _Part:
    orders, rejects = [], []
    person_id = keys.person_ids()
    for number, row in rows:
        if number % ROWS_A_TURN == 0:
            time.sleep(0)
        given = dict(zip(heading, row, strict=False))
        if len(row) != len(heading):
            reason = f"{len(row)} fields in the place of {len(heading)}"
            rejects.append(Reject(number, reason, given))
            continue
        try:
            order = RegisterPerson.load({name: text for name, text in given.items() if text})
        except QiantangError as refusal:
            rejects.append(Reject(number, _reason(refusal), given))
        else:
            born = birth_date_of(order.number)
            orders.append(_Order(number, given, order, person_id(order.number), born))
    return _Part(rows[0][0], rows[-1][0], tuple(orders), tuple(rejects))


def _reason(refusal: QiantangError) -> str:
    faults = [f"{field}: {' '.join(map(str, told))}" for field, told in refusal.fields.items()]
    return "; ".join(faults) or str(refusal)


# Writing


def _take(runtime: ServiceRuntime, import_id: str, part: _Part, rejects: _Rejects) -> None:
    """Write the part once; tried again where somebody was registered under one of its numbers at
    the same moment."""
    for _ in range(ATTEMPTS):
        act = f"import/{import_id}/{part.first}"
        if runtime.act_as_service(act, partial(_register, import_id, part, rejects)):
            return
        standing = _standing(runtime, import_id)
        if standing is not None and standing.rows_done >= part.last:
            return
    raise FaultyFile(f"rows {part.first} to {part.last} could not be written; run it again")


def _register(import_id: str, part: _Part, rejects: _Rejects, context: Context) -> None:
    known = context.unit.taken(Person, [one.person for one in part.orders])
    in_force = _in_force_today({one.order.division for one in part.orders}, context)
    refused = list(part.rejects)
    taken = []
    for one in part.orders:
        division = in_force[one.order.division]
        if isinstance(division, QiantangError):
            refused.append(Reject(one.row, _reason(division), one.given))
        elif one.person in known:
            refused.append(Reject(one.row, "somebody is registered under this number", one.given))
        else:
            known.add(one.person)
            taken.append(_row_of(one, division, context))
    # Appended: their ids were looked for, and guards would cost as much again.
    context.unit.append(layout_of(Person).table, *taken)
    refused.sort(key=lambda one: one.row)
    found = context.unit.find(RegistryImport, import_id)
    done = found or context.unit.add(RegistryImport(id=import_id, division=PROVINCE))
    done.take(part.last, accepted=len(taken), rejected=len(refused))
    rejects.keep(part.first, refused)


def _in_force_today(codes: Set[str], context: Context) -> dict[str, str | QiantangError]:
    """Today's code of each, or why there is none."""
    # Read together; each by itself finds them remembered.
    context.unit.reference(Division, *codes)
    found: dict[str, str | QiantangError] = {}
    for code in codes:
        try:
            found[code] = in_force_today(code, context)
        except QiantangError as refusal:
            found[code] = refusal
    return found


def _row_of(one: _Order, division: str, context: Context) -> dict[str, object]:
    return _PATTERN | {
        "id": one.person,
        "division": division,
        "number": one.order.number,
        "name": one.order.name,
        "birth_date": one.born,
        "phone": one.order.phone,
        "created_at": context.now,
        "changed_at": context.now,
    }


class _Rejects:
    """The file of rows that were not taken. What a killed run wrote of a part that it did not
    finish is written again."""

    def __init__(self, path: Path, rows_done: int) -> None:
        self._path = path
        self._rows_done = rows_done
        self._file: TextIO
        self._begins: dict[int, int] = {}

    def __enter__(self) -> _Rejects:
        self._require_ours()
        kept = self._kept()
        # Nobody but the operator: it has the numbers of people.
        opened = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600)
        self._file = os.fdopen(opened, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(_REJECTED)
        self._writer.writerows(kept)
        self._file.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _require_ours(self) -> None:
        """Raise `FaultyFile` for a file that is none of rejects: it would be written over, and the
        people's own file with it where the two were mixed up."""
        if not self._path.exists() or not self._path.stat().st_size:
            return
        with self._path.open("rb") as opened:
            heading = opened.readline().decode("utf-8", "replace").strip()
        if heading != ",".join(_REJECTED):
            raise FaultyFile(f"{self._path} is no file of refused rows; name another for them")

    def _kept(self) -> list[list[str]]:
        if not self._rows_done or not self._path.exists():
            return []
        with self._path.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.reader(opened))[1:]
        return [row for row in rows if row and int(row[0]) <= self._rows_done]

    def keep(self, first: int, refused: list[Reject]) -> None:
        """Write the rejects of the part that begins with that row, before the part itself is."""
        begins = self._begins.setdefault(first, self._file.tell())
        self._file.seek(begins)
        self._file.truncate()
        if not refused:
            return
        for one in refused:
            given = (one.given.get(name, "") for name in (*NEEDED, *OPTIONAL))
            self._writer.writerow((one.row, one.reason, *given))
        self._file.flush()
        os.fsync(self._file.fileno())
