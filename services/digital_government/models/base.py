"""What every table of this service is made of, and the tables that shared parts keep."""

from __future__ import annotations

import sqlalchemy as sa

from shared import consolidation, measures, storage, succession
from shared.contracts.digital_government import MeasureChanged, OpenWorkPassed


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far one-things and cases have passed to successors."""

    __tablename__ = "passage"

    event = OpenWorkPassed


class Consolidation(consolidation.Consolidation, Model, kw_only=True, eq=False):
    """What was changed for a merger of two records of one person."""


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """The leaf measures that this service owns."""

    __tablename__ = "measure"

    event = MeasureChanged
