"""A FastStream service that answers with what it was asked."""

from __future__ import annotations

import asyncio

import uvloop
from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker

from tests.bench.turns import configuration, say

given = configuration()
broker = RabbitBroker(
    given["amqp_url"],
    logger=None,
    default_channel=Channel(publisher_confirms=given["confirms"], prefetch_count=given["workers"]),
)
app = FastStream(broker, logger=None)


@broker.subscriber("faststream_echo")
async def echo(text: dict) -> dict:
    """What was asked."""
    return text


@app.after_startup
async def ready() -> None:
    """Say so."""
    say({"ready": True})


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(app.run())
