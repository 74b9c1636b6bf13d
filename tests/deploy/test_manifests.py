"""That the Kubernetes manifests are right, and that what is wrong with them would be found."""

from __future__ import annotations

import copy
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import yaml

from deploy import manifest_checks as checks
from deploy import manifests
from deploy.catalogue import folder_of
from deploy.fleet import await_ready
from deploy.manifests import (
    OVERLAYS,
    Resource,
    credentials_of,
    kubernetes_name,
    rendered,
    rule_resources,
    secret_resources,
    topology_resources,
)
from deploy.servers import KEEP_AUDIT, PrivateBroker, PrivateDatabase
from shared.contracts.base import SERVICES
from shared.messaging.links import connect
from shared.messaging.topology import Binding, TopicRight, Topology, User
from shared.migrations import migrate
from shared.settings import load_settings
from shared.storage import open_database

Overlays = dict[str, list[Resource]]


@pytest.fixture(scope="module")
def overlays() -> Overlays:
    return {name: rendered(name) for name in OVERLAYS}


@pytest.fixture
def province(overlays: Overlays) -> list[Resource]:
    """A copy that a test may spoil."""
    return copy.deepcopy(overlays["province"])


def one(resources: list[Resource], kind: str, name: str) -> Any:
    return checks.of_kind(resources, kind)[name]


def pod_of(resources: list[Resource], service: str) -> Any:
    return one(resources, "Deployment", kubernetes_name(service))["spec"]["template"]["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_without_fault(overlays: Overlays, overlay: str) -> None:
    assert checks.faults(overlays[overlay]) == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_file_of_its_own(service: str) -> None:
    path = Path("k8s/base") / f"{service}.yaml"
    kinds = {resource["kind"] for resource in yaml.safe_load_all(path.read_text())}
    assert {"Deployment", "Job", "Service", "PodDisruptionBudget", "Database"} <= kinds


# Schemas


def spoil(resource: Any, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        resource = resource[int(step)] if isinstance(resource, list) else resource[step]
    resource[last] = value


@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("Deployment", "gateway", "spec.template.spec.containers.0.readynessProbe", {}),
        ("Deployment", "gateway", "spec.replicas", "two"),
        ("NetworkPolicy", "services", "spec.egres", []),
        ("HorizontalPodAutoscaler", "gateway", "spec.minReplica", 2),
        ("ScaledObject", "identity-data", "spec.minReplicaCountt", 2),
        ("ScaledObject", "identity-data", "spec.triggers.0.metdata", {}),
        ("TriggerAuthentication", "identity-data", "spec.secretTargetRef.0.param", "host"),
        ("ServiceMonitor", "services", "spec.endpoints.0.intervall", "15s"),
        ("PodMonitor", "broker", "spec.selectorr", {}),
        ("RabbitmqCluster", "broker", "spec.replica", 3),
        ("Queue", "identity-data-rpc", "spec.durible", True),
        ("Queue", "identity-data-rpc", "spec.type", "quorate"),
        ("User", "gateway", "spec.password", "known"),
        ("Permission", "gateway", "spec.permissions.writes", "^$"),
        ("Cluster", "database", "spec.instance", 3),
        ("Database", "gateway", "spec.ownr", "gateway"),
        ("DatabaseRole", "gateway", "spec.superuser", True),
        ("ExternalSecret", "gateway-tls", "spec.dataFrom.0.extract.kei", "x"),
        ("ExternalSecret", "gateway-tls", "metadata.label", {}),
    ],
)
def test_a_field_that_nobody_knows_or_of_another_type_is_found(
    province: list[Resource], kind: str, name: str, path: str, value: Any
) -> None:
    resource = one(province, kind, name)
    assert list(checks.schema_faults(resource)) == []
    spoil(resource, path, value)
    (fault,) = checks.schema_faults(resource)
    assert fault.startswith(f"{kind}/{name}: ")


def test_a_kind_without_a_schema_is_a_fault() -> None:
    strange = {"apiVersion": "example.org/v1", "kind": "Wish", "metadata": {"name": "one"}}
    (fault,) = checks.schema_faults(strange)
    assert "Couldn't find schema for kind Wish" in fault


# How it runs


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("securityContext.runAsUser", 0, "may run as root"),
        ("securityContext.seccompProfile", {"type": "Unconfined"}, "has no seccomp profile"),
        ("automountServiceAccountToken", True, "is given a token of the cluster's API"),
        ("containers.0.securityContext.readOnlyRootFilesystem", False, "has other rights"),
        ("initContainers.0.securityContext.capabilities", {"drop": ["NET_RAW"]}, "other rights"),
        ("containers.0.resources.requests", {}, "asks for no resources"),
        ("containers.0.volumeMounts.2.mountPath", "/var/tmp", "cannot write to /tmp"),
        ("containers.0.volumeMounts.0.mountPath", "/etc/secrets", "has no secrets"),
        ("containers.0.livenessProbe.httpGet.path", "/readyz", "livenessProbe does not ask"),
        ("containers.0.readinessProbe.httpGet.path", "/healthz", "readinessProbe does not ask"),
        ("terminationGracePeriodSeconds", 30, "is killed before the 35.0 s"),
        ("topologySpreadConstraints", [], "all its replicas on one node"),
    ],
)
def test_a_process_with_rights_or_without_a_watch_is_found(
    province: list[Resource], path: str, value: Any, fault: str
) -> None:
    spoil(pod_of(province, "gateway"), path, value)
    (found,) = checks.workload_faults(province)
    assert found.startswith("Deployment/gateway: ")
    assert fault in found


def test_a_service_that_starts_another_or_is_missing_is_found(province: list[Resource]) -> None:
    pod_of(province, "gateway")["containers"][0]["args"][-1] = "rule_of_law"
    pod_of(province, "gateway")["containers"][0]["image"] = "qiantang/rule-of-law:1"
    province.remove(one(province, "Job", "migrate-digital-economy"))
    found = list(checks.service_faults(province))
    assert "Job is missing: migrate-digital-economy" in found
    assert any("gateway: its containers are not started" in fault for fault in found)
    assert "Deployment of gateway: runs the image qiantang/rule-of-law:1" in found
    assert len(found) == 3


def test_a_setting_that_no_process_reads_or_another_server_is_found(
    province: list[Resource],
) -> None:
    (told,) = (each["data"] for each in checks.of_kind(province, "ConfigMap").values())
    told["QIANTANG_LOGLEVEL"] = "info"
    told["QIANTANG_AMQP_URL"] = "amqp://{service}:{password}@rabbit:5672//"
    assert list(checks.settings_faults(province)) == [
        "no process reads QIANTANG_LOGLEVEL",
        "QIANTANG_AMQP_URL names none of the servers ['broker']",
    ]


# Who speaks to whom


def test_nobody_speaks_to_a_service_but_prometheus_and_people_to_the_gateway(
    overlays: Overlays,
) -> None:
    services = {kubernetes_name(service) for service in SERVICES}
    for resources in overlays.values():
        edges = checks.open_edges(resources)
        into = {(source, target) for source, target, _ in edges if target in services}
        assert into == {("prometheus", one) for one in services} | {("ingress", "gateway")}


def test_other_systems_reach_the_broker_over_tls_and_only_in_the_province(
    overlays: Overlays,
) -> None:
    for overlay, wanted in (("laptop", set()), ("province", {("broker", 5671)})):
        edges = checks.open_edges(overlays[overlay])
        assert {(to, port) for source, to, port in edges if source == "government network"} == (
            wanted
        )


def test_without_its_default_the_namespace_is_open_and_that_is_found(
    province: list[Resource],
) -> None:
    # Every pod is selected by another policy too, so only what these forget is opened.
    for name in ("default-deny", "migrations", "everybody-resolves-names"):
        province.remove(one(province, "NetworkPolicy", name))
    found = set(checks.network_faults(province))
    assert "edge is too many: ('migrate-gateway', 'internet', 443)" in found
    assert "edge is missing: ('gateway', 'dns', 53)" in found


@pytest.mark.parametrize(
    ("policy", "path", "value", "fault"),
    [
        (
            "services",
            "spec.ingress.0.from",
            [{"podSelector": {}}],
            "edge is missing: ('prometheus', 'gateway', 8000)",
        ),
        (
            "services",
            "spec.egress.1.ports.0.port",
            5433,
            "edge is missing: ('rule-of-law', 'database', 5432)",
        ),
        (
            "people-reach-the-gateway",
            "spec.podSelector.matchLabels",
            {"app.kubernetes.io/component": "service"},
            "edge is too many: ('ingress', 'rule-of-law', 8000)",
        ),
        (
            "broker",
            "spec.ingress.0.from",
            [{"namespaceSelector": {}}],
            "edge is too many: ('stranger', 'broker', 5672)",
        ),
        (
            "outside-systems-reach-the-broker",
            "spec.ingress.0.from.0.ipBlock.cidr",
            "0.0.0.0/0",
            "edge is too many: ('internet', 'broker', 5671)",
        ),
    ],
)
def test_a_changed_policy_is_found_by_the_edge_that_it_opens_or_closes(
    province: list[Resource], policy: str, path: str, value: Any, fault: str
) -> None:
    spoil(one(province, "NetworkPolicy", policy), path, value)
    assert fault in set(checks.network_faults(province))


# Broker, databases, secrets


def test_every_queue_binding_and_right_is_read_back_as_it_was_derived() -> None:
    user = User(
        name="an.outside_system",
        password="",
        configure="^$",
        write=r"^qiantang\.rpc$",
        read=r"^an\.outside_system\..*$",
        topics=(TopicRight("qiantang.rpc", "^digital_government[.].*$", "^$"),),
    )
    bindings = (Binding("a.events", "q", "Case.*"), Binding("a.events", "q", "case#"))
    wanted = Topology((), (), bindings, (user,))
    resources = list(topology_resources(wanted))
    assert checks.topology_in(resources) == wanted
    assert one(resources, "User", "an-outside-system")["spec"]["importCredentialsSecret"] == {
        "name": "an-outside-system-credentials"
    }
    assert [fault for each in resources for fault in checks.schema_faults(each)] == []


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "fault"),
    [
        ("Permission", "gateway", "spec.permissions.write", ".*", "user is too many"),
        (
            "TopicPermission",
            "rule-of-law-qiantang-rpc",
            "spec.permissions.write",
            "^.*$",
            "user is too many",
        ),
        ("Queue", "gateway-rpc", "spec.arguments.x-delivery-limit", 1, "queue is missing"),
        ("Exchange", "gateway-events", "spec.type", "fanout", "exchange is missing"),
        ("User", "gateway", "spec.importCredentialsSecret.name", "x", "user of is missing"),
    ],
)
def test_another_right_queue_or_exchange_than_the_catalogue_s_is_found(
    province: list[Resource], kind: str, name: str, path: str, value: Any, fault: str
) -> None:
    spoil(one(province, kind, name), path, value)
    found = list(checks.broker_faults(province))
    assert len(found) == 2
    assert any(each.startswith(fault) for each in found)


def test_a_binding_that_is_missing_is_found(province: list[Resource]) -> None:
    binding = next(
        each
        for each in province
        if each["kind"] == "Binding" and each["spec"]["routingKey"] == "Case.CaseDecided"
    )
    province.remove(binding)
    (fault,) = checks.broker_faults(province)
    assert fault.startswith("binding is missing: Binding(exchange='digital_government.events'")


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "fault"),
    [
        ("Database", "gateway", "spec.owner", "rule_of_law", "database is missing"),
        ("DatabaseRole", "gateway", "spec.login", False, "role is missing"),
        ("DatabaseRole", "gateway", "spec.passwordSecret.name", "x", "role is missing"),
        ("Cluster", "database", "spec.postgresql.pg_hba", ["host all all all md5"], "pg_hba lets"),
        (
            "ScaledObject",
            "identity-data",
            "spec.maxReplicaCount",
            20,
            "the database takes 1100 connections, 63 replicas open 20 each",
        ),
    ],
)
def test_another_database_or_role_than_a_service_s_own_is_found(
    province: list[Resource], kind: str, name: str, path: str, value: Any, fault: str
) -> None:
    spoil(one(province, kind, name), path, value)
    assert any(each.startswith(fault) for each in checks.database_faults(province))


def test_scaling_by_another_queue_or_to_a_single_replica_is_found(
    province: list[Resource],
) -> None:
    scaled = one(province, "ScaledObject", "rule-of-law")["spec"]
    scaled["triggers"][0]["metadata"]["queueName"] = "rule_of_law.rcp"
    scaled["minReplicaCount"] = 1
    assert list(checks.scaling_faults(province)) == [
        "scaled by queue is missing: ('rule-of-law', 'rule_of_law.rpc')",
        "scaled by queue is too many: ('rule-of-law', 'rule_of_law.rcp')",
        "rule-of-law may have a single replica",
    ]


def test_a_secret_that_nobody_fetches_is_found(province: list[Resource]) -> None:
    province.remove(one(province, "ExternalSecret", "identity-data-keys"))
    assert list(checks.secret_faults(province)) == ["secret is missing: identity-data-keys"]


def test_the_secrets_made_for_a_laptop_are_those_that_its_manifests_name(
    overlays: Overlays, tmp_path: Path
) -> None:
    settings = load_settings(state=tmp_path)
    made = secret_resources(settings)
    assert set(checks.of_kind(made, "Secret")) == checks.secrets_named(overlays["laptop"])
    assert made == secret_resources(settings)
    assert [fault for each in made for fault in checks.schema_faults(each)] == []


@pytest.mark.parametrize(
    ("kind", "name", "at", "service", "fault"),
    [
        ("Deployment", "gateway", 0, "rule_of_law", "secret in Deployment/gateway is too many"),
        (
            "Job",
            "migrate-identity-data",
            -1,
            None,
            "secret in Job/migrate-identity-data is missing",
        ),
    ],
)
def test_a_password_of_another_service_or_a_missing_one_is_found(
    province: list[Resource], kind: str, name: str, at: int, service: str | None, fault: str
) -> None:
    volumes = one(province, kind, name)["spec"]["template"]["spec"]["volumes"]
    (sources,) = (each["projected"]["sources"] for each in volumes if each["name"] == "secrets")
    if service is None:
        del sources[at]
    else:
        secret = {"name": f"{kubernetes_name(service)}-credentials"}
        sources.append({"secret": {**secret, "items": [{"key": "password", "path": service}]}})
    (found,) = checks.mounted_secret_faults(province)
    assert found.startswith(fault)


# What Prometheus sees

RULE = {"alert": "OutboxStands", "expr": "up == 0", "labels": {"severity": "page"}}
GROUPS = [{"name": "outbox", "rules": [RULE]}]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with a file of rules and one of promtool's tests of them."""
    (tmp_path / "alert_rules.yml").write_text(yaml.safe_dump({"groups": GROUPS}))
    (tmp_path / "alert_rules_test.yml").write_text("rule_files: [alert_rules.yml]\ntests: []\n")
    return tmp_path


def test_every_file_of_rules_becomes_a_rule_resource_and_their_tests_do_not(rules: Path) -> None:
    (found,) = rule_resources(rules)
    assert found["metadata"]["name"] == "alert-rules"
    assert found["spec"] == {"groups": GROUPS}
    assert list(checks.schema_faults(found)) == []
    found["spec"]["groups"][0]["rules"][0]["summary"] = "unknown field"
    assert len(list(checks.schema_faults(found))) == 1


def test_a_folder_of_rules_leaves_nothing_out_without_a_word(rules: Path) -> None:
    assert rule_resources(rules / "nowhere") == []
    (rules / "misspelt.yaml").write_text("gruops: []\n")
    with pytest.raises(ValueError, match=r"misspelt\.yaml is neither"):
        rule_resources(rules)
    (rules / "misspelt.yaml").unlink()
    (rules / "alert_rules.yml").unlink()
    with pytest.raises(ValueError, match="holds no rules"):
        rule_resources(rules)


def test_every_rule_that_is_tested_is_in_the_province_and_a_changed_one_is_found(
    overlays: Overlays, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "RULES", rules)
    monkeypatch.setattr(manifests, "RULES", rules)
    province = rendered("province")
    assert list(checks.monitoring_faults(province)) == []
    one(province, "PrometheusRule", "alert-rules")["spec"]["groups"][0]["rules"] = []
    missing, too_many = checks.monitoring_faults(province)
    assert missing.startswith("rule is missing")
    assert too_many.startswith("rule is too many")


def test_a_service_that_prometheus_does_not_scrape_is_found(province: list[Resource]) -> None:
    one(province, "Service", "gateway")["spec"]["ports"][0]["name"] = "web"
    assert list(checks.monitoring_faults(province)) == ["scraped service is missing: gateway"]


# The real thing, as far as it goes without a cluster


def mounted(pod: Resource, secrets: list[Resource], folder: Path) -> Path:
    """The folder of secrets as the kubelet would make it for this pod."""
    folder.mkdir()
    (volume,) = (each for each in pod["volumes"] if each["name"] == "secrets")
    for source in volume["projected"]["sources"]:
        content = one(secrets, "Secret", source["secret"]["name"])["stringData"]
        items = source["secret"].get("items") or [{"key": key, "path": key} for key in content]
        for item in items:
            (folder / item["path"]).write_text(content[item["key"]])
    return folder


@contextmanager
def serving(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """A process that serves, and its address; at the end it must end in good order."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 60)
            found = re.search(r"http://[\d.:]+", process.stdout.readline() if ready else "")
            assert found, "it does not serve"
            yield found.group()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()


@pytest.mark.distributed
def test_a_service_s_own_user_is_shown_the_length_of_its_queues_as_scaling_asks_for_it(
    province: list[Resource], real_broker: PrivateBroker, passwords: dict[str, str]
) -> None:
    for name, scaled in checks.of_kind(province, "ScaledObject").items():
        authentication = one(province, "TriggerAuthentication", name)["spec"]["secretTargetRef"]
        assert {each["name"] for each in authentication} == {f"{name}-credentials"}
        user = name.replace("-", "_")
        url = f"amqp://{user}:{passwords[user]}@127.0.0.1:{real_broker.port}//"
        with connect(url) as connection, connection.channel() as channel:
            for trigger in scaled["spec"]["triggers"]:
                queue = trigger["metadata"]["queueName"]
                assert channel.queue_declare(queue=queue, passive=True).message_count == 0


@pytest.mark.distributed
def test_what_the_cluster_begins_with_keeps_the_audit_from_a_services_role(
    overlays: Overlays,
) -> None:
    begun = [
        one(overlays[name], "Cluster", "database")["spec"]["bootstrap"]["initdb"]
        for name in OVERLAYS
    ]
    assert begun == [begun[0]] * len(OVERLAYS)
    *_, function = statements = begun[0]["postInitTemplateSQL"]
    assert function.split() == KEEP_AUDIT.split()
    with PrivateDatabase() as database:
        template = urlsplit(database.admin_url)._replace(path="/template1").geturl()
        # As the operator does it: the databases of the services are made from it afterwards.
        run_in(template, *statements)
        run_in(
            database.admin_url,
            "CREATE ROLE rule_of_law LOGIN PASSWORD 'r'",
            "CREATE DATABASE rule_of_law OWNER rule_of_law",
        )
        own = f"postgresql://rule_of_law:r@127.0.0.1:{database.port}/rule_of_law"
        engine = open_database(own)
        migrate(engine, folder_of("rule_of_law"))
        engine.dispose()
        run_in(own, "SELECT * FROM audit", "UPDATE audit_head SET sequence = 0")
        for refused in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DROP TABLE audit"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=r"permission|must be"):
                run_in(own, refused)


def run_in(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.mark.distributed
def test_services_start_as_their_manifests_say_and_are_ready(
    overlays: Overlays, tmp_path: Path
) -> None:
    resources = overlays["laptop"]
    secrets = secret_resources(load_settings(state=tmp_path / "made"))
    # The broker holds what the custom resources say, not what the catalogue says.
    topology = checks.topology_in(resources)
    passwords = {
        user.name: one(secrets, "Secret", credentials_of(user.name))["stringData"]["password"]
        for user in topology.users
    }
    users = tuple(replace(user, password=passwords[user.name]) for user in topology.users)
    with (
        PrivateBroker(replace(topology, users=users)) as broker,
        PrivateDatabase() as database,
    ):
        database.create({name: passwords[name] for name in SERVICES})
        (told,) = (each["data"] for each in checks.of_kind(resources, "ConfigMap").values())
        told = {
            **told,
            "QIANTANG_DATABASE_URL": told["QIANTANG_DATABASE_URL"]
            .replace("database-rw:5432", f"127.0.0.1:{database.port}")
            .replace("sslmode=require", "sslmode=disable"),
            "QIANTANG_AMQP_URL": told["QIANTANG_AMQP_URL"].replace(
                "broker:5672", f"127.0.0.1:{broker.port}"
            ),
            "QIANTANG_HTTP_HOST": "127.0.0.1",
            "QIANTANG_HTTP_PORT": "0",
            "QIANTANG_PERSON_SECRET": "",
            "PYTHONWARNINGS": "ignore",
        }

        def environment(name: str, pod: Resource) -> dict[str, str]:
            folders = {
                "QIANTANG_STATE": str(tmp_path / f"state-{name}"),
                "QIANTANG_SECRETS": str(mounted(pod, secrets, tmp_path / f"secrets-{name}")),
            }
            return {**os.environ, **told, **folders}

        def command(container: Resource) -> list[str]:
            assert container["command"][0] == "python"
            return [sys.executable, *container["command"][1:], *container["args"]]

        addresses = []
        with ExitStack() as stack:
            for service in ("identity_data", "rule_of_law"):
                name = kubernetes_name(service)
                job = one(resources, "Job", f"migrate-{name}")["spec"]["template"]["spec"]
                told_to_job = environment(f"migrate-{name}", job)
                before = sorted(Path(told_to_job["QIANTANG_SECRETS"]).iterdir())
                subprocess.run(command(job["containers"][0]), env=told_to_job, check=True)
                assert sorted(Path(told_to_job["QIANTANG_SECRETS"]).iterdir()) == before
                pod = pod_of(resources, service)
                told_to_pod = environment(name, pod)
                subprocess.run(command(pod["initContainers"][0]), env=told_to_pod, check=True)
                addresses.append(
                    stack.enter_context(serving(command(pod["containers"][0]), told_to_pod))
                )
            # Ready means that the signing key came, through the derived exchanges and queues.
            await_ready(addresses)
