"""Messages as they should never come: repeated, out of their order, and not to be read at all."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from deploy.catalogue import edges_of
from shared.contracts.base import SERVICES
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.links import Publisher, connect, is_embedded
from shared.messaging.relay import Relay
from shared.messaging.tables import RELAY
from shared.messaging.topology import events_exchange
from shared.settings import Settings
from shared.storage import open_database

COPIES = 5
WINDOW = 100


class DisorderlyRelay(Relay):
    """A relay that publishes each event five times, shuffled with the hundred around it.

    It holds every lease of the service, so that the service's own relays publish nothing.
    """

    def __init__(self, engine: sa.Engine, service: str, url: str, rng: random.Random) -> None:
        assert not is_embedded(url)
        super().__init__(engine, service, Publisher(url))
        self._rng = rng
        self.sent = 0

    def publish_once(self) -> int:
        """Publish what is next of all partitions; returns how many events there were."""
        return self._publish_single()

    def _send(self, rows: Any) -> None:
        disordered: list[Any] = []
        for begin in range(0, len(rows), WINDOW):
            window = list(rows[begin : begin + WINDOW]) * COPIES
            self._rng.shuffle(window)
            disordered += window
        super()._send(disordered)
        self.sent += len(disordered)


@contextmanager
def disorderly(
    settings: Settings, services: Sequence[str], rng: random.Random
) -> Iterator[list[DisorderlyRelay]]:
    """A disorderly relay in place of every service's own, which go on afterwards."""
    engines = {name: open_database(settings.database_url_for(name)) for name in services}
    leases = [engine.connect() for engine in engines.values()]
    relays = [
        DisorderlyRelay(engine, name, settings.amqp_url_for(name), rng)
        for name, engine in engines.items()
    ]
    try:
        for lease in leases:
            lease.execute(sa.select(RELAY.c.partition).with_for_update()).all()
        yield relays
    finally:
        for relay in relays:
            relay._publisher.close()
        for lease in leases:
            lease.close()
        for engine in engines.values():
            engine.dispose()


def bindings() -> set[tuple[str, str]]:
    """Producer and routing key of whatever anybody subscribes to."""
    return {edge for name in SERVICES for edge in edges_of(name).subscriptions}


def send_undecodable(settings: Settings, rng: random.Random) -> int:
    """Publish what no subscriber can read under every routing key; returns how many for each."""
    number = 0
    for producer, key in sorted(bindings()):
        bodies = list(_undecodable(producer, rng))
        number = len(bodies)
        properties = {"delivery_mode": 2, "user_id": producer}
        url = settings.amqp_url_for(producer)
        with connect(url) as connection, connection.channel() as channel:
            for content_type, body in bodies:
                # Unconfirmed, some are lost by the broker when the channel is closed at once.
                channel.basic_publish_confirm(
                    channel.prepare_message(body, content_type=content_type, properties=properties),
                    exchange=events_exchange(producer),
                    routing_key=key,
                )
    return number


def _undecodable(producer: str, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    mark = f"{rng.getrandbits(64):016x}"
    whole = {
        "id": mark,
        "source": f"/{producer}",
        "type": f"qiantang.{producer}.Something",
        "subject": f"Something/{mark}",
        "time": "2026-03-02T09:00:00+08:00",
        "sequence": "1",
        "divisioncode": "33",
        "actorid": "nobody",
        "specversion": "1.0",
        "data": {},
    }
    text = json.dumps(whole).encode()
    yield CONTENT_TYPE, rng.randbytes(200)
    yield CONTENT_TYPE, text[: rng.randrange(20, len(text))]
    yield CONTENT_TYPE, text.replace(b'"data": {}', b'"data": {"text": "\\u0000"}')
    yield CONTENT_TYPE, json.dumps(whole | {"sequence": "0"}).encode()
    yield CONTENT_TYPE, json.dumps(whole | {"source": "/somebody_else"}).encode()
    yield CONTENT_TYPE, json.dumps([whole]).encode()
    yield "application/x-python-serialize", pickle.dumps(whole)
    yield "text/plain", text
