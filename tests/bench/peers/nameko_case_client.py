"""Sends the bare nameko service the commands of whole cases, one case a caller at a time."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from typing import Any

import eventlet
from nameko.standalone.rpc import ClusterRpcProxy

from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]


def run(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers; an operation is all commands of one case."""
    tally = Tally(seconds)

    def handle(services: Any) -> None:
        while tally.goes_on:
            tally.check(
                all(
                    services.nameko_case.carry_out(command) == command["reply"]
                    for command in given["commands"]
                )
            )

    callers = [eventlet.spawn(handle, services) for services in pool[:concurrency]]
    for caller in callers:
        caller.wait()
    return tally.turn()


given = configuration()
proxies = [ClusterRpcProxy({"AMQP_URI": given["amqp_url"]}) for _ in range(given["workers"])]
pool = [proxy.start() for proxy in proxies]
take_turns(run)
