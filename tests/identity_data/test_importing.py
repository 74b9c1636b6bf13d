"""People taken over from a file: who is registered, what is refused, what a killed run leaves."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.identity_data import importing
from services.identity_data.importing import FaultyFile, Imported, import_people
from services.identity_data.models import Person, RegistryImport
from services.identity_data.service import IdentityData
from shared.contracts.identity_data import PeopleImported
from shared.identifiers import resident_number_from
from shared.messaging.tables import AUDIT
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

HERE = "330106002"
HEADING = "number,name,division,phone"


def number(order: int) -> str:
    return resident_number_from("330106", date(1950, 1, 1) + timedelta(days=order), 997)


def line(order: int, *, division: str = HERE, phone: str = "") -> str:
    return f"{number(order)},潮生,{division},{phone}"


def refused(path: Path) -> list[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        return [(int(row["row"]), row["reason"]) for row in csv.DictReader(opened)]


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The divisions, and nobody registered."""
    harness = make_service(IdentityData)
    know_places(harness, "330106")
    return harness


@pytest.fixture
def take(register: ServiceHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a file of these lines and takes it over, three rows a part."""
    monkeypatch.setattr(importing, "PART", 3)

    def run(lines: Iterable[str], heading: str = HEADING) -> Imported:
        file = tmp_path / "people.csv"
        file.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
        return import_people(register.runtime, file, tmp_path / "rejects.csv", lambda _: None)

    return run


def names_registered(register: ServiceHarness) -> set[str]:
    return {row.number for row in register.rows(sa.select(Person.number))}


def test_everybody_in_a_file_is_registered_with_an_event_and_an_audit_row_for_each_part(
    register: ServiceHarness, take: Callable[..., Imported], tmp_path: Path
) -> None:
    found = take([line(n, phone="10071234567") for n in range(7)])

    assert found == Imported(accepted=7, rejected=0)
    assert names_registered(register) == {number(n) for n in range(7)}
    (person,) = register.rows(sa.select(Person.__table__).where(Person.number == number(3)))
    assert (person.version, person.birth_date, person.division, person.stands_for) == (
        1,
        date(1950, 1, 4),
        HERE,
        [],
    )
    assert [one.last_row for one in register.told(PeopleImported)] == [4, 7, 8]
    acts = sa.select(AUDIT.c.act).where(AUDIT.c.act == "import")
    assert len(register.rows(acts)) == 3
    assert refused(tmp_path / "rejects.csv") == []


def test_a_row_that_breaks_a_rule_is_refused_with_the_reason_and_the_others_are_taken(
    register: ServiceHarness, take: Callable[..., Imported], tmp_path: Path
) -> None:
    forged = number(1)[:-1] + ("0" if number(1)[-1] != "0" else "1")

    found = take(
        [
            line(0),
            f"{forged},潮生,{HERE},",
            f"{number(2)},,{HERE},",
            line(3, division="339999"),
            f"{number(4)},潮生",
            line(0),
            line(5, phone="12"),
            line(6),
        ]
    )

    assert found == Imported(accepted=2, rejected=6)
    assert names_registered(register) == {number(0), number(6)}
    told = dict(refused(tmp_path / "rejects.csv"))
    assert list(told) == [3, 4, 5, 6, 7, 8]
    assert told[3].startswith("number:")
    assert told[4].startswith("name:")
    assert told[5] == "division: No such division."
    assert told[6] == "2 fields in the place of 4"
    assert told[7] == "somebody is registered under this number"
    assert told[8] == "phone: Not a phone number."
    assert (tmp_path / "rejects.csv").stat().st_mode & 0o077 == 0


def test_a_killed_run_is_continued_after_its_last_part_and_loses_no_reject(
    register: ServiceHarness,
    take: Callable[..., Imported],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [line(n) if n % 2 else line(n, division="339999") for n in range(9)]
    wrote, really = 0, register.runtime.committer.commit

    def killed_before_the_third(effects):
        nonlocal wrote
        wrote += 1
        if wrote == 3:
            raise KeyboardInterrupt
        return really(effects)

    with monkeypatch.context() as patch:
        patch.setattr(register.runtime.committer, "commit", killed_before_the_third)
        with pytest.raises(KeyboardInterrupt):
            take(lines)
    found = take(lines)

    assert found == Imported(accepted=4, rejected=5)
    assert names_registered(register) == {number(n) for n in range(1, 9, 2)}
    assert [row for row, _ in refused(tmp_path / "rejects.csv")] == [2, 4, 6, 8, 10]
    (standing,) = register.rows(sa.select(RegistryImport.version, RegistryImport.rows_done))
    assert tuple(standing) == (3, 10)


def test_the_same_file_again_changes_nothing(
    register: ServiceHarness, take: Callable[..., Imported]
) -> None:
    lines = [line(n) for n in range(5)]
    first = take(lines)
    events = len(register.told())

    assert take(lines) == first
    assert len(register.told()) == events


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        ("number,name", "names no column division"),
        (f"{HEADING},salary", "no column “salary”"),
        ("", "names no column division, name, number"),
    ],
)
def test_a_file_with_other_columns_is_refused_whole(
    register: ServiceHarness, take: Callable[..., Imported], heading: str, told: str
) -> None:
    with pytest.raises(FaultyFile, match=told):
        take([line(0)], heading)

    assert names_registered(register) == set()


def test_a_file_that_is_no_text_is_refused(register: ServiceHarness, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes("编号,姓名".encode("gb18030"))

    with pytest.raises(FaultyFile, match="UTF-8"):
        import_people(register.runtime, file, tmp_path / "rejects.csv", lambda _: None)


def test_refused_rows_are_written_over_no_other_file(
    register: ServiceHarness, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"{HEADING}\n{line(0)}\n", encoding="utf-8")

    with pytest.raises(FaultyFile, match="no file of refused rows"):
        import_people(register.runtime, file, file, lambda _: None)

    assert file.read_text(encoding="utf-8") == f"{HEADING}\n{line(0)}\n"
    assert names_registered(register) == set()
