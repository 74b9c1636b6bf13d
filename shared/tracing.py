"""OpenTelemetry: one span per message handled, call made, event relayed and event taken.

Imported only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. The classes of the hot path know
nothing of it: these take their places when a service is put together, and hand on their own span
as the parent, in the headers of messages and in the envelopes of events (W3C Trace Context). A span
carries names, outcomes and the scenario, never a content or an error's words, which may quote one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from opentelemetry.context import Context as TraceContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared import jsontext
from shared.context import Headers
from shared.messaging.inbox import Inbox
from shared.messaging.links import Outgoing, Publisher
from shared.pipeline import Answer, Pipeline
from shared.runtime import CountedRpcClient
from shared.unit_of_work import UnitOfWork

OUR_FAULTS = ("Incident", "Unavailable", "unanswered")
_PROPAGATOR = TraceContextTextMapPropagator()


@cache
def _processor() -> BatchSpanProcessor:
    return BatchSpanProcessor(OTLPSpanExporter())


@cache
def _tracer_of(service: str) -> Tracer:
    """Each service has its own name at the collector, also where several share a process."""
    named = {"service.name": service, "service.namespace": "qiantang"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(_processor())
    return provider.get_tracer("qiantang")


def _begin(
    service: str, name: str, kind: SpanKind, traceparent: str, attributes: Mapping[str, str]
) -> Span:
    """A span under the one that `traceparent` names, or the first of a trace."""
    parent = _PROPAGATOR.extract({"traceparent": traceparent}, TraceContext())
    told = {key: value for key, value in attributes.items() if value}
    return _tracer_of(service).start_span(name, parent, kind, told)


@contextmanager
def _span(
    service: str, name: str, kind: SpanKind, traceparent: str, **attributes: str
) -> Iterator[Span]:
    dotted = {key.replace("_", "."): value for key, value in attributes.items()}
    span = _begin(service, name, kind, traceparent, dotted)
    try:
        yield span
    except BaseException as fault:
        span.set_status(StatusCode.ERROR, type(fault).__name__)
        raise
    finally:
        span.end()


def _parent(span: Span) -> str:
    """What a message carries so that whoever takes it goes on under this span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, set_span_in_context(span, TraceContext()))
    return carrier["traceparent"]


def _conclude(span: Span, outcome: str) -> None:
    span.set_attribute("qiantang.outcome", outcome)
    if outcome in OUR_FAULTS:
        span.set_status(StatusCode.ERROR, outcome)


class TracedPipeline(Pipeline):
    """A span for every command and query that is answered."""

    def answer(self, name: str, payload: Any, headers: Headers) -> Answer:
        """Answer as every pipeline does."""
        known = name in self.handlers.commands or name in self.handlers.queries
        method = name if known else "unknown"
        with _span(
            self.service,
            f"{self.service}.{method}",
            SpanKind.SERVER,
            headers.traceparent,
            rpc_service=self.service,
            rpc_method=method,
            qiantang_scenario=headers.scenarioid,
        ) as span:
            answer = super().answer(name, payload, replace(headers, traceparent=_parent(span)))
            _conclude(span, answer.error.kind if answer.error is not None else "ok")
            return answer


class TracedRpcClient(CountedRpcClient):
    """A span for every call of another service, until its reply."""

    def call_raw(self, service: str, name: str, payload: Any, headers: Headers) -> dict[str, Any]:
        """Ask as every client does."""
        with _span(
            self.caller,
            f"{service}.{name}",
            SpanKind.CLIENT,
            headers.traceparent,
            rpc_service=service,
            rpc_method=name,
            qiantang_scenario=headers.scenarioid,
        ) as span:
            answer = super().call_raw(
                service, name, payload, replace(headers, traceparent=_parent(span))
            )
            _conclude(span, answer["error"].get("kind", "error") if "error" in answer else "ok")
            return answer


class TracedPublisher(Publisher):
    """A span for every event, from being sent to being confirmed."""

    def publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish as every publisher does."""
        events = [jsontext.load(message.body) for message in batch]
        spans = [
            _begin(
                message.exchange.removesuffix(".events"),
                f"publish {message.routing_key}",
                SpanKind.PRODUCER,
                event.get("traceparent", ""),
                {
                    "messaging.system": "rabbitmq",
                    "messaging.destination.name": message.exchange,
                    "messaging.message.id": event["id"],
                    "qiantang.scenario": event.get("scenarioid", ""),
                },
            )
            for message, event in zip(batch, events, strict=True)
        ]
        try:
            super().publish(list(map(_under, batch, events, spans)))
        except BaseException as fault:
            for span in spans:
                span.set_status(StatusCode.ERROR, type(fault).__name__)
            raise
        finally:
            for span in spans:
                span.end()


def _under(message: Outgoing, event: Mapping[str, Any], span: Span) -> Outgoing:
    parent = {"traceparent": _parent(span)}
    body = jsontext.dump({**event, **parent})
    return replace(message, body=body)


class TracedInbox(Inbox):
    """A span for every time that an event is handed to its subscribers."""

    def _apply(self, row: Any, unit: UnitOfWork, progress: dict[str, int]) -> None:
        with _span(
            self._service,
            f"take {row.aggregate}.{row.type}",
            SpanKind.CONSUMER,
            row.envelope.get("traceparent", ""),
            messaging_system="rabbitmq",
            messaging_message_id=row.id,
            qiantang_scenario=row.envelope.get("scenarioid", ""),
        ) as span:
            envelope = {**row.envelope, "traceparent": _parent(span)}
            super()._apply(
                SimpleNamespace(**{**row._mapping, "envelope": envelope}), unit, progress
            )
