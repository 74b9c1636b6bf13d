"""Who reaches whom under NetworkPolicies, worked out for every pair of peers as Kubernetes does.

What a policy says here that is not understood raises `NotImplementedError`, rather than letting an
edge pass unseen.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.manifests import NAMESPACE, Resource

NAMESPACE_NAME = "kubernetes.io/metadata.name"
Edge = tuple[str, str, int]
"""Who, to whom, on which port."""


@dataclass(frozen=True)
class Peer:
    """Somebody at one end of a connection: a pod of ours, of an operator, or somebody outside."""

    name: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    ports: Mapping[str, int] = field(default_factory=dict, hash=False)
    address: str = ""

    def is_ours(self) -> bool:
        """Whether the policies of our namespace apply to it."""
        return self.namespace == NAMESPACE


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for one in selector.get("matchExpressions", []):
        if one["operator"] != "In":
            raise NotImplementedError(f"operator {one['operator']}")
        if labels.get(one["key"]) not in one["values"]:
            return False
    return True


def _is_meant(whom: Mapping[str, Any], peer: Peer) -> bool:
    if "ipBlock" in whom:
        if set(whom["ipBlock"]) != {"cidr"}:
            raise NotImplementedError("exceptions of an ipBlock")
        network = ipaddress.ip_network(whom["ipBlock"]["cidr"])
        return bool(peer.address) and ipaddress.ip_address(peer.address) in network
    if peer.address:
        return False
    if "namespaceSelector" in whom:
        if not _selects(whom["namespaceSelector"], {NAMESPACE_NAME: peer.namespace}):
            return False
    elif not peer.is_ours():
        return False
    return _selects(whom.get("podSelector", {}), peer.labels)


def _is_port(meant: Mapping[str, Any], port: int, at: Peer) -> bool:
    first = at.ports.get(meant["port"], meant["port"])
    return first == port or (isinstance(first, int) and first < port <= meant.get("endPort", first))


def _allows(
    policies: Iterable[Resource], direction: str, subject: Peer, other: Peer, port: int, at: Peer
) -> bool:
    """Whether the policies let `subject` take or make this connection, as Kubernetes reads them:
    what no policy selects is free, what one selects needs a rule that lets it pass."""
    if not subject.is_ours():
        return True
    applying = [
        one["spec"]
        for one in policies
        if direction in one["spec"]["policyTypes"]
        and _selects(one["spec"]["podSelector"], subject.labels)
    ]
    side = "from" if direction == "Ingress" else "to"
    for spec in applying:
        for rule in spec.get(direction.lower(), []):
            if "ports" in rule and not any(_is_port(one, port, at) for one in rule["ports"]):
                continue
            if side not in rule or any(_is_meant(whom, other) for whom in rule[side]):
                return True
    return not applying


def allowed_edges(
    policies: Collection[Resource], peers: Collection[Peer], ports: Collection[int]
) -> set[Edge]:
    """Every connection that the policies let pass and that begins or ends at a pod of ours."""
    return {
        (source.name, target.name, port)
        for source, target in itertools.product(peers, peers)
        if source.is_ours() or target.is_ours()
        for port in ports
        if _allows(policies, "Egress", source, target, port, target)
        and _allows(policies, "Ingress", target, source, port, target)
    }
