"""Publishes given messages with py-amqp alone, awaiting the confirms of a window at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

from tests.bench.turns import Tally, Turn, configuration, take_turns

WINDOW = 200
PATIENCE = 20.0
given = configuration()
address = urlsplit(given["amqp_url"])
connection = amqp.Connection(
    f"{address.hostname}:{address.port}",
    userid=unquote(address.username or ""),
    password=unquote(address.password or ""),
)
connection.connect()
channel = connection.channel()
channel.confirm_select()
unconfirmed: set[int] = set()
published = 0


def confirm(tag: int, multiple: bool) -> None:
    """The broker has this message, or all up to it."""
    global unconfirmed
    unconfirmed = {one for one in unconfirmed if one > tag} if multiple else unconfirmed - {tag}


channel.events["basic_ack"].add(confirm)


def await_confirms() -> None:
    """Wait until nothing is unconfirmed."""
    while unconfirmed:
        connection.drain_events(timeout=PATIENCE)


def run(messages: list[dict[str, Any]], count: int) -> Turn:
    """Publish so many, taking the messages in turn."""
    global published
    tally = Tally()
    for number in range(count):
        one = messages[number % len(messages)]
        message = amqp.Message(
            one["body"],
            content_type=one["content_type"],
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=one["id"],
        )
        channel.basic_publish(message, exchange=given["exchange"], routing_key=one["routing_key"])
        published += 1
        unconfirmed.add(published)
        if len(unconfirmed) >= WINDOW:
            await_confirms()
    await_confirms()
    tally.right(count)
    return tally.turn()


take_turns(run)
