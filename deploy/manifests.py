"""The Kubernetes manifests: what is written in `k8s/`, and what follows from contracts and rules.

`python -m deploy.manifests laptop province` writes `build/k8s/<overlay>.yaml`, ready to apply;
`python -m deploy.manifests secrets` makes the secrets of a laptop and prints them as manifests.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.catalogue import load_module, topology
from deploy.preparation import ensure_secrets
from shared.messaging.topology import Topology, User
from shared.settings import Settings, load_settings

Resource = dict[str, Any]

ROOT = Path(__file__).parent.parent
OVERLAYS = ("laptop", "province")
BUILD = ROOT / "build" / "k8s"
RULES = ROOT / "deploy" / "observability" / "rules"
NAMESPACE = "qiantang"
PART_OF = {"app.kubernetes.io/part-of": "qiantang"}
BROKER = {"rabbitmqClusterReference": {"name": "broker"}}
VHOST = "/"


def kustomized(folder: Path) -> list[Resource]:
    """What `kubectl kustomize` makes of a folder; raises `CalledProcessError`, after kubectl has
    said what it cannot read."""
    # kubectl comes with the development tools, so that its version is the lock file's.
    kubectl = Path(sys.executable).parent / "kubectl"
    command = [str(kubectl), "kustomize", str(folder)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [resource for resource in yaml.safe_load_all(answer.stdout) if resource]


def rendered(overlay: str) -> list[Resource]:
    """Everything of one overlay: what is written, the broker's topology, and the alert rules where
    there is a Prometheus to read them."""
    written = kustomized(ROOT / "k8s" / "overlays" / overlay)
    derived = list(topology_resources(topology({})))
    if any(resource["kind"] == "ServiceMonitor" for resource in written):
        derived += rule_resources(RULES)
    return written + derived


def kubernetes_name(name: str) -> str:
    """A name of ours as Kubernetes allows it: `identity_data` is `identity-data`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def credentials_of(user: str) -> str:
    """The Secret that holds a user's name and password, for broker and database alike."""
    return f"{kubernetes_name(user)}-credentials"


def _resource(api: str, kind: str, name: str, spec: dict[str, Any]) -> Resource:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": dict(PART_OF)}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def _on_broker(kind: str, name: str, spec: dict[str, Any]) -> Resource:
    return _resource("rabbitmq.com/v1beta1", kind, name, {**spec, **BROKER})


def topology_resources(wanted: Topology) -> Iterator[Resource]:
    """The broker's whole topology, for the messaging topology operator."""
    for exchange in wanted.exchanges:
        spec = {"name": exchange.name, "type": exchange.kind, "durable": True, "vhost": VHOST}
        yield _on_broker("Exchange", kubernetes_name(exchange.name), spec)
    for queue in wanted.queues:
        arguments = dict(queue.arguments)
        spec = {"name": queue.name, "durable": True, "vhost": VHOST, "arguments": arguments}
        # The operator has a field of its own for this argument.
        if "x-queue-type" in arguments:
            spec["type"] = arguments.pop("x-queue-type")
        yield _on_broker("Queue", kubernetes_name(queue.name), spec)
    for binding in wanted.bindings:
        spec = {"source": binding.exchange, "destination": binding.queue, "vhost": VHOST}
        spec |= {"destinationType": "queue", "routingKey": binding.routing_key}
        # Two routing keys may differ in what a name cannot hold; the digest keeps them apart.
        key = f"{binding.exchange} {binding.routing_key} {binding.queue}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:8]
        yield _on_broker("Binding", f"{kubernetes_name(key)}-{digest}", spec)
    for user in wanted.users:
        yield from _user_resources(user)


def _user_resources(user: User) -> Iterator[Resource]:
    name = kubernetes_name(user.name)
    secret = {"name": credentials_of(user.name)}
    yield _on_broker("User", name, {"importCredentialsSecret": secret})
    rights = {"configure": user.configure, "write": user.write, "read": user.read}
    granted = {"vhost": VHOST, "user": user.name}
    yield _on_broker("Permission", name, {**granted, "permissions": rights})
    for topic in user.topics:
        rights = {"exchange": topic.exchange, "write": topic.write, "read": topic.read}
        on = f"{name}-{kubernetes_name(topic.exchange)}"
        yield _on_broker("TopicPermission", on, {**granted, "permissions": rights})


def rule_resources(folder: Path) -> list[Resource]:
    """A PrometheusRule of every rule file below a folder: the very files that promtool tests.

    A rule file has the one key `groups`; beside them may lie promtool's tests, which have `tests`.
    Without the folder there are no rules. Raises ValueError for a file that is neither, and for a
    folder without rules, because both would leave alerts out without a word.
    """
    if not folder.exists():
        return []
    found = []
    for path in sorted((*folder.rglob("*.yml"), *folder.rglob("*.yaml"))):
        content = yaml.safe_load(path.read_text())
        keys = set(content) if isinstance(content, dict) else set()
        if keys == {"groups"}:
            name = kubernetes_name(path.stem)
            found.append(_resource("monitoring.coreos.com/v1", "PrometheusRule", name, content))
        elif "tests" not in keys:
            raise ValueError(f"{path} is neither a file of rules nor one of promtool's tests")
    if not found:
        raise ValueError(f"{folder} holds no rules")
    return found


def secret_resources(settings: Settings) -> list[Resource]:
    """The Secrets that the manifests name, made now where they are missing.

    For a cluster without a store of secrets. What is made stays in the folder of secrets, so that
    asking again gives the same.
    """
    users = [user.name for user in topology({}).users]
    ensure_secrets(settings.secrets, users)
    accounts = load_module("identity_data")
    assert accounts is not None
    accounts.make_secrets(settings)
    found = [
        _secret(
            credentials_of(name),
            {"username": name, "password": settings.secret_of(name)},
            kind="kubernetes.io/basic-auth",
        )
        for name in users
    ]
    others = [path for path in sorted(settings.secrets.iterdir()) if path.name not in users]
    people = {path.name: path.read_text() for path in others if path.name.startswith("account-")}
    keys = {path.name: path.read_text() for path in others if path.name not in people}
    return [
        *found,
        _secret("identity-data-keys", keys),
        _secret("identity-data-accounts", people),
    ]


def _secret(name: str, content: dict[str, str], kind: str = "Opaque") -> Resource:
    # CloudNativePG follows a changed password only where this label is.
    labels = {**PART_OF, "cnpg.io/reload": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "type": kind,
        "stringData": content,
    }


def as_yaml(resources: Sequence[Resource]) -> str:
    """The resources as a stream that kubectl applies."""
    return yaml.safe_dump_all(resources, sort_keys=False, allow_unicode=True)


def main(arguments: Sequence[str]) -> int:
    """Write the named overlays to `build/k8s/`, or print the Secrets; answer the exit status."""
    if arguments == ["secrets"]:
        print(as_yaml(secret_resources(load_settings())), end="")
        return 0
    unknown = [name for name in arguments if name not in OVERLAYS]
    if unknown or not arguments:
        print(f"Name `secrets`, or overlays of {', '.join(OVERLAYS)}", file=sys.stderr)
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    for overlay in arguments:
        path = BUILD / f"{overlay}.yaml"
        path.write_text(as_yaml(rendered(overlay)))
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
