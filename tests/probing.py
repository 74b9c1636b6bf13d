"""Fixtures of these tests: the probe service, with policies of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from shared import audit
from shared.security import authorisation
from shared.security.authorisation import Policy, policies_in
from shared.testing import probe
from shared.testing.harness import ServiceHarness
from tests.conftest import WithAllRights

MakeProbe = Callable[[], ServiceHarness]
Tamper = Callable[..., audit.Verdict]
# What stands in the way of whoever may everything with the database, and how it is put aside.
DISARMING = {
    "embedded": [f"DROP TRIGGER IF EXISTS audit_refuses_{act}" for act in ("update", "delete")],
    "distributed": ["ALTER TABLE audit DISABLE TRIGGER USER"],
}


@pytest.fixture(scope="session")
def policies_with_probe() -> tuple[Policy, ...]:
    """The platform's policies and the probe's."""
    return policies_in(authorisation.policy_text() + probe.POLICIES)


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[Any]]:
    """What was logged, as data: drawing a traceback in colours takes seconds."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def make_probe(
    make_service: Callable[[Any], ServiceHarness],
    monkeypatch: pytest.MonkeyPatch,
    policies_with_probe: tuple[Policy, ...],
) -> Iterator[MakeProbe]:
    """Makes processes of the probe; all that one test makes share one database."""
    monkeypatch.setattr(authorisation, "policies", lambda: policies_with_probe)

    def make() -> ServiceHarness:
        harness = make_service(probe.Probe)
        probe.Model.metadata.create_all(harness.runtime.engine)
        return harness

    yield make
    probe.FAULTS.clear()


@pytest.fixture
def harness(make_probe: MakeProbe) -> ServiceHarness:
    """One process of the probe."""
    return make_probe()


@pytest.fixture
def tamper(profile: str, with_all_rights: WithAllRights) -> Tamper:
    """What somebody does who may do everything, and what the check says then."""

    def act(harness: ServiceHarness, *statements: Any) -> audit.Verdict:
        with with_all_rights(harness) as engine, engine.begin() as connection:
            for disarming in DISARMING[profile]:
                connection.exec_driver_sql(disarming)
            for statement in statements:
                connection.execute(statement)
        return audit.verify(harness.runtime.engine, batch=4)

    return act
