"""A bare nameko service that does nothing with a command but tell its events, which it hears
itself, in nameko's own configuration."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from typing import Any

from nameko.events import EventDispatcher, event_handler
from nameko.rpc import rpc
from nameko.runners import ServiceRunner

from tests.bench.turns import configuration, say

__all__ = ["green"]


class Case:
    """The service."""

    name = "nameko_case"
    dispatch = EventDispatcher()

    @rpc
    def carry_out(self, command: Any) -> Any:
        """The reply, after the events that belong to the command were told."""
        for event in command["events"]:
            self.dispatch("happened", event)
        return command["reply"]

    @event_handler("nameko_case", "happened")
    def hear(self, event: Any) -> None:
        """Nothing follows from it."""


given = configuration()
runner = ServiceRunner({"AMQP_URI": given["amqp_url"], "max_workers": given["workers"]})
runner.add_service(Case)
runner.start()
say({"ready": True})
runner.wait()
