"""Calls the FastStream service from as many callers at once as each turn says.

`broker.request` holds a lock until the reply is there (direct reply-to serves one request at a
time per channel), so replies come into a queue of this client and are told apart by their
correlation ids. That is FastStream's own advice for concurrent requests, and proved faster here
than a `broker.request` on each of 50 connections.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from tests.bench.turns import Tally, Turn, configuration, take_turns

PATIENCE = 20.0
given = configuration()
channel = Channel(publisher_confirms=False)
broker = RabbitBroker(given["amqp_url"], logger=None, default_channel=channel)
replies = RabbitQueue(f"faststream_client.{uuid.uuid4().hex}", durable=False, exclusive=True)
waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}


@broker.subscriber(replies, ack_policy=AckPolicy.ACK_FIRST, no_reply=True)
async def take(content: dict[str, Any], message: RabbitMessage) -> None:
    """Give a reply to whoever waits for it."""
    waiting.pop(message.correlation_id).set_result(content)


async def call(content: dict[str, Any]) -> dict[str, Any]:
    """Ask, and wait for the reply."""
    correlation = uuid.uuid4().hex
    answered = waiting[correlation] = asyncio.get_running_loop().create_future()
    await broker.publish(
        content, "faststream_echo", reply_to=replies.name, correlation_id=correlation
    )
    return await asyncio.wait_for(answered, PATIENCE)


async def turn(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers."""
    tally = Tally(seconds)

    async def caller() -> None:
        while tally.goes_on:
            tally.check(await call(given["content"]) == given["content"])

    await asyncio.gather(*(caller() for _ in range(concurrency)))
    return tally.turn()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(broker.start())
    take_turns(lambda seconds, concurrency: runner.run(turn(seconds, concurrency)))
