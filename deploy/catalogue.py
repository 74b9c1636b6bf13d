"""All services by name, and the broker's topology that follows from what they handle."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.contracts.base import SERVICES
from shared.messaging.topology import Edges, Topology, topology_of


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

    Every service signs in at identity_data; the gateway stands before all of them.
    """
    calls = SERVICES if name == "gateway" else ("identity_data",)
    return Edges(name, service_class(name).handlers.subscriptions(), tuple(calls))


def topology(passwords: Mapping[str, str]) -> Topology:
    """Everything on the broker, for all services."""
    return topology_of([edges_of(name) for name in SERVICES], passwords)
