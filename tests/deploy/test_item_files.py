"""Tables of items: every fault of every row is told, and what is right is taken once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from deploy import item_files
from deploy.item_files import BASIC, BASIC_TOO, OFFERED, OFFERED_TOO, Fault, FaultyFile
from services.digital_government.models import BasicItem, Implementation
from services.digital_government.service import DigitalGovernment
from shared.contracts.digital_government import ItemByCode, ItemsOffered
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample

MANY = 10_000
ITEM = {
    "code": "elder_card",
    "name": "老年人优待证",
    "name_en": "Card for the elderly",
    "kind": "public_service",
    "organ_kind": "civil_affairs",
    "theme": "retirement",
    "levels": "city county",
    "subject": "person",
    "handling": "promised",
    "statutory_days": "10",
    "legal_basis": "《中华人民共和国老年人权益保障法》第五十三条",
    "effective": "2026-03-02",
}
OFFER = {
    "code": sample.CODE,
    "division": sample.COUNTY,
    "organ": sample.HANDLING,
    "promised_days": "3",
    "visits": "1",
}


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.prepare(made)
    return made


def table(folder: Path, columns: list[str], *rows: dict[str, Any], name: str = "items.csv") -> Path:
    file = folder / name
    item_files.write(file, columns, [[row.get(one, "") for one in columns] for row in rows])
    return file


def imported(harness: ServiceHarness, file: Path, as_: Any = sample.PROVINCE) -> list[Fault]:
    rows, faults = item_files.read(file)
    done: list[int] = []
    faults += item_files.take(
        file,
        rows,
        lambda order, request: harness.execute(order, as_, request_id=request),
        done.append,
    )
    assert done == list(range(1, len(rows) + 1))
    return faults


@pytest.mark.parametrize("name", ["items.csv", "items.xlsx"])
def test_items_are_defined_from_a_table_and_only_once(
    government: ServiceHarness, tmp_path: Path, name: str
) -> None:
    second = {**ITEM, "code": "elder_bus_pass", "details": '{"facts": ["person.birth_date"]}'}
    file = table(tmp_path, [*BASIC, "details"], ITEM, second, name=name)
    assert imported(government, file) == []
    found = government.execute(ItemByCode(code="elder_bus_pass"), sample.APPLICANT)
    assert found.definition.facts == ("person.birth_date",)
    assert found.definition.levels == ("city", "county")
    assert imported(government, file) == []
    assert government.rows(sa.select(sa.func.count()).select_from(BasicItem.__table__)) == [(2,)]


def test_what_was_exported_can_be_imported(government: ServiceHarness, tmp_path: Path) -> None:
    sample.offer(government)
    item = government.execute(ItemByCode(code=sample.CODE), sample.APPLICANT)
    file = tmp_path / "basic.xlsx"
    row = item_files.row_of_item(item)
    row[0] = "another_permit"
    item_files.write(file, [*BASIC, *BASIC_TOO], [row])
    assert imported(government, file) == []
    copy = government.execute(ItemByCode(code="another_permit"), sample.APPLICANT)
    assert copy.definition == item.definition
    (offer,) = government.execute(ItemsOffered(division=sample.COUNTY), sample.APPLICANT).items
    given = dict(zip([*OFFERED, *OFFERED_TOO], item_files.row_of_offer(offer), strict=True))
    again = {**given, "code": "another_permit", "address": "灵隐路1号办事大厅"}
    offers = table(tmp_path, [*OFFERED, *OFFERED_TOO], again)
    assert imported(government, offers, sample.BUREAU) == []
    kept = government.execute(ItemsOffered(division=sample.COUNTY), sample.APPLICANT).items
    assert {one.matter: one.promised_days for one in kept} == {
        sample.CODE: 5,
        "another_permit": 5,
    }


def test_every_fault_of_every_row_is_told_and_the_others_are_taken(
    government: ServiceHarness, tmp_path: Path
) -> None:
    file = table(
        tmp_path,
        [*BASIC, "details"],
        ITEM,
        {**ITEM, "code": "Bad Code", "statutory_days": "ten"},
        {**ITEM, "code": "no_basis", "legal_basis": "有关规定", "kind": "favour"},
        {**ITEM, "code": "no_json", "details": "{"},
        {**ITEM, "code": "no_step", "details": '{"procedure": []}', "subject": "enterprise"},
        ITEM,
    )
    faults = imported(government, file)
    assert {(one.row, one.column) for one in faults} == {
        (3, "statutory_days"),
        (4, "legal_basis"),
        (4, "kind"),
        (5, "details"),
        (7, ""),
    }
    assert "已在基本目录中" in next(one.told for one in faults if one.row == 7)
    codes = government.rows(sa.select(BasicItem.id).order_by(BasicItem.id))
    assert [row.id for row in codes] == ["elder_card", "no_step"]


def test_a_promise_that_the_law_does_not_allow_is_refused_by_row(
    government: ServiceHarness, tmp_path: Path
) -> None:
    sample.define(government)
    file = table(tmp_path, [*OFFERED, "visits"], {**OFFER, "promised_days": "11"}, OFFER)
    (fault,) = imported(government, file, sample.BUREAU)
    assert (fault.row, fault.column) == (2, "")
    assert "11" in fault.told
    assert government.rows(sa.select(Implementation.state)) == [("published",)]


def test_who_may_not_define_items_may_not_do_so_by_a_file_either(
    government: ServiceHarness, tmp_path: Path
) -> None:
    file = table(tmp_path, BASIC, ITEM)
    (fault,) = imported(government, file, sample.OFFICER)
    assert "不允许" in fault.told or "no policy permits" in fault.told
    assert government.rows(sa.select(BasicItem.id)) == []


def test_ten_thousand_bad_rows_are_all_told(government: ServiceHarness, tmp_path: Path) -> None:
    rows = ({**ITEM, "code": f"item_{number}", "kind": "favour"} for number in range(MANY))
    file = table(tmp_path, BASIC, *rows)
    faults = imported(government, file)
    assert [one.row for one in faults] == list(range(2, MANY + 2))
    assert {one.column for one in faults} == {"kind"}
    assert government.rows(sa.select(BasicItem.id)) == []


@pytest.mark.parametrize("name", ["items.csv", "items.xlsx"])
def test_a_formula_is_neither_reckoned_nor_taken(
    government: ServiceHarness, tmp_path: Path, name: str
) -> None:
    file = table(tmp_path, BASIC, {**ITEM, "name": "=1+1"}, ITEM, name=name)
    assert imported(government, file) == [Fault(2, "name", "a formula; write its value")]
    assert government.rows(sa.select(BasicItem.id)) == [("elder_card",)]


def test_numbers_and_days_of_a_spreadsheet_are_read_as_what_they_show(
    government: ServiceHarness, tmp_path: Path
) -> None:
    file = tmp_path / "items.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(BASIC)
    typed: dict[str, Any] = {**ITEM, "statutory_days": 10.0, "effective": date(2026, 3, 2)}
    sheet.append([typed[one] for one in BASIC])
    book.save(file)
    assert imported(government, file) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("items.csv", ",".join(BASIC).encode() + "\n事项".encode("gb18030"), "is no UTF-8"),
        ("items.csv", b"code,division\n", "lacks the columns organ, promised_days"),
        ("items.csv", b"code,code,division,organ,promised_days\n", "two columns have one name"),
        (
            "items.csv",
            b"code,division,organ,promised_days,horse\n",
            "nobody knows the columns horse",
        ),
        ("items.csv", b'code,division,organ,promised_days\n"x,1,2', "no CSV"),
        ("items.csv", b"", "lacks the columns"),
        ("items.xlsx", b"not a workbook", "no XLSX"),
    ],
)
def test_a_file_that_is_no_such_table_says_what_to_do(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(FaultyFile, match=told):
        item_files.read(file)


def test_a_written_csv_is_known_as_utf8_by_spreadsheets(tmp_path: Path) -> None:
    file = table(tmp_path, BASIC, ITEM)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert row["name"] == ITEM["name"]
