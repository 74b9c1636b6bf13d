"""The tables: what the one screen is read from."""

from __future__ import annotations

from services.party_government.models.base import Model
from services.party_government.models.screen import KnownMerger, MeasureValue

__all__ = ["KnownMerger", "MeasureValue", "Model"]
