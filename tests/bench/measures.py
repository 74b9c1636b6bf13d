"""What is measured: ours and its peers, each a side that takes turns."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from deploy.api import Api
from deploy.system_packages import postgresql_programs
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.topology import DELIVERY_LIMIT, events_exchange
from tests.bench.rig import (
    CONNECTIONS,
    HERE,
    ORM,
    PGBENCH,
    RELAY,
    Miscounted,
    Program,
    Rig,
    channel_to,
)
from tests.bench.turns import Turn

OURS = "Qiantang"
OFFICIAL, RESIDENT = "official.market_regulation", "resident"
WORKERS = 64
RELAYED = 5000


@dataclass(frozen=True)
class Side:
    """One of those that are compared. `turn` runs it for so many seconds; `pids` are its own
    processes, by what they do, for the processor's time."""

    name: str
    turn: Callable[[float], Turn]
    pids: Callable[[], dict[str, int]] = dict


@dataclass(frozen=True)
class Comparison:
    """Ours beside a peer: the ratio of operations a second, and the least it shall be."""

    ours: str
    peer: str
    least: float | None = None


@dataclass(frozen=True)
class Measure:
    """Sides that do the same, in one table."""

    key: str
    title: str
    sides: Sequence[Side]
    comparisons: Sequence[Comparison]
    seconds: float = 2.0


def equal(what: str, expected: Any, found: Any) -> None:
    """Raise `Miscounted` where two counts differ."""
    if expected != found:
        raise Miscounted(f"{what}: expected {expected}, found {found}")


class Bench:
    """The measures, on one rig."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    def measures(self) -> dict[str, Callable[[], Measure]]:
        """How to make each measure, by its key; nothing is started for one that is left out."""
        return {
            "rpc-1": lambda: self.rpc(1),
            "rpc-50": lambda: self.rpc(50),
            "submit": self.submit,
            "relay": self.relay,
        }

    # A command over RPC beside empty echoes

    def _caller(self, orders: str, account: str) -> Program:
        settings = self.rig.settings
        return self.rig.start(
            "rpc_load",
            amqp_url=settings.amqp_url_for("gateway"),
            caller="gateway",
            account=account,
            password=settings.secret_of(f"account-{account}"),
            orders=orders,
        )

    @cached_property
    def _persons(self) -> Program:
        return self._caller("persons", OFFICIAL)

    @cached_property
    def _echoes(self) -> dict[str, tuple[Program, Program]]:
        text = {"number": "330106190001019960", "name": "钱塘潮", "division": "330106"}
        told = {"amqp_url": self.rig.amqp_url, "workers": WORKERS, "text": text}
        stream = {**told, "confirms": False, "way": "reply queue"}
        return {
            "nameko": (
                self.rig.start("peers.nameko_echo", **told),
                self.rig.start("peers.nameko_client", **told),
            ),
            "FastStream": (
                self.rig.start("peers.faststream_echo", **stream),
                self.rig.start("peers.faststream_client", **stream),
            ),
        }

    def rpc(self, concurrency: int) -> Measure:
        """RegisterPerson, with everything a command has, beside echoes that do nothing."""

        def ours(seconds: float) -> Turn:
            before = self._rows_of_persons()
            turn = self._persons.turn(seconds=seconds, concurrency=concurrency)
            for table, count in self._rows_of_persons().items():
                equal(f"rows of {table}", turn.done, count - before[table])
            return turn

        def echo(name: str) -> Side:
            service, client = self._echoes[name]
            return Side(
                f"{name} echo",
                lambda seconds: client.turn(seconds=seconds, concurrency=concurrency),
                lambda: {"service": service.process.pid, "client": client.process.pid},
            )

        pids = self.rig.pids
        sides = [
            Side(
                OURS,
                ours,
                lambda: {"service": pids()["identity_data"], "client": self._persons.process.pid},
            ),
            echo("nameko"),
            echo("FastStream"),
        ]
        least = 1.0 if concurrency == 50 else None
        return Measure(
            f"rpc-{concurrency}",
            f"one command over RPC, {concurrency} at once",
            sides,
            [Comparison(OURS, "nameko echo"), Comparison(OURS, "FastStream echo", least)],
        )

    def _rows_of_persons(self) -> dict[str, int]:
        count = self.rig.count
        return {
            "person": count("identity_data", "SELECT count(*) FROM person"),
            "request": count(
                "identity_data", "SELECT count(*) FROM request WHERE contract = 'RegisterPerson'"
            ),
            "outbox": count(
                "identity_data", "SELECT count(*) FROM outbox WHERE type = 'PersonRegistered'"
            )
            ,
            "audit": count(
                "identity_data", "SELECT count(*) FROM audit WHERE act = 'RegisterPerson'"
            ),
        }

    # One application

    @cached_property
    def _applications(self) -> Program:
        return self._caller("applications", RESIDENT)

    @cached_property
    def _template(self) -> dict[str, list[dict[str, Any]]]:
        """The very rows that one application wrote, as a pattern for the peers."""
        self._applications.turn(seconds=0.2, concurrency=1)
        ask = self.rig.ask
        name = "digital_government"
        (thing,) = ask(name, "SELECT * FROM one_thing ORDER BY created_at DESC LIMIT 1")
        case = ask(name, "SELECT * FROM case_ WHERE one_thing_id = :id", id=thing["id"])
        audit = ask(
            name,
            "SELECT * FROM audit WHERE act = 'SubmitOneThing' AND aggregate_id = :id",
            id=thing["id"],
        )
        outbox = ask(
            name,
            "SELECT * FROM outbox WHERE aggregate_id IN (:thing, :case) AND sequence = 1"
            " ORDER BY position",
            thing=thing["id"],
            case=case[0]["id"],
        )
        request = ask(name, "SELECT * FROM request WHERE reply ->> 'id' = :id", id=thing["id"])
        found = {"request": request, "one_thing": [thing], "case_": case}
        found |= {"outbox": outbox, "audit": audit}
        sizes = {table: len(rows) for table, rows in found.items()}
        equal("rows of one application", {**dict.fromkeys(found, 1), "outbox": 2}, sizes)
        return {table: [dict(row) for row in rows] for table, rows in found.items()}

    def submit(self) -> Measure:
        """SubmitOneThing over HTTP and RPC beside pgbench and FastAPI with the ORM."""
        api = self.rig.services["digital_government"].address
        web = self._start_fastapi()
        own = {"service": self.rig.pids()["digital_government"]}
        sides = [
            Side(f"{OURS} HTTP", lambda s: self._wrk("digital_government", api, s), lambda: own),
            Side(
                f"{OURS} RPC",
                self._submit_by_rpc,
                lambda: {**own, "client": self._applications.process.pid},
            ),
            Side("pgbench", self._pgbench),
            Side(
                "FastAPI + ORM",
                lambda s: self._wrk(ORM, web[1], s),
                lambda: {"service": web[0].process.pid},
            ),
        ]
        return Measure(
            "submit",
            f"submit one application, {CONNECTIONS} at once",
            sides,
            [
                Comparison(f"{OURS} HTTP", "pgbench", 0.5),
                Comparison(f"{OURS} HTTP", "FastAPI + ORM", 4.0),
                Comparison(f"{OURS} RPC", "pgbench"),
                Comparison(f"{OURS} RPC", "FastAPI + ORM"),
            ],
            seconds=2.0,
        )

    def _submit_by_rpc(self, seconds: float) -> Turn:
        name = "digital_government"
        before = self.rig.rows_of_applications(name)
        turn = self._applications.turn(seconds=seconds, concurrency=CONNECTIONS)
        self._compare_rows(name, before, turn.done)
        return turn

    def _compare_rows(self, name: str, before: dict[str, int], done: int) -> None:
        after = self.rig.rows_of_applications(name)
        for table, count in after.items():
            each = 2 if table == "outbox" else 1
            equal(f"rows of {table} in {name}", each * done, count - before[table])

    @cached_property
    def _resident(self) -> Api:
        settings = self.rig.settings
        address = self.rig.services["identity_data"].address
        password = settings.secret_of(f"account-{RESIDENT}")
        return Api(address, timeout=30).signed_in(RESIDENT, password)

    def _wrk(self, database: str, address: str, seconds: float) -> Turn:
        before = self.rig.rows_of_applications(database)
        ids = self.rig.folder / f"acknowledged-{uuid.uuid4().hex[:8]}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "20s"]
        command += ["-s", str(HERE / "submit.lua"), address, "--"]
        command += [self._resident.token(), f"{uuid.uuid4().hex[:16]}-", str(ids)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        found = re.search(r"requests in ([\d.]+)(ms|s|m)", answer.stdout)
        assert found, answer.stdout
        took = float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[found[2]]
        lines = ids.read_text().splitlines()
        acknowledged = [line for line in lines if line.startswith("t-")]
        errors = Counter(line[:60] for line in lines if not line.startswith("t-"))
        sockets = re.search(r"Socket errors: (.*)", answer.stdout)
        if sockets:
            errors[sockets[1]] += 1
        kept = {
            row["id"]
            for row in self.rig.ask(database, "SELECT id FROM one_thing")
        }
        equal("acknowledged, but not in the database", 0, len(set(acknowledged) - kept))
        equal("acknowledged twice", len(acknowledged), len(set(acknowledged)))
        # When its time is over wrk leaves with a request in flight on each connection, which the
        # service may have carried out; no more than those may be there beyond the acknowledged.
        done = self.rig.rows_of_applications(database)["one_thing"] - before["one_thing"]
        if not 0 <= done - len(acknowledged) <= CONNECTIONS:
            raise Miscounted(f"{len(acknowledged)} acknowledged, {done} in {database}")
        self._compare_rows(database, before, done)
        return Turn(len(acknowledged), took, dict(errors))

    def _start_fastapi(self) -> tuple[Program, str]:
        rows = {
            table: [
                {
                    k: v
                    for k, v in row.items()
                    if not isinstance(v, datetime) and k not in ("position", "sequence_")
                }
                for row in rows
            ]
            for table, rows in self._template.items()
        }
        for row in rows["audit"]:
            del row["sequence"]
        command = [sys.executable, "-m", "uvicorn", "tests.bench.peers.fastapi_orm:app"]
        command += ["--port", "0", "--no-access-log"]
        log = self.rig.folder / "fastapi.log"
        program = Program(
            command,
            log,
            BENCH_ROWS=json.dumps(rows, default=str),
            BENCH_DATABASE_URL=self.rig.database_url(ORM).replace("://", "+psycopg2://"),
        )
        self.rig.ending.callback(program.stop)
        import time

        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
            if found:
                return program, found[0]
            if program.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(log.read_text()[-2000:])

    # pgbench

    @cached_property
    def _script(self) -> str:
        """Four statements in one transaction that write the rows of one application.

        The content is that of a true application; every id in it is replaced by a random one, and
        the number of the audit row by the next of a sequence.
        """
        rows = self._template
        thing, case = rows["one_thing"][0], rows["case_"][0]
        first, second = rows["outbox"]
        request = rows["request"][0]
        stems = {
            thing["id"][2:]: ":a:b",
            case["id"][2:]: ":b:a",
            first["id"]: ":c:a",
            second["id"]: ":a:c",
            request["id"].partition("/")[2]: ":b:c",
            thing["reservation_id"][2:]: ":d",
        }
        insert = {
            table: _inserts(table, rows[table], stems)
            for table in ("request", "one_thing", "case_", "outbox", "audit")
        }
        drawn = [f"\\set {name} random(1000000000000000, 9999999999999999)" for name in "abcd"]
        statements = [
            "BEGIN",
            insert["request"],
            f"WITH thing AS ({insert['one_thing']}) {insert['case_']}",
            insert["outbox"],
            insert["audit"],
            "COMMIT",
        ]
        return "\n".join([*drawn, *(f"{one};" for one in statements)]) + "\n"

    def _pgbench(self, seconds: float) -> Turn:
        before = self.rig.rows_of_applications(PGBENCH)
        programs = postgresql_programs()
        assert programs is not None
        script = self.rig.folder / "application.sql"
        script.write_text(self._script)
        command = [str(programs / "pgbench"), "-n", "-M", "simple", "-f", str(script)]
        command += ["-c", str(CONNECTIONS), "-j", "2", "-T", f"{seconds:.0f}"]
        command.append(self.rig.database_url(PGBENCH))
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr[-2000:])
        done = int(_found(r"actually processed: (\d+)", answer.stdout))
        failed = int(_found(r"failed transactions: (\d+)", answer.stdout))
        rate = float(_found(r"tps = ([\d.]+) \(without initial", answer.stdout))
        self._compare_rows(PGBENCH, before, done)
        return Turn(done, done / rate, {"failed": failed} if failed else {})

    # The relay

    def relay(self) -> Measure:
        """The relay on a full outbox beside py-amqp that has nothing else to do."""
        exchange, queue = events_exchange("bench"), "bench.relayed"
        arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT}
        with channel_to(self.rig.amqp_url) as channel:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
            channel.queue_bind(queue, exchange, routing_key="#")
        rows = self.rig.ask(
            "digital_government",
            "SELECT * FROM outbox WHERE type = 'ItemPublished' ORDER BY position LIMIT 100",
        )
        relay = self.rig.start(
            "relay_load",
            amqp_url=self.rig.amqp_url,
            database_url=self.rig.database_url(RELAY),
            service="bench",
        )
        raw = self.rig.start("peers.raw_amqp", amqp_url=self.rig.amqp_url, exchange=exchange)
        messages = [
            {
                "id": row["id"],
                "body": json.dumps(row["envelope"], ensure_ascii=False),
                "content_type": CONTENT_TYPE,
                "routing_key": f"{row['aggregate']}.{row['type']}",
                "traceparent": row["envelope"].get("traceparent", ""),
            }
            for row in rows
        ]

        def relayed(_: float) -> Turn:
            self._fill_outbox(rows)
            turn = relay.turn()
            left = self.rig.count(RELAY, "SELECT count(*) FROM outbox WHERE published_at IS NULL")
            equal("rows left in the outbox", 0, left)
            return self._arrived(queue, turn)

        def published(_: float) -> Turn:
            return self._arrived(queue, raw.turn(rows=messages, count=RELAYED))

        return Measure(
            "relay",
            f"publish {RELAYED:,} committed events",
            [
                Side(OURS, relayed, lambda: {"service": relay.process.pid}),
                Side("py-amqp alone", published, lambda: {"service": raw.process.pid}),
            ],
            [Comparison(OURS, "py-amqp alone", 0.8)],
        )

    def _arrived(self, queue: str, turn: Turn) -> Turn:
        equal("published", RELAYED, turn.done)
        with channel_to(self.rig.amqp_url) as channel:
            equal("messages in the queue", RELAYED, channel.queue_purge(queue))
        return turn

    def _fill_outbox(self, rows: Sequence[Any]) -> None:
        """Commit an outbox of true events, each with an id and an aggregate of its own."""
        with self.rig.engine(RELAY).begin() as connection:
            connection.execute(sa.text("TRUNCATE outbox"))
            connection.execute(
                sa.text(
                    "INSERT INTO outbox (id, partition, aggregate, aggregate_id, sequence, type,"
                    " scenario, at, envelope, committed_at)"
                    " SELECT md5(random()::text || n), n % 8, :aggregate, md5(n::text), 1, :type,"
                    " :scenario, :at, CAST(:envelope AS jsonb), :committed_at"
                    " FROM generate_series(CAST(:first AS int), CAST(:last AS int), :step) AS n"
                ),
                [
                    {
                        **{
                            k: row[k]
                            for k in ("aggregate", "type", "scenario", "at", "committed_at")
                        },
                        "envelope": json.dumps(row["envelope"], ensure_ascii=False),
                        "first": number,
                        "last": RELAYED - 1,
                        "step": len(rows),
                    }
                    for number, row in enumerate(rows)
                ],
            )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text[-2000:])
    return found[1]


def _inserts(table: str, rows: Sequence[dict[str, Any]], stems: dict[str, str]) -> str:
    """One INSERT of all the rows, with the ids replaced."""
    left_out = {"position"}
    columns = [name for name in rows[0] if name not in left_out]
    tuples = []
    for row in rows:
        values = [
            "nextval('audit_number')"
            if (table, name) == ("audit", "sequence")
            else _literal(row[name])
            for name in columns
        ]
        tuples.append(f"({', '.join(values)})")
    text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(tuples)}"
    for stem, variable in stems.items():
        text = text.replace(stem, variable)
    return text


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).isoformat()}'"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"
