"""One command's trace goes through processes: gateway, service, event, another service."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from shared.context import Headers, new_id, new_traceparent
from shared.messaging.inbox import Inbox
from shared.pipeline import Pipeline
from shared.rpc import RpcClient
from shared.testing.probe import Probe
from tests.conftest import MakeService
from tests.observability.conftest import Collector, Platform, until

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Told:
    """A span as the collector got it, with the service that told it."""

    service: str
    span: Span

    @property
    def attributes(self) -> dict[str, str]:
        return {one.key: one.value.string_value for one in self.span.attributes}


def told(collector: Collector, scenario: str) -> list[Told]:
    """The spans of one scenario so far."""
    found = []
    for body in list(collector.bodies):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            found += [
                Told(names["service.name"], span)
                for scope in resource.scope_spans
                for span in scope.spans
            ]
    return [one for one in found if one.attributes.get("qiantang.scenario") == scenario]


@pytest.mark.distributed
def test_a_trace_leads_from_the_gateway_through_an_event_into_other_services(
    platform: Platform, collector: Collector
) -> None:
    scenario = f"scenario-{new_id()}"
    platform.move_calendar("gateway", scenario)

    def of_kind(kind: Span.SpanKind) -> list[Told]:
        return [one for one in told(collector, scenario) if one.span.kind == kind]

    def takers() -> set[str]:
        return {one.service for one in of_kind(Span.SPAN_KIND_CONSUMER)}

    until("all took it", lambda: takers() == {"gateway", "identity_data", "digital_economy"})
    (call,) = of_kind(Span.SPAN_KIND_CLIENT)
    (answer,) = of_kind(Span.SPAN_KIND_SERVER)
    (event,) = of_kind(Span.SPAN_KIND_PRODUCER)
    assert (call.service, call.span.name) == ("gateway", "identity_data.MoveCalendar")
    assert call.span.parent_span_id == b""
    assert (answer.service, answer.span.name) == ("identity_data", "identity_data.MoveCalendar")
    assert answer.span.parent_span_id == call.span.span_id
    assert (event.service, event.span.name) == ("identity_data", "publish Calendar.CalendarMoved")
    assert event.span.parent_span_id == answer.span.span_id
    for taken in of_kind(Span.SPAN_KIND_CONSUMER):
        assert taken.span.name == "take Calendar.CalendarMoved"
        assert taken.span.parent_span_id == event.span.span_id
    assert {one.span.trace_id for one in told(collector, scenario)} == {call.span.trace_id}
    assert {one.attributes.get("qiantang.outcome") for one in (call, answer)} == {"ok"}


@pytest.mark.distributed
def test_the_trace_of_a_caller_goes_on_and_a_refusal_is_no_error(
    platform: Platform, collector: Collector
) -> None:
    scenario, traceparent = f"scenario-{new_id()}", new_traceparent()
    settings = platform.settings
    client = RpcClient(settings.amqp_url_for("gateway"), "gateway", timeout=30)
    headers = Headers(requestid=new_id(), scenarioid=scenario, traceparent=traceparent)
    payload = {"calendar_id": "calendar", "instant": "2030-01-01T00:00:00+08:00"}
    answer = client.call_raw("identity_data", "MoveCalendar", payload, headers)
    client.stop()
    assert answer["error"]["kind"] == "NotAuthenticated"
    (refused,) = until("it is told", lambda: told(collector, scenario))
    _, trace_id, parent, _ = traceparent.split("-")
    assert refused.span.trace_id.hex() == trace_id
    assert refused.span.parent_span_id.hex() == parent
    assert refused.attributes["qiantang.outcome"] == "NotAuthenticated"
    assert refused.span.status.code == Status.STATUS_CODE_UNSET


def test_without_a_collector_nothing_of_it_is_imported_or_in_the_way(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    runtime = make_service(Probe).runtime
    assert type(runtime.pipeline) is Pipeline
    assert type(runtime.inbox) is Inbox
    program = (
        "import deploy.cli, deploy.catalogue, sys;"
        "deploy.catalogue.service_class('gateway');"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
