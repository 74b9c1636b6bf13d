"""Publishes given bodies with py-amqp alone: confirms, awaited for a window at a time."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import amqp

from tests.bench.turns import Tally, Turn, configuration, take_turns

given = configuration()
WINDOW = 200
parts = urlsplit(given["amqp_url"])
connection = amqp.Connection(
    f"{parts.hostname}:{parts.port}",
    userid=unquote(parts.username or ""),
    password=unquote(parts.password or ""),
    confirm_publish=False,
)
connection.connect()
channel = connection.channel()
channel.confirm_select()
unconfirmed: set[int] = set()
sent = 0


def confirmed(tag: int, multiple: bool) -> None:
    """The broker has one message, or all up to it."""
    if multiple:
        unconfirmed.difference_update([one for one in unconfirmed if one <= tag])
    else:
        unconfirmed.discard(tag)


channel.events["basic_ack"].add(confirmed)


def run(rows: list[dict], count: int) -> Turn:
    """Publish so many of the rows' bodies."""
    global sent
    tally = Tally(0)
    for number in range(count):
        row = rows[number % len(rows)]
        message = amqp.Message(
            row["body"],
            content_type=row["content_type"],
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=row["id"],
            application_headers={"traceparent": row["traceparent"]},
        )
        channel.basic_publish(message, exchange=given["exchange"], routing_key=row["routing_key"])
        sent += 1
        unconfirmed.add(sent)
        if len(unconfirmed) == WINDOW or number == count - 1:
            while unconfirmed:
                connection.drain_events(timeout=20)
        tally.right()
    return tally.turn()


take_turns(run)
