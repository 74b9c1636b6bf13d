"""The tables: all that this service keeps, a file for each theme."""

from __future__ import annotations

from services.digital_government.models.applications import Application, Attachment
from services.digital_government.models.base import Consolidation, Measure, Model, Passage
from services.digital_government.models.cases import Case, CaseReview, Handover
from services.digital_government.models.concerns import Concern
from services.digital_government.models.items import (
    BasicItem,
    HeldDocument,
    Implementation,
    ImplementationEdition,
    ItemEdition,
)
from services.digital_government.models.one_things import OneThing
from services.digital_government.models.ratings import Rating
from services.digital_government.models.things import ThingCatalogue, ThingEdition
from services.digital_government.models.visits import Hall, HallDay, Visit

__all__ = [
    "Application",
    "Attachment",
    "BasicItem",
    "Case",
    "CaseReview",
    "Concern",
    "Consolidation",
    "Hall",
    "HallDay",
    "Handover",
    "HeldDocument",
    "Implementation",
    "ImplementationEdition",
    "ItemEdition",
    "Measure",
    "Model",
    "OneThing",
    "Passage",
    "Rating",
    "ThingCatalogue",
    "ThingEdition",
    "Visit",
]
