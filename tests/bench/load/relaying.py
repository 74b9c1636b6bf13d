"""Lets our relay publish an outbox that was committed before, as fast as it can."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from shared import logs
from shared.messaging.links import Publisher
from shared.messaging.relay import Relay
from shared.storage import open_database
from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]


def run() -> Turn:
    """Publish until the outbox is empty."""
    tally = Tally()
    while published := relay.publish_once():
        tally.right(published)
    return tally.turn()


logs.configure("warning")
given = configuration()
relay = Relay(open_database(given["database_url"]), given["service"], Publisher(given["amqp_url"]))
take_turns(run)
