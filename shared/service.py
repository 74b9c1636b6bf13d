"""A service as nameko sees it: one entrypoint per command and query, made from the class body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import eventlet
import kombu
import sqlalchemy as sa
import structlog
from nameko.extensions import DependencyProvider, Entrypoint, ProviderCollector, SharedExtension

from shared import jsontext, platform
from shared.context import Headers, new_id
from shared.contracts.base import Command, Query
from shared.drilldown import Shown
from shared.errors import Incident, InvalidInput, NotFound
from shared.handling import Handler, Handlers
from shared.http import HttpServer
from shared.messaging.links import Listener, Outgoing
from shared.messaging.topology import rpc_queue
from shared.pipeline import Answer
from shared.rpc import answer_to
from shared.runtime import ServiceRuntime
from shared.standing import STANDING

log = structlog.get_logger(__name__)
C = TypeVar("C", bound=type)

LOOPS_END_WITHIN = 10.0


class Platform(DependencyProvider):  # type: ignore[misc]
    """Gives a service's workers its runtime, and runs the runtime's loops while it lives."""

    runtime: ServiceRuntime

    def setup(self) -> None:
        """Open the database."""
        service = self.container.service_cls
        self.runtime = ServiceRuntime(
            service.name, service.handlers, self.container.config["settings"]
        )
        self._loops: list[Any] = []

    def start(self) -> None:
        """Start the loops and answer over HTTP."""
        self._loops = [
            self.container.spawn_managed_thread(loop, identifier=loop.__qualname__)
            for loop in self.runtime.loops()
        ]
        names = (loop.__qualname__ for loop in self.runtime.loops())
        self.runtime.running |= dict(zip(names, self._loops, strict=True))
        STANDING.add(self.runtime)
        HttpServer.of_process(self.runtime.settings).add(self.runtime)

    def stop(self) -> None:
        """Called when no worker is left: end the loops, then close the connections."""
        HttpServer.of_process(self.runtime.settings).remove(self.runtime)
        STANDING.remove(self.runtime)
        self.runtime.stop()
        with eventlet.Timeout(LOOPS_END_WITHIN, False):
            for loop in self._loops:
                loop.wait()
        self.runtime.close()

    def get_dependency(self, worker_ctx: Any) -> ServiceRuntime:
        """The runtime, as `self.platform`."""
        return self.runtime


class RpcServer(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Reads the service's RPC queue and spawns a worker per message.

    A message is acknowledged after its reply was sent, so that one whose process died is
    delivered again; its request id makes the repeat harmless.
    """

    def setup(self) -> None:
        """Prepare the listener; nothing is read before `start`."""
        settings = self.container.config["settings"]
        self._service = self.container.service_name
        self._listener = Listener(
            settings.amqp_url_for(self._service),
            [rpc_queue(self._service)],
            self._on_message,
            prefetch=settings.workers,
        )
        self._entrypoints: dict[str, MessageEntrypoint] = {}
        self._reading: Any = None
        self._leaving = False

    def start(self) -> None:
        """Begin to read."""
        self._entrypoints = {entrypoint.message: entrypoint for entrypoint in self._providers}
        self._reading = self.container.spawn_managed_thread(
            self._listener.run, identifier=f"{self._service}.rpc"
        )
        (of_service,) = (one for one in self.container.dependencies if isinstance(one, Platform))
        of_service.runtime.running["RpcServer.run"] = self._reading

    def stop(self) -> None:
        """Called by nameko after the last worker replied."""
        self._listener.stop()
        super().stop()

    def take_no_more(self) -> None:
        """Leave what arrives from now on unacknowledged, for another replica or the next start."""
        self._leaving = True

    def _on_message(self, message: kombu.Message) -> None:
        if self._leaving:
            return
        name = str((message.delivery_info or {}).get("routing_key", "")).partition(".")[2]
        try:
            payload = jsontext.load_foreign(message.body)
        except ValueError:
            fault = InvalidInput(fields={"_body": ["Expected JSON."]})
            self.reply(message, Answer(error=fault))
            return
        entrypoint = self._entrypoints.get(name)
        if entrypoint is None:
            fault_of_name = NotFound(what="contract", id=f"{self._service}.{name}"[:100])
            self.reply(message, Answer(error=fault_of_name))
            return
        entrypoint.serve(payload, Headers.read(message.headers or {}), message)

    def reply(self, message: kombu.Message, answer: Answer) -> None:
        """Send the answer, where one is wanted, and acknowledge the request."""
        try:
            if message.properties.get("reply_to"):
                self._listener.answer(message, self._reply_with(message, answer))
            else:
                self._listener.ack(message)
        except (OSError, kombu.exceptions.KombuError) as fault:
            # Not acknowledged, so the broker delivers it again and the stored reply is sent then.
            log.warning("reply_not_sent", service=self._service, reason=str(fault))

    def _reply_with(self, message: kombu.Message, answer: Answer) -> Outgoing:
        try:
            return answer_to(message, answer.to_wire())
        except (TypeError, ValueError):
            # What cannot be written ends this call, and not the service with all others.
            incident = new_id()[:12]
            log.exception("incident", incident=incident, service=self._service)
            return answer_to(message, Answer(error=Incident(incident=incident)).to_wire())


class MessageEntrypoint(Entrypoint):  # type: ignore[misc]
    """The entrypoint of one command or query."""

    server = RpcServer()

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.message = message

    def setup(self) -> None:
        """Tell the server that this contract is handled here."""
        self.server.register_provider(self)

    def stop(self) -> None:
        """Take no more messages; those in hand are finished."""
        self.server.take_no_more()
        self.server.unregister_provider(self)

    def serve(self, payload: Any, headers: Headers, message: kombu.Message) -> None:
        """Run the method in a worker and send what it answers."""

        def handle_result(_: Any, answer: Answer | None, exc_info: Any) -> Any:
            if answer is not None:
                self.server.reply(message, answer)
            return answer, exc_info

        self.container.spawn_worker(
            self, (payload, headers), {}, context_data={}, handle_result=handle_result
        )


def _method_of(handler: Handler) -> Callable[..., Answer]:
    name = handler.message.NAME

    def answer(self: Any, payload: Any, headers: Headers) -> Answer:
        result: Answer = self.platform.pipeline.answer(name, payload, headers)
        return result

    answer.__name__ = handler.function.__name__
    answer.__doc__ = handler.function.__doc__
    entrypoint: Callable[..., Answer] = MessageEntrypoint.decorator(name)(answer)
    return entrypoint


def service(model: Any, *, shows: Mapping[str, Shown] | None = None) -> Callable[[C], C]:
    """Make a nameko service of a class whose body names its handler functions.

    `model` is the service's own declarative base, `shows` says how the records that it counts are
    seen, by the kind that its events are about. Every command and query becomes an entrypoint;
    subscribers and timers are driven by the inbox and the timer loop. What every service answers
    (`shared.platform`) is added.
    """

    def decorate(cls: C) -> C:
        functions = [value for value in vars(cls).values() if hasattr(value, "declared")]
        metadata: sa.MetaData = model.metadata
        functions += platform.handlers_beside(metadata.tables.values(), shows or {})
        handlers = Handlers.of(functions)
        for function in functions:
            for declared in function.declared:
                if isinstance(declared, Handler) and issubclass(declared.message, Command | Query):
                    setattr(cls, function.__name__, _method_of(declared))
        cls.handlers = handlers  # type: ignore[attr-defined]
        cls.metadata = metadata  # type: ignore[attr-defined]
        cls.platform = Platform()  # type: ignore[attr-defined]
        return cls

    return decorate
