"""The relay on an outbox full of committed events, beside py-amqp that does nothing but publish."""

from __future__ import annotations

import json
from typing import Any

from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.topology import DELIVERY_LIMIT, events_exchange
from tests.bench.comparing import OURS, Comparison, Measure, Side, require_equal
from tests.bench.rig import Rig, channel_to
from tests.bench.turns import Turn

DATABASE, PRODUCER, QUEUE = "bench_relay", "bench", "bench.inbox"
EVENTS = 10_000
PATTERNS = 100
PARTITIONS = 8
FILL = """
INSERT INTO outbox (id, partition, aggregate, aggregate_id, sequence, type, scenario, at, envelope,
                    committed_at)
SELECT md5(random()::text || n), n % :partitions, :aggregate, md5(n::text), 1, :type, :scenario,
       :at, CAST(:envelope AS json), :committed_at
FROM generate_series(CAST(:first AS int), CAST(:last AS int), CAST(:step AS int)) AS n
"""


class Relaying:
    """Ours reads, publishes and marks, eight partitions of aggregates in turn, each in order; the
    peer has the same messages in memory. Both publish to one exchange with one quorum queue bound,
    as every inbox is, and await confirms in windows of 200."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def measure(self) -> Measure:
        """Both; a turn is so many events, however long that takes."""
        exchange = events_exchange(PRODUCER)
        with channel_to(self._rig.amqp_url) as channel:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT}
            channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)
            channel.queue_bind(QUEUE, exchange, routing_key="#")
        address = {"amqp_url": self._rig.amqp_url}
        database = self._rig.database.url_for(DATABASE)
        ours, _ = self._rig.start(
            "load.relaying", database_url=database, service=PRODUCER, **address
        )
        peer, _ = self._rig.start("peers.raw_amqp", exchange=exchange, **address)
        # Events of the platform itself, told when its reference data was loaded.
        rows = self._rig.ask(
            "digital_government", f"SELECT * FROM outbox ORDER BY position LIMIT {PATTERNS}"
        )
        require_equal("events to take as patterns", PATTERNS, len(rows))
        messages = [_message(row) for row in rows]

        def relay(_: float) -> Turn:
            self._fill(rows)
            turn = ours.turn()
            left = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
            require_equal("events left behind", 0, self._rig.count(DATABASE, left))
            return self._arrived(turn)

        return Measure(
            "relay",
            f"publish {EVENTS:,} committed events · 发布 {EVENTS:,} 个已提交事件",
            [
                Side(f"{OURS}, relay", relay, pids={"service": ours.pid}),
                Side(
                    "py-amqp alone",
                    lambda _: self._arrived(peer.turn(messages=messages, count=EVENTS)),
                    pids={"service": peer.pid},
                ),
            ],
            [Comparison(f"{OURS}, relay", "py-amqp alone", 0.8)],
        )

    def _arrived(self, turn: Turn) -> Turn:
        require_equal("published", EVENTS, turn.done)
        with channel_to(self._rig.amqp_url) as channel:
            require_equal("messages in the queue", EVENTS, channel.queue_purge(QUEUE))
        return turn

    def _fill(self, rows: list[dict[str, Any]]) -> None:
        """Commit an outbox of such events, each with an id and an aggregate of its own."""
        patterns = [
            {
                **row,
                "envelope": json.dumps(row["envelope"], ensure_ascii=False),
                "partitions": PARTITIONS,
                "first": number,
                "last": EVENTS - 1,
                "step": len(rows),
            }
            for number, row in enumerate(rows)
        ]
        self._rig.write(DATABASE, ("TRUNCATE outbox", []), (FILL, patterns))


def _message(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "body": json.dumps(row["envelope"], ensure_ascii=False),
        "content_type": CONTENT_TYPE,
        "routing_key": f"{row['aggregate']}.{row['type']}",
    }
