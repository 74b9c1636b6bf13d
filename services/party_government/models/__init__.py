"""The tables: organs, indicators, and what the one screen is read from."""

from __future__ import annotations

from services.party_government.models.base import Model
from services.party_government.models.directives import Directive, Dispatch, Receipt
from services.party_government.models.duties import AdoptedLadder, Duty
from services.party_government.models.indicators import (
    DefinedIndicator,
    DefinitionEdition,
    IndicatorCatalogue,
    IndicatorTarget,
)
from services.party_government.models.organs import KnownOrgan
from services.party_government.models.screen import KnownMerger, Measure, MeasureValue, Passage

__all__ = [
    "AdoptedLadder",
    "DefinedIndicator",
    "DefinitionEdition",
    "Directive",
    "Dispatch",
    "Duty",
    "IndicatorCatalogue",
    "IndicatorTarget",
    "KnownMerger",
    "KnownOrgan",
    "Measure",
    "MeasureValue",
    "Model",
    "Passage",
    "Receipt",
]
