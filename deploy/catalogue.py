"""All services and systems outside by name, and the broker's topology that follows from them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.identity_data.reference.systems import SYSTEMS
from shared.contracts.base import SERVICES
from shared.messaging.topology import Edges, Topology, topology_of

BROKER_USERS = (*SERVICES, *SYSTEMS)
"""Whoever connects to the broker; each has a secret of that name."""


def service_class(name: str) -> Any:
    """The nameko service class of that name; raises ModuleNotFoundError for an unknown one."""
    module = importlib.import_module(f"services.{name}.service")
    found = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and getattr(value, "name", "") == name
    ]
    (only,) = found
    return only


def folder_of(name: str) -> Path:
    """The folder of a service."""
    return Path(inspect.getfile(service_class(name))).parent


def load_module(name: str) -> Any | None:
    """The service's reference data (`services/<name>/load.py`), where it has any."""
    if not (folder_of(name) / "load.py").exists():
        return None
    return importlib.import_module(f"services.{name}.load")


def edges_of(name: str) -> Edges:
    """Whose events a service reads and whom it may call.

    Every service signs in at identity_data; the gateway stands before all of them, and
    party_government follows a matter through all the others.
    """
    calls = {
        "gateway": SERVICES,
        "party_government": tuple(one for one in SERVICES if one != name),
    }.get(name, ("identity_data",))
    return Edges(name, service_class(name).handlers.subscriptions(), calls)


def outside_edges() -> list[Edges]:
    """What every registered system outside subscribes to and may ask."""
    return [Edges(one.name, one.subscriptions, one.routes) for one in SYSTEMS.values()]


def topology(passwords: Mapping[str, str]) -> Topology:
    """Everything on the broker, for all services and every system outside."""
    return topology_of(map(edges_of, SERVICES), passwords, outside_edges())
