"""Submitting one application: ours over HTTP and RPC, the database alone, and FastAPI's ORM way."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections import Counter
from datetime import datetime
from functools import cached_property

from deploy.api import Api
from tests.bench.comparing import OURS, Comparison, Measure, Miscounted, Side, require_equal
from tests.bench.pgbench import Row, found_in, insert, play_script, run
from tests.bench.rig import HERE, Program, Rig
from tests.bench.turns import Turn

SERVICE, PGBENCH, ORM = "digital_government", "bench_pgbench", "bench_orm"
ACCOUNT = "resident"
CONNECTIONS = 32
ROWS = {"request": 1, "one_thing": 1, "case_": 1, "outbox": 2, "audit": 1}
"""What one application writes, by table."""

OF_APPLICATIONS = {
    "request": "contract = 'SubmitOneThing'",
    "one_thing": "true",
    "case_": "true",
    "outbox": "type IN ('OneThingSubmitted', 'CaseSubmitted')",
    "audit": "act = 'SubmitOneThing'",
}


class Submit:
    """`SubmitOneThing`: a resident's token, three reads, six rows in one transaction, two events.

    The peers write the same rows into tables of the same definition. They check nothing, chain no
    audit rows, publish nothing and keep no figures, all of which ours does in the same time.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def measure(self) -> Measure:
        """All four."""
        http, rpc = f"{OURS}, HTTP", f"{OURS}, RPC"
        fastapi, address = self._fastapi
        own = {"service": self._rig.pids()[SERVICE]}
        served = self._rig.services[SERVICE].address
        return Measure(
            "submit",
            f"submit one application, {CONNECTIONS} at once · 提交一件申请，{CONNECTIONS} 个并发",
            [
                Side(http, lambda s: self._wrk(SERVICE, served, s), self._rig.settle, own),
                Side(rpc, self._calls, self._rig.settle, {**own, "client": self._caller.pid}),
                Side("pgbench", self._pgbench),
                Side(
                    "FastAPI + ORM",
                    lambda s: self._wrk(ORM, address, s),
                    pids={"service": fastapi.pid},
                ),
            ],
            [
                Comparison(http, "pgbench", 0.5),
                Comparison(http, "FastAPI + ORM", 4.0),
                Comparison(rpc, "pgbench"),
                Comparison(rpc, "FastAPI + ORM"),
            ],
        )

    # What is in a database

    def _stored(self, database: str) -> dict[str, int]:
        return {
            table: self._rig.count(database, f"SELECT count(*) FROM {table} WHERE {which}")
            for table, which in OF_APPLICATIONS.items()
        }

    def _stored_at_rest(self, database: str) -> dict[str, int]:
        """The same, once what was in flight is written too."""
        before, now = {}, self._stored(database)
        while before != now:
            time.sleep(0.1)
            before, now = now, self._stored(database)
        return now

    @staticmethod
    def _require(database: str, before: dict[str, int], after: dict[str, int], done: int) -> None:
        for table, each in ROWS.items():
            new = after[table] - before[table]
            require_equal(f"new rows of {table} in {database}", each * done, new)

    # Ours over RPC

    @cached_property
    def _caller(self) -> Program:
        return self._rig.start_caller("applications", ACCOUNT)

    def _calls(self, seconds: float) -> Turn:
        before = self._stored(SERVICE)
        turn = self._caller.turn(seconds=seconds, concurrency=CONNECTIONS)
        self._require(SERVICE, before, self._stored(SERVICE), turn.done)
        return turn

    # Ours and FastAPI over HTTP

    @cached_property
    def _resident(self) -> Api:
        password = self._rig.settings.secret_of(f"account-{ACCOUNT}")
        return Api(self._rig.services["identity_data"].address).signed_in(ACCOUNT, password)

    def _wrk(self, database: str, address: str, seconds: float) -> Turn:
        """A turn of wrk, whose answers are then looked up one by one in the database."""
        before = self._stored(database)
        prefix = uuid.uuid4().hex[:16]
        answers = self._rig.folder / f"answers-{prefix}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "20s"]
        command += ["-s", str(HERE / "load" / "applications.lua"), address]
        command += ["--", self._resident.token(), f"{prefix}-", str(answers)]
        said = run(command)
        number, unit = found_in(r"requests in ([\d.]+)(ms|s|m)\b", said)
        took = float(number) * {"ms": 0.001, "s": 1.0, "m": 60.0}[unit]
        ids = [line for line in answers.read_text().splitlines() if line.startswith("t-")]
        errors = Counter(
            line[:80] for line in answers.read_text().splitlines() if not line.startswith("t-")
        )
        errors.update(re.findall(r"Socket errors: .*", said))
        after = self._stored_at_rest(database)
        done = after["one_thing"] - before["one_thing"]
        self._require(database, before, after, done)
        kept = {row["id"] for row in self._rig.ask(database, "SELECT id FROM one_thing")}
        require_equal("acknowledged, but not stored", set(), set(ids) - kept)
        require_equal("acknowledged once", len(ids), len(set(ids)))
        # wrk leaves when its time is over, with a request in flight on every connection: that
        # many may be stored beyond those that it saw acknowledged, and no more.
        if not errors and done - len(ids) > CONNECTIONS:
            raise Miscounted(f"{len(ids)} acknowledged, {done} stored in {database}")
        return Turn(len(ids), took, errors)

    @cached_property
    def _fastapi(self) -> tuple[Program, str]:
        program, said = self._rig.start(
            "peers.fastapi_orm",
            database_url=self._rig.database.url_for(ORM),
            connections=CONNECTIONS,
            rows=json.loads(json.dumps(self._pattern, default=datetime.isoformat)),
        )
        return program, said["address"]

    # The database alone

    def _pgbench(self, seconds: float) -> Turn:
        before = self._stored(PGBENCH)
        turn = play_script(self._rig, PGBENCH, self._script, CONNECTIONS, seconds)
        self._require(PGBENCH, before, self._stored(PGBENCH), turn.done)
        return turn

    @cached_property
    def _script(self) -> str:
        """Four statements in one transaction that write the rows of one true application.

        Every id in them is replaced by random digits of the same or a similar length, and the
        audit row's number by the next of a sequence.
        """
        pattern = self._pattern
        thing, case = pattern["one_thing"][0], pattern["case_"][0]
        first, second = pattern["outbox"]
        ids = {
            thing["id"].partition("-")[2]: ":a:b",
            case["id"].partition("-")[2]: ":b:a",
            first["id"]: ":a:c",
            second["id"]: ":c:a",
            pattern["request"][0]["id"].partition("/")[2]: ":b:c",
            thing["reservation_id"].partition("-")[2]: ":d",
        }
        writing = {table: insert(table, rows, ids) for table, rows in pattern.items()}
        lines = [f"\\set {name} random(1000000000000000, 9999999999999999)" for name in "abcd"]
        lines += [
            "BEGIN;",
            f"{writing['request']};",
            f"WITH thing AS ({writing['one_thing']}) {writing['case_']};",
            f"{writing['outbox']};",
            f"{writing['audit']};",
            "COMMIT;",
        ]
        script = self._rig.folder / "application.sql"
        script.write_text("\n".join(lines) + "\n")
        return str(script)

    @cached_property
    def _pattern(self) -> dict[str, list[Row]]:
        """The very rows that one application of ours wrote."""
        self._caller.turn(seconds=0.1, concurrency=1)
        ask = self._rig.ask
        (thing,) = ask(SERVICE, "SELECT * FROM one_thing ORDER BY created_at DESC LIMIT 1")
        own = {"id": thing["id"]}
        cases = ask(SERVICE, "SELECT * FROM case_ WHERE one_thing_id = :id", **own)
        found = {
            "request": ask(SERVICE, "SELECT * FROM request WHERE reply ->> 'id' = :id", **own),
            "one_thing": [thing],
            "case_": cases,
            "outbox": ask(
                SERVICE,
                "SELECT * FROM outbox WHERE aggregate_id = :id OR aggregate_id = ANY(:cases)"
                " ORDER BY position",
                cases=[case["id"] for case in cases],
                **own,
            ),
            "audit": ask(SERVICE, "SELECT * FROM audit WHERE aggregate_id = :id", **own),
        }
        sizes = {table: len(rows) for table, rows in found.items()}
        require_equal("rows of one application", ROWS, sizes)
        return found
