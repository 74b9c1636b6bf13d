"""A bare nameko service that answers with what it was asked, in nameko's own configuration."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

from typing import Any

from nameko.rpc import rpc
from nameko.runners import ServiceRunner

from tests.bench.turns import configuration, say

__all__ = ["green"]


class Echo:
    """The service."""

    name = "nameko_echo"

    @rpc
    def echo(self, content: Any) -> Any:
        """What was asked."""
        return content


given = configuration()
runner = ServiceRunner({"AMQP_URI": given["amqp_url"], "max_workers": given["workers"]})
runner.add_service(Echo)
runner.start()
say({"ready": True})
runner.wait()
