"""Calls the bare nameko service: one `ClusterRpcProxy` per caller, for it serves one at a time."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import eventlet
from nameko.standalone.rpc import ClusterRpcProxy

from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]

given = configuration()
proxies = [ClusterRpcProxy({"AMQP_URI": given["amqp_url"]}) for _ in range(given["workers"])]
callables = [proxy.start() for proxy in proxies]


def run(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers."""
    tally = Tally(seconds)

    def call(proxy: ClusterRpcProxy) -> None:
        while tally.goes_on:
            tally.check(proxy.nameko_echo.echo(given["text"]) == given["text"])

    callers = [eventlet.spawn(call, proxy) for proxy in callables[:concurrency]]
    for caller in callers:
        caller.wait()
    return tally.turn()


take_turns(run)
