"""Whether the Kubernetes manifests are right: `python -m deploy.manifest_checks`, in `make lint`.

Every resource fits its schema, strictly; and what is written by hand says what the contracts say:
every service, who may speak to whom, the users and rights on the broker, the databases.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus

from deploy.catalogue import edges_of, load_module, topology
from deploy.manifests import (
    NAMESPACE,
    OVERLAYS,
    ROOT,
    RULES,
    Resource,
    credentials_of,
    kubernetes_name,
    rendered,
    rule_resources,
)
from deploy.reachability import Edge, Peer, allowed_edges
from shared.contracts.base import SERVICES
from shared.messaging.topology import (
    Binding,
    Exchange,
    Queue,
    TopicRight,
    Topology,
    User,
    inbox_queue,
    rpc_queue,
)
from shared.service import LOOPS_END_WITHIN
from shared.settings import Settings, load_settings
from shared.storage import READERS, WRITERS

KUBERNETES = "1.37"
OWN_SCHEMAS = ROOT / "deploy" / "custom_resources.yaml"
CONNECTIONS = WRITERS + READERS
"""Connections to its database that one replica keeps at most."""

PACKAGED = (
    keda.ScaledObject,
    keda.TriggerAuthentication,
    prometheus.PodMonitor,
    prometheus.PrometheusRule,
    prometheus.ServiceMonitor,
)


# Schemas


def closed(schema: Any) -> Any:
    """The schema with every object closed that names its properties, so that a field which nobody
    knows is a fault, as it is not for the API server, which drops it without a word."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return made


METADATA = closed(
    {
        "type": "object",
        "required": ["name", "namespace"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},
            "namespace": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
)


@functools.cache
def custom_schemas() -> Mapping[str, Any]:
    """The schemas of custom resources by `apiVersion/kind`: of the packages that carry an
    operator's own, and ours for the others."""
    found = {}
    for model in PACKAGED:
        schema = closed(model.model_json_schema(by_alias=True))
        key = f"{model.gvk().api_version}/{model.gvk().kind}"
        found[key] = schema
    written = yaml.safe_load(OWN_SCHEMAS.read_text())
    for key, spec in written.items():
        if "/" in key:
            properties = {"apiVersion": {}, "kind": {}, "metadata": METADATA, "spec": spec}
            whole = {"type": "object", "required": ["spec"], "properties": properties}
            found[key] = closed(whole)
    return found


def schema_faults(resource: Resource) -> Iterator[str]:
    """What of a resource does not fit its schema; a resource that has none is a fault too."""
    name = f"{resource['kind']}/{resource['metadata']['name']}"
    schema = custom_schemas().get(f"{resource['apiVersion']}/{resource['kind']}")
    try:
        if schema is None:
            kubernetes_validate.validate(resource, KUBERNETES, strict=True)
        else:
            jsonschema.Draft202012Validator(schema).validate(resource)
    except jsonschema.ValidationError as fault:
        yield f"{name}: {'.'.join(map(str, fault.absolute_path))}: {fault.message}"
    except kubernetes_validate.SchemaNotFoundError as fault:
        yield f"{name}: {fault.message}"


# What is there


def of_kind(resources: Iterable[Resource], kind: str) -> dict[str, Resource]:
    """The resources of a kind, by name."""
    return {one["metadata"]["name"]: one for one in resources if one["kind"] == kind}


def _differences(what: str, wanted: Iterable[Any], found: Iterable[Any]) -> Iterator[str]:
    wanted, found = set(wanted), set(found)
    for one in sorted(wanted - found, key=str):
        yield f"{what} is missing: {one}"
    for one in sorted(found - wanted, key=str):
        yield f"{what} is too many: {one}"


def service_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Every service has its resources, each starts the right service, and there are no others."""
    names = {kubernetes_name(service): service for service in SERVICES}
    for kind in ("Deployment", "Service"):
        yield from _differences(kind, names, of_kind(resources, kind))
    budgets = of_kind(resources, "PodDisruptionBudget")
    yield from _differences("PodDisruptionBudget", [*names, "broker"], budgets)
    yield from _differences("Job", [f"migrate-{name}" for name in names], of_kind(resources, "Job"))
    for name, service in names.items():
        for kind, place, wanted in (
            ("Deployment", "containers", [["run", "--service", service]]),
            ("Deployment", "initContainers", [["migrate", service, "--wait", "600"]]),
            ("Job", "containers", [["load", service]]),
        ):
            found = of_kind(resources, kind).get(f"migrate-{name}" if kind == "Job" else name)
            containers = found["spec"]["template"]["spec"].get(place, []) if found else []
            if found and [one.get("args") for one in containers] != wanted:
                yield f"{kind} of {service}: its {place} are not started with {wanted}"
            for container in containers:
                image = container["image"].rpartition("/")[2].partition(":")[0]
                if image != name or ":" not in container["image"]:
                    yield f"{kind} of {service}: runs the image {container['image']}"


# How it runs

CONTAINER_RIGHTS = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
TEMPORARY = "/tmp"  # noqa: S108 - The pod's own, which nobody else writes to.
PROBES = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def workload_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Every process of ours is without rights, watched, bounded, and has time to end."""
    told = _told(resources)
    for kind in ("Deployment", "Job"):
        for name, resource in of_kind(resources, kind).items():
            pod = resource["spec"]["template"]["spec"]
            for fault in itertools.chain(
                _pod_faults(pod, told), _serving_faults(pod) if kind == "Deployment" else ()
            ):
                yield f"{kind}/{name}: {fault}"


def _told(resources: Sequence[Resource]) -> dict[str, str]:
    (told,) = (one["data"] for one in of_kind(resources, "ConfigMap").values())
    return dict(told)


def settings_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """What processes are told are settings that they read, and names servers that are there."""
    told = _told(resources)
    known = {f"QIANTANG_{one.name.upper()}" for one in fields(Settings)}
    yield from (f"no process reads {name}" for name in sorted(set(told) - known))
    for name, hosts in (
        ("QIANTANG_AMQP_URL", set(of_kind(resources, "RabbitmqCluster"))),
        ("QIANTANG_DATABASE_URL", {f"{one}-rw" for one in of_kind(resources, "Cluster")}),
    ):
        if urlsplit(told[name]).hostname not in hosts:
            yield f"{name} names none of the servers {sorted(hosts)}"


def _pod_faults(pod: Resource, told: Mapping[str, str]) -> Iterator[str]:
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "is given a token of the cluster's API"
    writable = {one["name"] for one in pod["volumes"] if "emptyDir" in one}
    for container in pod.get("initContainers", []) + pod["containers"]:
        if container.get("securityContext") != CONTAINER_RIGHTS:
            yield f"{container['name']} has other rights than {CONTAINER_RIGHTS}"
        mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
        for path in (TEMPORARY, told["QIANTANG_STATE"]):
            if mounts.get(path, {}).get("name") not in writable:
                yield f"{container['name']} cannot write to {path}"
        if mounts.get(told["QIANTANG_SECRETS"], {}).get("name") != "secrets":
            yield f"{container['name']} has no secrets"
        asked = container.get("resources", {})
        if set(asked.get("requests", {})) != {"cpu", "memory"} or "memory" not in asked["limits"]:
            yield f"{container['name']} asks for no resources"


def _serving_faults(pod: Resource) -> Iterator[str]:
    (container,) = pod["containers"]
    for probe, path in PROBES.items():
        if container.get(probe, {}).get("httpGet") != {"path": path, "port": "http"}:
            yield f"its {probe} does not ask {path}"
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = pause + load_settings().rpc_timeout + LOOPS_END_WITHIN
    if pod["terminationGracePeriodSeconds"] <= needed:
        yield f"is killed before the {needed} s that it may need to end"
    if not pod.get("topologySpreadConstraints"):
        yield "may have all its replicas on one node"


# Who speaks to whom


PROMETHEUS = Peer("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"})
INGRESS = Peer("ingress", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"})
KEDA = Peer("keda", "keda", {"app.kubernetes.io/name": "keda-operator"})
TOPOLOGY = Peer("topology-operator", "rabbitmq-system", {})
CNPG = Peer("cnpg-operator", "cnpg-system", {"app.kubernetes.io/name": "cloudnative-pg"})
NAMES = Peer("dns", "kube-system", {"k8s-app": "kube-dns"})
COLLECTOR = Peer(
    "collector", "observability", {"app.kubernetes.io/name": "opentelemetry-collector"}
)
STRANGER = Peer("stranger", "default", {"app.kubernetes.io/component": "service"})
GOVERNMENT = Peer("government network", "", address="10.33.1.2")
INTERNET = Peer("internet", "", address="203.0.113.7")
OUTSIDE = (
    PROMETHEUS,
    INGRESS,
    KEDA,
    TOPOLOGY,
    CNPG,
    NAMES,
    COLLECTOR,
    STRANGER,
    GOVERNMENT,
    INTERNET,
)
BROKER = Peer(
    "broker",
    NAMESPACE,
    {"app.kubernetes.io/name": "broker", "app.kubernetes.io/component": "rabbitmq"},
)
DATABASE = Peer("database", NAMESPACE, {"cnpg.io/cluster": "database"})
PORTS = (
    *(53, 80, 443, 4317, 4318, 4369, 5432, 5671, 5672),
    *(6443, 8000, 9187, 15672, 15692, 25672, 35672, 35682),
)


def peers_of(resources: Sequence[Resource]) -> list[Peer]:
    """The pods that the manifests make, and everybody else that matters."""
    pods = []
    for kind in ("Deployment", "Job"):
        for name, resource in of_kind(resources, kind).items():
            template = resource["spec"]["template"]
            ports = {
                port["name"]: port["containerPort"]
                for container in template["spec"]["containers"]
                for port in container.get("ports", [])
            }
            pods.append(Peer(name, NAMESPACE, template["metadata"]["labels"], ports))
    return [*pods, BROKER, DATABASE, *OUTSIDE]


def open_edges(resources: Sequence[Resource]) -> set[Edge]:
    """Every connection that the NetworkPolicies let pass."""
    policies = of_kind(resources, "NetworkPolicy").values()
    return allowed_edges(list(policies), peers_of(resources), PORTS)


def needed_edges(resources: Sequence[Resource]) -> set[Edge]:
    """Every connection that the contracts need: a service speaks to the broker and its database,
    and only who stands before all the others is spoken to by people."""
    found: set[Edge] = set()
    on_broker = {user.name for user in topology({}).users}
    for service in SERVICES:
        name = kubernetes_name(service)
        found |= {(name, "database", 5432), (f"migrate-{name}", "database", 5432)}
        found |= {(name, "collector", 4317), (name, "collector", 4318)}
        found.add(("prometheus", name, 8000))
        if service in on_broker:
            found.add((name, "broker", 5672))
        if stands_before_all(service):
            found.add(("ingress", name, 8000))
    found |= {("broker", "broker", port) for port in (4369, 25672, 35672, 35682)}
    found |= {("topology-operator", "broker", 15672), ("keda", "broker", 5672)}
    found |= {("prometheus", "broker", 15692), ("prometheus", "database", 9187)}
    for source in ("database", "cnpg-operator"):
        found |= {(source, "database", port) for port in (5432, 8000)}
    # The cluster's API, whose address no selector can name.
    found |= {("database", peer.name, port) for peer in OUTSIDE for port in (443, 6443)}
    if any("tls" in one["spec"] for one in of_kind(resources, "RabbitmqCluster").values()):
        found.add(("government network", "broker", 5671))
    ours = [peer.name for peer in peers_of(resources) if peer.is_ours()]
    return found | {(name, "dns", 53) for name in ours}


def stands_before_all(service: str) -> bool:
    """Whether a service may call every other, as the gateway does for people."""
    return set(edges_of(service).calls) == set(SERVICES)


def network_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """The NetworkPolicies let through what the contracts need, and nothing else."""
    yield from _differences("edge", needed_edges(resources), open_edges(resources))


# Broker and databases


def topology_in(resources: Sequence[Resource]) -> Topology:
    """The broker's topology as its custom resources say it; passwords are not among them."""

    def specs(kind: str) -> list[Any]:
        return [one["spec"] for one in of_kind(resources, kind).values()]

    return Topology(
        exchanges=tuple(Exchange(one["name"], one["type"]) for one in specs("Exchange")),
        queues=tuple(
            Queue(
                one["name"],
                {**({"x-queue-type": one["type"]} if "type" in one else {}), **one["arguments"]},
            )
            for one in specs("Queue")
        ),
        bindings=tuple(
            Binding(one["source"], one["destination"], one["routingKey"])
            for one in specs("Binding")
        ),
        users=tuple(
            User(
                name=one["user"],
                password="",
                topics=tuple(
                    TopicRight(**topic["permissions"])
                    for topic in specs("TopicPermission")
                    if topic["user"] == one["user"]
                ),
                **one["permissions"],
            )
            for one in specs("Permission")
        ),
    )


def broker_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Exchanges, queues, bindings and every user's rights are those of the catalogue."""
    wanted, found = topology({}), topology_in(resources)
    yield from _differences("exchange", wanted.exchanges, found.exchanges)
    yield from _differences("queue", map(str, wanted.queues), map(str, found.queues))
    yield from _differences("binding", wanted.bindings, found.bindings)
    yield from _differences("user", wanted.users, found.users)
    users = {
        one["spec"]["importCredentialsSecret"]["name"]
        for one in of_kind(resources, "User").values()
    }
    yield from _differences("user of", {credentials_of(one.name) for one in wanted.users}, users)


def database_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """A database and a role of the same name for each service, which nobody else enters; and the
    cluster takes the connections of all replicas, with one more of each while rolling out."""
    roles = {
        (one["spec"]["name"], one["spec"]["passwordSecret"]["name"])
        for one in of_kind(resources, "DatabaseRole").values()
        if one["spec"].get("login")
    }
    yield from _differences("role", {(one, credentials_of(one)) for one in SERVICES}, roles)
    databases = {
        (one["spec"]["name"], one["spec"]["owner"])
        for one in of_kind(resources, "Database").values()
    }
    yield from _differences("database", {(one, one) for one in SERVICES}, databases)
    (cluster,) = of_kind(resources, "Cluster").values()
    entries = [line.split()[:3] for line in cluster["spec"]["postgresql"]["pg_hba"]]
    if entries != [["hostssl", "sameuser", "all"], ["host", "all", "all"]]:
        yield f"pg_hba lets a role into another's database: {entries}"
    replicas = sum(_most_replicas(resources, kubernetes_name(one)) + 1 for one in SERVICES)
    room = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    if room < replicas * CONNECTIONS:
        yield f"the database takes {room} connections, {replicas} replicas open {CONNECTIONS} each"


def _most_replicas(resources: Sequence[Resource], name: str) -> int:
    for kind, key in (
        ("ScaledObject", "maxReplicaCount"),
        ("HorizontalPodAutoscaler", "maxReplicas"),
    ):
        for one in of_kind(resources, kind).values():
            if one["spec"]["scaleTargetRef"]["name"] == name:
                return int(one["spec"][key])
    return int(of_kind(resources, "Deployment")[name]["spec"].get("replicas", 1))


def scaling_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Where replicas follow demand: who stands before all by its processor's work, every other
    service by its two queues, and never fewer than two."""
    scaled = of_kind(resources, "ScaledObject")
    if not scaled:
        return
    by_queue = [one for one in SERVICES if not stands_before_all(one)]
    wanted = {
        (kubernetes_name(one), queue(one)) for one in by_queue for queue in (rpc_queue, inbox_queue)
    }
    found = {
        (one["spec"]["scaleTargetRef"]["name"], trigger["metadata"]["queueName"])
        for one in scaled.values()
        for trigger in one["spec"]["triggers"]
    }
    yield from _differences("scaled by queue", wanted, found)
    by_work = of_kind(resources, "HorizontalPodAutoscaler").values()
    yield from _differences(
        "scaled by work",
        {kubernetes_name(one) for one in SERVICES if stands_before_all(one)},
        {one["spec"]["scaleTargetRef"]["name"] for one in by_work},
    )
    fewest = {name: one["spec"]["minReplicaCount"] for name, one in scaled.items()}
    fewest |= {one["metadata"]["name"]: one["spec"]["minReplicas"] for one in by_work}
    for name, count in fewest.items():
        if count < 2:
            yield f"{name} may have a single replica"


def secret_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Where secrets come from a store, each that a manifest names is fetched, and no other."""
    made = of_kind(resources, "ExternalSecret")
    if made:
        yield from _differences("secret", secrets_named(resources), made)


def secrets_named(resources: Any) -> set[str]:
    """The names of all Secrets that somebody needs, wherever in a manifest they stand."""
    if isinstance(resources, list):
        return set().union(*(secrets_named(one) for one in resources))
    if not isinstance(resources, dict) or resources.get("kind") == "ExternalSecret":
        return set()
    found = set().union(*(secrets_named(one) for one in resources.values()))
    for key in ("secret", "passwordSecret", "importCredentialsSecret"):
        if isinstance(resources.get(key), dict):
            found.add(resources[key]["name"])
    if isinstance(resources.get("secretName"), str):
        found.add(resources["secretName"])
    found |= {one["name"] for one in resources.get("secretTargetRef", [])}
    return found


def mounted_secret_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """A process has its own service's password and no other; who opens the accounts has its keys
    too, and its loading the passwords of everybody who has an account."""
    users = {one.name for one in topology({}).users}
    for service in SERVICES:
        name = kubernetes_name(service)
        opens_accounts = hasattr(load_module(service), "make_secrets")
        serving = {(service, credentials_of(service))}
        loading = {(one, credentials_of(one)) for one in users} if opens_accounts else serving
        if opens_accounts:
            serving |= {(EVERY_KEY, f"{name}-keys")}
            loading |= {(EVERY_KEY, f"{name}-keys"), (EVERY_KEY, f"{name}-accounts")}
        for kind, at, wanted in (
            ("Deployment", name, serving),
            ("Job", f"migrate-{name}", loading),
        ):
            found = of_kind(resources, kind).get(at)
            if found:
                mounted = _mounted_secrets(found["spec"]["template"]["spec"])
                yield from _differences(f"secret in {kind}/{at}", wanted, mounted)


EVERY_KEY = "*"


def _mounted_secrets(pod: Resource) -> Iterator[tuple[str, str]]:
    """File and Secret of everything in the folder of secrets; a whole Secret is `EVERY_KEY`."""
    for volume in pod["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            secret = source["secret"]
            for item in secret.get("items", [{"path": EVERY_KEY}]):
                yield item["path"], secret["name"]


# What Prometheus sees


def monitoring_faults(resources: Sequence[Resource]) -> Iterator[str]:
    """Where there is a Prometheus, it scrapes every service, and has every rule that is tested."""
    monitors = of_kind(resources, "ServiceMonitor").values()
    if not monitors:
        return
    scraped = {
        name
        for name, service in of_kind(resources, "Service").items()
        for monitor in monitors
        if monitor["spec"]["selector"]["matchLabels"].items()
        <= service["metadata"]["labels"].items()
        and {one["port"] for one in monitor["spec"]["endpoints"]}
        <= {one["name"] for one in service["spec"]["ports"]}
    }
    yield from _differences("scraped service", map(kubernetes_name, SERVICES), scraped)
    wanted = {str(one) for one in rule_resources(RULES)}
    yield from _differences("rule", wanted, map(str, of_kind(resources, "PrometheusRule").values()))


# All of it

CHECKS: tuple[Callable[[Sequence[Resource]], Iterable[str]], ...] = (
    lambda resources: itertools.chain.from_iterable(map(schema_faults, resources)),
    service_faults,
    workload_faults,
    settings_faults,
    network_faults,
    broker_faults,
    database_faults,
    scaling_faults,
    secret_faults,
    mounted_secret_faults,
    monitoring_faults,
)


def faults(resources: Sequence[Resource]) -> list[str]:
    """Everything that is wrong with the resources of one overlay."""
    twice = [f"{one} is there twice" for one, count in _counted(resources).items() if count > 1]
    return twice + [fault for check in CHECKS for fault in check(resources)]


def _counted(resources: Iterable[Resource]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in resources:
        key = f"{one['apiVersion']} {one['kind']}/{one['metadata']['name']}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def main() -> int:
    """Check every overlay; answer the exit status."""
    status = 0
    for overlay in OVERLAYS:
        resources = rendered(overlay)
        found = faults(resources)
        for fault in found:
            print(f"k8s/overlays/{overlay}: {fault}", file=sys.stderr)
        status |= bool(found)
        print(f"k8s/overlays/{overlay}: {len(resources)} resources, {len(found)} faults")
    return status


if __name__ == "__main__":
    sys.exit(main())
