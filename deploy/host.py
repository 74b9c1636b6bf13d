"""Runs services in this process: nameko containers over one transport, until stopped."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from nameko.runners import ServiceRunner

from deploy import documents
from deploy.catalogue import service_class, topology
from services.gateway.faces import Faces
from shared.http import HttpServer
from shared.messaging.links import declare, is_embedded
from shared.settings import Settings


class Host:
    """Some services of the platform, together in one process.

    With the embedded transport the whole topology is declared here, before anything is
    published; on a broker, set-up has declared it and services lack the right to.
    """

    def __init__(self, settings: Settings, services: Sequence[str]) -> None:
        self.settings = settings
        config = {"settings": settings, "max_workers": settings.workers}
        self._runner = ServiceRunner(config=config)
        for name in services:
            self._runner.add_service(service_class(name))

    def start(self) -> None:
        """Start every service; returns when all of them serve."""
        if is_embedded(self.settings.amqp_url):
            declare(self.settings.amqp_url, topology({}))
        server = HttpServer.of_process(self.settings)
        server.make_faces = lambda runtime: Faces(runtime, server.ask, documents.PAGES)
        self._runner.start()
        _collect_garbage_seldom()

    @property
    def address(self) -> str:
        """Where this process answers over HTTP."""
        return HttpServer.of_process(self.settings).address

    def wait(self) -> None:
        """Wait until a service dies, and raise what it died of."""
        self._runner.wait()

    def stop(self) -> None:
        """Finish what is in flight and stop every service."""
        self._runner.stop()
        gc.unfreeze()


def _collect_garbage_seldom() -> None:
    """What is loaded by now is there for good, and looking through it again and again costs a
    twentieth of the processor's time; a command leaves some hundred objects, nearly all of which
    go without the collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
