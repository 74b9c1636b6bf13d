"""Calls the FastStream service from as many callers at once as each turn says."""

from __future__ import annotations

import asyncio
import uuid

import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from tests.bench.turns import Tally, Turn, configuration, take_turns

given = configuration()
QUEUE = "faststream_echo"
waiting: dict[str, asyncio.Future[dict]] = {}


def new_broker() -> RabbitBroker:
    """A broker of its own connection, its logging off."""
    channel = Channel(publisher_confirms=given["confirms"])
    return RabbitBroker(given["amqp_url"], logger=None, default_channel=channel)


replies = RabbitQueue(f"faststream_replies.{uuid.uuid4().hex}", exclusive=True, durable=False)
pool = [new_broker() for _ in range(given["workers"] if given["way"] == "request" else 1)]

if given["way"] == "reply queue":

    @pool[0].subscriber(replies, ack_policy=AckPolicy.ACK_FIRST, no_reply=True)
    async def take(text: dict, message: RabbitMessage) -> None:
        """Give a reply to whoever waits for it."""
        waiting.pop(message.correlation_id).set_result(text)


async def call_by_request(broker: RabbitBroker) -> dict:
    """As FastStream documents: direct reply-to, one request at a time per broker object."""
    return await (await broker.request(given["text"], QUEUE, timeout=20.0)).decode()


async def call_by_reply_queue(broker: RabbitBroker) -> dict:
    """Publish with a reply queue of our own, and wait for the reply with our correlation id."""
    correlation = uuid.uuid4().hex
    answered = waiting[correlation] = asyncio.get_running_loop().create_future()
    await broker.publish(
        given["text"], QUEUE, reply_to=replies.name, correlation_id=correlation
    )
    return await asyncio.wait_for(answered, 20.0)


async def turn(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers."""
    tally = Tally(seconds)
    call = call_by_request if given["way"] == "request" else call_by_reply_queue

    async def caller(number: int) -> None:
        broker = pool[number % len(pool)]
        while tally.goes_on:
            tally.check(await call(broker) == given["text"])

    await asyncio.gather(*(caller(number) for number in range(concurrency)))
    return tally.turn()


async def start() -> None:
    """Open the connections."""
    for broker in pool:
        await broker.start()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(start())
    take_turns(lambda seconds, concurrency: runner.run(turn(seconds, concurrency)))
