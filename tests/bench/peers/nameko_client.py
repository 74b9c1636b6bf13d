"""Calls the bare nameko service: a `ClusterRpcProxy` per caller, for each serves one at a time.

A caller that is a nameko service itself, all on one `RpcProxy`, took more processor time a call.
"""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from typing import Any

import eventlet
from nameko.standalone.rpc import ClusterRpcProxy

from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]


def run(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers."""
    tally = Tally(seconds)

    def call(services: Any) -> None:
        while tally.goes_on:
            tally.check(services.nameko_echo.echo(given["content"]) == given["content"])

    callers = [eventlet.spawn(call, services) for services in pool[:concurrency]]
    for caller in callers:
        caller.wait()
    return tally.turn()


given = configuration()
proxies = [ClusterRpcProxy({"AMQP_URI": given["amqp_url"]}) for _ in range(given["workers"])]
pool = [proxy.start() for proxy in proxies]
take_turns(run)
