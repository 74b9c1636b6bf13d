"""The tables: all that this service keeps, a file for each theme."""

from __future__ import annotations

from services.digital_government.models.base import Consolidation, Measure, Model, Passage
from services.digital_government.models.cases import Case, Handover
from services.digital_government.models.items import BasicItem, Implementation
from services.digital_government.models.one_things import OneThing

__all__ = [
    "BasicItem",
    "Case",
    "Consolidation",
    "Handover",
    "Implementation",
    "Measure",
    "Model",
    "OneThing",
    "Passage",
]
