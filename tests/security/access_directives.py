"""Messages about directives and the ladders of duties."""

from __future__ import annotations

from collections.abc import Callable

from tests.security.databases import Databases, Payload, Resource, only

CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "AdoptLadder": only(urgency="routine", steps=[{"rung": "urged"}], basis="督查工作办法"),
    "LaddersInForce": only(division="330106"),
}
