"""The chain of audit rows: whoever changes it is found, at the first row that was touched."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.servers import AUDIT_KEEPER
from shared import anchors, audit
from shared.context import Principal
from shared.contracts.platform import AuditVerification
from shared.messaging.tables import AUDIT, AUDIT_HEAD
from shared.testing.harness import ServiceHarness
from shared.testing.probe import OFFICIAL, OPERATOR, OpenCounter
from tests.conftest import WithAllRights
from tests.probing import Tamper

MakeProbe = Callable[[], ServiceHarness]
ROWS = 6
COLUMNS = [column.name for column in AUDIT.c if column.name != "sequence"]


@pytest.fixture
def chain(harness: ServiceHarness) -> ServiceHarness:
    """A service with six audit rows."""
    for number in range(ROWS):
        order = OpenCounter(division="330106")
        harness.execute(order, OFFICIAL, request_id=f"r-{number}", scenario="s-1")
    return harness


def row_at(harness: ServiceHarness, sequence: int) -> dict[str, Any]:
    (row,) = harness.rows(sa.select(AUDIT).where(AUDIT.c.sequence == sequence))
    return dict(row._mapping)


def test_an_untouched_chain_is_intact(chain: ServiceHarness) -> None:
    verdict = audit.verify(chain.runtime.engine, batch=4)
    assert (verdict.intact, verdict.rows, verdict.reason) == (True, ROWS, "")
    state = chain.execute(AuditVerification(), OPERATOR)
    assert (state.intact, state.rows, state.head) == (True, ROWS, verdict.head)


def test_an_empty_chain_is_intact(harness: ServiceHarness) -> None:
    assert audit.verify(harness.runtime.engine).intact


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("profile", ["embedded"], indirect=True)
def test_an_altered_row_is_named_whatever_was_altered_in_it(
    chain: ServiceHarness, tamper: Tamper, column: str
) -> None:
    value = row_at(chain, 3)[column]
    other = {
        str: lambda: "x" + value[1:] if value else "x",
        list: lambda: [*value, "x"],
    }.get(type(value), lambda: value + timedelta(microseconds=1))()
    verdict = tamper(chain, sa.update(AUDIT).where(AUDIT.c.sequence == 3).values({column: other}))
    assert (verdict.intact, verdict.broken_at, verdict.reason) == (False, 3, "row was altered")


def test_a_removed_row_is_named(chain: ServiceHarness, tamper: Tamper) -> None:
    verdict = tamper(chain, sa.delete(AUDIT).where(AUDIT.c.sequence == 3))
    assert (verdict.broken_at, verdict.reason) == (3, "row is missing")


def test_a_removed_row_is_found_though_the_later_ones_move_up(
    chain: ServiceHarness, tamper: Tamper
) -> None:
    verdict = tamper(
        chain,
        sa.delete(AUDIT).where(AUDIT.c.sequence == 3),
        *(
            sa.update(AUDIT).where(AUDIT.c.sequence == n).values(sequence=n - 1)
            for n in range(4, ROWS + 1)
        ),
        sa.update(AUDIT_HEAD).values(sequence=ROWS - 1),
    )
    assert (verdict.broken_at, verdict.reason) == (3, "row was altered")


def test_a_row_put_in_between_is_named(chain: ServiceHarness, tamper: Tamper) -> None:
    forged = row_at(chain, 3) | {"actor": "account.scapegoat"}
    verdict = tamper(
        chain,
        *(
            sa.update(AUDIT).where(AUDIT.c.sequence == n).values(sequence=n + 1)
            for n in range(ROWS, 2, -1)
        ),
        sa.insert(AUDIT).values(forged),
        sa.update(AUDIT_HEAD).values(sequence=ROWS + 1),
    )
    assert (verdict.broken_at, verdict.reason) == (3, "row was altered")


def test_a_row_put_in_after_the_last_is_named(chain: ServiceHarness, tamper: Tamper) -> None:
    forged = row_at(chain, ROWS) | {"sequence": ROWS + 1}
    verdict = tamper(chain, sa.insert(AUDIT).values(forged))
    assert (verdict.broken_at, verdict.reason) == (ROWS + 1, "row is beyond the head")


def test_a_cut_tail_is_found_by_the_head(chain: ServiceHarness, tamper: Tamper) -> None:
    verdict = tamper(chain, sa.delete(AUDIT).where(AUDIT.c.sequence > ROWS - 2))
    assert (verdict.broken_at, verdict.reason) == (ROWS - 1, "row is missing")


def test_a_cut_tail_is_found_though_the_heads_count_was_turned_back(
    chain: ServiceHarness,
    tamper: Tamper,
) -> None:
    verdict = tamper(
        chain,
        sa.delete(AUDIT).where(AUDIT.c.sequence > ROWS - 2),
        sa.update(AUDIT_HEAD).values(sequence=ROWS - 2),
    )
    assert (verdict.broken_at, verdict.reason) == (ROWS - 2, "head does not fit the last row")


def test_two_processes_append_at_once_without_a_gap(make_probe: MakeProbe) -> None:
    processes = [make_probe(), make_probe()]

    def open_counter(index: int) -> None:
        principal = Principal(id=f"account.{index}", kind="official", division="33")
        processes[index % 2].execute(OpenCounter(division="330106"), principal)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_counter, range(60)))
    verdict = audit.verify(processes[0].runtime.engine, batch=7)
    assert (verdict.intact, verdict.rows) == (True, 60)
    rows = processes[1].rows(sa.select(AUDIT.c.sequence, AUDIT.c.actor).order_by(AUDIT.c.sequence))
    assert [row.sequence for row in rows] == list(range(1, 61))
    assert {row.actor for row in rows} == {f"account.{index}" for index in range(60)}


# What only an anchor outside of the database finds


def rewind(harness: ServiceHarness, tamper: Tamper, sequence: int) -> None:
    """Turn rows and head back together, so that the chain fits itself again."""
    head = row_at(harness, sequence)["hash"]
    verdict = tamper(
        harness,
        sa.delete(AUDIT).where(AUDIT.c.sequence > sequence),
        sa.update(AUDIT_HEAD).values(sequence=sequence, hash=head),
    )
    assert verdict.intact


def test_a_chain_that_grew_on_holds_every_anchor_of_it(chain: ServiceHarness) -> None:
    kept = [audit.anchor_of(chain.runtime.engine, "probe")]
    chain.execute(OpenCounter(division="330106"), OFFICIAL)
    kept.append(audit.anchor_of(chain.runtime.engine, "probe"))
    verdict = audit.verify(chain.runtime.engine, batch=4, anchors=kept)
    assert (verdict.intact, verdict.rows, verdict.anchors) == (True, ROWS + 1, 2)


def test_a_chain_turned_back_with_its_head_is_found_by_an_anchor(
    chain: ServiceHarness, tamper: Tamper
) -> None:
    kept = [audit.anchor_of(chain.runtime.engine, "probe")]
    rewind(chain, tamper, 2)
    verdict = audit.verify(chain.runtime.engine, anchors=kept)
    assert (verdict.intact, verdict.broken_at) == (False, ROWS)
    assert verdict.reason == "anchored row is missing: the chain was turned back"


def test_a_chain_turned_back_and_grown_on_is_found_by_an_anchor(
    chain: ServiceHarness, tamper: Tamper
) -> None:
    kept = [audit.anchor_of(chain.runtime.engine, "probe")]
    rewind(chain, tamper, 2)
    for _ in range(ROWS):
        chain.execute(OpenCounter(division="330106"), OFFICIAL)
    assert audit.verify(chain.runtime.engine).intact
    verdict = audit.verify(chain.runtime.engine, batch=4, anchors=kept)
    assert (verdict.intact, verdict.broken_at) == (False, ROWS)
    assert verdict.reason == "row is not the anchored one: the chain was rewritten"


def test_an_anchor_of_an_empty_chain_is_held_by_what_grew_from_it(harness: ServiceHarness) -> None:
    kept = [audit.anchor_of(harness.runtime.engine, "probe")]
    harness.execute(OpenCounter(division="330106"), OFFICIAL)
    assert audit.verify(harness.runtime.engine, anchors=kept).intact
    strange = anchors.Anchor("probe", 0, "1" * 64, kept[0].time)
    verdict = audit.verify(harness.runtime.engine, anchors=[strange])
    assert (verdict.intact, verdict.reason) == (False, "anchor is of another chain")


def test_anchors_are_added_to_their_file_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    made = [anchors.Anchor("probe", n, f"{n}" * 64, "2026-03-02T09:00:00+08:00") for n in (1, 2, 3)]
    anchors.append(file, made[:2])
    anchors.append(file, made[2:])
    assert anchors.read(file) == made


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"service": "probe", "sequence": 1, "hash": "0"}',
        '{"service": "probe", "sequence": "1", "hash": "0", "time": "2026-03-02T09:00:00+08:00"}',
        '{"service": "probe", "sequence": 1, "hash": "0", "time": "yesterday"}',
    ],
)
def test_a_line_that_is_no_anchor_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "anchors.jsonl"
    anchors.append(file, [anchors.Anchor("probe", 1, "0" * 64, "2026-03-02T09:00:00+08:00")])
    with file.open("a") as opened:
        opened.write(line + "\n")
    with pytest.raises(ValueError, match=r"line 2 of .* is no anchor"):
        anchors.read(file)


# What the role that serves may not


AS_THE_SERVICE = {
    "changing": "UPDATE audit SET actor = 'account.scapegoat'",
    "changing what is not there": "UPDATE audit SET actor = 'x' WHERE sequence = 0",
    "changing by inserting": "INSERT INTO audit SELECT * FROM audit WHERE true"
    " ON CONFLICT (sequence) DO UPDATE SET actor = 'account.scapegoat'",
    "removing": "DELETE FROM audit WHERE sequence = 3",
    "emptying": "TRUNCATE audit",
    "locking it away": "ALTER TABLE audit RENAME TO audit_of_before",
    "dropping": "DROP TABLE audit",
    "dropping all": "DROP SCHEMA public CASCADE",
    "removing the head": "DELETE FROM audit_head",
    "disarming": "ALTER TABLE audit DISABLE TRIGGER ALL",
    "dropping the trigger": "DROP TRIGGER audit_is_only_appended ON audit",
    "making the trigger idle": "CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger"
    " LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "making the keeper idle": "DROP FUNCTION keep_audit()",
    "granting": "GRANT ALL ON audit TO CURRENT_USER; UPDATE audit SET actor = 'account.scapegoat'",
    "taking it back": "ALTER TABLE audit OWNER TO CURRENT_USER",
    "acting as the keeper": f"SET ROLE {AUDIT_KEEPER}",
    "silencing triggers": "SET session_replication_role = replica",
}
ON_SQLITE = ("changing", "changing by inserting", "removing")


@pytest.mark.parametrize("profile", ["embedded"], indirect=True)
@pytest.mark.parametrize("way", ON_SQLITE)
def test_sqlite_refuses_to_change_or_remove_an_audit_row(chain: ServiceHarness, way: str) -> None:
    with (
        pytest.raises(sa.exc.IntegrityError, match="neither changed nor removed"),
        chain.runtime.engine.begin() as connection,
    ):
        connection.exec_driver_sql(AS_THE_SERVICE[way])
    assert audit.verify(chain.runtime.engine).rows == ROWS


@pytest.mark.distributed
@pytest.mark.parametrize("profile", ["distributed"], indirect=True)
@pytest.mark.parametrize("way", AS_THE_SERVICE)
def test_the_role_that_serves_can_only_append(chain: ServiceHarness, way: str) -> None:
    before = [row_at(chain, sequence) for sequence in range(1, ROWS + 1)]
    with (
        # Its rights alone refuse it; the trigger is not even asked.
        pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be"),
        chain.runtime.engine.begin() as connection,
    ):
        connection.exec_driver_sql(AS_THE_SERVICE[way])
    assert [row_at(chain, sequence) for sequence in range(1, ROWS + 1)] == before
    chain.execute(OpenCounter(division="330106"), OFFICIAL)
    assert audit.verify(chain.runtime.engine).rows == ROWS + 1


@pytest.mark.distributed
@pytest.mark.parametrize("profile", ["distributed"], indirect=True)
@pytest.mark.parametrize("way", ["changing what is not there", "removing", "emptying"])
def test_the_trigger_refuses_even_whoever_may_everything(
    chain: ServiceHarness, with_all_rights: WithAllRights, way: str
) -> None:
    with with_all_rights(chain) as engine, engine.connect() as connection:
        # As a subscriber of logical replication does, for whom other triggers do not fire.
        connection.exec_driver_sql("SET session_replication_role = replica")
        with pytest.raises(sa.exc.ProgrammingError, match="neither changed nor removed"):
            connection.exec_driver_sql(AS_THE_SERVICE[way])
