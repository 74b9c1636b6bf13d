"""A FastStream service that answers with what it was asked, on uvloop as FastStream's own command
line would run it."""

from __future__ import annotations

import asyncio
from typing import Any

import uvloop
from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker

from tests.bench.turns import configuration, say

given = configuration()
# As ours: replies without confirms, and as many messages at once as callers.
channel = Channel(publisher_confirms=False, prefetch_count=given["workers"])
broker = RabbitBroker(given["amqp_url"], logger=None, default_channel=channel)
app = FastStream(broker, logger=None)


@broker.subscriber("faststream_echo")
async def echo(content: dict[str, Any]) -> dict[str, Any]:
    """What was asked."""
    return content


@app.after_startup
async def ready() -> None:
    """Tell the bench."""
    say({"ready": True})


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(app.run())
