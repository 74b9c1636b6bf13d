"""The table of contents of digital_society: it handles nothing of its own yet.

What every service answers stands in `shared.platform`: its standing, its trail, its dead letters,
its audit chain.
"""

from __future__ import annotations

from services.digital_society.models import Model
from shared.service import service


@service(Model)
class DigitalSociety:
    """数字社会: tickets, benefits, visits, emergencies, bookings (none of them yet)."""

    name = "digital_society"
