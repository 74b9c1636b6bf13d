"""What a case of a command is: an order that would succeed, and who gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.clocks import CHINA
from shared.context import Principal
from shared.contracts.base import Command

MONDAY = datetime(2026, 3, 2, 10, tzinfo=CHINA)


@dataclass(frozen=True)
class Ready:
    """An order that would succeed now, who may give it, and another that the same caller may
    give too, to show that a request id stands for one content."""

    order: Command[Any]
    by: Principal
    otherwise: Command[Any]


def on_existing(order: Any, by: Principal) -> Ready:
    """An order on an aggregate; the other one expects a version that it never had."""
    return Ready(order, by, replace(order, expected_version=99))
