"""A promised case from the application to its result: ours, the database alone, nameko alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise, permutations
from typing import Any

from tests.bench.comparing import OURS, Comparison, Measure, Side, require_equal
from tests.bench.pgbench import Row, insert, play_script, update
from tests.bench.promised_case import (
    BUREAU,
    CATALOGUE,
    OFFICIAL,
    OPENING,
    RESIDENT,
    after_opening,
)
from tests.bench.rig import Program, Rig, channel_to
from tests.bench.turns import Turn

SERVICE, PGBENCH = "digital_government", "bench_decisions"
AT_ONCE = 32
WORKERS = 64
"""Of the bare service, as many as a service of ours has by default."""

ORDERS = [OPENING, *(order for _, order in after_opening("c-bench"))]
COMMANDS = ", ".join(sorted({f"'{order.NAME}'" for order in ORDERS}))
EVENTS = (
    "ApplicationOpened",
    "MaterialAttached",
    "ApplicationSubmitted",
    "CaseSubmitted",
    "CaseAccepted",
    "MaterialAttached",
    "ToleratedMaterialsCame",
    "CaseDecided",
    "ResultDelivered",
)
FOUND_BY = {
    "request": "reply ->> 'id' = :id",
    "outbox": "aggregate_id = :id",
    # What followed from the events stands there too.
    "audit": f"aggregate_id = :id AND act IN ({COMMANDS})",
    "application": "id = :id",
    "case_": "id = :id",
    "attachment": "id LIKE :id || '/%'",
    "timer": "aggregate_id = :id",
}
"""Where the rows of a case are."""

CHANGING = ("application", "case_", "attachment", "timer")
"""The tables of which a later command changes rows; the others only grow."""

ROWS = {"request": len(ORDERS), "audit": len(ORDERS), "outbox": len(EVENTS), "case_": 1}
"""What one case leaves, as it is counted after each turn."""

State = Mapping[str, Mapping[str, Row]]
"""All rows of one case at one moment, by table and key."""


class Decision:
    """Seven commands and nine events: an application is opened, gets a document, and is handed in;
    the case is accepted, gets what might follow, is granted, and its result delivered.

    Ours signs and checks tokens, asks the policies, and `identity_data` whether the applicant may
    apply; it writes everything, publishes the events, and keeps its figures from them. pgbench
    writes the same rows, one transaction of four statements a command. nameko carries the same
    commands and events, and does nothing with them.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def measure(self) -> Measure:
        """All three."""
        service, client = self._nameko
        own = {"service": self._rig.pids()[SERVICE], "client": self._cases.pid}
        return Measure(
            "decision",
            f"a case to its result, {AT_ONCE} at once · 承诺件从申请到送达，{AT_ONCE} 件并发",
            [
                Side(OURS, self._ours, self._rig.settle, own),
                Side("pgbench", self._alone),
                Side(
                    "nameko",
                    lambda seconds: client.turn(seconds=seconds, concurrency=AT_ONCE),
                    self._hear_all,
                    {"service": service.pid, "client": client.pid},
                ),
            ],
            [
                Comparison(OURS, "pgbench"),
                Comparison(OURS, "nameko"),
                Comparison(OURS, "pgbench", 0.5, slower_of="nameko"),
            ],
            seconds=6.0,
        )

    # Ours

    @cached_property
    def _cases(self) -> Program:
        settings = self._rig.settings
        accounts = (CATALOGUE, BUREAU, RESIDENT, OFFICIAL)
        program, _ = self._rig.start(
            "load.deciding_cases",
            # The gateway's user, because that one may call every service.
            amqp_url=settings.amqp_url_for("gateway"),
            caller="gateway",
            passwords={name: settings.secret_of(f"account-{name}") for name in accounts},
        )
        return program

    def _ours(self, seconds: float) -> Turn:
        before = self._stored(SERVICE)
        turn = self._cases.turn(seconds=seconds, concurrency=AT_ONCE)
        self._require(SERVICE, before, turn.done)
        return turn

    def _stored(self, database: str) -> dict[str, int]:
        events = ", ".join(sorted({f"'{name}'" for name in EVENTS}))
        which = {
            "request": f"contract IN ({COMMANDS})",
            "audit": f"act IN ({COMMANDS})",
            "outbox": f"type IN ({events})",
            "case_": "delivery IS NOT NULL",
        }
        return {
            table: self._rig.count(database, f"SELECT count(*) FROM {table} WHERE {condition}")
            for table, condition in which.items()
        }

    def _require(self, database: str, before: Mapping[str, int], done: int) -> None:
        for table, now in self._stored(database).items():
            new = now - before[table]
            require_equal(f"new rows of {table} in {database}", ROWS[table] * done, new)

    # The database alone

    def _alone(self, seconds: float) -> Turn:
        before = self._stored(PGBENCH)
        turn = play_script(self._rig, PGBENCH, self._script, AT_ONCE, seconds)
        self._require(PGBENCH, before, turn.done)
        return turn

    @cached_property
    def _states(self) -> list[State]:
        """One case before its first command, and after each."""
        states: list[State] = [{table: {} for table in FOUND_BY}]
        for _ in ORDERS:
            self._cases.turn(step=True)
            self._rig.settle()
            newest = "SELECT id FROM application ORDER BY created_at DESC LIMIT 1"
            ((key,),) = (row.values() for row in self._rig.ask(SERVICE, newest))
            states.append({table: self._rows(table, key) for table in FOUND_BY})
        for table, each in ROWS.items():
            require_equal(f"rows of one case in {table}", each, len(states[-1][table]))
        return states

    def _rows(self, table: str, case: str) -> dict[str, Row]:
        which = f"SELECT * FROM {table} WHERE {FOUND_BY[table]}"
        found = self._rig.ask(SERVICE, which, id=case)
        return {str(row["sequence" if table == "audit" else "id"]): row for row in found}

    @cached_property
    def _script(self) -> str:
        """For each command a transaction of four statements: its request, its events, its audit
        row, and all that it makes or changes besides.

        Every id is replaced by random digits of the same or a similar length.
        """
        ids = self._ids()
        lines = [f"\\set {name} random(1000000000000000, 9999999999999999)" for name in "abcdefgh"]
        for before, after in pairwise(self._states):
            lines.append("BEGIN;")
            for table in ("request", "outbox", "audit"):
                new = [row for key, row in after[table].items() if key not in before[table]]
                # An event is published after the transaction.
                unpublished = [
                    {**row, "published_at": None} if table == "outbox" else row for row in new
                ]
                lines.append(f"{insert(table, unpublished, ids)};")
            *first, last = _changes(before, after, ids)
            named = ", ".join(f"part{number} AS ({one})" for number, one in enumerate(first))
            lines.append(f"WITH {named} {last};" if first else f"{last};")
            lines.append("COMMIT;")
        script = self._rig.folder / "decision.sql"
        script.write_text("\n".join(lines) + "\n")
        return str(script)

    def _ids(self) -> dict[str, str]:
        last = self._states[-1]
        (case,) = last["case_"]
        others = [key.partition("/")[2] for key in last["request"]] + list(last["outbox"])
        pairs = permutations("cdefgh", 2)
        found = {one: f":{a}:{b}" for one, (a, b) in zip(others, pairs, strict=False)}
        return {case.partition("-")[2]: ":a:b", **found}

    # nameko

    @cached_property
    def _nameko(self) -> tuple[Program, Program]:
        told: dict[str, Any] = {"amqp_url": self._rig.amqp_url, "workers": WORKERS}
        commands = [
            {
                "order": order.dump(),
                "events": [
                    row["envelope"]
                    for key, row in after["outbox"].items()
                    if key not in before["outbox"]
                ],
                "reply": {"id": next(iter(after["application"])), "version": version},
            }
            for version, (order, (before, after)) in enumerate(
                zip(ORDERS, pairwise(self._states), strict=True), 1
            )
        ]
        service, _ = self._rig.start("peers.nameko_case", **told)
        client, _ = self._rig.start("peers.nameko_case_client", commands=commands, **told)
        return service, client

    def _hear_all(self) -> None:
        """Wait until the bare service heard all that it told."""
        with channel_to(self._rig.amqp_url) as channel:
            while channel.queue_declare(HEARD, passive=True).message_count:
                time.sleep(0.1)


HEARD = "evt-nameko_case-happened--nameko_case.hear"


def _changes(before: State, after: State, ids: Mapping[str, str]) -> list[str]:
    """A statement for each row that a command makes or changes."""
    statements = []
    for table in CHANGING:
        for key, row in after[table].items():
            was = before[table].get(key)
            if was is None:
                statements.append(insert(table, [row], ids))
            elif changed := {name: value for name, value in row.items() if value != was[name]}:
                statements.append(update(table, key, changed, ids))
    return statements
