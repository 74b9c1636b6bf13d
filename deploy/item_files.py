"""The item catalogue as tables for people who work in spreadsheets: read whole, checked row by row,
and sent as the commands that a caller could send by hand."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from shared.contracts.base import Ask
from shared.contracts.digital_government import (
    ClaimItem,
    DefineItem,
    Implementation,
    ItemEditionDetail,
    PublishItem,
)
from shared.errors import InvalidInput, QiantangError

LARGEST_FILE: Final = 50_000_000
"""Bytes of a file that is read whole."""

BASIC: Final = [
    "code",
    "name",
    "name_en",
    "kind",
    "organ_kind",
    "theme",
    "levels",
    "subject",
    "handling",
    "statutory_days",
    "legal_basis",
    "effective",
]
"""The columns that a file of the basic catalogue (基本目录) needs."""

BASIC_TOO: Final = ["cancels", "fee", "fee_basis", "tolerance_days", "deemed_approval", "details"]
"""What it may have; `details` is JSON with form, materials, procedure and decision."""

OFFERED: Final = ["code", "division", "organ", "promised_days"]
"""The columns that a file of implementation lists (实施清单) needs."""

OFFERED_TOO: Final = ["visits", "online_depth", "address", "enquiry_line", "across"]
FORMULA: Final = ("=", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would reckon with instead of showing it."""

DETAILS: Final = ("form", "facts", "materials", "procedure", "decision")


class FaultyFile(Exception):
    """The file is no such table; the sentence says what to do."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row, the heading being row 1; `column` is empty where it is about the
    whole row."""

    row: int
    column: str
    told: str


@dataclass(frozen=True)
class Row:
    """A row as it was read: its number, and the texts of its columns."""

    number: int
    cells: Mapping[str, str]


Send = Callable[[Ask[Any], str], Any]
"""Sends a command under a request id."""


# Reading


def read(file: Path) -> tuple[list[Row], list[Fault]]:
    """The rows of a CSV file in UTF-8 or of the first sheet of an XLSX file, without those that are
    empty, and what cannot be taken as it stands: formulas. Raises `FaultyFile`."""
    if file.stat().st_size > LARGEST_FILE:
        raise FaultyFile(f"larger than {LARGEST_FILE} bytes; split it")
    lines = _xlsx(file) if file.suffix.lower() == ".xlsx" else _csv(file)
    heading = [text.strip() for text in next(lines, [])]
    _require_columns(heading)
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, cells in enumerate(lines, start=2):
        if not any(cells):
            continue
        if len(cells) > len(heading):
            faults.append(Fault(number, "", "more cells than columns"))
            continue
        texts = dict(zip(heading, [*cells, *[""] * (len(heading) - len(cells))], strict=True))
        reckoned = [name for name, text in texts.items() if text.startswith(FORMULA)]
        faults += [Fault(number, name, "a formula; write its value") for name in reckoned]
        if not reckoned:
            rows.append(Row(number, texts))
    return rows, faults


def _require_columns(heading: Sequence[str]) -> None:
    needed, others = (BASIC, BASIC_TOO) if "legal_basis" in heading else (OFFERED, OFFERED_TOO)
    if len(set(heading)) < len(heading):
        raise FaultyFile("two columns have one name")
    missing = [name for name in needed if name not in heading]
    if missing:
        raise FaultyFile(f"the heading lacks the columns {', '.join(missing)}")
    unknown = sorted(set(heading) - {*needed, *others})
    if unknown:
        raise FaultyFile(f"nobody knows the columns {', '.join(unknown)}")


def _csv(file: Path) -> Iterator[list[str]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise FaultyFile(
            f"byte {fault.start} is no UTF-8; save it as “CSV UTF-8”, or as XLSX"
        ) from None
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as fault:
        raise FaultyFile(f"no CSV: {fault}") from None


def _xlsx(file: Path) -> Iterator[list[str]]:
    # Here, because no process of the platform needs it.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(file, read_only=True)
        sheet = book.worksheets[0]
        for cells in sheet.iter_rows():
            yield [_text_of(cell) for cell in cells]
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as fault:
        raise FaultyFile(f"no XLSX: {fault}") from None


def _text_of(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return f"={str(value).removeprefix('=')}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


# Sending


def take(
    file: Path, rows: Sequence[Row], send: Send, progress: Callable[[int], None]
) -> Iterator[Fault]:
    """Send every row as a command, whatever became of the others, and tell what was wrong with
    each that was not taken. A row that was taken before is not taken again: its request id is made
    of the file's content and its number. `progress` is told how many rows are done."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:24]
    for done, row in enumerate(rows, start=1):
        try:
            for step, order in enumerate(_orders(row)):
                send(order, f"items/{digest}/{row.number}/{step}")
        except InvalidInput as refusal:
            yield from _faults_of(row, refusal)
        except QiantangError as refusal:
            # Over HTTP the platform answers in one language.
            sentences = dict.fromkeys((refusal.sentences["zh"], refusal.sentences["en"]))
            yield Fault(row.number, "", " / ".join(sentences))
        progress(done)


def _faults_of(row: Row, refusal: InvalidInput) -> Iterator[Fault]:
    for column, told in _flat(refusal.fields):
        yield Fault(row.number, column, told)


def _flat(fields: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each sentence with the place that it is about."""
    if isinstance(fields, Mapping):
        for name, inner in fields.items():
            # The columns stand in one row, whatever part of the message they belong to.
            own = "" if name in ("definition", "terms") else str(name)
            yield from _flat(inner, ".".join(filter(None, (path, own))))
    else:
        for told in fields:
            yield path, str(told)


def _orders(row: Row) -> list[Ask[Any]]:
    """What a row orders; raises `InvalidInput`."""
    if "legal_basis" in row.cells:
        return [_definition(row.cells)]
    cells = row.cells
    terms = {"promised_days": _number("promised_days", cells)}
    for name in ("visits", "online_depth"):
        if cells.get(name):
            terms[name] = _number(name, cells)
    texts = {name: cells[name] for name in ("address", "enquiry_line", "across") if cells.get(name)}
    claim = ClaimItem.load(
        {
            "code": cells["code"],
            "division": cells["division"],
            "organ": cells["organ"],
            "terms": {**terms, **texts},
        }
    )
    return [claim, PublishItem(implementation_id=f"{claim.division}-{claim.code}")]


def _definition(cells: Mapping[str, str]) -> DefineItem:
    plain = ["name", "name_en", "kind", "organ_kind", "theme", "subject", "handling", "legal_basis"]
    definition: dict[str, Any] = {name: cells[name] for name in plain}
    definition["levels"] = cells["levels"].split()
    definition["statutory_days"] = _number("statutory_days", cells)
    for name in ("fee", "tolerance_days"):
        if cells.get(name):
            definition[name] = _number(name, cells)
    if cells.get("fee_basis"):
        definition["fee_basis"] = cells["fee_basis"]
    definition["deemed_approval"] = cells.get("deemed_approval", "") in ("yes", "true", "是")
    definition |= _details(cells.get("details", ""))
    dates = {"effective": cells["effective"]}
    if cells.get("cancels"):
        dates["cancels"] = cells["cancels"]
    return DefineItem.load({"code": cells["code"], "definition": definition, **dates})


def _details(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as fault:
        raise InvalidInput(fields={"details": [f"No JSON: {fault}"]}) from None
    if not isinstance(found, dict) or set(found) - set(DETAILS):
        told = f"An object of {', '.join(DETAILS)}, any of them."
        raise InvalidInput(fields={"details": [told]})
    return found


def _number(name: str, cells: Mapping[str, str]) -> int:
    try:
        return int(cells[name])
    except ValueError:
        raise InvalidInput(fields={name: ["Not a valid integer."]}) from None


# Writing


def write(file: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as XLSX or CSV, as the file's name says; a CSV begins with the mark by which
    spreadsheets know UTF-8."""
    if file.suffix.lower() == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("items")
        sheet.append(list(columns))
        for row in rows:
            sheet.append(list(row))
        book.save(file)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(rows)


def row_of_item(item: ItemEditionDetail) -> list[object]:
    """An item as a row of the columns `BASIC` and `BASIC_TOO`."""
    given = item.definition.dump()
    details = {name: given[name] for name in DETAILS if given[name]}
    special = {
        "code": item.code,
        "levels": " ".join(item.definition.levels),
        "effective": item.effective.isoformat(),
        "cancels": item.cancels.isoformat() if item.cancels else "",
        "deemed_approval": "yes" if item.definition.deemed_approval else "",
        "fee_basis": item.definition.fee_basis or "",
        "details": json.dumps(details, ensure_ascii=False) if details else "",
    }
    return [special.get(name, given.get(name)) for name in (*BASIC, *BASIC_TOO)]


def row_of_offer(offer: Implementation) -> list[object]:
    """What a division offers as a row of the columns `OFFERED` and `OFFERED_TOO`."""
    given = {**offer.dump(), "code": offer.matter}
    return [given[name] if given[name] is not None else "" for name in (*OFFERED, *OFFERED_TOO)]
