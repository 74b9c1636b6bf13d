"""A real Prometheus watches the running platform with the rules that operators have; what is broken
makes its alert fire, and what is mended ends it. Only the patience of the rules is shortened."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import yaml

from deploy.system_packages import PROMETHEUS, ensure, prometheus_programs
from shared.clocks import machine_now
from shared.context import new_id
from shared.contracts.identity_data import SigningKeyPublished
from shared.contracts.platform import ReplayDeadLetter
from shared.messaging.envelope import CONTENT_TYPE, TYPE_PREFIX, Envelope
from shared.messaging.links import Outgoing, Publisher
from shared.messaging.tables import INBOX, TRUSTED_KEY
from shared.messaging.topology import events_exchange
from shared.security import tokens
from tests.observability.conftest import Platform, fetch, until
from tests.observability.test_rules import RULES

pytestmark = pytest.mark.distributed


class Prometheus:
    """A Prometheus in a temporary folder that scrapes the platform every second."""

    def __init__(self, folder: Path, platform: Platform) -> None:
        ensure([PROMETHEUS])
        programs = prometheus_programs()
        assert programs is not None
        rules = yaml.safe_load((RULES / "qiantang.yml").read_text())
        for rule in rules["groups"][0]["rules"]:
            if "for" in rule:
                rule["for"] = "2s"
        (folder / "rules.yml").write_text(yaml.safe_dump(rules, allow_unicode=True))
        targets = [urlsplit(one.address).netloc for one in platform.processes.values()]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {"job_name": "qiantang", "static_configs": [{"targets": targets}]},
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._log = (folder / "prometheus.log").open("w")
        self._process = subprocess.Popen(
            [
                programs / "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def _ask(self, path: str) -> Any:
        try:
            status, text = fetch(f"{self.address}/api/v1/{path}")
        except OSError:
            return None  # It does not listen yet.
        return json.loads(text)["data"] if status == 200 else None

    def scraped(self) -> bool:
        """Whether every process was scraped, and well."""
        targets = (self._ask("targets") or {}).get("activeTargets", [])
        return bool(targets) and all(one["health"] == "up" for one in targets)

    def firing(self, alert: str, service: str) -> bool:
        """Whether this alert calls somebody for this service."""
        return any(
            one["state"] == "firing"
            and one["labels"]["alertname"] == alert
            and one["labels"]["service"] == service
            for one in self._ask("alerts")["alerts"]
        )

    def names(self) -> set[str]:
        """Every metric that it has a sample of."""
        return set(self._ask("label/__name__/values"))

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


@pytest.fixture(scope="module")
def prometheus(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    made = Prometheus(tmp_path_factory.mktemp("prometheus"), platform)
    try:
        until("every process is scraped", made.scraped)
        yield made
    finally:
        made.close()


def test_the_outbox_alert_fires_while_the_broker_is_dead_and_ends_when_it_is_back(
    platform: Platform, prometheus: Prometheus
) -> None:
    assert not prometheus.firing("QiantangOutboxLags", "identity_data")
    platform.broker.kill()
    try:
        platform.move_calendar("identity_data")
        until("it fires", lambda: prometheus.firing("QiantangOutboxLags", "identity_data"))
        assert prometheus.firing("QiantangBrokerAway", "identity_data")
        assert not prometheus.firing("QiantangOutboxLags", "digital_economy")
        age = platform.figure("identity_data", "qiantang_outbox_oldest_unpublished_seconds")
        assert age is not None
        assert age > 15
    finally:
        platform.broker.restart()
    until(
        "both end",
        lambda: (
            not (
                prometheus.firing("QiantangOutboxLags", "identity_data")
                or prometheus.firing("QiantangBrokerAway", "identity_data")
            )
        ),
    )


def publish_signing_key(platform: Platform, kid: str, event: str) -> None:
    """Let identity_data's user tell of a key, by an event of this id."""
    now = machine_now()
    jwk = dict(tokens.make_key(kid).as_dict(private=False))
    key = SigningKeyPublished(kid=kid, jwk=jwk, purpose="token", valid_from=now)
    envelope = Envelope(
        id=event,
        source="/identity_data",
        type=f"{TYPE_PREFIX}identity_data.SigningKeyPublished",
        subject=f"SigningKey/{kid}",
        time=now.isoformat(),
        data=key.dump(),
        sequence=1,
        divisioncode="33",
        actorid="test",
    )
    publisher = Publisher(platform.settings.amqp_url_for("identity_data"))
    publisher.publish(
        [
            Outgoing(
                exchange=events_exchange("identity_data"),
                routing_key="SigningKey.SigningKeyPublished",
                body=json.dumps(envelope.to_wire()),
                content_type=CONTENT_TYPE,
            )
        ]
    )
    publisher.close()


def test_the_dead_letter_alert_fires_for_a_poisoned_event_and_ends_with_its_replay(
    platform: Platform, prometheus: Prometheus
) -> None:
    # The service has a row of that event already, so it refuses the event at every attempt.
    kid, event = f"key-{new_id()}", new_id()
    known = {"id": event, "jwk": {}, "purpose": "licence", "valid_from": machine_now()}
    platform.rows("digital_economy", sa.insert(TRUSTED_KEY).values(**known))
    publish_signing_key(platform, kid, event)
    # Its ten attempts would take a quarter of an hour; it is tried once, and then for the tenth
    # time at once.
    tried = sa.select(INBOX).where(INBOX.c.id == event, INBOX.c.state == "retrying")
    until("it is retried", lambda: platform.rows("digital_economy", tried))
    assert platform.figure("digital_economy", "qiantang_events_consumed_total", outcome="retrying")
    hurried = sa.update(INBOX).where(INBOX.c.id == event, INBOX.c.state == "retrying")
    platform.rows("digital_economy", hurried.values(attempts=9, due_at=machine_now()))
    until("it fires", lambda: prometheus.firing("QiantangDeadLetters", "digital_economy"))
    assert platform.figure("digital_economy", "qiantang_dead_letters", kind="event") == 1
    assert not prometheus.firing("QiantangDeadLetters", "identity_data")
    # What operators do: mend the cause, then replay.
    platform.rows("digital_economy", sa.delete(TRUSTED_KEY).where(TRUSTED_KEY.c.id == event))
    replay = ReplayDeadLetter(id=f"identity_data/{event}", reason="the key is gone")
    platform.api("digital_economy").call(replay, service="digital_economy")
    until("it ends", lambda: not prometheus.firing("QiantangDeadLetters", "digital_economy"))
    done = sa.select(INBOX.c.state).where(INBOX.c.id == event)
    until(
        "it had its effect",
        lambda: platform.rows("digital_economy", done)[0].state == "done",
    )


def test_prometheus_takes_every_figure_of_the_platform(
    platform: Platform, prometheus: Prometheus
) -> None:
    told = {
        sample.name
        for service in platform.processes
        for family in platform.figures(service).values()
        for sample in family.samples
        if sample.name.startswith("qiantang_")
    }
    assert "qiantang_outbox_oldest_unpublished_seconds" in told
    time.sleep(2)  # Two scrapes.
    assert told <= prometheus.names()
