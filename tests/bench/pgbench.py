"""The database alone: pgbench with a script that writes the very rows that ours wrote."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from deploy.system_packages import SetupFault, postgresql_programs
from tests.bench.rig import Rig
from tests.bench.turns import Turn

Row = dict[str, Any]


def play_script(rig: Rig, database: str, script: str, clients: int, seconds: float) -> Turn:
    """A turn of so many clients, each repeating the script in a peer's database; an operation is
    one repetition."""
    programs = postgresql_programs()
    if programs is None:
        raise SetupFault("PostgreSQL is missing: install Debian's postgresql.")
    command = [str(programs / "pgbench"), "--no-vacuum", "--protocol=simple"]
    command += [f"--client={clients}", "--jobs=2", f"--time={seconds:.0f}"]
    command += [f"--file={script}", rig.database.url_for(database)]
    said = run(command)
    (done,) = found_in(r"actually processed: (\d+)", said)
    (failed,) = found_in(r"failed transactions: (\d+)", said)
    (rate,) = found_in(r"tps = ([\d.]+) \(without initial connection time\)", said)
    errors = {"failed transaction": int(failed)} if int(failed) else {}
    return Turn(int(done), int(done) / float(rate), errors)


def run(command: list[str]) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {answer.stderr[-2000:]}")
    return answer.stdout


def found_in(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"no “{pattern}” in: {text[-2000:]}")
    return found.groups()


def insert(table: str, rows: list[Row], ids: Mapping[str, str]) -> str:
    """One statement that inserts all the rows, with these ids replaced."""
    # The database numbers events itself; audit rows get the next number of a sequence.
    given = {("audit", "sequence"): "nextval('audit_number')"}
    columns = [name for name in rows[0] if (table, name) != ("outbox", "position")]
    values = [[given.get((table, name)) or literal(row[name]) for name in columns] for row in rows]
    tuples = ", ".join(f"({', '.join(one)})" for one in values)
    return replaced(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {tuples}", ids)


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).isoformat()}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def update(table: str, key: str, changed: Mapping[str, Any], ids: Mapping[str, str]) -> str:
    """One statement that changes columns of the row with that id, with these ids replaced."""
    columns = ", ".join(f"{name} = {literal(value)}" for name, value in changed.items())
    return replaced(f"UPDATE {table} SET {columns} WHERE id = {literal(key)}", ids)


def replaced(statement: str, ids: Mapping[str, str]) -> str:
    """The statement with each of these ids replaced."""
    for old, new in ids.items():
        statement = statement.replace(old, new)
    return statement
