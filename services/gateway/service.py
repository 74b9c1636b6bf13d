"""The table of contents of gateway: its pages stand in `faces`, and it has no message of its own.

What every service answers stands in `shared.platform`: its standing, its trail, its dead letters,
its audit chain.
"""

from __future__ import annotations

from services.gateway.models import Model
from shared.service import service


@service(Model)
class Gateway:
    """门户: the one address and the browser faces; owns no part of any application."""

    name = "gateway"
