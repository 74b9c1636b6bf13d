"""Over HTTP every command refuses faulty content as it does over RPC, and changes nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from deploy.catalogue import service_class
from shared import jsontext
from shared.context import Headers, new_id
from shared.contracts.base import SERVICES, Command, commands_of
from shared.http import LARGEST_BODY, HttpServer
from shared.runtime import ServiceRuntime
from shared.testing.harness import ServiceHarness
from shared.testing.samples import faults_of, with_faults

EVERY = [(service, command) for service in SERVICES for command in commands_of(service).values()]
NAMES = [f"{service}.{command.NAME}" for service, command in EVERY]


def send(runtime: ServiceRuntime, path: str, body: bytes, **environ: Any) -> tuple[int, Any]:
    """One request to the WSGI application, without a socket."""
    server = HttpServer(runtime.settings)
    # What `add` does, without opening a port.
    server._runtimes[runtime.service] = runtime
    status: list[str] = []
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **environ,
    }
    answer = b"".join(server(request, lambda line, _: status.append(line)))
    return int(status[0].split()[0]), json.loads(answer)


@pytest.mark.parametrize(("service", "command"), EVERY, ids=NAMES)
def test_faulty_content_gets_the_same_faults_over_http_and_rpc(
    make_service: Any, service: str, command: type[Command[Any]]
) -> None:
    harness: ServiceHarness = make_service(service_class(service))
    faults = {name: next(iter(found.items())) for name, found in faults_of(command).items()}
    content = {**with_faults(command, faults), "no_such_field": 1}
    rpc = harness.runtime.pipeline.answer(command.NAME, content, Headers(requestid=new_id()))
    status, problem = send(
        harness.runtime, f"/api/{service}/{command.NAME}", json.dumps(content).encode()
    )
    assert status == 422
    assert problem["errors"] == rpc.to_wire()["error"]["fields"]
    assert set(problem["errors"]) == {*faults, "no_such_field"}


@pytest.mark.parametrize(("service", "command"), EVERY, ids=NAMES)
def test_every_kind_of_fault_can_be_told_over_http_and_rpc(
    make_service: Any, service: str, command: type[Command[Any]]
) -> None:
    harness: ServiceHarness = make_service(service_class(service))
    for name, kinds in faults_of(command).items():
        for fault in kinds.items():
            sent = json.dumps(with_faults(command, {name: fault})).encode()
            if len(sent) > LARGEST_BODY:
                continue  # Such a body is refused before anybody reads it, as is tested below.
            content, headers = jsontext.load_foreign(sent), Headers(requestid=new_id())
            rpc = harness.runtime.pipeline.answer(command.NAME, content, headers)
            told = json.loads(jsontext.dump(rpc.to_wire()))["error"]
            status, problem = send(harness.runtime, f"/api/{service}/{command.NAME}", sent)
            assert (status, problem["errors"]) == (422, told["fields"]), fault
            assert set(problem["errors"]) == {name}


@pytest.mark.parametrize(
    ("path", "body", "environ", "status"),
    [
        ("/api/gateway/NoSuchContract", b"{}", {}, 404),
        ("/api/no_such_service/SignIn", b"{}", {}, 404),
        ("/no/such/page", b"", {"REQUEST_METHOD": "GET"}, 404),
        ("/readyz", b"{}", {}, 405),
        ("/api/gateway/ServiceStanding", b"{", {}, 422),
        ("/api/gateway/ServiceStanding", b"\xff", {}, 422),
        ("/api/gateway/ServiceStanding", b"[" * 100_000, {}, 422),
        ("/api/gateway/ServiceStanding", b"", {"CONTENT_LENGTH": "many"}, 422),
        ("/api/gateway/ServiceStanding", b"", {"CONTENT_LENGTH": str(LARGEST_BODY + 1)}, 422),
        ("/api/gateway/ReplayDeadLetter", b"", {"REQUEST_METHOD": "GET"}, 422),
    ],
)
def test_a_request_that_is_none_is_a_problem_of_the_caller(
    make_service: Any, path: str, body: bytes, environ: dict[str, str], status: int
) -> None:
    harness: ServiceHarness = make_service(service_class("gateway"))
    found, problem = send(harness.runtime, path, body, **environ)
    assert found == status
    assert problem["status"] == status
